"""What a thing is still to bring, as its page tells it behind its history: steps to be taken, deadlines to be met."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from domain.commitments.words import Due
from projections.milestones import MILESTONES, Step
from services.views.ports import Filter, Op, Query
from services.views.queries import Views

AT_MOST = 50
"""Steps of a commitment that its page tells of; `/read/milestones` has all of them."""


class Coming(NamedTuple):
    """`called`: the step's title, by language; or what is owed, by our name for it."""

    called: Any
    due_on: date
    unit: str
    overdue: bool


def owed(row: Mapping[str, Any], day: date) -> Sequence[Coming]:
    """The deadlines that a row says are not met; a step's own is told with the step."""
    found = [one for one in row.get("owed") or () if one["kind"] != Due.MILESTONE]
    return [_coming(one["kind"], one["due_on"], one.get("unit", ""), day) for one in found]


async def steps(views: Views, commitment: UUID, position: int, day: date) -> Sequence[Coming]:
    """The steps of a commitment that are to be taken, as of a position."""
    where = (
        Filter("commitment", Op.EQ, (commitment,)),
        Filter("state", Op.NE, (Step.COMPLETED.value,)),
        Filter("open_until", Op.IS_NULL, (True,)),
    )
    page = await views.page(MILESTONES.name, Query(where, sort="due_on", limit=AT_MOST, as_of=position, day=day))
    found = map(msgspec.json.decode, page.items)
    return [_coming(one["title"], one["due_on"], one["responsible"], day) for one in found]


def _coming(called: Any, due_on: str, unit: str, day: date) -> Coming:
    last = date.fromisoformat(due_on)
    return Coming(called, last, unit, last < day)
