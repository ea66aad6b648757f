"""Looking at the database whenever it tells of something, with a poll behind it: a lost connection loses notices."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import structlog

from services.store.connecting import Connection, connect_reader, is_gone

POLL = 1.0
"""Seconds after which the database is looked at in any case."""
REST = 0.01
"""Seconds between two looks, at least: under load, one answers many notices."""

log = structlog.get_logger()


class Watch:
    """One connection and one task while we are inside: `async with Watch(...)`. Comes back from any error.

    `look` is given the connection at the start, at each notice on one of the channels, and after each poll. `lost` is
    called whenever the line is, and at the end; what was seen may be no longer so until the next look.
    """

    def __init__(
        self,
        dsn: str,
        name: str,
        channels: Sequence[str],
        look: Callable[[Connection], Awaitable[None]],
        lost: Callable[[], None],
        *,
        poll: float = POLL,
        rest: float = REST,
    ) -> None:
        self._dsn, self._name, self._channels = dsn, name, tuple(channels)
        self._look, self._lost = look, lost
        self._poll, self._rest = poll, rest
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Watch":
        self._task = asyncio.create_task(self._run(), name=self._name)
        return self

    async def __aexit__(self, *reason: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait([self._task])

    @property
    def alive(self) -> bool:
        return self._task is not None and not self._task.done()

    async def _run(self) -> None:
        connection: Connection | None = None
        try:
            while True:
                try:
                    if connection is None:
                        connection = await connect_reader(self._dsn)
                        await self._listen(connection)
                    # Cleared before the look: what is told during it is looked at once more.
                    self._woken.clear()
                    await self._look(connection)
                except Exception as error:
                    # Whatever it was, everybody who relies on the line is better off with one that comes again.
                    say = log.warning if is_gone(error) else log.exception
                    say("watch-lost", watch=self._name, error=repr(error))
                    self._let_go(connection)
                    connection = None
                    self._woken.clear()  # by a line that ended: the next one is sought once at once, then poll by poll
                await self._pause()
        finally:
            self._let_go(connection)

    async def _listen(self, connection: Connection) -> None:
        for channel in self._channels:
            await connection.add_listener(channel, self._told)
        connection.add_termination_listener(self._ended)

    def _let_go(self, connection: Connection | None) -> None:
        self._lost()
        if connection is not None:
            # We end it ourselves, and are not to wake at that: what is in the way may last.
            connection.remove_termination_listener(self._ended)
            connection.terminate()

    async def _pause(self) -> None:
        await asyncio.sleep(self._rest)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._poll):
                await self._woken.wait()

    def _told(self, *about: Any) -> None:
        self._woken.set()

    def _ended(self, *about: Any) -> None:
        self._lost()
        self._woken.set()
