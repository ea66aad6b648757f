"""A receiver of webhooks as anybody might write one: it verifies what comes by the lines of the operations page."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

PAGE = Path(__file__).resolve().parents[2] / "deploy/operations.md"


def _verifier() -> Any:
    """The function that the page prints."""
    section = PAGE.read_text(encoding="utf-8").partition("\n## Webhooks\n")[2].partition("\n## ")[0]
    (block,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    made: dict[str, Any] = {}
    exec(block, made)
    return made["verified"]


verified: Callable[[str, Any, bytes], bool] = _verifier()


@dataclass(slots=True)
class Message:
    """What was sent once."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> Any:
        return json.loads(self.body)

    @property
    def position(self) -> int:
        return int(self.said["data"]["position"])


Answer = Callable[[Message], Awaitable[web.StreamResponse]]


async def taken(message: Message) -> web.StreamResponse:
    return web.Response(status=204)


@dataclass(slots=True)
class Receiver:
    """Keeps what it is sent. `answer`: what it says to each."""

    answer: Answer = taken
    port: int = 0
    heard: list[Message] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def positions(self) -> list[int]:
        return [one.position for one in self.heard]

    async def hear(self, request: web.Request) -> web.StreamResponse:
        message = Message({name.lower(): value for name, value in request.headers.items()}, await request.read())
        self.heard.append(message)
        return await self.answer(message)


@asynccontextmanager
async def listening(receiver: Receiver) -> AsyncIterator[Receiver]:
    """It is up while we are inside, at the same port each time."""
    app = web.Application()
    app.router.add_post("/hook", receiver.hear)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", receiver.port)
        await site.start()
        receiver.port = runner.addresses[0][1]
        yield receiver
    finally:
        await runner.cleanup()
