"""Whose turn it is: what a mandate waits for, and for whom, as it stands."""

from collections.abc import Iterator
from datetime import date

from domain.mandates.words import Due, Ground, Instrument, Kind, Pause, Stage
from domain.replacing import replace
from projections.mandate_row import MandateRow, Side, Turn
from projections.things import Matter

Wait = tuple[Turn, Side, int]


def waiting(row: MandateRow, day: date) -> MandateRow:
    """The row with everything that waits; what waited before goes on waiting since its own day."""
    before = {(one.turn, one.unit, one.number): one for one in row.matters}
    units = {Side.GIVER: row.giver, Side.RECIPIENT: row.recipient}
    matters = tuple(
        before.get((turn, units[side], number), Matter(turn, units[side], number, day))
        for turn, side, number in _waits(row)
    )
    first = matters[0] if matters else None
    due = [one.due_on for one in row.owed if not one.missed]
    return replace(
        row,
        matters=matters,
        waits_on=first.unit if first else None,
        waits_for=Turn(first.turn) if first else None,
        waits_since=first.since if first else None,
        next_due_on=min(due, default=None),
    )


def _waits(row: MandateRow) -> Iterator[Wait]:
    match row.state:
        case Stage.DRAFTED | Stage.CONSULTED:
            yield _prepared(row), Side.GIVER, 0
        case Stage.OFFERED:
            yield Turn.ACCEPT, Side.RECIPIENT, 0
        case Stage.ACCEPTED:
            yield Turn.AGREE_RESERVATIONS if row.reservations else Turn.ACTIVATE, Side.GIVER, 0
        case Stage.ACTIVE | Stage.SUSPENDED:
            yield from _in_force(row)
        case _:
            return


def _prepared(row: MandateRow) -> Turn:
    if row.kind is Kind.DECONCENTRATION:
        return Turn.ACTIVATE
    if row.kind is Kind.DEVOLUTION and row.instrument is Instrument.LAW:
        return Turn.ACTIVATE if row.heard_in_time else Turn.RECORD_CONSULTATION
    return Turn.OFFER


def _in_force(row: MandateRow) -> Iterator[Wait]:
    if row.notice_for is not None:
        yield from _noticed(row)
    if row.renewal_offered is not None:
        yield Turn.ACCEPT_RENEWAL, Side.RECIPIENT, row.renewals + 1
    if row.suspension_offered:
        yield Turn.AGREE_SUSPENSION, Side.RECIPIENT, 0
    for one in row.missed(Due.REPORT):
        yield Turn.REPORT, Side.RECIPIENT, one.number
    if row.clashes_with:
        yield Turn.SETTLE_CLASH, Side.GIVER, 0
    if row.unfunded:
        yield Turn.COMMIT_FUNDING, Side.GIVER, 0
    open_ended = row.suspended_for not in (None, Pause.PARENT_SUSPENDED) and row.suspended_until is None
    if row.state is Stage.SUSPENDED and open_ended:
        yield Turn.RESTORE, Side.GIVER, 0


def _noticed(row: MandateRow) -> Iterator[Wait]:
    mutual = row.notice_for is Ground.MUTUAL
    if mutual and not row.revocation_agreed:
        yield Turn.AGREE_REVOCATION, Side.RECIPIENT, 0
    if row.heard_on is None:
        yield Turn.RECORD_HEARING, Side.GIVER, 0
    elif (row.notice_over or row.notice_for is Ground.EMERGENCY) and (row.revocation_agreed or not mutual):
        yield Turn.REVOKE, Side.GIVER, 0
