"""Where every view stands, known without asking: told by the projector and the ledger, with a poll behind it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import asyncpg

from services.store import listener
from services.store.connecting import Connection, Lent, available
from services.store.watching import Watch
from services.views import registry
from services.views.tables import SCHEMA

_LOOK = f"""
select r.name, r."table", r.version, r.position, n.at, c.size
from (select coalesce(max(size), 0) as size from ledger.checkpoints) c
left join {SCHEMA}.registry r on r.state = 'live'
left join ledger.records n on n.position = r.position + 1"""


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
    """A watch that keeps `now` fresh. While its line is lost, `now` is None."""

    def __init__(self, dsn: str) -> None:
        channels = (registry.CHANNEL, listener.CHANNEL)
        self._watch = Watch(dsn, "views-pulse", channels, self._look, self._forget)
        self._moved = asyncio.Event()
        self.now: Moment | None = None

    async def __aenter__(self) -> "Pulse":
        await self._watch.__aenter__()
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self._watch.__aexit__(*reason)

    async def moved(self, within: float) -> None:
        """Returns once something has moved, or the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._moved.wait()

    async def _look(self, connection: Connection) -> None:
        moment = await look(connection)
        if moment != self.now:
            self.now = moment
            # Everybody who waits now is woken; who comes later looks first.
            self._moved.set()
            self._moved.clear()

    def _forget(self) -> None:
        self.now = None
