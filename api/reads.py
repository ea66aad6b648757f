"""The routes of every view: lists with filters, order and pages, single rows, exports; now or as of a past moment."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

import msgspec
from aiohttp import web
from multidict import CIMultiDict

from api import attested, cursors
from api.asking import Asked, Question
from api.attested import Attested
from api.binding import Gathered, read_query
from api.caching import (
    FOR_EVER,
    LIVE,
    WORTH_PACKING,
    chosen,
    not_modified,
    packed,
    takes_gzip,
    unchanged,
)
from api.edge import public, stream
from api.errors import Behind, NoSuchThing, NotAcceptable
from api.faults import Fault, Invalid, Located, Wrong
from api.formats import MEDIA, Sheet, as_csv, as_lines, at_most, gzipped
from api.moments import Moments, stamp
from api.whole import Whole, lines
from services.store.ports import Store
from services.views.ports import Freshness, Page
from services.views.queries import Views

PATIENCE = 5.0
"""Seconds that `wait_for` waits."""
VARY = "Accept, Accept-Encoding"


@dataclass(frozen=True, slots=True)
class Standing:
    """What an answer speaks for. `tail`: the closing members of its JSON, `control`: how long it may be kept.

    `head`: the headers of a row's answer.
    """

    position: int
    day: date
    etag: str
    tail: bytes
    control: str
    view: str
    head: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "head", lines(_headers(self.etag, self.control)))


class Reading:
    """One view over HTTP."""

    def __init__(self, views: Views, store: Store, moments: Moments, question: Question) -> None:
        self.question = question
        self._views, self._store, self._moments = views, store, moments
        self._name = question.view.name
        self._attested = Attested(views)
        self._sheet = Sheet(question.columns)
        self._live: tuple[Freshness, date, Standing] | None = None

    def routes(self) -> list[web.RouteDef]:
        """Keys may hold slashes, as those of milestones do."""
        address = f"/v1/{self._name}"
        return [web.get(address, public(self.list)), web.get(address + "/{key:.+}", public(self.one))]

    # --- one row ---

    async def one(self, request: web.Request) -> web.StreamResponse:
        key = request.match_info["key"]
        if request.rel_url.raw_query_string:
            return await self._one_asked(request, key)
        standing = await self._now()
        if unchanged(request, standing.etag):
            return not_modified(standing.etag, standing.control, VARY)
        row, position = await self._views.one(self._name, key)
        if position != standing.position:  # records came between the two
            row, _ = await self._views.one(self._name, key, as_of=standing.position, day=standing.day)
        return self._one(request, key, row, standing)

    async def _one_asked(self, request: web.Request, key: str) -> web.StreamResponse:
        gathered = Gathered()
        said = read_query(request, self.question.of_one, gathered)
        gathered.raise_any()
        if said.get("proof"):
            attested.refuse(said)
        await self._waited(said.get("wait_for"))
        standing = await self._standing(said.get("as_of"))
        if said.get("proof"):
            standing = await self._proved(standing, key)
        if unchanged(request, standing.etag):
            return not_modified(standing.etag, standing.control, VARY)
        row, _ = await self._views.one(
            self._name, key, as_of=standing.position, valid_at=said.get("valid_at"), day=standing.day
        )
        return self._one(request, key, row, standing)

    def _one(self, request: web.Request, key: str, row: bytes | None, standing: Standing) -> web.StreamResponse:
        if row is None:
            raise NoSuchThing(f"The view {self._name} has no row of this key as of position {standing.position}.")
        body = b'{"item":' + row + standing.tail
        if _packs(request, body):
            return answer(request, body, standing.etag, standing.control)
        return Whole(standing.head, body)

    # --- lists ---

    async def list(self, request: web.Request) -> web.StreamResponse:
        asked = self.question.read(request)
        form = asked.form or chosen(request, tuple(MEDIA.items()))
        if form is None:
            raise NotAcceptable(tuple(MEDIA.values()))
        if asked.proof:
            attested.refuse({"as_of": asked.as_of, "valid_at": asked.query.valid_at}, form)
        await self._waited(asked.wait_for)
        standing = await self._standing(asked.as_of, asked.place)
        if asked.proof:
            standing = await self._proved(standing)
        etag = f'{standing.etag[:-1]}.{form}"'
        if unchanged(request, etag):
            return not_modified(etag, standing.control, VARY)
        query = replace(asked.query, as_of=standing.position, day=standing.day)
        if form != "json":
            return await self._export(request, replace(asked, query=query), form, standing, etag)
        page = await self._views.page(self._name, query)
        following = self._following(asked, page, standing)
        body = b'{"items":[' + b",".join(page.items) + b'],"next":' + msgspec.json.encode(following) + standing.tail
        response = answer(request, body, etag, standing.control)
        if following is not None:
            response.headers["Link"] = _next(request, following)
        return response

    def _following(self, asked: Asked, page: Page, standing: Standing) -> str | None:
        if page.last is None:
            return None
        return cursors.written(cursors.Place(standing.view, asked.told, standing.position, standing.day, page.last))

    async def _export(
        self, request: web.Request, asked: Asked, form: str, standing: Standing, etag: str
    ) -> web.StreamResponse:
        if asked.place is not None:
            raise Invalid([Located("query", "/cursor", Fault("cursor", "Only pages of JSON go on; this is a whole."))])
        headers = {
            "Content-Type": MEDIA[form] + ("; charset=utf-8; header=present" if form == "csv" else ""),
            "Content-Disposition": f'attachment; filename="{self._name}-{standing.position}.{form}"',
            "ETag": etag, "Cache-Control": standing.control, "Vary": VARY,
            "Subsidia-Position": str(standing.position), "Subsidia-View": standing.view,
        }  # fmt: skip
        gzip = takes_gzip(request)
        if gzip:
            headers["Content-Encoding"] = "gzip"
        make = partial(self._chunks, asked, form, gzip)
        return await stream(request, web.StreamResponse(headers=headers), make)

    def _chunks(self, asked: Asked, form: str, gzip: bool) -> AsyncIterator[bytes]:
        limit = asked.query.limit if asked.limited else None
        if form == "csv":
            chunks = as_csv(self._sheet, at_most(self._views.cells(self._name, asked.query), limit))
        else:
            chunks = as_lines(at_most(self._views.rows(self._name, asked.query), limit))
        return gzipped(chunks) if gzip else chunks

    # --- what an answer speaks for ---

    async def _waited(self, position: int | None) -> None:
        if position is None:
            return
        if position > (await self._views.freshness(self._name)).head and position >= (await self._store.head()).size:
            detail = f"The ledger has not reached position {position} yet."
            raise Invalid([Located("query", "/wait_for", Fault("future", detail))])
        if not await self._views.reached(self._name, position, PATIENCE):
            raise Behind(self._name, position, await self._views.position(self._name))

    async def _standing(self, as_of: Any, place: cursors.Place | None = None) -> Standing:
        if as_of is None and place is None:
            return await self._now()
        fresh = await self._views.freshness(self._name)
        if place is not None:
            if place.view != fresh.view:
                raise Invalid([Located("query", "/cursor", Wrong("cursor", "The view has changed. Begin anew.").fault)])
            return await self._past(fresh.view, place.position, place.day, settled=True)
        pinned = await self._moments.pinned(as_of, fresh.head)
        return await self._past(fresh.view, pinned.position, pinned.day, pinned.settled)

    async def _past(self, view: str, position: int, day: date, settled: bool) -> Standing:
        tail = b',"as_of":' + await self._as_of(view, position) + b"}"
        return Standing(position, day, _tag(view, position, day), tail, FOR_EVER if settled else LIVE, view)

    async def _proved(self, standing: Standing, key: str | None = None) -> Standing:
        """With the member `proof`. A nearer attestation may come, so that this answer is not for ever."""
        told, proof = await self._attested.proof(self.question.view, standing.position, standing.day, key)
        tail = standing.tail[:-1] + b',"proof":' + proof + b"}"
        return replace(standing, etag=f'{standing.etag[:-1]}.{told}"', tail=tail, control=LIVE)

    async def _now(self) -> Standing:
        fresh, today = await self._views.freshness(self._name), datetime.now(UTC).date()
        if self._live is not None and self._live[0] == fresh and self._live[1] == today:
            return self._live[2]
        said = {
            "position": fresh.position,
            "head": fresh.head,
            "lag_seconds": round(fresh.lag_seconds, 3),
            "view": fresh.view,
        }
        as_of = await self._as_of(fresh.view, fresh.position)
        tail = b',"as_of":' + as_of + b',"freshness":' + msgspec.json.encode(said) + b"}"
        standing = Standing(fresh.position, today, _tag(fresh.view, fresh.position, today), tail, LIVE, fresh.view)
        self._live = (fresh, today, standing)
        return standing

    async def _as_of(self, view: str, position: int) -> bytes:
        at = stamp(await self._moments.at(position))
        return msgspec.json.encode({"position": position, "at": at, "view": view})


def _tag(view: str, position: int, day: date) -> str:
    # Columns that depend on the day change at midnight, though no record came.
    return f'W/"{view}.{position}.{day:%Y%m%d}"'


def _next(request: web.Request, cursor: str) -> str:
    """RFC 8288: the same question, going on."""
    said = [(name, text) for name, text in request.rel_url.query.items() if name not in ("cursor", "wait_for")]
    return f'<{request.path}?{urlencode([*said, ("cursor", cursor)])}>; rel="next"'


def answer(request: web.Request, body: bytes, etag: str, control: str) -> web.Response:
    """A whole JSON answer, packed where that is worth it."""
    headers: CIMultiDict[str] = CIMultiDict(_headers(etag, control))
    if _packs(request, body):
        headers["Content-Encoding"] = "gzip"
        body = packed(body)
    return web.Response(body=body, headers=headers)


def _headers(etag: str, control: str) -> Mapping[str, str]:
    return {"ETag": etag, "Cache-Control": control, "Vary": VARY, "Content-Type": "application/json"}


def _packs(request: web.Request, body: bytes) -> bool:
    return len(body) >= WORTH_PACKING and takes_gzip(request)
