"""Views for people: every list and every row is a page, which needs no script. Derived as everything else is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import jinja2
import msgspec
from aiohttp import web

from api import cursors
from api.asking import LIMIT, Asked, Question
from api.binding import Gathered, read_query
from api.caching import LIVE, not_modified, packed, takes_gzip, unchanged
from api.edge import Handler, public
from api.errors import JSON_PROBLEM, NoSuchThing
from api.moments import Moments, stamp
from api.people import best, called, ids_in, is_code, languages, listed, spoken, texts_of, words_of
from api.reference import HTML, PAGES, STRICT
from api.standing import Standing, Standings
from projections.kernel import own_stream
from services.store.ports import Store
from services.views.ports import COUNTED, Filter, Kind, Op, Query
from services.views.queries import Views

FORMED = STRICT | {"Content-Security-Policy": STRICT["Content-Security-Policy"].replace(
    "form-action 'none'", "form-action 'self'")}  # fmt: skip
VARY = "Accept-Language, Accept-Encoding"
HISTORY = 500
"""Records that a thing's page tells; `/v1/<context>/{id}/history` has all of them."""
_NO_PAGE = frozenset({"format", "bom", "count", "proof"})
"""What may be asked of a list and is nothing to a page."""
_OF_PAGE = frozenset({"cursor", "limit", "wait_for"})
_NOT_CONDITIONS = _OF_PAGE | {"q", "as_of", "valid_at", "sort"}


