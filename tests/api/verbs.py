"""Verbs of the command line as tests give them: in this process, on a database of their own."""

import asyncio
import logging
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
import structlog
from click.testing import CliRunner, Result

from api.cli import cli

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (sys.executable, "-c", "from api.cli import main; main()")


class Verbs:
    """Gives verbs in this process, as one ledger's keeper would."""

    def __init__(self, dsn: str, var: Path) -> None:
        self.var = var
        self.environment = {
            "DATABASE_URL": dsn, "SUBSIDIA_VAR": str(var), "SUBSIDIA_ORIGIN": "cli.example/ledger", "PORT": "0",
        }  # fmt: skip

    def __call__(self, *words: str, **environment: str) -> Result:
        return CliRunner().invoke(cli, words, env={**self.environment, **environment})

    def well(self, *words: str) -> str:
        """What a verb says that must succeed."""
        result = self(*words)
        assert result.exit_code == 0, result.output
        return result.stdout


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """A verb sends logs to its own stderr, which is closed when the verb ends."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def verbs(database: str, tmp_path: Path) -> Verbs:
    return Verbs(database, tmp_path)


@pytest.fixture
def database(server: object, public_folder: Path) -> Iterator[str]:
    """An empty database of this test's own, for verbs that run their own event loop."""
    name = f"cli_{time.monotonic_ns()}"
    tell(server.dsn("postgres"), f'CREATE DATABASE "{name}"')  # type: ignore[attr-defined]
    yield server.dsn(name)  # type: ignore[attr-defined]
    tell(server.dsn("postgres"), f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[attr-defined]


def tell(dsn: str, *statements: str) -> None:
    async def tell() -> None:
        connection = await asyncpg.connect(dsn)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(tell())


def subject(verbs: Verbs) -> tuple[str, str]:
    """The one subject of a fresh register, its first registrar: the id, and the record."""
    found = re.fullmatch(r"(\S+)  (\S+) /name  The first registrar\n", verbs.well("erase", "--find", "FIRST regi"))
    assert found is not None
    return found[1], found[2]
