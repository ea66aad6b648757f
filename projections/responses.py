"""Response times: how long each unit took for what it owed, by kind, with what it has not answered as denominator.

A row is what it was, less what a deadline was before the record, plus what it is now, as scorecards are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from domain.deadlines import Standing
from domain.kernel import Indexed, Recorded, Says, Searched, Sphere
from domain.replacing import quick, replace
from projections.kernel import Look, OfRecord, Subject, View, text_of
from projections.obligations import OF_A_DEADLINE, ObligationRow, passed_on
from projections.things import HAPPENINGS, THINGS, thing_both
from projections.units import UnitRow


@quick
@dataclass(frozen=True, slots=True)
class Took:
    """So many answers took so many days."""

    days: int
    times: int


Owed: TypeAlias = Annotated[str, Indexed(), Says("What is owed, as in obligations.")]
Missed: TypeAlias = Annotated[int, Says("How many of those were recorded as missed.")]
Late: TypeAlias = Annotated[int, Says("How many of those after their last day.")]
Median: TypeAlias = Annotated[
    int | None,
    Says(
        "Half of the answers took so many days or fewer, from the day on which the clock started. Of answers whose"
        " day is known."
    ),
]
Longest: TypeAlias = Annotated[int | None, Says("The most days that an answer took.")]
Spread: TypeAlias = Annotated[
    tuple[Took, ...], Says("How many answers took how many days: whoever adds rows has medians.")
]


@quick
@dataclass(frozen=True, slots=True)
class ResponseRow:
    """What one unit owed of one kind, and how long it took. What nobody owes any longer is left out."""

    unit: Annotated[UUID, Indexed(), Says("The unit that owes it.")]
    unit_name: Annotated[str, Searched(), Says("Its name.")]
    sphere: Annotated[Sphere | None, Indexed(), Says("Its sphere.")]
    kind: Owed
    owed: Annotated[int, Says("How many it owed in all, answered or not.")] = 0
    unanswered: Annotated[int, Says("How many of them it has not answered.")] = 0
    missed: Missed = 0
    answered: Annotated[int, Says("How many it answered.")] = 0
    late: Late = 0
    median_days: Median = None
    longest_days: Longest = None
    spread: Spread = ()


_Counts: TypeAlias = Mapping[str, int]


def _key(row: ObligationRow) -> str:
    return f"{text_of(row.unit)}/{row.kind}"


def _counts(row: ObligationRow) -> _Counts:
    """What a deadline adds to each count; nothing where it is void."""
    return _counted(row.state, row.late)


@cache
def _counted(state: Standing, late: bool) -> _Counts:
    if state is Standing.VOID:
        return {}
    met = state is Standing.MET
    counts = {
        "owed": 1,
        "unanswered": int(not met),
        "missed": int(state is Standing.MISSED),
        "answered": int(met),
        "late": int(met and late),
    }
    return {name: number for name, number in counts.items() if number}


def _took(row: ObligationRow) -> int | None:
    """In how many days it was answered; None where it was not, or nobody knows the day."""
    if row.state is not Standing.MET or row.met_on is None or row.met_on.earliest() != (day := row.met_on.latest()):
        return None
    return max((day - row.starts_on).days, 0) if day is not None else None


_Steps: TypeAlias = Mapping[str, Sequence[tuple[int, ObligationRow]]]


_NO_STEPS: _Steps = {}


def _of_record(record: Recorded, look: Look) -> _Steps:
    """By row: deadlines as they stood (-1) and as they stand now (1), where that makes a difference here."""
    event, numbers = record.event, {*passed_on(*thing_both(record, look))}
    if isinstance(event, OF_A_DEADLINE):
        numbers.add(event.number)
    if not numbers:
        return _NO_STEPS  # by most records
    found: dict[str, list[tuple[int, ObligationRow]]] = {}
    for number in sorted(numbers):
        before, after = look.both("obligations", f"{record.key}/{number}")
        if before is after or (before is not None and after is not None and _alike(before, after)):
            continue
        for sign, row in ((-1, before), (1, after)):
            if row is not None and row.unit is not None:
                found.setdefault(_key(row), []).append((sign, row))
    return found


_steps = OfRecord(_of_record)


def touched(record: Recorded, look: Look) -> Iterable[str]:
    """The keys of the rows that a record touched, for who counts them on."""
    return _steps.found(record, look)


def _alike(before: ObligationRow, after: ObligationRow) -> bool:
    return (before.unit, before.state, before.met_on, before.late) == (
        after.unit,
        after.state,
        after.met_on,
        after.late,
    )


def keys(record: Recorded, look: Look) -> Iterable[str]:
    return _steps.anew(record, look)


def fold(key: str, before: ResponseRow | None, record: Recorded, look: Look) -> ResponseRow | None:
    unit, _, kind = key.partition("/")
    named: UnitRow | None = look.row("units", unit)
    row = before or ResponseRow(UUID(unit), "", None, kind)
    new: dict[str, Any] = {"unit_name": named.title if named else "", "sphere": named.sphere if named else None}
    took: dict[int, int] = {}
    for sign, one in _steps.found(record, look).get(key, ()):
        for name, number in _counts(one).items():
            new[name] = new.get(name, getattr(row, name)) + sign * number
        if (days := _took(one)) is not None:
            took[days] = took.get(days, 0) + sign
    return replace(row, **new, **measured(row.spread, took))


def measured(spread: Sequence[Took], more: Mapping[int, int]) -> Mapping[str, Any]:
    """The spread in the order of its days, its median and its longest, with so many answers `more` after so many days.

    Nothing where there are none more, and none fewer.
    """
    if not any(more.values()):
        return {}
    times = {one.days: one.times for one in spread if one.days in more}
    changed = [Took(days, left) for days, by in more.items() if (left := times.get(days, 0) + by)]
    took = tuple(sorted([*(one for one in spread if one.days not in more), *changed], key=_DAYS))
    if not took:
        return {"spread": (), "median_days": None, "longest_days": None}
    return {"spread": took, "median_days": _median(took), "longest_days": took[-1].days}


_DAYS = attrgetter("days")


def _median(spread: Sequence[Took]) -> int:
    """Of an even number of answers the quicker one of the two in the middle."""
    passed, middle = 0, (sum(one.times for one in spread) + 1) // 2
    for one in spread:
        passed += one.times
        if passed >= middle:
            return one.days
    raise AssertionError("the middle lies within")


RESPONSE_TIMES = View(
    name="response-times",
    version=1,
    says="How long each unit took to answer what it owed, by kind: median, longest, and what is unanswered.",
    subject=Subject.FIGURES,
    shows=("kind", "sphere", "owed", "unanswered", "missed", "answered", "late", "median_days", "longest_days"),
    row=ResponseRow,
    key_says="The unit's id and what is owed: <unit>/<kind>.",
    touched_by=HAPPENINGS,
    keys=keys,
    fold=fold,
    reads=("units", *THINGS.values(), "obligations"),
    sort="unit",
)
