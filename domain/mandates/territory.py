"""What of an exclusive mandate moves when its territory comes to lie in something else, and who stands beside it."""

from collections.abc import Sequence

from domain import cofog
from domain.kernel import MandateFacts, Refused, StreamId
from domain.lands import on_day
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.checks import befell, there
from domain.mandates.events import Event, MandateDrafted
from domain.mandates.state import State
from domain.mandates.words import Beside, Scope
from domain.replacing import replace


def follow(command: asked.FollowTerritory, state: State) -> Sequence[Event]:
    """What an exclusive mandate's territory lies in has changed: it holds its function there, and no longer elsewhere.

    Where another mandate holds that exclusively, both stand, since each was in order when it began; that they clash is
    recorded. What takes that one's place stands there, too, from when it is agreed.
    """
    found = there(state)
    held = found.freed
    if held is None:
        return []
    if command.replaced is not None:
        _takes_its_place(command.stream, held, command.replaced)
    day = befell(command.effective_on, command.today)
    moved = replace(held, within=on_day(command.lands, command.today)[1:], beside=None)
    moved = _all_beside(moved, command.beside_facts, (*command.line, *command.left))
    return [] if moved == held else [happened.MandateTerritoryMoved(day, held, moved)]


def beside(command: asked.ActivateMandate, held: Scope) -> Scope:
    """What it holds, beside those beside which the mandate stood whose place it takes, and what took theirs meanwhile.

    Both were in order, and a new agreement of the same parties does not undo the one, nor hold more than the other did.
    Refused `not-its-place`, `no-clash`.
    """
    before = command.replaced
    if before is None and not command.beside:
        return held
    before = _takes_its_place(command.stream, held, before)
    stood = {*before.beside, *(one.id for one in command.line)}
    for other in command.beside_facts:
        if other.id not in stood:
            raise Refused(
                "no-clash",
                "The mandate whose place it takes did not stand beside that one.",
                by=other.id,
                fields=("beside",),
            )
    return _all_beside(held, command.beside_facts, command.line)


def _takes_its_place(stream: StreamId, held: Scope, before: MandateFacts | None) -> MandateFacts:
    """Refused `not-its-place` unless that one was superseded by it, and was no narrower."""
    if before is None or before.superseded_by != stream:
        reason = "It takes the place of no such mandate: name in `replaces` the one that it supersedes, once it did."
        raise Refused("not-its-place", reason, fields=("replaces",))
    if not no_wider(held, before):
        reason = f"The mandate whose place it takes was over {before.function}; what goes beyond that stands alone."
        raise Refused("not-its-place", reason, replaces=before.id, fields=("replaces",))
    return before


def no_wider(held: Scope, before: MandateDrafted | MandateFacts) -> bool:
    """Whether what is held is no more than what that one was for."""
    return before.territory == held.territory and cofog.covers(before.function, held.function)


def _all_beside(held: Scope, others: Sequence[MandateFacts], line: Sequence[MandateFacts]) -> Scope:
    """Those that are named, and what is to take the place of one beside which it, or the one before, stood."""
    named = [clash(held, other) for other in others]
    known = {one.mandate for one in named}
    coming = {one.id: one for one in line if one.id not in known and _to_come(held, one)}
    named += map(_of, coming.values())
    return replace(held, beside=tuple(named) or None)


def clash(held: Scope, other: MandateFacts) -> Beside:
    """Refused `no-clash` unless both hold the same function exclusively, the other one in what this one lies in."""
    if not (other.activated_on is not None and not other.ended and _meets(held, other)):
        raise Refused(
            "no-clash",
            "That mandate holds nothing exclusively in what this one lies in.",
            by=other.id,
            fields=("beside",),
        )
    return _of(other)


def _to_come(held: Scope, one: MandateFacts) -> bool:
    """Whether it is to take the place of one beside which this one stood, and has not come into force yet."""
    return one.exists and one.activated_on is None and not one.ended and _meets(held, one)


def _meets(held: Scope, other: MandateFacts) -> bool:
    same = cofog.covers(held.function, other.function) or cofog.covers(other.function, held.function)
    return other.exclusive and same and other.under == held.under and other.territory in held.within


def _of(other: MandateFacts) -> Beside:
    return Beside(other.id, other.function, other.territory)
