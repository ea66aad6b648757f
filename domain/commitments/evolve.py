"""How each event changes what is known of a commitment."""

from typing import assert_never

from domain.commitments import events as happened
from domain.commitments import succession
from domain.commitments.events import Event
from domain.commitments.state import (
    AmendmentState,
    AssessmentState,
    Commitment,
    DeadlineState,
    ExtensionState,
    MilestoneState,
    PartyState,
    ReportState,
    SourceStanding,
    SourceState,
    State,
    settled,
)
from domain.commitments.words import AGREEING, Answer, Changes, Judged, Part, Pause, Stage
from domain.deadlines import Standing
from domain.kernel import Dependency, PartialDate, UnitId
from domain.replacing import replace, replace_nth


def evolve(state: State, event: Event) -> State:
    """The commitment after one more event."""
    if isinstance(event, happened.CommitmentProposed):
        owner = PartyState(event.owner, event.sphere, Part.OWNER, True, Answer.ACCEPTED)
        return Commitment(event.owner, event.title, event.description, event.starts_on, event.ends_on, (owner,))
    assert isinstance(state, Commitment), "a commitment's first event proposes it"
    return replace(_after(state, event), version=state.version + 1)


def _after(state: Commitment, event: happened.Later) -> Commitment:
    if isinstance(event, happened.Timed):
        return _timed(state, event)
    if isinstance(event, happened.Done):
        return _done(state, event)
    if isinstance(event, happened.Peopled):
        return _peopled(state, event)
    if isinstance(event, happened.Changed):
        return _changed(state, event)
    if isinstance(event, happened.Judged):
        return _judged(state, event)
    if isinstance(event, happened.Sourced):
        return _sourced(state, event)
    if isinstance(event, happened.Depended):
        return _depended(state, event)
    return _promised(state, event)


def _promised(state: Commitment, event: happened.Promised) -> Commitment:
    match event:
        case happened.TargetSet():
            return replace(state, targets=(*state.targets, event.target))
        case happened.MilestoneAdded():
            return replace(state, milestones=(*state.milestones, MilestoneState(event.milestone)))
        case happened.ResourcePledged():
            return replace(state, resources=event.number)
        case happened.CommitmentRestedOnMandate():
            return replace(state, rests_on=(*state.rests_on, event.mandate))
        case happened.MandateLost():
            return replace(state, rests_on=tuple(one for one in state.rests_on if one != event.mandate))
        case happened.CommitmentAdopted():
            stage = Stage.ADOPTED if event.verifiable else Stage.ADOPTED_NOT_VERIFIABLE
            return replace(state, stage=stage, verifiable=event.verifiable)
        case _:
            assert_never(event)


def _depended(state: Commitment, event: happened.Depended) -> Commitment:
    match event:
        case happened.DependencyDeclared():
            one = Dependency(event.commitment, event.commitment_milestone, event.milestone)
            return replace(state, dependencies=(*state.dependencies, one))
        case happened.DependencyWithdrawn():
            kept = enumerate(state.dependencies, start=1)
            return replace(state, dependencies=tuple(None if n == event.number else one for n, one in kept))
        case _:
            assert_never(event)


def _deadline(state: Commitment, number: int, **changes: object) -> Commitment:
    return replace(state, deadlines=replace_nth(state.deadlines, number, **changes))


def _timed(state: Commitment, event: happened.Timed) -> Commitment:
    match event:
        case happened.DeadlineSet():
            one = DeadlineState(event.kind, event.unit, event.starts_on, event.due_on, event.about)
            return replace(state, deadlines=(*state.deadlines, one))
        case happened.DeadlineMet():
            return _deadline(state, event.number, standing=Standing.MET)
        case happened.DeadlineMissed():
            return _deadline(state, event.number, standing=Standing.MISSED)
        case happened.DeadlineVoided():
            return _deadline(state, event.number, standing=Standing.VOID)
        case happened.DeadlineMoved():
            return _deadline(state, event.number, due_on=event.due_on)
        case happened.HoldNoticeGiven():
            return state
        case happened.CommitmentPutOnHold():
            return replace(state, on_hold=(*state.on_hold, event.deadline))
        case happened.CommitmentResumed():
            return replace(state, on_hold=()) if event.after is Pause.HOLD else replace(state, inactive=False)
        case happened.CommitmentMarkedInactive():
            return replace(state, inactive=True)
        case happened.AssessmentWindowOpened():
            return replace(state, window_open=True)
        case _:
            assert_never(event)


