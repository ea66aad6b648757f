"""What happens to commitments."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from domain import deadlines
from domain.commitments.words import (
    Breadth,
    Changes,
    Completion,
    Delivery,
    Document,
    Due,
    EarlyResult,
    EarlyResultsScale,
    Instrument,
    Milestone,
    Outcome,
    Part,
    Pause,
    Potential,
    Reporting,
    ResourceKind,
    Source,
    Target,
)
from domain.kernel import EventName, Level, Money, PartialDate, Sphere, StreamId, UnitId, Words
from domain.replacing import quick

# --- coming about ---


@dataclass(frozen=True, slots=True)
class CommitmentProposed:
    owner: UnitId
    sphere: Sphere
    title: Words
    description: Words
    ends_on: PartialDate
    sdg: tuple[str, ...]
    starts_on: PartialDate | None = None
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class CommitmentRecordedFromSource:
    """Nobody signed here: the registrar read it in a published source. `updated` is that row's own edition."""

    source: Source
    updated: str
    instrument: Instrument
    status_on: PartialDate
    reporting: Reporting
    has_plan: bool | None = None


@dataclass(frozen=True, slots=True)
class SourceUpdated:
    """A newer edition of the row; what it changes in targets and end follows as CommitmentAmended."""

    source: Source
    updated: str
    instrument: Instrument
    status_on: PartialDate
    reporting: Reporting
    verifiable: bool
    missing: tuple[str, ...]
    has_plan: bool | None = None


@dataclass(frozen=True, slots=True)
class SourceConfirmed:
    """The unit's own officer stands by what was recorded; from here on it is self-reported, and clocks run."""

    unit: UnitId


@dataclass(frozen=True, slots=True)
class SourceContested:
    unit: UnitId


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


@dataclass(frozen=True, slots=True)
class TargetSet:
    number: int
    target: Target


@dataclass(frozen=True, slots=True)
class MilestoneAdded:
    number: int
    milestone: Milestone


@dataclass(frozen=True, slots=True)
class ResourcePledged:
    number: int
    unit: UnitId
    kind: ResourceKind
    what: Words
    money: Money | None = None


@dataclass(frozen=True, slots=True)
class CommitmentRestedOnMandate:
    """Without that mandate it could not be kept as it was promised."""

    mandate: StreamId


@dataclass(frozen=True, slots=True)
class MandateLost:
    """A mandate that it rested on ended. The commitment stands; those who answer for it say what becomes of it."""

    mandate: StreamId


@dataclass(frozen=True, slots=True)
class CommitmentAdopted:
    """`missing`: what an outsider would need to check it (SMART) and is not said."""

    breadth: Breadth
    verifiable: bool
    missing: tuple[str, ...]


# --- deadlines ---


@quick
@dataclass(frozen=True, slots=True)
class DeadlineSet(deadlines.DeadlineSet):
    """A clock of a commitment starts. `about`: the milestone, or the deadline whose miss a notice follows."""

    kind: Due


@quick
@dataclass(frozen=True, slots=True)
class DeadlineMet(deadlines.DeadlineMet):
    """What was owed under a commitment is there."""


@dataclass(frozen=True, slots=True)
class DeadlineMissed(deadlines.DeadlineMissed):
    """Its last day passed, and nobody did it."""

    kind: Due


@dataclass(frozen=True, slots=True)
class DeadlineVoided(deadlines.DeadlineVoided):
    """Nobody owes it any longer: its thing ended, moved, or was done in another way."""


@dataclass(frozen=True, slots=True)
class DeadlineMoved(deadlines.DeadlineMoved):
    """An extension gave it another last day."""


@dataclass(frozen=True, slots=True)
class HoldNoticeGiven:
    """Written notice that the commitment will be put on hold unless the missed deadline is made good by `until`."""

    unit: UnitId
    deadline: int
    until: date


@dataclass(frozen=True, slots=True)
class CommitmentPutOnHold:
    deadline: int


@dataclass(frozen=True, slots=True)
class CommitmentResumed:
    """`unit` delivered, or reported, and the commitment is no longer on hold, or inactive."""

    unit: UnitId
    after: Pause


@dataclass(frozen=True, slots=True)
class CommitmentMarkedInactive:
    silent_since: date


@dataclass(frozen=True, slots=True)
class AssessmentWindowOpened:
    deadline: int


# --- doing ---


@dataclass(frozen=True, slots=True)
class ProgressReported:
    """`milestone`: the step it is about; None where it speaks of the whole."""

    number: int
    unit: UnitId
    percent: int
    account: Words
    milestone: int | None = None


@dataclass(frozen=True, slots=True)
class ProgressCorrected:
    number: int
    unit: UnitId
    percent: int
    corrects: EventName


@dataclass(frozen=True, slots=True)
class ReportConfirmed:
    number: int
    unit: UnitId


