"""The clock of scrutiny: eight weeks without August, translations, suspensions, and the day after the last day."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.calendars import Calendar
from domain.deadlines import Standing
from domain.kernel import PartialDate, Today
from domain.subsidiarity.reviews import commands as asked
from domain.subsidiarity.reviews import events as happened
from domain.subsidiarity.reviews.protocol import scrutiny_ends
from domain.subsidiarity.reviews.words import Card, Due, Outcome, Stage
from tests.domain.review_stories import (
    CALENDAR,
    COMMISSION,
    DAY,
    LAST,
    OPENING,
    OTHERS,
    amended,
    ask,
    close,
    open_review,
    opened,
    opine,
    opinions,
    passes,
    review,
    shipped,
    story,
    transmit,
    words,
)

suspend = ask(asked.SuspendClock, COMMISSION, date(2012, 4, 2))
resume = ask(asked.ResumeClock, COMMISSION, date(2012, 4, 11))
extend = ask(asked.ExtendForTranslation, COMMISSION, date(2012, 4, 4), language="mt")
withdrawn = ask(asked.DecideAfterReview, COMMISSION, date(2012, 6, 1), outcome=Outcome.WITHDRAW)


def test_the_clock_starts_with_the_last_language_version() -> None:
    story(open_review).when(transmit).then(
        happened.TransmissionCompleted(DAY),
        happened.ScrutinyDeadlineSet(1, Due.SCRUTINY, DAY, LAST, "scrutiny/EU@1", "test"),
    )
    assert review(story(*opened)).stage is Stage.SCRUTINY


def test_sending_it_again_changes_nothing() -> None:
    story(*opened).when(replace(transmit, effective_on=PartialDate("2012-03-22"))).then_nothing_happens()


@pytest.mark.parametrize(
    ("start", "end", "version"),
    [
        (date(2013, 8, 21), date(2013, 10, 28), 2),  # the European Public Prosecutor's Office, as published
        (date(2016, 3, 15), date(2016, 5, 10), 2),  # posted workers, as published
        (date(2012, 3, 21), date(2012, 5, 16), 1),
        (date(2019, 12, 2), date(2020, 2, 18), 3),  # 22 days at the turn of the year do not count
        (date(2018, 12, 3), date(2019, 1, 28), 2),  # before 2019 they did
        (date(2024, 1, 4), date(2024, 3, 6), 4),  # 56 days reach 29 February, and six were suspended
        (date(2024, 7, 1), date(2024, 9, 26), 4),
    ],
)
def test_published_and_computed_deadlines(start: date, end: date, version: int) -> None:
    policy = shipped() if version == 1 else amended(version)
    assert scrutiny_ends(start, policy, CALENDAR) == end


def test_the_last_day_is_a_working_day_of_the_jurisdiction() -> None:
    closed = Calendar("closed", holidays=frozenset({LAST, LAST + timedelta(days=1)}))
    outcome = story(open_review).when(replace(transmit, calendar=closed))
    assert outcome.events[1].due_on == date(2012, 5, 18)


def test_what_is_exceptionally_urgent_knows_no_august() -> None:
    start, policy = date(2013, 8, 21), amended(2)
    assert scrutiny_ends(start, policy, CALENDAR, urgent=True) == date(2013, 10, 16)
    urgent = ask(asked.OpenReview, **{**OPENING, "urgent": words("Now")})
    july = replace(transmit, effective_on=PartialDate("2012-07-02"), today=Today(date(2012, 7, 2)))
    assert story(urgent).when(july).events[1].due_on == date(2012, 8, 27)
    assert story(open_review).when(july).events[1].due_on == date(2012, 9, 27)


def test_a_later_policy_does_not_move_a_clock_that_runs() -> None:
    """Whatever is looked up later is the version that the review names."""
    assert review(story(*opened, suspend, resume)).policy == "scrutiny/EU@1"


# --- translations ---


def test_a_late_translation_starts_the_clock_anew() -> None:
    told = story(*opened)
    told.when(extend).then(
        happened.TranslationSupplied("mt", date(2012, 4, 4)), happened.ScrutinyDeadlineMoved(1, date(2012, 5, 30))
    )
    assert review(told.after(extend)).deadlines[0].starts_on == date(2012, 4, 4)
    told.after(extend).when(extend).then_nothing_happens()


def test_refused_translations() -> None:
    story(open_review).when(extend).then_refused("not-transmitted")
    story(*opened).when(replace(extend, language="xx")).then_refused("other-language")
    story(*opened, suspend).when(extend).then_refused("clock-suspended")
    over = replace(extend, effective_on=PartialDate("2012-05-17"), today=Today(date(2012, 5, 17)))
    story(*opened).when(over).then_refused("deadline-passed")
    earlier = replace(extend, effective_on=PartialDate("2012-04-03"))
    story(*opened, extend).when(earlier).then_refused("earlier-than-start")
    story(*opened).when(replace(extend, effective_on=PartialDate("2012-03-20"))).then_refused("before-opening")
    story(*opened, close).when(extend).then_refused("scrutiny-closed")


# --- suspensions ---


def test_a_suspension_of_nine_days_moves_the_end_by_nine() -> None:
    told = story(*opened)
    told.when(suspend).then(happened.ClockSuspended(1, date(2012, 4, 2)))
    told.after(suspend).when(resume).then(
        happened.ClockResumed(1, date(2012, 4, 11)), happened.ScrutinyDeadlineMoved(1, LAST + timedelta(days=9))
    )


def test_a_suspension_over_the_beginning_of_august_counts_no_day_twice() -> None:
    start = date(2012, 7, 2)
    sent = replace(transmit, effective_on=PartialDate(start), today=Today(start))
    stops = ask(asked.SuspendClock, COMMISSION, date(2012, 7, 30))
    runs = ask(asked.ResumeClock, COMMISSION, date(2012, 8, 8))
    moved = story(open_review, sent, stops).when(runs).events[1]
    assert moved == happened.ScrutinyDeadlineMoved(1, date(2012, 10, 1)), "two days of July, to Saturday, to Monday"


def test_a_second_suspension_adds_to_the_first() -> None:
    again = ask(asked.SuspendClock, COMMISSION, date(2012, 4, 16))
    once_more = ask(asked.ResumeClock, COMMISSION, date(2012, 4, 17))
    moved = story(*opened, suspend, resume, again).when(once_more).events[1]
    assert moved.due_on == date(2012, 5, 28), "ten days: to Saturday the 26th, so to Monday"


def test_a_suspension_of_years_still_knows_august() -> None:
    years_later = ask(asked.ResumeClock, COMMISSION, date(2018, 7, 2))
    moved = story(*opened, suspend).when(years_later).events[1]
    assert moved.due_on == date(2018, 9, 17), "11 days had run, 45 are left: 30 in July, to Saturday 15 September"


def test_a_clock_that_stands_still_cannot_run_out_and_nobody_is_late() -> None:
    told = story(*opened, suspend)
    assert review(told).deadlines[0].standing is Standing.SUSPENDED
    told.when(passes(1, date(2013, 1, 1))).then_nothing_happens()
    assert isinstance(told.when(opine(OTHERS[0], date(2012, 6, 1))).events[0], happened.ReasonedOpinionSubmitted)


def test_stopping_and_starting_twice_changes_nothing() -> None:
    story(*opened, suspend).when(suspend).then_nothing_happens()
    story(*opened).when(resume).then_nothing_happens()


def test_resumed_on_the_same_day_no_day_is_lost() -> None:
    at_once = replace(resume, effective_on=PartialDate("2012-04-02"), today=Today(date(2012, 4, 2)))
    story(*opened, suspend).when(at_once).then(
        happened.ClockResumed(1, date(2012, 4, 2)), happened.ScrutinyDeadlineMoved(1, LAST)
    )


def test_refused_suspensions() -> None:
    story(open_review).when(suspend).then_refused("not-transmitted")
    story(*opened).when(replace(suspend, effective_on=PartialDate(DAY))).then_refused("before-clock")
    story(*opened, suspend, resume).when(suspend).then_refused("before-clock")
    over = ask(asked.SuspendClock, COMMISSION, date(2012, 5, 17))
    story(*opened).when(over).then_refused("deadline-passed")
    before = replace(resume, effective_on=PartialDate("2012-04-01"))
    story(*opened, suspend).when(before).then_refused("resumed-before-suspended")
    story(*opened, close).when(suspend).then_refused("scrutiny-closed")


# --- running out ---


def test_on_the_last_day_it_runs_and_on_the_next_it_has_run_out() -> None:
    """23:59 and 00:00 differ by `today`, which the service tells in the time zone of whoever scrutinises."""
    told = story(*opened, *opinions(16))
    refused = told.when(passes(1, LAST)).then_refused("not-due-yet")
    assert refused.facts == {"due_on": LAST}
    told.when(passes(1, LAST + timedelta(days=1))).then(
        happened.ClockRanOut(1, late=False), happened.ScrutinyClosed(Card.NONE, 16, 54, 8)
    )


def test_recorded_days_late_it_is_recorded_the_same_and_once() -> None:
    told = story(*opened, *opinions(18))
    assert told.when(passes(1, date(2013, 5, 1))).events == told.when(close).events
    told.after(close).when(close).then_nothing_happens()
    assert review(told.after(close)).stage is Stage.UNDER_REVIEW


def test_there_is_no_such_deadline() -> None:
    story(*opened).when(passes(2, LAST)).then_refused("no-such-deadline")
    story().when(passes(1, LAST)).then_refused("no-such-review")


def test_a_draft_that_was_withdrawn_has_no_clock() -> None:
    told = story(*opened, replace(withdrawn, effective_on=PartialDate("2012-04-04")))
    assert review(told).deadlines[0].standing is Standing.VOID
    told.when(close).then_nothing_happens()


def test_nobody_loses_days_while_the_clock_is_seen_standing_still() -> None:
    """What the author says afterwards of a day long past takes no day from those who saw it standing still."""
    still = story(*opened, suspend)
    seen = replace(resume, effective_on=PartialDate("2012-04-03"), today=Today(date(2012, 6, 20)))
    refused = still.when(seen).then_refused("resumed-unseen")
    assert refused.facts == {"earliest": date(2012, 6, 20)}
    assert "44 days" in refused.reason
    today = replace(seen, effective_on=PartialDate("2012-06-20"))
    assert still.after(today).state.clock(Due.SCRUTINY)[1].due_on >= date(2012, 6, 20) + timedelta(days=44)


def test_what_was_told_on_one_day_of_days_past_counts_from_those_days() -> None:
    """Nobody saw it standing still in the meantime: the days of the law count (a docket entered afterwards)."""
    told = Today(date(2012, 4, 20))
    still = story(*opened, replace(suspend, today=told))
    resumed = still.after(replace(resume, today=told))
    assert resumed.state.clock(Due.SCRUTINY)[1].due_on == LAST + timedelta(days=9)
    a_day_later = replace(resume, today=Today(date(2012, 4, 21)))
    assert still.after(a_day_later).state.clock(Due.SCRUTINY)[1].due_on == LAST + timedelta(days=9)
