"""Connections to the database, and what it means when one breaks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, TypeAlias

import asyncpg

from services.store.migrations import ROLE
from services.store.ports import Busy, Conflict, Unavailable

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]
    Lent: TypeAlias = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
else:
    Connection = asyncpg.Connection
    Lent = asyncpg.pool.PoolConnectionProxy
    Pool = asyncpg.Pool

CONNECT_WITHIN = 5.0
ANSWER_WITHIN = 20.0
"""Seconds until the writer takes a silent server for gone; the server's own limits below are shorter."""
LENT_WITHIN = 10.0
"""Seconds that a reader waits for a connection: long enough for one to be made, or found to be gone."""
RETRY_AFTER = 5

_WRITER = {
    "role": ROLE,
    "application_name": "subsidia-writer",
    "jit": "off",
    "lock_timeout": "5s",
    "statement_timeout": "10s",
    # A writer that stalls while it holds the lock must not stop every other process.
    "idle_in_transaction_session_timeout": "5s",
    # Look-ups by index and nothing else, however empty the tables were when a plan was made: set here and not on the
    # functions, where they would be put in place and taken back twice a batch.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_bitmapscan": "off",
    # Planning what stands in the way of a batch costs more than looking it up.
    "plan_cache_mode": "force_generic_plan",
}
_READER = {
    "role": ROLE,
    "application_name": "subsidia-reader",
    "jit": "off",
    "statement_timeout": "30s",
    # Plans made while the tables were empty must not become scans of a million rows.
    "enable_seqscan": "off",
}
_WORKER = {
    "role": ROLE,
    "application_name": "subsidia-worker",
    "jit": "off",
    "lock_timeout": "20s",
    "idle_in_transaction_session_timeout": "60s",
    # What a crash takes of a checkpoint is done again, under the same command ids, and recorded once all the same.
    "synchronous_commit": "off",
    "enable_seqscan": "off",
}


async def connect_writer(dsn: str) -> Connection:
    """The connection that appends. Its commits are durable whatever the server's default is."""
    connection = await asyncpg.connect(
        dsn, timeout=CONNECT_WITHIN, command_timeout=ANSWER_WITHIN, server_settings=_WRITER
    )
    try:
        if connection.get_server_version() >= (17, 0):
            await connection.execute("set transaction_timeout = '15s'")
        if await connection.fetchval("show synchronous_commit") == "off":
            await connection.execute("set synchronous_commit = on")
    except BaseException:
        connection.terminate()
        raise
    return connection


async def connect_reader(dsn: str) -> Connection:
    """A connection of its own, for LISTEN."""
    return await asyncpg.connect(dsn, timeout=CONNECT_WITHIN, command_timeout=ANSWER_WITHIN, server_settings=_READER)


async def connect_worker(dsn: str) -> Connection:
    """A connection of its own for one that follows the ledger, and holds its lead by it."""
    return await asyncpg.connect(dsn, timeout=CONNECT_WITHIN, server_settings=_WORKER)


@asynccontextmanager
async def dropped(opening: Awaitable[Connection]) -> AsyncIterator[Connection]:
    """A connection that is dropped in the end: nothing on it is waited for, and the server lets go of its locks."""
    connection = await opening
    try:
        yield connection
    finally:
        connection.terminate()


async def open_pool(dsn: str, at_most: int = 8, settings: Mapping[str, str] = _READER) -> Pool:
    """Connections that read as the application's role. Raises Unavailable."""
    with available():
        return await asyncpg.create_pool(
            dsn, min_size=1, max_size=at_most, timeout=CONNECT_WITHIN, command_timeout=60,
            server_settings=dict(settings), reset=_left_as_it_was,
        )  # fmt: skip


@asynccontextmanager
async def lent(pool: Pool) -> AsyncIterator[Lent]:
    """One of the pool's connections. Raises Busy where others have all of them for too long."""
    async with patience():
        connection = await pool.acquire()
    try:
        yield connection
    finally:
        await pool.release(connection)


@asynccontextmanager
async def patience() -> AsyncIterator[None]:
    """Around the wait for a place among readers: Busy where none comes free in time."""
    waiting = asyncio.timeout(LENT_WITHIN)
    try:
        async with waiting:
            yield
    except TimeoutError:
        if not waiting.expired():
            raise
        raise Busy(RETRY_AFTER, "Too many read at once.") from None


async def _left_as_it_was(connection: Connection) -> None:
    """Readers set nothing and lock nothing, so there is nothing to reset: that would be a second query for each."""
    if connection.is_in_transaction():
        await connection.reset()


async def close_pool(pool: Pool, patience: float = 2.0) -> None:
    """Lets readers finish, but not for long."""
    try:
        async with asyncio.timeout(patience):
            await pool.close()
    except (TimeoutError, OSError, asyncpg.InterfaceError):
        pool.terminate()


def is_gone(error: BaseException) -> bool:
    """Whether an error says that the connection, not the statement, failed."""
    # asyncpg loses its way, and says so, where the server ends a session just when something is sent.
    if isinstance(error, (OSError, EOFError, asyncpg.PostgresConnectionError, asyncpg.InternalClientError)):
        return True
    if isinstance(error, asyncpg.PostgresError):
        return getattr(error, "severity_en", getattr(error, "severity", "")) in ("FATAL", "PANIC") or isinstance(
            error, (asyncpg.AdminShutdownError, asyncpg.CrashShutdownError, asyncpg.CannotConnectNowError)
        )
    return isinstance(error, asyncpg.InterfaceError) and not isinstance(error, ValueError)


def passes(error: BaseException) -> bool:
    """Whether waiting is the answer to an error."""
    waited_out = (Unavailable, Busy, Conflict, asyncpg.LockNotAvailableError)
    return isinstance(error, waited_out) or is_gone(error)


@contextmanager
def available() -> Iterator[None]:
    """Around reads: a database that cannot be reached becomes Unavailable."""
    try:
        yield
    except (OSError, EOFError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        if is_gone(error) or isinstance(error, (asyncpg.QueryCanceledError, asyncpg.TooManyConnectionsError)):
            raise Unavailable("The database cannot be reached.") from error
        raise
