"""What a territory lies in on which days, and what of an exclusive mandate moves when that changes.

A unit lies in its parent, as far as the register knows, and in the bodies of which it is a member, from the first to
the last day of that. What it lies in lies in further ones.
"""

from collections.abc import Callable, Sequence
from datetime import date

from domain import cofog
from domain.kernel import MandateFacts, Membership, Refused, UnitFacts, UnitId
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.checks import befell, there
from domain.mandates.events import Event
from domain.mandates.state import State
from domain.mandates.words import Beside, Scope
from domain.replacing import replace


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


def follow(command: asked.FollowTerritory, state: State) -> Sequence[Event]:
    """What an exclusive mandate's territory lies in has changed: it holds its function there, and no longer elsewhere.

    Where another mandate holds that exclusively, both stand, since each was in order when it began; that they clash is
    recorded.
    """
    found = there(state)
    held = found.freed
    if held is None:
        return []
    day = befell(command.effective_on, command.today)
    within = on_day(command.lands, command.today)[1:]
    beside = tuple(_clash(replace(held, within=within), other) for other in command.beside_facts)
    moved = replace(held, within=within, beside=beside or None)
    return [] if moved == held else [happened.MandateTerritoryMoved(day, held, moved)]


def _clash(held: Scope, other: MandateFacts) -> Beside:
    """Refused `no-clash` unless both hold the same function exclusively, the other one in what this one lies in."""
    meets = cofog.covers(held.function, other.function) or cofog.covers(other.function, held.function)
    stands = other.exclusive and other.activated_on is not None and not other.ended
    if not (stands and meets and other.under == held.under and other.territory in held.within):
        raise Refused("no-clash", "That mandate holds nothing exclusively in what this one lies in.", by=other.id)
    return Beside(other.id, other.function, other.territory)
