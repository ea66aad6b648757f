"""Appends beside pgbench's single INSERTs, on one server."""

import asyncio
import gc
import re
import statistics
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import asyncpg

from services.store.ledger import LedgerStore, opened_store
from services.store.ports import Change, Draft
from tests.bench import Bench, Measured, bench, interleaved
from tests.services.store_ledgers import KEY, ORIGIN

SECONDS = 2.0
RECORD = 500
"""Bytes of a record: what an ordinary one of ours has."""
MILLION = 1_000_000

_HEAD = b'{"actor":{"system":"clock"},'
_TAIL = b',"data":{"text":"' + b"x" * (RECORD - len(_HEAD) - 34 - 19) + b'"}}'
_UNITS = [uuid4() for _ in range(500)]
_PLAIN = """
create table plain (
    position bigserial primary key, stream uuid not null, version int not null, type text not null,
    state bytea not null, at timestamptz not null default now(), unique (stream, version)
)"""
_INSERT = "insert into plain (stream, version, type, state) values (gen_random_uuid(), 1, 'thing-done.1', {})"


def _one(number: int = 0) -> Change:
    draft = Draft(uuid4(), 1, "thing-done.1", _HEAD, _TAIL, (_UNITS[number % len(_UNITS)],))
    return Change(uuid4(), "bench", b"f" * 32, (draft,))


async def appended(store: LedgerStore, writers: int, seconds: float = SECONDS) -> float:
    """Commands a second, each awaited by its writer before the next."""
    # Made before the clock starts: the store is measured, not who makes up commands.
    commands = [_one(number) for number in range(int(seconds * min(80_000, 10_000 + 1_000 * writers)))]
    gc.collect()
    gc.freeze()
    done, begun = 0, perf_counter()
    end = begun + seconds

    async def write() -> None:
        nonlocal done
        while perf_counter() < end and done < len(commands):
            done += 1
            await store.append(commands[done - 1])

    await asyncio.gather(*(write() for _ in range(writers)))
    taken = perf_counter() - begun
    gc.unfreeze()
    return done / taken


async def _pgbench(program: Path, dsn: str, script: Path, clients: int) -> float:
    """Transactions a second."""
    query = parse_qs(urlsplit(dsn).query)
    command = [
        str(program), "-n", "-c", str(clients), "-j", "2", "-T", str(round(SECONDS)), "-f",
        str(script), "-h", query["host"][0], "-p", query["port"][0], "-U", "subsidia", urlsplit(dsn).path[1:],
    ]  # fmt: skip
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    assert found, done.stdout
    return float(found[1])


@asynccontextmanager
async def side_by_side(bench: Bench) -> AsyncIterator[tuple[LedgerStore, str]]:
    """A ledger, and the plain table in the same database."""
    async with bench.database() as dsn:
        connection = await asyncpg.connect(dsn)
        await connection.execute(_PLAIN)
        await connection.close()
        async with opened_store(dsn, ORIGIN, KEY) as store:
            yield store, dsn


@bench("append-pgbench")
async def beside_pgbench(bench: Bench) -> Sequence[Measured]:
    """Durable appends with tree, signature and proofs, beside pgbench's single INSERT a transaction."""
    rows = []
    async with side_by_side(bench) as (store, dsn):
        script = bench.server.data.parent / "insert.sql"
        literal = "'\\x" + (b"x" * RECORD).hex() + "'"
        script.write_text(_INSERT.format(literal) + ";\n")
        await bench.settle()
        for writers, reach in ((1, 0.0), (64, 1.5), (256, 2.5)):
            ours = partial(appended, store, writers)
            theirs = partial(_pgbench, bench.binaries / "pgbench", dsn, script, writers)
            await ours()  # a round for each that does not count: pages are written whole after a checkpoint
            await theirs()
            measured = await interleaved(bench.rounds, ours, theirs)
            rows.append(row(f"append, {writers} at once, beside pgbench INSERT", measured, "commands/s", reach))
    return rows


@bench("append-idle")
async def when_idle(bench: Bench) -> Sequence[Measured]:
    """One append when nobody else is there, beside a bare INSERT and its commit."""
    async with side_by_side(bench) as (store, dsn):
        connection = await asyncpg.connect(dsn)
        insert = await connection.prepare(_INSERT.format("$1"))

        async def ours() -> float:
            return await _median_ms(lambda: store.append(_one()))

        async def theirs() -> float:
            return await _median_ms(lambda: insert.fetch(b"x" * RECORD))

        measured = await interleaved(bench.rounds, ours, theirs)
        await connection.close()
    return [row("one append when idle (p50), beside a bare INSERT", measured, "ms", 3, at_least=False)]


@bench("append-million")
async def at_a_million(bench: Bench) -> Sequence[Measured]:
    """Appends to a ledger of a million records, beside appends to one of a thousand."""
    rows = []
    async with AsyncExitStack() as stack:
        small, _ = await stack.enter_async_context(side_by_side(bench))
        large, _ = await stack.enter_async_context(side_by_side(bench))
        await _fill(small, 1_000)
        await _fill(large, MILLION)
        for writers, what in ((64, "64 at once"), (1, "one at a time")):
            await bench.settle()
            for store in (small, large):
                await appended(store, 64, 1)  # both ledgers' pages have been touched since the checkpoint

            async def ours(writers: int = writers) -> float:
                return 1e6 / await appended(large, writers)

            async def theirs(writers: int = writers) -> float:
                return 1e6 / await appended(small, writers)

            measured = await interleaved(bench.rounds, ours, theirs)
            rows.append(row(f"append, {what}, at 1M records beside 1k", measured, "us each", 1.2, at_least=False))
    return rows


async def _fill(store: LedgerStore, records: int) -> None:
    """Records of streams of their own, through the store's own way."""

    def some(count: int) -> Change:
        drafts = tuple(Draft(uuid4(), 1, "thing-done.1", _HEAD, _TAIL, (_UNITS[n % 500],)) for n in range(count))
        return Change(uuid4(), "bench", b"f" * 32, drafts)

    for begin in range(0, records, 10_000):
        left = min(10_000, records - begin)
        await asyncio.gather(*(store.append(some(500)) for _ in range(left // 500)))


async def _median_ms(work: Any, times: int = 300) -> float:
    taken = []
    for _ in range(times):
        begun = perf_counter()
        await work()
        taken.append(perf_counter() - begun)
    return statistics.median(taken) * 1e3


def row(what: str, measured: tuple[float, float, float], unit: str, reach: float, *, at_least: bool = True) -> Measured:
    ours, theirs, ratio = measured
    return Measured(what, ours, theirs, unit, ratio, reach, at_least)
