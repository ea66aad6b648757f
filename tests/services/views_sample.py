"""Views, events and a ledger in memory for the tests of tables and of the projector."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import asyncpg

from domain.kernel import (
    Actor,
    EventName,
    Indexed,
    Money,
    PartialDate,
    Recorded,
    Says,
    Searched,
    StreamId,
    UnitId,
    Words,
)
from projections.kernel import Computed, Look, View, own_stream
from services.store.ports import Head, StoredRecord

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@dataclass(frozen=True, slots=True)
class Planted:
    name: str
    colour: Colour
    by: UUID | None = None
    cost: Money | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Renamed:
    name: str


@dataclass(frozen=True, slots=True)
class Painted:
    colour: Colour


@dataclass(frozen=True, slots=True)
class Felled:
    pass


@dataclass(frozen=True, slots=True)
class Replanted:
    """It was planted on another day than was said."""

    day: date


@dataclass(frozen=True, slots=True)
class Poisoned:
    pass


@dataclass(frozen=True, slots=True)
class Weathered:
    """Touches nothing."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An item of a list, with a part that may be missing and has no default."""

    by: UUID | None
    colour: Colour


@dataclass(frozen=True, slots=True)
class TreeRow:
    name: Annotated[str, Searched(), Says("Its name.")]
    title: Annotated[Words, Says("Its name in its languages.")]
    colour: Annotated[Colour, Indexed(), Says("Its colour.")]
    planted_on: Annotated[PartialDate, Indexed(), Says("When it was planted.")]
    changes: Annotated[int, Says("How often it changed.")]
    below: Annotated[UUID | None, Indexed(), Says("The tree it was grafted on.")] = None
    cost: Annotated[Money | None, Says("What it cost.")] = None
    due_on: Annotated[date | None, Says("By when it is to be cut.")] = None
    names: Annotated[tuple[str, ...], Says("All names.")] = ()
    marks: Annotated[tuple[Mark, ...], Says("Every colour it had.")] = ()
    tall: Annotated[bool, Says("Whether it is tall.")] = False
    last: Annotated[EventName | None, Says("The last record.")] = None


@dataclass(frozen=True, slots=True)
class ColourRow:
    colour: Annotated[Colour, Indexed(), Says("The colour.")]
    trees: Annotated[int, Says("How many trees have it.")] = 0


@dataclass(frozen=True, slots=True)
class LineRow:
    type: Annotated[str, Indexed(), Says("What happened.")]


def tree(key: str, before: TreeRow | None, record: Recorded, look: Look) -> TreeRow | None:
    event = record.event
    if isinstance(event, Planted):
        below: TreeRow | None = look.row("trees", str(event.by)) if event.by else None
        return TreeRow(
            name=event.name,
            title=Words({"en": event.name, "fr": f"l'{event.name}"}),
            colour=event.colour,
            planted_on=record.effective_on,
            changes=0,
            below=event.by if below else None,
            cost=event.cost,
            due_on=event.due_on,
            names=(event.name, *((below.name,) if below else ())),
            last=record.name,
        )
    if before is None:
        return None
    row = replace(before, changes=before.changes + 1, last=record.name)
    match event:
        case Renamed():
            return replace(row, name=event.name, names=(*row.names, event.name))
        case Painted():
            return replace(row, colour=event.colour, marks=(*row.marks, Mark(record.actor.unit, event.colour)))
        case Felled():
            return None
        case _:
            return row


def colour_keys(record: Recorded, look: Look) -> Iterable[str]:
    sides = look.both("trees", str(record.stream))
    return [side.colour.value for side in sides if side is not None]


def colour(key: str, before: ColourRow | None, record: Recorded, look: Look) -> ColourRow | None:
    row = before or ColourRow(Colour(key))
    was, is_ = look.both("trees", str(record.stream))
    change = int(is_ is not None and is_.colour == key) - int(was is not None and was.colour == key)
    return replace(row, trees=row.trees + change)


def line(key: str, before: LineRow | None, record: Recorded, look: Look) -> LineRow | None:
    if isinstance(record.event, Poisoned):
        raise ValueError("poison")
    return LineRow(record.type)


