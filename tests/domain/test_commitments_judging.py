"""What independent assessors find, what parties say against it, and with what result a commitment is closed."""

from dataclasses import replace
from datetime import date

import pytest

from domain.calendars import Calendar
from domain.commitments import COMMITMENTS
from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.commitments.judging import earned_level
from domain.commitments.words import (
    SCALES,
    VERIFIES,
    Completion,
    EarlyResult,
    EarlyResultsScale,
    Instrument,
    Outcome,
    Part,
    Potential,
    Stage,
)
from domain.kernel import Level, PartialDate, Role
from tests.domain.commitment_stories import (
    CITY,
    INSTITUTE,
    PLAN,
    REGION,
    STATE,
    VILLAGE,
    add_milestone,
    adopt,
    adopted,
    adopted_alone,
    agreed,
    agreed_alone,
    amend,
    ask,
    commitment,
    from_source,
    miss,
    pledge,
    policy,
    propose_alone,
    propose_shared,
    report,
    story,
)

OPENS = date(2031, 4, 30)
"""Four months after the end, 2030."""
assess_verifiability = ask(asked.AssessVerifiability, INSTITUTE, verifiable=True)
assess_potential = ask(asked.AssessPotential, INSTITUTE, potential=Potential.SUBSTANTIAL)
assess_completion = ask(asked.AssessCompletion, INSTITUTE, OPENS, completion=Completion.COMPLETE)
early = {"scale": EarlyResultsScale.EARLY_RESULTS, "result": EarlyResult.SIGNIFICANT}
assess_early = ask(asked.AssessEarlyResults, INSTITUTE, OPENS, **early)
contest = ask(asked.ContestAssessment, assessment=1)
attach = ask(asked.AttachEvidence, document=PLAN)
withdraw = ask(asked.WithdrawFromCommitment)
close = ask(asked.CloseCommitment, outcome=Outcome.COMPLETED, level=Level.SELF_REPORTED)
not_verifiable = (propose_alone, add_milestone, pledge, adopt)


# --- assessing ---


def test_an_assessor_says_whether_it_can_be_verified() -> None:
    told = story(*not_verifiable)
    told.when(assess_verifiability).then(happened.VerifiabilityAssessed(1, INSTITUTE, True))
    assert not commitment(told).verifiable
    assert commitment(told.after(assess_verifiability)).verifiable


def test_an_assessor_says_what_it_can_change() -> None:
    story(*adopted).when(assess_potential).then(happened.PotentialAssessed(1, INSTITUTE, Potential.SUBSTANTIAL))


def test_results_are_assessed_four_months_after_the_end() -> None:
    too_early = ask(asked.AssessCompletion, INSTITUTE, date(2031, 4, 29), completion=Completion.COMPLETE)
    refused = story(*adopted).when(too_early).then_refused("too-early")
    assert refused.facts == {"opens_on": OPENS}
    assert refused.policy is not None
    assert refused.policy.parameter == "results_review_after_months"
    story(*adopted).when(assess_completion).then(happened.CompletionAssessed(1, INSTITUTE, Completion.COMPLETE))
    early_results = ask(asked.AssessEarlyResults, INSTITUTE, date(2031, 4, 29), **early)
    story(*adopted).when(early_results).then_refused("too-early")


def test_a_milestone_is_assessed_at_any_time() -> None:
    step = ask(asked.AssessCompletion, INSTITUTE, completion=Completion.LIMITED, milestone=1)
    story(*adopted).when(step).then(happened.CompletionAssessed(1, INSTITUTE, Completion.LIMITED, 1))
    story(*adopted).when(replace(step, milestone=2)).then_refused("no-such-milestone")


def test_what_was_closed_early_is_assessed_without_waiting() -> None:
    at_once = ask(asked.AssessCompletion, INSTITUTE, completion=Completion.COMPLETE)
    story(*adopted, close).when(at_once).then(happened.CompletionAssessed(1, INSTITUTE, Completion.COMPLETE))


def test_once_the_clock_has_opened_the_window_it_stays_open() -> None:
    opened = story(*adopted_alone, miss(4, date(2031, 5, 1)))
    assert opened.when(assess_completion).refused is None


