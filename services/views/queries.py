"""Reading views: pages, single rows and whole exports, each as of one position."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, date, datetime
from time import monotonic
from typing import Any, NamedTuple, TypeVar

import asyncpg
import msgspec

from projections.kernel import View
from services.store.connecting import Pool, available, lent, patience
from services.views.asking import Asking, Select, changed, point, reach
from services.views.loader import Kept, Loader
from services.views.ports import (
    COUNTED,
    BadQuery,
    Change,
    Column,
    Filter,
    Freshness,
    Kind,
    NoSuchView,
    NotBuilt,
    NotYet,
    NoValidTime,
    Op,
    Page,
    Query,
)
from services.views.pulse import Moment, Pulse, Standing, look
from services.views.showing import cell, rendered, storable
from services.views.tables import SCHEMA, Table

__all__ = [
    "BadQuery", "Column", "Filter", "Freshness", "Kind", "NoSuchView", "NoValidTime", "NotBuilt", "NotYet", "Op",
    "Page", "Query", "Views",
]  # fmt: skip

EXPORTED = 1000
"""Rows of an export that are in memory at a time."""
TRIES = 3
LOOKED_AT = 100_000
"""Versions of rows, about, among which a page of changes looks; a key's are looked at together."""
MANY_VERSIONS = 16
"""Versions of one key, on average, from which a list goes from key to key."""

T = TypeVar("T")

# From what the last ANALYZE saw; null before the first.
_VERSIONS = f"""
select case when s.n_distinct < 0 then -1 / s.n_distinct
            when s.n_distinct > 0 then c.reltuples / s.n_distinct end
from pg_class c join pg_stats s on s.schemaname = '{SCHEMA}' and s.tablename = c.relname and s.attname = 'key'
where c.relname = $1 and c.relnamespace = to_regnamespace('{SCHEMA}')"""

NOTHING = -2
"""The position of a view that has no table yet; one that is made and empty stands at -1."""


class Point(NamedTuple):
    """Rows by key that can be fetched together."""

    view: str
    as_of: int | None
    valid_at: date | None
    day: date | None


