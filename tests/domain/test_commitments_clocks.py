"""Deadlines: when each clock starts, what is due when, and what follows when nobody did it."""

from dataclasses import replace
from datetime import date

import pytest

from domain.calendars import Calendar, Span
from domain.commitments import COMMITMENTS
from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.commitments.words import Delivery, Due, Pause
from domain.deadlines import Standing
from tests.domain.commitment_stories import (
    CITY,
    DAY,
    REGION,
    add_milestone,
    adopt,
    adopted,
    adopted_alone,
    agreed_alone,
    ask,
    commitment,
    deliver,
    met,
    miss,
    missed,
    policy,
    propose_shared,
    report,
    starts,
    story,
    words,
)
from tests.domain.commitment_stories import PLAN as DOCUMENT

PROGRESS, PLAN, STEP, REVIEW = 1, 2, 3, 4
"""Numbers of the deadlines of `adopted_alone`."""
YEAR_ON, TWO_YEARS_ON = date(2027, 3, 2), date(2028, 3, 2)
AFTER_A_YEAR, AFTER_TWO = date(2027, 3, 3), date(2028, 3, 3)
SILENCE = 5
silent = (*adopted_alone, miss(PROGRESS, AFTER_A_YEAR))
inactive = (*silent, miss(SILENCE, AFTER_TWO))
noticed = (*adopted_alone, miss(PLAN, AFTER_TWO))
HELD_BY = date(2028, 4, 3)
"""Thirty days after 3 March 2028 come on a Sunday; the next working day is a Monday."""
held = (*noticed, miss(5, date(2028, 4, 4)))


# --- a deadline passes ---


def test_a_deadline_runs_until_the_end_of_its_last_day() -> None:
    refused = story(*adopted_alone).when(miss(PROGRESS, YEAR_ON)).then_refused("not-due-yet")
    assert refused.facts == {"due_on": YEAR_ON}


def test_a_deadline_is_missed_once() -> None:
    story(*silent).when(miss(PROGRESS, date(2027, 3, 4))).then_nothing_happens()


def test_what_was_met_or_is_void_is_not_missed() -> None:
    story(*adopted_alone, report(5)).when(miss(PROGRESS, AFTER_A_YEAR)).then_nothing_happens()
    withdrawn = story(*adopted_alone, ask(asked.WithdrawFromCommitment))
    withdrawn.when(miss(PROGRESS, AFTER_A_YEAR)).then_nothing_happens()


def test_a_deadline_that_is_not_there_is_not_missed() -> None:
    story(*adopted_alone).when(miss(5, AFTER_A_YEAR)).then_refused("no-such-deadline")


def test_nothing_falls_due_where_nothing_was_proposed() -> None:
    story().when(miss(1, AFTER_A_YEAR)).then_refused("no-commitment")


def test_only_the_clock_says_that_a_deadline_has_passed() -> None:
    assert COMMITMENTS.commands["miss-deadline"].roles == ()


def test_an_answer_that_never_came_is_recorded_as_missing_and_nothing_else() -> None:
    story(propose_shared).when(miss(1, date(2026, 4, 2))).then(missed(1, Due.ANSWER, date(2026, 4, 1), REGION))


# --- progress: a report a year, red after two ---


def test_a_year_without_report_is_late_and_silence_begins_to_count() -> None:
    story(*adopted_alone).when(miss(PROGRESS, AFTER_A_YEAR)).then(
        missed(PROGRESS, Due.PROGRESS, YEAR_ON), starts(SILENCE, Due.SILENCE, TWO_YEARS_ON)
    )


def test_two_years_without_report_make_it_inactive() -> None:
    story(*silent).when(miss(SILENCE, TWO_YEARS_ON)).then_refused("not-due-yet")
    story(*silent).when(miss(SILENCE, AFTER_TWO)).then(
        missed(SILENCE, Due.SILENCE, TWO_YEARS_ON), happened.CommitmentMarkedInactive(DAY)
    )
    assert commitment(story(*inactive)).inactive


def test_a_late_report_ends_the_silence() -> None:
    day = date(2027, 6, 1)
    story(*silent).when(report(10, on=day)).then(
        happened.ProgressReported(1, CITY, 10, words("Going on")),
        met(PROGRESS, late=True),
        happened.DeadlineVoided(SILENCE),
        starts(6, Due.PROGRESS, date(2028, 6, 1), on=day),
    )


