"""The way of webhooks out of the house: one POST at a time, bounded in time and in what is read of the answer."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp

from services.webhooks.delivering import Post, Reply

WITHIN = 20.0
"""Seconds for all of it: to connect, to send, to be answered."""
READ = 200
"""Bytes of an answer that are kept, for people to see why."""


@asynccontextmanager
async def posting(within: float = WITHIN) -> AsyncIterator[Post]:
    """Sends messages while we are inside. No redirect is followed, no cookie kept, no proxy asked."""
    timeout = aiohttp.ClientTimeout(total=within)
    headers = {"User-Agent": "Subsidia"}
    # Each webhook sends one message at a time: a limit for all would have those that answer wait for those that do not.
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        timeout=timeout, headers=headers, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False,
        connector=connector,
    ) as session:  # fmt: skip

        async def post(url: str, headers: Mapping[str, str], body: bytes) -> Reply:
            try:
                async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                    said = await answer.content.read(READ) if answer.status >= 300 else b""
                    return Reply(answer.status, _line(said.decode("utf-8", "replace")))
            except TimeoutError:
                return Reply(None, f"No answer within {within:g} seconds.")
            except (aiohttp.ClientError, OSError, ValueError) as error:
                return Reply(None, _line(f"No answer: {_why(error)}"))

        yield post


def _why(error: Exception) -> str:
    """What went wrong, without the address: that may hold a secret, and this stands in the log."""
    if isinstance(error, aiohttp.ClientResponseError):
        return error.message
    if isinstance(error, ValueError):
        return "its address cannot be read."
    return str(error) or type(error).__name__


def _line(text: str) -> str:
    """What others wrote, as one line that can be stored and shown."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
