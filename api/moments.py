"""From what `as_of` says to a position, and from a position to when it was recorded."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from api.faults import Fault, Invalid, Located
from services.store.ports import Filter, Store
from services.store.stamps import recorded_at

KEPT = 10_000
SETTLED = timedelta(minutes=1)
"""After so long nothing can be recorded any more for a moment that has passed: clocks of writers differ by less."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A past state: its position (-1: before the first record), the day it speaks for, and whether it is settled."""

    position: int
    day: date
    settled: bool

    @property
    def named(self) -> str:
        """How a parameter says it: by its position; before the first record by its day."""
        return str(self.position) if self.position >= 0 else str(self.day)


class Moments:
    """When positions were recorded. That never changes, so it is kept."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[int, datetime] = OrderedDict()

    async def at(self, position: int) -> datetime | None:
        """When a position was recorded; None before the first. Raises Unavailable."""
        known = self._kept.get(position)
        if known is not None or position < 0:
            return known
        found = await self._store.records(position - 1, 1)
        if not found or found[0].position != position:
            return None
        at = recorded_at(found[0])
        self._keep(position, at)
        return at

    async def each(self, positions: Sequence[int]) -> Mapping[int, datetime | None]:
        """When each of a page's positions was recorded: those not known yet are looked up together."""
        if missing := tuple(one for one in positions if one not in self._kept and one >= 0):
            for record in await self._store.records(limit=len(missing), where=Filter(positions=missing)):
                self._keep(record.position, recorded_at(record))
        return {one: await self.at(one) for one in positions}

    def _keep(self, position: int, at: datetime) -> None:
        self._kept[position] = at
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    async def pinned(self, as_of: Any, head: int, name: str = "as_of") -> Pinned:
        """What `as_of`, or a parameter of another name, means. `head`: the last position known.

        Raises Invalid where it lies in the future.
        """
        if isinstance(as_of, int):
            if as_of > head and as_of > (await self._store.head()).size - 1:
                raise _future(name, f"The ledger has not reached position {as_of} yet.")
            at = await self.at(as_of)
            return Pinned(as_of, (at or datetime.now(UTC)).date(), settled=True)
        moment = as_of if isinstance(as_of, datetime) else _end_of(as_of)
        now = datetime.now(UTC)
        if moment > now:
            over = (
                "is not over yet" if isinstance(as_of, date) and not isinstance(as_of, datetime) else "is yet to come"
            )
            raise _future(name, f"{as_of} {over} (UTC): leave {name} out for what the register says now.")
        position = await self._store.position_at(moment)
        return Pinned(position, moment.date(), settled=moment < now - SETTLED)


def _end_of(day: date) -> datetime:
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1, microseconds=-1)


def _future(name: str, detail: str) -> Invalid:
    return Invalid([Located("query", f"/{name}", Fault("future", detail))])


@lru_cache(1_000)
def stamp(at: datetime | None) -> str | None:
    """As records write it: UTC, microseconds, Z."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
