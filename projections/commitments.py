"""Commitments as they stand: state, progress, who says so, and whose turn it is."""

from decimal import Decimal
from typing import assert_never
from uuid import UUID

from domain.commitments import COMMITMENTS as CONTEXT
from domain.commitments import events as happened
from domain.commitments.events import Event
from domain.commitments.state import SourceStanding
from domain.commitments.words import (
    AGREEING,
    Answer,
    Breadth,
    Part,
    Pause,
    Stage,
)
from domain.kernel import Level, Money, PartialDate, Recorded
from domain.replacing import replace
from projections.commitment_figures import answered_report, assessed, derived, reported
from projections.commitment_parties import orphaned, restored, succeeded
from projections.commitment_row import (
    CommitmentRow,
    DependencyRow,
    Objection,
    PartyRow,
    ResourceRow,
    TargetRow,
    Turn,
)
from projections.commitment_turns import TURNS, ask, missed, settle, to_assess
from projections.kernel import Look, Subject, View, own_stream
from projections.things import Owed
from projections.units import unit_name


def fold(key: str, before: CommitmentRow | None, record: Recorded, look: Look) -> CommitmentRow | None:
    """The commitment after one of its records.

    Asked for a day in law, records come in the order of that time: what precedes the proposal leaves no row, and
    what speaks of a number not there yet changes nothing.
    """
    event: Event = record.event
    if isinstance(event, happened.CommitmentProposed):
        return derived(_proposed(event, record, look), None, record)
    if before is None:
        return None
    return derived(_after(before, event, record, look), before, record)


def _proposed(event: happened.CommitmentProposed, record: Recorded, look: Look) -> CommitmentRow:
    name = unit_name(look, event.owner)
    owner = PartyRow(event.owner, name, event.sphere, Part.OWNER, True, Answer.ACCEPTED, record.effective_on)
    return CommitmentRow(
        title=event.title,
        name=event.title.best(),
        description=event.description,
        owner=event.owner,
        owner_name=name,
        owner_sphere=event.sphere,
        spheres=(event.sphere,),
        parties=(owner,),
        breadth=Breadth.SINGLE_SPHERE,
        state=Stage.PROPOSED,
        ends_on=event.ends_on,
        first_ends_on=event.ends_on,
        sdg=event.sdg,
        proposed_on=record.effective_on,
        level=Level.SELF_REPORTED,
        starts_on=event.starts_on,
    )


