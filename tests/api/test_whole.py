"""Answers in one piece: what stands on the line is HTTP, for clients old and new."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from api.whole import Whole, lines

BODY = b'{"item":1}'


async def answered(request: web.Request) -> Whole:
    return Whole(lines({"ETag": '"1"'}), BODY)


async def unchanged(request: web.Request) -> Whole:
    return Whole(lines({"ETag": '"1"'}), b"", 304)


@asynccontextmanager
async def line() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a server that answers so."""
    app = web.Application()
    app.add_routes([web.get("/", answered), web.get("/same", unchanged)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        reader, writer = await asyncio.open_connection(*runner.addresses[0])
        yield reader, writer
        writer.close()
    finally:
        await runner.cleanup()


async def said(reader: asyncio.StreamReader) -> tuple[bytes, dict[bytes, bytes]]:
    """Status line and headers of the next answer."""
    status, *rest = (await reader.readuntil(b"\r\n\r\n")).rstrip().split(b"\r\n")
    return status, dict(one.split(b": ", 1) for one in rest)


async def test_head_and_body_come_together_and_the_connection_stays() -> None:
    async with line() as (reader, writer):
        for _ in range(2):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            status, headers = await said(reader)
            assert status == b"HTTP/1.1 200 OK"
            assert headers.keys() == {b"ETag", b"Date", b"Content-Length"}
            assert await reader.readexactly(int(headers[b"Content-Length"])) == BODY


async def test_head_says_the_length_and_sends_no_body() -> None:
    async with line() as (reader, writer):
        writer.write(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET /same HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await said(reader))[1][b"Content-Length"] == str(len(BODY)).encode()
        assert (await said(reader))[0] == b"HTTP/1.1 304 Not Modified"


async def test_what_is_unchanged_says_no_length() -> None:
    async with line() as (reader, writer):
        writer.write(b"GET /same HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"Content-Length" not in (await said(reader))[1]


async def test_the_connection_ends_where_the_client_asks_for_it() -> None:
    async with line() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert (await said(reader))[1][b"Connection"] == b"close"
        assert await reader.read() == BODY


async def test_an_old_client_is_told_that_the_connection_stays() -> None:
    async with line() as (reader, writer):
        writer.write(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert (await said(reader))[1][b"Connection"] == b"keep-alive"


def test_a_header_cannot_begin_another() -> None:
    with pytest.raises(ValueError, match="control character"):
        lines({"Location": "/v1\r\nSet-Cookie: a=b"})
