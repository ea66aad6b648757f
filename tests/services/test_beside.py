"""What is told of rows beside the records: whether offices were closed where somebody acted."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from domain.kernel import PartialDate
from projections.activity import ActivityRow, Closed
from projections.views import VIEWS
from services.calendars import WEEKENDS_ONLY
from services.views.beside import OF, calendar, closed

WEDNESDAY, SATURDAY, BASTILLE = date(2026, 11, 25), date(2026, 11, 28), date(2026, 7, 14)
LINE = ActivityRow(
    position=7, type="unit-renamed.1", context="units", stream=UUID(int=1), version=2, title=None, unit=UUID(int=2),
    unit_name="Lyon", sphere=None, role=None, because="", at=WEDNESDAY, effective_on=PartialDate(WEDNESDAY),
    corrects=None, cause=None, command=7, time="10:00", backdated=0, jurisdiction="FR", time_zone="Europe/Paris",
)  # fmt: skip


@pytest.mark.parametrize(
    ("day", "time", "why"),
    [
        (WEDNESDAY, "10:00", None),
        (WEDNESDAY, "05:59", Closed.NIGHT),  # 6:59 in Paris
        (WEDNESDAY, "06:00", None),
        (WEDNESDAY, "18:59", None),
        (WEDNESDAY, "19:00", Closed.NIGHT),
        (SATURDAY, "10:00", Closed.WEEKEND),
        (SATURDAY, "02:00", Closed.WEEKEND),
        (BASTILLE, "10:00", Closed.HOLIDAY),
        (date(2026, 7, 13), "22:30", Closed.HOLIDAY),  # summer: half past midnight of the next day
        (date(2026, 11, 29), "23:30", Closed.NIGHT),  # Monday, half past midnight
    ],
)
def test_offices_are_closed_by_the_clock_and_the_calendar_of_the_unit(day: date, time: str, why: Closed | None) -> None:
    assert closed(replace(LINE, at=day, time=time)) is why


def test_the_weekend_is_that_of_the_country() -> None:
    there = replace(LINE, jurisdiction="EG", time_zone="Africa/Cairo")
    assert closed(replace(there, at=date(2026, 11, 27))) is Closed.WEEKEND
    assert closed(replace(there, at=date(2026, 11, 29))) is None


def test_the_calendar_is_named_and_one_without_holidays_says_so() -> None:
    assert [calendar(replace(LINE, jurisdiction=one)) for one in ("FR", "DE-BY", "ZZ")] == [
        "FR",
        "DE-BY",
        WEEKENDS_ONLY,
    ]


@pytest.mark.parametrize("zone", ["", "Europe", "Europe/Nowhere", "../etc/passwd", "\0", "A" * 300])
def test_where_nobody_knows_what_time_it_was_nothing_is_said(zone: str) -> None:
    line = replace(LINE, at=SATURDAY, time_zone=zone)
    assert (closed(line), calendar(line)) == (None, None)


def test_of_every_column_beside_the_records_somebody_knows() -> None:
    assert {one.name for view in VIEWS for one in view.beside} == OF.keys()
