"""Gives way to those who wait for an answer, also where PostgreSQL works for us."""

import asyncio
from contextlib import suppress
from pathlib import Path

import psutil

from services.store.connecting import Connection

AGAIN, TIMES = 0.15, 20
"""Seconds between two tries to make a session nicer, and how many: the kernel takes one from everybody each 0.1 s."""


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
