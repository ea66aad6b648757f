"""The routes of every view: lists with filters, order and pages, single rows, files; now or as of a past moment."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from api import attested, cursors, values
from api.asking import FILES, WHOLE, Asked, Question
from api.attested import Attested
from api.binding import Gathered, read_query
from api.caching import LIVE, not_modified, unchanged, worth_packing
from api.calendar import Calendar, recorded
from api.edge import public, stream
from api.errors import NoSuchThing, NotAcceptable
from api.exports import Exports, refuse_bom
from api.faults import Fault, Invalid, Located
from api.feeds import Feed
from api.formats import ATOM, CALENDAR, at_most
from api.languages import preferred
from api.moments import Moments
from api.standing import VARY, Standing, Standings, answer
from api.tongues import edition
from api.whole import Whole
from services.config import Config
from services.store.ports import Store
from services.views.ports import COUNTED, Page
from services.views.queries import Views

_SPOKEN = ("atom", "ics")
"""Forms in which we say something ourselves."""
_OF_SPOKEN = f"{VARY}, Accept-Language"


class Reading:
    """One view over HTTP."""

    def __init__(self, views: Views, store: Store, moments: Moments, question: Question, config: Config) -> None:
        self.question = question
        self._moments = moments
        self._feed = Feed(config.origin, config.licence, moments, config.public_url)
        self._calendar = Calendar(config.origin, config.public_url)
        self._views, self._standings = views, Standings(views, store, moments, question.view)
        self._name = question.view.name
        self._attested = Attested(views)
        self._exports = Exports(views, self._standings, question, config.licence)

    def routes(self) -> list[web.RouteDef]:
        """Keys may hold slashes, as those of milestones do."""
        address = f"/v1/{self._name}"
        return [
            # First: they are asked for most, and aiohttp tries one address after the other.
            web.get(address + "/{key:.+}", public(self.one)),
            web.get(address, public(self.list)),
            web.get(address + ".datapackage.json", public(self._exports.package)),
        ]

    # --- one row ---

    async def one(self, request: web.Request) -> web.StreamResponse:
        key = request.match_info["key"]
        if request.rel_url.raw_query_string:
            return await self._one_asked(request, key)
        standing = await self._standings.now()
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
        await self._standings.waited(said.get("wait_for"))
        standing = await self._standings.of(said.get("as_of"))
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
            if (written := values.as_written(key)) != key:
                return moved(request, f"/v1/{self._name}/{written}")
            raise NoSuchThing(f"The view {self._name} has no row of this key as of position {standing.position}.")
        body = b'{"item":' + row + standing.tail
        if worth_packing(request, body):
            return answer(request, body, standing.etag, standing.control)
        return Whole(standing.head, body)

    # --- lists ---

    async def list(self, request: web.Request) -> web.StreamResponse:
        asked = self.question.read(request)
        form = asked.form
        if form is None:
            raise NotAcceptable(tuple(self.question.media.values()))
        if asked.proof:
            attested.refuse({"as_of": asked.as_of, "valid_at": asked.query.valid_at}, form)
        _refuse(asked, form)
        await self._standings.waited(asked.wait_for)
        standing = await self._standings.of(asked.as_of, asked.place)
        if asked.proof:
            standing = await self._proved(standing)
        languages = preferred(request) if form in _SPOKEN else ()
        etag = f'{standing.etag[:-1]}.{".".join((form, *languages, *([edition()] if form in _SPOKEN else [])))}"'
        if unchanged(request, etag):
            return not_modified(etag, standing.control, _OF_SPOKEN if form in _SPOKEN else VARY)
        asked = replace(asked, query=replace(asked.query, as_of=standing.position, day=standing.day))
        if form in FILES:
            return await self._exports.sent(request, asked, form, standing, etag)
        if form == "ics":
            return await self._dated(request, asked, standing, etag, languages)
        page = await self._views.page(self._name, asked.query)
        following = self._following(asked, page, standing)
        response = await self._page(request, asked, page, standing, etag, following)
        if following is not None:
            response.headers["Link"] = _next(request, following)
        return response

    async def _dated(
        self, request: web.Request, asked: Asked, standing: Standing, etag: str, languages: Sequence[str]
    ) -> web.StreamResponse:
        """The whole list as a calendar."""
        at = recorded(await self._moments.at(standing.position), standing.day)
        rows = at_most(self._views.rows(self._name, asked.query), asked.query.limit if asked.limited else None)
        headers = {
            "Content-Type": f"{CALENDAR}; charset=utf-8", "ETag": etag, "Cache-Control": standing.control,
            "Vary": _OF_SPOKEN, "Subsidia-Position": str(standing.position),
            "Content-Disposition": f'inline; filename="{self._name}.ics"',
        }  # fmt: skip
        chunks = partial(self._calendar.written, rows, at, languages)
        return await stream(request, web.StreamResponse(headers=headers), chunks)

    async def _page(
        self, request: web.Request, asked: Asked, page: Page, standing: Standing, etag: str, following: str | None
    ) -> web.Response:
        if asked.form == "atom":
            body = await self._feed.written(request, page, standing, following, preferred(request))
            said = answer(request, body, etag, standing.control, f"{ATOM}; charset=utf-8")
            said.headers["Vary"] = _OF_SPOKEN
            return said
        count = await self._count(asked) if asked.count else b""
        body = b'{"items":[' + b",".join(page.items) + b'],"next":' + msgspec.json.encode(following) + count
        return answer(request, body + standing.tail, etag, standing.control)

    def _following(self, asked: Asked, page: Page, standing: Standing) -> str | None:
        if page.last is None:
            return None
        return cursors.written(cursors.Place(standing.view, asked.told, standing.position, standing.day, page.last))

    async def _count(self, asked: Asked) -> bytes:
        rows = await self._views.count(self._name, asked.query)
        return b',"count":' + msgspec.json.encode({"rows": min(rows, COUNTED), "exact": rows <= COUNTED})

    async def _proved(self, standing: Standing, key: str | None = None) -> Standing:
        """With the member `proof`. A nearer attestation may come, so that this answer is not for ever."""
        told, proof = await self._attested.proof(self.question.view, standing.position, standing.day, key)
        tail = standing.tail[:-1] + b',"proof":' + proof + b"}"
        return replace(standing, etag=f'{standing.etag[:-1]}.{told}"', tail=tail, control=LIVE)


def _refuse(asked: Asked, form: str) -> None:
    """Raises Invalid where something was asked that this form has no place for."""
    refuse_bom(asked, form)
    if asked.lang is not None and form not in _SPOKEN:
        raise Invalid([Located("query", "/lang", Fault("lang", "Only a calendar or a feed has one language."))])
    if asked.place is not None and form in WHOLE:
        raise Invalid([Located("query", "/cursor", Fault("cursor", "Only pages go on; this is a whole."))])
    if asked.count and form != "json":
        raise Invalid(
            [Located("query", "/count", Fault("count", "Only JSON has a place for it; a file's package says it."))]
        )


def _next(request: web.Request, cursor: str) -> str:
    """RFC 8288: the same question, going on."""
    said = [(name, text) for name, text in request.rel_url.query.items() if name not in ("cursor", "wait_for")]
    return f'<{request.path}?{urlencode([*said, ("cursor", cursor)])}>; rel="next"'


def moved(request: web.Request, path: str) -> web.Response:
    address = request.rel_url.with_path(path).with_query(request.rel_url.query)
    return web.Response(status=308, headers={"Location": str(address), "Cache-Control": LIVE})