def _after(row: CommitmentRow, event: Event, record: Recorded, look: Look) -> CommitmentRow:
    match event:
        case happened.CommitmentProposed():
            return row
        case happened.DeadlineSet():
            owed = Owed(event.number, event.kind, event.unit, event.starts_on, event.due_on)
            return replace(row, owed=(*row.owed, owed))
        case happened.DeadlineMet() | happened.DeadlineVoided():
            owed_still = tuple(one for one in row.owed if one.number != event.number)
            return settle(replace(row, owed=owed_still), frozenset(TURNS.values()), event.number)
        case happened.DeadlineMissed():
            return missed(row, event)
        case happened.DeadlineMoved():
            moved = (replace(one, due_on=event.due_on) if one.number == event.number else one for one in row.owed)
            return replace(row, owed=tuple(moved))
        case happened.CommitmentPutOnHold():
            return replace(row, on_hold=True)
        case happened.CommitmentResumed():
            return replace(row, on_hold=False) if event.after is Pause.HOLD else replace(row, inactive=False)
        case happened.CommitmentMarkedInactive():
            return replace(row, inactive=True)
        case happened.AssessmentWindowOpened():
            return to_assess(row, record)
        case happened.ProgressReported() | happened.ProgressCorrected():
            return reported(row, event, record)
        case happened.ReportConfirmed() | happened.ReportContested():
            return answered_report(row, event)
        case happened.MilestoneAdded():
            return replace(row, milestones=row.milestones + 1)
        case happened.MilestoneCompleted():
            return replace(row, milestones_completed=row.milestones_completed + 1)
        case (
            happened.HoldNoticeGiven()
            | happened.MilestoneConfirmed()
            | happened.MilestoneMissed()
            | happened.ReportDelivered()
        ):
            return row
        case happened.EvidenceAttached():
            return replace(row, evidence=row.evidence + 1)
        case happened.PartyInvited():
            return _invited(row, event, record, look)
        case happened.ParticipationAccepted():
            return _party(row, event.unit, Answer.ACCEPTED, record)
        case happened.ParticipationDeclined():
            return _party(row, event.unit, Answer.DECLINED, record)
        case happened.PartyWithdrew():
            left = _party(row, event.unit, Answer.WITHDRAWN, record)
            return _ended(left, Stage.WITHDRAWN, record) if event.ends else left
        case happened.PartySucceeded():
            return succeeded(row, event, unit_name(look, event.successor))
        case happened.PartyOrphaned():
            return orphaned(row, event, record)
        case happened.PartyRestored():
            return restored(row, event)
        case happened.TargetSet():
            return replace(row, targets=(*row.targets, TargetRow(event.number, event.target, event.target)))
        case happened.ResourcePledged():
            pledge = ResourceRow(event.number, event.unit, event.kind, event.what, event.money)
            return replace(row, resources=(*row.resources, pledge), pledged=_sum(row.pledged, event.money))
        case happened.CommitmentRestedOnMandate():
            rested = replace(row, rests_on=(*row.rests_on, event.mandate), mandate_lost=False)
            return settle(rested, {Turn.REST_ON_MANDATE})
        case happened.MandateLost():
            others = tuple(one for one in row.rests_on if one != event.mandate)
            return ask(replace(row, rests_on=others, mandate_lost=True), Turn.REST_ON_MANDATE, 0, (row.owner,), record)
        case happened.DependencyDeclared() | happened.DependencyWithdrawn():
            return _depending(row, event, record)
        case happened.CommitmentAdopted():
            return _adopted(row, event, record)
        case happened.ExtensionRequested():
            return ask(row, Turn.GRANT_EXTENSION, event.number, event.asked, record)
        case happened.ExtensionAgreed():
            return settle(row, {Turn.GRANT_EXTENSION}, event.number, event.unit)
        case happened.ExtensionRefused():
            return settle(row, {Turn.GRANT_EXTENSION}, event.number)
        case happened.ExtensionGranted():
            settled = settle(row, {Turn.GRANT_EXTENSION}, event.number)
            return replace(settled, ends_on=PartialDate(event.until)) if event.deadline is None else settled
        case happened.AmendmentProposed():
            return ask(row, Turn.ANSWER_AMENDMENT, event.number, event.asked, record)
        case happened.AmendmentAgreed():
            return settle(row, {Turn.ANSWER_AMENDMENT}, event.number, event.unit)
        case happened.AmendmentRefused():
            return settle(row, {Turn.ANSWER_AMENDMENT}, event.number)
        case happened.CommitmentAmended():
            return _amended(row, event)
        case (
            happened.VerifiabilityAssessed()
            | happened.PotentialAssessed()
            | happened.CompletionAssessed()
            | happened.EarlyResultsAssessed()
        ):
            return assessed(row, event, record)
        case happened.AssessmentContested():
            objection = Objection(event.unit, event.completion)
            kept = tuple(
                replace(one, contested=(*one.contested, objection)) if one.number == event.number else one
                for one in row.assessments
            )
            return replace(row, assessments=kept)
        case happened.CommitmentRecordedFromSource() | happened.SourceUpdated():
            return _sourced(row, event, record)
        case happened.SourceConfirmed():
            return settle(replace(row, source_standing=SourceStanding.CONFIRMED.value), {Turn.CONFIRM_SOURCE})
        case happened.SourceContested():
            return replace(row, source_standing=SourceStanding.CONTESTED.value)
        case happened.CommitmentClosed():
            closed = _ended(
                replace(row, outcome=event.outcome, closing_level=event.level), Stage(event.outcome.value), record
            )
            return to_assess(closed, record)
        case _:
            assert_never(event)


# --- parties ---


def _invited(row: CommitmentRow, event: happened.PartyInvited, record: Recorded, look: Look) -> CommitmentRow:
    others = tuple(party for party in row.parties if party.unit != event.unit)
    name = unit_name(look, event.unit)
    invited = PartyRow(event.unit, name, event.sphere, event.part, event.required, Answer.INVITED, record.effective_on)
    return ask(replace(row, parties=(*others, invited)), Turn.ACCEPT, 0, (event.unit,), record)


