"""What can be asked of a commitment, by subject. What is `Given` the service looks up; the rest is the request."""

from typing import TypeAlias

from domain.commitments.commands.changing import (
    AgreeAmendment,
    GrantExtension,
    ProposeAmendment,
    RefuseAmendment,
    RefuseExtension,
    RequestExtension,
)
from domain.commitments.commands.doing import (
    AttachEvidence,
    CompleteMilestone,
    ConfirmMilestone,
    ConfirmReport,
    ContestReport,
    CorrectProgress,
    DeliverReport,
    ReportProgress,
)
from domain.commitments.commands.following import LoseMandate, MissDeadline, SucceedParty
from domain.commitments.commands.judging import (
    AssessCompletion,
    AssessEarlyResults,
    AssessPotential,
    AssessVerifiability,
    CloseCommitment,
    ContestAssessment,
)
from domain.commitments.commands.parties import (
    AcceptParticipation,
    AddParty,
    DeclineParticipation,
    WithdrawFromCommitment,
)
from domain.commitments.commands.promising import (
    AddMilestone,
    AdoptCommitment,
    PledgeResource,
    ProposeCommitment,
    RestOnMandate,
    SetTarget,
)
from domain.commitments.commands.sources import ConfirmSource, ContestSource, RecordFromSource, UpdateFromSource

__all__ = [
    "AcceptParticipation",
    "AddMilestone",
    "AddParty",
    "AdoptCommitment",
    "AgreeAmendment",
    "AssessCompletion",
    "AssessEarlyResults",
    "AssessPotential",
    "AssessVerifiability",
    "AttachEvidence",
    "CloseCommitment",
    "Command",
    "CompleteMilestone",
    "ConfirmMilestone",
    "ConfirmReport",
    "ConfirmSource",
    "ContestAssessment",
    "ContestReport",
    "ContestSource",
    "CorrectProgress",
    "DeclineParticipation",
    "DeliverReport",
    "GrantExtension",
    "LoseMandate",
    "MissDeadline",
    "PledgeResource",
    "ProposeAmendment",
    "ProposeCommitment",
    "RecordFromSource",
    "RefuseAmendment",
    "RefuseExtension",
    "ReportProgress",
    "RequestExtension",
    "RestOnMandate",
    "SetTarget",
    "SucceedParty",
    "UpdateFromSource",
    "WithdrawFromCommitment",
]

Command: TypeAlias = (
    ProposeCommitment
    | RecordFromSource
    | UpdateFromSource
    | ConfirmSource
    | ContestSource
    | AddParty
    | AcceptParticipation
    | DeclineParticipation
    | SetTarget
    | AddMilestone
    | PledgeResource
    | RestOnMandate
    | AdoptCommitment
    | ReportProgress
    | CorrectProgress
    | ConfirmReport
    | ContestReport
    | CompleteMilestone
    | ConfirmMilestone
    | DeliverReport
    | AttachEvidence
    | RequestExtension
    | GrantExtension
    | RefuseExtension
    | ProposeAmendment
    | AgreeAmendment
    | RefuseAmendment
    | WithdrawFromCommitment
    | AssessVerifiability
    | AssessPotential
    | AssessCompletion
    | AssessEarlyResults
    | ContestAssessment
    | CloseCommitment
    | MissDeadline
    | LoseMandate
    | SucceedParty
)
