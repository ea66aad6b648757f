from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.calendars import Calendar, Span, add_months, due, yearly

LABOUR_DAY = date(2024, 5, 1)  # a Wednesday
plain = Calendar("plain")
with_holiday = Calendar("with a holiday", holidays=frozenset({LABOUR_DAY}))
eu = Calendar("EU").suspending(yearly("08-01..08-31, 12-20..01-10", range(2010, 2030)))
DAYS = st.dates(date(2012, 1, 1), date(2026, 1, 1))


def test_a_span_holds_both_its_ends() -> None:
    span = Span(date(2024, 8, 1), date(2024, 8, 31))
    assert date(2024, 8, 1) in span
    assert date(2024, 8, 31) in span
    assert date(2024, 9, 1) not in span


def test_a_span_may_be_one_day() -> None:
    assert date(2024, 8, 1) in Span(date(2024, 8, 1), date(2024, 8, 1))


def test_a_span_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        Span(date(2024, 8, 2), date(2024, 8, 1))


def test_a_week_without_working_day_is_no_week() -> None:
    with pytest.raises(ValueError, match="at least one working day"):
        Calendar("never", weekend=frozenset(range(7)))


def test_weekends_and_holidays_are_without_work() -> None:
    assert not with_holiday.works_on(date(2024, 4, 28))
    assert not with_holiday.works_on(LABOUR_DAY)
    assert with_holiday.works_on(date(2024, 5, 2))


def test_a_weekend_lies_where_the_country_puts_it() -> None:
    gulf = Calendar("gulf", weekend=frozenset({4, 5}))
    assert not gulf.works_on(date(2024, 5, 3))
    assert gulf.works_on(date(2024, 5, 5))


def test_a_saturday_on_which_work_is_made_up_is_a_working_day() -> None:
    assert replace(plain, worked=frozenset({date(2024, 5, 4)})).works_on(date(2024, 5, 4))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2024, 11, 15), 3, date(2025, 2, 15)),
        (date(2024, 12, 31), 0, date(2024, 12, 31)),
        (date(2024, 3, 31), -1, date(2024, 2, 29)),
    ],
)
def test_months_are_added_to_the_same_day_or_the_last_of_a_shorter_month(
    day: date, months: int, expected: date
) -> None:
    assert add_months(day, months) == expected


@pytest.mark.parametrize(
    ("start", "expected"),
    [(date(2013, 8, 21), date(2013, 10, 28)), (date(2016, 3, 15), date(2016, 5, 10))],
)
def test_eight_weeks_under_protocol_2_end_on_the_days_that_were_published(start: date, expected: date) -> None:
    august_only = Calendar("EU").suspending(yearly("08-01..08-31", range(2010, 2020)))
    assert due(start, august_only, days=56) == expected


def test_a_period_that_reaches_into_august_is_longer_by_what_it_meets_there() -> None:
    # 56 days from 15 July: 16 of them in July, 40 from September on, which is 10 October.
    assert due(date(2024, 7, 15), eu, days=56) == date(2024, 10, 10)


def test_an_extension_that_meets_another_suspension_is_extended_again() -> None:
    # From 30 July: 1 day in July, then 19 days of December count, the turn of the year does not.
    assert due(date(2024, 7, 30), eu, days=1 + 30 + 31 + 30 + 19 + 1) == date(2025, 1, 13)


def test_overlapping_suspensions_count_once() -> None:
    twice = eu.suspending([Span(date(2024, 8, 10), date(2024, 8, 31)), Span(date(2024, 8, 5), date(2024, 8, 20))])
    assert due(date(2024, 7, 15), twice, days=56) == due(date(2024, 7, 15), eu, days=56)
    touching = plain.suspending([Span(date(2024, 5, 6), date(2024, 5, 10)), Span(date(2024, 5, 10), date(2024, 5, 12))])
    assert due(date(2024, 5, 3), touching, days=10) == date(2024, 5, 20)


def test_a_period_never_ends_in_a_suspension() -> None:
    # It would end on Friday 31 July, a holiday here; all of August stands still.
    calendar = replace(eu, holidays=frozenset({date(2026, 7, 31)}))
    assert due(date(2026, 7, 30), calendar, days=1) == date(2026, 9, 1)


def test_months_days_and_working_days_follow_one_another() -> None:
    assert due(date(2024, 1, 31), plain, months=1, days=1, working_days=1) == date(2024, 3, 4)


def test_five_working_days_stand_still_in_a_suspension() -> None:
    assert due(date(2024, 7, 30), eu, working_days=5) == date(2024, 9, 5)


def test_a_period_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="forward"):
        due(LABOUR_DAY, plain, days=-1)


def test_a_period_over_the_new_year_is_there_twice_for_one_year() -> None:
    assert yearly("12-20..01-10", [2024]) == (
        Span(date(2023, 12, 20), date(2024, 1, 10)),
        Span(date(2024, 12, 20), date(2025, 1, 10)),
    )


def test_the_29th_of_february_is_the_28th_in_other_years() -> None:
    assert yearly("02-29..03-01", [2023, 2024]) == (
        Span(date(2023, 2, 28), date(2023, 3, 1)),
        Span(date(2024, 2, 29), date(2024, 3, 1)),
    )


@pytest.mark.parametrize("text", ["august", "08-01-08-31", "08-01..08-32", "13-01..13-02", "00-01..01-01"])
def test_a_yearly_period_has_one_form(text: str) -> None:
    with pytest.raises(ValueError):
        yearly(text, [2024])


def test_nothing_is_suspended_where_nothing_is_said() -> None:
    assert yearly("", [2024]) == ()


@given(start=DAYS, days=st.integers(0, 400))
def test_a_deadline_is_a_day_that_works_and_counts(start: date, days: int) -> None:
    end = due(start, eu, days=days)
    assert eu.works_on(end)
    assert eu.counts(end)


@given(start=DAYS, days=st.integers(1, 400))
def test_exactly_the_days_of_the_period_count_up_to_its_end(start: date, days: int) -> None:
    """Against the other way of reckoning: one day after the other."""
    day, left = start, days
    while left:
        day += timedelta(days=1)
        left -= eu.counts(day)
    while not (eu.works_on(day) and eu.counts(day)):
        day += timedelta(days=1)
    assert due(start, eu, days=days) == day


@given(start=DAYS, months=st.integers(0, 60), days=st.integers(0, 60))
def test_a_later_start_never_has_an_earlier_end(start: date, months: int, days: int) -> None:
    """But where a month is too short: 28 and 29 December plus two months are both 28 February, and of the days that do
    not count, one more lies behind the 28th than behind the 29th."""
    later = start + timedelta(days=1)
    assume(add_months(start, months) < add_months(later, months))
    assert due(start, eu, months=months, days=days) <= due(later, eu, months=months, days=days)
