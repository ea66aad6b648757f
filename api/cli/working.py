"""`subsidia work`, and the crew that `serve` starts beside itself: what goes on by itself has a process of its own.

Folding views takes as much of a core as answering requests does. In one process each would wait for the other.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import IO

import click
import msgspec
import structlog

from api.cli.running import configured, run
from services.bootstrap import Services, assemble
from services.config import Config
from services.projector import Health
from services.working import following

EVERY = 1.0
"""Seconds between two reports."""
UNHEARD = 10.0
"""Seconds without a report after which a crew is no longer taken for alive."""
PATIENCE = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds until a crew that ended is started again; the last is repeated."""
YIELDING = 5
"""By how much nicer than the server its crew is (see nice(2))."""
GRACE = 15.0
"""Seconds that a crew gets to stop in order."""

log = structlog.get_logger()


class Report(msgspec.Struct):
    """How everything in a working process does."""

    views: list[Health]
    workers: list[following.Health]


@click.command()
@click.option("--beside", is_flag=True, hidden=True, help="For `serve`: report on stdout, stop when stdin ends.")
def work(beside: bool) -> None:
    """Keep the views, pass deadlines and react to records, until Ctrl-C or SIGTERM.

    `serve` starts such a process by itself; on its own it goes with `serve --no-workers`. Several may run: one leads,
    the others stand by.

    \b
    Example: DATABASE_URL=postgresql://... subsidia work
    """
    run(_work(configured(), beside))


async def _work(config: Config, beside: bool) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    # Ctrl-C reaches the whole group: beside a server it is the server's to say when to stop.
    for number in (signal.SIGTERM,) if beside else (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if beside:
        # Where cores are short, whoever waits for an answer goes first.
        os.nice(YIELDING)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        loop.add_reader(sys.stdin, _heard, sys.stdin, stop)
    async with assemble(config) as services:
        while not stop.is_set():
            if beside:
                await _report(services)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY)


def _heard(line: IO[str], stop: asyncio.Event) -> None:
    """The server never says anything: what there is to read is its end, also after a kill -9."""
    if not os.read(line.fileno(), 1):
        asyncio.get_running_loop().remove_reader(line)
        stop.set()


async def _report(services: Services) -> None:
    try:
        report = Report(await services.projector.health(), await services.workers.health())
    except Exception as error:  # a database that went away is waited for; until then there is nothing to report
        log.warning("no-report", error=repr(error))
        return
    sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
    sys.stdout.buffer.flush()


class Crew:
    """A working process beside this one, started again when it ends. Made by `crew`."""

    def __init__(self, environment: Mapping[str, str] | None) -> None:
        self._environment = environment
        self._report: Report | None = None
        self._heard = 0.0
        self._first = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None

    async def views(self) -> Sequence[Health]:
        """As last reported; alive only while reports come."""
        if self._report is not None and monotonic() - self._heard < UNHEARD:
            return self._report.views
        said = "The process that keeps the views does not report."
        return [Health((), -1, -1, 0.0, leads=False, alive=False, error=said)]

    async def workers(self) -> Sequence[following.Health]:
        """As last reported; without a report `views` says so."""
        return self._report.workers if self._report is not None else ()

    async def begun(self, patience: float) -> None:
        """Returns once it has reported, or after so many seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._first.wait(), patience)

    async def run(self) -> None:
        """Until it is cancelled."""
        tries = 0
        while True:
            begun = monotonic()
            await self._once()
            tries = tries + 1 if monotonic() - begun < UNHEARD else 0
            wait = PATIENCE[min(tries, len(PATIENCE) - 1)]
            log.error("crew-ended", status=self._process and self._process.returncode, again_in=wait)
            await asyncio.sleep(wait)

    async def _once(self) -> None:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "subsidia", "work", "--beside",
            stdin=pipe, stdout=pipe, limit=1 << 20, env=self._environment,
        )  # fmt: skip
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            self._report, self._heard = msgspec.json.decode(line, type=Report), monotonic()
            self._first.set()

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
            log.error("crew-killed", pid=self._process.pid)
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def crew(environment: Mapping[str, str] | None = None) -> AsyncIterator[Crew]:
    """A working process while we are inside, configured by that environment; by ours, if none is given."""
    made = Crew(environment)
    task = asyncio.create_task(made.run(), name="crew")
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.wait([task])
        await made.stop()
