"""One group of views followed through the ledger: a batch is fetched, folded, and written with its checkpoint."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import msgspec

from domain.kernel import Recorded
from projections.kernel import own_stream
from services.store.connecting import Connection
from services.store.ports import Head, StoredRecord
from services.views import registry
from services.views.applying import HELD, ROW, STREAM, Applying, Missing, Version, Work
from services.views.pace import Pace
from services.views.tables import SCHEMA, VALID, Table, close, latest, newest

BATCH = 2000
"""Records of one transaction, at most."""
WHOLE, FEW = 4, 50
"""How often what is missing is looked for in the whole batch, and after that in how many records at a time: to look
costs as much as to apply."""


class Ledger(Protocol):
    """What the projector asks of the store; see `services.store.ports.Store`."""

    def records(self, after: int = -1, limit: int = 500) -> Awaitable[Sequence[StoredRecord]]: ...

    def streams(self, ids: Sequence[UUID], after: int = 0) -> Awaitable[Mapping[UUID, Sequence[StoredRecord]]]: ...

    def head(self) -> Awaitable[Head]: ...


class Codec(Protocol):
    """The table of stored names, and how a record is decoded."""

    @property
    def names(self) -> Mapping[str, type]: ...

    def decode(self, stored: StoredRecord) -> Recorded: ...


# A row came out that no table holds: waiting would not help.
_UNFIT = (
    TypeError,
    ValueError,
    OverflowError,
    msgspec.MsgspecError,
    asyncpg.DataError,
    asyncpg.ProgramLimitExceededError,
)


class CannotApply(Exception):
    """A record that a view cannot apply. Everything before it is written, nothing after it."""

    def __init__(self, position: int, error: BaseException) -> None:
        super().__init__(f"Record {position} cannot be applied: {type(error).__name__}: {error}")
        self.position = position


class Runner:
    """Brings one group's tables (view name -> table name) forward from `position`, on one connection."""

    def __init__(self, ledger: Ledger, codec: Codec, tables: Sequence[Table], batch: int = BATCH) -> None:
        self._ledger, self._codec, self._batch = ledger, codec, batch
        self._limit = batch
        self._tables = tables
        self._applying = Applying(tables)
        self._names: Mapping[str, str] = {}
        self._pace = Pace()
        self.position = -1
        self.at: datetime | None = None
        """When the last applied record was recorded, where it touched one of these views."""

    def begin(self, names: Mapping[str, str], position: int) -> None:
        """Goes on with these tables from this position, with nothing in memory."""
        self._names, self.position = names, position
        self._applying = Applying(self._tables)

    async def step(self, connection: Connection) -> int:
        """Applies the next batch, durable on return; gives how many records there were.

        Raises CannotApply (what came before is written), Fenced (begin again), and what the database raises.
        """
        stored = await self._ledger.records(self.position, self._limit)
        if not stored:
            return 0
        self._check_dense(stored)
        try:
            await self._apply(connection, stored)
        except _UNFIT as error:
            self._limit = len(stored) // 8
            if self._limit == 0:
                raise CannotApply(stored[0].position, error) from error
            # Which record it is, smaller batches will tell.
            return await self.step(connection)
        self._limit = min(self._batch, 2 * self._limit)
        return len(stored)

    async def _apply(self, connection: Connection, stored: Sequence[StoredRecord]) -> None:
        try:
            refused = await self._fold(connection, stored)
            last = stored[-1].position if refused is None else refused.position - 1
            if last > self.position:
                await self._write(connection, last)
        except BaseException:
            # What is in memory may be ahead of the tables now, or they of it: nothing of it is trusted.
            self._applying = Applying(self._tables)
            raise
        if refused is not None:
            self._applying = Applying(self._tables)
            raise refused

    def _check_dense(self, stored: Sequence[StoredRecord]) -> None:
        expected = self.position + 1
        for record in (stored[0], stored[-1]):
            if record.position != expected:
                error = LookupError(f"the ledger has a gap: {record.position} where {expected} should be")
                raise CannotApply(expected, error)
            expected = self.position + len(stored)

    # --- folding ---

    async def _fold(self, connection: Connection, stored: Sequence[StoredRecord]) -> CannotApply | None:
        """Applies the records in memory; what cannot be applied ends the batch."""
        records, refused = await self._decoded(stored)
        await self._fetch_own(connection, records)
        misses = 0
        for number, record in enumerate(records):
            await self._pace.breathe()
            try:
                while not self._applied(record):
                    misses += 1
                    ahead = len(records) if misses <= WHOLE else FEW
                    await self._fetch(connection, records[number : number + ahead])
            except CannotApply as error:
                return error
        return refused

    def _applied(self, record: Recorded) -> bool:
        """Whether it could be applied with what is in memory."""
        try:
            self._applying.apply(record)
        except Missing:
            return False
        except Exception as error:
            raise CannotApply(record.position, error) from error
        return True

    async def _decoded(self, stored: Iterable[StoredRecord]) -> tuple[list[Recorded], CannotApply | None]:
        """Those that touch one of these views. A type that this program does not know cannot be skipped."""
        records = []
        for one in stored:
            await self._pace.breathe()
            kind = self._codec.names.get(one.type)
            if kind is not None and not self._applying.touches(kind):
                continue
            try:
                records.append(self._codec.decode(one))
            except Exception as error:
                refused = CannotApply(one.position, error)
                refused.__cause__ = error
                return records, refused
        return records, None

    async def _fetch_own(self, connection: Connection, records: Sequence[Recorded]) -> None:
        """Fetches the rows of views with one row a stream: their keys are known without a rehearsal."""
        for work in self._applying.works.values():
            view = work.table.view
            if view.keys is not own_stream:
                continue
            touching = (one for one in records if not view.touched_by or type(one.event) in view.touched_by)
            keys = dict.fromkeys(str(one.stream) for one in touching)
            if new := [key for key in keys if key not in work.rows]:
                await self._fetch_rows(connection, ROW, work, new)
            if view.valid_time and (new := [key for key in keys if key not in work.held]):
                await self._fetch_rows(connection, HELD, work, new)
            await self._pace.breathe()

    async def _fetch(self, connection: Connection, records: Sequence[Recorded]) -> None:
        """Fetches whatever these records are missing now, all in one go."""
        rehearsal = self._applying.rehearsal()
        try:
            for record in records:
                await self._pace.breathe()
                rehearsal.take(record)
        finally:
            rehearsal.end()
        for source, keys in rehearsal.wanted.items():
            if source == STREAM:
                await self._fetch_streams(list(keys))
                continue
            name = source.partition(":")[2]
            work = self._applying.works[name]
            await self._fetch_rows(connection, source, work, list(keys))

    async def _fetch_rows(self, connection: Connection, source: str, work: Work, keys: list[str]) -> None:
        table = self._names[work.table.view.name]
        decode = work.table.form.decode
        if source.startswith(ROW):
            found: dict[str, tuple[Any, Any]] = dict.fromkeys(keys, (None, -1))
            for key, since, body in await connection.fetch(newest(table), keys):
                await self._pace.breathe()
                found[key] = (decode(body), since)
            work.rows.update(found)
            return
        assert source.startswith(HELD)
        found = dict.fromkeys(keys, (None, None))
        for key, day, body in await connection.fetch(latest(table), keys):
            await self._pace.breathe()
            row = None if body is None else decode(body)
            # Nearly always the row as it stands: told to be the same one, it is folded once.
            same = work.rows.get(key)
            found[key] = (day, same[0] if same is not None and same[0] == row else row)
        work.held.update(found)

    async def _fetch_streams(self, keys: Sequence[str]) -> None:
        found = await self._ledger.streams([UUID(key) for key in keys])
        for stream, stored in found.items():
            records, refused = await self._decoded(stored)
            if refused is not None:
                raise refused
            self._applying.streams[str(stream)] = records

    # --- writing ---

    async def _write(self, connection: Connection, last: int) -> None:
        works = [work for work in self._applying.works.values() if work.versions or work.closed or work.days]
        async with connection.transaction():
            # First the checkpoint: who comes second waits here, and then sees that somebody was faster.
            await registry.advance(connection, list(self._names.values()), self.position, last)
            for work in works:
                await self._copy(connection, work)
            await registry.tell(connection)
        self.position = last
        self._applying.written()

    async def _copy(self, connection: Connection, work: Work) -> None:
        table, name = work.table, self._names[work.table.view.name]
        if work.closed:
            await connection.execute(close(name), *map(list, zip(*work.closed, strict=True)))
        if work.versions:
            records = self._versions(table, work.versions)
            await connection.copy_records_to_table(name, schema_name=SCHEMA, columns=table.columns, records=records)
        if work.days:
            await connection.copy_records_to_table(
                name + VALID, schema_name=SCHEMA, columns=table.valid_columns, records=self._days(table, work.days)
            )

    async def _versions(self, table: Table, versions: Iterable[Version]) -> AsyncIterator[tuple[Any, ...]]:
        for one in versions:
            await self._pace.breathe()
            yield table.version(one.key, one.since, one.until, one.row, table.form.encode(one.key, one.row))

    async def _days(self, table: Table, days: Iterable[tuple[Any, ...]]) -> AsyncIterator[tuple[Any, ...]]:
        for key, day, position, row in days:
            await self._pace.breathe()
            yield table.held(key, day, position, row)


async def ended(task: "asyncio.Task[None]") -> None:
    """Cancels a task and waits until it is gone."""
    task.cancel()
    await asyncio.wait([task])