def _report(state: Commitment, number: int, **changes: object) -> Commitment:
    return replace(state, reports=replace_nth(state.reports, number, **changes))


def _milestone(state: Commitment, number: int, **changes: object) -> Commitment:
    return replace(state, milestones=replace_nth(state.milestones, number, **changes))


def _done(state: Commitment, event: happened.Done) -> Commitment:
    match event:
        case happened.ProgressReported():
            one = ReportState(state.version + 1, event.unit, event.milestone, event.percent)
            return replace(state, reports=(*state.reports, one), stage=Stage.IN_PROGRESS)
        case happened.ProgressCorrected():
            known = (*state.reports[event.number - 1].corrections, state.version + 1)
            return _report(
                state, event.number, percent=event.percent, confirmed_by=(), contested_by=(), corrections=known
            )
        case happened.ReportConfirmed():
            by = state.reports[event.number - 1].confirmed_by
            return _report(state, event.number, confirmed_by=(*by, event.unit))
        case happened.ReportContested():
            by = state.reports[event.number - 1].contested_by
            return _report(state, event.number, contested_by=(*by, event.unit))
        case happened.MilestoneCompleted():
            return _milestone(state, event.number, standing=Standing.MET)
        case happened.MilestoneConfirmed():
            return _milestone(state, event.number, confirmed=True)
        case happened.MilestoneMissed():
            return _milestone(state, event.number, standing=Standing.MISSED)
        case happened.ReportDelivered():
            holds = tuple(n for n in state.on_hold if state.deadlines[n - 1].kind.value != event.kind.value)
            return replace(state, on_hold=holds)
        case happened.EvidenceAttached():
            return replace(state, evidence=event.number)
        case _:
            assert_never(event)


def _peopled(state: Commitment, event: happened.Peopled) -> Commitment:
    match event:
        case happened.PartyInvited():
            others = tuple(party for party in state.parties if party.unit != event.unit)
            invited = PartyState(event.unit, event.sphere, event.part, event.required, Answer.INVITED)
            return _settled(replace(state, parties=(*others, invited)))
        case happened.ParticipationAccepted():
            return _answered(state, event.unit, Answer.ACCEPTED)
        case happened.ParticipationDeclined():
            return _answered(state, event.unit, Answer.DECLINED)
        case happened.PartyWithdrew():
            left = _answered(state, event.unit, Answer.WITHDRAWN)
            return replace(left, stage=Stage.WITHDRAWN, on_hold=(), inactive=False) if event.ends else left
        case happened.PartySucceeded():
            return _settled(succession.in_its_place(state, event.former, event.successor, event.sphere))
        case happened.PartyOrphaned() | happened.PartyRestored():
            return _orphaned(state, event.unit, isinstance(event, happened.PartyOrphaned))
        case _:
            assert_never(event)


def _answered(state: Commitment, unit: UnitId, answer: Answer) -> Commitment:
    parties = tuple(replace(party, answer=answer) if party.unit == unit else party for party in state.parties)
    return _settled(replace(state, parties=parties))


def _orphaned(state: Commitment, unit: UnitId, orphaned: bool) -> Commitment:
    parties = tuple(replace(one, orphaned=orphaned) if one.unit == unit else one for one in state.parties)
    return replace(state, parties=parties)


def _settled(state: Commitment) -> Commitment:
    if state.stage not in AGREEING:
        return state
    done = settled(tuple((party.required, party.answer) for party in state.parties))
    return replace(state, stage=Stage.NEGOTIATED if done else Stage.PROPOSED)


