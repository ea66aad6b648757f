"""What stands in the way of adding to the ledger, and how it is found out that it no longer does."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from secrets import token_bytes
from time import monotonic, time
from uuid import uuid4

from services.store import locks
from services.store.batch import Reached, compose, probes
from services.store.connecting import Connection
from services.store.lines import Line
from services.store.ports import Change, Draft, Unavailable
from services.store.waiting import Waiting

TRY_EVERY = 1.0
"""Seconds between two trials, while something stands in the way."""
TRIED = 4
"""Records of a trial."""
TRIED_BYTES = 64_000
"""Bytes in each of them: enough that no room left over in the tables' pages does for all."""
APART = 30.0
"""Seconds that our clock and the database's may differ; the answers that are kept for ever rest on it, too."""
STEP = 1.0
"""Seconds by which a clock is taken for set, not for slow."""
ONLY_READS = "The database is read-only: it is a standby, or was told so."


class Shrunk(Unavailable):
    """The database has fewer records than were seen in it: it is a copy that lags behind, or a backup."""

    def __init__(self, size: int, before: int) -> None:
        super().__init__(
            f"The database has {size} records, and had {before}. What is missing was signed, and nothing is added until"
            " it is back, or this process is started anew."
        )


class WrongClock(Unavailable):
    """Our clock, or the database's, is wrong. Nothing is stamped by it: a record keeps its time for ever."""


class Condition:
    """Of one writer: what it last failed for, until a trial succeeds; and the largest ledger that this process saw."""

    def __init__(self) -> None:
        self._failed: str | None = None
        self._gone: str | None = None
        self._fewer: str | None = None
        self._only_reads = False
        self.size = 0
        self.due = 0.0
        """When the next trial is due (monotonic), if one is."""

    @property
    def trouble(self) -> str | None:
        """Why nothing can be added; None where nothing is known to stand in the way."""
        return self._failed or self._gone or self._fewer or (ONLY_READS if self._only_reads else None)

    @property
    def failed(self) -> bool:
        return self._failed is not None or self._gone is not None

    @property
    def to_try(self) -> bool:
        """Whether it is time for a trial."""
        return self.failed and monotonic() >= self.due

    def fails(self, reason: str) -> None:
        """The database said no. A smaller batch may still succeed: only a trial tells."""
        self._failed, self.due = reason, monotonic() + TRY_EVERY

    def is_gone(self, reason: str) -> None:
        """It did not answer."""
        self._gone, self.due = reason, monotonic() + TRY_EVERY

    def commits(self, size: int) -> None:
        self._gone, self.size = None, max(self.size, size)

    def succeeds(self) -> None:
        self._failed = self._gone = None

    def saw(self, size: int, before: int) -> None:
        """The database was seen to have so many records; `before`: what was known when it was asked."""
        self._fewer = str(Shrunk(size, before)) if size < before else None
        self.size = max(self.size, size)

    def reads(self, *, only: bool) -> None:
        """The server was asked whether it writes; no trial is needed to know, and the next look ends it."""
        self._only_reads = only

    def go_on_from(self, size: int) -> None:
        """Asked under the ledger's lock. Raises Shrunk: who went on from there would sign a second history."""
        if size < self.size:
            raise Shrunk(size, self.size)
        self.size = size


class Clocks:
    """Whether our clock agrees with the one at the other end of a connection. Asked again only once ours was set."""

    def __init__(self) -> None:
        self._since: float | None = None

    def agree(self) -> bool:
        return self._since is not None and abs(time() - monotonic() - self._since) < STEP

    async def compare(self, connection: Connection) -> None:
        """Raises WrongClock."""
        there = await connection.fetchval("select extract(epoch from clock_timestamp())::float8")
        ours, self._since = time(), None
        if abs(ours - there) > APART:
            raise WrongClock(
                f"This machine's clock and the database's differ by {abs(ours - there):.0f} s: set both by NTP."
            )
        self._since = ours - monotonic()


async def try_out(line: Line, go_on_from: Callable[[int], None]) -> None:
    """Appends some records as any command does, and takes them back.

    It finds a disk without room, a server that only reads, rights that are gone. Nothing is signed, and nobody is told.
    `go_on_from`: told of the ledger's size before anything is written; if it raises, nothing is.
    """
    await line.connection.execute(f"begin; select pg_advisory_xact_lock({locks.RECORDS})")
    head = Reached.found(await line.probe.fetchrow([], *probes([])))
    go_on_from(head.size)
    stream = uuid4()
    drafts = tuple(Draft(stream, n + 1, "trial", token_bytes(TRIED_BYTES), None) for n in range(TRIED))
    change = Change(uuid4(), "trial", b"", drafts)
    waiting = Waiting.of(change, asyncio.get_running_loop().create_future())
    row = await line.append.fetchrow(*compose(head, [waiting], datetime.now(UTC), _unsigned).call)
    assert row is not None
    assert row["done"], "the lock is ours"
    await line.connection.execute("rollback")


def _unsigned(size: int, root: bytes) -> str:
    return ""
