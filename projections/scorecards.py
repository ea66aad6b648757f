"""Scorecards by unit, sphere and goal and of the whole register: sums of what commitments contribute, always exact.

A row is what it was, less what the touched commitment contributed before the record, plus what it contributes now
(deploy/decisions/0010). Commitments count by a rule, and each row says from which records its figures were made (see
`projections.figures`).
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter, is_
from typing import Annotated, Any, TypeAlias, assert_never
from uuid import UUID

from domain import sdg
from domain.commitments import COMMITMENTS as COMMITMENT_CONTEXT
from domain.commitments.words import ENDED, Answer, Breadth, Stage
from domain.kernel import Indexed, Level, Recorded, Says, Searched, Sphere
from domain.opening import LedgerOpened
from domain.replacing import quick, replace
from domain.units import UNITS as UNIT_CONTEXT
from projections.commitment_row import CommitmentRow, PartyRow
from projections.engagements import EngagementRow, came_or_went
from projections.figures import STANDARD, Inputs, Rule, in_a_hundred, no_inputs
from projections.kernel import Look, Subject, View, text_of
from projections.units import UnitRow


class Scope(StrEnum):
    """What a scorecard is of."""

    UNIT = "unit"
    SPHERE = "sphere"
    SDG = "sdg"
    REGISTER = "register"


WHOLE = f"{Scope.REGISTER}:all"
"""The key of the one card of the whole register, on which each commitment counts once."""


@quick
@dataclass(frozen=True, slots=True)
class ScorecardRow:
    """Counts for a unit, a sphere, a goal or the register. What is overdue depends on the day: see obligations."""

    scope: Annotated[Scope, Indexed(), Says("Whether it is of a unit, a sphere, a goal or the whole register.")]
    of: Annotated[str, Indexed(), Says("The unit's id, the sphere, the goal's number, or `all`.")]
    title: Annotated[str, Searched(), Says("What that is called.")] = ""
    sphere: Annotated[Sphere | None, Indexed(), Says("The sphere of the unit.")] = None
    units: Annotated[int, Says("How many units there are in it: the denominator.")] = 0
    with_commitments: Annotated[int, Says("How many of them take part in a commitment.")] = 0
    commitments: Annotated[
        int,
        Says(
            "How many commitments in total: those it owns, and those in which it takes part as a party that accepted."
            " On the card of the register every commitment counts once."
        ),
    ] = 0
    owned: Annotated[int, Says("How many of them are owned here.")] = 0
    shared: Annotated[int, Says("How many are shared across spheres.")] = 0
    proposed: Annotated[int, Says("Proposed.")] = 0
    negotiated: Annotated[int, Says("Agreed by all, not yet adopted.")] = 0
    adopted: Annotated[int, Says("Adopted.")] = 0
    adopted_not_verifiable: Annotated[int, Says("Adopted, and nobody could check them.")] = 0
    in_progress: Annotated[int, Says("In progress.")] = 0
    completed: Annotated[int, Says("Completed.")] = 0
    partially_completed: Annotated[int, Says("Partially completed.")] = 0
    not_met: Annotated[int, Says("Not met.")] = 0
    withdrawn: Annotated[int, Says("Withdrawn.")] = 0
    recorded_from_source: Annotated[int, Says("Recorded from a published source.")] = 0
    self_reported: Annotated[int, Says("Reported by those who made them.")] = 0
    confirmed: Annotated[int, Says("Confirmed by another party.")] = 0
    verified: Annotated[int, Says("Verified by an independent assessment.")] = 0
    completed_verified: Annotated[int, Says("Completed, and verified.")] = 0
    contested: Annotated[int, Says("Contested by a party.")] = 0
    delayed: Annotated[int, Says("Not ended, with something recorded as missed and not made good.")] = 0
    on_hold: Annotated[int, Says("On hold.")] = 0
    inactive: Annotated[int, Says("Inactive.")] = 0
    with_evidence: Annotated[int, Says("With at least one piece of evidence.")] = 0
    milestones: Annotated[int, Says("Milestones.")] = 0
    milestones_completed: Annotated[int, Says("Milestones completed.")] = 0
    kept: Annotated[int | None, Says("Of a hundred that ended otherwise than by withdrawal, how many completed.")] = (
        None
    )
    inputs: Annotated[Inputs | None, Says("By which rule these figures were made, and from which records.")] = None


COUNTS = tuple(one.name for one in fields(ScorecardRow))[4:-2]
"""The columns that are sums: all but the first four, which say of what, and the last two, which follow from them."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one row of an earlier view adds to each scorecard it counts in: key -> column -> number."""

    by_key: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def to(self, key: str) -> Mapping[str, int]:
        return self.by_key.get(key, _NOTHING)


