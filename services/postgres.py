"""The embedded PostgreSQL: a server of our own under `var/`, shared by everybody who works on that folder.

Three locks beside the data directory say who lives; the kernel frees them with their holder, so that kill -9 needs no
cleaning up:

* `pg.gate`    held while one process starts or stops the server
* `pg.users`   shared by every process that uses the server; the last one to leave stops it
* `pg.server`  inherited by every process of the server: free means that none is left
"""

import asyncio
import fcntl
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import NoReturn
from urllib.parse import quote

import asyncpg
import structlog

from services.cluster import PORT, ROLE, Cluster, PostgresUnavailable

DATABASE = ROLE
LOOKED_AFTER = 1.0
"""Seconds between two looks at whether the server is still there: one lock, asked for and given back."""

log = structlog.get_logger()


@dataclass(slots=True)
class Embedded:
    """One PostgreSQL server on the cluster in `data`, shared by all processes (and objects) that name that directory.

    `patience`: seconds to wait for a start (which may be a long crash recovery), a stop, or another process's.
    """

    data: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    patience: float = 1800
    cluster: Cluster = field(init=False)
    _use: int | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self.data = self.data.absolute()
        self.cluster = Cluster(self.data, self.settings)

    async def start(self) -> str:
        """The server answers on return, and stays for as long as we do not stop. Returns the database's DSN.

        Makes the cluster and the database where missing, joins a server that runs, recovers one that died; called
        again it makes sure that the server is still there. Raises PostgresUnavailable.
        """
        async with self._gate():
            if self._use is None:
                self._use = self._take("users", fcntl.LOCK_SH)
            try:
                await self._up()
                await self._make_database()
            except BaseException:  # also Ctrl-C during a long recovery: nothing is left behind
                await self._leave()
                raise
        return self.dsn()

    async def kept(self) -> NoReturn:
        """Starts the server anew where it ended though we need it: it was killed, by hand or for want of memory."""
        pause = LOOKED_AFTER
        while True:
            await asyncio.sleep(pause)
            try:
                if self._use is None or self._ended():
                    log.warning("postgres-ended", log=str(self.cluster.beside("log")))
                    self.cluster.refuse_missing()
                    await self.start()
                pause = LOOKED_AFTER
            except Exception as error:  # whatever it is, it may be over when we look again; nobody else looks
                log.error("postgres-unavailable", error=repr(error))
                pause = min(pause * 2, 60.0)

    def _ended(self) -> bool:
        free = self._take("server", fcntl.LOCK_EX)
        if free is not None:
            os.close(free)
        return free is not None

    async def stop(self) -> None:
        """We no longer need the server; if nobody else does, it has shut down cleanly on return."""
        if self._use is None:
            return
        async with self._gate():
            await self._leave()

    def dsn(self, database: str = DATABASE) -> str:
        """How asyncpg and libpq reach a database of this cluster; the same after every restart."""
        return (
            f"postgresql://{ROLE}@/{database}?host={quote(str(self.cluster.socket_directory()), safe='')}&port={PORT}"
        )

    async def _up(self) -> None:
        spawned = False

        async def answers() -> bool:
            nonlocal spawned
            free = self._take("server", fcntl.LOCK_EX)
            if free is None:
                return await self._answers()
            if spawned:
                os.close(free)
                raise PostgresUnavailable(
                    f"PostgreSQL did not start. The end of {self.cluster.beside('log')}:\n{self.cluster.said()}"
                )
            self.cluster.spawn(free)
            spawned = True
            return False

        await self._until(answers, "postgres-starting")

    async def _answers(self) -> bool:
        try:
            if self.cluster.status() != "ready":  # else it answers with an error, and logs it each time
                return False
            connection = await asyncpg.connect(self.dsn("postgres"), timeout=5)
        except (OSError, IndexError, asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError):
            return False
        await connection.close()
        return True

    async def _make_database(self) -> None:
        connection = await asyncpg.connect(self.dsn("postgres"))
        try:
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f'CREATE DATABASE "{DATABASE}"')
        finally:
            await connection.close()

    async def _leave(self) -> None:
        """Gives up our use; if it was the last, the server is gone on return."""
        if self._use is not None:
            os.close(self._use)
            self._use = None
        last = self._take("users", fcntl.LOCK_EX)
        if last is None:
            return
        os.close(last)
        asked = False

        async def gone() -> bool:
            nonlocal asked
            free = self._take("server", fcntl.LOCK_EX)
            if free is not None:
                os.close(free)
                return True
            pid = self.cluster.postmaster()  # None while it has only just been started
            if pid is not None and not asked:
                with suppress(ProcessLookupError):  # it ended by itself in between
                    os.kill(pid, signal.SIGINT)  # "fast": ends sessions, writes all, no recovery at the next start
                asked = True
            return False

        await self._until(gone, "postgres-stopping")

    @asynccontextmanager
    async def _gate(self) -> AsyncIterator[None]:
        held: int | None = None

        async def taken() -> bool:
            nonlocal held
            held = self._take("gate", fcntl.LOCK_EX)
            return held is not None

        await self._until(taken, "postgres-waiting-for-another-process")
        try:
            yield
        finally:
            if held is not None:
                os.close(held)

    async def _until(self, done: Callable[[], Awaitable[bool]], event: str) -> None:
        """Asks until it is done, ever more slowly, and says every few seconds that it still waits."""
        begun = said = monotonic()
        pause = 0.01
        while not await done():
            now = monotonic()
            if now - begun > self.patience:
                raise PostgresUnavailable(f"PostgreSQL kept us waiting for {self.patience:.0f} s ({event}).")
            if now - said > 3:
                log.info(event, seconds=round(now - begun), log=str(self.cluster.beside("log")))
                said = now
            await asyncio.sleep(pause)
            pause = min(pause * 1.25, 0.25)

    def _take(self, name: str, mode: int) -> int | None:
        """A descriptor that holds the lock until it is closed; None while somebody else holds it."""
        self.data.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock = os.open(self.cluster.beside(name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except PermissionError as error:
            raise PostgresUnavailable(
                f"{self.cluster.beside(name)} belongs to another user. Run as that user."
            ) from error
        try:
            fcntl.flock(lock, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        return lock


@asynccontextmanager
async def database(url: str | None, var: Path) -> AsyncIterator[str]:
    """The DSN of the register's database: `url` as it is, or an embedded server under `var` while we are inside."""
    if url is not None:
        yield url
        return
    server = Embedded(var / "pg")
    dsn = await server.start()
    keeping = asyncio.create_task(server.kept())
    try:
        yield dsn
    finally:
        keeping.cancel()
        await asyncio.wait([keeping])
        await server.stop()