def test_a_later_policy_does_not_close_a_window_that_is_open() -> None:
    longer = replace(assess_completion, policy=policy(results_review_after_months="24"))
    assert story(*adopted_alone, miss(4, date(2031, 5, 1))).when(longer).refused is None


def test_the_window_opens_on_the_day_that_was_recorded() -> None:
    holiday = replace(adopt, calendar=Calendar("XX", holidays=frozenset({OPENS})))
    refused = story(*agreed_alone, holiday).when(assess_completion).then_refused("too-early")
    assert refused.facts == {"opens_on": date(2031, 5, 1)}


def test_a_moved_end_moves_the_window() -> None:
    moved = story(*adopted_alone, amend(ends_on=PartialDate("2035")))
    moved.when(assess_completion).then_refused("too-early")


def test_nothing_is_closed_on_a_day_to_come() -> None:
    story(*adopted).when(replace(close, effective_on=PartialDate("2027"))).then_refused("in-the-future")


def test_an_unknown_end_opens_no_window() -> None:
    endless = story(replace(propose_alone, ends_on=PartialDate("unknown")), *agreed_alone[1:], adopt)
    assert endless.when(assess_completion).then_refused("too-early").facts == {"opens_on": None}
    assert endless.after(close).when(assess_completion).refused is None


def test_a_published_pledge_is_assessed_after_its_end_though_nobody_confirmed_it() -> None:
    pledged = story(replace(from_source, ends_on=PartialDate("2030")))
    pledged.when(assess_completion).then(happened.CompletionAssessed(1, INSTITUTE, Completion.COMPLETE))
    story(from_source).when(assess_completion).then_refused("too-early")


def test_what_cannot_be_verified_gets_no_completion_score() -> None:
    story(*not_verifiable).when(assess_completion).then_refused("not-verifiable")
    assert story(*not_verifiable, assess_verifiability).when(assess_completion).refused is None
    doubted = story(*adopted, replace(assess_verifiability, verifiable=False))
    doubted.when(assess_completion).then_refused("not-verifiable")


def test_early_results_are_of_the_codelist_they_name() -> None:
    story(*adopted).when(assess_early).then(
        happened.EarlyResultsAssessed(1, INSTITUTE, EarlyResultsScale.EARLY_RESULTS, EarlyResult.SIGNIFICANT)
    )
    other = replace(assess_early, result=EarlyResult.OUTSTANDING)
    story(*adopted).when(other).then_refused("other-scale")


def test_the_two_codelists_of_early_results_are_those_of_the_partnership() -> None:
    assert {one.value for one in SCALES[EarlyResultsScale.DID_IT_OPEN_GOVERNMENT]} == {
        "worsened", "did_not_change", "marginal", "major", "outstanding",
    }  # fmt: skip
    assert (
        SCALES[EarlyResultsScale.EARLY_RESULTS] == set(EarlyResult) - SCALES[EarlyResultsScale.DID_IT_OPEN_GOVERNMENT]
    )


@pytest.mark.parametrize(
    "command",
    [
        ask(asked.AssessVerifiability, REGION, verifiable=True),
        ask(asked.AssessPotential, REGION, potential=Potential.MODEST),
        ask(asked.AssessCompletion, REGION, OPENS, completion=Completion.COMPLETE),
        ask(asked.AssessEarlyResults, REGION, OPENS, **early),
    ],
)
def test_no_unit_assesses_a_commitment_of_its_own(command: object) -> None:
    story(*adopted).when(command).then_refused("own-assessment")


def test_neither_owner_nor_invited_nor_former_party_is_independent() -> None:
    story(*adopted).when(replace(assess_potential, acting=adopt.acting)).then_refused("own-assessment")
    invited = story(*adopted, ask(asked.AddParty, unit=VILLAGE, part=Part.FUNDER))
    invited.when(ask(asked.AssessPotential, VILLAGE, potential=Potential.MODEST)).then_refused("own-assessment")
    left = story(*adopted, ask(asked.WithdrawFromCommitment, REGION))
    left.when(ask(asked.AssessPotential, REGION, potential=Potential.MODEST)).then_refused("own-assessment")


