"""Corrections as a view: one row for each command that corrects, with what an outsider needs to judge it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.kernel import Actor, Attached, EventName, PartialDate, Recorded, StreamId, UnitId, Words
from domain.units.events import UnitRenamed
from projections.activity import ActivityRow
from projections.corrections import CORRECTIONS, fold, keys
from projections.kernel import Look

LYON, REGISTRAR = UnitId(UUID(int=1)), UnitId(UUID(int=2))
WRONG = EventName.at(LYON, 1)
GAZETTE = Attached("ab" * 32, 10, "application/pdf", "Gazette")
record = Recorded(
    position=7,
    stream=StreamId(LYON),
    version=2,
    type="unit-renamed.1",
    at=datetime(2026, 3, 2, 23, 30, tzinfo=UTC),
    effective_on=PartialDate("2012-05"),
    cmd=UUID(int=9),
    of=(1, 1),
    actor=Actor(unit=REGISTRAR),
    rules="units.1",
    event=UnitRenamed(Words({"en": "Lyon"})),
    because="The clerk misread it.",
    basis="Directory Act, art. 9",
    corrects=WRONG,
    documents=(GAZETTE,),
)


class Told:
    """Rows of other views, as a fold finds them."""

    def __init__(self, **rows: Any) -> None:
        self._rows = rows

    def row(self, view: str, key: str) -> Any:
        return self._rows[view]

    def both(self, view: str, key: str) -> tuple[Any, Any]:
        raise AssertionError("corrections do not look back")


LINE = ActivityRow(
    position=7, type=record.type, context="units", stream=LYON, version=2, title=Words({"fr": "Lyon"}), unit=REGISTRAR,
    unit_name="Registrar", sphere=None, role=None, because=record.because, at=record.at.date(),
    effective_on=record.effective_on, corrects=WRONG, cause=None, command=6, time="12:00", backdated=0,
    jurisdiction="FR", time_zone="Europe/Paris",
)  # fmt: skip


@pytest.fixture
def look() -> Look:
    return Told(activity=LINE)


def test_a_correction_is_one_row_whatever_it_records(look: Look) -> None:
    assert len(list(keys(record, look))) == 1
    assert list(keys(replace(record, of=(1, 2)), look)) == []
    assert list(keys(replace(record, of=(2, 2)), look)) == list(keys(record, look))


def test_what_corrects_nothing_is_no_correction(look: Look) -> None:
    assert list(keys(replace(record, corrects=None), look)) == []


def test_the_row_names_both_records_why_and_on_what(look: Look) -> None:
    row = fold("k", None, record, look)
    assert row is not None
    assert (row.corrects, row.by, row.context) == (WRONG, EventName.at(LYON, 2), "units")
    assert (row.because, row.basis) == ("The clerk misread it.", "Directory Act, art. 9")
    assert row.documents == (f"Gazette ({'ab' * 32})",)
    assert (row.at.isoformat(), row.effective_on) == ("2026-03-02", "2012-05")


def test_the_view_reads_every_context() -> None:
    assert CORRECTIONS.touched_by == ()
