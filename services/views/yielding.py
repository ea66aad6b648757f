"""Gives way to those who wait for an answer, also where PostgreSQL works for us."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import psutil

from services.store.connecting import Connection

AGAIN, TIMES = 0.15, 20
"""Seconds between two tries to make a session nicer, and how many: the kernel takes one from everybody each 0.1 s."""
MANY = 256
"""Records of one batch: where so many have gathered, others are giving many commands."""
SHORT = 0.25
"""Seconds that we waited for a core, for each second that we had one: from there on cores are short."""
REST, REST_AT_MOST = 4.0, 4.0
"""Seconds of rest for each second of work, and seconds of rest at a time."""
BURST, OF_LAG = 25.0, 5 / 6
"""Seconds at a stretch for which we rest so, and that share at most of what views may be behind (SUBSIDIA_LAG)."""
LAG = 30.0
"""Seconds that views may be behind, where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class OnCores:
    """Seconds that a thread ran on a core, and that it waited for one though it had work."""

    had: float
    waited: float

    @classmethod
    def now(cls) -> "OnCores":
        """Of this thread. As a kernel that does not say knows it, nobody ever waits."""
        try:
            had, waited, _ = Path("/proc/thread-self/schedstat").read_text().split()
        except (OSError, ValueError):
            return cls(0.0, 0.0)
        return cls(int(had) / 1e9, int(waited) / 1e9)

    def short_since(self, before: "OnCores") -> bool:
        return self.waited - before.waited > SHORT * (self.had - before.had)


class Rests:
    """Between batches, while many commands come and cores are short: the views fall behind, and catch up afterwards.

    To be nicer is not enough. Whoever wakes waits until we are through with our turn, on the core where we run and on
    the one where PostgreSQL works for us: on two cores the server waited for a quarter of its time.

    `lag`: seconds that views may be behind before somebody is alarmed.
    """

    def __init__(self, lag: float = LAG) -> None:
        self._burst = min(BURST, lag * OF_LAG)
        self._gives_way = psutil.Process().nice() > 0
        self._before = OnCores.now()
        self._since: float | None = None

    def after(self, records: int, worked: float) -> float:
        """How many seconds to rest after a batch of so many records that took so many seconds."""
        before, self._before = self._before, OnCores.now()
        if not (self._gives_way and records >= MANY and self._before.short_since(before)):
            self._since = None
            return 0.0
        now = monotonic()
        self._since = now if self._since is None else self._since
        return max(min(worked * REST, REST_AT_MOST, self._since + self._burst - now), 0.0)


async def yield_as_we_do(connection: Connection) -> None:
    """Lets the server's process behind a connection be as nice as this one (see nice(2)), if both run on one machine.

    What it writes for us takes as much of a core as we do, and those who wait for a commit would wait for it.
    """
    niceness = psutil.Process().nice()
    if niceness <= 0 or await connection.fetchval("select inet_server_addr()") is not None:
        return
    with suppress(psutil.Error, OSError):  # it may run under an account that is not ours
        process = psutil.Process(connection.get_server_pid())
        # A socket can lead into another container, where this number is somebody else's.
        if process.name() == "postgres" and (nicer := niceness - process.nice()) > 0:
            process.nice(niceness)
            await _yield_among_sessions(process.pid, nicer)


async def _yield_among_sessions(pid: int, nicer: int) -> None:
    """Most kernels share a core out among sessions first (see autogroups in sched(7)): there a process is nice to those
    of its own session alone, and every server process of PostgreSQL has one for itself."""
    group = Path(f"/proc/{pid}/autogroup")
    if not group.exists():
        return
    for _ in range(TIMES):
        try:
            group.write_text(str(nicer))
        except BlockingIOError:
            await asyncio.sleep(AGAIN)
        else:
            return
