"""Chains as of a past moment: what a commitment waits for in turn, asked of the views."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from projections.chains import SHOWN, Chain, ChainRow, Place
from projections.commitments import COMMITMENTS
from projections.milestones import MILESTONES
from projections.waits import WAITS
from services.views.ports import Filter, Op, Query
from services.views.queries import Views
from services.views.rows import Form, key_in

AT_ONCE = 500
"""Rows that one question asks for."""


@dataclass(frozen=True, slots=True)
class _Asked:
    position: int
    day: date


class Chains:
    """Asks the views of commitments, milestones and waits, which are always at one position."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self._commitment, self._milestone, self._wait = (Form(one.row) for one in (COMMITMENTS, MILESTONES, WAITS))

    async def row(self, of: UUID, position: int, day: date, after: int = 0) -> ChainRow | None:
        """The chain of a commitment, its links behind the first `after`; None where there is none of this id.

        Raises what a page raises.
        """
        chain, at = Chain(of), _Asked(position, day)
        while wanted := chain.missing():
            keys = Filter("key", Op.IN, tuple(map(str, wanted)))
            found = [one async for one in self._all(COMMITMENTS.name, keys, at)]
            if not found:
                return None
            chain.add({UUID(key_in(one)): self._commitment.decode(one) for one in found})
        whole = tuple(chain.commitments)
        async for one in self._all(MILESTONES.name, Filter("commitment", Op.IN, whole), at):
            step = self._milestone.decode(one)
            chain.milestones[Place(step.commitment, step.number)] = step
        async for one in self._all(WAITS.name, Filter("stream", Op.IN, whole), at):
            chain.waits.append(self._wait.decode(one))
        needs = Query(
            (Filter("depends_on.commitment", Op.ANY, (of,)),), sort="key", limit=SHOWN, as_of=position, day=day
        )
        for one in (await self._views.page(COMMITMENTS.name, needs)).items:
            chain.dependents.append((UUID(key_in(one)), self._commitment.decode(one)))
        return chain.row(day, after)

    async def _all(self, view: str, where: Filter, at: _Asked) -> AsyncIterator[bytes]:
        after: tuple[Any, str] | None = None
        while True:
            asked = Query((where,), sort="key", limit=AT_ONCE, after=after, as_of=at.position, day=at.day)
            page = await self._views.page(view, asked)
            for one in page.items:
                yield one
            if (after := page.last) is None:
                return
