"""What tests may ask for: a PostgreSQL of the suite's own, and databases in it."""

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import asyncpg
import pytest
import pytest_asyncio
import structlog
from hypothesis import HealthCheck, settings

from services.postgres import Embedded

MEMORY = Path("/dev/shm")

# Errors as `configure_logs` has them shown to people: a page of every frame's variables takes seconds to write.
_TOLD = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[*structlog.get_config()["processors"][:-1], _TOLD])

# Neither measures what we make, only how busy the machine is.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")

NewDatabase: TypeAlias = Callable[[str], AbstractAsyncContextManager[str]]
"""`async with new_database("template1") as dsn`: a database made from that one, dropped at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest begin: those that start whole registers, or ask one everything that can be asked. A process that has
    no tests left takes them from another's end: there the longest would wait to the last, and all others for them.
    """
    longest = {"tests", "deploy", "test_contract.py", "test_every_command.py"}
    items.sort(key=lambda item: longest.isdisjoint((item.path.name, item.path.parent.name)))


@pytest.fixture(scope="session")
def public_folder() -> Iterator[Path]:
    """A folder that any account may pass through: where root runs the tests, PostgreSQL runs as somebody else.

    In memory if there is plenty: a new database is 300 files, and takes ten times as long on a disk.
    """
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 4 << 30
    folder = Path(tempfile.mkdtemp(prefix="subsidia-tests-", dir=MEMORY if roomy else None))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server(public_folder: Path) -> AsyncIterator[Embedded]:
    """The suite's own server. It does not wait for the disk: its processes are killed in tests, the machine is not."""
    embedded = Embedded(public_folder / "pg", settings={"fsync": "off", "shared_buffers": "128MB"})
    await embedded.start()
    yield embedded
    await embedded.stop()


@pytest.fixture(scope="session")
def new_database(server: Embedded) -> NewDatabase:
    """Makes databases, from any template: nobody may be connected to the template while it is copied."""
    numbers = itertools.count(1)

    @asynccontextmanager
    async def make(template: str) -> AsyncIterator[str]:
        name = f"test_{next(numbers)}"
        await _tell(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        try:
            yield server.dsn(name)
        finally:
            await _tell(server, f'DROP DATABASE "{name}" WITH (FORCE)')

    return make


@pytest_asyncio.fixture
async def database_url(new_database: NewDatabase) -> AsyncIterator[str]:
    """An empty database of this test's own."""
    async with new_database("template1") as dsn:
        yield dsn


async def _tell(server: Embedded, statement: str) -> None:
    connection = await asyncpg.connect(server.dsn("postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
