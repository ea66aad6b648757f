"""What is done, and who says how far it is."""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from domain.commitments.commands.given import Acting, CountsOn, InForce, MilestoneNumber, Now, ReportNumber, WorkingDays
from domain.commitments.words import Delivery, Document, Number, Percent, Prose
from domain.kernel import EventName, Given, Says, StreamId


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

    corrects: Annotated[EventName, Says("The record of the report, or of its correction, as <stream>/<version>.")]
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


Doing: TypeAlias = (
    ReportProgress
    | CorrectProgress
    | ConfirmReport
    | ContestReport
    | CompleteMilestone
    | ConfirmMilestone
    | DeliverReport
    | AttachEvidence
)
