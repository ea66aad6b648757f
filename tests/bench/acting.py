"""Time and reactions: a tick over a million pending deadlines, and how soon a reaction follows under load."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from uuid import UUID

import asyncpg

from api.cli.working import crew
from domain.kernel import PartialDate, Sphere, StreamId, UnitId, Words
from domain.units import Kind
from services.bootstrap import Services, assemble
from services.clock import Clock
from services.config import Config
from services.store.connecting import Connection, connect_worker
from services.store.ports import Filter
from services.working.agenda import ends_at
from tests.bench import Bench, Measured, bench, interleaved
from tests.services.acting import Party, entrusted, holder, party
from tests.services.test_handle import give

MILLION = 1_000_000
NOW = datetime(2035, 3, 5, 12, tzinfo=UTC)
TICKS = 20
ZONES = ("Europe/Paris", "America/New_York", "Pacific/Auckland", "UTC")
CHILDREN = 300
"""Reactions that are waited for: of a hundred, the p99 is the one that took longest."""
DISTRICTS = 10
LOADED = 32
"""Officers who register units all the while."""


@asynccontextmanager
async def register(bench: Bench, *, workers: bool) -> AsyncIterator[tuple[Services, str]]:
    with TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            dsn = await stack.enter_async_context(bench.database())
            var = Path(folder)
            config = replace(
                Config.read(), database_url=dsn, var=var, origin="bench.example", signing_key=var / "key.pem"
            )
            yield await stack.enter_async_context(assemble(config, workers=workers)), dsn


def _agenda() -> AsyncIterator[tuple[Any, ...]]:
    """A million deadlines of three years to come, a thousand a day; nothing of it is over."""
    rng = random.Random(7)
    ends = {
        (day, zone): ends_at(date(2035, 3, 5) + timedelta(days=day), zone) for day in range(1, 1096) for zone in ZONES
    }

    async def made() -> AsyncIterator[tuple[Any, ...]]:
        for _ in range(MILLION):
            day, zone = rng.randrange(1, 1096), rng.choice(ZONES)
            due_on = date(2035, 3, 5) + timedelta(days=day)
            stream = UUID(int=rng.getrandbits(128))
            yield stream, 1, "commitments", zone, due_on, ends[day, zone], 1, "open"

    return made()


@bench("clock")
async def a_tick(bench: Bench) -> Sequence[Measured]:
    """Milliseconds until a clock knows that nothing is due and when it looks again; beside the same look in plain SQL
    at a table without its index, as a view of obligations would have it."""
    async with register(bench, workers=False) as (services, dsn):
        connection = await asyncpg.connect(dsn)
        columns = ("stream", "number", "context", "zone", "due_on", "due_at", "set_by", "standing")
        try:
            await connection.copy_records_to_table("agenda", schema_name="workers", records=_agenda(), columns=columns)
            await connection.execute("analyze workers.agenda")
        finally:
            await connection.close()
        await bench.settle()
        services.office.clock = lambda: NOW
        worker = await connect_worker(dsn)
        plain = await asyncpg.connect(dsn, server_settings={"enable_indexscan": "off", "enable_bitmapscan": "off"})
        clock = Clock(services.office, services.codec, services.contexts)
        try:
            ours, theirs, ratio = await interleaved(bench.rounds, lambda: _ticks(clock, worker), lambda: _scans(plain))
        finally:
            worker.terminate()
            await plain.close()
    return [
        Measured("tick of the clock over 1M pending deadlines", ours, 100, "ms", ours / 100, 1.0, at_least=False),
        Measured("the same tick / a look without its index", ours, theirs, "ms", ratio, 0.1, at_least=False),
    ]


async def _ticks(clock: Clock, connection: Connection) -> float:
    begun = perf_counter()
    for _ in range(TICKS):
        assert await clock.rest(connection) > 0
        await clock.refused(connection)
    return (perf_counter() - begun) / TICKS * 1000


async def _scans(connection: Any) -> float:
    begun = perf_counter()
    query = "select min(due_at) filter (where due_at > $1), count(*) filter (where due_at <= $1) from workers.agenda"
    await connection.fetchrow(query, NOW)
    return (perf_counter() - begun) * 1000


@bench("reactions")
async def a_reaction(bench: Bench) -> Sequence[Measured]:
    """Milliseconds from the answer for a mandate's activation until its parent's record of it is durable, at p99, while
    officers keep the writer busy; with the work in a process of its own, as it is served."""
    async with register(bench, workers=False) as (services, dsn), crew(_environment(services, dsn)) as working:
        await working.begun(60)
        region, city = await holder(services, "Region"), await party(services, "City")
        parent = await entrusted(services, region, city, region.unit)
        districts = [await party(services, f"District {number}") for number in range(DISTRICTS)]
        stop = asyncio.Event()
        load = [asyncio.create_task(_registering(services, stop)) for _ in range(LOADED)]
        try:
            waits = [
                await _follows(services, city, districts[number % len(districts)], region.unit, parent)
                for number in range(CHILDREN)
            ]
        finally:
            stop.set()
            await asyncio.gather(*load)
    p99 = sorted(waits)[int(len(waits) * 0.99)]
    return [Measured("a reaction after its record, p99 under load", p99, 100, "ms", p99 / 100, 1.0, at_least=False)]


def _environment(services: Services, dsn: str) -> Mapping[str, str]:
    config = services.config
    own = {"DATABASE_URL": dsn, "SUBSIDIA_VAR": str(config.var), "SUBSIDIA_ORIGIN": config.origin}
    return {**os.environ, **own, "SUBSIDIA_SIGNING_KEY": str(config.signing_key), "LOG_LEVEL": "warning"}


async def _registering(services: Services, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await give(
            services, services.registrar, "units.register", name=Words({"en": "Village"}), sphere=Sphere.LOCAL,
            kind=Kind.MUNICIPALITY, jurisdiction="ZZ", time_zone="UTC", alive_from=PartialDate("2000"), parent=None,
            identifiers=(), source=None,
        )  # fmt: skip


async def _follows(services: Services, giver: Party, recipient: Party, land: UnitId, parent: StreamId) -> float:
    """From the moment at which the child's activation was answered to that of the record at the parent."""
    before = (await services.store.head()).size - 1
    child = await entrusted(services, giver, recipient, land, parent)
    begun = perf_counter()
    while True:
        stored = await services.store.records(before, where=Filter(types=("mandate-sub-delegated.1",)))
        if any(services.codec.event(one).child == child for one in stored):
            return (perf_counter() - begun) * 1000
        await asyncio.sleep(0.002)
