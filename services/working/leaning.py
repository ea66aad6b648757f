"""Who leans on what, as records say it."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from domain.commitments import events as commitments
from domain.mandates import events as mandates


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


Lean: TypeAlias = tuple[UUID, str, UUID]
"""(thing, manner, stream)"""

LEANING = (
    mandates.MandateDrafted,
    mandates.PartySucceeded,
    commitments.CommitmentProposed,
    commitments.PartyInvited,
    commitments.PartySucceeded,
    commitments.CommitmentRestedOnMandate,
)
"""The events that say so."""


def leans(stream: UUID, event: object) -> Sequence[Lean]:
    """What an event of a stream says of how it leans."""
    match event:
        case mandates.MandateDrafted():
            above = (event.giver, Manner.GIVEN_BY) if event.under is None else (event.under, Manner.UNDER)
            parties = [(unit, Manner.PARTY, stream) for unit in (event.giver, event.recipient)]
            return [(*above, stream), *parties]
        case mandates.PartySucceeded():
            # Whether it gives or receives, the state says to whoever asks.
            return [(event.successor, manner, stream) for manner in (Manner.GIVEN_BY, Manner.PARTY)]
        case commitments.CommitmentProposed():
            return [(event.owner, Manner.PARTY, stream)]
        case commitments.PartyInvited():
            return [(event.unit, Manner.PARTY, stream)]
        case commitments.PartySucceeded():
            return [(event.successor, Manner.PARTY, stream)]
        case commitments.CommitmentRestedOnMandate():
            return [(event.mandate, Manner.RESTS_ON, stream)]
        case _:
            return ()
