"""Gives way to those who wait for an answer, also where PostgreSQL works for us."""

from contextlib import suppress

import psutil

from services.store.connecting import Connection


async def yield_as_we_do(connection: Connection) -> None:
    """Lets the server's process behind a connection be as nice as this one (see nice(2)), if both run on one machine.

    What it writes for us takes as much of a core as we do, and those who wait for a commit would wait for it.
    """
    niceness = psutil.Process().nice()
    if niceness <= 0 or await connection.fetchval("select inet_server_addr()") is not None:
        return
    with suppress(psutil.Error):  # it may run under an account that is not ours
        process = psutil.Process(connection.get_server_pid())
        # A socket can lead into another container, where this number is somebody else's.
        if process.name() == "postgres" and process.nice() < niceness:
            process.nice(niceness)