def _party(row: CommitmentRow, unit: UUID, answer: Answer, record: Recorded) -> CommitmentRow:
    parties = tuple(
        replace(party, answer=answer, since=record.effective_on) if party.unit == unit else party
        for party in row.parties
    )
    return settle(replace(row, parties=parties), {Turn.ACCEPT}, unit=unit)


# --- terms ---


def _sum(pledged: tuple[Money, ...], money: Money | None) -> tuple[Money, ...]:
    """Sums by currency and price basis; nothing is added across them."""
    if money is None:
        return pledged
    kind = (money.currency, money.price_basis)
    sums = {(one.currency, one.price_basis): one for one in pledged}
    sums[kind] = sums.get(kind, Money(Decimal(0), *kind)) + money
    return tuple(sums[kind] for kind in sorted(sums))


def _depending(
    row: CommitmentRow, event: happened.DependencyDeclared | happened.DependencyWithdrawn, record: Recorded
) -> CommitmentRow:
    others = tuple(one for one in row.depends_on if one.number != event.number)
    if isinstance(event, happened.DependencyWithdrawn):
        return replace(row, depends_on=others)
    declared = DependencyRow(
        event.number, event.milestone, event.commitment, event.commitment_milestone, event.owner, record.effective_on
    )
    return replace(row, depends_on=(*others, declared))


def _adopted(row: CommitmentRow, event: happened.CommitmentAdopted, record: Recorded) -> CommitmentRow:
    stage = Stage.ADOPTED if event.verifiable else Stage.ADOPTED_NOT_VERIFIABLE
    return replace(
        row,
        state=stage,
        breadth=event.breadth,
        verifiable=event.verifiable,
        missing=event.missing,
        adopted_on=row.adopted_on or record.effective_on,
    )


def _amended(row: CommitmentRow, event: happened.CommitmentAmended) -> CommitmentRow:
    changes = event.changes
    new = {target.number: target.terms for target in changes.targets}
    targets = tuple(
        replace(one, current=new[one.number], moves=one.moves + 1) if one.number in new else one for one in row.targets
    )
    title = changes.title or row.title
    amended = replace(
        row,
        title=title,
        name=title.best(),
        description=changes.description or row.description,
        ends_on=changes.ends_on or row.ends_on,
        targets=targets,
    )
    if event.number is None:
        return amended
    # Other terms, agreed by all, say what becomes of it without the mandate that it lost.
    answered = settle(replace(amended, mandate_lost=False), {Turn.REST_ON_MANDATE})
    return settle(answered, {Turn.ANSWER_AMENDMENT}, event.number)


def _sourced(
    row: CommitmentRow, event: happened.CommitmentRecordedFromSource | happened.SourceUpdated, record: Recorded
) -> CommitmentRow:
    updated = replace(
        row,
        instrument=event.instrument,
        source_name=event.source.name,
        source_url=event.source.url,
        source_row=event.source.row_key,
        source_standing=row.source_standing or SourceStanding.RECORDED.value,
    )
    if isinstance(event, happened.SourceUpdated):
        if row.state in AGREEING:
            return updated
        stage = Stage.ADOPTED if event.verifiable else Stage.ADOPTED_NOT_VERIFIABLE
        return replace(updated, state=stage, verifiable=event.verifiable, missing=event.missing)
    # A published pledge dates from its own day, not from the day it was read.
    own = event.status_on if event.status_on.known else None
    dated = replace(updated, adopted_on=own, proposed_on=own or row.proposed_on)
    return ask(dated, Turn.CONFIRM_SOURCE, 0, (row.owner,), record)


def _ended(row: CommitmentRow, stage: Stage, record: Recorded) -> CommitmentRow:
    return replace(
        row, state=stage, closed_on=record.effective_on, on_hold=False, inactive=False, orphaned_since=None, matters=(),
        owed=(),
    )  # fmt: skip


COMMITMENTS = View(
    name="commitments",
    version=5,
    says="Who promised what to whom, how far it is, who says so, and whose turn it is.",
    subject=Subject.PROMISES,
    shows=(
        "state", "owner_name", "ends_on", "progress", "delayed", "contested", "level",
        "waits_on", "waits_for", "waits_since",
    ),
    row=CommitmentRow,
    key_says="The commitment's id.",
    touched_by=CONTEXT.events,
    keys=own_stream,
    fold=fold,
    reads=("units",),
    sort="name",
    valid_time=True,
)  # fmt: skip
