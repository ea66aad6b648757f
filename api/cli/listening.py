"""Addresses that a verb listens on, and what is shown there to who watches over it."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager

from aiohttp import web

from api.app import make_metrics_runner
from api.cli.running import Failed
from api.metrics import Metrics
from api.probes import Working
from services.bootstrap import Services
from services.config import Config

BACKLOG = 1024
_ELSEWHERE = (
    "Each process of a host serves metrics at an address of its own: give this one a SUBSIDIA_METRICS with another"
    " port, or leave it empty."
)


def bound(host: str, port: int, do: str) -> socket.socket:
    """Listens from now on; whoever comes early waits. Raises Failed; `do` says how another address is named."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except (OSError, UnicodeError) as error:  # the latter for what is no name of a host at all
        said = getattr(error, "strerror", None) or error
        raise Failed(f"Cannot listen on {host}:{port}: {said}. {do}") from error
    listening.setblocking(False)
    return listening


@contextmanager
def bound_for_watchers(config: Config) -> Iterator[socket.socket | None]:
    """Where metrics are served, if anywhere, while we are inside. Raises Failed."""
    if config.metrics is None:
        yield None
        return
    with closing(bound(*config.metrics, _ELSEWHERE)) as watched:
        yield watched


@asynccontextmanager
async def watched_on(
    watched: socket.socket | None, services: Services, working: Working | None
) -> AsyncIterator[Metrics | None]:
    """Serves metrics and probes there while we are inside; nothing where there is no such place."""
    if watched is None:
        yield None
        return
    metrics = Metrics(services, working)
    runner = make_metrics_runner(services, metrics, working)
    await runner.setup()
    try:
        await web.SockSite(runner, watched).start()
        yield metrics
    finally:
        await runner.cleanup()
