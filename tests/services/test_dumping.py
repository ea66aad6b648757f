"""A view's digest: the same from its table and from the records alone, and another once anything is altered."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
import pytest_asyncio
import rfc8785

from domain.ledger.dumps import Dumped
from projections.views import VIEWS
from services.audit.bundle import Bundle
from services.audit.replaying import Replay
from services.codec import Codec
from services.config import DEMO_ORIGIN
from services.names import NAMES
from services.projector import opened_projector
from services.store.connecting import Pool, close_pool, open_pool
from services.views.dumping import dumped, reached
from services.views.ports import NotBuilt, NotYet
from services.views.rows import line_of
from services.views.tables import Table
from tests.conftest import NewDatabase
from tests.services.audited import Golden
from tests.services.projecting import caught_up

BY_NAME = {view.name: view for view in VIEWS}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def viewed(new_database: NewDatabase, golden: Golden) -> AsyncIterator[str]:
    """The golden ledger with its views built: a database to copy."""
    async with new_database(golden.template) as dsn:
        async with opened_projector(dsn, VIEWS, Codec(DEMO_ORIGIN, NAMES)) as running:
            await caught_up(running)
        yield dsn.partition("@/")[2].partition("?")[0]


@pytest_asyncio.fixture
async def dsn(new_database: NewDatabase, viewed: str) -> AsyncIterator[str]:
    async with new_database(viewed) as found:
        yield found


@pytest_asyncio.fixture
async def pool(dsn: str) -> AsyncIterator[Pool]:
    found = await open_pool(dsn, 2)
    yield found
    await close_pool(found)


def replayed(bundle: Path, position: int) -> dict[str, Dumped]:
    replay = Replay(Bundle(bundle), VIEWS)
    replay.until(position)
    return {view.name: replay.dumped(view) for view in VIEWS}


async def test_every_view_s_table_and_the_records_alone_come_to_one_digest(
    pool: Pool, bundled: Path, golden: Golden
) -> None:
    full = set[str]()
    for position in (0, golden.size // 3, golden.size // 2, golden.size - 1):
        told = replayed(bundled, position)
        full |= {name for name, one in told.items() if one.rows}
        for view in VIEWS:
            found = await dumped(pool, view, position)
            assert found == told[view.name]
            assert (found.view, found.version, found.position) == (view.name, view.version, position)
    assert len(full) > len(VIEWS) * 0.8
    assert await reached(pool, VIEWS) == golden.size - 1


def test_a_line_is_canonical_json_however_it_is_come_by(bundled: Path, golden: Golden) -> None:
    replay = Replay(Bundle(bundled), VIEWS)
    replay.until(golden.size - 1)
    lines = 0
    for view in VIEWS:
        form = Table(view).form
        for key, body in replay.shown(view).rows.items():
            stored = msgspec.json.decode(body)
            for name in (one.column.name for one in Table(view).computed):
                stored.pop(name, None)
            line = form.line(key, form.decode(msgspec.json.encode(stored)))
            assert line == line_of(key, msgspec.json.encode(stored)) == rfc8785.dumps(stored)
            lines += 1
    assert lines > golden.size


ALTERED = [
    "update {table} set _body = convert_to(replace(convert_from(_body, 'utf8'), 'in_progress', 'completed'), 'utf8')",
    "update {table} set key = key || 'x' where key = (select max(key) from {table} where until is null)",
    "delete from {table} where key = (select max(key) from {table} where until is null)",
    "update {table} set until = since where key = (select max(key) from {table} where until is null)",
    "update {table} set _body = 'no row' where key = (select max(key) from {table} where until is null)",
    "update {table} set _body = '[1]' where key = (select max(key) from {table} where until is null)",
]


@pytest.mark.parametrize("statement", ALTERED)
async def test_what_is_altered_in_a_table_alters_its_digest(
    dsn: str, pool: Pool, golden: Golden, statement: str
) -> None:
    view, position = BY_NAME["commitments"], golden.size - 1
    before = await dumped(pool, view, position)
    await tamper(dsn, view.name, statement)
    after = await dumped(pool, view, position)
    assert after.digest != before.digest


async def tamper(dsn: str, view: str, statement: str) -> None:
    """As a superuser would."""
    connection: Any = await asyncpg.connect(dsn)
    try:
        query = "select \"table\" from views.registry where state = 'live' and name = $1"
        table = await connection.fetchval(query, view)
        assert await connection.execute(statement.replace("{table}", f'views."{table}"')) not in (
            "UPDATE 0",
            "DELETE 0",
        )
    finally:
        await connection.close()


async def test_a_view_that_has_not_come_so_far_has_no_digest(pool: Pool, golden: Golden) -> None:
    with pytest.raises(NotYet):
        await dumped(pool, BY_NAME["units"], golden.size)


async def test_a_view_without_a_table_has_no_digest(migrated_url: str) -> None:
    pool = await open_pool(migrated_url, 1)
    try:
        with pytest.raises(NotBuilt):
            await dumped(pool, BY_NAME["units"], 0)
        with pytest.raises(NotBuilt):
            await reached(pool, VIEWS)
    finally:
        await close_pool(pool)
