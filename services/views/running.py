"""One group of views followed through the ledger: a batch is fetched, folded, and written with its checkpoint.

While one batch is written, the next is folded, and the one after it fetched: the database and the folds do not wait for
each other.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar
from uuid import UUID

import asyncpg
import msgspec

from domain.kernel import Recorded
from projections.kernel import own_stream
from services.store.connecting import Connection
from services.store.ports import Head, StoredRecord
from services.views import registry
from services.views.applying import HELD, ROW, STREAM, Applying, Missing
from services.views.pace import Pace, undisturbed
from services.views.tables import SCHEMA, VALID, Table, close, latest, newest
from services.views.work import Output, Work

BATCH = 2000
"""Records of one transaction, at most."""
AT_ONCE = 32
"""Records that are read, or rows that are written, before anybody else in the process has a turn."""
WHOLE, FEW = 4, 50
"""How often what is missing is looked for in the whole batch, and after that in how many records at a time: to look
costs as much as to apply."""

T = TypeVar("T")


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


@dataclass(frozen=True, slots=True)
class _Copy:
    """What goes into one view's tables: versions to end (key, since, until), and rows to copy."""

    table: Table
    name: str
    closed: Sequence[tuple[str, int, int]]
    versions: Sequence[tuple[Any, ...]]
    days: Sequence[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class _Writing:
    """A batch on its way to the tables: its first record, how many there are, and its last."""

    first: int
    count: int
    last: int
    task: "asyncio.Task[None]"


class Runner:
    """Brings one group's tables (view name -> table name) forward from `position`.

    `position` says how far the tables are. What is in memory may be a batch ahead of them.
    """

    def __init__(self, ledger: Ledger, codec: Codec, tables: Sequence[Table], batch: int = BATCH) -> None:
        self._ledger, self._codec, self._batch = ledger, codec, batch
        self._limit = batch
        self._tables = tables
        self._applying = Applying(tables)
        self._names: Mapping[str, str] = {}
        self._pace = Pace()
        self._writing: _Writing | None = None
        self._coming: asyncio.Task[Sequence[StoredRecord]] | None = None
        self._suspect = (0, 0)
        self._folded = -1
        self.position = -1
        self.behind = True
        """Whether the last batch was a full one, so that there is more to apply at once."""

    def begin(self, names: Mapping[str, str], position: int, reads: Connection, writes: Connection) -> None:
        """Goes on with these tables from this position, with nothing in memory; two connections, used at once."""
        self._names, self.position, self._folded = names, position, position
        self._reads, self._writes = reads, writes
        self._applying = Applying(self._tables)

    async def step(self) -> int:
        """Applies the next batch and sees the one before it durable; gives how many records there were.

        Where they are fewer than a batch holds, they are durable, too: there is nothing else to do meanwhile. Raises
        CannotApply (what came before is written), Fenced (begin again), and what the database raises.
        """
        try:
            with undisturbed():
                return await self._step()
        except _UNFIT as error:
            first, count = self._suspect
            await self._forget()
            self._limit = count // 8
            if self._limit == 0:
                raise CannotApply(first, error) from error
            # Which record it is, smaller batches will tell.
            return await self.step()
        except BaseException:
            await self._forget()
            raise

    async def _step(self) -> int:
        stored = await self._next()
        refused = self._gap(stored)
        self.behind = more = refused is None and len(stored) == self._limit
        self._limit = min(self._batch, 2 * self._limit) if stored else self._limit
        if more:
            self._coming = asyncio.ensure_future(self._ledger.records(stored[-1].position, self._limit))
        if refused is None:
            refused = await self._fold(stored)
        outputs = self._applying.taken()
        copies = [await self._copied(name, output) for name, output in outputs.items()]
        await self._written()
        self._applying.trim(outputs)
        if stored:
            last = stored[-1].position if refused is None else refused.position - 1
            self._write_behind(len(stored), last, copies)
        if not more or refused is not None:
            await self._written()
        if refused is not None:
            raise refused
        return len(stored)

    async def _next(self) -> Sequence[StoredRecord]:
        coming, self._coming = self._coming, None
        return await (coming or self._ledger.records(self._folded, self._limit))

    def _gap(self, stored: Sequence[StoredRecord]) -> CannotApply | None:
        expected = self._folded + 1
        for record in (stored[0], stored[-1]) if stored else ():
            if record.position != expected:
                error = LookupError(f"the ledger has a gap: {record.position} where {expected} should be")
                return CannotApply(expected, error)
            expected = self._folded + len(stored)
        return None

    async def aclose(self) -> None:
        """Nothing is on its way any more; what had not been written is dropped."""
        await self._forget()

    async def _forget(self) -> None:
        """What is in memory may be ahead of the tables now, or they of it: nothing of it is trusted."""
        for task in (self._coming, self._writing.task if self._writing else None):
            if task is not None:
                await ended(task)
        self._coming = self._writing = None
        self._folded = self.position
        self._applying = Applying(self._tables)

    # --- folding ---

    async def _fold(self, stored: Sequence[StoredRecord]) -> CannotApply | None:
        """Applies the records in memory; what cannot be applied ends the batch."""
        if stored:
            self._suspect = (stored[0].position, len(stored))
        records, refused = await self._decoded(stored)
        await self._fetch_own(records)
        number = misses = 0
        while number < len(records):
            await self._pace.breathe()
            try:
                if self._applied(records[number]):
                    number += 1
                    continue
                misses += 1
                ahead = len(records) if misses <= WHOLE else FEW
                number += await self._tried(records[number : number + ahead], records[-1].position)
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

    async def _decoded(self, stored: Sequence[StoredRecord]) -> tuple[list[Recorded], CannotApply | None]:
        """Those that touch one of these views. A type that this program does not know cannot be skipped."""
        records: list[Recorded] = []
        for some in _few(stored):
            await self._pace.breathe()
            for one in some:
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

    async def _fetch_own(self, records: Sequence[Recorded]) -> None:
        """Fetches the rows of views with one row a stream: their keys are known without a trial.

        Where a stream begins, nothing of it can be there.
        """
        begun = {one.key for one in records if one.version == 1}
        for work in self._applying.works.values():
            view = work.view
            if view.keys is not own_stream:
                continue
            touching = frozenset(view.touched_by)
            keys = dict.fromkeys([one.key for one in records if not touching or type(one.event) in touching])
            for source, rows in ((ROW, work.rows), (HELD, work.held)) if view.valid_time else ((ROW, work.rows),):
                if new := [key for key in keys if key not in rows]:
                    found = await self._found(source, work, [key for key in new if key not in begun])
                    self._put(source, work, new, found)
            await self._pace.breathe()

    async def _tried(self, records: Sequence[Recorded], last: int) -> int:
        """Fetches whatever these records are missing now, all in one go; of streams no record beyond `last`.

        Gives how many of them are applied by that already.
        """
        kept, trial = 0, self._applying.trial()
        for record in records:
            await self._pace.breathe()
            trial.take(record)
        wanted = {source: keys for source, keys in trial.wanted.items() if source != STREAM}
        works = {source: self._applying.works[source.partition(":")[2]] for source in wanted}
        found = {source: await self._found(source, works[source], list(keys)) for source, keys in wanted.items()}
        if any(found.values()):
            trial.drop()
            for source, keys in wanted.items():
                self._put(source, works[source], keys, found[source])
        else:
            kept = trial.sure
            for _ in trial.keep():
                await self._pace.breathe()
        if streams := trial.wanted.get(STREAM):
            await self._fetch_streams(list(streams), last)
        return kept

    async def _found(self, source: str, work: Work, keys: Sequence[str]) -> Mapping[str, tuple[Any, Any]]:
        """What the tables hold under these keys: row and `since`, or last day in law and row."""
        table, decode = self._names[work.table.view.name], work.table.form.decode
        found: dict[str, tuple[Any, Any]] = {}
        if not keys:
            return found
        if source.startswith(ROW):
            for some in _few(await self._reads.fetch(newest(table), keys)):
                await self._pace.breathe()
                found |= {key: (decode(body), since) for key, since, body in some}
            return found
        assert source.startswith(HELD)
        for some in _few(await self._reads.fetch(latest(table), keys)):
            await self._pace.breathe()
            found |= {key: (day, None if body is None else decode(body)) for key, day, body in some}
        return found

    def _put(self, source: str, work: Work, keys: Iterable[str], found: Mapping[str, tuple[Any, Any]]) -> None:
        """Into memory; what was looked for and not found is known not to be there."""
        if source.startswith(ROW):
            work.rows.update(dict.fromkeys(keys, (None, -1)))
            work.rows.update(found)
            return
        work.held.update(dict.fromkeys(keys, (None, None)))
        for key, (day, row) in found.items():
            # Nearly always the row as it stands: told to be the same one, it is folded once.
            same = work.rows.get(key)
            work.held[key] = (day, same[0] if same is not None and same[0] == row else row)

    async def _fetch_streams(self, keys: Sequence[str], last: int) -> None:
        """A record beyond `last` that cannot be read must not stop what comes before it."""
        found = await self._ledger.streams([UUID(key) for key in keys])
        for stream, stored in found.items():
            records, refused = await self._decoded([one for one in stored if one.position <= last])
            if refused is not None:
                raise refused
            self._applying.streams[str(stream)] = records

    # --- writing ---

    async def _copied(self, name: str, output: Output) -> _Copy:
        """What the database is handed, made while it still writes the batch before."""
        table, versions, days = self._applying.works[name].table, [], []
        written: dict[tuple[str, int], tuple[Any, ...]] = {}
        for some in _few(output.versions):
            await self._pace.breathe()
            for one in some:
                body = table.form.encode(one.key, one.row)
                versions.append(made := table.version(one.key, one.since, one.until, one.row, body))
                if output.days:
                    written[one.key, id(one.row)] = made
        for these in _few(output.days):
            await self._pace.breathe()
            for key, day, since, row in these:
                # Nearly always a row as it stood for a while: what it says is written once.
                same = written.get((key, id(row)))
                days.append((key, day, since, *same[3:]) if same else table.held(key, day, since, row))
        return _Copy(table, self._names[name], output.closed, versions, days)

    def _write_behind(self, count: int, last: int, copies: Sequence[_Copy]) -> None:
        """Begins to write what was folded up to `last`."""
        if last <= self._folded:
            return
        task = asyncio.ensure_future(self._write(copies, self._folded, last))
        self._writing, self._folded = _Writing(self._folded + 1, count, last, task), last

    async def _written(self) -> None:
        """Returns once the batch that is on its way is durable."""
        if self._writing is None:
            return
        self._suspect = (self._writing.first, self._writing.count)
        await self._writing.task
        self.position, self._writing = self._writing.last, None

    async def _write(self, copies: Iterable[_Copy], old: int, new: int) -> None:
        async with self._writes.transaction():
            # First the checkpoint: who comes second waits here, and then sees that somebody was faster.
            await registry.advance(self._writes, list(self._names.values()), old, new)
            for one in copies:
                await self._copy(one)
            await registry.tell(self._writes)

    async def _copy(self, one: _Copy) -> None:
        copy = partial(self._writes.copy_records_to_table, schema_name=SCHEMA)
        if one.closed:
            await self._writes.execute(close(one.name), *map(list, zip(*one.closed, strict=True)))
        if one.versions:
            await copy(one.name, columns=one.table.columns, records=one.versions)
        if one.days:
            await copy(one.name + VALID, columns=one.table.valid_columns, records=one.days)


def _few(things: Sequence[T]) -> Iterator[Sequence[T]]:
    """So many as are soon done: others in the process have their turn in between."""
    return (things[first : first + AT_ONCE] for first in range(0, len(things), AT_ONCE))


async def ended(task: "asyncio.Task[Any]") -> None:
    """Cancels a task and waits until it is gone."""
    task.cancel()
    await asyncio.wait([task])
