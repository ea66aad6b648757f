"""The auditor's way to a server: nothing but GET, tried again where the line fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from services.audit.again import Get
from services.audit.fetching import AskedWrongly, Unreachable

PATIENCE = (0.5, 2.0, 5.0)
"""Seconds until a failed request is made again."""
AT_MOST = 32 << 20
"""Bytes of one answer; a full bundle of the largest records has half of that."""
WHY = 300
"""Bytes of one that says no: as much as people are shown of it."""


@asynccontextmanager
async def server(address: str, token: str = "") -> AsyncIterator[Get]:
    """Asks the ledger served under an address (http://127.0.0.1:8080) while we are inside; with a token, if need be."""
    timeout = aiohttp.ClientTimeout(total=60)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession(f"{address.rstrip('/')}/", timeout=timeout, headers=headers) as session:

        async def get(path: str) -> bytes | None:
            for wait in (*PATIENCE, None):
                try:
                    return await _answer(session, path)
                except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError, _Later) as error:
                    if wait is None:
                        raise Unreachable(f"{address} does not answer: {error!s}") from error
                    await asyncio.sleep(wait)
                except (aiohttp.ClientError, ValueError) as error:
                    raise Unreachable(f"{address} does not answer as a ledger does: {error}") from error
            raise AssertionError("unreachable")

        yield get


class _Later(Exception):
    """The server says that it cannot answer now."""


async def _answer(session: aiohttp.ClientSession, path: str) -> bytes | None:
    async with session.get(path) as answer:
        if answer.status == 404:
            return None
        if answer.status in (429, 500, 502, 503, 504):
            raise _Later(f"{answer.url} answers {answer.status}")
        if answer.status == 400:
            raise AskedWrongly(f"{answer.url} answers 400: {await _why(answer)}")
        if answer.status != 200:
            raise Unreachable(f"{answer.url} answers {answer.status}: {await _why(answer)}")
        content = bytearray()
        async for chunk in answer.content.iter_any():
            content += chunk
            if len(content) > AT_MOST:
                raise Unreachable(f"{answer.url} answers with more than {AT_MOST:,} bytes.")
        return bytes(content)


async def _why(answer: aiohttp.ClientResponse) -> str:
    """The beginning of what is said of it: it may have no end, and be in letters that nobody knows."""
    said = await answer.content.read(WHY)
    return said.decode("utf-8", "replace")
