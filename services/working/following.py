"""Follows the ledger for one worker: one process leads, in batches, and where it stands is saved with what it did."""

import asyncio
from collections.abc import Awaitable, Sequence
from time import monotonic
from typing import Protocol

import structlog

from services.health import Health
from services.store import locks
from services.store.connecting import Connection, connect_worker, dropped, passes
from services.store.listener import Wait
from services.store.ports import Head, StoredRecord
from services.store.stamps import seconds_behind
from services.tries import WAITS, Tries

BATCH = 1000
"""Records that a worker is handed at once, at most."""
POLL = 1.0
"""Seconds after which a worker looks again in any case, or asks again whether it may lead."""

log = structlog.get_logger()


class Ledger(Protocol):
    """What is asked of the store; see `services.store.ports.Store`."""

    def records(self, after: int = -1, limit: int = 500) -> Awaitable[Sequence[StoredRecord]]: ...

    def head(self) -> Awaitable[Head]: ...


class Worker(Protocol):
    """What is done with records, and between them."""

    @property
    def name(self) -> str:
        """Under which its position is saved; never changed."""
        ...

    @property
    def gather(self) -> float:
        """Seconds from one look at the ledger to the next, at least: under load, each look is for many records."""
        ...

    async def take(self, connection: Connection, position: int, stored: Sequence[StoredRecord]) -> int:
        """Does what follows from records above `position`, saves how far it came (`advance`) with it, and says it.

        What needs nothing done need not be saved, nor what can wait for `keep`. What it does is safe to repeat: after
        a crash it is handed the same records again.
        """
        ...

    async def keep(self, connection: Connection, position: int) -> None:
        """Saves that it has taken everything up to a position, and what it gathered meanwhile. Asked now and then."""
        ...

    async def rest(self, connection: Connection) -> float:
        """Does what is due though no record says so; gives seconds until the next such thing, 0 to be asked at once."""
        ...

    async def refused(self, connection: Connection) -> int:
        """How many things a rule, or whoever stands outside, does not let it do, for people to look at."""
        ...


class Fenced(Exception):
    """Another process has moved the position: begin again from where it stands."""


async def advance(connection: Connection, worker: str, old: int, new: int) -> None:
    """Moves the checkpoint, in the transaction of what was done. Raises Fenced if it stands beyond `old` already.

    It may stand below: what had nothing in it to do was passed over, and is saved now and then.
    """
    moved = await connection.execute(
        "update workers.positions set position = $3, updated_at = clock_timestamp()"
        " where worker = $1 and position <= $2",
        worker, old, new,
    )  # fmt: skip
    if moved != "UPDATE 1":
        raise Fenced(f"The {worker} has gone beyond {old} elsewhere.")


async def passed(connection: Connection, worker: str, position: int) -> None:
    """Moves the checkpoint over records in which there was nothing to do."""
    await connection.execute(
        "update workers.positions set position = $2, updated_at = clock_timestamp()"
        " where worker = $1 and position < $2",
        worker, position,
    )  # fmt: skip


class Follower:
    """Runs one worker while we are inside: `async with Follower(...)`. The database is migrated.

    One process leads at a time, by a lock of its session; nothing that is recorded rests on that lock. `wait` wakes it,
    with a poll of its own behind it.
    """

    def __init__(self, dsn: str, worker: Worker, ledger: Ledger, wait: Wait, *, batch: int = BATCH) -> None:
        self._dsn, self._worker, self._ledger, self._wait, self._batch = dsn, worker, ledger, wait, batch
        self._task: asyncio.Task[None] | None = None
        self._refused, self._counted = 0, -POLL
        self._looked = self._kept = -POLL
        self._kept_at = -1
        self.position = -1
        self.leads = False
        self.error: str | None = None

    async def __aenter__(self) -> "Follower":
        self._task = asyncio.create_task(self._run(), name=f"worker-{self._worker.name}")
        return self

    async def __aexit__(self, *reason: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait([self._task])

    async def health(self) -> Health:
        """How it does. Raises Unavailable while the database cannot be reached."""
        head = (await self._ledger.head()).size - 1
        lag = await seconds_behind(self._ledger, self.position, head)
        alive = self._task is not None and not self._task.done()
        at = max(head, self.position)
        return Health((self._worker.name,), self.position, at, lag, self.leads, alive, self.error, self._refused)

    async def catch_up(self) -> None:
        """Does everything there is to do now, and returns; whoever leads is waited for."""
        async with dropped(connect_worker(self._dsn)) as connection:
            await self._take_the_lead(connection)
            before = -2
            while before != self.position:
                before = self.position
                while await self._step(connection) == 0:
                    pass
            self._kept = self._counted = -POLL
            await self._keep(connection)

    async def _run(self) -> None:
        """Until it is cancelled; an error is said aloud, and what it stopped is tried again."""
        tries = Tries()
        while True:
            tries.begin()
            try:
                async with dropped(connect_worker(self._dsn)) as connection:
                    await self._take_the_lead(connection)
                    while True:
                        wait = await self._step(connection)
                        self.error = None
                        if wait:
                            await self._pause(min(wait, POLL))
            except Fenced as error:
                log.warning("worker-fenced", worker=self._worker.name, error=str(error))
                await asyncio.sleep(WAITS[0])
            except Exception as error:
                wait = tries.failed()
                self.error = f"{type(error).__name__}: {error}"
                say = log.warning if passes(error) else log.exception
                say("worker-interrupted", worker=self._worker.name, error=self.error, again_in=wait)
                await asyncio.sleep(wait)
            finally:
                self.leads = False

    async def _take_the_lead(self, connection: Connection) -> None:
        while not await connection.fetchval(
            "select pg_try_advisory_lock($1, hashtext($2))", locks.ACTS, self._worker.name
        ):
            self.position = await self._saved(connection)
            self._refused = await self._worker.refused(connection)
            await asyncio.sleep(POLL)
        self.leads = True
        await connection.execute(
            "insert into workers.positions (worker, position) values ($1, -1) on conflict do nothing", self._worker.name
        )
        self.position = await self._saved(connection)

    async def _saved(self, connection: Connection) -> int:
        found = await connection.fetchval("select position from workers.positions where worker = $1", self._worker.name)
        return -1 if found is None else found

    async def _step(self, connection: Connection) -> float:
        """One batch, then what is due if that was all; gives seconds until there is more to do, 0 for at once."""
        self._looked = monotonic()
        stored = await self._ledger.records(self.position, self._batch)
        if stored:
            self.position = await self._worker.take(connection, self.position, stored)
        await self._keep(connection)
        return 0 if len(stored) == self._batch else await self._worker.rest(connection)

    async def _keep(self, connection: Connection) -> None:
        """Now and then, so that a start, and whoever stands by, knows of what was passed over, too."""
        if self._kept_at != self.position and monotonic() - self._kept > POLL:
            self._kept = monotonic()
            await self._worker.keep(connection, self.position)
            self._kept_at = self.position
        if monotonic() - self._counted > POLL:
            self._counted = monotonic()
            self._refused = await self._worker.refused(connection)

    async def _pause(self, seconds: float) -> None:
        """Until there are records, some of them: who has not looked for a while looks at once."""
        try:
            async with asyncio.timeout(seconds):
                await self._wait(self.position)
            await asyncio.sleep(self._looked + self._worker.gather - monotonic())
        except TimeoutError:
            pass
