"""What is said of a commitment: reports, assessments, and the columns that follow from the others."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from domain.commitments import events as happened
from domain.commitments.state import SourceStanding, settled
from domain.commitments.words import AGREEING, RUNNING, VERIFIES, Answer, Breadth, Due, Judged, Stage
from domain.kernel import Level, Recorded
from domain.replacing import replace
from projections.commitment_row import Account, AssessmentRow, CommitmentRow, ReportRow, Turn
from projections.commitment_turns import settle
from projections.things import Matter


def reported(
    row: CommitmentRow, event: happened.ProgressReported | happened.ProgressCorrected, record: Recorded
) -> CommitmentRow:
    if isinstance(event, happened.ProgressReported):
        said = ReportRow(event.number, event.unit, event.milestone, event.percent, record.effective_on)
        stage = Stage.IN_PROGRESS if row.state in RUNNING else row.state
        return replace(row, reports=(*row.reports, said), state=stage, last_report_on=record.effective_on)
    reports = tuple(
        replace(one, percent=event.percent, corrected=True, confirmed_by=(), contested=())
        if one.number == event.number
        else one
        for one in row.reports
    )
    return replace(row, reports=reports)


def answered_report(row: CommitmentRow, event: happened.ReportConfirmed | happened.ReportContested) -> CommitmentRow:
    def answered(one: ReportRow) -> ReportRow:
        if isinstance(event, happened.ReportConfirmed):
            return replace(one, confirmed_by=(*one.confirmed_by, event.unit))
        return replace(one, contested=(*one.contested, Account(event.unit, event.percent)))

    return replace(row, reports=tuple(answered(one) if one.number == event.number else one for one in row.reports))


def assessed(row: CommitmentRow, event: happened.Assessed, record: Recorded) -> CommitmentRow:
    match event:
        case happened.VerifiabilityAssessed():
            judged, found, milestone = Judged.VERIFIABILITY, "yes" if event.verifiable else "no", None
            row = replace(row, verifiable=event.verifiable)
        case happened.PotentialAssessed():
            judged, found, milestone = Judged.POTENTIAL, event.potential.value, None
            row = replace(row, potential=event.potential)
        case happened.CompletionAssessed():
            judged, found, milestone = Judged.COMPLETION, event.completion.value, event.milestone
            if milestone is None:
                row = settle(replace(row, completion=event.completion), {Turn.ASSESS})
        case _:
            judged, found, milestone = Judged.EARLY_RESULTS, event.result.value, None
            row = replace(row, early_results=event.result, early_results_scale=event.scale)
    kept = tuple(one for one in row.assessments if (one.judged, one.milestone) != (judged, milestone))
    new = AssessmentRow(event.number, judged, milestone, event.assessor, found, record.effective_on)
    return replace(row, assessments=(*kept, new))


def derived(row: CommitmentRow, before: CommitmentRow | None, record: Recorded) -> CommitmentRow:
    """The columns that follow from the others, after every record: of a row after it, and the one before it.

    Most records change little: what rests on columns that are as they were is not worked out again. Who has said
    something is put down with them: nothing follows from that, and a row so wide is copied once less.
    """
    if (
        before is None
        or row.state is not before.state
        or row.matters is not before.matters
        or row.parties is not before.parties
        or row.source_standing is not before.source_standing
    ):
        row = _with_adoption(row, record.at.date())
    new: dict[str, Any] = {}
    if before is None or row.parties is not before.parties or row.state is not before.state:
        new |= _who(row)
    if (
        before is None
        or row.reports is not before.reports
        or row.assessments is not before.assessments
        or row.source_standing is not before.source_standing
        or row.outcome is not before.outcome
        or row.completion is not before.completion
    ):
        new |= _said(row)
    if before is None or row.owed is not before.owed:
        new |= _due(row)
    if before is None or row.matters is not before.matters:
        new |= _waiting(row)
    changed = {name: value for name, value in new.items() if value != getattr(row, name)}
    changed |= _heard(row, record)
    return replace(row, **changed) if changed else row


def _heard(row: CommitmentRow, record: Recorded) -> Mapping[str, Any]:
    """Whoever of the parties gave this record has said something today."""
    unit, day = record.actor.unit, record.at.date()
    for party in row.parties:
        if party.unit is unit or party.unit == unit:
            break
    else:
        return _NOTHING
    if party.last_word_on == day:
        return _NOTHING
    parties = tuple(replace(party, last_word_on=day) if party.unit == unit else party for party in row.parties)
    return {"parties": parties, "last_word_on": day}


_NOTHING: Mapping[str, Any] = {}


def _who(row: CommitmentRow) -> Mapping[str, Any]:
    bound = [party for party in row.parties if party.answer in (Answer.INVITED, Answer.ACCEPTED)]
    spheres = tuple(sorted({party.sphere for party in bound} or {row.owner_sphere}))
    others = tuple(sorted({party.sphere for party in bound if party.unit != row.owner}))
    breadth = _breadth(len(bound), len(spheres)) if row.state in AGREEING else row.breadth
    return {"spheres": spheres, "counterparts": others, "breadth": breadth, "state": _settled_state(row)}


def _said(row: CommitmentRow) -> Mapping[str, Any]:
    said = row.report(None)
    figures = [said.percent, *(other.percent for other in said.contested)] if said else []
    return {
        "level": level_of(row),
        "progress": said.percent if said else None,
        "progress_low": min(figures, default=None),
        "progress_high": max(figures, default=None),
        "contested": _is_contested(row, said),
    }


def _due(row: CommitmentRow) -> Mapping[str, Any]:
    known = [one.due_on for one in row.owed if not one.missed]
    late = [one for one in row.owed if one.missed and one.kind != Due.ANSWER]
    return {"delayed": bool(late), "next_due_on": min(known, default=None)}


def _waiting(row: CommitmentRow) -> Mapping[str, Any]:
    first = min(row.matters, key=lambda one: one.since, default=None)
    return {
        "waits_on": first.unit if first else None,
        "waits_for": Turn(first.turn) if first else None,
        "waits_since": first.since if first else None,
    }


def _breadth(units: int, spheres: int) -> Breadth:
    return Breadth.SHARED if units > 1 and spheres > 1 else Breadth.SINGLE_SPHERE


def _settled_state(row: CommitmentRow) -> Stage:
    if row.state not in AGREEING:
        return row.state
    done = settled(tuple((party.required, party.answer) for party in row.parties))
    return Stage.NEGOTIATED if done else Stage.PROPOSED


def _with_adoption(row: CommitmentRow, day: date) -> CommitmentRow:
    """It is the owner's turn to adopt as soon as everybody whose word is needed has accepted."""
    there = Turn.ADOPT in [one.turn for one in row.matters]
    if row.state not in AGREEING and not there:
        return row
    ready = (
        row.state in AGREEING
        and row.source_standing in (None, SourceStanding.CONFIRMED.value)
        and all(party.answer is Answer.ACCEPTED for party in row.parties if party.required)
    )
    if ready == there:
        return row
    if there:
        return settle(row, {Turn.ADOPT})
    return replace(row, matters=(*row.matters, Matter(Turn.ADOPT, row.owner, 0, day)))


def _is_contested(row: CommitmentRow, said: ReportRow | None) -> bool:
    return (
        row.source_standing == SourceStanding.CONTESTED.value
        or bool(said and said.contested)
        or any(one.contested for one in row.assessments)
    )


def level_of(row: CommitmentRow) -> Level:
    """How far what the row shows is to be believed; verified only by an independent assessment that bears it out."""
    if row.source_standing not in (None, SourceStanding.CONFIRMED.value):
        return Level.RECORDED_FROM_SOURCE
    if row.outcome is not None:
        return Level.VERIFIED if row.completion in VERIFIES[row.outcome] else row.closing_level or row.level
    if row.completion is not None:
        return Level.VERIFIED
    said = row.report(None)
    return Level.CONFIRMED if said and said.confirmed_by and not said.contested else Level.SELF_REPORTED
