"""What a row's page takes from other views: how units are called, and what was recorded of the thing."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from api.asking import LIMIT
from api.people import ids_in
from services.views.ports import Filter, Op, Query
from services.views.queries import Views

HISTORY = 500
"""Records that a thing's page tells; it leads to a list of all of them."""
_UNITS, _ACTIVITY = "units", "activity"


class History(NamedTuple):
    """Records in their order, each with what corrects it. `more`: there are others behind them."""

    records: Sequence[Mapping[str, Any]]
    more: bool


NO_HISTORY = History((), more=False)


class Beside:
    """Those of these views that there are."""

    def __init__(self, views: Views, known: frozenset[str]) -> None:
        self._views, self._known = views, [name for name in (_UNITS, _ACTIVITY) if name in known]

    async def reached(self, position: int) -> Mapping[str, int]:
        """As of which position each is asked for a row of that position: none runs ahead of the row."""
        return {name: min(position, await self._views.position(name)) for name in self._known}

    async def names(self, row: Mapping[str, Any], reached: Mapping[str, int], day: date) -> Mapping[str, str]:
        """What the units in a row are called, by their ids."""
        if _UNITS not in reached or not (ids := sorted(ids_in(row))[:LIMIT]):
            return {}
        where = (Filter("key", Op.IN, tuple(ids)),)
        page = await self._views.page(_UNITS, Query(where, limit=LIMIT, as_of=reached[_UNITS], day=day))
        return {unit["key"]: unit["title"] for unit in map(msgspec.json.decode, page.items)}

    async def history(self, key: str, reached: Mapping[str, int], day: date) -> History:
        """What was recorded of a thing, with what corrects what."""
        if _ACTIVITY not in reached:
            return NO_HISTORY
        where = (Filter("stream", Op.EQ, (UUID(key),)),)
        page = await self._views.page(_ACTIVITY, Query(where, limit=HISTORY, as_of=reached[_ACTIVITY], day=day))
        rows: list[dict[str, Any]] = [msgspec.json.decode(item) for item in page.items]
        corrected = {row["corrects"]: row for row in rows if row.get("corrects")}
        told = [row | {"corrected": corrected.get(f"{key}/{row['version']}")} for row in rows]
        return History(told, page.last is not None)
