"""What can be asked of a commitment. What is `Given` the service looks up; the rest is the request."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypeAlias

from domain.calendars import Calendar
from domain.commitments.words import (
    Changes,
    Completion,
    Delivery,
    Document,
    EarlyResult,
    EarlyResultsScale,
    Instrument,
    Milestone,
    Number,
    Outcome,
    Part,
    Party,
    Percent,
    Potential,
    Prose,
    Reporting,
    ResourceKind,
    SdgCode,
    Source,
    Target,
    Title,
)
from domain.kernel import (
    EventName,
    Given,
    Level,
    MandateFacts,
    Many,
    Money,
    PartialDate,
    Policy,
    Says,
    StreamId,
    Text,
    Today,
    UnitFacts,
    UnitId,
    Words,
)

Acting: TypeAlias = Annotated[UnitFacts, Given("the acting unit")]
CountsOn: TypeAlias = Annotated[PartialDate, Given("when it counts in law")]
Now: TypeAlias = Annotated[Today, Given("today where the owner is")]
InForce: TypeAlias = Annotated[Policy, Given("the commitment policy of the day", of="commitment@effective_on")]
Current: TypeAlias = Annotated[Policy, Given("the commitment policy of today", of="commitment")]
"""For clocks that start today, whatever day the act counts from."""
WorkingDays: TypeAlias = Annotated[Calendar, Given("the working days of the owner's jurisdiction")]
Sdgs: TypeAlias = Annotated[
    tuple[SdgCode, ...], Many(0, 40), Says("Goals or targets of the 2030 Agenda it serves.", ["13.2"])
]
ReportNumber: TypeAlias = Annotated[Number, Says("The report's number.")]
AssessmentNumber: TypeAlias = Annotated[Number, Says("The assessment's number.")]
MilestoneNumber: TypeAlias = Annotated[Number, Says("The milestone's number.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeCommitment:
    """Propose a commitment of your unit, alone or with others."""

    owner: Annotated[UnitId, Says("The unit that answers for the whole.")]
    title: Annotated[Title, Says("What is promised, in a line.")]
    description: Annotated[Prose, Says("What is promised, and to whom.")]
    ends_on: Annotated[PartialDate, Says("By when it is to be fulfilled.", "2030")]
    starts_on: Annotated[PartialDate | None, Says("When work begins.")] = None
    sdg: Sdgs = ()
    parties: Annotated[tuple[Party, ...], Many(0, 100), Says("The other units, and what part each has.")] = ()
    document: Annotated[Document | None, Says("The agreement or text it comes from.")] = None
    owner_facts: Annotated[UnitFacts, Given("the owner", of="owner")]
    units: Annotated[tuple[UnitFacts, ...], Given("the units named", of="parties")]
    effective_on: CountsOn
    today: Now
    policy: Current
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFromSource:
    """Record a unit's pledge as a named published source gives it; the unit can confirm, amend or contest it."""

    owner: Annotated[UnitId, Says("The unit that made the pledge.")]
    title: Annotated[Title, Says("What is promised, in a line.")]
    description: Annotated[Prose, Says("What the source says of it.")]
    ends_on: Annotated[PartialDate, Says("By when it is to be fulfilled.", "2050")]
    source: Annotated[Source, Says("Where it is published.")]
    updated: Annotated[str, Text(at_most=40), Says("When the source last changed the row.", "2022-06-01 14:11:39")]
    instrument: Annotated[Instrument, Says("How strongly it binds.")]
    status_on: Annotated[PartialDate, Says("Since when it has had that strength.", "2020")]
    has_plan: Annotated[bool | None, Says("Whether there is a plan; absent where the source does not say.")] = None
    reporting: Annotated[Reporting, Says("How often progress is reported.")] = Reporting.UNKNOWN
    targets: Annotated[tuple[Target, ...], Many(0, 20), Says("End and interim targets, always in the same order.")] = ()
    sdg: Sdgs = ()
    owner_facts: Annotated[UnitFacts, Given("the owner", of="owner")]
    line: Annotated[tuple[UnitFacts, ...], Given("the owner, and who took over from it in turn", of="owner>")]
    effective_on: CountsOn
    today: Now


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateFromSource:
    """Record a newer edition of the row a pledge was recorded from."""

    title: Annotated[Title, Says("What is promised, in a line.")]
    description: Annotated[Prose, Says("What the source says of it.")]
    ends_on: Annotated[PartialDate, Says("By when it is to be fulfilled.", "2050")]
    source: Annotated[Source, Says("Where it is published.")]
    updated: Annotated[str, Text(at_most=40), Says("When the source last changed the row.", "2022-06-01 14:11:39")]
    instrument: Annotated[Instrument, Says("How strongly it binds.")]
    status_on: Annotated[PartialDate, Says("Since when it has had that strength.", "2020")]
    has_plan: Annotated[bool | None, Says("Whether there is a plan; absent where the source does not say.")] = None
    reporting: Annotated[Reporting, Says("How often progress is reported.")] = Reporting.UNKNOWN
    targets: Annotated[tuple[Target, ...], Many(0, 20), Says("End and interim targets, always in the same order.")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmSource:
    """Stand by what was recorded of your unit from a published source."""

    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: Current
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestSource:
    """Say that what was recorded of your unit from a published source is wrong."""

    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class AddParty:
    """Invite another unit to take part."""

    unit: Annotated[UnitId, Says("The unit to invite.")]
    part: Annotated[Part, Says("Its part in the commitment.")]
    required: Annotated[bool, Says("Whether the commitment waits for its acceptance.")] = True
    unit_facts: Annotated[UnitFacts, Given("the unit invited", of="unit")]
    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: Current
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptParticipation:
    """Accept, for your unit, the part it was invited to."""

    acting: Acting
    effective_on: CountsOn
    today: Now


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineParticipation:
    """Decline, for your unit, the part it was invited to."""

    acting: Acting
    effective_on: CountsOn
    today: Now


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTarget:
    """Say what is to be reached: measure, baseline, value, date, and who answers for it."""

    target: Annotated[Target, Says("The target.")]
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMilestone:
    """Add a step on the way, with its day and the unit that takes it."""

    milestone: Annotated[Milestone, Says("The step.")]
    acting: Acting
    effective_on: CountsOn
    today: Now
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class PledgeResource:
    """Pledge money, staff, goods or an asset of your unit."""

    kind: Annotated[ResourceKind, Says("What sort of resource.")]
    what: Annotated[Words, Text(at_most=500), Says("What is pledged, for people.")]
    money: Annotated[Money | None, Says("The amount; for money always, for the rest its estimated worth.")] = None
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class RestOnMandate:
    """Say that the commitment can only be kept under a mandate; if that ends, the register says so here."""

    mandate: Annotated[StreamId, Says("The mandate; one of the parties exercises it.")]
    mandate_facts: Annotated[MandateFacts, Given("the mandate", of="mandate")]
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptCommitment:
    """Adopt what was agreed; the clocks start."""

    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: InForce
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportProgress:
    """Report how far your unit is, as a percentage and in words."""

    percent: Annotated[Percent, Says("How far it is, 0 to 100.")]
    account: Annotated[Prose, Says("What was done since the last report.")]
    milestone: Annotated[Number | None, Says("The milestone it is about; absent: the whole.")] = None
    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: InForce
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectProgress:
    """Correct the percentage of a report that was wrong; it may fall."""

    corrects: Annotated[EventName, Says("The record of the report, as <stream>/<version>.")]
    percent: Annotated[Percent, Says("What it should have said.")]
    stream: Annotated[StreamId, Given("this commitment")]
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmReport:
    """Confirm another party's report from your own knowledge."""

    report: ReportNumber
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestReport:
    """Contest another party's report with the figure as your unit sees it."""

    report: ReportNumber
    percent: Annotated[Percent, Says("How far it is, as your unit sees it.")]
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteMilestone:
    """Say that your unit has taken the step it answers for."""

    milestone: MilestoneNumber
    acting: Acting
    effective_on: CountsOn
    today: Now


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmMilestone:
    """Confirm from your own knowledge that another party's milestone was completed."""

    milestone: MilestoneNumber
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverReport:
    """Hand in the plan, a monitoring report or an inventory."""

    kind: Annotated[Delivery, Says("What is handed in.")]
    document: Annotated[Document, Says("The document.")]
    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: InForce
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachEvidence:
    """Attach a document that shows what was done."""

    document: Annotated[Document, Says("The document.")]
    milestone: Annotated[Number | None, Says("The milestone it is about; absent: the whole.")] = None
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestExtension:
    """Ask the other parties for a later day."""

    until: Annotated[date, Says("The day asked for.")]
    deadline: Annotated[Number | None, Says("The deadline to be moved; absent: the end of the whole.")] = None
    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: InForce


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantExtension:
    """Agree, for your unit, to the later day that was asked for."""

    extension: Annotated[Number, Says("The request's number.")]
    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: InForce
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseExtension:
    """Refuse, for your unit, the later day that was asked for."""

    extension: Annotated[Number, Says("The request's number.")]
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeAmendment:
    """Propose other terms; they hold once every party has agreed."""

    changes: Annotated[Changes, Says("What is to change.")]
    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: InForce
    current: Current
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreeAmendment:
    """Agree, for your unit, to the terms proposed."""

    amendment: Annotated[Number, Says("The amendment's number.")]
    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: InForce
    current: Current
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseAmendment:
    """Refuse, for your unit, the terms proposed."""

    amendment: Annotated[Number, Says("The amendment's number.")]
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawFromCommitment:
    """Leave a commitment, for your unit."""

    acting: Acting
    effective_on: CountsOn
    today: Now


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessVerifiability:
    """Judge, from outside, whether anybody could check that the commitment is kept."""

    verifiable: Annotated[bool, Says("Whether it can be checked.")]
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessPotential:
    """Judge, from outside, what the commitment can change."""

    potential: Annotated[Potential, Says("Its potential for results.")]
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessCompletion:
    """Judge, from outside, how far the commitment or one of its milestones is done."""

    completion: Annotated[Completion, Says("How far it is done.")]
    milestone: Annotated[Number | None, Says("The milestone judged; absent: the whole.")] = None
    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: InForce


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessEarlyResults:
    """Judge, from outside, what the commitment has already changed."""

    scale: Annotated[EarlyResultsScale, Says("Which codelist the result is of.")]
    result: Annotated[EarlyResult, Says("The result.")]
    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: InForce


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestAssessment:
    """Contest an assessment; both accounts are shown from then on."""

    assessment: AssessmentNumber
    completion: Annotated[Completion | None, Says("What your unit says instead, of completion.")] = None
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCommitment:
    """Close the commitment with its outcome, on evidence, or on a level of assertion that it has reached."""

    outcome: Annotated[Outcome, Says("With what result.")]
    evidence: Annotated[tuple[Number, ...], Many(0, 100), Says("Numbers of the evidence it rests on.", [1])] = ()
    level: Annotated[Level | None, Says("Without evidence: how far the outcome is to be believed.")] = None
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class MissDeadline:
    """Record that a deadline has passed, and what follows from it."""

    deadline: Annotated[Number, Says("The deadline's number.")]
    today: Now
    policy: InForce
    current: Current
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseMandate:
    """Record that a mandate on which the commitment rests has ended."""

    mandate: Annotated[StreamId, Says("The mandate.")]
    mandate_facts: Annotated[MandateFacts, Given("the mandate", of="mandate")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SucceedParty:
    """A party was abolished: whoever took over from it stands in its place; until somebody does, it is orphaned."""

    former: Annotated[UnitId, Says("The unit that is no more.")]
    line: Annotated[tuple[UnitFacts, ...], Given("the unit, and who took over from it in turn", of="former>")]
    effective_on: CountsOn
    today: Now


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
