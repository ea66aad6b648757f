"""What of an exclusive mandate moves when its territory comes to lie in something else."""

from collections.abc import Sequence

from domain import cofog
from domain.kernel import MandateFacts, Refused
from domain.lands import on_day
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.checks import befell, there
from domain.mandates.events import Event
from domain.mandates.state import State
from domain.mandates.words import Beside, Scope
from domain.replacing import replace


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
