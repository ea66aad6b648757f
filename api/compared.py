"""What changed between two moments, as a page: each row that is told otherwise, column by column, before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from api import values
from api.asking import LANG, Question
from api.beside import places_of, things_of
from api.binding import Gathered, Parameter, read_query
from api.caching import LIVE, not_modified, unchanged
from api.changes import AFTER, FROM, TO, Span, spanned
from api.differing import Difference, differences
from api.edge import public
from api.errors import AddressTooLong
from api.languages import preferred
from api.moments import Moments, stamp
from api.paging import ADDRESS_AT_MOST, FORMED, address, filled_in, paged, see
from api.people import by_name, called, ids_in
from api.reference import VARY
from api.templates import Templates
from services.views.ports import Change
from services.views.queries import Views

PAGE = 25
MONTH, YEAR = timedelta(days=30), timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Row:
    """One row that changed. `new`, `gone`: it is there on one side alone."""

    key: str
    called: Any
    new: bool
    gone: bool
    differences: Sequence[Difference]


class Compared:
    """`/read/changes`. Without a view it is of commitments, without a moment of the last thirty days."""

    def __init__(
        self, views: Views, moments: Moments, questions: Sequence[Question], templates: Templates, known: frozenset[str]
    ) -> None:
        self._views, self._moments, self._templates, self._known = views, moments, templates, known
        self._questions = {one.view.name: one for one in questions}
        self._first = next(iter(self._questions))
        view = Parameter("view", values.one_of(list(self._questions)), "Of which view.")
        key = Parameter("key", values.text(600, 1), "Of one row alone.")
        earlier = Parameter("from", FROM.leaf, FROM.says)
        self._taken = {one.name: one for one in (view, key, earlier, TO, AFTER, LANG)}

    def route(self) -> web.RouteDef:
        return web.get("/read/changes", self._templates.in_words(public(self.page), FORMED))

    async def page(self, request: web.Request) -> web.StreamResponse:
        if len(request.raw_path) > ADDRESS_AT_MOST:
            raise AddressTooLong(ADDRESS_AT_MOST)
        if (filled := filled_in(request)) is not None:
            return see(request.path, filled)
        gathered = Gathered()
        said = read_query(request, self._taken, gathered)
        gathered.raise_any()
        said.setdefault("view", "commitments" if "commitments" in self._questions else self._first)
        said.setdefault("from", _month_before(said.get("to")))
        span, wanted = await spanned(self._views, self._moments, said), preferred(request)
        first, second = span.first.position, span.second.position
        places = await places_of(self._views, self._known, second)
        named = ".".join(map(str, places.values()))
        edition = f"{named}.{span.second.day}.{self._templates.edition}.{'+'.join(wanted)}"
        etag = f'W/"changes.{span.fresh.view}.{first}.{second}.{span.fresh.head}.{edition}"'
        if unchanged(request, etag):
            return not_modified(etag, LIVE, VARY)
        return paged(request, await self._written(request, said, span, wanted, places), etag)

    async def _written(
        self,
        request: web.Request,
        said: Mapping[str, Any],
        span: Span,
        wanted: Sequence[str],
        places: Mapping[str, int],
    ) -> bytes:
        question, first, second = self._questions[said["view"]], span.first.position, span.second.position
        found, last = await self._changed(said, span)
        rows = [row for one in found if (row := self._row(question, one)) is not None]
        ids = ids_in([[row.called, *(one.values for one in row.differences)] for row in rows])
        names = await things_of(self._views, ids, places, span.second.day)
        rows = [replace(row, called=by_name(row.called, names)) for row in rows]
        asked = list(request.rel_url.query.items())
        told = {"view": question.view.name, "from": span.first.named, "to": span.second.named}
        return await self._templates.written(
            "compared.html", view=question.view, views=[one.view for one in self._questions.values()], rows=rows,
            wanted=wanted, said=dict(asked), key=said.get("key"), span=span,
            before=stamp(await self._moments.at(first)), after=stamp(await self._moments.at(second)),
            on=f"?as_of={second}" if span.pinned else "",
            names=names,
            following=last and address(asked, after=f"{second}/{last}"),
            first_page=address(asked, after=None) if "after" in said else None,
            cited=address(
                [one for one in asked if one[0] not in told and one[0] not in ("after", LANG.name)],
                **told,
            ),
            presets=presets(span.second.day), data=urlencode(told),
        )  # fmt: skip

    async def _changed(self, said: Mapping[str, Any], span: Span) -> tuple[Sequence[Change], str | None]:
        view, first, second = said["view"], span.first.position, span.second.position
        if "key" not in said:
            return await self._views.changes(view, first, second, span.after, PAGE)
        sides = [(await self._views.one(view, said["key"], as_of=one))[0] for one in (first, second)]
        return ([Change(said["key"], *sides)] if sides[0] != sides[1] else []), None

    def _row(self, question: Question, one: Change) -> Row | None:
        """None where nothing but what depends on the day is another."""
        sides = [{} if body is None else msgspec.json.decode(body) for body in (one.before, one.after)]
        name = called(sides[1] or sides[0], question.columns)
        there = one.before is not None and one.after is not None
        found = differences(sides[0], sides[1], question.columns, self._known) if there else ()
        if there and not found:
            return None
        return Row(one.key, name, one.before is None, one.after is None, found)


def presets(day: date) -> Mapping[str, date]:
    """Since when people ask what changed: a month, and a year."""
    return {"month": days_before(day, MONTH), "year": days_before(day, YEAR)}


def days_before(day: date, days: timedelta) -> date:
    """Or the first day that there is."""
    return day - days if day - date.min > days else date.min


def _month_before(moment: Any) -> date:
    """Before the day of a moment, today where there is none; before everything where a position is named."""
    if isinstance(moment, int):
        return date.min
    return days_before(moment.date() if isinstance(moment, datetime) else moment or datetime.now(UTC).date(), MONTH)
