"""Whose turn it is, in any context."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

import pytest

from domain.kernel import Sphere
from projections.commitments import COMMITMENTS
from projections.turns import TURNS, TurnRow, days_waiting
from projections.units import UNITS
from tests.projections import gardens
from tests.projections.gardens import CITADEL, GARDENS, PARK, GardenLaid, GardenRenamed, WaterAsked, Watered
from tests.projections.telling import Told
from tests.projections.test_units import BELGIUM, FLANDERS, GENT, belgium, flanders, gent

GARDEN = UUID(int=50)
MAY, JUNE = date(2026, 5, 4), date(2026, 6, 1)
asked = f"{GARDEN}/water/1/{GENT}"


@pytest.fixture
def told() -> Iterator[Told]:
    with gardens.known():
        told = Told([UNITS, COMMITMENTS, GARDENS, gardens.spanning(TURNS)])
        for unit, registered in ((BELGIUM, belgium), (FLANDERS, flanders), (GENT, gent)):
            told.tell(unit, registered, on=MAY)
        yield told.tell(GARDEN, GardenLaid(CITADEL), WaterAsked(GENT, 1), WaterAsked(None, 2), on=MAY)


def test_what_waits_is_there_with_whom_it_waits_for_and_since_when(told: Told) -> None:
    assert told.of("turns")[asked] == TurnRow(
        context="gardens",
        stream=GARDEN,
        title=CITADEL,
        turn="water",
        unit=GENT,
        unit_name="Ghent",
        sphere=Sphere.LOCAL,
        number=1,
        waits_since=MAY,
    )


def test_somebody_from_outside_is_nobody_in_the_directory(told: Told) -> None:
    row = told.of("turns")[f"{GARDEN}/water/2/outside"]
    assert (row.unit, row.unit_name, row.sphere) == (None, "", None)


def test_what_is_settled_leaves_the_list_and_the_rest_stays_as_it_was(told: Told) -> None:
    before = told.of("turns")
    told.tell(GARDEN, Watered(1), on=JUNE)
    assert told.of("turns") == {key: row for key, row in before.items() if key != asked}


def test_another_name_reaches_all_that_waits(told: Told) -> None:
    told.tell(GARDEN, GardenRenamed(PARK), on=JUNE)
    assert {row.title for row in told.of("turns").values()} == {PARK}
    assert {row.waits_since for row in told.of("turns").values()} == {MAY}


def test_days_of_waiting_are_counted_to_the_day_that_is_asked_for(told: Told) -> None:
    assert days_waiting(told.of("turns")[asked], JUNE) == 28
