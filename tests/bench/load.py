"""A lean load for HTTP servers on this machine: connections that ask, wait for the whole answer, and ask again.

It shares two cores with what it measures, so it does no more than it must: requests are bytes made beforehand, and of
an answer only the status and the length are read.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import cast
from urllib.parse import urlsplit

_LENGTH = b"content-length:"


@dataclass(frozen=True, slots=True)
class Load:
    """Answers a second over all connections, and milliseconds from question to answer, sorted."""

    per_second: float
    milliseconds: list[float]

    def quantile(self, share: float) -> float:
        return self.milliseconds[min(int(len(self.milliseconds) * share), len(self.milliseconds) - 1)]


def question(url: str, *, method: str = "GET", body: bytes = b"", **headers: str) -> bytes:
    """One request as bytes. In a header's name an underscore stands for the hyphen."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class _Asking(asyncio.Protocol):
    """One connection. AssertionError, given to `done`, if an answer has another status than wanted."""

    def __init__(self, questions: Iterator[bytes], status: bytes, taken: list[float]) -> None:
        self._questions, self._status, self._taken = questions, status, taken
        self._received = b""
        self._asked = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._line = cast(asyncio.Transport, transport)
        self._ask()

    def _ask(self) -> None:
        assert self._line is not None
        following = next(self._questions, None)
        if following is None:
            self.done.set_result(None)
            self._line.close()
            return
        self._asked = perf_counter()
        self._line.write(following)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        lowered = head.lower()
        begins = lowered.find(_LENGTH)
        assert begins >= 0, head
        if len(rest) < int(lowered[begins + len(_LENGTH) :].split(b"\r\n", 1)[0]):
            return
        self._received = b""
        self._taken.append((perf_counter() - self._asked) * 1000)
        if head[9:12] == self._status:
            self._ask()
        elif not self.done.done():
            self.done.set_exception(AssertionError(head + rest))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("The server hung up."))


async def loaded(url: str, questions: Iterable[bytes], connections: int, status: int = 200) -> Load:
    """Asks everything once, over so many connections at a time. Raises what any of them met."""
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    waiting, taken = iter(questions), list[float]()
    loop, begun = asyncio.get_running_loop(), perf_counter()
    made = await asyncio.gather(
        *(
            loop.create_connection(lambda: _Asking(waiting, str(status).encode(), taken), host, port)
            for _ in range(connections)
        )
    )
    await asyncio.gather(*(asking.done for _, asking in made))
    return Load(len(taken) / (perf_counter() - begun), sorted(taken))
