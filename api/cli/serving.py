"""`subsidia serve`: the whole register in one process, until it is told to stop."""

import asyncio
import signal
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import replace
from datetime import timedelta
from time import monotonic

import click
from aiohttp import web

from api.app import make_runner
from api.cli.listening import BACKLOG, bound, bound_for_watchers, watched_on
from api.cli.running import configured, run
from api.cli.working import crew
from api.fetching import fetching
from services.bootstrap import Services, assemble
from services.config import Config
from services.story import Story, tell
from services.views.pace import forget_start

DRAIN = 8.0
"""Seconds that answers in flight get when the server stops."""
START = 30.0
"""Seconds that the process beside us gets to begin."""
CATCH_UP = 3.0
"""Seconds that the start waits for views that are behind."""
TOKEN_HOLDS = timedelta(days=30)


@click.command()
@click.option("--host", help="Where to listen (else HOST, else 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="On which port (else PORT, else 8080; 0: any free one).")
@click.option("--workers/--no-workers", default=True, help="Start `subsidia work` beside it, or leave that to others.")
def serve(host: str | None, port: int | None, workers: bool) -> None:
    """Serve the register until Ctrl-C or SIGTERM; then everything stops in order, the embedded PostgreSQL too.

    The first start opens the ledger under SUBSIDIA_ORIGIN. A demo ledger (the default) is told a sample story. Views
    are kept by a process of their own, which starts and stops with this one.

    \b
    Example: subsidia serve
             SUBSIDIA_ORIGIN=register.example.org/ledger subsidia serve --host 0.0.0.0
    """
    begun = monotonic()
    config = configured()
    config = replace(config, host=host or config.host, port=config.port if port is None else port)
    # Bound before anything else starts: a taken port is said at once, and early callers wait instead of failing.
    with (
        closing(bound(config.host, config.port, "Set PORT and HOST to others.")) as listening,
        bound_for_watchers(config) as watched,
    ):
        run(_serve(config, listening, watched, begun, workers))


async def _serve(
    config: Config, listening: socket.socket, watched: socket.socket | None, begun: float, workers: bool
) -> None:
    stop = _Stop()
    if config.demo and not config.signing_key.exists():
        click.echo("The first start makes a database and tells the sample story: up to a minute.")
    async with (
        fetching() as fetch,
        assemble(config, workers=False, fetch=fetch) as services,
        AsyncExitStack() as stack,
    ):
        # Told before anything acts by itself: its years pass in a second, and the clock would outrun them.
        story = await tell(services.office, services.registrar) if config.demo else None
        working = await stack.enter_async_context(crew()) if workers else None
        if working is not None:
            await working.begun(START)
            await _caught_up(services)
        metrics = await stack.enter_async_context(watched_on(watched, services, working))
        runner = make_runner(services, working, metrics, handle_signals=False, shutdown_timeout=DRAIN)
        await runner.setup()
        try:
            await web.SockSite(runner, listening, backlog=BACKLOG).start()
            forget_start()
            lines = await _welcome(services, story, listening.getsockname())
            click.echo("\n".join((*lines, f"Ready in {monotonic() - begun:.1f} s. Ctrl-C stops everything.")))
            await stop.told()
            click.echo("Stopping: answers in flight are finished first.", err=True)
        finally:
            await runner.cleanup()


async def _caught_up(services: Services) -> None:
    """So that whoever opens a page at once finds the story on it; a long way to go is gone while we serve."""
    head = (await services.store.head()).size - 1
    for view in services.views_declared:
        if not await services.views.reached(view.name, head, CATCH_UP):
            return


class _Stop:
    """Ctrl-C and SIGTERM. While we start, they cancel the start; once we serve, they end it in order.

    A second Ctrl-C does not wait for that.
    """

    def __init__(self) -> None:
        self._event, self._serving = asyncio.Event(), False
        self._main, self._loop = asyncio.current_task(), asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            self._loop.add_signal_handler(number, self._hear, number)

    def _hear(self, number: signal.Signals) -> None:
        self._event.set()
        self._loop.remove_signal_handler(number)
        if not self._serving and self._main is not None:
            self._main.cancel()

    async def told(self) -> None:
        """Returns when it is time to stop."""
        self._serving = True
        await self._event.wait()


def _home(address: Sequence[object]) -> str:
    """Where people on this machine open it: all of its addresses (0.0.0.0, ::) are none that a browser knows."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(str(address[0]), str(address[0]))
    return f"http://[{host}]:{address[1]}" if ":" in host else f"http://{host}:{address[1]}"


async def _welcome(services: Services, story: Story | None, address: Sequence[object]) -> list[str]:
    """What to open, and for the demo whom to be."""
    home = _home(address)
    lines = [
        f"Subsidia, ledger {services.config.origin}",
        f"  {home}/                  everything, to read in a browser",
        f"  {home}/read/dashboard    how commitments stand, sphere by sphere, and who owes whom",
        f"  {home}/read/commitments  who promised what, and whose turn it is",
        f"  {home}/read/mandates     who entrusted what to whom, with what money",
        f"  {home}/read/competences  who holds what where, on any day",
        f"  {home}/read/reviews      drafts under scrutiny: clock, votes, cards",
        f"  {home}/read/turns        what waits, for whom and for how long",
        f"  {home}/docs              what programs can ask: the same under /v1/",
        f"  {home}/checkpoint        the ledger's signed head",
    ]
    if story is None:
        return [
            *lines,
            f"  {home}/sign-in           for officers; `subsidia token --registrar` gives a token for the registrar",
        ]
    officer, _ = await services.tokens.issue(story.officer, TOKEN_HOLDS, "sample story: liaison officer")
    signatory, _ = await services.tokens.issue(story.signatory, TOKEN_HOLDS, "sample story: signatory")
    return [
        *lines,
        f"Officers sign in at {home}/sign-in with a token, and give every command there by a form.",
        f"The sample story: {home}/read/commitments/{story.climate}",
        f"  a liaison officer of its city   {officer}",
        f"  its authorised signatory        {signatory}   (/read/commitments/{story.invitation} waits for it)",
    ]
