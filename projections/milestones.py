"""Milestones: each step, who takes it, whether it was taken, and who says so."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from domain.commitments import events as happened
from domain.commitments.words import ENDED, Completion, Judged
from domain.kernel import Indexed, Level, PartialDate, Recorded, Says, Searched, Words
from domain.replacing import quick, replace
from projections.commitment_row import CommitmentRow, ReportRow
from projections.kernel import Computed, Look, Subject, View, day_of, ended_by
from projections.units import unit_name


class Step(StrEnum):
    """Where a milestone stands; one that was missed can still be completed, late."""

    OPEN = "open"
    MISSED = "missed"
    COMPLETED = "completed"


@quick
@dataclass(frozen=True, slots=True)
class MilestoneRow:
    """One step of a commitment."""

    commitment: Annotated[UUID, Indexed(), Says("The commitment.")]
    commitment_name: Annotated[str, Searched(), Says("Its title.")]
    number: Annotated[int, Says("The milestone's number in it.")]
    title: Annotated[Words, Searched(), Says("What is done when the step is taken.")]
    name: Annotated[str, Searched(), Says("The title, in English if there is an English one.")]
    responsible: Annotated[UUID, Indexed(), Says("The unit that takes the step.")]
    responsible_name: Annotated[str, Searched(), Says("Its name.")]
    due_on: Annotated[date, Indexed(), Says("By when.")]
    first_due_on: Annotated[date, Says("By when it was first to be done.")]
    open_from: Annotated[date, Says("From which day on it is a step of the commitment.")]
    open_until: Annotated[date | None, Says("Up to which day it was to be taken: taken then, or the whole ended.")] = (
        None
    )
    state: Annotated[Step, Indexed(), Says("Where it stands.")] = Step.OPEN
    was_missed: Annotated[bool, Indexed(), Says("Whether its day passed before it was done.")] = False
    completed_on: Annotated[PartialDate | None, Says("When it was completed.")] = None
    progress: Annotated[int | None, Says("How far it is, in percent, as last reported.")] = None
    completion: Annotated[Completion | None, Says("How far it is done, as last assessed.")] = None
    level: Annotated[Level, Indexed(), Says("How far what is shown is to be believed.")] = Level.SELF_REPORTED
    contested: Annotated[bool, Indexed(), Says("Whether a party contests the figure or the assessment.")] = False
    confirmed: Annotated[bool, Says("Whether another party confirmed that it was completed.")] = False
    evidence: Annotated[int, Says("How many pieces of evidence were attached to it.")] = 0


def keys(record: Recorded, look: Look) -> Iterable[str]:
    """The milestones a record speaks of: named by number, through a report or assessment, or all of them."""
    event = record.event
    whole: CommitmentRow = look.row("commitments", record.key)
    match event:
        case happened.CommitmentAmended():
            numbers: Iterable[int | None] = (
                range(1, whole.milestones + 1)
                if event.changes.title
                else [step.number for step in event.changes.milestones]
            )
        case happened.PartySucceeded() | happened.CommitmentClosed() | happened.PartyWithdrew():
            numbers = range(1, whole.milestones + 1)
        case happened.ProgressCorrected() | happened.ReportConfirmed() | happened.ReportContested():
            numbers = [one.milestone for one in whole.reports if one.number == event.number]
        case happened.AssessmentContested():
            numbers = [one.milestone for one in whole.assessments if one.number == event.number]
        case (
            happened.MilestoneAdded()
            | happened.MilestoneCompleted()
            | happened.MilestoneConfirmed()
            | happened.MilestoneMissed()
        ):
            numbers = [event.number]
        case _:
            numbers = [event.milestone]
    return [f"{record.key}/{number}" for number in numbers if number is not None]


def fold(key: str, before: MilestoneRow | None, record: Recorded, look: Look) -> MilestoneRow | None:
    event = record.event
    whole: CommitmentRow = look.row("commitments", record.key)
    if isinstance(event, happened.MilestoneAdded):
        terms = event.milestone
        return MilestoneRow(
            commitment=record.stream,
            commitment_name=whole.name,
            number=event.number,
            title=terms.title,
            name=terms.title.best(),
            responsible=terms.responsible,
            responsible_name=unit_name(look, terms.responsible),
            due_on=terms.due_on,
            first_due_on=terms.due_on,
            open_from=day_of(record),
        )
    assert before is not None, "a milestone is added before anything befalls it"
    return _judged(_after(before, record, whole, look), whole)


def _after(row: MilestoneRow, record: Recorded, whole: CommitmentRow, look: Look) -> MilestoneRow:
    event = record.event
    match event:
        case happened.MilestoneCompleted():
            taken = replace(row, state=Step.COMPLETED, completed_on=record.effective_on)
            return replace(taken, open_until=ended_by(record))
        case happened.CommitmentClosed() | happened.PartyWithdrew() if whole.state in ENDED and row.open_until is None:
            return replace(row, open_until=ended_by(record))
        case happened.MilestoneConfirmed():
            return replace(row, confirmed=True)
        case happened.MilestoneMissed():
            return replace(row, state=Step.MISSED, was_missed=True)
        case happened.EvidenceAttached():
            return replace(row, evidence=row.evidence + 1)
        case happened.ExtensionGranted():
            return replace(row, due_on=event.until)
        case happened.PartySucceeded() if row.responsible == event.former and row.state is not Step.COMPLETED:
            return replace(row, responsible=event.successor, responsible_name=unit_name(look, event.successor))
        case happened.CommitmentAmended():
            return _amended(replace(row, commitment_name=whole.name), event, look)
        case _:
            return row


def _amended(row: MilestoneRow, event: happened.CommitmentAmended, look: Look) -> MilestoneRow:
    terms = next((step.terms for step in event.changes.milestones if step.number == row.number), None)
    if terms is None:
        return row
    return replace(
        row,
        title=terms.title,
        name=terms.title.best(),
        responsible=terms.responsible,
        responsible_name=unit_name(look, terms.responsible),
        due_on=terms.due_on,
        state=Step.OPEN,
    )


def _judged(row: MilestoneRow, whole: CommitmentRow) -> MilestoneRow:
    """What reports and assessments of the step come to."""
    said = whole.report(row.number)
    assessed = whole.assessment(Judged.COMPLETION, row.number)
    return replace(
        row,
        progress=said.percent if said else None,
        completion=Completion(assessed.found) if assessed else None,
        contested=bool((said and said.contested) or (assessed and assessed.contested)),
        level=Level.VERIFIED if assessed else _believed(row, said),
    )


def _believed(row: MilestoneRow, said: ReportRow | None) -> Level:
    if row.state is Step.COMPLETED:
        return Level.CONFIRMED if row.confirmed else Level.SELF_REPORTED
    return Level.CONFIRMED if said and said.confirmed_by and not said.contested else Level.SELF_REPORTED


def days_left(row: MilestoneRow, day: date) -> int | None:
    """Days until its day, negative after it; None once it is completed."""
    return None if row.state is Step.COMPLETED else (row.due_on - day).days


MILESTONES = View(
    name="milestones",
    version=3,
    says="Milestones of commitments: who takes which step by when, and whether it was taken.",
    subject=Subject.PROMISES,
    shows=(
        "state",
        "commitment_name",
        "responsible_name",
        "due_on",
        "days_left",
        "progress",
        "completed_on",
        "level",
        "contested",
        "was_missed",
    ),
    row=MilestoneRow,
    key_says="The commitment's id and the milestone's number: <commitment>/<number>.",
    touched_by=(
        happened.MilestoneAdded,
        happened.MilestoneCompleted,
        happened.MilestoneConfirmed,
        happened.MilestoneMissed,
        happened.ProgressReported,
        happened.ProgressCorrected,
        happened.ReportConfirmed,
        happened.ReportContested,
        happened.EvidenceAttached,
        happened.CompletionAssessed,
        happened.AssessmentContested,
        happened.ExtensionGranted,
        happened.CommitmentAmended,
        happened.PartySucceeded,
        happened.PartyWithdrew,
        happened.CommitmentClosed,
    ),
    keys=keys,
    fold=fold,
    reads=("units", "commitments"),
    sort="due_on",
    span=("open_from", "open_until"),
    computed=(
        Computed(
            name="days_left",
            type=int,
            says="Days until its day, negative after it; empty once it is completed.",
            of=days_left,
            sql="(case when state = 'completed' then null else due_on - {day} end)",
        ),
    ),
)
