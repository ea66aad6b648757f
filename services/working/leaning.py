"""Who leans on what, as records say it."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeAlias
from uuid import UUID

from domain.commitments import events as commitments
from domain.mandates import events as mandates
from domain.mandates.words import Scope


class Manner(StrEnum):
    """In which manner one stream leans on another thing. Rows are added and stay; whether it still does, states say."""

    UNDER = "under"
    """A mandate on the mandate that it rests on."""
    GIVEN_BY = "given_by"
    """A mandate on the unit that gives it of its own power."""
    PARTY = "party"
    """A mandate or a commitment on the units that it binds, or may come to bind."""
    RESTS_ON = "rests_on"
    """A commitment on the mandate that lets its owner keep it."""
    STANDS_IN = "stands_in"
    """An exclusive mandate on its territory, and on all that this lies in."""
    BESIDE = "beside"
    """An exclusive mandate on another one that holds the same in what its territory came to lie in."""
    GAVE_WAY = "gave_way"
    """A mandate that was superseded on the one that takes its place."""


Lean: TypeAlias = tuple[UUID, str, UUID]
"""(thing, manner, stream)"""


def _drafted(stream: UUID, event: mandates.MandateDrafted) -> Sequence[Lean]:
    above = (event.giver, Manner.GIVEN_BY) if event.under is None else (event.under, Manner.UNDER)
    return [(*above, stream), *((unit, Manner.PARTY, stream) for unit in (event.giver, event.recipient))]


def _standing(stream: UUID, scope: Scope | None) -> Sequence[Lean]:
    if scope is None:
        return ()
    lands = [(land, Manner.STANDS_IN, stream) for land in (scope.territory, *scope.within)]
    return [*lands, *((one.mandate, Manner.BESIDE, stream) for one in scope.beside or ())]


LEANS: Mapping[type, Callable[[UUID, Any], Sequence[Lean]]] = {
    mandates.MandateDrafted: _drafted,
    # Whether it gives or receives, the state says to whoever asks.
    mandates.PartySucceeded: lambda stream, event: [
        (event.successor, manner, stream) for manner in (Manner.GIVEN_BY, Manner.PARTY)
    ],
    mandates.MandateActivated: lambda stream, event: _standing(stream, event.exclusive),
    mandates.MandateTerritoryMoved: lambda stream, event: _standing(stream, event.exclusive),
    mandates.MandateSuperseded: lambda stream, event: [(event.by, Manner.GAVE_WAY, stream)],
    commitments.CommitmentProposed: lambda stream, event: [(event.owner, Manner.PARTY, stream)],
    commitments.PartyInvited: lambda stream, event: [(event.unit, Manner.PARTY, stream)],
    commitments.PartySucceeded: lambda stream, event: [(event.successor, Manner.PARTY, stream)],
    commitments.CommitmentRestedOnMandate: lambda stream, event: [(event.mandate, Manner.RESTS_ON, stream)],
}
"""Event -> how its stream leans by it. Of any other event nothing is asked."""
LEANING = tuple(LEANS)


def leans(stream: UUID, event: object) -> Sequence[Lean]:
    """What an event of a stream says of how it leans."""
    says = LEANS.get(type(event))
    return () if says is None else says(stream, event)
