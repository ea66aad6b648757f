"""Territories as of a past moment: which units lie in one, and what their commitments come to, asked of the views."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from domain.kernel import Sphere
from domain.units import Stage
from domain.units.events import MembershipRecorded
from projections.commitments import COMMITMENTS
from projections.territories import Card, Counting, bodies
from projections.units import UNITS
from services.codec import construct
from services.views.ports import Filter, Op, Query
from services.views.queries import Views
from services.views.rows import Form, key_in

AT_ONCE = 500
"""Units that one question names: an index leads to these; a whole country would be compared with every row."""


class PlacedUnit(msgspec.Struct):
    """Of a unit's row, what is needed here: there may be tens of thousands of them."""

    key: UUID
    title: str
    sphere: Sphere
    state: Stage
    parent: UUID | None = None
    memberships: tuple[MembershipRecorded, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """As of which position is asked, what held in law on which day (None: as recorded), and on which day of reading."""

    position: int
    valid_at: date | None
    day: date


class Territories:
    """Asks the views of units and commitments, which are always at one position."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self._unit = msgspec.json.Decoder(PlacedUnit, dec_hook=construct)
        self._commitment = Form(COMMITMENTS.row)

    async def below(self, of: UUID, moment: Moment, at_most: int | None = None) -> dict[UUID, PlacedUnit]:
        """The unit and everything that lies in it, directly or not; empty where there is no such unit.

        `at_most`: with more than so many it is not looked for any further.

        Raises Busy where too many ask for whole lists, and what a list raises.
        """
        found = dict[UUID, PlacedUnit]()
        nearest = [one async for one in self._units([Filter("key", Op.EQ, (str(of),))], moment)]
        while nearest and (at_most is None or len(found) <= at_most):
            found |= {one.key: one for one in nearest}
            lying = self._lying([one.key for one in nearest], moment)
            nearest = [one async for one in lying if one.key not in found]
        return found

    async def card(self, of: UUID, moment: Moment) -> Card | None:
        """The card of a territory; None where there is no such unit. Raises as `below`."""
        units = await self.below(of, moment)
        if not units:
            return None
        counting = Counting(of, units)
        for parties in _parts("parties.unit", Op.ANY, list(units)):
            async for batch in self._rows(COMMITMENTS.name, parties, moment):
                counting.add([(key_in(body), self._commitment.decode(body)) for body in batch])
        return counting.card()

    async def _lying(self, over: Sequence[UUID], moment: Moment) -> AsyncIterator[PlacedUnit]:
        """What lies in one of these directly. Memberships say their days themselves, whenever they were recorded."""
        async for one in self._units(_parts("parent", Op.IN, over), moment):
            yield one
        recorded = self._units(_parts("bodies", Op.ANY, over), replace(moment, valid_at=None))
        day, among = moment.valid_at or moment.day, frozenset(over)
        members = {str(one.key) async for one in recorded if not among.isdisjoint(bodies(one, day))}
        async for one in self._units(_parts("key", Op.IN, sorted(members)), moment):
            yield one

    async def _units(self, parts: Iterable[Filter], moment: Moment) -> AsyncIterator[PlacedUnit]:
        """What answers to one of these; what answers to several, more than once."""
        for where in parts:
            async for batch in self._rows(UNITS.name, where, moment):
                for body in batch:
                    yield self._unit.decode(body)

    async def _rows(self, view: str, where: Filter, moment: Moment) -> AsyncIterator[Iterable[bytes]]:
        query = Query((where,), sort="key", as_of=moment.position, valid_at=moment.valid_at, day=moment.day)
        async for batch in self._views.rows(view, query):
            yield batch
            await asyncio.sleep(0)


def _parts(column: str, op: Op, values: Sequence[Any]) -> Iterator[Filter]:
    for begun in range(0, len(values), AT_ONCE):
        yield Filter(column, op, tuple(values[begun : begun + AT_ONCE]))
