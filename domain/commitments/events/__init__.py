"""What happens to commitments, by subject."""

from typing import TypeAlias

from domain.commitments.events.changing import (
    AmendmentAgreed,
    AmendmentProposed,
    AmendmentRefused,
    CommitmentAmended,
    ExtensionAgreed,
    ExtensionGranted,
    ExtensionRefused,
    ExtensionRequested,
)
from domain.commitments.events.clocks import (
    AssessmentWindowOpened,
    CommitmentMarkedInactive,
    CommitmentPutOnHold,
    CommitmentResumed,
    DeadlineMet,
    DeadlineMissed,
    DeadlineMoved,
    DeadlineSet,
    DeadlineVoided,
    HoldNoticeGiven,
)
from domain.commitments.events.doing import (
    EvidenceAttached,
    MilestoneCompleted,
    MilestoneConfirmed,
    MilestoneMissed,
    ProgressCorrected,
    ProgressReported,
    ReportConfirmed,
    ReportContested,
    ReportDelivered,
)
from domain.commitments.events.judging import (
    AssessmentContested,
    CommitmentClosed,
    CompletionAssessed,
    EarlyResultsAssessed,
    PotentialAssessed,
    VerifiabilityAssessed,
)
from domain.commitments.events.parties import (
    ParticipationAccepted,
    ParticipationDeclined,
    PartyInvited,
    PartyOrphaned,
    PartyRestored,
    PartySucceeded,
    PartyWithdrew,
)
from domain.commitments.events.promising import (
    CommitmentAdopted,
    CommitmentProposed,
    CommitmentRestedOnMandate,
    MandateLost,
    MilestoneAdded,
    ResourcePledged,
    TargetSet,
)
from domain.commitments.events.sources import (
    CommitmentRecordedFromSource,
    SourceConfirmed,
    SourceContested,
    SourceUpdated,
)

__all__ = [
    "AmendmentAgreed",
    "AmendmentProposed",
    "AmendmentRefused",
    "AssessmentContested",
    "AssessmentWindowOpened",
    "CommitmentAdopted",
    "CommitmentAmended",
    "CommitmentClosed",
    "CommitmentMarkedInactive",
    "CommitmentProposed",
    "CommitmentPutOnHold",
    "CommitmentRecordedFromSource",
    "CommitmentRestedOnMandate",
    "CommitmentResumed",
    "CompletionAssessed",
    "DeadlineMet",
    "DeadlineMissed",
    "DeadlineMoved",
    "DeadlineSet",
    "DeadlineVoided",
    "EarlyResultsAssessed",
    "Event",
    "EvidenceAttached",
    "ExtensionAgreed",
    "ExtensionGranted",
    "ExtensionRefused",
    "ExtensionRequested",
    "HoldNoticeGiven",
    "MandateLost",
    "MilestoneAdded",
    "MilestoneCompleted",
    "MilestoneConfirmed",
    "MilestoneMissed",
    "ParticipationAccepted",
    "ParticipationDeclined",
    "PartyInvited",
    "PartyOrphaned",
    "PartyRestored",
    "PartySucceeded",
    "PartyWithdrew",
    "PotentialAssessed",
    "ProgressCorrected",
    "ProgressReported",
    "ReportConfirmed",
    "ReportContested",
    "ReportDelivered",
    "ResourcePledged",
    "SourceConfirmed",
    "SourceContested",
    "SourceUpdated",
    "TargetSet",
    "VerifiabilityAssessed",
]

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