_NOTHING: Mapping[str, int] = {}
_UNCHANGED: Mapping[str, Mapping[str, int]] = {}


_PLACES = 4
_counted_of: Callable[[CommitmentRow], "_Counted"] = attrgetter(
    "parties", "owner", "owner_sphere", "sdg",
    "breadth", "state", "level", "contested", "delayed", "on_hold", "inactive",
    "evidence", "milestones", "milestones_completed",
)  # fmt: skip
"""All that figures are made from: where it is the same before and after, no figure changes.

The first `_PLACES` say in which cards it counts, the others for what.
"""
_Counted: TypeAlias = tuple[Any, ...]


def of_commitment(row: CommitmentRow | None, rule: Rule = STANDARD) -> Contribution:
    """A pure function of the commitment's row alone; nothing while there is none, or where it is left out."""
    counts_as = None if row is None else rule.counted(row)
    return _contribution(None if counts_as is None else _counted_of(counts_as))


def _contribution(counted: _Counted | None) -> Contribution:
    if counted is None:
        return Contribution()
    others, owners = _counts(*counted[_PLACES:])
    return Contribution({key: owners if owns else others for key, owns in _cards(*counted[:_PLACES])})


def _cards(
    parties: Sequence[PartyRow], owner: UUID, owner_sphere: Sphere, codes: Sequence[str]
) -> Iterator[tuple[str, bool]]:
    """The cards that it counts in, and whether it is owned there."""
    bound = [party for party in parties if party.answer is Answer.ACCEPTED]
    for sphere in {party.sphere for party in bound}:
        yield _SPHERE + sphere, sphere == owner_sphere
    for goal in {sdg.goal_of(code) for code in codes}:
        yield _SDG + goal, False
    for party in bound:
        yield _UNIT + text_of(party.unit), party.unit == owner
    yield WHOLE, True


_UNIT, _SPHERE, _SDG = (f"{scope}:" for scope in (Scope.UNIT, Scope.SPHERE, Scope.SDG))


@lru_cache(10_000)
def _counts(
    breadth: Breadth,
    state: Stage,
    level: Level,
    contested: bool,
    delayed: bool,
    on_hold: bool,
    inactive: bool,
    evidence: int,
    milestones: int,
    milestones_completed: int,
) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """What it adds to a card, and to one on which it is owned. Many commitments stand alike."""
    every = {
        "commitments": 1,
        "shared": int(breadth == "shared"),
        state.value: 1,
        level.value: 1,
        "completed_verified": int(state is Stage.COMPLETED and level is Level.VERIFIED),
        "contested": int(contested),
        "delayed": int(delayed and state not in ENDED),
        "on_hold": int(on_hold),
        "inactive": int(inactive),
        "with_evidence": int(evidence > 0),
        "milestones": milestones,
        "milestones_completed": milestones_completed,
    }
    others = {name: number for name, number in every.items() if number}
    return others, {**others, "owned": 1}


def of_territory(row: CommitmentRow, units: Container[UUID], rule: Rule = STANDARD) -> Mapping[str, int] | None:
    """What it adds to the one card of several units; None where none of them takes part, or where it is left out."""
    counted = rule.counted(row)
    if counted is None:
        return None
    bound = [one.unit for one in counted.parties if one.answer is Answer.ACCEPTED and one.unit in units]
    if not bound:
        return None
    others, owners = _counts(*_counted_of(counted)[_PLACES:])
    return owners if counted.owner in bound else others


