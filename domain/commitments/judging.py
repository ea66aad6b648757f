"""What independent assessors find, what parties say against it, and with what result a commitment is closed."""

from collections.abc import Sequence
from datetime import date

from domain.calendars import add_months
from domain.commitments import checks, clocks
from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.commitments.events import Event
from domain.commitments.state import Commitment, SourceStanding, State
from domain.commitments.words import CONFIRMS, ENDED, SCALES, VERIFIES, Answer, Due, Judged, Outcome
from domain.deadlines import numbers
from domain.guards import counted
from domain.kernel import Level, Policy, Refused, UnitId


def assess_verifiability(command: asked.AssessVerifiability, state: State) -> Sequence[Event]:
    found = _judged_by(state, command.acting.id)
    return [happened.VerifiabilityAssessed(_next(found), command.acting.id, command.verifiable)]


def assess_potential(command: asked.AssessPotential, state: State) -> Sequence[Event]:
    found = _judged_by(state, command.acting.id)
    return [happened.PotentialAssessed(_next(found), command.acting.id, command.potential)]


def assess_completion(command: asked.AssessCompletion, state: State) -> Sequence[Event]:
    """OGP: what cannot be verified is not reviewable, and gets no score."""
    found = _judged_by(state, command.acting.id)
    if not found.verifiable:
        raise Refused(
            "not-verifiable", "What nobody can check gets no score of completion; judge first whether it can be."
        )
    if command.milestone is None:
        _window(found, command.today, command.policy)
    else:
        checks.milestone(found, command.milestone, "milestone")
    return [happened.CompletionAssessed(_next(found), command.acting.id, command.completion, command.milestone)]


def assess_early_results(command: asked.AssessEarlyResults, state: State) -> Sequence[Event]:
    found = _judged_by(state, command.acting.id)
    if command.result not in SCALES[command.scale]:
        raise Refused(
            "other-scale", "The result is of another codelist than the one named.", fields=("scale", "result")
        )
    _window(found, command.today, command.policy)
    return [happened.EarlyResultsAssessed(_next(found), command.acting.id, command.scale, command.result)]


def _next(state: Commitment) -> int:
    return len(state.assessments) + 1


def _judged_by(state: State, assessor: UnitId) -> Commitment:
    """Nobody assesses a commitment of their own unit."""
    found = checks.past_agreeing(state)
    party = found.party(assessor)
    if party is not None and party.answer is not Answer.DECLINED:
        raise Refused("own-assessment", "A party of the commitment does not assess it.")
    return found


def _window(state: Commitment, today: date, policy: Policy) -> None:
    """Results are assessed once it is closed, or some months after its end."""
    if state.stage in ENDED or state.window_open:
        return
    opens_on = _opens_on(state, policy)
    if opens_on is not None and opens_on <= today:
        return
    grounds = policy.grounds("results_review_after_months")
    raise Refused("too-early", "Results are assessed when the commitment has ended.", policy=grounds, opens_on=opens_on)


def _opens_on(state: Commitment, policy: Policy) -> date | None:
    """The day its clock was set for; without a clock, as before a unit confirms a published pledge, by its end."""
    reviews = numbers(state, (Due.RESULTS_REVIEW,), clocks.OPEN)
    if reviews:
        return reviews[-1][1].due_on
    last = state.ends_on.latest()
    return None if last is None else add_months(last, policy.whole("results_review_after_months"))


def contest_assessment(command: asked.ContestAssessment, state: State) -> Sequence[Event]:
    found, unit = checks.past_agreeing(state), command.acting.id
    checks.bound(found, unit)
    if command.assessment > len(found.assessments):
        raise Refused("no-such-assessment", f"There is no assessment {command.assessment}.", fields=("assessment",))
    one = found.assessments[command.assessment - 1]
    if command.completion is not None and one.judged is not Judged.COMPLETION:
        raise Refused("other-scale", "That assessment was not of completion.", fields=("completion",))
    if command.completion is not None and command.completion is one.completion:
        raise Refused("same-figure", "To contest an assessment is to say something else.", fields=("completion",))
    if unit in one.contested_by:
        reason = "Your unit has contested this assessment already; its account stands beside it."
        raise Refused("answered-already", reason, fields=("assessment",))
    return [happened.AssessmentContested(command.assessment, unit, command.completion)]


def close(command: asked.CloseCommitment, state: State) -> Sequence[Event]:
    """On evidence, or on a level of assertion that is stated and earned."""
    found = checks.running(state)
    counted(command.effective_on, command.today)
    absent = [number for number in command.evidence if number > found.evidence]
    if absent:
        raise Refused("no-such-evidence", f"There is no evidence {absent[0]}.", fields=("evidence",))
    if not command.evidence and command.level is None:
        reason = "Name the evidence, or say how far the outcome is to be believed."
        raise Refused("evidence-or-level", reason, fields=("evidence", "level"))
    earned = earned_level(found, command.outcome)
    level = command.level or earned
    ranks = list(Level)
    if ranks.index(level) > ranks.index(earned):
        raise Refused(
            "level-not-earned",
            f"So far this outcome is {earned.value.replace('_', ' ')}: close it on that level, or first have a report"
            " of it confirmed by another party, or its completion assessed from outside.",
            earned=earned, fields=("level",),
        )  # fmt: skip
    return [happened.CommitmentClosed(command.outcome, level, command.evidence), *clocks.void(found)]


def earned_level(state: Commitment, outcome: Outcome) -> Level:
    """How far an outcome is to be believed: verified by an independent assessment, confirmed by another party's word.

    Either counts only if it bears the outcome out. Documents alone do not raise it: whoever attaches them is a party.
    """
    if state.source is not None and state.source.standing is not SourceStanding.CONFIRMED:
        return Level.RECORDED_FROM_SOURCE
    assessed = state.last_assessment(Judged.COMPLETION)
    if assessed is not None and assessed.completion in VERIFIES[outcome]:
        return Level.VERIFIED
    said = state.last_report(None)
    if said is not None and said.confirmed_by and not said.contested_by and said.percent in CONFIRMS[outcome]:
        return Level.CONFIRMED
    return Level.SELF_REPORTED