def test_a_report_wakes_an_inactive_commitment() -> None:
    day = date(2028, 6, 1)
    story(*inactive).when(report(10, on=day)).then(
        happened.ProgressReported(1, CITY, 10, words("Going on")),
        met(PROGRESS, late=True),
        happened.CommitmentResumed(CITY, Pause.INACTIVITY),
        starts(6, Due.PROGRESS, date(2029, 6, 1), on=day),
    )
    assert not commitment(story(*inactive, report(10, on=day))).inactive


def test_it_can_fall_silent_again() -> None:
    told = story(*inactive, report(10, on=date(2028, 6, 1)), miss(6, date(2029, 6, 4)))
    assert told.history[-1] == starts(7, Due.SILENCE, date(2030, 6, 3), on=date(2028, 6, 1))
    assert commitment(told.after(miss(7, date(2030, 6, 4)))).inactive


def test_another_partys_report_does_not_break_the_owners_silence() -> None:
    quiet = story(*adopted, miss(3, AFTER_A_YEAR))
    quiet.when(report(10, REGION, on=date(2027, 6, 1))).then(
        happened.ProgressReported(1, REGION, 10, words("Going on"))
    )


@pytest.mark.parametrize(("months", "due_on"), [("12", YEAR_ON), ("6", date(2026, 9, 2)), ("18", date(2027, 9, 2))])
def test_how_often_progress_is_reported_the_policy_says(months: str, due_on: date) -> None:
    events = story(*agreed_alone).when(replace(adopt, policy=policy(report_months=months))).events
    assert events[1] == starts(PROGRESS, Due.PROGRESS, due_on)


def test_a_later_policy_does_not_move_a_deadline_that_runs() -> None:
    told = story(*adopted_alone)
    lenient = replace(miss(PROGRESS, AFTER_A_YEAR), policy=policy(report_months="36", red_months="36"))
    assert told.when(lenient).events[0] == missed(PROGRESS, Due.PROGRESS, YEAR_ON)


# --- plan, monitoring, inventory: written notice, then on hold ---


def test_a_missed_plan_brings_notice_before_it_is_put_on_hold() -> None:
    story(*adopted_alone).when(miss(PLAN, AFTER_TWO)).then(
        missed(PLAN, Due.PLAN, TWO_YEARS_ON),
        happened.HoldNoticeGiven(CITY, PLAN, HELD_BY),
        starts(5, Due.HOLD_NOTICE, HELD_BY, on=AFTER_TWO, about=PLAN),
    )
    assert not commitment(story(*noticed)).on_hold


def test_after_the_notice_it_is_put_on_hold() -> None:
    story(*noticed).when(miss(5, HELD_BY)).then_refused("not-due-yet")
    story(*noticed).when(miss(5, date(2028, 4, 4))).then(
        missed(5, Due.HOLD_NOTICE, HELD_BY), happened.CommitmentPutOnHold(PLAN)
    )
    assert commitment(story(*held)).on_hold == (PLAN,)


def test_a_plan_delivered_after_notice_averts_the_hold() -> None:
    day = date(2028, 3, 20)
    told = story(*noticed)
    told.when(deliver(Delivery.PLAN, day)).then(
        happened.ReportDelivered(Delivery.PLAN, CITY, DOCUMENT),
        met(PLAN, late=True),
        happened.DeadlineVoided(5),
        starts(6, Due.MONITORING, date(2030, 3, 20), on=day),
        starts(7, Due.INVENTORY, date(2032, 3, 22), on=day),
    )


def test_delivery_lifts_the_hold() -> None:
    told = story(*held, deliver(Delivery.PLAN, date(2028, 5, 2)))
    assert happened.CommitmentResumed(CITY, Pause.HOLD) in told.history
    assert commitment(told).on_hold == ()


PLANNED = (*adopted_alone, deliver(Delivery.PLAN, DAY))
"""Monitoring is then deadline 5, due 2 March 2028; the inventory 6, due 4 March 2030."""


@pytest.mark.parametrize(
    ("number", "kind", "due_on", "after"),
    [
        (5, Due.MONITORING, TWO_YEARS_ON, AFTER_TWO),
        (6, Due.INVENTORY, date(2030, 3, 4), date(2030, 3, 5)),
    ],
)
def test_missed_monitoring_and_inventory_bring_notice_too(number: int, kind: Due, due_on: date, after: date) -> None:
    events = story(*PLANNED).when(miss(number, after)).events
    assert events[0] == missed(number, kind, due_on)
    assert isinstance(events[1], happened.HoldNoticeGiven)
    assert events[1].deadline == number


