"""What moved away from the citizen, and what was decided and has no mandate yet."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from domain.kernel import Indexed, Recorded, Says, Searched, Sphere
from domain.replacing import replace
from domain.subsidiarity.allocations import events as happened
from domain.subsidiarity.allocations.words import Due, Ground, Mode
from projections.allocation_row import AllocationRow
from projections.kernel import Computed, Look, Subject, View, own_stream
from projections.units import unit_name


class Shift(StrEnum):
    """Whether a matter is still further away, or came back."""

    STANDS = "stands"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A matter that was given to a sphere further from the citizen."""

    name: Annotated[str, Searched(), Says("What it is about.")]
    function: Annotated[str, Indexed(), Says("The function of government: a COFOG code.")]
    territory: Annotated[UUID, Indexed(), Says("The unit in whose territory it is to be done.")]
    territory_name: Annotated[str, Searched(), Says("Its name.")]
    nearest: Annotated[Sphere, Indexed(), Says("The sphere with which it would have stayed.")]
    sphere: Annotated[Sphere, Indexed(), Says("The sphere that is to act.")]
    mode: Annotated[Mode, Says("How it is to act.")]
    grounds: Annotated[tuple[Ground, ...], Says("Why.")]
    provisional: Annotated[bool, Indexed(), Says("Whether only for want of capacity, so for a time.")]
    because: Annotated[str, Searched(), Says("The reasons of the decision.")]
    rests_on: Annotated[UUID | None, Indexed(), Says("The unit whose grid bears it out.")]
    rests_on_name: Annotated[str, Searched(), Says("Its name.")]
    shifted_on: Annotated[date, Indexed(), Says("When it was decided, or last confirmed.")]
    revisit_on: Annotated[date | None, Indexed(), Says("When it is looked at again.")] = None
    state: Annotated[Shift, Indexed(), Says("Whether it is still further away.")] = Shift.STANDS
    returned_on: Annotated[date | None, Says("When it came back to the nearest sphere.")] = None


def shifted(key: str, before: ShiftRow | None, record: Recorded, look: Look) -> ShiftRow | None:
    event, whole = record.event, _whole(key, look)
    if isinstance(event, happened.RequestCorrected):
        return None if before is None else replace(before, name=whole.name)
    if isinstance(event, happened.RevisitScheduled):
        return None if before is None else replace(before, revisit_on=event.revisit_on)
    if not whole.upward:
        if before is None:
            return None
        return replace(before, state=Shift.RETURNED, returned_on=whole.decided_on, revisit_on=None)
    assert whole.sphere is not None, "what moved was decided"
    assert whole.mode is not None
    assert whole.decided_on is not None
    grid = next((one for one in whole.grids if one.number == whole.rests_on), None)
    return ShiftRow(
        name=whole.name,
        function=whole.function,
        territory=whole.territory,
        territory_name=whole.territory_name,
        nearest=whole.nearest,
        sphere=whole.sphere,
        mode=whole.mode,
        grounds=whole.grounds,
        provisional=whole.provisional,
        because=whole.because,
        rests_on=grid.unit if grid else None,
        rests_on_name=unit_name(look, grid.unit) if grid else "",
        shifted_on=whole.decided_on,
    )


def _whole(key: str, look: Look) -> AllocationRow:
    whole: AllocationRow = look.row("allocations", key)
    return whole


def days_to_revisit(row: ShiftRow, day: date) -> int | None:
    """Days until it is looked at again, negative after that day; None where no day is named."""
    return None if row.revisit_on is None else (row.revisit_on - day).days


