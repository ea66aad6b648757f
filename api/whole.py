"""An answer that is all there when it is sent, head and body in one piece.

aiohttp's own response puts its head together header by header, in a mapping of its own, each time: a third of what a
small answer costs. Most of ours is the same for every answer of a moment, and is written once.
"""

import re
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from time import time

from aiohttp import HttpVersion10, hdrs, web
from aiohttp.abc import AbstractStreamWriter

_BODILESS = (204, 304)
"""What has no body, and says no length of one (RFC 9110, 8.6)."""
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f]")


def lines(headers: Mapping[str, str]) -> bytes:
    """Headers as they are sent. ValueError: one holds a control character, and could begin another header."""
    for name, value in headers.items():
        if _FORBIDDEN.search(name) or _FORBIDDEN.search(value):
            raise ValueError(f"{name} holds a control character.")
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()


@lru_cache(maxsize=16)
def _status_line(status: int) -> bytes:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()


@lru_cache(maxsize=2)
def _date(second: int) -> bytes:
    return lines({"Date": formatdate(second, usegmt=True)})


class Whole(web.StreamResponse):
    """An answer whose `body` is known. `head`: its headers as `lines` gives them, but for length, date and connection.

    `late` takes more of them until it is sent.
    """

    def __init__(self, head: bytes, body: bytes, status: int = 200) -> None:
        super().__init__(status=status)
        self.late = head
        self._whole = body
        self._keeps = True

    @property
    def body(self) -> bytes:
        return self._whole

    @property
    def keep_alive(self) -> bool:
        """Whether the connection stays open."""
        return self._keeps

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Sends everything: there is nothing to wait for."""
        self._keeps = request.keep_alive
        if not self._keeps:
            self.late += b"Connection: close\r\n"
        elif request.version == HttpVersion10:
            self.late += b"Connection: keep-alive\r\n"
        if self.status not in _BODILESS:
            self.late += b"Content-Length: %d\r\n" % len(self._whole)
        body = b"" if request.method == hdrs.METH_HEAD else self._whole
        await request.writer.write_eof(
            b"%s%s%s\r\n%s" % (_status_line(self.status), self.late, _date(int(time())), body)
        )
        return request.writer

    async def write_eof(self, data: bytes = b"") -> None:
        """All of it has been sent."""