def of_engagement(row: EngagementRow | None) -> Contribution:
    """A unit counts in its sphere and in the register while it exists, and once more if it takes part in anything."""
    if row is None:
        return Contribution()
    one = _TAKING_PART if row.alive and row.commitments > 0 else _ALIVE if row.alive else _NOTHING
    return Contribution({_UNIT + text_of(row.unit): one, _SPHERE + row.sphere: one, WHOLE: one})


_ALIVE: Mapping[str, int] = {"units": 1}
_TAKING_PART: Mapping[str, int] = {"units": 1, "with_commitments": 1}


ENDS = ("completed", "partially_completed", "not_met")
_OUTCOMES = frozenset(ENDS)

Pairs: TypeAlias = Sequence[tuple[Contribution, Contribution]]
"""What a record takes away and what it adds instead."""
Rows: TypeAlias = Sequence[Any]
"""Rows, each before the record and after it: the commitment's, then those of units that it or the record touches."""


@dataclass(slots=True)
class _Counting:
    """Cards by one rule. What a record changes is worked out once: all cards that it changes ask for it."""

    rule: Rule
    _rows: Rows = ()
    _found: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    _record: Recorded | None = None
    _last: "tuple[CommitmentRow | None, _Counted | None]" = (None, None)

    def keys(self, record: Recorded, look: Look) -> Iterable[str]:
        """Every card that loses or gains something; when the ledger opens, all but those of units."""
        if isinstance(record.event, LedgerOpened):
            spheres = [f"{Scope.SPHERE}:{sphere}" for sphere in Sphere]
            return [*spheres, *(f"{Scope.SDG}:{goal}" for goal in sdg.GOALS), WHOLE]
        changed = self._changes(record, look)
        if self._rows[1] is None and look.row("units", record.key) is not None:
            return sorted({*changed, f"{Scope.UNIT}:{record.key}"})  # its title may be another
        return sorted(changed) if changed else ()

    def fold(self, key: str, before: ScorecardRow | None, record: Recorded, look: Look) -> ScorecardRow | None:
        row = before or blank(key)
        if isinstance(record.event, LedgerOpened):
            changes = _NOTHING
        else:
            # Asked by `keys` just now, unless somebody folds by hand.
            found = self._found if record is self._record else self._changes(record, look)
            changes = found.get(key, _NOTHING)
        new: dict[str, Any] = {name: getattr(row, name) + number for name, number in changes.items()}
        if not _OUTCOMES.isdisjoint(new):
            done, partly, not_met = [new.get(one, getattr(row, one)) for one in ENDS]
            new["kept"] = in_a_hundred(done, done + partly + not_met)
        new["inputs"] = (row.inputs or no_inputs(key, self.rule)).then(record, changes)
        if before is None or record.key == row.of:
            new |= _titles(row, look)
        return replace(row, **new)

    def _changes(self, record: Recorded, look: Look) -> Mapping[str, Mapping[str, int]]:
        """Card -> by how much each of its figures changes."""
        rows = _touched(record, look)
        if len(rows) != len(self._rows) or not all(map(is_, rows, self._rows)):
            self._rows, self._found = rows, self._worked_out(rows)
        self._record = record
        return self._found

    def _worked_out(self, rows: Rows) -> Mapping[str, Mapping[str, int]]:
        before, after, *engaged = rows
        was, now = self._counted(before), self._counted(after)
        if not engaged:
            if was == now:
                return _UNCHANGED  # after most records
            if was is not None and now is not None and was[:_PLACES] == now[:_PLACES]:
                changes = _step(was[_PLACES:], now[_PLACES:])
                return dict.fromkeys([key for key, _ in _cards(*now[:_PLACES])], changes) if changes else _UNCHANGED
        engagements = zip(engaged[::2], engaged[1::2], strict=True)
        pairs = [(of_engagement(one), of_engagement(two)) for one, two in engagements if one is not two]
        if was != now:
            pairs.append((_contribution(was), _contribution(now)))
        return _changes(pairs)

    def _counted(self, row: CommitmentRow | None) -> "_Counted | None":
        """What stood before one record is most often what stood after the last."""
        if row is self._last[0]:
            return self._last[1]
        counts_as = None if row is None else self.rule.counted(row)
        counted = None if counts_as is None else _counted_of(counts_as)
        self._last = row, counted
        return counted


