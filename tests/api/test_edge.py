"""What stands around every handler."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from api import edge
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

    app = web.Application()
    app.add_routes([web.get("/", edge.public(export))])
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        reader, writer = await asyncio.open_connection(*runner.addresses[0][:2], limit=1)
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        async with asyncio.timeout(PATIENCE):
            assert (await reader.read(8)).startswith(b"HTTP/1.1")
            await ended.wait()
        writer.close()
    finally:
        await runner.cleanup()
