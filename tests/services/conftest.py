"""What tests of the services may ask for: a database with the schema in it, and a store on it."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest_asyncio

from services.bootstrap import Services
from services.store.ledger import LedgerStore, opened_store
from services.store.migrations import migrate
from tests.conftest import NewDatabase
from tests.services.acting import register
from tests.services.audited import bundled, golden
from tests.services.operating import operator
from tests.services.store_ledgers import KEY, ORIGIN

__all__ = ["bundled", "golden", "operator"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def migrated_template(new_database: NewDatabase) -> AsyncIterator[str]:
    """The name of a migrated, empty database to copy."""
    async with new_database("template1") as dsn:
        await migrate(dsn)
        yield dsn.partition("@/")[2].partition("?")[0]


@pytest_asyncio.fixture
async def migrated_url(new_database: NewDatabase, migrated_template: str) -> AsyncIterator[str]:
    """A migrated, empty database of this test's own."""
    async with new_database(migrated_template) as dsn:
        yield dsn


@pytest_asyncio.fixture
async def owner(migrated_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Whom the schema belongs to."""
    connection = await asyncpg.connect(migrated_url)
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def store(migrated_url: str) -> AsyncIterator[LedgerStore]:
    """An empty ledger."""
    async with opened_store(migrated_url, ORIGIN, KEY) as store:
        yield store


@pytest_asyncio.fixture
async def services(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    """A register of its own, in which nothing acts by itself."""
    async with register(database_url, tmp_path) as found:
        yield found


@pytest_asyncio.fixture
async def pool(migrated_url: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    """The database itself, with nothing in between."""
    async with asyncpg.create_pool(migrated_url, min_size=1, max_size=2) as pool:
        yield pool
