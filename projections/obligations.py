"""Obligations: who owes what by when, what was met and missed, and who has gone silent, in every context."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import is_
from sys import intern
from typing import Annotated
from uuid import UUID

from domain.deadlines import (
    DeadlineMet,
    DeadlineMissed,
    DeadlineMoved,
    DeadlineSet,
    DeadlineSuspended,
    DeadlineVoided,
    Standing,
)
from domain.kernel import Indexed, PartialDate, Recorded, Says, Searched, Words
from domain.replacing import quick, replace
from projections.kernel import Computed, Look, Subject, View, ended_by
from projections.things import HAPPENINGS, THINGS, Thing, context_of, renamed, thing, thing_both
from projections.units import unit_name

SOON = 30
"""Days before its day from which something is due soon: how the list is read, no rule of the domain."""
OF_A_DEADLINE = (DeadlineSet, DeadlineMet, DeadlineMissed, DeadlineVoided, DeadlineSuspended, DeadlineMoved)
STILL = (Standing.MET, Standing.VOID, Standing.SUSPENDED)
"""Standings in which no clock runs, so that how it stands depends on no day."""
STANDS = ("later", "due_soon", "overdue", "silent", "missed", "suspended", "met", "void")
"""How a deadline may stand on a day."""


@quick
@dataclass(frozen=True, slots=True)
class ObligationRow:
    """One deadline, as it was computed when its clock started, and what became of it."""

    context: Annotated[str, Indexed(), Says("The subject of the thing: commitments, mandates, ...")]
    stream: Annotated[UUID, Indexed(), Says("The thing under which it is owed.")]
    title: Annotated[Words, Searched(), Says("What the thing is called, in its languages.")]
    number: Annotated[int, Says("The deadline's number in it.")]
    unit: Annotated[UUID | None, Indexed(), Says("The unit that owes it; empty where no unit does.")]
    unit_name: Annotated[str, Searched(), Says("Its name.")]
    kind: Annotated[str, Indexed(), Says("What is owed.")]
    starts_on: Annotated[date, Says("When the clock started.")]
    due_on: Annotated[date, Indexed(), Says("The last day.")]
    first_due_on: Annotated[date, Says("The last day as it was first computed.")]
    policy: Annotated[str, Says("The policy it was computed by; empty where the parties named the day.")]
    calendar: Annotated[str, Says("The calendar it was computed with; empty where the parties named the day.")]
    about: Annotated[int | None, Says("The number, within the thing, of what it is for: a milestone, a notice, ...")]
    state: Annotated[Standing, Indexed(), Says("Open, suspended, met, missed or void.")] = Standing.OPEN
    met_on: Annotated[PartialDate | None, Says("When it was met.")] = None
    late: Annotated[bool, Indexed(), Says("Whether it was met after its day.")] = False
    missed_on: Annotated[date | None, Says("When the register recorded that its day had passed.")] = None
    suspended_on: Annotated[date | None, Says("Since when its clock has stood still.")] = None
    owed_until: Annotated[date | None, Says("Up to which day it was owed: met then, or void; empty while it is.")] = (
        None
    )
    last_word_on: Annotated[date | None, Says("When the unit last said anything of this thing.")] = None


def keys(record: Recorded, look: Look) -> Iterable[str]:
    """The deadline that a record names, and those that the acting unit still owes: it has given word.

    Those that another unit owes from now on; where the record gives the thing another name, all that are still owed.
    """
    event = record.event
    named = event.number if isinstance(event, OF_A_DEADLINE) else None
    # The deadlines as they stood before: what this record sets or meets, it names itself.
    before, after = thing_both(record, look)
    touched = _touched(before, after, record) if before is not None and before.owed else ()
    if not touched:
        return () if named is None else (f"{record.key}/{named}",)
    numbers = set(touched) if named is None else {named, *touched}
    return [f"{record.key}/{number}" for number in sorted(numbers)]


def _touched(before: Thing, after: Thing | None, record: Recorded) -> Sequence[int]:
    """The numbers of deadlines that it does not name, and changes all the same."""
    if after is not None and renamed(before, after):
        return [one.number for one in before.owed]
    numbers: Sequence[int] = ()
    if _gives_word(before, after, record):
        unit = record.actor.unit
        numbers = [one.number for one in before.owed if one.unit is unit or one.unit == unit]
    return [*numbers, *passed_on(before, after)]


def passed_on(before: Thing | None, after: Thing | None) -> Sequence[int]:
    """The numbers of deadlines that another unit owes from now on."""
    if before is None or after is None or before.owed is after.owed or all(map(is_, before.owed, after.owed)):
        return ()
    by = {one.number: one.unit for one in after.owed}
    return [one.number for one in before.owed if by.get(one.number, one.unit) != one.unit]


def _gives_word(before: Thing, after: Thing | None, record: Recorded) -> bool:
    """Whether a unit acted. Of the records of one command the first says so of all that it owed by then."""
    unit = record.actor.unit
    if unit is None:
        return False
    return record.of[0] == 1 or after is None or after.heard(unit) != before.heard(unit)


def fold(key: str, before: ObligationRow | None, record: Recorded, look: Look) -> ObligationRow | None:
    event, whole = record.event, thing(record, look)
    assert whole is not None, "what has deadlines is a thing of its context"
    if isinstance(event, DeadlineSet) and before is None:
        return ObligationRow(
            context=context_of(record),
            stream=record.stream,
            title=whole.called,
            number=event.number,
            unit=event.unit,
            unit_name=unit_name(look, event.unit) if event.unit else "",
            # Many deadlines say the same few words; a row keeps none of its own.
            kind=intern(str(event.kind)),
            starts_on=event.starts_on,
            due_on=event.due_on,
            first_due_on=event.due_on,
            policy=intern(event.policy),
            calendar=intern(event.calendar),
            about=event.about,
            last_word_on=whole.heard(event.unit),
        )
    assert before is not None, "a deadline is set before anything befalls it"
    named = isinstance(event, OF_A_DEADLINE) and event.number == before.number
    row = _owed_by(_after(before, record) if named else before, whole, look)
    title, heard = whole.called, whole.heard(row.unit)
    # Of one word to several deadlines, and of several in a day, most say nothing new.
    return row if (title, heard) == (row.title, row.last_word_on) else replace(row, title=title, last_word_on=heard)


def _owed_by(row: ObligationRow, whole: Thing, look: Look) -> ObligationRow:
    """What is still owed, by the unit that owes it now: a successor takes it over."""
    for one in whole.owed:
        if one.number == row.number:
            unit = one.unit
            if unit is row.unit or unit is None or unit == row.unit:
                return row
            return replace(row, unit=unit, unit_name=unit_name(look, unit))
    return row


def _after(row: ObligationRow, record: Recorded) -> ObligationRow:
    event = record.event
    match event:
        case DeadlineMet():
            met = replace(row, state=Standing.MET, met_on=record.effective_on, late=event.late, suspended_on=None)
            return replace(met, owed_until=ended_by(record))
        case DeadlineMissed():
            return replace(row, state=Standing.MISSED, missed_on=record.at.date())
        case DeadlineVoided():
            return replace(row, state=Standing.VOID, suspended_on=None, owed_until=ended_by(record))
        case DeadlineSuspended():
            return replace(row, state=Standing.SUSPENDED, suspended_on=event.suspended_on)
        case DeadlineMoved():
            return replace(row, state=Standing.OPEN, due_on=event.due_on, suspended_on=None, owed_until=None)
        case _:
            return row


def days_left(row: ObligationRow, day: date) -> int | None:
    """Days until the last day, negative after it; None once it is met or void, and while its clock stands still."""
    return None if row.state in STILL else (row.due_on - day).days


def standing(row: ObligationRow, day: date) -> str:
    """How it stands on a day.

    `silent`: its day has passed, and the unit has said nothing since the clock started. Otherwise `missed` once that
    was recorded, `overdue` until then, `due_soon` in the last days before, `later` earlier than that.
    """
    if row.state in STILL:
        return row.state.value
    past = row.state is Standing.MISSED or day > row.due_on
    if past and row.unit is not None and (row.last_word_on is None or row.last_word_on <= row.starts_on):
        return "silent"
    if row.state is Standing.MISSED:
        return "missed"
    if past:
        return "overdue"
    return "due_soon" if (row.due_on - day).days <= SOON else "later"


def days_silent(row: ObligationRow, day: date) -> int | None:
    """For how many days the unit has said nothing of this thing; None where it never did, or nobody owes it."""
    return None if row.last_word_on is None else (day - row.last_word_on).days


OBLIGATIONS = View(
    name="obligations",
    version=4,
    says="Who owes what by when, what was met and missed, and who has gone silent.",
    subject=Subject.TURNS,
    shows=("standing", "kind", "unit_name", "due_on", "days_left", "late", "met_on", "days_silent", "context"),
    row=ObligationRow,
    key_says="The thing's id and the deadline's number: <thing>/<number>.",
    touched_by=HAPPENINGS,
    keys=keys,
    fold=fold,
    reads=("units", *THINGS.values()),
    sort="due_on",
    span=("starts_on", "owed_until"),
    computed=(
        Computed(
            name="days_left",
            type=int,
            says="Days until the last day, negative after it; empty once it is met or void, and while suspended.",
            of=days_left,
            sql="(case when state in ('met', 'void', 'suspended') then null else due_on - {day} end)",
        ),
        Computed(
            name="standing",
            type=str,
            says="How it stands that day: later, due_soon, overdue, silent, missed, suspended, met or void.",
            of=standing,
            sql=(
                "(case when state in ('met', 'void', 'suspended') then state"
                " when (state = 'missed' or {day} > due_on) and unit is not null"
                " and (last_word_on is null or last_word_on <= starts_on) then 'silent'"
                " when state = 'missed' then 'missed'"
                " when {day} > due_on then 'overdue'"
                f" when due_on - {{day}} <= {SOON} then 'due_soon'"
                " else 'later' end)"
            ),
        ),
        Computed(
            name="days_silent",
            type=int,
            says="For how many days the unit has said nothing of this thing.",
            of=days_silent,
            sql="({day} - last_word_on)",
        ),
    ),
)
