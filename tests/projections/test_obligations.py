"""Who owes what by when, in any context."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from domain.deadlines import Standing
from domain.kernel import PartialDate
from projections.commitments import COMMITMENTS
from projections.obligations import OBLIGATIONS, ObligationRow, days_left, days_silent, standing
from projections.units import UNITS
from tests.projections import gardens
from tests.projections.gardens import (
    CITADEL,
    GARDENS,
    PARK,
    GardenLaid,
    GardenRenamed,
    Met,
    Missed,
    Moved,
    Set,
    Suspended,
    Voided,
)
from tests.projections.telling import Told
from tests.projections.test_units import BELGIUM, FLANDERS, GENT, belgium, flanders, gent

GARDEN = UUID(int=50)
MAY, JUNE, JULY = date(2026, 5, 4), date(2026, 6, 1), date(2026, 7, 1)
report = Set(1, "report", MAY, JUNE, "gardens@1", "be-vlg@1", GENT)
owed = ObligationRow(
    context="gardens",
    stream=GARDEN,
    title=CITADEL,
    number=1,
    unit=GENT,
    unit_name="Ghent",
    kind="report",
    starts_on=MAY,
    due_on=JUNE,
    first_due_on=JUNE,
    policy="gardens@1",
    calendar="be-vlg@1",
    about=None,
)


@pytest.fixture
def told() -> Iterator[Told]:
    with gardens.known():
        told = Told([UNITS, COMMITMENTS, GARDENS, gardens.spanning(OBLIGATIONS)])
        for unit, registered in ((BELGIUM, belgium), (FLANDERS, flanders), (GENT, gent)):
            told.tell(unit, registered, on=MAY)
        yield told.tell(GARDEN, GardenLaid(CITADEL), report, on=MAY)


def row(told: Told, number: int = 1) -> ObligationRow:
    found = told.of("obligations")[f"{GARDEN}/{number}"]
    assert isinstance(found, ObligationRow)
    return found


def test_a_deadline_of_any_context_is_owed_as_it_was_computed(told: Told) -> None:
    assert row(told) == owed


@pytest.mark.parametrize(
    ("day", "spoke_on", "state"),
    [
        (date(2026, 5, 1), None, "later"),
        (date(2026, 5, 2), None, "due_soon"),
        (JUNE, None, "due_soon"),
        (date(2026, 6, 2), date(2026, 5, 5), "overdue"),
        (date(2026, 6, 2), MAY, "silent"),
        (date(2026, 6, 2), None, "silent"),
    ],
)
def test_before_its_day_it_is_due_and_after_it_overdue_or_silent(day: date, spoke_on: date | None, state: str) -> None:
    assert standing(replace(owed, last_word_on=spoke_on), day) == state


def test_nobody_is_silent_about_what_nobody_owes() -> None:
    assert standing(replace(owed, unit=None), JULY) == "overdue"


def test_met_in_time_or_late(told: Told) -> None:
    told.tell(GARDEN, Met(1, late=True, unit=GENT), on=JULY)
    assert row(told) == replace(owed, state=Standing.MET, met_on=PartialDate(JULY), late=True, owed_until=JULY)
    assert (standing(row(told), JULY), days_left(row(told), JULY)) == ("met", None)


def test_missed_and_never_heard_of_is_silent_and_missed_once_there_is_word(told: Told) -> None:
    told.tell(GARDEN, Missed(1, "report", JUNE, GENT), on=date(2026, 6, 2))
    assert (row(told).missed_on, standing(row(told), JULY)) == (date(2026, 6, 2), "silent")
    told.tell(GARDEN, GardenRenamed(CITADEL), on=date(2026, 6, 20), by=GENT)
    assert (standing(row(told), JULY), days_silent(row(told), JULY)) == ("missed", 11)


def test_the_word_of_another_unit_breaks_nobodys_silence(told: Told) -> None:
    told.tell(GARDEN, GardenRenamed(CITADEL), on=JUNE, by=FLANDERS)
    assert row(told) == owed


def test_while_its_clock_stands_still_it_is_neither_overdue_nor_silent(told: Told) -> None:
    told.tell(GARDEN, Suspended(1, date(2026, 5, 20)), on=date(2026, 5, 20))
    assert row(told) == replace(owed, state=Standing.SUSPENDED, suspended_on=date(2026, 5, 20))
    assert (standing(row(told), JULY), days_left(row(told), JULY)) == ("suspended", None)


def test_a_clock_that_runs_again_has_another_last_day_and_shows_the_first(told: Told) -> None:
    told.tell(GARDEN, Suspended(1, date(2026, 5, 20)), Moved(1, JULY), on=date(2026, 5, 29))
    assert row(told) == replace(owed, due_on=JULY)
    assert days_left(row(told), JUNE) == 30


def test_moved_after_it_was_missed_it_runs_again_and_still_shows_that_it_was_missed(told: Told) -> None:
    told.tell(GARDEN, Missed(1, "report", JUNE, GENT), Moved(1, JULY), on=date(2026, 6, 2))
    assert row(told) == replace(owed, due_on=JULY, missed_on=date(2026, 6, 2))


def test_what_nobody_owes_any_longer_is_void(told: Told) -> None:
    told.tell(GARDEN, Suspended(1, JUNE), Voided(1), on=JUNE)
    assert row(told) == replace(owed, state=Standing.VOID, owed_until=JUNE)


def test_another_name_reaches_what_is_owed_and_leaves_what_is_over(told: Told) -> None:
    told.tell(GARDEN, Met(1, late=False, unit=GENT), Set(2, "plan", JUNE, JULY, "", ""), on=JUNE)
    told.tell(GARDEN, GardenRenamed(PARK), on=JUNE)
    assert (row(told, 1).title, row(told, 2).title) == (CITADEL, PARK)


def test_it_is_owed_after_its_day_and_again_once_it_is_moved(told: Told) -> None:
    told.tell(GARDEN, Missed(1, "report", JUNE, GENT), on=date(2026, 6, 2))
    assert row(told).owed_until is None
    told.tell(GARDEN, Voided(1), Moved(1, JULY), on=date(2026, 6, 3))
    assert row(told).owed_until is None
