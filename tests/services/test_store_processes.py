"""Several processes and stores write to one ledger at once, and one of them is killed."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

import asyncpg

from services.store.ledger import LedgerStore, opened_store
from tests.services.store_ledgers import KEY, NOTARY, ORIGIN, change, draft, thing
from tests.services.whole_ledger import check_whole


async def _loading(dsn: str, writers: int, seconds: float) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.services.store_faults.load", dsn, str(writers), str(seconds),
        stdout=asyncio.subprocess.PIPE, limit=1 << 24,
    )  # fmt: skip


async def _said(process: asyncio.subprocess.Process, lines: int | None = None) -> list[tuple[str, int]]:
    """What the process said was answered: (command, first position)."""
    assert process.stdout is not None
    said: list[tuple[str, int]] = []
    while (lines is None or len(said) < lines) and (line := await process.stdout.readline()).endswith(b"\n"):
        cmd, first = line.decode().split()
        said.append((cmd, int(first)))
    return said


async def _as_recorded(pool: "asyncpg.Pool[asyncpg.Record]", said: Sequence[tuple[str, int]]) -> None:
    rows = await pool.fetch("select cmd, first from ledger.commands")
    recorded = {str(row["cmd"]): row["first"] for row in rows}
    assert len(rows) == len(recorded) >= len(said) > 0
    assert {cmd: recorded.get(cmd) for cmd, _ in said} == dict(said)
    assert await check_whole(pool, NOTARY) == 2 * len(recorded)


async def test_a_process_killed_under_load_loses_nothing_that_was_answered(
    migrated_url: str, pool: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    process = await _loading(migrated_url, 64, 60)
    said = await _said(process, 3000)
    process.send_signal(signal.SIGKILL)
    said += await _said(process)
    await process.wait()
    async with opened_store(migrated_url, ORIGIN, KEY) as store:
        await store.append(thing())  # takes the lock: whatever the dead one had sent has ended
    await _as_recorded(pool, said)


async def test_two_processes_at_once_share_one_order(migrated_url: str, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    processes = [await _loading(migrated_url, 16, 1.0) for _ in range(2)]
    said = await asyncio.gather(*(_said(process) for process in processes))
    assert [await process.wait() for process in processes] == [0, 0]
    assert all(said)
    await _as_recorded(pool, [*said[0], *said[1]])
    async with opened_store(migrated_url, ORIGIN, KEY) as store:
        assert (await store.head()).size == 2 * len([*said[0], *said[1]])


async def test_two_stores_each_see_what_the_other_wrote(migrated_url: str, store: LedgerStore) -> None:
    stream, read = uuid4(), uuid4()
    async with opened_store(migrated_url, ORIGIN, KEY) as other:
        for version in range(1, 9):
            await (store if version % 2 else other).append(change(draft(stream, version)))
        await other.append(change(draft(read)))
        asked = replace(change(draft(stream, 9)), reads=((read, 1),))
        first, again = await asyncio.gather(store.append(asked), other.append(asked))
        assert sorted((first.repeated, again.repeated)) == [False, True]
        assert first.first == again.first == 9
    assert await check_whole(store.pool, NOTARY) == 10