TREES = View(
    name="trees",
    version=1,
    says="Trees.",
    row=TreeRow,
    key_says="The tree's id.",
    touched_by=(Planted, Renamed, Painted, Felled, Replanted),
    keys=own_stream,
    fold=tree,
    sort="name",
    valid_time=True,
    begins=lambda record: record.event.day if isinstance(record.event, Replanted) else None,
    computed=(
        Computed(
            name="days_left",
            type=int,
            says="Days until it is cut.",
            of=lambda row, day: None if row.due_on is None else (row.due_on - day).days,
            sql="(due_on - {day})",
        ),
    ),
)
COLOURS = View(
    name="tree-colours",
    version=1,
    says="How many trees have a colour.",
    row=ColourRow,
    key_says="The colour.",
    touched_by=(Planted, Renamed, Painted, Felled),
    keys=colour_keys,
    fold=colour,
    reads=("trees",),
)
LINES = View(
    name="lines",
    version=1,
    says="Everything.",
    row=LineRow,
    key_says="The record's name.",
    touched_by=(Poisoned, Planted),
    keys=lambda record, look: (record.name,),
    fold=line,
)
SAMPLE = (TREES, COLOURS, LINES)
NAMES: Mapping[str, type] = {
    "tree-planted.1": Planted,
    "tree-renamed.1": Renamed,
    "tree-painted.1": Painted,
    "tree-felled.1": Felled,
    "tree-replanted.1": Replanted,
    "tree-poisoned.1": Poisoned,
    "weather.1": Weathered,
}
TYPES = {kind: name for name, kind in NAMES.items()}


def stream(number: int) -> StreamId:
    return StreamId(UUID(int=number + 1))


class Grove:
    """A ledger in memory and its codec: what the projector asks of both."""

    names = NAMES

    def __init__(self) -> None:
        self.recorded: list[Recorded] = []
        self._versions = Counter[StreamId]()
        self.unread: set[int] = set()
        """Positions that cannot be decoded."""

    def add(self, number: int, event: Any, effective_on: str | None = None, unit: UnitId | None = None) -> int:
        """Records an event of a tree; gives its position."""
        position, of = len(self.recorded), stream(number)
        at = BEGUN + timedelta(hours=position)
        self._versions[of] += 1
        day = PartialDate(effective_on or at.date())
        record = Recorded(
            position, of, self._versions[of], TYPES[type(event)], at, day, UUID(int=position), (1, 1),
            Actor(unit), "trees.1", event,
        )  # fmt: skip
        self.recorded.append(record)
        return position

    def _stored(self, record: Recorded) -> StoredRecord:
        return StoredRecord(
            record.position, record.stream, record.version, record.type, b'{"at":"%s"}' % record.at.isoformat().encode()
        )

    async def records(self, after: int = -1, limit: int = 500) -> Sequence[StoredRecord]:
        return [self._stored(one) for one in self.recorded[after + 1 : after + 1 + limit]]

    async def streams(self, ids: Sequence[UUID], after: int = 0) -> Mapping[UUID, Sequence[StoredRecord]]:
        return {one: [self._stored(record) for record in self.recorded if record.stream == one] for one in ids}

    async def head(self) -> Head:
        return Head(len(self.recorded), self.recorded[-1].at if self.recorded else None, "")

    def decode(self, stored: StoredRecord) -> Recorded:
        if stored.position in self.unread:
            raise ValueError("no JSON")
        return self.recorded[stored.position]


def grown(seed: int, size: int, trees: int = 8) -> Grove:
    """A random history: trees planted on one another, renamed, painted and felled, some of it with effect earlier."""
    rng, grove = random.Random(seed), Grove()
    for position in range(size):
        number = rng.randrange(trees)
        late = str(BEGUN.date() + timedelta(days=rng.randrange(-20, 40))) if rng.random() < 0.4 else None
        event: Any
        match rng.randrange(6):
            case 0 | 1:
                by = stream(rng.randrange(trees)) if rng.random() < 0.5 else None
                cost = Money(Decimal(rng.randrange(1000)) / 100, "EUR") if rng.random() < 0.5 else None
                event = Planted(f"Tree {position}", rng.choice(list(Colour)), by, cost, date(2026, 5, 1))
            case 2:
                event = Renamed(f"Ébène {position}")
            case 3:
                event = Painted(rng.choice(list(Colour)))
            case 4:
                event = Felled()
            case _:
                event = Weathered()
        grove.add(number, event, late, UnitId(UUID(int=7)))
    return grove


async def dump(dsn: str) -> dict[str, list[tuple[Any, ...]]]:
    """All that the live tables hold, by view (and `<view>_valid`), in order of their keys."""
    connection = await asyncpg.connect(dsn)
    try:
        found = {}
        rows = await connection.fetch("select name, \"table\" from views.registry where state = 'live'")
        for name, table in rows:
            for suffix, order in (("", "key, since"), ("_valid", "key, effective_since, since")):
                if await connection.fetchval("select to_regclass($1)", f'views."{table}{suffix}"') is not None:
                    query = f'select * from views."{table}{suffix}" order by {order}'
                    found[name + suffix] = [tuple(row) for row in await connection.fetch(query)]
        return found
    finally:
        await connection.close()
