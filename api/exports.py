"""Files of one view (CSV, workbooks, lines of JSON), the address at which each stays, what tells it from a cut one."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from api import packages
from api.asking import Asked, Question
from api.caching import not_modified, takes_gzip, unchanged
from api.edge import stream
from api.faults import Fault, Invalid, Located
from api.formats import MEDIA, Sheet, as_csv, as_lines, at_most, gzipped, typed
from api.standing import VARY, Standing, Standings, answer
from services.views.ports import NotBuilt
from services.views.queries import Views
from services.workbooks import as_workbook

KEPT = 1000
"""Files whose sums are kept: what they say never changes."""
_HOW = ("cursor", "wait_for", "as_of", "format", "count", "proof")
"""What an address may say that is not which rows."""


class Sums(NamedTuple):
    """What tells a whole file from any other."""

    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class File:
    """Rows of a view, as of one position, in one form."""

    asked: Asked
    form: str
    standing: Standing

    @property
    def told(self) -> tuple[object, ...]:
        """What tells it from others of its view."""
        limit = self.asked.query.limit if self.asked.limited else None
        return self.standing.etag, self.form, self.asked.bom, limit, self.asked.told


class Exports:
    """The files of one view over HTTP."""

    def __init__(self, views: Views, standings: Standings, question: Question, licence: str) -> None:
        self._views, self._standings, self._question, self._licence = views, standings, question, licence
        self._name = question.view.name
        self._sheet = Sheet(question.columns)
        self._kept = OrderedDict[object, Sums]()

    async def sent(
        self, request: web.Request, asked: Asked, form: str, standing: Standing, etag: str
    ) -> web.StreamResponse:
        """The file itself, as it is read. `asked` is pinned to the position and the day of `standing`."""
        file = File(asked, form, standing)
        headers = {
            "Content-Type": MEDIA[form] + ("; charset=utf-8; header=present" if form == "csv" else ""),
            "Content-Disposition": f'attachment; filename="{self._name}-{standing.position}.{form}"',
            "ETag": etag, "Cache-Control": standing.control, "Vary": VARY,
            "Subsidia-Position": str(standing.position), "Subsidia-View": standing.view,
            "Link": ", ".join(self._links(request, form, await self._standings.pin(standing))),
        }  # fmt: skip
        gzip = form != "xlsx" and takes_gzip(request)  # which is packed as it is
        if gzip:
            headers["Content-Encoding"] = "gzip"

        def chunks() -> AsyncIterator[bytes]:
            made = self._chunks(file, self._batches(file))
            return gzipped(made) if gzip else made

        return await stream(request, web.StreamResponse(headers=headers), chunks)

    def _links(self, request: web.Request, form: str, pin: str | None) -> Iterable[str]:
        """RFC 8288: the address that stays, what the file holds, and under which licence."""
        if pin is not None:
            query = urlencode(_said(request, as_of=pin, format=form))
            yield f'</v1/{self._name}?{query}>; rel="canonical"'
            yield f'</v1/{self._name}.datapackage.json?{query}>; rel="describedby"; type="application/json"'
        if self._licence:
            yield f'<{packages.licence_page(self._licence)}>; rel="license"'

    async def package(self, request: web.Request) -> web.StreamResponse:
        """What the file of this question holds, column by column, and the sums of the whole of it.

        The file is read for that to its end: where that fails, there is none.
        """
        asked = self._question.read(request, self._question.of_file)
        form = asked.form or "csv"
        refuse_bom(asked, form)
        await self._standings.waited(asked.wait_for)
        standing = await self._standings.of(asked.as_of)
        pin = await self._standings.pin(standing) or request.rel_url.query.get("as_of")
        if pin is None:
            raise NotBuilt(f"The view {self._name} is not up to the day yet.")
        etag = f'{standing.etag[:-1]}.{form}.package"'
        if unchanged(request, etag):
            return not_modified(etag, standing.control, VARY)
        asked = replace(asked, query=replace(asked.query, as_of=standing.position, day=standing.day))
        sums = await self._sums(File(asked, form, standing))
        found = packages.resource(self._question, _said(request, as_of=pin, format=form), form)
        found |= {"hash": f"sha256:{sums.sha256}", "bytes": sums.bytes, "rows": sums.rows}
        as_of = {"position": standing.position, "view": standing.view}
        whole = packages.package(self._name, self._question.view.says, [found], self._licence, as_of=as_of)
        return answer(request, msgspec.json.encode(whole), etag, standing.control)

    async def _sums(self, file: File) -> Sums:
        known = self._kept.get(file.told)
        if known is not None:
            return known
        rows, size, digest = _Counted(self._batches(file)), 0, sha256()
        async for chunk in self._chunks(file, rows):
            size += len(chunk)
            digest.update(chunk)
        self._kept[file.told] = sums = Sums(rows.many, size, digest.hexdigest())
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return sums

    def _batches(self, file: File) -> AsyncIterator[Sequence[Any]]:
        read = self._views.rows if file.form == "ndjson" else self._views.cells
        return at_most(read(self._name, file.asked.query), file.asked.query.limit if file.asked.limited else None)

    def _chunks(self, file: File, batches: AsyncIterator[Sequence[Any]]) -> AsyncIterator[bytes]:
        if file.form == "xlsx":
            return as_workbook(self._name, self._sheet.header, typed(self._sheet, batches))
        return as_csv(self._sheet, batches, bom=file.asked.bom) if file.form == "csv" else as_lines(batches)


class _Counted:
    """Batches, counted as they pass."""

    def __init__(self, batches: AsyncIterator[Sequence[Any]]) -> None:
        self._batches, self.many = batches, 0

    def __aiter__(self) -> AsyncIterator[Sequence[Any]]:
        return self

    async def __anext__(self) -> Sequence[Any]:
        batch = await anext(self._batches)
        self.many += len(batch)
        return batch


def _said(request: web.Request, **how: str) -> list[tuple[str, str]]:
    """Which rows the request asks for, and how they are to be shown."""
    which = [(name, text) for name, text in request.rel_url.query.items() if name not in _HOW]
    return [*which, *how.items()]


def refuse_bom(asked: Asked, form: str) -> None:
    """Raises Invalid where there is no place for a byte order mark."""
    if asked.bom and form != "csv":
        raise Invalid([Located("query", "/bom", Fault("bom", "Only CSV begins with one."))])
