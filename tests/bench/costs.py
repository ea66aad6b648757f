"""What a command costs: processor time of every process that has a part in it, and bytes of WAL."""

from collections import Counter
from collections.abc import Mapping, Sequence

import asyncpg
import psutil

from services.store.connecting import Connection
from tests.bench import Bench, Measured, bench
from tests.bench.http import COMMANDS, Register, caught_up, commanded, registered
from tests.bench.serving import Server

SAID: Mapping[str, int] = {
    "the server": 1_170,
    "the views": 1_220,
    "their PostgreSQL": 680,
    "the acts": 290,
    "the writer's PostgreSQL": 140,
    "the rest of PostgreSQL": 260,
}
"""Microseconds that deploy/operations.md says of the slower of its two machines."""
SAID_OF_WAL = 38
"""Kilobytes of WAL that it says."""
TWO_THOUSAND = 2_000
"""Commands a second that are asked of a machine; what each may then cost follows from its cores."""
NEARLY = 1.25
"""So much more it may be before the page has to say something else."""
PARTS = {"--only views": "the views", "--only acts": "the acts"}
APPLICATIONS = {"subsidia-projector": "their PostgreSQL", "subsidia-writer": "the writer's PostgreSQL"}


@bench("http-costs")
async def costs(bench: Bench) -> Sequence[Measured]:
    """With the views caught up before and behind, so that nothing is left for later."""
    async with registered(bench) as register:
        connection = await asyncpg.connect(register.dsn)
        try:
            await commanded(register, COMMANDS // 4)
            found, written = await _spent(register, connection)
        finally:
            await connection.close()
    rows = [
        Measured(f"CPU of a command: {part}", found[part], said, "us", found[part] / said, NEARLY, at_least=False)
        for part, said in SAID.items()
    ]
    granted = (psutil.cpu_count() or 1) * 1_000_000 / TWO_THOUSAND
    whole = sum(found.values())
    return [
        *rows,
        Measured("CPU of a command, all / at 2,000 a second here", whole, granted, "us", whole / granted, 1.0, False),
        Measured("WAL of a command", written, SAID_OF_WAL, "KB", written / SAID_OF_WAL, NEARLY, at_least=False),
    ]


async def _spent(register: Register, connection: Connection) -> tuple[Mapping[str, float], float]:
    """Microseconds of each part for a command, and kilobytes of WAL."""
    await caught_up(connection)
    log = await connection.fetchval("select pg_current_wal_lsn()")
    before = await _used(register.server, connection)
    await commanded(register, COMMANDS)
    await caught_up(connection)
    after = await _used(register.server, connection)
    after.subtract(before)
    written = await connection.fetchval("select pg_wal_lsn_diff(pg_current_wal_lsn(), $1)", log)
    return {part: used / COMMANDS for part, used in after.items()}, float(written) / 1e3 / COMMANDS


async def _used(server: Server, connection: Connection) -> "Counter[str]":
    """Microseconds of processor time since each process began, by part."""
    used = Counter[str]()
    whole = psutil.Process(server.pid)
    used["the server"] += _microseconds(whole)
    for process in whole.children():
        line = " ".join(process.cmdline())
        used[next(part for words, part in PARTS.items() if words in line)] += _microseconds(process)
    rows = await connection.fetch("select pid, application_name from pg_stat_activity where pid <> pg_backend_pid()")
    named = {row["pid"]: APPLICATIONS.get(row["application_name"]) for row in rows}
    postmaster = psutil.Process(connection.get_server_pid()).parent()
    assert postmaster is not None, "the embedded server is no child of ours"
    for process in postmaster.children():
        used[named.get(process.pid) or "the rest of PostgreSQL"] += _microseconds(process)
    return used


def _microseconds(process: psutil.Process) -> int:
    times = process.cpu_times()
    return round((times.user + times.system) * 1e6)
