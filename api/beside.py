"""What pages take from other views than their own: how units, and other things that they speak of, are called."""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date

import msgspec

from api.asking import LIMIT
from projections.things import THINGS
from services.views.ports import Filter, Op, Query
from services.views.queries import Views

UNITS = "units"
NAMED = (UNITS, *THINGS.values())
"""Views whose rows have names, by which pages call them; what is no unit is looked for in the others."""


class Named(str):
    """What a thing is called. `view`: whose row it is."""

    __slots__ = ("view",)
    view: str


async def places_of(
    views: Views, known: Container[str], position: int, asked: Sequence[str] = NAMED
) -> Mapping[str, int]:
    """As of which position other views are asked for names: one may be behind, and none runs ahead.

    `known`: the views that there are.
    """
    return {view: min(position, await views.position(view)) for view in asked if view in known}


async def names_of(
    views: Views, ids: Iterable[str], *, as_of: int | None = None, day: date | None = None
) -> Mapping[str, str]:
    """What units are called, by their ids; of very many, the first."""
    return await _named(views, UNITS, "title", ids, as_of, day)


async def things_of(views: Views, ids: Iterable[str], places: Mapping[str, int], day: date) -> Mapping[str, str]:
    """What units and other things are called. `places`: as of which position each view is asked, in this order."""
    left, found = set(ids), dict[str, str]()
    for view, place in places.items():
        named = await _named(views, view, "title" if view == UNITS else "name", left, place, day)
        left.difference_update(named)
        found |= named
    return found


async def _named(
    views: Views, view: str, column: str, ids: Iterable[str], as_of: int | None, day: date | None
) -> Mapping[str, str]:
    wanted = tuple(sorted(set(ids))[:LIMIT])
    if not wanted:
        return {}
    where = (Filter("key", Op.IN, wanted),)
    page = await views.page(view, Query(where, limit=LIMIT, as_of=as_of, day=day))
    found = dict[str, str]()
    for row in map(msgspec.json.decode, page.items):
        found[row["key"]] = named = Named(row[column])
        named.view = view
    return found
