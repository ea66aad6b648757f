"""Response times by sphere: those of its units, added up, so that a sphere has a median of its own.

A row is what it was, less what a unit's row said before the record, plus what it says now.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, Any, TypeAlias

from domain.kernel import Indexed, Recorded, Says, Sphere
from domain.replacing import quick, replace
from projections.kernel import Look, OfRecord, Subject, View
from projections.responses import Late, Longest, Median, Missed, Owed, ResponseRow, Spread, Took, measured, touched
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


_sums_of: Callable[[ResponseRow], tuple[int, ...]] = attrgetter(*SUMS)
_Change: TypeAlias = tuple[ResponseRow | None, ResponseRow | None]
"""A unit's row as it stood in the sphere, and as it stands there now; None where it did not, or does not."""
_NO_CHANGES: Mapping[str, Sequence[_Change]] = {}


def _of_record(record: Recorded, look: Look) -> Mapping[str, Sequence[_Change]]:
    found: dict[str, list[_Change]] = {}
    for key in touched(record, look):
        before, after = look.both("response-times", key)
        was, now = _key(before), _key(after)
        changes = ((was, (before, after)),) if was == now else ((was, (before, None)), (now, (None, after)))
        for row, change in changes:
            if row is not None:
                found.setdefault(row, []).append(change)
    return found or _NO_CHANGES


def _key(row: ResponseRow | None) -> str | None:
    return None if row is None or row.sphere is None else f"{row.sphere}/{row.kind}"


_changes = OfRecord(_of_record)


def keys(record: Recorded, look: Look) -> Iterable[str]:
    return _changes.anew(record, look)


def fold(key: str, before: SphereResponseRow | None, record: Recorded, look: Look) -> SphereResponseRow | None:
    sphere, _, kind = key.partition("/")
    row = before or SphereResponseRow(Sphere(sphere), kind)
    new: dict[str, Any] = {}
    took: dict[int, int] = {}
    for was, now in _changes.found(record, look)[key]:
        for name, one, two in zip(("units", *SUMS), _counts(was), _counts(now), strict=True):
            if one != two:
                new[name] = new.get(name, getattr(row, name)) + two - one
        for sign, side in _sides(_spread(was), _spread(now)):
            for taken in side:
                took[taken.days] = took.get(taken.days, 0) + sign * taken.times
    return replace(row, **new, **measured(row.spread, took))


def _sides(was: Sequence[Took], now: Sequence[Took]) -> Sequence[tuple[int, Sequence[Took]]]:
    """What no longer counts (-1), and what counts now (1); after most records it is the same."""
    return () if was is now else ((-1, was), (1, now))


def _counts(row: ResponseRow | None) -> Sequence[int]:
    return (0,) * (1 + len(SUMS)) if row is None else (1, *_sums_of(row))


def _spread(row: ResponseRow | None) -> Sequence[Took]:
    return () if row is None else row.spread


SPHERE_RESPONSES = View(
    name="sphere-response-times",
    version=1,
    says="How long the units of each sphere took to answer what they owed, by kind: median, longest, and what is"
    " unanswered.",
    subject=Subject.FIGURES,
    shows=("units", "owed", "unanswered", "missed", "answered", "late", "median_days", "longest_days"),
    row=SphereResponseRow,
    key_says="The sphere and what is owed: <sphere>/<kind>.",
    touched_by=HAPPENINGS,
    keys=keys,
    fold=fold,
    reads=("units", *THINGS.values(), "obligations", "response-times"),
)
