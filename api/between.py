"""What became of a thing's row since an officer saw it: for who is told that what was seen has changed (412)."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from api.errors import Overtaken
from services.orders import Stale
from services.store.ports import Busy, Store, StoredRecord, Unavailable
from services.views.ports import ViewError
from services.views.queries import Views

PATIENCE = 1.0
"""Seconds that a view has for coming to what was recorded last: an answer that says no does not wait for long."""


class Between:
    """Compares the row of a thing as it was seen with the row as it is."""

    def __init__(self, views: Views, store: Store, rows: frozenset[str]) -> None:
        """`rows`: the views whose keys are streams of the context of the same name."""
        self._views, self._store, self._rows = views, store, rows

    async def told(self, stale: Stale, context: str) -> Overtaken:
        """The same, with what changed in the columns of its row, where a view can say it in time."""
        try:
            return Overtaken(stale, await self._changes(stale, context))
        except (ViewError, Busy, Unavailable):  # that it is stale holds all the same
            return Overtaken(stale)

    async def _changes(self, stale: Stale, context: str) -> Sequence[Mapping[str, Any]] | None:
        if context not in self._rows or stale.expected >= stale.found:
            return None
        between = (await self._store.streams([stale.stream], after=stale.expected))[stale.stream]
        if not await self._views.reached(context, between[-1].position, PATIENCE):
            return None
        return _differences(*await self._sides(context, between))

    async def _sides(self, context: str, between: Sequence[StoredRecord]) -> tuple[Mapping[str, Any], ...]:
        """The row just before the first of these records, and after the last."""
        key, positions = str(between[0].stream), (between[0].position - 1, between[-1].position)
        rows = [(await self._views.one(context, key, as_of=position))[0] for position in positions]
        return tuple({} if row is None else msgspec.json.decode(row, type=dict[str, Any]) for row in rows)


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [
        {"column": name, "before": before.get(name), "after": after.get(name)}
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]
