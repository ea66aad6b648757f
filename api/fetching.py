"""The way to identity providers: one question at a time, bounded in time and in what is read of the answer."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp

from services.identity.asking import Fetch, ProviderAway

WITHIN = 10.0
"""Seconds for all of it."""
READ = 1 << 18
"""Bytes of an answer, at most."""


@asynccontextmanager
async def fetching(within: float = WITHIN) -> AsyncIterator[Fetch]:
    """Asks while we are inside. No redirect is followed, no cookie kept, no proxy asked."""
    timeout = aiohttp.ClientTimeout(total=within)
    session = aiohttp.ClientSession(
        timeout=timeout, headers={"User-Agent": "Subsidia", "Accept": "application/json"},
        cookie_jar=aiohttp.DummyCookieJar(),
    )  # fmt: skip

    async def fetch(
        url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        try:
            method = "GET" if form is None else "POST"
            async with session.request(method, url, data=form, headers=headers, allow_redirects=False) as answer:
                body = bytearray()
                async for chunk in answer.content.iter_any():
                    body += chunk
                    if len(body) > READ:
                        raise ProviderAway("It answers more than anybody needs.")
                return answer.status, bytes(body)
        except TimeoutError:
            raise ProviderAway(f"It does not answer within {within:g} seconds.") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ProviderAway(f"It does not answer: {type(error).__name__}.") from None

    async with session:
        yield fetch
