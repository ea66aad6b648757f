"""The register over HTTP: commands, rows beside aiohttp with nothing behind it, and the memory of a long export."""

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path

import aiohttp
import psutil

from services.bootstrap import assemble
from services.config import Config
from services.importing.iso3166 import unit_stream
from services.story import tell
from tests.bench import Bench, Measured, bench, interleaved
from tests.bench.load import Load, loaded, question
from tests.bench.serving import GROWING, Server, growing, started
from tests.bench.views import GROWTH, MILLION, recorded

CONNECTIONS = 64
COMMANDS = 12_000
ROWS = 6_000
WARM = 500
"""Rows that are asked for again and again."""
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Register:
    """A served register that was told the sample story, and an officer of it."""

    server: Server
    owner: str
    neighbour: str
    token: str


@asynccontextmanager
async def _register(bench: Bench) -> AsyncIterator[Register]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        dsn = await stack.enter_async_context(bench.database())
        config = replace(Config.read(), database_url=dsn, var=folder, signing_key=folder / "key.pem")
        async with assemble(config, workers=False) as services:
            story = await tell(services.office, services.registrar)
            assert story is not None
            token, _ = await services.tokens.issue(story.officer, timedelta(hours=1))
            region = unit_stream("iso3166-2", "FR-ARA")
        environment = {
            **os.environ, "DATABASE_URL": dsn, "SUBSIDIA_VAR": str(folder), "PORT": "0", "LOG_LEVEL": "warning",
            "SUBSIDIA_SIGNING_KEY": str(folder / "key.pem"),
        }  # fmt: skip
        server = await stack.enter_async_context(started("-m", "subsidia", "serve", environment=environment))
        yield Register(server, str(story.city), str(region), token)


def _commands(register: Register) -> Iterator[bytes]:
    """Commands that each start something, of two contexts in turns, without end."""
    city, region = register.owner, register.neighbour
    text = {"en": "Shade for every school yard"}
    asked = {
        "commitments/propose": {
            "owner": city, "title": text, "description": text, "ends_on": "2028-06", "sdg": ["11.7"],
        },
        "allocations/request": {
            "requester": city, "decider": region, "matter": text, "description": text, "function": "05.3",
            "territory": city, "candidates": ["local", "regional"], "affected": [city, region],
        },
    }  # fmt: skip
    bearer = f"Bearer {register.token}"
    made = [
        question(
            f"{register.server.url}/v1/{path}", method="POST", body=json.dumps(said).encode(), Authorization=bearer
        )
        for path, said in asked.items()
    ]
    while True:
        yield from made


async def _commanded(register: Register, count: int) -> Load:
    asked = list(islice(_commands(register), count))
    return await loaded(register.server.url, asked, CONNECTIONS, status=201)


@bench("http-commands")
async def commands(bench: Bench) -> Sequence[Measured]:
    """One server process, PostgreSQL and the load on the same cores; every answer with receipt and proof."""
    async with _register(bench) as register:
        await bench.settle()
        await _commanded(register, COMMANDS // 4)
        loads = [await _commanded(register, COMMANDS) for _ in range(bench.rounds)]
    rate = sorted(load.per_second for load in loads)[len(loads) // 2]
    p99 = sorted(load.quantile(0.99) for load in loads)[len(loads) // 2]
    return [
        Measured("commands over HTTP, 64 connections", rate, 2_000, "commands/s", rate / 2_000, 1.0),
        Measured("the same, p99", p99, 60, "ms", p99 / 60, 1.0, at_least=False),
    ]


@bench("http-rows")
async def rows(bench: Bench) -> Sequence[Measured]:
    """One row of a view by key, a first time and again, beside a server that does nothing else than answer."""
    async with (
        _register(bench) as register,
        started("-m", "tests.bench.serving", "hello", environment=os.environ) as bare,
    ):
        await _commanded(register, ROWS * (bench.rounds + 2))
        address = f"{register.server.url}/v1/activity"
        await _followed(address)
        fresh = (question(f"{address}/{position:016d}") for position in range(ROWS * (bench.rounds + 1)))
        warm = [question(f"{address}/{position:016d}") for position in range(WARM)] * (ROWS // WARM)
        hello = [question(f"{bare.url}/")] * ROWS

        async def ours(again: bool) -> float:
            asked = warm if again else list(islice(fresh, ROWS))
            return (await loaded(register.server.url, asked, CONNECTIONS)).per_second

        async def theirs() -> float:
            return (await loaded(bare.url, hello, CONNECTIONS)).per_second

        await theirs()
        first = await interleaved(bench.rounds, lambda: ours(False), theirs)
        await ours(True)
        again = await interleaved(bench.rounds, lambda: ours(True), theirs)
    return [
        Measured("a row by key, not kept / hello, world", *first[:2], "answers/s", first[2], 0.5),
        Measured("a row by key, kept / hello, world", *again[:2], "answers/s", again[2], 0.8),
    ]


async def _followed(address: str) -> None:
    """Returns once the view has every record."""
    async with aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{address}?limit=1") as answer:
                fresh = (await answer.json()).get("freshness")  # none while the view is first built
            if fresh and fresh["position"] >= fresh["head"]:
                return
            await asyncio.sleep(0.2)


@bench("http-export")
async def export(bench: Bench) -> Sequence[Measured]:
    """The server's memory after it served a CSV of a million rows."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        async def opened(dsn: str) -> int:
            async with assemble(growing(dsn, folder), workers=False, views=(GROWTH,), names=GROWING) as services:
                return (await services.store.head()).size

        dsn = await stack.enter_async_context(recorded(bench, MILLION, opened, apart=True))
        server = await stack.enter_async_context(
            started("-m", "tests.bench.serving", "grown", dsn, str(folder), environment=os.environ)
        )
        await _followed(f"{server.url}/v1/growth")
        lines = 0
        timeout = aiohttp.ClientTimeout(total=None)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{server.url}/v1/growth?format=csv", headers={"Accept-Encoding": "identity"}) as answer,
        ):
            assert answer.status == 200
            async for chunk in answer.content.iter_chunked(1 << 16):
                lines += chunk.count(b"\n")
        used = psutil.Process(server.pid).memory_info().rss / MEGABYTE
    assert lines == MILLION + 1, lines
    what = "server's memory after a CSV of 1M rows"
    return [Measured(what, used, 300, "MB", used / 300, 1.0, at_least=False)]
