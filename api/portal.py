"""Views for people: every list and every row is a page, which needs no script. Derived as everything else is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from aiohttp import web

from api import cursors, values
from api.asking import LANG, Asked, Filtering, Question
from api.beside import UNITS, places_of, things_of
from api.binding import Gathered, Parameter, read_query
from api.caching import LIVE, not_modified, unchanged
from api.coming import Coming, owed, steps
from api.compared import presets
from api.edge import Handler, public
from api.errors import AddressTooLong, NoSuchThing
from api.languages import preferred
from api.moments import Moments, stamp
from api.paging import ADDRESS_AT_MOST, FORMED, address, filled_in, paged, see
from api.past import NO_PAST, past
from api.people import by_name, called, ids_in, listed, of_row, shown, texts_of
from api.reads import moved
from api.reference import VARY
from api.standing import Standing, Standings
from api.stepping import Stepping
from api.tally import CARDS, Tally, position_of, tally
from api.templates import Templates
from projections.activity import ACTIVITY
from projections.causes import CausesRow
from projections.commitments import COMMITMENTS
from projections.kernel import own_stream
from projections.milestones import MILESTONES
from services.causes import Causes
from services.chains import Chains
from services.store.ports import Store
from services.views.ports import COUNTED, Column, Kind, NotBuilt, Op, Query
from services.views.queries import Views

_NO_PAGE = frozenset({"format", "bom", "count", "proof"})
"""What may be asked of a list and is nothing to a page."""
CLOCK = Parameter(
    "clock",
    values.one_of(("recorded", "happened")),
    "The order in which a history is told: of records, or of what happened.",
)
_OF_PAGE = frozenset({"cursor", "limit", "wait_for", CLOCK.name, LANG.name})
_OF_ALL = frozenset({"as_of", "sort", "limit", "wait_for", LANG.name})
"""What may be asked of a list without leaving anything out."""
_SIGNS = {Op.NE: "≠", Op.LT: "<", Op.LE: "≤", Op.GT: ">", Op.GE: "≥"}
_NOT_CONDITIONS = _OF_PAGE | {"q", "as_of", "valid_at", "sort"}


class Narrowed(NamedTuple):
    """A condition that a page offers: what it leaves, under which address, and how many rows those are."""

    says: str
    rest: str
    rows: int


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
        acted_on: frozenset[str] = frozenset(),
    ) -> None:
        """`known`: the views that have pages. `acted_on`: those of whose rows an officer has a page to act on them."""
        self._acted_on = question.view.name in acted_on
        self._views, self._moments, self._question, self._known = views, moments, question, known
        self._store = store
        self._view, self._templates = question.view, templates
        self._standings = Standings(views, store, moments, question.view)
        self._chains, self._causes = Chains(views), Causes(views)
        self._stepping = Stepping(views, store, question.view.name, question.columns, known)
        spoken = {LANG.name: LANG}
        self._of_one = {name: one for name, one in question.of_one.items() if name not in _NO_PAGE} | spoken
        self._of_one |= {CLOCK.name: CLOCK} if question.view.keys is own_stream else {}
        self._taken = {name: one for name, one in question.parameters.items() if name not in _NO_PAGE} | spoken

    def routes(self) -> list[web.RouteDef]:
        address = f"/read/{self._view.name}"
        return [
            web.get(address, self._for_people(self.list)),
            web.get(address + "/{key:.+}", self._for_people(self.one)),
        ]

    async def list(self, request: web.Request) -> web.StreamResponse:
        if len(request.raw_path) > ADDRESS_AT_MOST:
            raise AddressTooLong(ADDRESS_AT_MOST)
        said = list(request.rel_url.query.items())
        if (filled := filled_in(request)) is not None:
            return see(request.path, filled)
        asked = self._question.read(request, self._taken)
        await self._standings.waited(asked.wait_for)
        standing, wanted = await self._standings.of(asked.as_of, asked.place), preferred(request)
        of_all = self._view is COMMITMENTS and _OF_ALL.issuperset(dict(said))
        counted = await position_of(self._views, standing.position) if of_all else None
        places = await places_of(self._views, self._known, standing.position, (UNITS,))
        etag = self._etag(standing, wanted, {CARDS: counted, **places})
        if unchanged(request, etag):
            return not_modified(etag, LIVE, VARY)
        body = await self._listed(request, asked, standing, wanted, counted, places)
        return paged(request, body, etag)

    async def _listed(
        self, request: web.Request, asked: Asked, standing: Standing, wanted: Sequence[str],
        counted: int | None, places: Mapping[str, int],
    ) -> bytes:  # fmt: skip
        """`counted`: as of which position the page says first how all of it stands; None where it does not.

        `places`: as of which other views say the names that things have on it.
        """
        said = list(request.rel_url.query.items())
        query = replace(asked.query, as_of=standing.position, day=standing.day)
        newest_first = self._view.once and not query.sort
        if newest_first:
            query = replace(query, sort="key", descending=True)
        page = await self._views.page(self._view.name, query)
        rows = [msgspec.json.decode(item) for item in page.items]
        named = {asked.query.sort, *(one.column for one in query.filters)}
        columns = listed(self._question.columns, rows, named, self._view.shows)
        ids = ids_in([row.get(one.name) for one in columns if one.kind is Kind.ID for row in rows])
        titles = [called(row, self._question.columns) for row in rows]
        names = await things_of(self._views, ids | ids_in(titles), places, standing.day)
        following = None
        if page.last is not None:
            place = cursors.Place(standing.view, asked.told, standing.position, standing.day, page.last)
            following = address(said, cursor=cursors.written(place), wait_for=None)
        return await self._templates.written(
            "list.html",
            **await self._around(request, standing, past=asked.as_of is not None, newest_first=newest_first),
            columns=[(one, of_row(one)) for one in columns], following=following, wanted=wanted,
            first=address(said, cursor=None, wait_for=None),
            sorts={one.name: address(said, cursor=None, sort=_turned(one.name, said)) for one in columns},
            rows=[(row, by_name(title, names)) for row, title in zip(rows, titles, strict=True)], names=names,
            count=await self._views.count(self._view.name, query), begun="cursor" in dict(said),
            conditions=_conditions(said, self._question.filters), tally=await self._tally(counted, standing, asked),
            narrowings=await self._narrowings(said, query),
            numbers={one.name: self._column(one.column) for one in self._view.narrowings if one.op == Op.GT},
            choices=[one for one in self._question.columns if one.kind is Kind.CODE and not one.member],
        )  # fmt: skip

    async def _narrowings(self, said: Sequence[tuple[str, str]], query: Query) -> Sequence[Narrowed]:
        """What the list can be narrowed to beside what is asked for already, counted before anybody follows it."""
        found = []
        for one in self._view.narrowings:
            if one.name not in dict(said):
                where = (*query.filters, self._question.filters[one.name].read([one.value]))
                try:
                    rows = await self._views.count(self._view.name, replace(query, filters=where))
                except NotBuilt:  # a table of another version, read until ours is built, lacks the column
                    continue
                found.append(Narrowed(one.says, address(said, **{one.name: one.value, "cursor": None}), rows))
        return found

    def _column(self, name: str) -> Column:
        return next(one for one in self._question.columns if one.name == name)

    async def _tally(self, counted: int | None, standing: Standing, asked: Asked) -> Tally | None:
        """Its lists are of another moment than now where this one is, or where the figures are behind."""
        if counted is None:
            return None
        return await tally(self._views, counted, pinned=asked.as_of is not None or counted < standing.position)

    async def one(self, request: web.Request) -> web.StreamResponse:
        gathered = Gathered()
        said = read_query(request, self._of_one, gathered)
        gathered.raise_any()
        await self._standings.waited(said.get("wait_for"))
        standing, wanted = await self._standings.of(said.get("as_of")), preferred(request)
        places = await places_of(self._views, self._known, standing.position)
        key, name = request.match_info["key"], self._view.name
        stepped = self._stepped(standing, said)
        following = await self._stepping.following(key, standing.position) if stepped else None
        etag = self._etag(standing, wanted, places, following)
        if unchanged(request, etag):
            return not_modified(etag, LIVE, VARY)
        row, _ = await self._views.one(
            name, key, as_of=standing.position, valid_at=said.get("valid_at"), day=standing.day
        )
        if row is None:
            if (written := values.as_written(key)) != key:
                return moved(request, f"/read/{name}/{written}")
            raise NoSuchThing(f"The view {name} has no row of this key as of position {standing.position}.")
        around = await self._around(request, standing, past=said.get("as_of") is not None)
        shown = await self._shown(key, msgspec.json.decode(row), standing, places, said, following)
        return paged(request, await self._templates.written("one.html", wanted=wanted, **around, **shown), etag)

    async def _shown(
        self, key: str, row: Mapping[str, Any], standing: Standing, places: Mapping[str, int],
        said: Mapping[str, Any], following: int | None,
    ) -> Mapping[str, Any]:  # fmt: skip
        columns, day, valid_at = self._question.columns, standing.day, said.get("valid_at")
        own = self._view.keys is own_stream
        history = await past(self._store, UUID(key), standing.position, day) if own else NO_PAST
        chained = self._view is COMMITMENTS and not valid_at
        coming = await self._coming(key, row, standing) if own and not valid_at else ()
        ids = ids_in(row).union(*(ids_in([one.unit, one.data]) for one in history.records))
        ids |= {one.unit for one in coming}
        stepped = self._stepped(standing, said)
        step = await self._stepping.at(key, standing.position, row, history, following) if stepped else None
        ids |= ids_in([one.values for one in step.differences]) if step else set()
        names = await things_of(self._views, ids, places, day)
        clock = said.get("clock") or "recorded"
        return {
            "told": history.as_it_happened() if clock == "happened" else history, "clock": clock, "coming": coming,
            "causes": await self._tree(row, standing) if self._view is ACTIVITY else None,
            "chain": await self._chains.row(UUID(key), standing.position, day) if chained else None,
            "key": key, "acted_on": self._acted_on, "title": by_name(called(row, columns), names),
            "row": row, "facts": shown(row, texts_of(row, columns, self._known), self._view.shows),
            "waited": _waited(row, day), "history": history, "step": step,
            "names": names,
            "awaited": bool(row.get("matters") or row.get("owed")),
            "beside": min(places.values(), default=standing.position),
        }  # fmt: skip

    def _stepped(self, standing: Standing, said: Mapping[str, Any]) -> bool:
        """Whether the page is one of those through which a history is stepped."""
        own = self._view.keys is own_stream
        return own and not said.get("valid_at") and standing.position == said.get("as_of")

    async def _tree(self, row: Mapping[str, Any], standing: Standing) -> CausesRow | None:
        try:
            return await self._causes.row(row["position"], standing.position)
        except NotBuilt:  # lines of another version, read until ours are made, do not say what caused them
            return None

    async def _coming(self, key: str, row: Mapping[str, Any], standing: Standing) -> Sequence[Coming]:
        found = list(owed(row, standing.day))
        if self._view is COMMITMENTS and MILESTONES.name in self._known:
            found += await steps(self._views, UUID(key), standing.position, standing.day)
        return sorted(found, key=lambda one: one.due_on)

    async def _around(
        self, request: web.Request, standing: Standing, *, past: bool, newest_first: bool = False
    ) -> Mapping[str, Any]:
        """What every page says: of which position it is, how far the register is, how the same is had as data.

        `newest_first`: rows that lie behind all others stand first on a page that is asked for no order.
        """
        fresh, said = await self._views.freshness(self._view.name), list(request.rel_url.query.items())
        asked = [one for one in said if one[0] not in (*_OF_PAGE, "as_of")] + [("sort", "-key")] * newest_first
        as_of = dict(said).get("as_of")
        pin = await self._standings.pin(standing) or as_of
        return {
            "view": self._view, "known": self._known, "searched": "q" in self._taken, "counted": COUNTED,
            "here": request.rel_url.raw_path, "said": dict(said), "now": urlencode(asked),
            "cited": pin and address(asked, as_of=pin),
            "past": past, "on": "?" + urlencode({"as_of": as_of}) if past else "",
            "also": address([one for one in said if one[0] in ("as_of", "valid_at")]),
            "standing": standing, "at": stamp(await self._moments.at(standing.position)),
            "head": max(fresh.head, standing.position), "since": presets(standing.day),
        }  # fmt: skip

    def _etag(
        self, standing: Standing, wanted: Sequence[str], beside: Mapping[str, int | None], following: int | None = None
    ) -> str:
        """Where what stands beside it, of other views, has come further, it is another page.

        `following`: to which later record it leads.
        """
        behind = "".join(f".{view}.{at}" for view, at in beside.items() if at is not None and at < standing.position)
        behind += "" if following is None else f".next.{following}"
        return f'{standing.etag[:-1]}{behind}.{self._templates.edition}.{"+".join(wanted)}"'

    def _for_people(self, handler: Handler) -> Handler:
        return self._templates.in_words(public(handler), FORMED, view=self._view)


def _waited(row: Mapping[str, Any], day: date) -> int | None:
    """For how many days somebody's turn has been waited for."""
    since = row.get("waits_since")
    return None if since is None else (day - date.fromisoformat(since)).days


def _turned(name: str, said: Sequence[tuple[str, str]]) -> str:
    """The order by a column; asked for again, the other way round."""
    return f"-{name}" if ("sort", name) in said else name


class Condition(NamedTuple):
    """What rows are asked for: a column, how it is compared, and with what. `rest`: the question without it."""

    name: str
    texts: Sequence[str]
    column: Column
    op: Op
    values: Sequence[str]
    rest: str

    @property
    def sign(self) -> str:
        return _SIGNS.get(self.op, "")


def _conditions(said: Sequence[tuple[str, str]], filters: Mapping[str, Filtering]) -> Sequence[Condition]:
    found: dict[str, list[str]] = {}
    for name, text in said:
        if name not in _NOT_CONDITIONS:
            found.setdefault(name, []).append(text)
    return [
        Condition(name, texts, (one := filters[name]).column, one.op, one.parts(texts),
                  address(said, **{name: None, "cursor": None}))
        for name, texts in found.items()
    ]  # fmt: skip
