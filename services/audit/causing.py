"""What caused a record and what it caused, made again from a bundle alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.ledger.findings import Finding
from projections.activity import ACTIVITY, ActivityRow
from projections.causes import LINES, Asking, CausesRow, Wanted, causes
from services.audit.bundle import Bundle, Unfit
from services.audit.replaying import Progress, Replay, group_of
from services.views.rows import Form


@dataclass(frozen=True, slots=True)
class Caused:
    """A tree of causes as JSON, as of a position."""

    position: int
    at: datetime
    row: bytes


def caused(bundle: Bundle, of: int, moment: int | datetime, progress: Progress) -> Caused:
    """Raises Unfit."""
    replay = Replay(bundle, group_of(ACTIVITY))
    replay.until(moment, progress)
    assert replay.at is not None, "until refuses a moment before the first record"
    lines: Sequence[ActivityRow] = [row for _, row in replay.rows(ACTIVITY)]
    found = _tree(causes(of), lines)
    if found is None:
        says = f"There is no record at position {of} as of position {replay.position}."
        raise Unfit(Finding("position-out-of-range", says, None, f"0 to {replay.position}", str(of)))
    return Caused(replay.position, replay.at, Form(CausesRow).encode(f"{of:016}", found))


def _tree(asking: Asking, lines: Sequence[ActivityRow]) -> CausesRow | None:
    try:
        wanted = next(asking)
        while True:
            wanted = asking.send(_answered(lines, wanted))
    except StopIteration as ended:
        found: CausesRow | None = ended.value
        return found


def _answered(lines: Sequence[ActivityRow], wanted: Wanted) -> Sequence[ActivityRow]:
    sets = [(column, frozenset(values)) for column, values in wanted.items()]
    return [line for line in lines if all(getattr(line, column) in values for column, values in sets)][:LINES]
