"""For how many days each actor was waited for."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

import pytest

from projections.commitments import COMMITMENTS
from projections.units import UNITS
from projections.waits import WAITS, WaitRow, days_waited
from tests.projections import gardens
from tests.projections.gardens import CITADEL, GARDENS, PARK, GardenLaid, GardenRenamed, WaterAsked, Watered
from tests.projections.telling import Told
from tests.projections.test_units import BELGIUM, FLANDERS, GENT, belgium, flanders, gent

GARDEN = UUID(int=50)
MAY, JUNE = date(2026, 5, 4), date(2026, 6, 1)


@pytest.fixture
def told() -> Iterator[Told]:
    with gardens.known():
        told = Told([UNITS, COMMITMENTS, GARDENS, gardens.spanning(WAITS)])
        for unit, registered in ((BELGIUM, belgium), (FLANDERS, flanders), (GENT, gent)):
            told.tell(unit, registered, on=MAY)
        yield told.tell(GARDEN, GardenLaid(CITADEL), WaterAsked(GENT, 1), on=MAY)


def row(told: Told, unit: object = GENT) -> WaitRow:
    found = told.of("waits")[f"{GARDEN}/{unit}"]
    assert isinstance(found, WaitRow)
    return found


def test_it_is_waited_for_from_the_day_it_was_asked_until_the_day_it_came(told: Told) -> None:
    assert (row(told).waiting, row(told).waits_since, days_waited(row(told), JUNE)) == (1, MAY, 28)
    told.tell(GARDEN, Watered(1), on=JUNE)
    assert (row(told).waiting, row(told).settled, row(told).waits_since, row(told).waited_until) == (0, 1, None, JUNE)
    assert days_waited(row(told), date(2026, 12, 1)) == 28


def test_what_waits_at_the_same_time_counts_once(told: Told) -> None:
    told.tell(GARDEN, WaterAsked(GENT, 2), on=date(2026, 5, 14))
    told.tell(GARDEN, Watered(1), on=date(2026, 5, 24))
    assert (row(told).waiting, row(told).waits_since, days_waited(row(told), JUNE)) == (1, MAY, 28)
    told.tell(GARDEN, Watered(2), on=JUNE)
    assert (row(told).settled, days_waited(row(told), JUNE)) == (2, 28)


def test_days_between_two_waits_do_not_count(told: Told) -> None:
    told.tell(GARDEN, Watered(1), on=date(2026, 5, 6))
    told.tell(GARDEN, WaterAsked(GENT, 2), on=date(2026, 5, 20))
    assert (row(told).days_before, days_waited(row(told), date(2026, 5, 25))) == (2, 7)
    told.tell(GARDEN, Watered(2), on=JUNE)
    assert days_waited(row(told), JUNE) == 14


def test_each_actor_has_days_of_its_own(told: Told) -> None:
    told.tell(GARDEN, WaterAsked(FLANDERS, 2), WaterAsked(None, 3), on=date(2026, 5, 11))
    told.tell(GARDEN, Watered(2), Watered(3), on=date(2026, 5, 13))
    assert [days_waited(row(told, unit), JUNE) for unit in (GENT, FLANDERS, "outside")] == [28, 2, 2]
    assert (row(told, "outside").unit, row(told, FLANDERS).unit_name) == (None, "Vlaanderen")


def test_another_name_reaches_what_is_waited_for(told: Told) -> None:
    told.tell(GARDEN, GardenRenamed(PARK), on=JUNE)
    assert (row(told).title, row(told).waiting, row(told).waits_since) == (PARK, 1, MAY)
