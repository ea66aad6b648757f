"""The agenda: every deadline that is open or suspended, found by the moment at which its last day is over."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.deadlines import (
    DeadlineMet,
    DeadlineMissed,
    DeadlineMoved,
    DeadlineSet,
    DeadlineSuspended,
    DeadlineVoided,
    Standing,
)
from services.store.connecting import Connection

LAST = date(9990, 1, 1)
"""Later days are as far away as this one: past it, no moment could be told."""

Key: TypeAlias = tuple[UUID, int]
"""(stream, number)"""

CLOCKS = (DeadlineSet, DeadlineMoved, DeadlineSuspended, DeadlineMet, DeadlineMissed, DeadlineVoided)


@dataclass(frozen=True, slots=True)
class Entry:
    """What becomes of one row. `due_on` None: the day stays as it is. Neither open nor suspended: the row goes."""

    standing: Standing
    due_on: date | None = None
    set_by: int = 0


class Due(NamedTuple):
    """A deadline whose last day is over where its stream is at home."""

    stream: UUID
    number: int
    context: str
    due_on: date
    set_by: int
    tries: int


def entered(before: Entry | None, version: int, event: object) -> Entry:
    """What a deadline's event, recorded at `version` of its stream, makes of what the batch made of the row so far."""
    match event:
        case DeadlineSet() | DeadlineMoved():
            return Entry(Standing.OPEN, event.due_on, version)
        case DeadlineSuspended():
            return replace(before, standing=Standing.SUSPENDED) if before else Entry(Standing.SUSPENDED)
        case _:
            return Entry(Standing.VOID)


def ends_at(due_on: date, zone: str) -> datetime:
    """The first moment at which the day after `due_on` has begun in a time zone.

    Where clocks are put forward at midnight that day begins at 01:00; where they are put back, at its first 00:00.
    """
    try:
        there = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, OSError):  # `Europe` is a folder of them
        there = ZoneInfo("UTC")
    return datetime.combine(min(due_on, LAST) + timedelta(days=1), time.min, there).astimezone(UTC)


async def with_open(connection: Connection, streams: Collection[UUID]) -> list[tuple[UUID, str]]:
    """Those of the streams that have deadlines here already, each with its time zone."""
    query = "select distinct stream, zone from workers.agenda where stream = any($1)"
    return [(row[0], row[1]) for row in await connection.fetch(query, list(streams))]


async def write(
    connection: Connection, context_of: Mapping[UUID, str], entries: Mapping[Key, Entry], zones: Mapping[UUID, str]
) -> None:
    """Brings rows to what their entries say. `zones`: of every stream that an entry sets a day in."""
    rows = [
        (*key, context_of[key[0]], zones[key[0]], one.due_on, ends_at(one.due_on, zones[key[0]]), one.set_by,
         one.standing.value)
        for key, one in entries.items() if one.due_on is not None
    ]  # fmt: skip
    if rows:
        await connection.execute(_SET, *map(list, zip(*rows, strict=True)))
    halted = [key for key, one in entries.items() if one.standing is Standing.SUSPENDED and one.due_on is None]
    await _each(connection, _SUSPEND, halted)
    await _each(connection, _CLOSE, [key for key, one in entries.items() if one.standing is Standing.VOID])


async def in_zones(connection: Connection, zones: Collection[str]) -> list[tuple[UUID, str, str]]:
    """The streams that have deadlines here and are at home in one of these time zones: (stream, context, zone)."""
    if not zones:
        return []
    query = "select distinct stream, context, zone from workers.agenda where zone = any($1)"
    return [(row["stream"], row["context"], row["zone"]) for row in await connection.fetch(query, list(zones))]


async def move_home(connection: Connection, zones: Mapping[UUID, str]) -> None:
    """The days of these streams are over at another moment from now on: their home lies in another time zone."""
    found = await connection.fetch(
        "select stream, number, due_on from workers.agenda where stream = any($1)", list(zones)
    )
    rows = [(s, number, zones[s], ends_at(due_on, zones[s])) for s, number, due_on in found]
    if rows:
        await connection.execute(_REZONE, *map(list, zip(*rows, strict=True)))


async def due(connection: Connection, now: datetime, limit: int) -> list[Due]:
    """Those that are over and not put off, by day, then stream and number."""
    return [Due(*row) for row in await connection.fetch(_DUE, now, limit)]


async def next_at(connection: Connection, now: datetime) -> datetime | None:
    """When the next day is over, or the next thing that was put off is tried again; None where nothing waits."""
    found: datetime | None = await connection.fetchval(_NEXT, now)
    return found


async def put_off(connection: Connection, one: Due, until: datetime, said: str) -> None:
    """It is not looked at again before `until`; `said`: why, empty where nothing was wrong with it."""
    await connection.execute(_PUT_OFF, one.stream, one.number, one.set_by, until, said)


async def later(connection: Connection, one: Due, due_on: date) -> None:
    """Its rules say that it runs until a later day."""
    zone = await connection.fetchval(
        "select zone from workers.agenda where stream = $1 and number = $2", one.stream, one.number
    )
    if zone is not None:
        await connection.execute(_LATER, one.stream, one.number, one.set_by, due_on, ends_at(due_on, zone))


async def refused(connection: Connection) -> int:
    """How many were put off because something was wrong."""
    query = "select count(*) from workers.agenda where again_at is not null and said <> ''"
    count: int = await connection.fetchval(query)
    return count


async def at_once(connection: Connection) -> int:
    """What was put off because something was wrong is tried at the next look; gives how many."""
    done = await connection.execute(
        "update workers.agenda set again_at = null, said = '' where again_at is not null and said <> ''"
    )
    return int(done.rpartition(" ")[2])


async def _each(connection: Connection, statement: str, keys: Iterable[Key]) -> None:
    if found := list(keys):
        await connection.execute(statement, *map(list, zip(*found, strict=True)))


_SET = """
insert into workers.agenda (stream, number, context, zone, due_on, due_at, set_by, standing)
select * from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::date[], $6::timestamptz[], $7::int[],
    $8::text[])
on conflict (stream, number) do update set zone = excluded.zone, due_on = excluded.due_on, due_at = excluded.due_at,
    set_by = excluded.set_by, standing = excluded.standing, tries = 0, again_at = null, said = ''"""
_SUSPEND = """
update workers.agenda a set standing = 'suspended', again_at = null
from unnest($1::uuid[], $2::int[]) one (stream, number) where a.stream = one.stream and a.number = one.number"""
_CLOSE = """
delete from workers.agenda a using unnest($1::uuid[], $2::int[]) one (stream, number)
where a.stream = one.stream and a.number = one.number"""
_REZONE = """
update workers.agenda a set zone = one.zone, due_at = one.due_at
from unnest($1::uuid[], $2::int[], $3::text[], $4::timestamptz[]) one (stream, number, zone, due_at)
where a.stream = one.stream and a.number = one.number"""
_DUE = """
select stream, number, context, due_on, set_by, tries from workers.agenda
where standing = 'open' and due_at <= $1 and (again_at is null or again_at <= $1)
order by due_on, stream, number limit $2"""
_NEXT = """
select least(
    (select due_at from workers.agenda where standing = 'open' and due_at > $1 order by due_at limit 1),
    (select again_at from workers.agenda where again_at > $1 order by again_at limit 1)
)"""
_PUT_OFF = """
update workers.agenda set tries = tries + 1, again_at = $4, said = $5
where stream = $1 and number = $2 and set_by = $3"""
_LATER = """
update workers.agenda set due_on = $4, due_at = $5, again_at = null, said = ''
where stream = $1 and number = $2 and set_by = $3"""
