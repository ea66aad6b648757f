"""A figure on a page: a number, and the list that it counts the rows of, asked by one and the same condition."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import msgspec

from services.views.ports import Filter, Op, Query
from services.views.queries import Views


@dataclass(frozen=True, slots=True)
class Figure:
    """`leads`: the address of the list. A number above `COUNTED` says no more than that there are more."""

    number: int
    leads: str


@dataclass(frozen=True, slots=True)
class When:
    """As of which position figures are, and for which day. `on`: how an address asks for that; empty for now."""

    position: int
    day: Any
    on: str = ""


def one(column: str, value: Any, op: Op = Op.EQ) -> Filter:
    return Filter(column, op, (value,))


def several(column: str, values: Sequence[Any], op: Op = Op.IN) -> Filter:
    return Filter(column, op, tuple(values))


def leads(view: str, where: Sequence[Filter], on: str = "") -> str:
    """The address of a list under conditions."""
    said = [(_name(each), ",".join(map(_text, each.values))) for each in where]
    asked = urlencode([*said, *([("as_of", on)] if on else [])], safe=",")
    return f"/read/{view}?{asked}" if asked else f"/read/{view}"


def _name(each: Filter) -> str:
    return each.column if each.op is Op.EQ else f"{each.column}.{each.op}"


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts and reads lists as of one moment."""

    views: Views
    when: When

    async def count(self, view: str, *where: Filter) -> Figure:
        return Figure(await self.views.count(view, self._query(where)), self.leads(view, *where))

    def leads(self, view: str, *where: Filter) -> str:
        return leads(view, where, self.when.on)

    async def rows(self, view: str, *where: Filter, limit: int, sort: str = "") -> Sequence[Any]:
        """The first rows of a list."""
        page = await self.views.page(view, replace(self._query(where), limit=limit, sort=sort))
        return [msgspec.json.decode(item) for item in page.items]

    def _query(self, where: Sequence[Filter]) -> Query:
        return Query(tuple(where), as_of=self.when.position, day=self.when.day)