class Templates:
    """The pages, and what tells an edition of them from another."""

    def __init__(self) -> None:
        self._found = jinja2.Environment(
            loader=jinja2.FileSystemLoader(PAGES), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        self._found.filters |= {"spoken": spoken, "best": best, "best_text": _best_text}
        self._found.tests |= {"words": words_of, "code": is_code}
        names = sorted(self._found.list_templates(extensions=("html", "css")))
        self.edition = sha256(b"".join((PAGES / name).read_bytes() for name in names)).hexdigest()[:8]

    def written(self, name: str, **said: Any) -> bytes:
        return self._found.get_template(name).render(said).encode()


class Portal:
    """One view as pages."""

    def __init__(
        self,
        views: Views,
        store: Store,
        moments: Moments,
        question: Question,
        templates: Templates,
        known: frozenset[str],
    ) -> None:
        self._views, self._moments, self._question, self._known = views, moments, question, known
        self._view, self._templates = question.view, templates
        self._standings = Standings(views, store, moments, question.view)
        self._of_one = {name: one for name, one in question.of_one.items() if name not in _NO_PAGE}
        self._taken = {name: one for name, one in question.parameters.items() if name not in _NO_PAGE}

    def routes(self) -> list[web.RouteDef]:
        address = f"/read/{self._view.name}"
        return [
            web.get(address, self._for_people(self.list)),
            web.get(address + "/{key:.+}", self._for_people(self.one)),
        ]

    async def list(self, request: web.Request) -> web.StreamResponse:
        said = list(request.rel_url.query.items())
        if blank := [one for one in said if one[1] == ""]:  # fields of the form that nobody filled in
            return _see(request.path, [one for one in said if one not in blank])
        asked = self._question.read(request, self._taken)
        await self._standings.waited(asked.wait_for)
        standing, wanted = await self._standings.of(asked.as_of, asked.place), languages(request)
        etag = self._etag(standing, wanted)
        if unchanged(request, etag):
            return not_modified(etag, LIVE, VARY)
        body = await self._listed(request, asked, standing, wanted)
        return _page(request, body, etag)

    async def _listed(self, request: web.Request, asked: Asked, standing: Standing, wanted: Sequence[str]) -> bytes:
        said = list(request.rel_url.query.items())
        query = replace(asked.query, as_of=standing.position, day=standing.day)
        page = await self._views.page(self._view.name, query)
        rows = [msgspec.json.decode(item) for item in page.items]
        columns = listed(self._question.columns, rows, asked.query.sort)
        following = None
        if page.last is not None:
            place = cursors.Place(standing.view, asked.told, standing.position, standing.day, page.last)
            following = _address(said, cursor=cursors.written(place), wait_for=None)
        return self._templates.written(
            "list.html", **await self._around(request, standing, past=asked.as_of is not None),
            columns=columns, following=following, wanted=wanted, first=_address(said, cursor=None, wait_for=None),
            sorts={one.name: _address(said, cursor=None, sort=_turned(one.name, said)) for one in columns},
            rows=[(row, called(row, self._question.columns)) for row in rows],
            count=await self._views.count(self._view.name, query), begun="cursor" in dict(said),
            conditions=[(name, text, _address(said, without=(name, text))) for name, text in said
                        if name not in _NOT_CONDITIONS],
            choices=[one for one in self._question.columns if one.kind is Kind.CODE and not one.member],
        )  # fmt: skip

    async def one(self, request: web.Request) -> web.StreamResponse:
        gathered = Gathered()
        said = read_query(request, self._of_one, gathered)
        gathered.raise_any()
        await self._standings.waited(said.get("wait_for"))
        standing, wanted = await self._standings.of(said.get("as_of")), languages(request)
        etag = self._etag(standing, wanted)
        if unchanged(request, etag):
            return not_modified(etag, LIVE, VARY)
        return _page(request, await self._shown(request, said, standing, wanted), etag)

    async def _shown(
        self, request: web.Request, said: Mapping[str, Any], standing: Standing, wanted: Sequence[str]
    ) -> bytes:
        key, name, day = request.match_info["key"], self._view.name, standing.day
        row, _ = await self._views.one(name, key, as_of=standing.position, valid_at=said.get("valid_at"), day=day)
        if row is None:
            raise NoSuchThing(f"The view {name} has no row of this key as of position {standing.position}.")
        found = msgspec.json.decode(row)
        return self._templates.written(
            "one.html", **await self._around(request, standing, past=said.get("as_of") is not None), wanted=wanted,
            key=key, title=called(found, self._question.columns),
            texts=texts_of(found, self._question.columns, self._known),
            names=await self._names(found, standing), history=await self._history(key, standing),
        )  # fmt: skip

    async def _names(self, row: Mapping[str, Any], standing: Standing) -> Mapping[str, str]:
        """What the units in a row are called, by their ids."""
        if "units" not in self._known or not (ids := sorted(ids_in(row))[:LIMIT]):
            return {}
        position = min(standing.position, await self._views.position("units"))
        where = (Filter("key", Op.IN, tuple(ids)),)
        page = await self._views.page("units", Query(where, limit=LIMIT, as_of=position, day=standing.day))
        return {unit["key"]: unit["title"] for unit in map(msgspec.json.decode, page.items)}

    async def _history(self, key: str, standing: Standing) -> Sequence[Mapping[str, Any]]:
        """What was recorded of a thing, with what corrects what, up to the lower of both views' positions."""
        if self._view.keys is not own_stream or "activity" not in self._known:
            return ()
        position = min(standing.position, await self._views.position("activity"))
        where = (Filter("stream", Op.EQ, (UUID(key),)),)
        page = await self._views.page("activity", Query(where, limit=HISTORY, as_of=position, day=standing.day))
        rows: list[dict[str, Any]] = [msgspec.json.decode(item) for item in page.items]
        corrected = {row["corrects"]: row for row in rows if row.get("corrects")}
        return [row | {"corrected": corrected.get(f"{key}/{row['version']}")} for row in rows]

    async def _around(self, request: web.Request, standing: Standing, *, past: bool) -> Mapping[str, Any]:
        """What every page says: of which position it is, how far the register is, how the same is had as data."""
        fresh, said = await self._views.freshness(self._view.name), dict(request.rel_url.query)
        asked = {name: text for name, text in said.items() if name not in _OF_PAGE}
        cited = urlencode(asked | {"as_of": str(standing.position)})
        asked.pop("as_of", None)
        return {
            "view": self._view, "known": self._known, "searched": "q" in self._taken, "counted": COUNTED,
            "here": request.rel_url.raw_path, "said": said, "now": urlencode(asked), "cited": cited,
            "past": past, "on": f"?as_of={standing.position}" if past else "",
            "standing": standing, "at": stamp(await self._moments.at(standing.position)),
            "head": max(fresh.head, standing.position),
        }  # fmt: skip

    def _etag(self, standing: Standing, wanted: Sequence[str]) -> str:
        return f'{standing.etag[:-1]}.{self._templates.edition}.{"+".join(wanted)}"'

    def _for_people(self, handler: Handler) -> Handler:
        """A problem is told in words, not as JSON."""
        served = public(handler)

        async def serve(request: web.Request) -> web.StreamResponse:
            answer = await served(request)
            if isinstance(answer, web.Response) and answer.content_type == JSON_PROBLEM:
                assert isinstance(answer.body, bytes)
                answer.body = self._templates.written(
                    "problem.html", problem=msgspec.json.decode(answer.body), view=self._view
                )
                answer.headers.update(FORMED | {"Content-Type": HTML})
            return answer

        return serve


def _best_text(called: Any, wanted: Sequence[str]) -> str:
    return str(called[best(called, wanted)] if words_of(called) else called)


def _turned(name: str, said: Sequence[tuple[str, str]]) -> str:
    """The order by a column; asked for again, the other way round."""
    return f"-{name}" if ("sort", name) in said else name


def _see(path: str, said: Sequence[tuple[str, str]]) -> web.Response:
    address = f"{path}?{urlencode(said)}" if said else path
    return web.Response(status=303, headers={"Location": address, "Cache-Control": LIVE})


def _address(said: Sequence[tuple[str, str]], without: tuple[str, str] | None = None, **changed: str | None) -> str:
    """A query string: what was said, without one condition or with other values (None: none)."""
    kept = [one for one in said if one[0] not in changed and one != without and (without is None or one[0] != "cursor")]
    return urlencode([*kept, *((name, text) for name, text in changed.items() if text is not None)])


def _page(request: web.Request, body: bytes, etag: str) -> web.Response:
    headers = {"ETag": etag, "Cache-Control": LIVE, "Vary": VARY, "Content-Type": HTML, **FORMED}
    if takes_gzip(request):
        return web.Response(body=packed(body), headers=headers | {"Content-Encoding": "gzip"})
    return web.Response(body=body, headers=headers)
