"""`subsidia work`, and the crew that `serve` starts beside itself: what goes on by itself has processes of its own.

Folding views takes as much of a core as answering requests does. In one process each would wait for the other, and so
would a deadline or a reaction, which take little and are waited for.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from enum import StrEnum
from time import monotonic
from typing import IO

import click
import msgspec
import structlog

from api.cli.listening import bound_for_watchers, watched_on
from api.cli.running import FAULTY, configured, run, with_services
from api.letters import Letters
from api.probes import Here
from api.sending import posting
from api.templates import Templates
from services.bootstrap import Services, assemble
from services.config import Config
from services.health import Health
from services.tries import Tries
from services.views.pace import forget_start

EVERY = 1.0
"""Seconds between two reports."""
UNHEARD = 10.0
"""Seconds without a report after which a crew is no longer taken for alive."""
PATIENCE = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds until a crew that ended is started again; the last is repeated."""
YIELDING = 10
"""By how much nicer than the server the one who keeps the views is (see nice(2))."""
GRACE = 15.0
"""Seconds that a crew gets to stop in order."""

log = structlog.get_logger()


class Part(StrEnum):
    """What a working process can do alone."""

    VIEWS = "views"
    ACTS = "acts"


class Report(msgspec.Struct):
    """How everything in a working process does."""

    views: list[Health]
    workers: list[Health]


@click.command()
@click.option(
    "--only",
    type=click.Choice([part.value for part in Part]),
    metavar="PART",
    help="`views`: keep the views. `acts`: pass deadlines, react, attest views, send webhooks, mail. Without it: both.",
)
@click.option("--beside", is_flag=True, hidden=True, help="For `serve`: report on stdout, stop when stdin ends.")
def work(only: str | None, beside: bool) -> None:
    """Keep the views, pass deadlines, react to records, attest views, send to webhooks and mail, until it is stopped.

    Ctrl-C or SIGTERM stop it. `serve` starts such processes by itself; on its own it goes with `serve --no-workers`.
    Several may run: one leads, the others stand by.

    \b
    Example: DATABASE_URL=postgresql://... subsidia work
    """
    config = configured()
    # Beside a server it is the server that is asked.
    config = replace(config, metrics=None) if beside else config
    with bound_for_watchers(config) as watched:
        run(_work(config, [Part(only)] if only else list(Part), watched, beside))


@click.command()
def retry() -> None:
    """Ask rules again for what they refused to the clock and to reactions, which they do not get by themselves.

    For after an update or a correction that mended what was wrong; `subsidia doctor` says how much there is. What was
    recorded once is not recorded again. It may run beside a server.
    """

    async def work(services: Services) -> tuple[int, int, int]:
        return await services.workers.retry()

    done, left, deadlines = with_services(work)
    click.echo(f"reactions  {done:,} refused no longer, {left:,} still refused")
    click.echo(f"deadlines  {deadlines:,} are said again as soon as the clock runs")
    if left:
        raise SystemExit(FAULTY)


async def _work(config: Config, parts: Collection[Part], watched: socket.socket | None, beside: bool) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    # Ctrl-C reaches the whole group: beside a server it is the server's to say when to stop.
    for number in (signal.SIGTERM,) if beside else (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if beside:
        if Part.VIEWS in parts:
            _give_way()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        loop.add_reader(sys.stdin, _heard, sys.stdin, stop)
    keeping, acting = Part.VIEWS in parts, Part.ACTS in parts
    async with (
        posting() as post,
        assemble(
            config, keeping=keeping, acting=acting, reading=False, post=post, letters=Letters(Templates(), config)
        ) as services,
    ):
        here = Here(services, keeping, acting)
        async with watched_on(watched, services, here):
            forget_start()
            while not stop.is_set():
                if beside:
                    await _report(here)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), EVERY)


