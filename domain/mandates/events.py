"""What happens to mandates."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from domain import correcting, deadlines
from domain.kernel import Money, Sphere, StreamId, UnitId, Words
from domain.mandates.words import (
    Document,
    Due,
    Ending,
    Ground,
    MandateWording,
    Pause,
    ReturnGround,
    Scope,
    Settlement,
    Terms,
)

# --- coming about ---


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


# --- being exercised ---


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


# --- ending ---


@dataclass(frozen=True, slots=True)
class RevocationNoticeGiven:
    """`ends_on`: the last day of the notice; the giver may revoke after it, in an emergency on it."""

    ground: Ground
    given_on: date
    ends_on: date
    legal_basis: str | None = None


@dataclass(frozen=True, slots=True)
class RevocationNoticeWithdrawn:
    giver: UnitId


@dataclass(frozen=True, slots=True)
class NoticePeriodEnded:
    ended_on: date


@dataclass(frozen=True, slots=True)
class HearingRecorded:
    """The recipient was heard on the revocation."""

    held_on: date
    account: Words
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class RevocationAgreed:
    recipient: UnitId


@dataclass(frozen=True, slots=True)
class MandateRevoked:
    """Not in force from that day on. `exclusive`: what others may be entrusted with again."""

    revoked_on: date
    ground: Ending
    settlement: Settlement | None = None
    exclusive: Scope | None = None


@dataclass(frozen=True, slots=True)
class MandateReturned:
    """Not in force from that day on: the recipient gave it back."""

    returned_on: date
    ground: ReturnGround
    settlement: Settlement | None = None
    exclusive: Scope | None = None


@dataclass(frozen=True, slots=True)
class MandateSuperseded:
    """Not in force from that day on: another mandate of the same parties takes its place."""

    superseded_on: date
    by: StreamId
    exclusive: Scope | None = None


@dataclass(frozen=True, slots=True)
class MandateExpired:
    """That was its last day."""

    last_day: date
    exclusive: Scope | None = None


# --- deadlines ---


@dataclass(frozen=True, slots=True)
class DeadlineSet(deadlines.DeadlineSet):
    """A clock of a mandate starts. `about`: the number of the notice or report it is for, where there is one."""

    kind: Due


@dataclass(frozen=True, slots=True)
class DeadlineMet(deadlines.DeadlineMet):
    """What was owed under a mandate is there, or its clock has run out as it should."""


@dataclass(frozen=True, slots=True)
class DeadlineMissed(deadlines.DeadlineMissed):
    """What was owed under a mandate was not there on its day."""

    kind: Due


@dataclass(frozen=True, slots=True)
class DeadlineVoided(deadlines.DeadlineVoided):
    """Nobody owes it under the mandate any longer."""


@dataclass(frozen=True, slots=True)
class DeadlineSuspended(deadlines.DeadlineSuspended):
    """While a mandate is suspended, nobody owes a report."""


@dataclass(frozen=True, slots=True)
class DeadlineMoved(deadlines.DeadlineMoved):
    """It was renewed, or restored after a suspension."""


@dataclass(frozen=True, slots=True)
class MandateTerritoryMoved:
    """What the territory lies in is another than before: it holds `exclusive` from now on, and `former` no more."""

    moved_on: date
    former: Scope
    exclusive: Scope


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
Ended: TypeAlias = (
    RevocationNoticeGiven
    | RevocationNoticeWithdrawn
    | NoticePeriodEnded
    | HearingRecorded
    | RevocationAgreed
    | MandateRevoked
    | MandateReturned
    | MandateSuperseded
    | MandateExpired
)
Moving: TypeAlias = DeadlineMet | DeadlineMissed | DeadlineVoided | DeadlineSuspended | DeadlineMoved
Clocks: TypeAlias = DeadlineSet | Moving
Later: TypeAlias = Prepared | Lived | Ended | Clocks
Event: TypeAlias = MandateDrafted | Later
