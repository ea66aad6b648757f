"""A mandate comes about: drafted, consulted on, estimated, funded, offered, answered."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from domain import correcting
from domain.kernel import Money, Sphere, StreamId, UnitId, Words
from domain.mandates.words import Document, MandateWording, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateDrafted(Terms):
    """`under`: the mandate that it rests on; none: the giver holds it by law. `depth`: how often it was passed on
    since somebody held it as their own power. `drafted_on`: the first day from which the draft may count."""

    drafted_on: date
    giver_sphere: Sphere
    recipient_sphere: Sphere
    depth: int = 0
    under: StreamId | None = None


@dataclass(frozen=True, slots=True)
class MandateConsultationRecorded:
    number: int
    consulted: tuple[UnitId, ...]
    opened_on: date
    closed_on: date
    outcome: Words
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class ConsultationFellShort:
    """The recipient had fewer days than the law demands: by this consultation alone it cannot come into force."""

    number: int
    days: int
    least: int
    policy: str


@dataclass(frozen=True, slots=True)
class CostEstimateAttached:
    """What exercising it costs the recipient a year, beside its current revenue of a year."""

    number: int
    yearly: Money
    revenue: Money
    method: Words
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class FundingCommitted:
    """What the giver pays a year from one line of its budget; a later word on the same line replaces the earlier."""

    budget_line: str
    budget_year: int
    yearly: Money


@dataclass(frozen=True, slots=True)
class MandateFlaggedUnfunded:
    """The cost is material and not covered. `gap` = `required` - `funded`; all a year; empty without an estimate.

    `threshold`: materiality x revenue; `required`: cover ratio x cost.
    """

    estimate: Money | None = None
    threshold: Money | None = None
    required: Money | None = None
    funded: Money | None = None
    gap: Money | None = None


@dataclass(frozen=True, slots=True)
class UnfundedFlagLifted:
    """The cost is covered by now, or no longer material."""


@dataclass(frozen=True, slots=True)
class MandateCorrected(correcting.Corrected):
    """A clerical error of the draft was put right by its giver."""

    before: MandateWording
    after: MandateWording


@dataclass(frozen=True, slots=True)
class MandateOffered:
    giver: UnitId
    recipient: UnitId


@dataclass(frozen=True, slots=True)
class MandateAccepted:
    recipient: UnitId


@dataclass(frozen=True, slots=True)
class MandateAcceptedWithReservations:
    """It binds nobody before the giver agrees to the reservations."""

    recipient: UnitId
    reservations: Words


@dataclass(frozen=True, slots=True)
class ReservationsAgreed:
    giver: UnitId


@dataclass(frozen=True, slots=True)
class MandateDeclined:
    recipient: UnitId


@dataclass(frozen=True, slots=True)
class MandateWithdrawn:
    """The giver took its draft or offer back before anything was in force."""

    giver: UnitId


Prepared: TypeAlias = (
    MandateConsultationRecorded
    | ConsultationFellShort
    | CostEstimateAttached
    | FundingCommitted
    | MandateFlaggedUnfunded
    | UnfundedFlagLifted
    | MandateCorrected
    | MandateOffered
    | MandateAccepted
    | MandateAcceptedWithReservations
    | ReservationsAgreed
    | MandateDeclined
    | MandateWithdrawn
)
