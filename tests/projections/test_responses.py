"""Response times: what was answered when, what was not, and sums that never drift from the obligations."""

from collections.abc import Iterator, Sequence
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings

from domain.deadlines import Standing
from domain.kernel import Sphere
from projections.commitments import COMMITMENTS
from projections.obligations import OBLIGATIONS, ObligationRow
from projections.responses import RESPONSE_TIMES, ResponseRow, Took
from projections.units import UNITS
from tests.domain.commitment_stories import STREAM, histories
from tests.domain.moves import Move
from tests.projections import gardens
from tests.projections.gardens import CITADEL, GARDENS, GardenLaid, Met, Missed, Set, Suspended, Voided
from tests.projections.register import Register, directory
from tests.projections.telling import Told
from tests.projections.test_units import BELGIUM, FLANDERS, GENT, belgium, flanders, gent

GARDEN = UUID(int=50)
MAY, JUNE = date(2026, 5, 4), date(2026, 6, 1)


@pytest.fixture
def told() -> Iterator[Told]:
    with gardens.known():
        told = Told([UNITS, COMMITMENTS, GARDENS, gardens.spanning(OBLIGATIONS), gardens.spanning(RESPONSE_TIMES)])
        for unit, registered in ((BELGIUM, belgium), (FLANDERS, flanders), (GENT, gent)):
            told.tell(unit, registered, on=MAY)
        deadlines = [Set(number, "report", MAY, JUNE, "gardens@1", "be-vlg@1", GENT) for number in (1, 2, 3, 4)]
        yield told.tell(GARDEN, GardenLaid(CITADEL), *deadlines, on=MAY)


def row(told: Told) -> ResponseRow:
    found = told.of("response-times")[f"{GENT}/report"]
    assert isinstance(found, ResponseRow)
    return found


def test_what_nobody_answered_is_counted_and_has_no_days(told: Told) -> None:
    assert row(told) == ResponseRow(GENT, "Ghent", Sphere.LOCAL, "report", owed=4, unanswered=4)


def test_the_days_of_an_answer_run_from_the_start_of_its_clock(told: Told) -> None:
    told.tell(GARDEN, Met(1, late=False, unit=GENT), on=date(2026, 5, 14))
    told.tell(GARDEN, Met(2, late=False, unit=GENT), on=date(2026, 5, 7))
    assert (row(told).median_days, row(told).longest_days) == (3, 10)
    told.tell(GARDEN, Met(3, late=True, unit=GENT), on=date(2026, 7, 3))
    assert (row(told).median_days, row(told).longest_days) == (10, 60)
    assert row(told).spread == (Took(3, 1), Took(10, 1), Took(60, 1))
    assert (row(told).answered, row(told).late, row(told).unanswered) == (3, 1, 1)


def test_what_was_missed_waits_for_its_answer_still(told: Told) -> None:
    told.tell(GARDEN, Missed(1, "report", JUNE, GENT), Suspended(2, JUNE), on=date(2026, 6, 2))
    assert (row(told).unanswered, row(told).missed) == (4, 1)
    told.tell(GARDEN, Met(1, late=True, unit=GENT), on=date(2026, 6, 4))
    assert (row(told).unanswered, row(told).missed, row(told).late, row(told).median_days) == (3, 0, 1, 31)


def test_what_nobody_owes_any_longer_is_left_out(told: Told) -> None:
    told.tell(GARDEN, Voided(1), Voided(2), Voided(3), on=JUNE)
    assert (row(told).owed, row(told).unanswered) == (1, 1)


def test_what_nobody_in_particular_owes_is_nobodys_response(told: Told) -> None:
    told.tell(GARDEN, Set(5, "weeding", MAY, JUNE, "gardens@1", "be-vlg@1", None), on=MAY)
    assert set(told.of("response-times")) == {f"{GENT}/report"}


@settings(max_examples=25)
@given(histories())
def test_after_every_history_rows_are_what_the_obligations_say(moves: list[Move]) -> None:
    register = directory()
    for move in moves:
        register.tell(STREAM, *move.events, on=move.day, by=move.unit)
    rows = register.of("response-times")
    for key, found in rows.items():
        of = [one for one in _owed(register) if f"{one.unit}/{one.kind}" == key]
        met = [one for one in of if one.state is Standing.MET]
        days = sorted((one.met_on.earliest() - one.starts_on).days for one in met if one.met_on)  # type: ignore[operator]
        assert (found.owed, found.answered, found.unanswered) == (len(of), len(met), len(of) - len(met))
        assert found.late == sum(one.late for one in met)
        assert found.median_days == (days[(len(days) - 1) // 2] if days else None)
        assert [one.days for one in found.spread for _ in range(one.times)] == days
    assert set(rows) >= {f"{one.unit}/{one.kind}" for one in _owed(register)}


def _owed(register: Register) -> list[ObligationRow]:
    rows: Sequence[ObligationRow] = register.all("obligations")
    return [one for one in rows if one.unit is not None and one.state is not Standing.VOID]
