"""Waiting for new records."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from services.store.connecting import Connection
from services.store.watching import POLL, Watch

REST = 0.005
"""Seconds between two looks, at least: shorter than where nobody waits for one record."""
CHANNEL = "ledger"


class Listener:
    """One watch for everybody in the process who follows the ledger. `async with Listener(dsn)`."""

    def __init__(self, dsn: str, poll: float = POLL) -> None:
        self._watch = Watch(dsn, "ledger-listener", (CHANNEL,), self._look, self._wake, poll=poll, rest=REST)
        self._size = 0
        self._grown = asyncio.Event()

    async def __aenter__(self) -> "Listener":
        await self._watch.__aenter__()
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self._watch.__aexit__(*reason)

    @property
    def alive(self) -> bool:
        return self._watch.alive

    async def wait_for_records(self, after: int) -> int:
        """Returns the ledger's size once it has a record above position `after`.

        While the database is gone it goes on waiting. Raises RuntimeError if the listener is dead.
        """
        while self._size <= after + 1:
            if not self.alive:
                raise RuntimeError("The listener has stopped.")
            await self._grown.wait()
        return self._size

    async def _look(self, connection: Connection) -> None:
        size = await connection.fetchval("select max(size) from ledger.checkpoints") or 0
        if size > self._size:
            self._size = size
            self._wake()

    def _wake(self) -> None:
        """Everybody who waits now; who comes later compares sizes first, and finds out whether we live."""
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
