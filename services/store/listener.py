"""Waiting for new records: woken by NOTIFY, with a poll behind it, since a lost connection loses notifications."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog

from services.store.connecting import Connection, connect_reader, is_gone

POLL = 1.0
"""Seconds after which the ledger is looked at in any case."""
REST = 0.005
"""Seconds between two looks, at least: under load, one answers many notices."""
CHANNEL = "ledger"

log = structlog.get_logger()


class Listener:
    """One connection and one task, for everybody in the process who follows the ledger. `async with Listener(dsn)`."""

    def __init__(self, dsn: str, poll: float = POLL) -> None:
        self._dsn, self._poll = dsn, poll
        self._size = 0
        self._grown = asyncio.Event()
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Listener":
        self._task = asyncio.create_task(self._run(), name="ledger-listener")
        return self

    async def __aexit__(self, *reason: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait([self._task])

    @property
    def alive(self) -> bool:
        return self._task is not None and not self._task.done()

    async def wait_for_records(self, after: int) -> int:
        """Returns the ledger's size once it has a record above position `after`.

        While the database is gone it goes on waiting. Raises RuntimeError if the listener is dead.
        """
        while self._size <= after + 1:
            if not self.alive:
                raise RuntimeError("The listener has stopped.")
            await self._grown.wait()
        return self._size

    async def _run(self) -> None:
        connection: Connection | None = None
        try:
            while True:
                try:
                    if connection is None or connection.is_closed():
                        connection = await connect_reader(self._dsn)
                        await connection.add_listener(CHANNEL, self._heard)
                    # Cleared before the look: what is told during it is looked at once more.
                    self._woken.clear()
                    self._tell(await connection.fetchval("select max(size) from ledger.checkpoints") or 0)
                except Exception as error:
                    # Whatever it was, everybody who follows the ledger is better off with a line that comes again.
                    say = log.warning if is_gone(error) else log.exception
                    say("ledger-listener-lost", error=repr(error))
                    if connection is not None:
                        connection.terminate()
                    connection = None
                await self._pause()
        finally:
            if connection is not None:
                connection.terminate()
            self._grown.set()

    async def _pause(self) -> None:
        await asyncio.sleep(REST)
        try:
            async with asyncio.timeout(self._poll):
                await self._woken.wait()
        except TimeoutError:
            pass

    def _heard(self, *about: Any) -> None:
        self._woken.set()

    def _tell(self, size: int) -> None:
        grown, self._size = size > self._size, size  # it may shrink, where another server takes over
        if grown:
            # Everybody who waits now is woken; who comes later compares sizes first.
            self._grown.set()
            self._grown.clear()


@asynccontextmanager
async def heard(dsn: str, *, follow: bool) -> AsyncIterator[Callable[[int], Awaitable[int]]]:
    """What followers wait by (see `wait_for_records`). Where nobody follows, nothing is listened to."""
    listener = Listener(dsn)
    if not follow:
        yield listener.wait_for_records
        return
    async with listener:
        yield listener.wait_for_records
