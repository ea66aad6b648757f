"""Follows the ledger and keeps every view: each group of views on its own, in batches, one transaction each."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from time import monotonic

import asyncpg
import structlog

from projections.kernel import View
from services.health import Health
from services.store import locks
from services.store.connecting import CONNECT_WITHIN, Connection, close_pool, dropped, open_pool, passes
from services.store.listener import Wait, heard
from services.store.migrations import ROLE
from services.store.reads import Reads
from services.store.stamps import seconds_behind
from services.tries import WAITS, Tries
from services.views import registry
from services.views.applying import groups_of
from services.views.building import AlreadyRebuilding, Progress, rebuild
from services.views.ports import NoSuchView
from services.views.registry import Entry, Fenced
from services.views.running import BATCH, CannotApply, Codec, Ledger, Runner, ended
from services.views.tables import Table
from services.views.yielding import LAG, Rests, yield_as_we_do

POLL = 1.0
"""Seconds after which a group looks at the ledger in any case, or asks again whether it may lead."""
GATHER = 0.1
"""Seconds between two batches for who is up to date: under load, one transaction serves many records."""
SWEEP = 60.0
KEPT_BY_NEWER = 5.0
"""Seconds until a group looks again whether a newer program still keeps its tables."""

_SETTINGS = {
    "role": ROLE,
    "application_name": "subsidia-projector",
    "jit": "off",
    "lock_timeout": "20s",
    "idle_in_transaction_session_timeout": "60s",
    # Views follow from the ledger: what a crash takes is folded again, to the same rows at the same positions.
    "synchronous_commit": "off",
    # Look-ups by key and nothing else, however empty the tables were when a plan was made.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}

log = structlog.get_logger()


class Group:
    """The views of one group and how far they are."""

    def __init__(self, views: Sequence[View]) -> None:
        self.views = tuple(view.name for view in views)
        self.tables = [Table(view) for view in views]
        self.position = -1
        self.leads = False
        self.error: str | None = None
        self.stopped = False

    @property
    def name(self) -> str:
        return self.views[0]

    def fits(self, entries: Sequence[Entry]) -> bool:
        """Whether the live tables are those that this program would make, and stand at one position."""
        wanted = {(table.view.name, table.view.version, table.digest, self.name) for table in self.tables}
        return (
            len(entries) == len(self.tables)
            and wanted == {(one.name, one.version, one.digest, one.group) for one in entries}
            and len({one.position for one in entries}) == 1
        )

    def newer(self, entries: Sequence[Entry]) -> list[Entry]:
        """Live tables that a newer program made."""
        versions = {table.view.name: table.view.version for table in self.tables}
        return [one for one in entries if one.version > versions[one.name]]


class Projector:
    """Runs all groups while we are inside: `async with Projector(...)`. The database is migrated.

    Groups are led by one process at a time; the others stand by. `wait` wakes it, with a poll of its own behind it.
    `lag`: seconds that views may be behind before somebody is alarmed: that bounds how long they rest.
    ValueError or TypeError at once where views do not fit together or cannot be kept in tables.
    """

    def __init__(
        self, dsn: str, views: Sequence[View], ledger: Ledger, codec: Codec, wait: Wait, *, batch: int = BATCH,
        lag: float = LAG,
    ) -> None:  # fmt: skip
        self._dsn, self._ledger, self._codec, self._wait, self._batch = dsn, ledger, codec, wait, batch
        self._lag = lag
        self._groups = [Group(views) for views in groups_of(views)]
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def __aenter__(self) -> "Projector":
        for group in self._groups:
            self._tasks[group.name] = asyncio.create_task(self._run(group), name=f"projector-{group.name}")
        return self

    async def __aexit__(self, *reason: object) -> None:
        for task in self._tasks.values():
            await ended(task)

    async def health(self) -> list[Health]:
        """How each group does. Raises Unavailable while the database cannot be reached."""
        head = await self._ledger.head()
        return [await self._health(group, head.size - 1) for group in self._groups]

    async def rebuild(self, name: str, progress: Progress = lambda done, total: None) -> None:
        """Builds the whole group of a view anew beside the live tables, then swaps; works beside a running projector.

        Raises NoSuchView, AlreadyRebuilding, CannotApply (the live tables stay).
        """
        group = next((group for group in self._groups if name in group.views), None)
        if group is None:
            raise NoSuchView(name)
        await self._rebuild(group, progress)

    async def _health(self, group: Group, head: int) -> Health:
        lag = await seconds_behind(self._ledger, group.position, head)
        task = self._tasks.get(group.name)
        alive = task is not None and not task.done() and not group.stopped
        return Health(group.views, group.position, max(head, group.position), lag, group.leads, alive, group.error)

    # --- one group ---

    async def _run(self, group: Group) -> None:
        """Until it is cancelled or a record cannot be applied; a database that went away is waited for."""
        tries = Tries(well=POLL)
        while not group.stopped:
            tries.begin()
            try:
                async with self._connected() as connection:
                    await self._lead(group, connection)
            except CannotApply as error:
                self._stop(group, error)
            except Fenced as error:
                log.warning("views-fenced", group=group.name, error=str(error))
                await asyncio.sleep(WAITS[0])
            except Exception as error:
                wait = tries.failed()
                group.error = f"{type(error).__name__}: {error}"
                say = log.warning if passes(error) else log.exception
                say("views-interrupted", group=group.name, error=group.error, again_in=wait)
                await asyncio.sleep(wait)
            finally:
                group.leads = False

    def _stop(self, group: Group, error: CannotApply) -> None:
        group.error, group.stopped = str(error), True
        log.error("views-stopped", group=group.name, position=error.position, error=str(error), exc_info=error)

    async def _lead(self, group: Group, connection: Connection) -> None:
        """Takes the lead once nobody else has it, and follows the ledger. Returns where tables were replaced."""
        await registry.prepare(connection)
        while not await connection.fetchval("select pg_try_advisory_lock($1, hashtext($2))", locks.KEEPS, group.name):
            await self._stand_by(group, connection)
        group.leads = True
        entries = await registry.live(connection, group.views)
        if newer := group.newer(entries):
            group.error = f"A newer program keeps {', '.join(f'{one.name}@{one.version}' for one in newer)}."
            log.warning("views-kept-by-newer", group=group.name, error=group.error)
            await asyncio.sleep(KEPT_BY_NEWER)
        elif not entries:
            async with connection.transaction():
                await registry.enter(connection, group.name, group.tables, "live")
        elif not group.fits(entries):
            group.position = min(one.position for one in entries)
            await self._replace(group)
        else:
            await self._follow(group, connection, entries)

    async def _stand_by(self, group: Group, connection: Connection) -> None:
        entries = await registry.live(connection, group.views)
        group.position = min((one.position for one in entries), default=-1)
        group.error = next((one.error for one in entries if one.error), None)
        await asyncio.sleep(POLL)

    async def _replace(self, group: Group) -> None:
        """The program has changed since the live tables were made. They stay as they are until new ones are ready."""
        log.info("views-outdated", group=group.name, wanted=[table.ref for table in group.tables])
        try:
            await self._rebuild(group, lambda done, total: None)
        except AlreadyRebuilding:
            await asyncio.sleep(POLL)

    async def _follow(self, group: Group, connection: Connection, entries: Sequence[Entry]) -> None:
        runner = Runner(self._ledger, self._codec, group.tables, self._batch)
        async with self._connected() as writes, aclosing(runner):
            runner.begin({one.name: one.table for one in entries}, entries[0].position, connection, writes)
            await self._go_on(group, runner, connection, entries)

    async def _go_on(self, group: Group, runner: Runner, connection: Connection, entries: Sequence[Entry]) -> None:
        swept, rests = monotonic(), Rests(self._lag)
        group.position, group.error = runner.position, None
        while True:
            begun = monotonic()
            try:
                applied = await runner.step()
            except CannotApply as error:
                names = [one.table for one in entries]
                await registry.stopped(connection, names, str(error), error.position)
                raise
            finally:
                group.position = runner.position
            rest = rests.after(applied, monotonic() - begun)
            if monotonic() - swept > SWEEP:
                swept = monotonic()
                await self._sweep(connection)
            if not applied:
                await self._rest(connection, runner.position, entries)
            elif rest or applied < self._batch:
                await asyncio.sleep(max(rest, GATHER))

    async def _rest(self, connection: Connection, position: int, entries: Sequence[Entry]) -> None:
        """Until there are records, or a second has passed; then looks whether these are still the live tables."""
        try:
            async with asyncio.timeout(POLL):
                await self._wait(position)
        except TimeoutError:
            still = await registry.live(connection, [one.name for one in entries])
            if {one.table for one in still} != {one.table for one in entries}:
                raise Fenced("The tables were replaced.") from None

    async def _sweep(self, connection: Connection) -> None:
        try:
            if gone := await registry.sweep(connection):
                log.info("views-swept", tables=gone)
        except asyncpg.LockNotAvailableError:
            log.info("views-sweep-waits")

    async def _rebuild(self, group: Group, progress: Progress) -> None:
        head = await self._ledger.head()
        runner = Runner(self._ledger, self._codec, group.tables, self._batch)
        async with self._connected() as connection:
            await registry.prepare(connection)
        await rebuild(self._connected, group.name, group.tables, runner, head.size, progress)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        opening = asyncpg.connect(self._dsn, timeout=CONNECT_WITHIN, server_settings=_SETTINGS)
        async with dropped(opening) as connection:
            await yield_as_we_do(connection)
            yield connection


@asynccontextmanager
async def opened_projector(
    dsn: str, views: Sequence[View], codec: Codec, *, follow: bool = True, lag: float = LAG
) -> AsyncIterator[Projector]:
    """A projector with its own connections, for a process of its own; to rebuild only, it need not follow."""
    async with AsyncExitStack() as stack:
        pool = await open_pool(dsn, 2)
        stack.push_async_callback(close_pool, pool)
        wait = await stack.enter_async_context(heard(dsn, follow=follow))
        projector = Projector(dsn, views, Reads(pool), codec, wait, lag=lag)
        yield await stack.enter_async_context(projector) if follow else projector


async def run(dsn: str, views: Sequence[View], codec: Codec) -> None:
    """Runs the projector until cancelled: what a separate process does."""
    async with opened_projector(dsn, views, codec):
        await asyncio.Event().wait()
