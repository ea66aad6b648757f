"""What a territory lies in on which days.

A unit lies in its parent, as far as the register knows, and in the bodies of which it is a member, from the first to
the last day of that. What it lies in lies in further ones.
"""

from collections.abc import Callable, Sequence
from datetime import date

from domain.kernel import Membership, UnitFacts, UnitId


def on_day(lands: Sequence[UnitFacts], day: date) -> tuple[UnitId, ...]:
    """The territory, and what it lies in on that day, nearest first. `lands`: it, and all that it ever lies in."""
    return _reached(lands, lambda one: one.throughout(day, day))


def throughout(lands: Sequence[UnitFacts], first: date, last: date | None) -> frozenset[UnitId]:
    """The territory, and what it lies in on every day from `first` to `last` (None: for good)."""
    return frozenset(_reached(lands, lambda one: one.throughout(first, last)))


def at_times(lands: Sequence[UnitFacts], first: date, last: date | None) -> frozenset[UnitId]:
    """The territory, and what it lies in on any of these days."""
    return frozenset(_reached(lands, lambda one: one.touches(first, last)))


def _reached(lands: Sequence[UnitFacts], counts: Callable[[Membership], bool]) -> tuple[UnitId, ...]:
    known = {land.id: land for land in lands}
    reached, row = {lands[0].id}, [lands[0]]
    while row:
        land = row.pop()
        above = [one.body for one in land.memberships if counts(one)]
        above += () if land.parent is None else (land.parent,)
        row += [known[one] for one in above if one in known and one not in reached]
        reached.update(above)
    return tuple(land.id for land in lands if land.id in reached)
