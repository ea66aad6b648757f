"""Who takes part, and who stands in whose place."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from domain.commitments.words import Part
from domain.kernel import Sphere, UnitId


@dataclass(frozen=True, slots=True)
class PartyInvited:
    unit: UnitId
    sphere: Sphere
    part: Part
    required: bool


@dataclass(frozen=True, slots=True)
class ParticipationAccepted:
    unit: UnitId


@dataclass(frozen=True, slots=True)
class ParticipationDeclined:
    unit: UnitId


@dataclass(frozen=True, slots=True)
class PartyWithdrew:
    """`ends`: nobody is left who answers for it, so the commitment is withdrawn."""

    unit: UnitId
    ends: bool


@dataclass(frozen=True, slots=True)
class PartySucceeded:
    """A party ended, and from that day on its successor, of that sphere, stands in its place and owes what it owed."""

    former: UnitId
    successor: UnitId
    sphere: Sphere
    succeeded_on: date


@dataclass(frozen=True, slots=True)
class PartyOrphaned:
    """A party ended, and nobody stands in its place since."""

    unit: UnitId
    since: date


@dataclass(frozen=True, slots=True)
class PartyRestored:
    """A unit in whose place nobody stood is there again, and answers for its part as before."""

    unit: UnitId


Peopled: TypeAlias = (
    PartyInvited
    | ParticipationAccepted
    | ParticipationDeclined
    | PartyWithdrew
    | PartySucceeded
    | PartyOrphaned
    | PartyRestored
)
