"""Response times by sphere: those of its units, added up, so that a sphere has a median of its own.

A row is what it was, less what a unit's row said before the record, plus what it says now.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from domain.kernel import Indexed, Recorded, Says, Sphere
from domain.replacing import quick, replace
from projections.kernel import Look, View
from projections.responses import Late, Longest, Median, Missed, Owed, ResponseRow, Spread, measured, touched
from projections.things import HAPPENINGS, THINGS

SUMS = ("owed", "unanswered", "missed", "answered", "late")


@quick
@dataclass(frozen=True, slots=True)
class SphereResponseRow:
    """What the units of one sphere owed of one kind, and how long they took."""

    sphere: Annotated[Sphere, Indexed(), Says("The sphere of the units that owe it.")]
    kind: Owed
    units: Annotated[int, Says("How many units owed it, ever: the rows of `response-times`.")] = 0
    owed: Annotated[int, Says("How many they owed in all, answered or not.")] = 0
    unanswered: Annotated[int, Says("How many of them they have not answered.")] = 0
    missed: Missed = 0
    answered: Annotated[int, Says("How many they answered.")] = 0
    late: Late = 0
    median_days: Median = None
    longest_days: Longest = None
    spread: Spread = ()


def _sides(record: Recorded, look: Look) -> Iterable[tuple[int, ResponseRow]]:
    """Rows of units as they stood (-1) and as they stand now (1)."""
    for key in touched(record, look):
        for sign, row in zip((-1, 1), look.both("response-times", key), strict=True):
            if row is not None and row.sphere is not None:
                yield sign, row


def _key(row: ResponseRow) -> str:
    return f"{row.sphere}/{row.kind}"


def keys(record: Recorded, look: Look) -> Iterable[str]:
    return dict.fromkeys(_key(row) for _, row in _sides(record, look))


def fold(key: str, before: SphereResponseRow | None, record: Recorded, look: Look) -> SphereResponseRow | None:
    sphere, _, kind = key.partition("/")
    row = before or SphereResponseRow(Sphere(sphere), kind)
    sums = {"units": row.units, **{name: getattr(row, name) for name in SUMS}}
    spread = {one.days: one.times for one in row.spread}
    for sign, one in _sides(record, look):
        if _key(one) != key:
            continue
        sums["units"] += sign
        for name in SUMS:
            sums[name] += sign * getattr(one, name)
        for took in one.spread:
            spread[took.days] = spread.get(took.days, 0) + sign * took.times
    new: Mapping[str, Any] = {**sums, **measured(spread)}
    return replace(row, **new)


SPHERE_RESPONSES = View(
    name="sphere-response-times",
    version=1,
    says="How long the units of each sphere took to answer what they owed, by kind: median, longest, and what is"
    " unanswered.",
    row=SphereResponseRow,
    key_says="The sphere and what is owed: <sphere>/<kind>.",
    touched_by=HAPPENINGS,
    keys=keys,
    fold=fold,
    reads=("units", *THINGS.values(), "obligations", "response-times"),
)
