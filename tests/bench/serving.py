"""Servers to measure, each a process of its own: `python -m tests.bench.serving hello | grown | log [DSN FOLDER]`.

`hello` is aiohttp with nothing behind it: the most that a server on this machine can answer. `grown` is the register
over a ledger that holds nothing but growth (see `views.py`), which it follows; `log` only reads it.
"""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import uvloop
from aiohttp import web

from api.app import make_runner
from api.probes import Here
from services.bootstrap import assemble
from services.config import Config
from services.logs import configure_logs
from services.names import NAMES
from tests.bench.views import GROWTH, ORIGIN, Grew

GROWING = {**NAMES, "tree-grew.1": Grew}


def growing(dsn: str, folder: Path) -> Config:
    """A register of its own over a database of the bench."""
    return replace(Config.read(), database_url=dsn, var=folder, signing_key=folder / "key.pem", origin=ORIGIN)


@dataclass(frozen=True, slots=True)
class Server:
    url: str
    pid: int


@asynccontextmanager
async def started(*command: str, environment: Mapping[str, str]) -> AsyncIterator[Server]:
    """A server process that says its address once it serves; told to stop at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE, env=dict(environment)
    )
    assert process.stdout is not None
    try:
        said = b""
        async with asyncio.timeout(60):
            while b"eady" not in said:
                line = await process.stdout.readline()
                assert line, "the server ended before it served"
                said += line
        found = re.search(rb"http://127\.0\.0\.1:\d+", said)
        assert found, said
        yield Server(found[0].decode(), process.pid)
    finally:
        process.terminate()
        await process.wait()


async def _serve(runner: web.AppRunner) -> None:
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"Ready: http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


async def _hello(request: web.Request) -> web.Response:
    return web.Response(text="Hello, world!")


async def _main(kind: str, *rest: str) -> None:
    if kind == "hello":
        app = web.Application()
        app.add_routes([web.get("/", _hello)])
        await _serve(web.AppRunner(app, access_log=None))
    dsn, folder = rest
    following = kind == "grown"
    async with assemble(
        growing(dsn, Path(folder)), workers=following, acting=False, views=(GROWTH,), names=GROWING
    ) as services:
        await _serve(make_runner(services, Here(services)))


if __name__ == "__main__":
    configure_logs("warning")
    uvloop.run(_main(*sys.argv[1:]))
