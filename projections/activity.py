"""Activity: everything that was recorded, in order, one line each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from domain.kernel import EventName, Indexed, PartialDate, Recorded, Role, Says, Searched, Sphere, Words
from domain.replacing import quick
from projections.kernel import Look, View
from projections.things import THINGS, context_of, thing
from projections.units import UnitRow, unit_name

DIGITS = 16
"""Positions as text of one length sort as numbers do; 16 digits hold every whole number that JSON keeps exact."""


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
    corrects: Annotated[EventName | None, Says("The record that it corrects.")]


def key_of(position: int) -> str:
    """The key of a record's line."""
    return str(position).zfill(DIGITS)


def keys(record: Recorded, look: Look) -> Iterable[str]:
    return (key_of(record.position),)


def fold(key: str, before: ActivityRow | None, record: Recorded, look: Look) -> ActivityRow | None:
    unit = record.actor.unit
    return ActivityRow(
        position=record.position,
        type=record.type,
        context=context_of(record),
        stream=record.stream,
        version=record.version,
        title=_title(record, look),
        unit=unit,
        unit_name=unit_name(look, unit) if unit else "",
        sphere=record.actor.sphere,
        role=record.actor.role,
        because=record.because,
        at=record.at.date(),
        effective_on=record.effective_on,
        corrects=record.corrects,
    )


def _title(record: Recorded, look: Look) -> Words | None:
    found = thing(record, look)
    if found is not None:
        return found.called
    unit: UnitRow | None = look.row("units", record.key)
    return unit.name if unit is not None else None


ACTIVITY = View(
    name="activity",
    version=2,
    says="Everything that was recorded, in order, one line each.",
    row=ActivityRow,
    key_says=f"The record's position in the ledger, as {DIGITS} digits.",
    touched_by=(),
    keys=keys,
    fold=fold,
    reads=("units", *THINGS.values()),
    sort="key",
    once=True,
)