def test_a_unit_that_declined_is_independent() -> None:
    declined = story(*adopted, ask(asked.AddParty, unit=VILLAGE, part=Part.FUNDER))
    declined = declined.after(ask(asked.DeclineParticipation, VILLAGE))
    assert declined.when(ask(asked.AssessPotential, VILLAGE, potential=Potential.MODEST)).refused is None


def test_only_what_was_adopted_and_not_withdrawn_is_assessed() -> None:
    for command in (assess_verifiability, assess_potential, assess_completion, assess_early):
        story().when(command).then_refused("no-commitment")
        story(*agreed).when(command).then_refused("not-adopted")
        story(*adopted, withdraw).when(command).then_refused("commitment-ended")


def test_assessors_assess_for_any_unit_but_a_party() -> None:
    for name in ("assess-verifiability", "assess-potential", "assess-completion", "assess-early-results"):
        by = COMMITMENTS.commands[name]
        assert (by.roles, by.acting_for) == ((Role.INDEPENDENT_ASSESSOR,), None)


# --- contesting ---


def test_a_party_contests_an_assessment() -> None:
    told = story(*adopted, assess_potential)
    told.when(contest).then(happened.AssessmentContested(1, CITY))
    told.after(contest).when(replace(contest, acting=ask(asked.AdoptCommitment, REGION).acting)).then(
        happened.AssessmentContested(1, REGION)
    )


def test_a_party_says_what_it_finds_instead() -> None:
    limited = replace(assess_completion, completion=Completion.LIMITED)
    instead = replace(contest, completion=Completion.COMPLETE)
    told = story(*adopted, limited)
    told.when(instead).then(happened.AssessmentContested(1, CITY, Completion.COMPLETE))
    told.when(replace(instead, completion=Completion.LIMITED)).then_refused("same-figure")


def test_only_of_completion_another_completion_is_said() -> None:
    instead = replace(contest, completion=Completion.COMPLETE)
    story(*adopted, assess_potential).when(instead).then_refused("other-scale")


def test_a_unit_contests_an_assessment_once() -> None:
    story(*adopted, assess_potential, contest).when(contest).then_refused("answered-already")


def test_an_assessment_that_is_not_there_is_not_contested() -> None:
    story(*adopted).when(contest).then_refused("no-such-assessment")


def test_only_parties_contest() -> None:
    told = story(*adopted, assess_potential)
    told.when(ask(asked.ContestAssessment, VILLAGE, assessment=1)).then_refused("not-a-party")


def test_a_contested_assessment_stands_beside_the_partys_account() -> None:
    told = story(*adopted, report(100), assess_completion, contest)
    assert earned_level(commitment(told), Outcome.COMPLETED) is Level.VERIFIED
    assert commitment(told).assessments[0].contested_by == (CITY,)


# --- closing ---


def test_the_owner_closes_on_evidence_and_all_clocks_stop() -> None:
    told = story(*adopted_alone, attach)
    on_evidence = ask(asked.CloseCommitment, outcome=Outcome.COMPLETED, evidence=(1,))
    told.when(on_evidence).then(
        happened.CommitmentClosed(Outcome.COMPLETED, Level.SELF_REPORTED, (1,)),
        *(happened.DeadlineVoided(number) for number in (1, 2, 3, 4)),
    )


def test_closing_needs_evidence_or_a_level() -> None:
    bare = ask(asked.CloseCommitment, outcome=Outcome.COMPLETED)
    story(*adopted).when(bare).then_refused("evidence-or-level")


def test_only_evidence_that_is_there_counts() -> None:
    on_evidence = ask(asked.CloseCommitment, outcome=Outcome.COMPLETED, evidence=(1, 2))
    story(*adopted, attach).when(on_evidence).then_refused("no-such-evidence")


@pytest.mark.parametrize("outcome", list(Outcome))
def test_it_ends_with_its_outcome(outcome: Outcome) -> None:
    told = story(*adopted, replace(close, outcome=outcome))
    assert commitment(told).stage is Stage(outcome.value)
    told.when(close).then_refused("commitment-ended")


def test_evidence_of_its_own_does_not_make_a_word_verified() -> None:
    verified = replace(close, level=Level.VERIFIED, evidence=(1,))
    refused = story(*adopted, report(100), attach).when(verified).then_refused("level-not-earned")
    assert refused.facts == {"earned": Level.SELF_REPORTED}


