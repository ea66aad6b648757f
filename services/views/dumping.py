"""The digest of a view as its table has it: streamed from one snapshot, under fixed memory."""

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg

from domain.ledger.dumps import Dump, Dumped, line_hash
from projections.kernel import View
from services.store.connecting import Pool, available
from services.views import registry
from services.views.ports import NotBuilt, NotYet
from services.views.rows import line_of
from services.views.tables import SCHEMA

AT_ONCE = 500
"""Rows that are hashed before anybody else in the process has a turn."""


async def reached(pool: Pool, views: Sequence[View]) -> int:
    """The last position that the live tables of all these views hold. Raises NotBuilt, Unavailable."""
    with available():
        async with pool.acquire() as connection:
            return min([(await _live(connection, view)).position for view in views], default=-1)


async def dumped(pool: Pool, view: View, position: int) -> Dumped:
    """A view's digest as of a position, from its live table as it is.

    Raises NotBuilt (there is no table of this version), NotYet, Unavailable.
    """
    try:
        with available():
            async with (
                pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                entry = await _live(connection, view)
                if entry.position < position:
                    raise NotYet(position, entry.position)
                return await _hashed(connection, entry, position)
    except asyncpg.UndefinedTableError:
        raise NotBuilt(f"{view.name} was replaced just now.") from None


async def _live(connection: Any, view: View) -> registry.Entry:
    try:
        found = await registry.live(connection, [view.name])
    except asyncpg.UndefinedTableError:  # the projector has never run here
        found = []
    if not found:
        raise NotBuilt(f"{view.name} has no table yet.")
    if found[0].version != view.version:
        raise NotBuilt(f"{view.name} is kept at version {found[0].version}, and this program's is {view.version}.")
    return found[0]


async def _hashed(connection: Any, entry: registry.Entry, position: int) -> Dumped:
    dump = Dump(entry.name, entry.version)
    cursor = await connection.cursor(
        f'select t.key, t."_body" from {SCHEMA}."{entry.table}" t'
        " where t.since <= $1 and (t.until is null or t.until > $1) order by t.key", position,
    )  # fmt: skip
    while rows := await cursor.fetch(AT_ONCE):
        dump.add(line_hash(line_of(key, body)) for key, body in rows)
        await asyncio.sleep(0)
    return dump.as_of(position)
