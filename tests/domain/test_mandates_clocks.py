"""Deadlines of a mandate pass: an answer, a report, a notice, a suspension, its last day."""

from dataclasses import replace
from datetime import date

from domain.deadlines import Standing
from domain.mandates import MANDATES
from domain.mandates import events as happened
from domain.mandates.words import Due, Pause, Stage
from tests.domain.mandate_stories import (
    CITY,
    DAY,
    END,
    NOTICE_ENDS,
    START,
    accept,
    activate,
    active,
    drafted,
    estimate,
    fund,
    mandate,
    mandate_facts,
    met,
    noticed,
    offer,
    offered,
    passes,
    reporting,
    revoked,
    starts,
    story,
    sub_delegate,
    suspend,
)

ANSWER, EXPIRY, THIRD = 1, 2, 3


def test_silence_is_recorded_and_is_no_consent() -> None:
    by = date(2026, 5, 1)
    story(*offered).when(passes(ANSWER, by)).then_refused("not-due-yet")
    silent = passes(ANSWER, date(2026, 5, 20))
    story(*offered).when(silent).then(happened.DeadlineMissed(ANSWER, Due.ANSWER, by, CITY))
    story(*offered, silent).when(silent).then_nothing_happens()
    assert mandate(story(*offered, silent)).stage is Stage.OFFERED


def test_a_mandate_expires_on_its_last_day_however_late_that_is_found() -> None:
    found = passes(EXPIRY, date(2030, 6, 1))
    story(*reporting).when(found).then(happened.MandateExpired(END), met(EXPIRY), happened.DeadlineVoided(THIRD))
    after = mandate(story(*reporting, found))
    assert (after.stage, after.over_on) == (Stage.EXPIRED, date(2030, 4, 1))
    story(*reporting, found).when(found).then_nothing_happens()
    suspended = story(*active, suspend).when(found)
    assert suspended.events[0] == happened.MandateExpired(END)


def test_a_missed_report_is_recorded_and_the_next_one_keeps_to_the_grid() -> None:
    found = passes(THIRD, date(2027, 9, 1))
    story(*reporting).when(found).then(
        happened.DeadlineMissed(THIRD, Due.REPORT, date(2027, 4, 1), CITY),
        starts(4, Due.REPORT, date(2027, 4, 1), date(2028, 4, 3), CITY),
    )


def test_a_notice_runs_out() -> None:
    story(*noticed).when(passes(THIRD, date(2026, 12, 24))).then(happened.NoticePeriodEnded(NOTICE_ENDS), met(THIRD))


def test_a_suspension_runs_out_and_is_dated_from_the_day_after_its_last() -> None:
    timed = story(*active, replace(suspend, until=date(2026, 7, 31)))
    timed.when(passes(THIRD, date(2026, 9, 9))).then(happened.MandateRestored(date(2026, 8, 1)), met(THIRD))


def test_a_suspension_that_runs_out_waits_for_the_mandate_above() -> None:
    parent = (mandate_facts(),)
    subordinate = (
        sub_delegate(), estimate, fund, replace(offer, parents=parent, holdings=()), accept,
        replace(activate, parents=parent, holdings=()), replace(suspend, until=date(2026, 7, 31)),
    )  # fmt: skip
    paused = (mandate_facts(in_force=False, stage="suspended"),)
    story(*subordinate).when(passes(THIRD, date(2026, 8, 1), parents=paused)).then(
        happened.MandateSuspended(date(2026, 8, 1), Pause.PARENT_SUSPENDED, None), met(THIRD)
    )
    story(*subordinate).when(passes(THIRD, date(2026, 8, 1), parents=parent)).then(
        happened.MandateRestored(date(2026, 8, 1)), met(THIRD)
    )


def test_a_deadline_that_is_not_there_or_no_longer_runs_does_not_pass() -> None:
    story(*active).when(passes(9, date(2030, 6, 1))).then_refused("no-such-deadline")
    story(*active).when(passes(ANSWER, date(2030, 6, 1))).then_nothing_happens()
    story(*drafted).when(passes(1, DAY)).then_refused("no-such-deadline")
    story().when(passes(1, DAY)).then_refused("no-such-mandate")


def test_when_it_is_over_nothing_runs_any_more() -> None:
    left = [one for one in mandate(story(*revoked)).deadlines if one.standing is Standing.OPEN]
    assert left == []
    assert MANDATES.clock == "pass-deadline"
    assert mandate(story(*active)).activated_on == START
