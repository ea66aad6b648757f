"""Where every view stands, known without asking: told by the projector and the ledger, with a poll behind it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg
import structlog

from services.store import listener
from services.store.connecting import Connection, Lent, available, connect_reader, is_gone
from services.views import registry
from services.views.tables import SCHEMA

POLL = 1.0
REST = 0.01
"""Seconds between two looks, at least: under load, one answers many notices."""

_LOOK = f"""
select r.name, r."table", r.version, r.position, n.at, c.size
from (select coalesce(max(size), 0) as size from ledger.checkpoints) c
left join {SCHEMA}.registry r on r.state = 'live'
left join ledger.records n on n.position = r.position + 1"""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Standing:
    """A view's table and how far it is. `behind_since`: when the first record it lacks was recorded."""

    table: str
    version: int
    position: int
    behind_since: datetime | None

    def lag(self) -> float:
        """Seconds for which the oldest record has waited."""
        return 0.0 if self.behind_since is None else max(0.0, (datetime.now(UTC) - self.behind_since).total_seconds())


@dataclass(frozen=True, slots=True)
class Moment:
    """All views and the ledger's size, seen in one look."""

    size: int
    standings: Mapping[str, Standing] = field(default_factory=dict)


async def look(asked: Connection | Lent) -> Moment:
    """Asks the database. Raises Unavailable."""
    with available():
        try:
            rows = await asked.fetch(_LOOK)
        except asyncpg.UndefinedTableError:  # the projector has never run here
            rows = []
    standings = {
        row["name"]: Standing(row["table"], row["version"], row["position"], row["at"]) for row in rows if row["name"]
    }
    return Moment(rows[0]["size"] if rows else 0, standings)


class Pulse:
    """One connection and one task that keep `now` fresh. While the connection is lost, `now` is None."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._woken, self._moved = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._begun = False
        self.now: Moment | None = None

    async def __aenter__(self) -> "Pulse":
        self._task = asyncio.create_task(self._run(), name="views-pulse")
        return self

    async def __aexit__(self, *reason: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait([self._task])

    async def moved(self, within: float) -> None:
        """Returns once something has moved, or the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._moved.wait()

    async def _run(self) -> None:
        connection: Connection | None = None
        try:
            while True:
                try:
                    if connection is None:
                        connection = await connect_reader(self._dsn)
                        await connection.add_listener(registry.CHANNEL, self._heard)
                        await connection.add_listener(listener.CHANNEL, self._heard)
                        connection.add_termination_listener(self._lost)
                    # Cleared before the look: what is told during it is looked at once more.
                    self._woken.clear()
                    self._see(await self._look(connection))
                except Exception as error:
                    self.now = None
                    if not is_gone(error):
                        log.warning("views-pulse-lost", error=repr(error))
                    if connection is not None:
                        connection.terminate()
                    connection = None
                await self._pause()
        finally:
            self.now = None
            if connection is not None:
                connection.terminate()

    async def _look(self, connection: Connection) -> Moment:
        """Until the projector has made its tables, that is all we ask: PostgreSQL would log an error for each look."""
        self._begun = self._begun or await connection.fetchval(f"select to_regclass('{SCHEMA}.registry') is not null")
        return await look(connection) if self._begun else Moment(0)

    async def _pause(self) -> None:
        await asyncio.sleep(REST)
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL):
                await self._woken.wait()

    def _heard(self, *about: Any) -> None:
        self._woken.set()

    def _lost(self, *about: Any) -> None:
        self.now = None
        self._woken.set()

    def _see(self, moment: Moment) -> None:
        if moment != self.now:
            self.now = moment
            # Everybody who waits now is woken; who comes later looks first.
            self._moved.set()
            self._moved.clear()
