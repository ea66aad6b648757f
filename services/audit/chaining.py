"""The chain of a commitment, made again from a bundle: everything that it waits for, and whose turn it is."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from domain.ledger.findings import Finding
from projections.chains import Chain, ChainRow, Place
from projections.commitments import COMMITMENTS
from projections.milestones import MILESTONES
from projections.views import VIEWS
from projections.waits import WAITS
from services.audit.bundle import Bundle, Unfit
from services.audit.replaying import Progress, Replay, group_of
from services.views.rows import Form


@dataclass(frozen=True, slots=True)
class Chained:
    """A chain as JSON, as of a position."""

    position: int
    at: datetime
    row: bytes


def chain(
    bundle: Bundle, of: UUID, moment: int | datetime, day: date | None, progress: Progress, after: int | None = 0
) -> Chained:
    """`day`: up to which days are counted; None: that of the last record. Raises Unfit.

    `after`: behind how many links the answer begins; None: all of them, however many.
    """
    wanted = {one.name for view in (MILESTONES, WAITS) for one in group_of(view)}
    replay = Replay(bundle, [view for view in VIEWS if view.name in wanted])
    replay.until(moment, progress)
    assert replay.at is not None, "until refuses a moment before the first record"
    found = Chain(of)
    while coming := found.missing():
        rows = {one: row for one in coming if (row := replay.row(COMMITMENTS, str(one))) is not None}
        if not rows:
            says = f"There is no commitment of the key {of} as of position {replay.position}."
            raise Unfit(Finding("key-unknown", says, None, COMMITMENTS.key_says, str(of)))
        found.add(rows)
    for _, step in replay.rows(MILESTONES):
        if step.commitment in found.commitments:
            found.milestones[Place(step.commitment, step.number)] = step
    found.waits += (row for _, row in replay.rows(WAITS) if row.stream in found.commitments)
    waiting = [(UUID(key), row) for key, row in replay.rows(COMMITMENTS) if row.depends_on]
    found.dependents += (each for each in waiting if any(one.commitment == of for one in each[1].depends_on))
    row = found.row(day or replay.at.date(), after or 0, bounded=after is not None)
    return Chained(replay.position, replay.at, Form(ChainRow).encode(str(of), row))
