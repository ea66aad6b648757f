"""A projector over records in memory, and what tests ask of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from projections.kernel import View
from services.health import Health
from services.projector import Projector
from tests.services.views_sample import (
    SAMPLE,
    Grove,
    dump,
)
from tests.waiting import until


def wait_in(grove: Grove) -> Callable[[int], Awaitable[object]]:
    async def wait(after: int) -> None:
        while len(grove.recorded) <= after + 1:
            await asyncio.sleep(0.01)

    return wait


def projector(dsn: str, grove: Grove, views: Sequence[View] = SAMPLE, batch: int = 100) -> Projector:
    return Projector(dsn, views, grove, grove, wait_in(grove), batch=batch)


async def caught_up(running: Projector) -> None:
    async def holds() -> bool:
        return all(one.position == one.head for one in await running.health())

    await until(holds)


async def folded(dsn: str, grove: Grove, views: Sequence[View] = SAMPLE, batch: int = 100) -> dict[str, Any]:
    async with projector(dsn, grove, views, batch) as running:
        await caught_up(running)
    return await dump(dsn)


async def forget_all(dsn: str) -> None:
    async with connected(dsn) as connection:
        await connection.execute("drop schema views cascade; create schema views; grant all on schema views to public")


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def of_group(running: Projector, view: str) -> Health:
    return next(one for one in await running.health() if view in one.names)