def test_another_partys_confirmation_makes_it_confirmed() -> None:
    confirmed = story(*adopted, report(100), ask(asked.ConfirmReport, REGION, report=1))
    as_confirmed = replace(close, level=Level.CONFIRMED)
    assert confirmed.when(as_confirmed).events[0] == happened.CommitmentClosed(Outcome.COMPLETED, Level.CONFIRMED, ())
    story(*adopted, report(100)).when(as_confirmed).then_refused("level-not-earned")


def test_a_contested_figure_is_not_confirmed() -> None:
    told = story(*adopted, report(100), ask(asked.ConfirmReport, REGION, report=1))
    assert earned_level(commitment(told), Outcome.COMPLETED) is Level.CONFIRMED
    doubted = told.after(ask(asked.ContestReport, STATE, report=1, percent=60))
    assert earned_level(commitment(doubted), Outcome.COMPLETED) is Level.SELF_REPORTED


@pytest.mark.parametrize(
    ("percent", "outcome", "earned"),
    [
        (100, Outcome.COMPLETED, Level.CONFIRMED),
        (99, Outcome.COMPLETED, Level.SELF_REPORTED),
        (99, Outcome.PARTIALLY_COMPLETED, Level.CONFIRMED),
        (1, Outcome.PARTIALLY_COMPLETED, Level.CONFIRMED),
        (100, Outcome.PARTIALLY_COMPLETED, Level.SELF_REPORTED),
        (0, Outcome.PARTIALLY_COMPLETED, Level.SELF_REPORTED),
        (99, Outcome.NOT_MET, Level.CONFIRMED),
        (100, Outcome.NOT_MET, Level.SELF_REPORTED),
    ],
)
def test_a_confirmed_figure_counts_if_it_bears_the_outcome_out(percent: int, outcome: Outcome, earned: Level) -> None:
    told = story(*adopted, report(percent), ask(asked.ConfirmReport, REGION, report=1))
    assert earned_level(commitment(told), outcome) is earned


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("completion", list(Completion))
def test_an_assessment_verifies_the_outcome_it_bears_out(outcome: Outcome, completion: Completion) -> None:
    told = story(*adopted, replace(assess_completion, completion=completion))
    verified = replace(close, outcome=outcome, level=Level.VERIFIED)
    if completion in VERIFIES[outcome]:
        assert told.when(verified).refused is None
    else:
        told.when(verified).then_refused("level-not-earned")


def test_only_the_last_assessment_of_the_whole_counts() -> None:
    step = ask(asked.AssessCompletion, INSTITUTE, completion=Completion.COMPLETE, milestone=1)
    assert earned_level(commitment(story(*adopted, step)), Outcome.COMPLETED) is Level.SELF_REPORTED
    doubted = replace(assess_completion, completion=Completion.LIMITED)
    told = story(*adopted, assess_completion, doubted)
    assert earned_level(commitment(told), Outcome.COMPLETED) is Level.SELF_REPORTED


def test_a_lower_level_than_earned_may_be_stated() -> None:
    told = story(*adopted, assess_completion)
    assert told.when(close).events[0] == happened.CommitmentClosed(Outcome.COMPLETED, Level.SELF_REPORTED, ())


def test_what_nobody_confirmed_is_only_recorded_from_a_source() -> None:
    assert earned_level(commitment(story(from_source)), Outcome.COMPLETED) is Level.RECORDED_FROM_SOURCE
    confirmed = story(from_source, ask(asked.ConfirmSource))
    assert earned_level(commitment(confirmed), Outcome.COMPLETED) is Level.SELF_REPORTED


def test_only_what_was_adopted_is_closed() -> None:
    story(propose_shared).when(close).then_refused("not-adopted")
    story(from_source).when(close).then_refused("confirm-source-first")
    proposed = story(replace(from_source, instrument=Instrument.PROPOSED), ask(asked.ConfirmSource))
    proposed.when(close).then_refused("not-adopted")


def test_only_the_owner_closes() -> None:
    acting_for = COMMITMENTS.commands["close"].acting_for
    assert callable(acting_for)
    assert acting_for(close, story(*adopted).state) == {CITY}
