"""A commitment that lost a mandate: flagged, and its owner's turn, until somebody says what becomes of it."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from domain.commitments import events as happened
from domain.commitments.words import Breadth, Changes, Outcome
from domain.kernel import Actor, Level, PartialDate, Recorded, Sphere, StreamId, UnitId, Words
from projections.commitment_row import CommitmentRow, Turn
from projections.commitments import fold
from projections.kernel import Look

CITY, STREAM, MANDATE, OTHER = UnitId(UUID(int=1)), StreamId(UUID(int=2)), StreamId(UUID(int=3)), StreamId(UUID(int=4))
proposed = happened.CommitmentProposed(
    CITY, Sphere.LOCAL, Words({"en": "Trams"}), Words({"en": "A line."}), PartialDate("2030"), ()
)
adopted = happened.CommitmentAdopted(Breadth.SINGLE_SPHERE, verifiable=True, missing=())
lost = happened.MandateLost(MANDATE)


class Directory:
    """The only view that commitments look at."""

    def row(self, view: str, key: str) -> Any:
        return SimpleNamespace(title="City")

    def both(self, view: str, key: str) -> tuple[Any, Any]:
        raise AssertionError("commitments do not look back")


def recorded(event: Any, position: int = 0) -> Recorded:
    return Recorded(
        position=position, stream=STREAM, version=position + 1, type="", at=datetime(2026, 3, 2, tzinfo=UTC),
        effective_on=PartialDate("2026-03-02"), cmd=UUID(int=9), of=(1, 1), actor=Actor(system="reaction"),
        rules="commitments.1", event=event,
    )  # fmt: skip


def after(*events: Any) -> CommitmentRow:
    look: Look = Directory()
    row = None
    for position, event in enumerate((proposed, *events)):
        row = fold(str(STREAM), row, recorded(event, position), look)
    assert row is not None
    return row


RESTED = happened.CommitmentRestedOnMandate(MANDATE)


def turns(row: CommitmentRow) -> list[tuple[Turn, UUID | None]]:
    return [(one.turn, one.unit) for one in row.matters if one.turn is Turn.REST_ON_MANDATE]


def test_what_it_rests_on_is_shown_and_nothing_waits() -> None:
    row = after(RESTED)
    assert (row.rests_on, row.mandate_lost, turns(row)) == ((MANDATE,), False, [])


def test_a_lost_mandate_is_a_flag_and_the_owners_turn() -> None:
    row = after(RESTED, adopted, lost)
    assert (row.rests_on, row.mandate_lost) == ((), True)
    assert turns(row) == [(Turn.REST_ON_MANDATE, CITY)]
    assert (row.waits_on, row.waits_for) == (CITY, Turn.REST_ON_MANDATE)


def test_another_mandate_settles_it() -> None:
    row = after(RESTED, lost, happened.CommitmentRestedOnMandate(OTHER))
    assert (row.rests_on, row.mandate_lost, turns(row)) == ((OTHER,), False, [])


def test_other_terms_settle_it() -> None:
    terms = Changes(title=Words({"en": "Buses"}))
    row = after(RESTED, lost, happened.CommitmentAmended(terms, 1))
    assert (row.mandate_lost, turns(row)) == (False, [])
    source_says = after(RESTED, lost, happened.CommitmentAmended(terms))
    assert (source_says.mandate_lost, len(turns(source_says))) == (True, 1)


def test_what_is_closed_waits_for_nobody() -> None:
    closed = happened.CommitmentClosed(Outcome.NOT_MET, Level.SELF_REPORTED, ())
    assert turns(after(RESTED, lost, closed)) == []


def test_two_lost_mandates_are_two_matters_and_one_answer() -> None:
    row = after(RESTED, happened.CommitmentRestedOnMandate(OTHER), lost, replace(lost, mandate=OTHER))
    assert len(turns(row)) == 2
    assert turns(after(RESTED, lost, replace(lost, mandate=OTHER), RESTED)) == []