@dataclass(frozen=True, slots=True)
class ReportContested:
    """Another party's account of the same figure; both are shown."""

    number: int
    unit: UnitId
    percent: int


@dataclass(frozen=True, slots=True)
class MilestoneCompleted:
    number: int
    unit: UnitId


@dataclass(frozen=True, slots=True)
class MilestoneConfirmed:
    number: int
    unit: UnitId


@dataclass(frozen=True, slots=True)
class MilestoneMissed:
    number: int
    unit: UnitId
    due_on: date


@dataclass(frozen=True, slots=True)
class ReportDelivered:
    """A plan, a monitoring report or an inventory was handed in."""

    kind: Delivery
    unit: UnitId
    document: Document


@dataclass(frozen=True, slots=True)
class EvidenceAttached:
    number: int
    unit: UnitId
    document: Document
    milestone: int | None = None


# --- changing ---


@dataclass(frozen=True, slots=True)
class ExtensionRequested:
    """`deadline`: the one to be moved; None asks for a later end of the whole. `asked` all have to agree."""

    number: int
    unit: UnitId
    until: date
    asked: tuple[UnitId, ...]
    deadline: int | None = None


@dataclass(frozen=True, slots=True)
class ExtensionAgreed:
    number: int
    unit: UnitId


@dataclass(frozen=True, slots=True)
class ExtensionGranted:
    """The last of those asked agreed. DeadlineMoved follows where it is of a deadline, not of the end of the whole."""

    number: int
    until: date
    deadline: int | None = None
    milestone: int | None = None


@dataclass(frozen=True, slots=True)
class ExtensionRefused:
    number: int
    unit: UnitId


@dataclass(frozen=True, slots=True)
class AmendmentProposed:
    number: int
    unit: UnitId
    changes: Changes
    asked: tuple[UnitId, ...]


@dataclass(frozen=True, slots=True)
class AmendmentAgreed:
    number: int
    unit: UnitId


@dataclass(frozen=True, slots=True)
class AmendmentRefused:
    number: int
    unit: UnitId


@dataclass(frozen=True, slots=True)
class CommitmentAmended:
    """By all parties, or (number None) because the published source changed."""

    changes: Changes
    number: int | None = None


# --- judging ---


@dataclass(frozen=True, slots=True)
class VerifiabilityAssessed:
    number: int
    assessor: UnitId
    verifiable: bool


@dataclass(frozen=True, slots=True)
class PotentialAssessed:
    number: int
    assessor: UnitId
    potential: Potential


@dataclass(frozen=True, slots=True)
class CompletionAssessed:
    number: int
    assessor: UnitId
    completion: Completion
    milestone: int | None = None


@dataclass(frozen=True, slots=True)
class EarlyResultsAssessed:
    number: int
    assessor: UnitId
    scale: EarlyResultsScale
    result: EarlyResult


@dataclass(frozen=True, slots=True)
class AssessmentContested:
    """`completion`: what the party says instead, where the assessment was of completion."""

    number: int
    unit: UnitId
    completion: Completion | None = None


# --- ending ---


@dataclass(frozen=True, slots=True)
class CommitmentClosed:
    """`level`: how far the outcome is to be believed; `evidence`: the numbers of what it rests on."""

    outcome: Outcome
    level: Level
    evidence: tuple[int, ...]


Event: TypeAlias = (
    CommitmentProposed
    | CommitmentRecordedFromSource
    | SourceUpdated
    | SourceConfirmed
    | SourceContested
    | PartyInvited
    | ParticipationAccepted
    | ParticipationDeclined
    | PartyWithdrew
    | PartySucceeded
    | PartyOrphaned
    | PartyRestored
    | TargetSet
    | MilestoneAdded
    | ResourcePledged
    | CommitmentRestedOnMandate
    | MandateLost
    | CommitmentAdopted
    | DeadlineSet
    | DeadlineMet
    | DeadlineMissed
    | DeadlineVoided
    | DeadlineMoved
    | HoldNoticeGiven
    | CommitmentPutOnHold
    | CommitmentResumed
    | CommitmentMarkedInactive
    | AssessmentWindowOpened
    | ProgressReported
    | ProgressCorrected
    | ReportConfirmed
    | ReportContested
    | MilestoneCompleted
    | MilestoneConfirmed
    | MilestoneMissed
    | ReportDelivered
    | EvidenceAttached
    | ExtensionRequested
    | ExtensionAgreed
    | ExtensionGranted
    | ExtensionRefused
    | AmendmentProposed
    | AmendmentAgreed
    | AmendmentRefused
    | CommitmentAmended
    | VerifiabilityAssessed
    | PotentialAssessed
    | CompletionAssessed
    | EarlyResultsAssessed
    | AssessmentContested
    | CommitmentClosed
)