def _changed(state: Commitment, event: happened.Changed) -> Commitment:
    match event:
        case happened.ExtensionRequested():
            wish = ExtensionState(event.unit, event.until, event.deadline, event.asked)
            return replace(state, extensions=(*state.extensions, wish))
        case happened.ExtensionAgreed():
            asked = tuple(unit for unit in state.extensions[event.number - 1].asked if unit != event.unit)
            return _extension(state, event.number, asked=asked)
        case happened.ExtensionRefused():
            return _extension(state, event.number, open=False)
        case happened.ExtensionGranted():
            return _extended(_extension(state, event.number, open=False, granted=True), event)
        case happened.AmendmentProposed():
            terms = AmendmentState(event.unit, event.changes, event.asked)
            return replace(state, amendments=(*state.amendments, terms))
        case happened.AmendmentAgreed():
            asked = tuple(unit for unit in state.amendments[event.number - 1].asked if unit != event.unit)
            return _amendment(state, event.number, asked=asked)
        case happened.AmendmentRefused():
            return _amendment(state, event.number, open=False)
        case happened.CommitmentAmended():
            left = state if event.number is None else _amendment(state, event.number, open=False)
            return _amended(left, event.changes)
        case _:
            assert_never(event)


def _extension(state: Commitment, number: int, **changes: object) -> Commitment:
    return replace(state, extensions=replace_nth(state.extensions, number, **changes))


def _amendment(state: Commitment, number: int, **changes: object) -> Commitment:
    return replace(state, amendments=replace_nth(state.amendments, number, **changes))


def _extended(state: Commitment, event: happened.ExtensionGranted) -> Commitment:
    if event.deadline is None:
        return replace(state, ends_on=PartialDate(event.until), window_open=False)
    before = state.deadlines[event.deadline - 1]
    granted = _deadline(state, event.deadline, extensions=before.extensions + 1)
    if event.milestone is None:
        return granted
    terms = replace(granted.milestones[event.milestone - 1].terms, due_on=event.until)
    return _milestone(granted, event.milestone, terms=terms)


def _amended(state: Commitment, changes: Changes) -> Commitment:
    targets, milestones = list(state.targets), list(state.milestones)
    for target in changes.targets:
        targets[target.number - 1] = target.terms
    for step in changes.milestones:
        milestones[step.number - 1] = MilestoneState(step.terms)
    return replace(
        state,
        title=changes.title or state.title,
        description=changes.description or state.description,
        ends_on=changes.ends_on or state.ends_on,
        targets=tuple(targets),
        milestones=tuple(milestones),
        window_open=state.window_open and changes.ends_on is None,
    )


def _judged(state: Commitment, event: happened.Judged) -> Commitment:
    match event:
        case happened.VerifiabilityAssessed():
            one = AssessmentState(Judged.VERIFIABILITY, event.assessor)
            state = replace(state, verifiable=event.verifiable)
        case happened.PotentialAssessed():
            one = AssessmentState(Judged.POTENTIAL, event.assessor)
        case happened.CompletionAssessed():
            one = AssessmentState(Judged.COMPLETION, event.assessor, event.completion, event.milestone)
        case happened.EarlyResultsAssessed():
            one = AssessmentState(Judged.EARLY_RESULTS, event.assessor)
        case happened.AssessmentContested():
            before = state.assessments[event.number - 1]
            contested = (*before.contested_by, event.unit)
            return replace(state, assessments=replace_nth(state.assessments, event.number, contested_by=contested))
        case happened.CommitmentClosed():
            return replace(state, stage=Stage(event.outcome.value), outcome=event.outcome, on_hold=(), inactive=False)
        case _:
            assert_never(event)
    return replace(state, assessments=(*state.assessments, one))


def _sourced(state: Commitment, event: happened.Sourced) -> Commitment:
    match event:
        case happened.CommitmentRecordedFromSource():
            return replace(state, source=SourceState(event.source.name, event.source.row_key, event.updated))
        case happened.SourceUpdated():
            assert state.source is not None
            after = replace(state, source=replace(state.source, updated=event.updated))
            if state.stage in AGREEING:
                return after
            stage = Stage.ADOPTED if event.verifiable else Stage.ADOPTED_NOT_VERIFIABLE
            return replace(after, verifiable=event.verifiable, stage=stage)
        case happened.SourceConfirmed():
            assert state.source is not None
            return replace(state, source=replace(state.source, standing=SourceStanding.CONFIRMED))
        case happened.SourceContested():
            assert state.source is not None
            return replace(state, source=replace(state.source, standing=SourceStanding.CONTESTED))
        case _:
            assert_never(event)
