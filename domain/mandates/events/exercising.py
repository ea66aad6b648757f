"""A mandate in force: exercised, passed on, suspended, renewed, handed on, moved."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from domain.kernel import Money, StreamId, UnitId, Words
from domain.mandates.words import Document, Pause, Scope


@dataclass(frozen=True, slots=True)
class MandateActivated:
    """In force from that day on. `exclusive`: what nobody else may be entrusted with exclusively meanwhile."""

    activated_on: date
    exclusive: Scope | None = None


@dataclass(frozen=True, slots=True)
class MandateSubDelegated:
    """A mandate that rests on this one came into force."""

    child: StreamId
    recipient: UnitId


@dataclass(frozen=True, slots=True)
class ExerciseReported:
    number: int
    recipient: UnitId
    period_from: date
    period_to: date
    account: Words
    spent: Money | None = None
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class SuspensionOffered:
    """The giver would suspend it by mutual consent; it is suspended when the recipient agrees."""

    until: date | None = None


@dataclass(frozen=True, slots=True)
class MandateSuspended:
    """Not exercised from that day on. `until`: the last day of the suspension, where it is known.

    `legal_basis`: the law or the court's decision, where that is the ground.
    """

    suspended_on: date
    ground: Pause
    until: date | None = None
    legal_basis: str | None = None


@dataclass(frozen=True, slots=True)
class SuspensionProlonged:
    """The legislature or council of the giver agreed that the emergency goes on, with so many of its members."""

    number: int
    until: date
    resolution: str
    in_favour: int
    members: int


@dataclass(frozen=True, slots=True)
class MandateRestored:
    """Exercised again from that day on."""

    restored_on: date


@dataclass(frozen=True, slots=True)
class RenewalOffered:
    number: int
    ends_on: date


@dataclass(frozen=True, slots=True)
class MandateRenewed:
    number: int
    ends_on: date


@dataclass(frozen=True, slots=True)
class PartySucceeded:
    """A unit ended, and from that day on its successor stands in its place."""

    former: UnitId
    successor: UnitId
    succeeded_on: date


@dataclass(frozen=True, slots=True)
class MandateTerritoryMoved:
    """What the territory lies in is another than before: it holds `exclusive` from now on, and `former` no more."""

    moved_on: date
    former: Scope
    exclusive: Scope


Lived: TypeAlias = (
    MandateActivated
    | MandateSubDelegated
    | ExerciseReported
    | SuspensionOffered
    | MandateSuspended
    | SuspensionProlonged
    | MandateRestored
    | RenewalOffered
    | MandateRenewed
    | PartySucceeded
    | MandateTerritoryMoved
)
