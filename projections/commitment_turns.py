"""Whose turn it is: what a commitment waits for, and for whom."""

from collections.abc import Iterable
from uuid import UUID

from domain.commitments import events as happened
from domain.commitments.words import Due
from domain.kernel import Recorded
from domain.replacing import replace
from projections.commitment_row import CommitmentRow, Turn
from projections.things import Matter

WARNINGS = frozenset({Due.SILENCE, Due.HOLD_NOTICE})
"""Deadlines whose miss shows as a flag of its own."""
TURNS = {
    Due.PROGRESS: Turn.REPORT,
    Due.PLAN: Turn.DELIVER,
    Due.MONITORING: Turn.DELIVER,
    Due.INVENTORY: Turn.DELIVER,
    Due.MILESTONE: Turn.COMPLETE_MILESTONE,
}


def ask(row: CommitmentRow, turn: Turn, number: int, units: Iterable[UUID | None], record: Recorded) -> CommitmentRow:
    since = record.at.date()
    return replace(row, matters=(*row.matters, *(Matter(turn, unit, number, since) for unit in units)))


def settle(
    row: CommitmentRow, turns: Iterable[Turn], number: int | None = None, unit: UUID | None = None
) -> CommitmentRow:
    if not row.matters:
        return row
    wanted = frozenset(turns)
    kept = tuple(
        one
        for one in row.matters
        if one.turn not in wanted
        or (number is not None and one.number != number)
        or (unit is not None and one.unit != unit)
    )
    return row if len(kept) == len(row.matters) else replace(row, matters=kept)


def to_assess(row: CommitmentRow, record: Recorded) -> CommitmentRow:
    """Results wait for an assessor, unless they were assessed or nobody could check them (OGP)."""
    asked = any(one.turn == Turn.ASSESS for one in row.matters)
    if asked or row.completion is not None or not row.verifiable:
        return row
    return ask(row, Turn.ASSESS, 0, (None,), record)


def missed(row: CommitmentRow, event: happened.DeadlineMissed) -> CommitmentRow:
    if event.kind in WARNINGS:
        return replace(row, owed=tuple(one for one in row.owed if one.number != event.number))
    owed = tuple(replace(one, missed=True) if one.number == event.number else one for one in row.owed)
    late = replace(row, owed=owed)
    turn = TURNS.get(event.kind)
    if turn is None:
        return late
    return replace(late, matters=(*late.matters, Matter(turn, event.unit, event.number, event.due_on)))
