"""What stands around every handler."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from api import edge
from services.store.ports import Busy
from tests.waiting import PATIENCE


async def test_a_reader_who_stops_to_read_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "STALLED", 0.2)
    ended = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"a row\n" * 10_000
        finally:
            ended.set()

    async def export(request: web.Request) -> web.StreamResponse:
        return await edge.stream(request, web.StreamResponse(), endless)

    async with asked(export) as (reader, _):
        assert (await reader.read(8)).startswith(b"HTTP/1.1")
        await ended.wait()


async def test_an_export_that_fails_before_its_first_rows_is_a_problem() -> None:
    async def rows() -> bytes:
        raise Busy(5, "Too many read at once.")

    async def crowded() -> AsyncIterator[bytes]:
        yield await rows()

    async def export(request: web.Request) -> web.StreamResponse:
        return await edge.stream(request, web.StreamResponse(), crowded)

    async with asked(export) as (reader, _):
        head = b""
        while b"\r\n\r\n" not in head:
            head += await reader.read(1000)
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 5\r\n" in head


@asynccontextmanager
async def asked(handler: edge.Handler) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """One request is on its way to a handler."""
    app = web.Application()
    app.add_routes([web.get("/", edge.public(handler))])
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        reader, writer = await asyncio.open_connection(*runner.addresses[0][:2], limit=1)
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        async with asyncio.timeout(PATIENCE):
            yield reader, writer
        writer.close()
    finally:
        await runner.cleanup()