def _touched(record: Recorded, look: Look) -> Rows:
    whole = look.both("commitments", record.key)
    moved = came_or_went(*whole)
    if whole[1] is not None and not moved:
        return whole
    units = sorted({record.key, *map(text_of, moved)})
    return (*whole, *(row for unit in units for row in look.both("engagements", unit)))


def _changes(pairs: Pairs) -> Mapping[str, Mapping[str, int]]:
    """By how much each figure of each card changes; what stays as it is, is not there."""
    found = dict[str, dict[str, int]]()
    for before, after in pairs:
        for key in {**before.by_key, **after.by_key}:
            was, now = before.to(key), after.to(key)
            if was is not now:  # of many parties, most count as they did
                _step_on(found.setdefault(key, {}), was, now)
    return {key: changes for key, changes in found.items() if changes}


def _step_on(changes: dict[str, int], was: Mapping[str, int], now: Mapping[str, int]) -> None:
    """Adds to the changes of one card: what counted there is taken away, what counts now comes instead."""
    for sign, side in ((-1, was), (1, now)):
        for name, number in side.items():
            if left := changes.get(name, 0) + sign * number:
                changes[name] = left
            else:
                changes.pop(name, None)


@lru_cache(10_000)
def _step(was: _Counted, now: _Counted) -> Mapping[str, int]:
    """The same of one commitment that counts on the same cards: commitments take few kinds of steps."""
    changes = dict[str, int]()
    _step_on(changes, _counts(*was)[0], _counts(*now)[0])
    return changes


def blank(key: str) -> ScorecardRow:
    """A card on which nothing counts yet."""
    scope, of = key.split(":", 1)
    return ScorecardRow(Scope(scope), of, title_of(Scope(scope), of))


def title_of(scope: Scope, of: str) -> str:
    """What a sphere, a goal or the register is called; a unit's name stands in the directory."""
    match scope:
        case Scope.SPHERE:
            return f"{of.capitalize()} sphere"
        case Scope.SDG:
            return sdg.NAMES[of]
        case Scope.REGISTER:
            return "The whole register"
        case Scope.UNIT:
            return ""
        case _:
            assert_never(scope)


def _titles(row: ScorecardRow, look: Look) -> Mapping[str, Any]:
    """What a unit's card says of the unit, as it is called now."""
    unit: UnitRow | None = look.row("units", row.of) if row.scope is Scope.UNIT else None
    return {"title": unit.title, "sphere": unit.sphere} if unit else {}


def scorecards(rule: Rule, name: str = "scorecards") -> View:
    """The view of scorecards by a rule."""
    counting = _Counting(rule)
    return View(
        name=name,
        version=4,
        says="How many commitments stand where, by unit, sphere and Sustainable Development Goal and in the whole"
        " register, with denominators.",
        subject=Subject.FIGURES,
        shows=(
            "scope",
            "commitments",
            "completed",
            "in_progress",
            "delayed",
            "contested",
            "not_met",
            "kept",
            "units",
            "with_commitments",
        ),
        row=ScorecardRow,
        key_says=f"unit:<id>, sphere:<sphere>, sdg:<goal> or {WHOLE}.",
        touched_by=(LedgerOpened, *UNIT_CONTEXT.events, *COMMITMENT_CONTEXT.events),
        keys=counting.keys,
        fold=counting.fold,
        reads=("units", "commitments", "engagements"),
    )


SCORECARDS = scorecards(STANDARD)