UPWARD_SHIFTS = View(
    name="upward-shifts",
    version=1,
    says="Matters that went to a sphere further from the citizen: why, on whose grid, and when they are revisited.",
    subject=Subject.SUBSIDIARITY,
    shows=(
        "state",
        "nearest",
        "sphere",
        "mode",
        "provisional",
        "function",
        "territory_name",
        "rests_on_name",
        "shifted_on",
        "revisit_on",
        "days_to_revisit",
    ),
    row=ShiftRow,
    key_says="The allocation's id.",
    touched_by=(
        happened.RequestCorrected,
        happened.AllocationDecided,
        happened.AllocationRevisited,
        happened.AllocationReversed,
        happened.RevisitScheduled,
    ),
    keys=own_stream,
    fold=shifted,
    reads=("units", "allocations"),
    sort="shifted_on",
    computed=(
        Computed(
            name="days_to_revisit",
            type=int,
            says="Days until it is looked at again, negative after that day.",
            of=days_to_revisit,
            sql="(revisit_on - {day})",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class AwaitingRow:
    """A decision from which no mandate has followed yet."""

    name: Annotated[str, Searched(), Says("What it is about.")]
    function: Annotated[str, Indexed(), Says("The function of government: a COFOG code.")]
    territory: Annotated[UUID, Indexed(), Says("The unit in whose territory it is to be done.")]
    territory_name: Annotated[str, Searched(), Says("Its name.")]
    decider: Annotated[UUID, Indexed(), Says("The unit that decided.")]
    decider_name: Annotated[str, Searched(), Says("Its name.")]
    sphere: Annotated[Sphere, Indexed(), Says("The sphere that is to act.")]
    mode: Annotated[Mode, Indexed(), Says("How it is to act.")]
    decided_on: Annotated[date, Indexed(), Says("When it was decided.")]
    due_on: Annotated[date, Indexed(), Says("By when a mandate has to follow.")]
    unresolved: Annotated[bool, Indexed(), Says("Whether that day was recorded as passed.")] = False


def awaiting(key: str, before: AwaitingRow | None, record: Recorded, look: Look) -> AwaitingRow | None:
    event = record.event
    match event:
        case happened.AllocationDeadlineSet() if event.kind is Due.MANDATE:
            return _awaited(event, _whole(key, look))
        case happened.MandateFollowed() | happened.PowerHeldByLaw():
            return None
        case happened.RequestCorrected() if before is not None:
            return replace(before, name=_whole(key, look).name)
        case happened.NoMandateFollowed() if before is not None:
            return replace(before, unresolved=True)
        case _:
            return before


def _awaited(event: happened.AllocationDeadlineSet, whole: AllocationRow) -> AwaitingRow:
    assert whole.sphere is not None, "a mandate follows a decision"
    assert whole.mode is not None
    return AwaitingRow(
        name=whole.name,
        function=whole.function,
        territory=whole.territory,
        territory_name=whole.territory_name,
        decider=whole.decider,
        decider_name=whole.decider_name,
        sphere=whole.sphere,
        mode=whole.mode,
        decided_on=event.starts_on,
        due_on=event.due_on,
    )


def days_left(row: AwaitingRow, day: date) -> int:
    """Days until a mandate has to have followed, negative after that day."""
    return (row.due_on - day).days


AWAITING_MANDATE = View(
    name="decisions-awaiting-mandate",
    version=2,
    says="Decisions on who is to act from which no mandate has followed yet, and by when one has to.",
    subject=Subject.SUBSIDIARITY,
    shows=(
        "decider_name",
        "sphere",
        "mode",
        "function",
        "territory_name",
        "decided_on",
        "due_on",
        "days_left",
        "unresolved",
    ),
    row=AwaitingRow,
    key_says="The allocation's id.",
    touched_by=(
        happened.RequestCorrected,
        happened.AllocationDeadlineSet,
        happened.MandateFollowed,
        happened.PowerHeldByLaw,
        happened.NoMandateFollowed,
    ),
    keys=own_stream,
    fold=awaiting,
    reads=("allocations",),
    sort="due_on",
    computed=(
        Computed(
            name="days_left",
            type=int,
            says="Days until a mandate has to have followed, negative after that day.",
            of=days_left,
            sql="(due_on - {day})",
        ),
    ),
)