def test_a_hold_for_two_things_is_lifted_by_both() -> None:
    late = date(2030, 6, 3)
    both = story(*PLANNED, miss(5, AFTER_TWO), miss(7, late), miss(6, late), miss(8, date(2030, 8, 1)))
    assert commitment(both).on_hold == (5, 6)
    one = both.after(deliver(Delivery.INVENTORY, date(2030, 8, 2)))
    assert commitment(one).on_hold == (5,)
    assert happened.CommitmentResumed(CITY, Pause.HOLD) not in one.history
    two = one.after(deliver(Delivery.MONITORING, date(2030, 8, 5)))
    assert commitment(two).on_hold == ()
    assert happened.CommitmentResumed(CITY, Pause.HOLD) in two.history


def test_monitoring_counts_from_the_submission_of_the_plan() -> None:
    submitted = date(2027, 9, 1)
    events = story(*adopted_alone).when(deliver(Delivery.PLAN, submitted)).events
    assert events[2] == starts(5, Due.MONITORING, date(2029, 9, 3), on=submitted)
    assert events[3] == starts(6, Due.INVENTORY, date(2031, 9, 1), on=submitted)


def test_periods_already_over_are_covered_by_what_was_delivered_late() -> None:
    late = date(2031, 1, 6)
    events = story(*PLANNED).when(deliver(Delivery.MONITORING, late)).events
    assert events[1:] == [
        met(5, late=True), starts(7, Due.MONITORING, date(2032, 3, 2), on=date(2030, 3, 2)),
    ]  # fmt: skip


def test_a_delivery_on_the_day_a_period_ends_covers_that_period() -> None:
    events = story(*PLANNED).when(deliver(Delivery.MONITORING, date(2030, 3, 2))).events
    assert events[2] == starts(7, Due.MONITORING, date(2032, 3, 2), on=date(2030, 3, 2))


# --- milestones and the review of results ---


def test_a_milestone_whose_day_has_passed_is_missed() -> None:
    story(*adopted_alone).when(miss(STEP, date(2028, 7, 1))).then(
        missed(STEP, Due.MILESTONE, date(2028, 6, 30)), happened.MilestoneMissed(1, CITY, date(2028, 6, 30))
    )


def test_a_milestone_is_due_on_the_very_day_the_parties_named() -> None:
    saturday = replace(add_milestone.milestone, due_on=date(2028, 7, 1))
    told = story(*agreed_alone, ask(asked.AddMilestone, milestone=saturday))
    assert told.when(adopt).events[4] == starts(4, Due.MILESTONE, date(2028, 7, 1), about=2)


def test_four_months_after_the_end_the_window_of_assessment_opens() -> None:
    story(*adopted_alone).when(miss(REVIEW, date(2031, 4, 30))).then_refused("not-due-yet")
    story(*adopted_alone).when(miss(REVIEW, date(2031, 5, 1))).then(
        happened.AssessmentWindowOpened(REVIEW), met(REVIEW, None)
    )


def test_a_missed_deadline_stays_owed_until_it_is_met() -> None:
    assert commitment(story(*silent)).deadlines[0].standing is Standing.MISSED
    late = story(*silent, report(10, on=date(2027, 6, 1)))
    assert commitment(late).deadlines[0].standing is Standing.MET


# --- calendars ---


def test_a_period_that_ends_on_a_day_without_work_ends_on_the_next() -> None:
    holiday = Calendar("XX", holidays=frozenset({YEAR_ON}))
    events = story(*agreed_alone).when(replace(adopt, calendar=holiday)).events
    assert events[1].due_on == date(2027, 3, 3)
    assert events[1].calendar == "XX"


def test_a_suspended_period_does_not_count() -> None:
    standstill = Calendar("XX", suspended=(Span(date(2026, 8, 1), date(2026, 8, 31)),))
    events = story(*agreed_alone).when(replace(adopt, calendar=standstill)).events
    assert events[1].due_on == date(2027, 4, 2)


def test_a_deadline_says_on_which_policy_and_calendar_it_rests() -> None:
    [_, progress, _, step, _] = story(*agreed_alone).when(adopt).events
    assert (progress.policy, progress.calendar) == ("commitment@1", "test")
    assert (step.policy, step.calendar) == ("", "")
