"""Activity: everything that was recorded, in order, one line each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from domain.kernel import EventName, Indexed, PartialDate, Recorded, Role, Says, Searched, Sphere, Words
from domain.replacing import quick
from projections.kernel import Beside, Look, Narrowing, View, text_of
from projections.things import THINGS, context_of, thing
from projections.units import UnitRow

LONG_AFTER = 30
"""Days from which on a page offers what was recorded so long after it counts."""
CLOCK = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60))
"""Each minute of a day as people write it: there is one a record."""
DIGITS = 16
"""Positions as text of one length sort as numbers do; 16 digits hold every whole number that JSON keeps exact."""


class Closed(StrEnum):
    """Why offices are closed."""

    HOLIDAY = "holiday"
    WEEKEND = "weekend"
    NIGHT = "night"


@quick
@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One record: what happened, to what, by whom, when and why."""

    position: Annotated[int, Indexed(), Says("The record's position in the ledger.")]
    type: Annotated[str, Indexed(), Says("What happened, by its stored name.")]
    context: Annotated[str, Indexed(), Says("The subject it belongs to.")]
    stream: Annotated[UUID, Indexed(), Says("The thing it happened to.")]
    version: Annotated[int, Says("Its number in the history of that thing.")]
    title: Annotated[Words | None, Searched(), Says("What the thing is called, in its languages.")]
    unit: Annotated[UUID | None, Indexed(), Says("The unit that acted; empty for the register itself.")]
    unit_name: Annotated[str, Searched(), Says("Its name.")]
    sphere: Annotated[Sphere | None, Indexed(), Says("Its sphere.")]
    role: Annotated[Role | None, Indexed(), Says("In which role somebody acted for it.")]
    because: Annotated[str, Searched(), Says("The reasons recorded with it.")]
    at: Annotated[date, Indexed(), Says("The day on which it was recorded (UTC).")]
    effective_on: Annotated[PartialDate, Indexed(), Says("When it counts in law.")]
    corrects: Annotated[EventName | None, Indexed(), Says("The record that it corrects.")]
    cause: Annotated[EventName | None, Indexed(), Says("The record to which the register reacted by it.")]
    command: Annotated[int, Indexed(), Says("The position of the first record of the command that made it.")]
    time: Annotated[str, Says("The minute of that day (UTC).")]
    backdated: Annotated[
        int, Indexed(), Says("How many days before that day it counts from, at least; 0: from that day, or later.")
    ]
    jurisdiction: Annotated[str, Says("ISO 3166 code of the law that applied to the unit then.")]
    time_zone: Annotated[str, Says("The time zone in which the unit was then (IANA).")]


def key_of(position: int) -> str:
    """The key of a record's line."""
    return str(position).zfill(DIGITS)


def keys(record: Recorded, look: Look) -> Iterable[str]:
    return (key_of(record.position),)


def fold(key: str, before: ActivityRow | None, record: Recorded, look: Look) -> ActivityRow | None:
    unit, at, counts = record.actor.unit, record.at, record.effective_on.latest()
    by: UnitRow | None = look.row("units", text_of(unit)) if unit else None
    day = at.date()
    return ActivityRow(
        position=record.position,
        type=record.type,
        context=context_of(record),
        stream=record.stream,
        version=record.version,
        title=_title(record, look),
        unit=unit,
        unit_name=by.title if by else "",
        sphere=record.actor.sphere,
        role=record.actor.role,
        because=record.because,
        at=day,
        effective_on=record.effective_on,
        corrects=record.corrects,
        cause=record.cause,
        command=record.position - record.of[0] + 1,
        time=CLOCK[at.hour * 60 + at.minute],
        backdated=(day - counts).days if counts is not None and counts < day else 0,
        jurisdiction=by.jurisdiction if by else "",
        time_zone=by.time_zone if by else "",
    )


def _title(record: Recorded, look: Look) -> Words | None:
    found = thing(record, look)
    if found is not None:
        return found.called
    unit: UnitRow | None = look.row("units", record.key)
    return unit.name if unit is not None else None


ACTIVITY = View(
    name="activity",
    version=3,
    says="Everything that was recorded, in order, one line each.",
    shows=("type", "unit_name", "role", "effective_on", "at", "time", "backdated", "offices_closed", "because"),
    row=ActivityRow,
    key_says=f"The record's position in the ledger, as {DIGITS} digits.",
    touched_by=(),
    keys=keys,
    fold=fold,
    reads=("units", *THINGS.values()),
    sort="key",
    beside=(
        Beside(
            "offices_closed",
            Closed,
            "Why offices were closed where the unit that acted has its own: a holiday or a weekend by `calendar`, or"
            " night, before 7 or from 20 o'clock on, by its time zone.",
        ),
        Beside(
            "calendar",
            str,
            "The calendar by which that is told, as the program knows it: of a country, or a part of one;"
            " `weekends-only` where it knows no holidays.",
        ),
    ),
    narrowings=(
        Narrowing("corrects", "is_null", "false", "Only corrections."),
        Narrowing("backdated", "gt", str(LONG_AFTER), "Only what was recorded more than a month after it counts."),
        Narrowing("offices_closed", "is_null", "false", "Only what was recorded outside office hours."),
    ),
    once=True,
)
