"""In how many commitments each unit takes part: what scorecards have their denominators from."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from domain.commitments import COMMITMENTS as COMMITMENT_CONTEXT
from domain.commitments.words import Answer
from domain.kernel import Indexed, Recorded, Says, Sphere
from domain.replacing import quick, replace
from domain.units import UNITS as UNIT_CONTEXT
from domain.units import Stage
from projections.commitment_row import CommitmentRow
from projections.kernel import Look, Subject, View
from projections.units import UnitRow

GONE = frozenset({Stage.ABOLISHED, Stage.MERGING})


@quick
@dataclass(frozen=True, slots=True)
class EngagementRow:
    """How many commitments a unit takes part in; a unit with none is there with 0."""

    unit: Annotated[UUID, Indexed(), Says("The unit.")]
    sphere: Annotated[Sphere, Indexed(), Says("Its sphere.")]
    alive: Annotated[bool, Indexed(), Says("Whether it still exists.")]
    commitments: Annotated[int, Says("How many commitments it owns or has accepted to take part in.")] = 0


def _takes_part(row: CommitmentRow | None) -> list[UUID]:
    return [party.unit for party in row.parties if party.answer is Answer.ACCEPTED] if row else []


def came_or_went(before: CommitmentRow | None, after: CommitmentRow | None) -> frozenset[UUID]:
    """The units that take part before or after, and not both: of most records there are none."""
    if before is after or (before is not None and after is not None and before.parties is after.parties):
        return _NOBODY
    was, now = _takes_part(before), _takes_part(after)
    return _NOBODY if was == now else frozenset(was) ^ frozenset(now)


_NOBODY: frozenset[UUID] = frozenset()


def engagement_keys(record: Recorded, look: Look) -> Iterable[str]:
    if look.row("units", record.key) is not None:
        return (record.key,)
    moved = came_or_went(*look.both("commitments", record.key))
    return [unit for unit in sorted(map(str, moved)) if look.row("units", unit) is not None] if moved else ()


def fold_engagement(key: str, before: EngagementRow | None, record: Recorded, look: Look) -> EngagementRow | None:
    unit: UnitRow = look.row("units", key)
    alive = unit.state not in GONE
    row = before or EngagementRow(UUID(key), unit.sphere, alive)
    sides = look.both("commitments", record.key)
    change = 0
    if UUID(key) in came_or_went(*sides):
        change = 1 if UUID(key) in _takes_part(sides[1]) else -1
    if change == 0 and (row.alive, row.sphere) == (alive, unit.sphere):
        return row
    return replace(row, sphere=unit.sphere, alive=alive, commitments=row.commitments + change)


ENGAGEMENTS = View(
    name="engagements",
    version=1,
    says="In how many commitments each unit takes part.",
    subject=Subject.FIGURES,
    shows=("sphere", "commitments", "alive"),
    row=EngagementRow,
    key_says="The unit's id.",
    touched_by=(*UNIT_CONTEXT.events, *COMMITMENT_CONTEXT.events),
    keys=engagement_keys,
    fold=fold_engagement,
    reads=("units", "commitments"),
)
