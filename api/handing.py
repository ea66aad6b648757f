"""The officer's way to a server: one command, given again under the same key where the line fails."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import aiohttp

PATIENCE = (0.5, 2.0, 5.0)
"""Seconds until a command without an answer is given again."""
WITHIN = 60.0
"""Seconds for one answer."""
AT_MOST = 4 << 20
"""Bytes of one answer; the receipt of the largest command has a tenth of that."""
LATER = frozenset({429, 502, 503, 504})
"""The server, or what stands before it, cannot answer now."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back; `body` whole."""

    status: int
    body: bytes


class Unanswered(Exception):
    """Nobody answered. `sent`: somebody may have heard it, and it may be recorded all the same."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


async def hand_over(url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
    """The answer to a POST. `headers` hold an Idempotency-Key, or what is asked records nothing: it may go twice.

    Raises Unanswered. Where nobody listens from the first, that is said at once.
    """
    timeout, sent = aiohttp.ClientTimeout(total=WITHIN), False
    async with aiohttp.ClientSession(timeout=timeout, headers=headers, cookie_jar=aiohttp.DummyCookieJar()) as session:
        for wait in (*PATIENCE, None):
            try:
                answer = await _answer(session.post(url, data=body, allow_redirects=False))
            except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError) as error:
                sent = sent or not isinstance(error, aiohttp.ClientConnectorError)
                if wait is None or not sent:
                    raise Unanswered(str(error) or "No answer came in time.", sent=sent) from error
            except (aiohttp.ClientError, ValueError) as error:
                raise Unanswered(str(error) or type(error).__name__, sent=True) from error
            else:
                if wait is None or answer.status not in LATER:
                    return answer
                sent = True
            await asyncio.sleep(wait)
    raise AssertionError("unreachable")


async def look_up(url: str, asked: Mapping[str, str]) -> Answered:
    """The answer to a GET, which records nothing and is asked once. Raises Unanswered."""
    timeout = aiohttp.ClientTimeout(total=WITHIN)
    async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
        try:
            return await _answer(session.get(url, params=asked, allow_redirects=False))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Unanswered(str(error) or "No answer came in time.", sent=False) from error


async def _answer(asking: AbstractAsyncContextManager[aiohttp.ClientResponse]) -> Answered:
    """No redirect is followed: a POST would become a GET on its way."""
    async with asking as answer:
        content = bytearray()
        async for chunk in answer.content.iter_any():
            content += chunk
            if len(content) > AT_MOST:
                raise ValueError(f"More than {AT_MOST:,} bytes came.")
        return Answered(answer.status, bytes(content))
