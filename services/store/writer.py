"""The writer: one task per process that appends everybody's commands in groups.

Alone on the ledger it sends a batch in one call, composed on the head it remembers; while the database works, the next
batch is composed on the head that this one will make, and sent if it did. If another process was faster the call is
refused, and for a while the writer takes the lock first and composes on the head it then sees: two processes that both
hoped to be first would refuse each other half of the time.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from asyncpg.prepared_stmt import PreparedStatement

from domain.ledger.merkle import Edge
from services.store.batch import Composed, Reached, Sign, compose, probes
from services.store.connecting import Connection, connect_writer, is_gone
from services.store.ports import Change, Conflict, Receipt, Unavailable
from services.store.waiting import Alongside, Known, Queue, Waiting

LOCK = 7310579645227565
"""The advisory lock under which records are ordered; `ledger.append` takes the same."""
LOCK_FIRST_FOR = 1.0
"""Seconds that the lock is taken first after another process was met."""
WORTH_HALVING = 32
"""Commands below which one transaction for all is faster than two that overlap."""
PATIENCE = 5.0
"""Seconds that a batch of which nobody knows whether it was recorded waits for the database to come back."""
DATA_CLASSES = ("22", "23", "54")
"""SQLSTATE classes of errors that lie in what was sent: sent again, it would fail again."""

log = structlog.get_logger()


class Writer:
    """Owns one connection, and the queue of this process."""

    def __init__(
        self, dsn: str, sign: Sign, clock: Callable[[], datetime], *, queue: int = 4096, patience: float = PATIENCE
    ) -> None:
        self._dsn, self._sign, self._clock, self._patience = dsn, sign, clock, patience
        self._queue = Queue(queue)
        self._current: list[Waiting] = []
        self._connection: _Session | None = None
        self._head: Reached | None = None
        self._lock_first_until = 0.0
        self._sent = self._doubt = self._closed = False
        self._task: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        """Whether commands are taken."""
        return not self._closed and self._task is not None and not self._task.done()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="ledger-writer")

    async def stop(self, patience: float = 10.0) -> None:
        """Takes no new commands; on return everybody who waited has an answer, yes or no."""
        self._closed = True
        self._queue.close()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=patience)
            self._task.cancel()
            await asyncio.wait([self._task])

    async def append(self, change: Change, alongside: Alongside | None = None) -> Receipt | Known:
        """As `Store.append` promises, but that a command recorded before is only said to be `Known`."""
        waiting = Waiting.of(change, asyncio.get_running_loop().create_future(), alongside)
        if not self.alive:
            raise Unavailable("The writer has stopped.")
        self._queue.put(waiting)
        return await waiting.answer

    async def _run(self) -> None:
        try:
            while await self._queue.some():
                self._current, self._doubt = self._queue.take(self._share(0)), False
                await self._settle()
        finally:
            self._doubt |= self._sent
            self._give_up("The writer has stopped.")
            self._drop()

    async def _settle(self) -> None:
        """Answers everybody in the current batch. Nothing but a cancellation gets out."""
        deadline = 0.0
        while self._current:
            try:
                session = await self._connected()
            except Exception as error:
                # Nobody of a batch in doubt is told anything before the database was asked, or patience ends. A server
                # that took the line and dropped it is there, and may take the next one.
                dropped = is_gone(error) and not isinstance(error, OSError)
                if dropped:
                    deadline = deadline or monotonic() + self._patience
                if (self._doubt or dropped) and monotonic() < deadline:
                    await asyncio.sleep(0.05)
                    continue
                log.warning("ledger-unreachable", error=repr(error), in_doubt=self._doubt)
                self._give_up("The database cannot be reached.")
                return
            try:
                self._current = await self._step(session, self._current)
            except Exception as error:
                self._drop()
                deadline = deadline or monotonic() + self._patience
                await self._failed(error, deadline)

    async def _failed(self, error: Exception, deadline: float) -> None:
        """One try at the current batch failed; its connection is closed."""
        if is_gone(error):
            self._doubt, self._sent = self._doubt or self._sent, False
            if monotonic() >= deadline:
                self._give_up("The database cannot be reached.")
            return
        self._sent = False  # the server said no: nothing of this try was kept
        log.warning("ledger-batch-failed", error=repr(error), commands=len(self._current))
        batch, self._current = self._current, []
        of_data = not isinstance(error, asyncpg.PostgresError) or (error.sqlstate or "")[:2] in DATA_CLASSES
        if not of_data:
            _unavailable(batch, str(error), recorded=None if self._doubt else False)
        elif len(batch) == 1:
            batch[0].fail(error)
        else:
            # One command that cannot be stored must not fail its neighbours.
            for number, waiting in enumerate(batch):
                self._current = [waiting]
                try:
                    await self._settle()
                except asyncio.CancelledError:
                    self._current += batch[number + 1 :]
                    raise

    async def _step(self, session: "_Session", batch: list[Waiting]) -> list[Waiting]:
        """One transaction. Returns those who are not answered yet."""
        lock_first = monotonic() < self._lock_first_until or batch[0].alongside is not None
        if self._head is not None and not lock_first:
            return await self._hopeful(session, self._head, batch)
        return await self._lock_first(session, batch)

    async def _hopeful(self, session: "_Session", head: Reached, batch: list[Waiting]) -> list[Waiting]:
        composed = compose(head, batch, self._clock(), self._sign)
        call = self._call(session, composed)
        while True:
            ahead: Composed | None = None
            try:
                await asyncio.sleep(0)  # it is sent, and those who were answered may come again
                receipts = composed.receipts()
                ahead = self._ahead(composed)
                row = await call
            except BaseException:
                call.cancel()
                self._put_back(ahead)
                raise
            self._sent = False
            if not row["done"]:
                self._put_back(ahead)
                return self._refused(composed, row)
            if ahead is None:
                self._committed(composed, receipts)
                return []
            # The next one is on its way before anybody is told of this one: the database need not wait for them.
            call, self._current = self._call(session, ahead), list(ahead.waiting)
            self._committed(composed, receipts)
            composed = ahead

    def _ahead(self, current: Composed) -> Composed | None:
        """The next batch, on the head that the current one will make; None where it has to wait for that one's end."""
        batch = self._queue.take(self._share(len(current.waiting)))
        try:
            if batch and batch[0].alongside is None:
                return compose(current.after, batch, self._clock(), self._sign)
        except Exception as error:
            # It is met again when that batch is the current one. The one on its way has no part in it.
            log.warning("ledger-batch-not-composed", error=repr(error), commands=len(batch))
        self._queue.put_back(batch)
        return None

    def _share(self, on_the_way: int) -> int:
        """How many to take: where many wait, half of all, so that we and the database work at the same time."""
        return max(WORTH_HALVING // 2, (len(self._queue) + on_the_way + 1) // 2)

    def _put_back(self, ahead: Composed | None) -> None:
        if ahead is not None:
            self._queue.put_back(ahead.waiting)

    def _refused(self, composed: Composed, row: Any) -> list[Waiting]:
        """The database wrote nothing: something stands in the way of some, or the head is another."""
        if row["size"] != composed.before.size or (row["at"] is not None and row["at"] > composed.call[1]):
            self._head, self._lock_first_until = None, monotonic() + LOCK_FIRST_FOR
        return self._sort_out(composed.waiting, row)

    async def _lock_first(self, session: "_Session", batch: list[Waiting]) -> list[Waiting]:
        await session.connection.execute(f"begin; select pg_advisory_xact_lock({LOCK})")
        found = await session.probe.fetchrow([waiting.change.cmd for waiting in batch], *probes(batch))
        assert found is not None
        edge = Edge.unpacked(found["size"], found["edge"] or b"")
        head = Reached(found["size"], found["at"], edge, found["note"] or "")
        left = self._sort_out(batch, found)
        if not left:
            await session.connection.execute("commit")
            self._head = head
            return []
        composed = compose(head, left, self._clock(), self._sign)
        self._current = left
        call = self._call(session, composed)
        try:
            row = await call
        except BaseException:
            call.cancel()
            raise
        assert row["done"], "the lock is ours, and nothing stood in the way"
        if left[0].alongside is not None:
            await left[0].alongside(session.connection)
        await session.connection.execute("commit")
        self._sent = False
        self._committed(composed, composed.receipts())
        return []

    def _call(self, session: "_Session", composed: Composed) -> "asyncio.Future[Any]":
        """Starts the call; whether it was heard is unknown from now on, until it is answered."""
        self._sent = True
        return asyncio.ensure_future(session.append.fetchrow(*composed.call))

    def _committed(self, composed: Composed, receipts: Sequence[Receipt]) -> None:
        self._head = composed.after
        for waiting, receipt in zip(composed.waiting, receipts, strict=True):
            waiting.succeed(receipt)

    def _sort_out(self, batch: Sequence[Waiting], found: Any) -> list[Waiting]:
        """Answers those in whose way something stands; the others are returned."""
        known = set(found["known"] or ())
        moved = dict(zip(found["moved"] or (), found["moved_to"] or (), strict=True))
        held = dict(zip(found["held"] or (), found["held_by"] or (), strict=True))
        left = []
        for waiting in batch:
            if waiting.change.cmd in known:
                waiting.succeed(Known(before=not self._doubt))
            elif conflict := _conflict(waiting, moved, held):
                waiting.fail(conflict)
            else:
                left.append(waiting)
        return left

    def _give_up(self, reason: str) -> None:
        """Fails everybody; only the batch that was on its way may have been recorded."""
        _unavailable(self._current, reason, recorded=None if self._doubt else False)
        self._current = []
        _unavailable(self._queue.empty(), reason, recorded=False)

    async def _connected(self) -> "_Session":
        if self._connection is None or self._connection.connection.is_closed():
            self._drop()
            self._connection = await _Session.open(self._dsn)
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.connection.terminate()
        self._connection = self._head = None


class _Session:
    """A connection with its two statements."""

    def __init__(self, connection: Connection, probe: PreparedStatement, append: PreparedStatement) -> None:
        self.connection, self.probe, self.append = connection, probe, append

    @classmethod
    async def open(cls, dsn: str) -> "_Session":
        connection = await connect_writer(dsn)
        try:
            probe = await connection.prepare(f"select * from ledger.probe({_numbered(9)})")
            append = await connection.prepare(f"select * from ledger.append({_numbered(35)})")
        except BaseException:
            connection.terminate()
            raise
        return cls(connection, probe, append)


def _numbered(count: int) -> str:
    return ", ".join(f"${number}" for number in range(1, count + 1))


def _conflict(waiting: Waiting, moved: dict[UUID, int], held: dict[str, UUID]) -> Conflict | None:
    streams = [
        (stream, expected, moved[stream])
        for stream, expected in waiting.expects
        if stream in moved and moved[stream] != expected
    ]
    asked = (*waiting.change.takes, *waiting.change.shares)
    words = [(word, held[word]) for word, _ in asked if word in held]
    return Conflict(streams, words) if streams or words else None


def _unavailable(everybody: Iterable[Waiting], reason: str, *, recorded: bool | None) -> None:
    for waiting in everybody:
        waiting.fail(Unavailable(reason, recorded=recorded))
