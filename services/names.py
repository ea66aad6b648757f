"""Under which name each event is stored: by hand, added to, never changed, since history outlives module names.

The name ends in the version of the event's form. A later form gets a line of its own below the older one; the older one
then names a class that is lifted on reading, and bytes that were written stay as they are.
"""

from collections.abc import Mapping

from domain import opening, policies
from domain.commitments import events as commitments
from domain.units import events as units

NAMES: Mapping[str, type] = {
    # ledger
    "ledger-opened.1": opening.LedgerOpened,
    # policies
    "policy-adopted.1": policies.PolicyAdopted,
    "policy-amended.1": policies.PolicyAmended,
    # units
    "unit-registered.1": units.UnitRegistered,
    "unit-activated.1": units.UnitActivated,
    "unit-renamed.1": units.UnitRenamed,
    "unit-identifier-attached.1": units.UnitIdentifierAttached,
    "unit-identifier-detached.1": units.UnitIdentifierDetached,
    "parent-set.1": units.ParentSet,
    "units-merged.1": units.UnitsMerged,
    "unit-split.1": units.UnitSplit,
    "unit-abolished.1": units.UnitAbolished,
    "unit-restored.1": units.UnitRestored,
    "successor-assigned.1": units.SuccessorAssigned,
    "representative-accredited.1": units.RepresentativeAccredited,
    "accreditation-revoked.1": units.AccreditationRevoked,
    "competence-recorded.1": units.CompetenceRecorded,
    "competence-withdrawn.1": units.CompetenceWithdrawn,
    # commitments
    "commitment-proposed.1": commitments.CommitmentProposed,
    "commitment-recorded-from-source.1": commitments.CommitmentRecordedFromSource,
    "source-updated.1": commitments.SourceUpdated,
    "source-confirmed.1": commitments.SourceConfirmed,
    "source-contested.1": commitments.SourceContested,
    "party-invited.1": commitments.PartyInvited,
    "participation-accepted.1": commitments.ParticipationAccepted,
    "participation-declined.1": commitments.ParticipationDeclined,
    "party-withdrew.1": commitments.PartyWithdrew,
    "target-set.1": commitments.TargetSet,
    "milestone-added.1": commitments.MilestoneAdded,
    "resource-pledged.1": commitments.ResourcePledged,
    "commitment-adopted.1": commitments.CommitmentAdopted,
    "deadline-set.1": commitments.DeadlineSet,
    "deadline-met.1": commitments.DeadlineMet,
    "deadline-missed.1": commitments.DeadlineMissed,
    "deadline-voided.1": commitments.DeadlineVoided,
    "deadline-moved.1": commitments.DeadlineMoved,
    "hold-notice-given.1": commitments.HoldNoticeGiven,
    "commitment-put-on-hold.1": commitments.CommitmentPutOnHold,
    "commitment-resumed.1": commitments.CommitmentResumed,
    "commitment-marked-inactive.1": commitments.CommitmentMarkedInactive,
    "assessment-window-opened.1": commitments.AssessmentWindowOpened,
    "progress-reported.1": commitments.ProgressReported,
    "progress-corrected.1": commitments.ProgressCorrected,
    "report-confirmed.1": commitments.ReportConfirmed,
    "report-contested.1": commitments.ReportContested,
    "milestone-completed.1": commitments.MilestoneCompleted,
    "milestone-confirmed.1": commitments.MilestoneConfirmed,
    "milestone-missed.1": commitments.MilestoneMissed,
    "report-delivered.1": commitments.ReportDelivered,
    "evidence-attached.1": commitments.EvidenceAttached,
    "extension-requested.1": commitments.ExtensionRequested,
    "extension-agreed.1": commitments.ExtensionAgreed,
    "extension-granted.1": commitments.ExtensionGranted,
    "extension-refused.1": commitments.ExtensionRefused,
    "amendment-proposed.1": commitments.AmendmentProposed,
    "amendment-agreed.1": commitments.AmendmentAgreed,
    "amendment-refused.1": commitments.AmendmentRefused,
    "commitment-amended.1": commitments.CommitmentAmended,
    "verifiability-assessed.1": commitments.VerifiabilityAssessed,
    "potential-assessed.1": commitments.PotentialAssessed,
    "completion-assessed.1": commitments.CompletionAssessed,
    "early-results-assessed.1": commitments.EarlyResultsAssessed,
    "assessment-contested.1": commitments.AssessmentContested,
    "commitment-closed.1": commitments.CommitmentClosed,
}
