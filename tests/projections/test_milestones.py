"""Milestones: who takes which step by when, whether it was taken, late or moved, and who says so."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.commitments import commands as asked
from domain.commitments.words import Completion, Milestone, NewMilestone, Outcome
from domain.kernel import Level
from projections.milestones import MilestoneRow, Step, days_left
from tests.domain.commitment_stories import (
    CITY,
    DAY,
    INSTITUTE,
    PLAN,
    REGION,
    STATE,
    STEP,
    STREAM,
    adopted,
    adopted_alone,
    amend,
    ask,
    miss,
    report,
    words,
)
from tests.projections.register import Register, directory

LATE = STEP.due_on + timedelta(days=1)
complete = ask(asked.CompleteMilestone, milestone=1)


def row(register: Register, number: int = 1) -> MilestoneRow:
    found = register.one("milestones", f"{STREAM}/{number}")
    assert isinstance(found, MilestoneRow)
    return found


def its_deadline(register: Register) -> int:
    return next(
        int(one.number) for one in register.one("commitments", str(STREAM)).owed if one.kind == "milestone"
    )  # fmt: skip


def test_a_step_says_who_takes_it_and_by_when() -> None:
    found = row(directory().given(*adopted_alone))
    assert (found.commitment, found.commitment_name, found.name) == (STREAM, "A tram by 2030", "Tracks laid")
    assert (found.responsible_name, found.due_on, found.first_due_on) == ("City", STEP.due_on, STEP.due_on)
    assert (found.state, found.was_missed, found.level) == (Step.OPEN, False, Level.SELF_REPORTED)


def test_a_step_taken_in_time_is_confirmed_by_another_party_only() -> None:
    register = directory().given(*adopted, complete)
    assert (row(register).state, row(register).completed_on, row(register).confirmed) == (
        Step.COMPLETED,
        DAY.isoformat(),
        False,
    )
    assert row(register).level is Level.SELF_REPORTED
    register.given(ask(asked.ConfirmMilestone, REGION, milestone=1))
    assert (row(register).confirmed, row(register).level) == (True, Level.CONFIRMED)


def test_a_missed_step_stays_known_as_missed_when_it_is_taken_late() -> None:
    register = directory().given(*adopted_alone)
    register.given(miss(its_deadline(register), LATE), on=LATE)
    assert (row(register).state, row(register).was_missed) == (Step.MISSED, True)
    register.given(ask(asked.CompleteMilestone, CITY, LATE, milestone=1), on=LATE)
    assert (row(register).state, row(register).was_missed) == (Step.COMPLETED, True)


def test_a_figure_of_the_step_is_not_the_figure_of_the_whole() -> None:
    register = directory().given(*adopted, report(80, milestone=1), report(10))
    assert row(register).progress == 80
    assert register.one("commitments", str(STREAM)).progress == 10
    register.given(ask(asked.ContestReport, REGION, report=1, percent=50))
    assert row(register).contested
    assert not register.one("commitments", str(STREAM)).contested


def test_a_confirmed_figure_of_an_open_step_is_confirmed_and_one_of_the_whole_is_not_its() -> None:
    register = directory().given(*adopted, report(80, milestone=1), report(10))
    register.given(ask(asked.ConfirmReport, REGION, report=2))
    assert row(register).level is Level.SELF_REPORTED
    register.given(ask(asked.ConfirmReport, REGION, report=1))
    assert row(register).level is Level.CONFIRMED


def test_an_assessment_verifies_the_step_even_where_the_party_says_more() -> None:
    register = directory().given(*adopted, complete, ask(asked.AssessVerifiability, INSTITUTE, verifiable=True))
    found = Completion.SUBSTANTIAL
    register.given(ask(asked.AssessCompletion, INSTITUTE, completion=found, milestone=1))
    assert (row(register).completion, row(register).level, row(register).contested) == (found, Level.VERIFIED, False)
    register.given(ask(asked.ContestAssessment, assessment=2, completion=Completion.COMPLETE))
    assert (row(register).completion, row(register).contested) == (found, True)


def test_evidence_of_the_whole_is_not_counted_for_a_step() -> None:
    of_step = ask(asked.AttachEvidence, document=PLAN, milestone=1)
    register = directory().given(*adopted, of_step, ask(asked.AttachEvidence, document=PLAN))
    assert row(register).evidence == 1


def test_more_time_moves_the_day_and_keeps_the_first() -> None:
    until = STEP.due_on + timedelta(days=90)
    register = directory().given(*adopted)
    wanted = ask(asked.RequestExtension, until=until, deadline=its_deadline(register))
    register.given(wanted, ask(asked.GrantExtension, REGION, extension=1))
    assert (row(register).due_on, row(register).first_due_on) == (until, STEP.due_on)


def test_an_amended_step_is_open_again_with_its_new_terms() -> None:
    register = directory().given(*adopted_alone)
    register.given(miss(its_deadline(register), LATE), on=LATE)
    day = date(2029, 1, 1)
    new = Milestone(words("Tracks and stops laid"), day, CITY)
    register.given(amend(CITY, LATE, milestones=(NewMilestone(1, new),)), on=LATE)
    found = row(register)
    assert (found.state, found.was_missed, found.name, found.due_on) == (Step.OPEN, True, "Tracks and stops laid", day)
    assert found.first_due_on == STEP.due_on


def test_a_new_title_of_the_whole_stands_on_every_step() -> None:
    register = directory().given(*adopted_alone).given(amend(title=words("A longer tram")), on=DAY)
    assert row(register).commitment_name == "A longer tram"


@pytest.mark.parametrize(("days", "left"), [(-3, 3), (0, 0), (5, -5)])
def test_days_left_count_down_to_its_day_and_beyond(days: int, left: int) -> None:
    found = row(directory().given(*adopted_alone))
    assert days_left(found, STEP.due_on + timedelta(days=days)) == left


def test_a_completed_step_has_no_days_left() -> None:
    assert days_left(row(directory().given(*adopted, complete)), LATE) is None


def test_a_step_is_open_from_its_day_until_it_is_taken_or_the_whole_ends() -> None:
    register = directory().given(*adopted_alone)
    assert (row(register).open_from, row(register).open_until) == (DAY, None)
    taken = ask(asked.CompleteMilestone, CITY, LATE, milestone=1)
    register.given(miss(its_deadline(register), LATE), taken, on=LATE)
    assert row(register).open_until == LATE
    end = LATE + timedelta(days=9)
    step = ask(asked.AddMilestone, CITY, LATE, milestone=replace(STEP, due_on=end))
    register.given(step, on=LATE)
    register.given(ask(asked.CloseCommitment, CITY, end, outcome=Outcome.NOT_MET, level=Level.SELF_REPORTED), on=end)
    assert (row(register).state, row(register).open_until) == (Step.COMPLETED, LATE)
    second = row(register, 2)
    assert (second.state, second.open_from, second.open_until) == (Step.OPEN, LATE, end)


def test_who_leaves_ends_no_step_unless_the_whole_ends_with_it() -> None:
    register = directory().given(*adopted, ask(asked.WithdrawFromCommitment, STATE))
    assert row(register).open_until is None
    register.given(ask(asked.WithdrawFromCommitment, CITY))
    assert row(register).open_until == DAY
