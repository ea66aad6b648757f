"""What the verbs have in common: configuration, the assembled services, and errors as one clear sentence."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, TypeVar

import click

from api.cli.verbs import INTERRUPTED
from domain.kernel import Refused
from services.bootstrap import Services, assemble
from services.cluster import PostgresUnavailable
from services.config import Config, Misconfigured
from services.importing.plan import WrongFile
from services.importing.running import Progress
from services.keys import KeyUnusable
from services.logs import configure_logs
from services.orders import Forbidden
from services.store.ledger import ForeignLedger
from services.store.migrations import SchemaUnfit
from services.store.ports import Conflict, TooLarge, Unavailable
from services.terminal import harmless
from services.views.building import AlreadyRebuilding
from services.views.running import CannotApply

T = TypeVar("T")

FAULTY = 3
EVERY = 5.0
"""Seconds between two lines of progress where nobody watches a terminal."""


PLAIN = (
    KeyUnusable, PostgresUnavailable, SchemaUnfit, WrongFile, Conflict, TooLarge, AlreadyRebuilding, CannotApply
)  # fmt: skip
"""What says itself, in one sentence, what is wrong."""


class Failed(click.ClickException):
    """Not done; the sentence says why and what to do."""

    exit_code = 1

    def format_message(self) -> str:
        """What others wrote may be part of it: names, answers of a server."""
        return harmless(self.message)


def say(text: str, *, err: bool = False, fg: str | None = None, bold: bool | None = None) -> None:
    """Lines for people, with what others wrote in them: names, notes, cells, what a server answered."""
    click.secho(harmless(text), err=err, fg=fg, bold=bold)


def configured(level: str = "info") -> Config:
    """The configuration; logs come out from now on, from this level on unless LOG_LEVEL names another."""
    try:
        config = Config.read()
    except Misconfigured as error:
        lines = "".join(f"\n  {name}: {said}" for name, said in error.errors.items())
        raise Failed(f"The environment cannot be used.{lines}") from error
    configure_logs(config.log_level or level)
    return config


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs a verb to its end; what it may meet becomes one sentence and an exit status."""
    try:
        return _loop(work)
    except PLAIN as error:
        raise Failed(str(error)) from error
    except OSError as error:
        raise Failed(_of_system(error)) from error
    except ForeignLedger as error:
        raise Failed(
            f"{error} Set SUBSIDIA_ORIGIN and SUBSIDIA_SIGNING_KEY to its own, or name another database."
        ) from error
    except Unavailable as error:
        raise Failed(
            f"{error}{_said(error)} Check the database (`subsidia doctor`), then give the same command again."
        ) from error
    except Refused as error:
        raise Failed(f"{error.reason} ({error.code})") from error
    except Forbidden as error:
        could = f" Could: {'; '.join(error.who_could)}." if error.who_could else ""
        raise Failed(f"{error.reason}{could}") from error
    except (KeyboardInterrupt, asyncio.CancelledError):
        click.echo("Interrupted. What was answered is recorded; the same command continues from there.", err=True)
        raise SystemExit(INTERRUPTED) from None


def _said(error: Unavailable) -> str:
    """What the database itself said, where the sentence has not got it yet. People who ask over HTTP are not told."""
    said = str(error.__cause__ or "").partition("\n")[0].rstrip(".")
    return f" It said: {said}." if said and said not in str(error) else ""


def _of_system(error: OSError) -> str:
    """What the system refused, and of which file."""
    said = error.strerror or str(error)
    if error.filename is None:
        return f"{said}."
    return f"{error.filename}: {said}. Data and key lie under SUBSIDIA_VAR: a folder that this account may write in."


def _loop(work: Coroutine[Any, Any, T]) -> T:
    if sys.platform == "win32":
        return asyncio.run(work)
    import uvloop

    return uvloop.run(work)


def with_services(work: Callable[[Services], Awaitable[T]]) -> T:
    """Runs a verb on the assembled services, without the workers that only a server needs."""
    config = configured("warning")

    async def assembled() -> T:
        async with assemble(config, workers=False) as services:
            return await work(services)

    return run(assembled())


@contextmanager
def shown(label: str) -> Iterator[Progress]:
    """Progress on stderr: a bar on a terminal, else a line every few seconds."""
    if not sys.stderr.isatty():
        yield _Lines(label)
        return
    with click.progressbar(length=1, label=label, file=sys.stderr, show_pos=True) as bar:

        def move(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield move


class _Lines:
    """Says how far it is, now and then."""

    def __init__(self, label: str) -> None:
        self._label, self._said = label, monotonic()

    def __call__(self, done: int, total: int) -> None:
        if monotonic() - self._said > EVERY:
            self._said = monotonic()
            click.echo(f"{self._label}: {done:,} of {total:,}", err=True)
