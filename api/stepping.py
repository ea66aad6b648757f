"""Stepping through the history of one thing: what one record changed in its row, and the records beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from api.differing import Difference, differences
from api.past import Past
from services.store.ports import Filter, Store
from services.views.ports import Column
from services.views.queries import Views


@dataclass(frozen=True, slots=True)
class Step:
    """One record. `begun`: the row was not there before it. `previous`, `following`: positions of those beside it."""

    version: int
    position: int
    begun: bool
    differences: Sequence[Difference]
    previous: int | None
    following: int | None


@dataclass(frozen=True, slots=True)
class Stepping:
    """Of one view whose rows are things of their own."""

    views: Views
    store: Store
    view: str
    columns: Sequence[Column]
    known: frozenset[str]

    async def following(self, key: str, position: int) -> int | None:
        """Where the next record of a thing lies; None where there is none by now."""
        try:
            stream = UUID(key)
        except ValueError:
            return None
        found = await self.store.records(position, 1, where=Filter(streams=(stream,)))
        return found[0].position if found else None

    async def at(
        self, key: str, position: int, row: Mapping[str, Any], history: Past, following: int | None
    ) -> Step | None:
        """The step that ends with a position; None where no record of the thing lies there."""
        positions = [one.position for one in history.records]
        if position not in positions:
            return None
        nth = positions.index(position)
        body, _ = await self.views.one(self.view, key, as_of=position - 1)
        before = {} if body is None else msgspec.json.decode(body)
        found = differences(before, row, self.columns, self.known) if before else ()
        previous = positions[nth - 1] if nth else None
        return Step(history.records[nth].version, position, not before, found, previous, following)
