"""Deadlines as every context records them, so that one clock and one list of obligations serve all.

A context declares its own events as subclasses of these, and its streams number their deadlines 1, 2, 3 ... A deadline
is computed once, when its clock starts, with the calendar and the policy in force, and recorded as computed; what
changes later moves it only by a record of its own. `Context.clock` names the command by which the clock says that a
deadline's last day has passed; the command has one field of its own, `deadline`, the number.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar

from domain.kernel import Refused, UnitId
from domain.replacing import replace

Happened = TypeVar("Happened")


class Standing(StrEnum):
    """Where a deadline, or a step, stands. What was missed can still be met, late."""

    OPEN = "open"
    SUSPENDED = "suspended"
    MET = "met"
    MISSED = "missed"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class DeadlineSet:
    """A clock starts. `kind`: what is owed, a word of the context.

    `unit` owes it (None: nobody in particular). `policy` is the version consulted, empty where the parties named the
    day themselves. `about`: the number of the thing within the stream that it is for (a milestone, another deadline).
    """

    number: int
    kind: str
    starts_on: date
    due_on: date
    policy: str
    calendar: str
    unit: UnitId | None = None
    about: int | None = None


@dataclass(frozen=True, slots=True)
class DeadlineMet:
    """What was owed is there."""

    number: int
    late: bool
    unit: UnitId | None = None


@dataclass(frozen=True, slots=True)
class DeadlineMissed:
    """Its last day passed, and nobody did it."""

    number: int
    kind: str
    due_on: date
    unit: UnitId | None = None


@dataclass(frozen=True, slots=True)
class DeadlineVoided:
    """Nobody owes it any longer: its thing ended, moved, or was done in another way."""

    number: int


@dataclass(frozen=True, slots=True)
class DeadlineSuspended:
    """Its clock stands still from this day on; it cannot be missed until it runs again."""

    number: int
    suspended_on: date


@dataclass(frozen=True, slots=True)
class DeadlineMoved:
    """It has another last day from now on: it was extended, or its clock runs again after a suspension."""

    number: int
    due_on: date


def numbered(known: int, events: Sequence[Happened]) -> Sequence[Happened]:
    """The events, with the new deadlines among them numbered on from the `known` ones of the stream."""
    out: list[Happened] = []
    for event in events:
        if isinstance(event, DeadlineSet):
            known += 1
            event = replace(event, number=known)
        out.append(event)
    return out


class Kept(Protocol):
    """A deadline as the state of a stream keeps it."""

    @property
    def kind(self) -> StrEnum: ...
    @property
    def due_on(self) -> date: ...
    @property
    def standing(self) -> Standing: ...


One = TypeVar("One", bound=Kept, covariant=True)


class Keeps(Protocol[One]):
    """The state of a stream with deadlines, the first of them number 1."""

    @property
    def deadlines(self) -> Sequence[One]: ...


def numbers(state: Keeps[One], kinds: Iterable[StrEnum], standing: Container[Standing]) -> list[tuple[int, One]]:
    """The deadlines of these kinds that stand so, with their numbers."""
    wanted, found = tuple(kinds), enumerate(state.deadlines, start=1)
    return [(number, one) for number, one in found if one.kind in wanted and one.standing in standing]


def the_one(state: Keeps[One], number: int) -> One:
    """The deadline of that number; Refused `no-such-deadline`."""
    if number > len(state.deadlines):
        raise Refused("no-such-deadline", f"There is no deadline {number}.", fields=("deadline",))
    return state.deadlines[number - 1]


def run_out(state: Keeps[One], number: int, today: date) -> One | None:
    """The open deadline whose last day has passed, None if it is no longer open; Refused `not-due-yet` until then."""
    one = the_one(state, number)
    if one.standing is not Standing.OPEN:
        return None
    if today <= one.due_on:
        raise Refused("not-due-yet", f"The deadline runs until the end of {one.due_on}.", due_on=one.due_on)
    return one
