"""A context of the tests' own, given one line in the table of things: what views across contexts promise to any."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast
from uuid import UUID

import pytest

from domain import deadlines
from domain.kernel import Recorded, Words
from projections import things
from projections.kernel import Look, View, own_stream
from projections.things import Matter, Owed


@dataclass(frozen=True, slots=True)
class GardenLaid:
    name: Words


@dataclass(frozen=True, slots=True)
class GardenRenamed:
    name: Words


@dataclass(frozen=True, slots=True)
class WaterAsked:
    unit: UUID | None
    number: int


@dataclass(frozen=True, slots=True)
class Watered:
    number: int


@dataclass(frozen=True, slots=True)
class Set(deadlines.DeadlineSet):
    pass


@dataclass(frozen=True, slots=True)
class Met(deadlines.DeadlineMet):
    pass


@dataclass(frozen=True, slots=True)
class Missed(deadlines.DeadlineMissed):
    pass


@dataclass(frozen=True, slots=True)
class Voided(deadlines.DeadlineVoided):
    pass


@dataclass(frozen=True, slots=True)
class Suspended(deadlines.DeadlineSuspended):
    pass


@dataclass(frozen=True, slots=True)
class Moved(deadlines.DeadlineMoved):
    pass


EVENTS = (GardenLaid, GardenRenamed, WaterAsked, Watered, Set, Met, Missed, Voided, Suspended, Moved)


@dataclass(frozen=True, slots=True)
class GardenRow:
    called: Words
    matters: tuple[Matter, ...] = ()
    owed: tuple[Owed, ...] = ()
    words: tuple[tuple[UUID, date], ...] = ()

    def heard(self, unit: UUID | None) -> date | None:
        return next((day for one, day in reversed(self.words) if one == unit), None)


def fold(key: str, before: GardenRow | None, record: Recorded, look: Look) -> GardenRow | None:
    event = record.event
    if isinstance(event, GardenLaid):
        return GardenRow(event.name)
    assert before is not None
    unit, day = record.actor.unit, record.at.date()
    row = replace(before, words=(*before.words, (unit, day))) if unit else before
    match event:
        case GardenRenamed():
            return replace(row, called=event.name)
        case WaterAsked():
            return replace(row, matters=(*row.matters, Matter("water", event.unit, event.number, day)))
        case Watered():
            return replace(row, matters=tuple(one for one in row.matters if one.number != event.number))
        case Set():
            owed = Owed(event.number, event.kind, event.unit, event.starts_on, event.due_on)
            return replace(row, owed=(*row.owed, owed))
        case Met() | Voided():
            return replace(row, owed=tuple(one for one in row.owed if one.number != event.number))
        case _:
            return row


CITADEL = Words({"en": "Citadel", "nl": "Citadelpark"})

PARK = Words({"en": "Citadel", "nl": "Citadel"})
"""Another name of it, in a language that is not the one shown first."""

GARDENS = View("gardens", 1, "Gardens.", GardenRow, "The garden's id.", EVENTS, own_stream, fold)


@contextmanager
def known() -> Iterator[None]:
    """The context of gardens has its line in the table."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(cast(dict[str, str], things.THINGS), "gardens", "gardens")
        for kind in EVENTS:
            patch.setitem(cast(dict[type, str], things.CONTEXT_OF), kind, "gardens")
        yield


def spanning(view: View) -> View:
    """The view as it would be declared with that line there."""
    reads = tuple(dict.fromkeys((*view.reads, *things.THINGS.values())))
    touched: tuple[Any, ...] = (*view.touched_by, *EVENTS)
    return replace(view, reads=reads, touched_by=touched)
