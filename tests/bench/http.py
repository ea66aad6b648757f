"""The register over HTTP: commands, rows beside aiohttp with nothing behind it, and the memory of a long export."""

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import psutil

from domain.kernel import Actor, Role, Sphere
from services.bootstrap import Services, assemble
from services.config import Config
from services.importing.iso3166 import unit_stream
from services.store.connecting import Connection
from services.story import Story, tell
from tests.bench import Bench, Measured, bench, interleaved
from tests.bench.load import Load, loaded, question
from tests.bench.serving import GROWING, Server, growing, started
from tests.bench.views import GROWTH, MILLION, recorded
from tests.services.acting import FUNCTION, holder, party, unit_of
from tests.services.test_handle import person

CONNECTIONS = 64
COMMANDS = 12_000
ROWS = 6_000
WARM = 500
"""Rows that are asked for again and again."""
MEGABYTE = 1_000_000


TURNS = 9
"""How often what is asked often is asked before each thing that is asked seldom: 45 % of each, and 5 % of each."""
TEXT = {"en": "Shade for every school yard"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that starts something, and who gives it."""

    path: str
    said: Mapping[str, Any]
    token: str


@dataclass(frozen=True, slots=True)
class Register:
    """A served register that was told the sample story, its database, and what officers of it ask again and again."""

    server: Server
    dsn: str
    often: Sequence[Asked]
    seldom: Sequence[Asked]


@asynccontextmanager
async def registered(bench: Bench) -> AsyncIterator[Register]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        dsn = await stack.enter_async_context(bench.database())
        config = replace(Config.read(), database_url=dsn, var=folder, signing_key=folder / "key.pem")
        async with assemble(config, workers=False) as services:
            story = await tell(services.office, services.registrar)
            assert story is not None
            often, seldom = await _often(services, story), await _seldom(services)
        environment = {
            **os.environ, "DATABASE_URL": dsn, "SUBSIDIA_VAR": str(folder), "PORT": "0", "LOG_LEVEL": "warning",
            "SUBSIDIA_SIGNING_KEY": str(folder / "key.pem"),
        }  # fmt: skip
        server = await stack.enter_async_context(started("-m", "subsidia", "serve", environment=environment))
        yield Register(server, dsn, often, seldom)


async def _often(services: Services, story: Story) -> Sequence[Asked]:
    """Commitments and requests of the story's city."""
    city, region, token = (
        str(story.city),
        str(unit_stream("iso3166-2", "FR-ARA")),
        await _token(services, story.officer),
    )
    promise = {"owner": city, "title": TEXT, "description": TEXT, "ends_on": "2028-06", "sdg": ["11.7"]}
    request = {
        "requester": city, "decider": region, "matter": TEXT, "description": TEXT, "function": "05.3",
        "territory": city, "candidates": ["local", "regional"], "affected": [city, region],
    }  # fmt: skip
    return Asked("commitments/propose", promise, token), Asked("allocations/request", request, token)


async def _seldom(services: Services) -> Sequence[Asked]:
    """Mandates of a region that holds a competence, and drafts of a State, of units beside those of the story."""
    region, city = await holder(services, "Bench Region"), await party(services, "Bench City")
    nation = await unit_of(services, "Bench State", Sphere.NATIONAL, place="FR")
    chamber = await unit_of(services, "Bench League", place="FR")
    signatory = await person(services, nation, Role.AUTHORISED_SIGNATORY)
    mandate = {
        "giver": str(region.unit), "recipient": str(city.unit), "territory": str(region.unit), "kind": "delegation",
        "instrument": "agreement", "function": FUNCTION, "purpose": TEXT, "legal_basis": "Transport Act, art. 4",
        "starts_on": services.office.clock().date().isoformat(),
    }  # fmt: skip
    review = {
        "polity": str(nation), "author": str(nation), "author_kind": "government",
        "draft": {"reference": "Bill 1", "title": TEXT}, "competence": "shared", "languages": ["fr"],
        "roll": [{"unit": str(chamber), "kind": "association"}],
    }  # fmt: skip
    return (
        Asked("mandates/draft", mandate, await _token(services, region.signatory)),
        Asked("reviews/open", review, await _token(services, signatory)),
    )


async def _token(services: Services, actor: Actor) -> str:
    token, _ = await services.tokens.issue(actor, timedelta(hours=1))
    return token


def _commands(register: Register) -> Iterator[bytes]:
    """Commands that each start something, of four contexts in fixed shares, without end."""

    def made(asked: Asked) -> bytes:
        url, body = f"{register.server.url}/v1/{asked.path}", json.dumps(asked.said).encode()
        return question(url, method="POST", body=body, Authorization=f"Bearer {asked.token}")

    often = [made(one) for one in register.often] * TURNS
    seldom = [made(one) for one in register.seldom]
    while True:
        yield from (*often, *seldom)


async def commanded(register: Register, count: int) -> Load:
    asked = list(islice(_commands(register), count))
    return await loaded(register.server.url, asked, CONNECTIONS, status=201)


@bench("http-commands")
async def commands(bench: Bench) -> Sequence[Measured]:
    """One server process, PostgreSQL and the load on the same cores; every answer with receipt and proof."""
    async with registered(bench) as register:
        await bench.settle()
        await commanded(register, COMMANDS // 4)
        loads = [await commanded(register, COMMANDS) for _ in range(bench.rounds)]
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
        registered(bench) as register,
        started("-m", "tests.bench.serving", "hello", environment=os.environ) as bare,
    ):
        await commanded(register, ROWS * (bench.rounds + 2))
        address = f"{register.server.url}/v1/activity"
        connection = await asyncpg.connect(register.dsn)
        try:
            await caught_up(connection)
        finally:
            await connection.close()
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


async def caught_up(connection: Connection) -> None:
    """Returns once every view has every record: one that catches up takes a core from whoever is measured."""
    behind = "select max(size) - 1 > (select min(position) from views.registry where state = 'live')"
    while await connection.fetchval(f"{behind} from ledger.checkpoints"):
        await asyncio.sleep(0.2)


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