def _give_way() -> None:
    """Where cores are short, whoever waits for an answer goes first; where we may not say so, nobody does."""
    try:
        os.nice(YIELDING)
    except OSError as error:  # a filter of system calls
        log.warning("no-nicer", error=repr(error))


def _heard(line: IO[str], stop: asyncio.Event) -> None:
    """The server never says anything: what there is to read is its end, also after a kill -9."""
    if not os.read(line.fileno(), 1):
        asyncio.get_running_loop().remove_reader(line)
        stop.set()


async def _report(here: Here) -> None:
    try:
        report = Report(list(await here.views()), list(await here.workers()))
    except Exception as error:  # a database that went away is waited for; until then there is nothing to report
        log.warning("no-report", error=repr(error))
        return
    sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
    sys.stdout.buffer.flush()


class Member:
    """A working process beside this one, for one part of the work, started again when it ends."""

    def __init__(self, part: Part, environment: Mapping[str, str] | None) -> None:
        self._part, self._environment = part, environment
        self._report: Report | None = None
        self._heard = 0.0
        self.first = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None

    def report(self) -> Report | None:
        """What it last said; None unless that was lately, and it has not ended since."""
        return self._report if monotonic() - self._heard < UNHEARD else None

    async def run(self) -> None:
        """Until it is cancelled."""
        tries = Tries(PATIENCE, well=UNHEARD)
        while True:
            tries.begin()
            try:
                await self._once()
            except (OSError, ValueError, msgspec.MsgspecError) as error:
                # It could not be started, or said what is no report.
                log.error("crew-unheard", part=self._part, error=repr(error))
            # One that still runs must not have a second beside; of one that does not, we hear how it ended.
            await self.stop()
            wait = tries.failed()
            status = self._process and self._process.returncode
            log.error("crew-ended", part=self._part, status=status, again_in=wait)
            await asyncio.sleep(wait)

    async def _once(self) -> None:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "subsidia", "work", "--only", self._part, "--beside",
            stdin=pipe, stdout=pipe, limit=1 << 20, env=self._environment,
        )  # fmt: skip
        assert self._process.stdout is not None
        try:
            while line := await self._process.stdout.readline():
                self._report, self._heard = msgspec.json.decode(line, type=Report), monotonic()
                self.first.set()
        finally:
            self._report = None

    async def stop(self) -> None:
        """On return it has stopped, in order if it could within its grace."""
        if self._process is None or self._process.returncode is not None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(GRACE):
                await self._process.wait()
        except TimeoutError:
            log.error("crew-killed", part=self._part, pid=self._process.pid)
            self._process.kill()
            await self._process.wait()


class Crew:
    """The working processes beside this one. Made by `crew`."""

    def __init__(self, environment: Mapping[str, str] | None) -> None:
        self.members = {part: Member(part, environment) for part in Part}

    async def views(self) -> Sequence[Health]:
        """As last reported; alive only while reports come."""
        if (report := self.members[Part.VIEWS].report()) is not None:
            return report.views
        said = "The process that keeps the views does not report."
        return [Health((), -1, -1, 0.0, leads=False, alive=False, error=said)]

    async def workers(self) -> Sequence[Health]:
        """As last reported; alive only while reports come."""
        if (report := self.members[Part.ACTS].report()) is not None:
            return report.workers
        said = "The process that passes deadlines and reacts to records does not report."
        return [Health(("acts",), -1, -1, 0.0, leads=False, alive=False, error=said)]

    async def begun(self, patience: float) -> None:
        """Returns once all have reported, or after so many seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(one.first.wait() for one in self.members.values())), patience)


@asynccontextmanager
async def crew(environment: Mapping[str, str] | None = None) -> AsyncIterator[Crew]:
    """The working processes while we are inside, configured by that environment; by ours, if none is given."""
    made = Crew(environment)
    members = made.members.values()
    tasks = [asyncio.create_task(member.run(), name="crew") for member in members]
    try:
        yield made
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await asyncio.gather(*(member.stop() for member in members))
