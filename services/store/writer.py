"""The writer: one task per process that appends everybody's commands in groups.

Alone on the ledger it sends a batch in one call, composed on the head it remembers. While the database works, the next
batch is composed on the head that this one will make, and sent on a second line, where it waits for the lock: if that
head is not reached, it is refused. If another process was faster the call is refused too, and for a while the writer
takes the lock first and composes on the head it then sees: two processes that both hoped to be first would refuse each
other half of the time.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

import asyncpg
import structlog

from services.store import locks
from services.store.batch import Composed, Reached, Sign, compose, probes
from services.store.company import Company
from services.store.condition import Clocks, Condition, try_out
from services.store.connecting import is_gone
from services.store.lines import Line, Session
from services.store.ports import Change, Receipt, Unavailable
from services.store.waiting import Alongside, InTheWay, Known, Queue, Waiting

WORTH_HALVING = 32
"""Commands below which one transaction for all is faster than two that overlap."""
PATIENCE = 5.0
"""Seconds that a batch of which nobody knows whether it was recorded waits for the database to come back."""
LOCKED = (
    "Another session has the ledger's lock and does not give it back: its commit waits for a synchronous standby that"
    " is gone, or its process stands still."
)
DATA_CLASSES = ("22", "23", "54")
"""SQLSTATE classes of errors that lie in what was sent: sent again, it would fail again."""

log = structlog.get_logger()


@dataclass(slots=True)
class _Batch:
    """Commands that are answered together. `sent`: the database may have heard of them, and we wait for its word."""

    waiting: list[Waiting]
    sent: bool = False
    doubt: bool = False
    """Nobody here knows whether they were recorded."""

    def lost(self) -> None:
        """The line broke: if they were on their way, anything may have become of them."""
        self.doubt, self.sent = self.doubt or self.sent, False


class Writer:
    """Owns two connections, and the queue of this process."""

    def __init__(
        self, dsn: str, sign: Sign, clock: Callable[[], datetime], *, queue: int = 4096, patience: float = PATIENCE
    ) -> None:
        self._dsn, self._sign, self._clock, self._patience = dsn, sign, clock, patience
        self.condition, self._clocks = Condition(), Clocks()
        self._queue = Queue(queue)
        self._way: deque[_Batch] = deque()
        self._session: Session | None = None
        self._head: Reached | None = None
        self._company = Company()
        self._closed = False
        self.batches = self.recorded = 0
        """Transactions, and the commands in them, that were recorded since the start."""
        self._task: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        """Whether commands are taken."""
        return not self._closed and self._task is not None and not self._task.done()

    @property
    def waiting(self) -> int:
        """Commands that nobody has begun with."""
        return len(self._queue)

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="ledger-writer")

    async def connect(self) -> None:
        """Opens its lines while nobody writes yet; where they cannot be opened, the first command tries again."""
        try:
            await self._connected()
        except Exception as error:
            log.info("writer-not-connected", error=repr(error))

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
            while await self._some():
                self._way.append(_Batch(self._queue.take(self._share(0))))
                await self._settle()
        finally:
            for batch in self._way:
                batch.lost()
            self._give_up("The writer has stopped.")
            self._drop()

    async def _some(self) -> bool:
        """As the queue says. While something stands in the way, it is tried now and then whether it still does.

        However many wait: what they give may go well, and still not tell that there is room for all.
        """
        while self.condition.failed and not self._closed:
            if self.condition.to_try:
                await self._try_out()
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(self.condition.due - monotonic()):
                    return await self._queue.some()
        return await self._queue.some()

    async def _try_out(self) -> None:
        try:
            line = (await self._connected()).here
            # First what costs nothing: a trial writes, every second, and a clock may be wrong for days.
            await self._clocks.compare(line.connection)
            await try_out(line, self.condition.go_on_from)
        except Exception as error:
            log.debug("ledger-trial-failed", error=repr(error))
            self._drop()
            (self.condition.is_gone if is_gone(error) else self.condition.fails)(_first_line(error))
        else:
            self.condition.succeeds()
            log.info("ledger-writable-again")

    async def _settle(self) -> None:
        """Answers everybody who is on the way, in order. Nothing but a cancellation gets out."""
        deadline = 0.0
        while self._way:
            try:
                session = await self._connected()
            except Exception as error:
                # Nobody of a batch in doubt is told anything before the database was asked, or patience ends. A server
                # that took the line and dropped it is there, and may take the next one.
                doubt = any(batch.doubt for batch in self._way)
                dropped = is_gone(error) and not isinstance(error, OSError)
                if dropped:
                    deadline = deadline or monotonic() + self._patience
                if (doubt or dropped) and monotonic() < deadline:
                    await asyncio.sleep(0.05)
                    continue
                log.warning("ledger-unreachable", error=repr(error), in_doubt=doubt)
                self._give_up(_first_line(error))
                return
            try:
                await self._step(session, self._way[0])
            except Exception as error:
                self._drop()
                deadline = deadline or monotonic() + self._patience
                self._failed(error, deadline)

    def _failed(self, error: Exception, deadline: float) -> None:
        """One try at the first batch failed; the connections are closed."""
        if not is_gone(error):
            self._way[0].sent = False  # the server said no: nothing of this try was kept
        for batch in self._way:
            batch.lost()
        if is_gone(error):
            if monotonic() >= deadline:
                self._give_up(_first_line(error))
            return
        batch = self._way.popleft()
        log.warning("ledger-batch-failed", error=repr(error), commands=len(batch.waiting))
        if not _of_data(error):
            self.condition.fails(_first_line(error))
            _unavailable(batch, _first_line(error))
        elif len(batch.waiting) == 1:
            batch.waiting[0].fail(error)
        else:
            # One command that cannot be stored must not fail its neighbours.
            self._way.extendleft(_Batch([waiting], doubt=batch.doubt) for waiting in reversed(batch.waiting))

    async def _step(self, session: Session, batch: _Batch) -> None:
        """One transaction, or several in a row. Those who are answered are no longer on the way."""
        if not self._clocks.agree():
            await self._clocks.compare(session.here.connection)
        lock_first = self._company.expected or batch.waiting[0].alongside is not None
        if self._head is not None and not lock_first:
            await self._hopeful(session, self._head, batch)
        else:
            await self._lock_first(session, batch)

    async def _hopeful(self, session: Session, head: Reached, batch: _Batch) -> None:
        """Sends a batch, and while the database works on it the one behind it, and so on while there are any."""
        line, other = session.here, session.there
        composed = compose(head, batch.waiting, self._clock(), self._sign)
        call, following = self._call(line, composed, batch), _nobody()
        try:
            while True:
                await asyncio.sleep(0)  # it is sent, and those who were answered may come again
                receipts = composed.receipts()
                if call.done() and _overtook(call, composed):  # else all that follow come too early
                    call = self._call(line, composed, batch)
                if (ahead := self._ahead(composed)) is not None:
                    following = self._call(other, ahead, self._way[1])
                row = await call
                if row["size"] < composed.before.size:  # it had the lock before the one that was sent before it
                    call = self._call(line, composed, batch)
                    row = await call
                batch.sent = False
                if not row["done"]:
                    self._refused(composed, row)
                    await self._heard(following)
                    return
                self._way.popleft()
                self._committed(composed, receipts)
                self._company.found_nobody()
                if ahead is None:
                    return
                batch, composed, call, following = self._way[0], ahead, following, _nobody()
                line, other = other, line
        except BaseException as error:
            if isinstance(error, asyncpg.PostgresError) and not is_gone(error):
                batch.sent = False  # the server said no
                await self._heard(following)
            call.cancel()
            following.cancel()
            raise

    async def _heard(self, following: "asyncio.Future[Any]") -> None:
        """What was composed on a head that was not reached is refused as well: once heard, nobody doubts it."""
        try:
            if (row := await following) is not None:
                assert not row["done"], "its head is not there"
        except asyncpg.PostgresError as error:
            if is_gone(error):
                for batch in self._way:
                    batch.lost()
        for batch in self._way:
            batch.sent = False

    def _ahead(self, current: Composed) -> Composed | None:
        """The next batch, on the head that the current one will make; None where it has to wait for that one's end."""
        room = len(self._way) == 1 and not self.condition.to_try
        if room and (taken := self._queue.take(self._share(len(current.waiting)))):
            self._way.append(_Batch(taken))
        if len(self._way) == 1 or not self._clocks.agree():
            return None
        batch = self._way[1].waiting
        try:
            return None if batch[0].alongside else compose(current.after, batch, self._clock(), self._sign)
        except Exception as error:
            # It is met again when that batch is the first one. The one on its way has no part in it.
            log.warning("ledger-batch-not-composed", error=repr(error), commands=len(batch))
            return None

    def _share(self, on_the_way: int) -> int:
        """How many to take: where many wait, half of all, so that we and the database work at the same time."""
        return max(WORTH_HALVING // 2, (len(self._queue) + on_the_way + 1) // 2)

    def _refused(self, composed: Composed, row: Any) -> None:
        """The database wrote nothing: something stands in the way of some, or the head is another."""
        _, moment, edge = composed.call[:3]
        another = row["size"] != composed.before.size or (row["edge"] or b"") != edge
        if another or (row["at"] is not None and row["at"] > moment):
            self._head = None
            self._company.met()
        self._sort_out(self._way[0], row)
        if not self._way[0].waiting:
            self._way.popleft()

    async def _lock_first(self, session: Session, batch: _Batch) -> None:
        line = session.here
        await line.connection.execute(f"begin; select pg_advisory_xact_lock({locks.RECORDS})")
        found = await line.probe.fetchrow([waiting.change.cmd for waiting in batch.waiting], *probes(batch.waiting))
        assert found is not None
        head = Reached.found(found)
        self.condition.go_on_from(head.size)
        self._sort_out(batch, found)
        if not batch.waiting:
            await line.connection.execute("commit")
            self._head = head
        else:
            composed = compose(head, batch.waiting, self._clock(), self._sign)
            call = self._call(line, composed, batch)
            try:
                row = await call
            except BaseException:
                call.cancel()
                raise
            assert row["done"], "the lock is ours, and nothing stood in the way"
            if (alongside := batch.waiting[0].alongside) is not None:
                await alongside(line.connection)
            await line.connection.execute("commit")
            self._committed(composed, composed.receipts())
        self._way.popleft()

    def _call(self, line: Line, composed: Composed, batch: _Batch) -> "asyncio.Future[Any]":
        """Starts the call; whether it was heard is unknown from now on, until it is answered."""
        batch.sent = True
        return asyncio.ensure_future(line.append.fetchrow(*composed.call))

    def _committed(self, composed: Composed, receipts: Sequence[Receipt]) -> None:
        self._head = composed.after
        self.condition.commits(composed.after.size)
        self.batches, self.recorded = self.batches + 1, self.recorded + len(receipts)
        for waiting, receipt in zip(composed.waiting, receipts, strict=True):
            waiting.succeed(receipt)

    def _sort_out(self, batch: _Batch, found: Any) -> None:
        """Answers those in whose way something stands; the others stay."""
        known, stands = set(found["known"] or ()), InTheWay.found(found)
        left = []
        for waiting in batch.waiting:
            if waiting.change.cmd in known:
                waiting.succeed(Known(before=not batch.doubt))
            elif conflict := stands.conflict(waiting):
                waiting.fail(conflict)
            else:
                left.append(waiting)
        batch.waiting = left

    def _give_up(self, reason: str) -> None:
        """Fails everybody; only what was on its way may have been recorded."""
        self.condition.is_gone(reason)
        while self._way:
            _unavailable(self._way.popleft(), reason)
        _unavailable(_Batch(self._queue.empty()), reason)

    async def _connected(self) -> Session:
        if self._session is None or self._session.is_closed:
            self._drop()
            self._session, self._clocks = await Session.open(self._dsn), Clocks()  # another server may answer
        return self._session

    def _drop(self) -> None:
        if self._session is not None:
            self._session.terminate()
        self._session = self._head = None


def _overtook(call: "asyncio.Future[Any]", composed: Composed) -> bool:
    """Whether a batch had the lock before the one that was sent before it, and was refused."""
    heard = call.exception() is None
    return heard and call.result()["size"] < composed.before.size


def _nobody() -> "asyncio.Future[Any]":
    """Instead of a call, where there is none."""
    answered = asyncio.get_running_loop().create_future()
    answered.set_result(None)
    return answered


def _first_line(error: Exception) -> str:
    """For everybody who asks: where the database is, and who asks it for what, stands in the log alone."""
    if is_gone(error):
        return f"The database cannot be reached ({type(error).__name__})."
    if isinstance(error, asyncpg.LockNotAvailableError):
        return LOCKED
    if isinstance(error, asyncpg.UndefinedFunctionError):
        return "The database was migrated by a newer Subsidia than the one that runs here: start it anew."
    return str(error).partition("\n")[0] or repr(error)


def _of_data(error: Exception) -> bool:
    """Whether it lies in what was sent, and not in the database."""
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "")[:2] in DATA_CLASSES
    return not isinstance(error, Unavailable)


def _unavailable(batch: _Batch, reason: str) -> None:
    for waiting in batch.waiting:
        waiting.fail(Unavailable(reason, recorded=None if batch.doubt else False))