class Views:
    """Every view there is, for reading. `async with Views(pool, VIEWS, dsn) as views`.

    With `dsn` it listens for what the projector writes: then the newest position is known without asking, and rows
    are kept as rendered bytes while it stands. Every method raises Unavailable while the database cannot be reached,
    NoSuchView for an unknown name, NotBuilt while a view is made for the first time, and Busy where too many read.
    """

    def __init__(self, pool: Pool, views: Sequence[View], dsn: str | None = None) -> None:
        self.pool = pool
        self._tables = {view.name: Table(view) for view in views}
        self._pulse = Pulse(dsn) if dsn is not None else None
        self._versions: dict[str, tuple[float, bool]] = {}
        self._loader = Loader[Point](self._load)
        self._kept = Kept[Point]()
        self._fresh: dict[str, tuple[Moment, Freshness]] = {}
        # An export holds its connection for as long as its reader takes; the other half is for who asks for a page.
        self._exporting = asyncio.Semaphore(max(1, pool.get_max_size() // 2))

    async def __aenter__(self) -> "Views":
        if self._pulse is not None:
            await self._pulse.__aenter__()
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self._loader.close()
        if self._pulse is not None:
            await self._pulse.__aexit__(*reason)

    def view(self, name: str) -> View:
        return self._table(name).view

    def columns(self, name: str) -> tuple[Column, ...]:
        """The key, the columns in the order of the row, those that depend on the day, then members of lists."""
        return tuple(field.column for field in self._table(name).fields)

    def header(self, name: str) -> tuple[str, ...]:
        """The names of the cells that `cells` gives: `key` and every column that is no member."""
        return tuple(column.name for column in self.columns(name) if not column.member)

    async def page(self, name: str, query: Query) -> Page:
        """One page. Raises BadQuery, NoValidTime, NotYet."""
        table = self._table(name)

        async def read(standing: Standing) -> Page:
            position = _position(standing, query.as_of)
            found: list[Any] = []
            asking = _asking(table, standing, query, position, by_keys=await self._many_versions(standing))
            for select in asking.selects(query.limit + 1):
                found.extend(await self._fetch(select.sql, *select.values))
                if len(found) > query.limit:
                    break
            rows = found[: query.limit]
            last = (rows[-1][2], rows[-1][0]) if len(found) > query.limit and rows else None
            return Page(tuple(rendered(table, row[1], row[3:]) for row in rows), last, position)

        return await self._reading(table, read)

    async def count(self, name: str, query: Query, at_most: int = COUNTED) -> int:
        """How many rows all pages have; `at_most` + 1 where there are more. Raises BadQuery, NoValidTime, NotYet."""
        table = self._table(name)

        async def read(standing: Standing) -> int:
            position = _position(standing, query.as_of)
            asking = _asking(table, standing, query, position, by_keys=await self._many_versions(standing))
            select = asking.counting(at_most + 1)
            rows = await self._fetch(select.sql, *select.values)
            return int(rows[0][0])

        return await self._reading(table, read)

    async def changes(
        self, name: str, first: int, second: int, after: str, limit: int
    ) -> tuple[list[Change], str | None]:
        """Rows that are not the same as of two positions; and the key to go on after, None where no more follow.

        At most `limit`, after that key; there may be fewer, or none, and more follow all the same. Raises NotYet.
        """
        table = self._table(name)
        if not storable(after):
            return [], None

        async def read(standing: Standing) -> tuple[list[Change], str | None]:
            positions = _position(standing, first), _position(standing, second)
            beyond = await self._fetch(reach(standing.table), after, LOOKED_AT)
            last = beyond[0][0] if beyond else None
            rows = await self._fetch(changed(standing.table), *positions, after, limit + 1, last)
            found = [Change(*row) for row in rows[:limit] if row[1] != row[2]]
            return found, rows[limit - 1][0] if len(rows) > limit else last

        return await self._reading(table, read)

    async def one(
        self, name: str, key: str, *, as_of: int | None = None, valid_at: date | None = None, day: date | None = None
    ) -> tuple[bytes | None, int]:
        """The row's JSON (None: there is none) and the position it speaks for. Raises NoValidTime, NotYet."""
        table = self._table(name)
        if valid_at is not None and not table.view.dated:
            raise NoValidTime(name)
        point = Point(name, as_of, valid_at, (day or _today()) if table.view.computed else None)
        standing = None if as_of is not None else self._standing_now(name)
        if standing is not None:
            known, row = self._kept.get(name, _at(standing), point, key)
            if known:
                return row, standing.position
        if not storable(key):
            return None, (await self._standing(name)).position if as_of is None else as_of
        row, position = await self._loader.get(point, key)
        standing = None if as_of is not None else self._standing_now(name)
        if standing is not None and standing.position == position:
            self._kept.put(name, _at(standing), point, key, row)
        return row, position

    async def rows(self, name: str, query: Query) -> AsyncGenerator[list[bytes], None]:
        """All rows as JSON, in batches, under fixed memory and of one position; `limit` and `after` do not count.

        Half of the connections may be at it at once; whoever comes then waits for the first batch. Raises Busy, NotYet,
        NotBuilt and BadQuery before it.
        """
        table = self._table(name)
        async with aclosing(self._export(table, query)) as batches:
            async for batch in batches:
                yield [rendered(table, row[1], row[3:]) for row in batch]

    async def cells(self, name: str, query: Query) -> AsyncIterator[list[tuple[Any, ...]]]:
        """All rows as cells under `header`: str, int, bool or None; a list is JSON text, Words their best text."""
        paths = [(one.path, one.kind) for one in self.columns(name) if not one.member]
        async for batch in self.rows(name, query):
            wholes = (msgspec.json.decode(row) for row in batch)
            yield [tuple(cell(whole, path, kind) for path, kind in paths) for whole in wholes]
            await asyncio.sleep(0)

    async def position(self, name: str) -> int:
        """The position of the last record the view holds (-1: none)."""
        return (await self._standing(name)).position

    async def reached(self, name: str, position: int, within: float) -> bool:
        """Waits until the view holds a position, at most `within` seconds; whether it does."""
        ends = monotonic() + within
        while await self._holds(name) < position:
            if not await self._moved(ends - monotonic()):
                return False
        return True

    async def grown(self, after: int, within: float) -> int:
        """How many records the ledger has, as soon as there is one above that position, or once the time is over."""
        ends = monotonic() + within
        while (size := (await self._moment()).size) <= after + 1 and await self._moved(ends - monotonic()):
            pass
        return size

    async def _moved(self, within: float) -> bool:
        """Waits until it is worth another look; False where the time is over."""
        if within <= 0:
            return False
        if self._pulse is not None and self._pulse.now is not None:
            await self._pulse.moved(within)
        else:
            await asyncio.sleep(min(within, 0.05))
        return True

    async def _holds(self, name: str) -> int:
        """The position of a view; before its first table is there, it holds nothing."""
        try:
            return await self.position(name)
        except NotBuilt:
            return NOTHING

    async def freshness(self, name: str) -> Freshness:
        moment = self._heard or await self._look()
        seen, fresh = self._fresh.get(name, (None, None))
        if fresh is not None and seen is moment and not fresh.lag_seconds:
            return fresh
        standing = self._found(moment, name)
        head = max(moment.size - 1, standing.position)
        fresh = Freshness(standing.position, head, standing.lag(), f"{name}@{standing.version}", standing.table)
        self._fresh[name] = moment, fresh
        return fresh

    # --- where views stand ---

    def _table(self, name: str) -> Table:
        if name not in self._tables:
            raise NoSuchView(name)
        return self._tables[name]

    @property
    def _heard(self) -> Moment | None:
        """Where everything stands, as far as that is known without asking."""
        return self._pulse.now if self._pulse is not None else None

    async def _moment(self) -> Moment:
        return self._heard or await self._look()

    async def _look(self) -> Moment:
        with available():
            async with lent(self.pool) as connection:
                return await look(connection)

    async def _standing(self, name: str) -> Standing:
        self._table(name)
        return self._found(await self._moment(), name)

    def _standing_now(self, name: str) -> Standing | None:
        now = self._heard
        return None if now is None else now.standings.get(name)

    def _found(self, moment: Moment, name: str) -> Standing:
        self._table(name)
        if name not in moment.standings:
            raise NotBuilt(name)
        return moment.standings[name]

    async def _reading(self, table: Table, read: Callable[[Standing], Awaitable[T]]) -> T:
        """Reads as of the newest position known; once more, from the start, where the table was replaced meanwhile.

        A statement that names a position sees the same rows whatever is written while it runs.
        """
        standing = await self._standing(table.view.name)
        for _ in range(TRIES):
            try:
                with available():
                    return await read(standing)
            except asyncpg.UndefinedTableError:
                standing = self._found(await self._look(), table.view.name)
            except asyncpg.UndefinedColumnError:
                raise NotBuilt(f"{table.view.name} is being rebuilt, and lacks a column until then.") from None
        raise NotBuilt(table.view.name)

    async def _many_versions(self, standing: Standing) -> bool:
        """Whether keys have so many versions that a list had better go from key to key. Looked at once a minute."""
        known = self._versions.get(standing.table)
        if known is None or monotonic() - known[0] > 60:
            rows = await self._fetch(_VERSIONS, standing.table)
            versions = rows[0][0] if rows else None
            if len(self._versions) > len(self._tables):  # of tables long replaced
                self._versions.clear()
            known = self._versions[standing.table] = (monotonic(), (versions or 1) >= MANY_VERSIONS)
        return known[1]

    async def _fetch(self, sql: str, *values: Any) -> list[Any]:
        async with lent(self.pool) as connection:
            return await connection.fetch(sql, *values)

    # --- single rows ---

    async def _load(self, point_: Point, keys: Sequence[str]) -> tuple[dict[str, bytes], int]:
        table = self._table(point_.view)

        async def read(standing: Standing) -> tuple[dict[str, bytes], int]:
            position = _position(standing, point_.as_of)
            days = [day for day in (point_.day, point_.valid_at) if day is not None]
            sql = point(table, standing.table, valid=point_.valid_at is not None)
            rows = await self._fetch(sql, keys, position, *days)
            return {row[0]: rendered(table, row[1], row[2:]) for row in rows}, position

        return await self._reading(table, read)

    # --- exports ---

    async def _export(self, table: Table, query: Query) -> AsyncGenerator[list[asyncpg.Record], None]:
        """Batches of rows from a cursor. The table that was chosen stays readable: whoever would drop it waits."""
        async with patience():
            await self._exporting.acquire()
        try:
            standing = await self._standing(table.view.name)
            position = _position(standing, query.as_of)
            selects = _asking(table, standing, replace(query, after=None), position).selects(None)
            with available():
                async with lent(self.pool) as connection, connection.transaction(readonly=True):
                    for select in selects:
                        async with aclosing(_batches(connection, select)) as batches:
                            async for batch in batches:
                                yield batch
        except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError):
            raise NotBuilt(f"{table.view.name} was replaced just now.") from None
        finally:
            self._exporting.release()


async def _batches(connection: Any, select: Select) -> AsyncGenerator[list[asyncpg.Record], None]:
    cursor = await connection.cursor(select.sql, *select.values)
    while rows := await cursor.fetch(EXPORTED):
        yield rows


def _asking(table: Table, standing: Standing, query: Query, position: int, *, by_keys: bool = False) -> Asking:
    return Asking(table, standing.table, query, position, query.day or _today(), by_keys)


def _today() -> date:
    return datetime.now(UTC).date()


def _at(standing: Standing) -> object:
    return standing.table, standing.position


def _position(standing: Standing, as_of: int | None) -> int:
    if as_of is None:
        return standing.position
    if as_of > standing.position:
        raise NotYet(as_of, standing.position)
    return as_of
