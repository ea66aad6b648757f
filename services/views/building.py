"""A group of views built anew beside the live one, and put in its place once it has come as far."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from typing import TypeAlias

import structlog

from services.store import locks
from services.store.connecting import Connection
from services.views import registry
from services.views.running import Runner
from services.views.tables import SCHEMA, VALID, Table

Connect: TypeAlias = Callable[[], AbstractAsyncContextManager[Connection]]
Progress: TypeAlias = Callable[[int, int], None]
"""Told (records applied, records there are)."""

log = structlog.get_logger()


class AlreadyRebuilding(Exception):
    """These views are being rebuilt by somebody else right now."""


async def rebuild(
    connect: Connect, group: str, tables: Sequence[Table], runner: Runner, size: int, progress: Progress
) -> None:
    """Builds fresh tables and swaps them in; goes on where an earlier build was interrupted.

    Readers have the old tables until the swap, and a while after it. `size`: records in the ledger now. Raises
    AlreadyRebuilding, CannotApply (the live tables stay).
    """
    async with connect() as connection, connect() as writes, aclosing(runner):
        if not await connection.fetchval("select pg_try_advisory_lock($1, hashtext($2))", locks.BUILDS, group):
            raise AlreadyRebuilding(f"{group} is being rebuilt already.")
        names, position = await _begun(connection, group, tables)
        log.info("views-build-begins", group=group, position=position, size=size)
        runner.begin(names, position, connection, writes)
        await _forward(runner, size, progress)
        await _finish(connection, tables, names)
        await _forward(runner, size, progress)
        async with connect() as other:
            await _swap(other, tables, names, runner)
        log.info("views-build-swapped", group=group, position=runner.position)


async def _forward(runner: Runner, size: int, progress: Progress) -> None:
    """Up to the head; tells of the records that are durable.

    Where others write all the time the head is never reached for good: what came since the last batch is left to what
    follows, and to the swap in the end.
    """
    behind = True
    while behind:
        before = runner.position
        await runner.step()
        behind = runner.behind
        if runner.position > before:
            progress(runner.position + 1, max(size, runner.position + 1))


async def _begun(connection: Connection, group: str, tables: Sequence[Table]) -> tuple[Mapping[str, str], int]:
    """The tables of a build of the same form that was interrupted, else fresh ones."""
    building = [one for one in await registry.entries(connection, group) if one.state == "building"]
    wanted = {(table.view.name, table.view.version, table.digest) for table in tables}
    if wanted == {(one.name, one.version, one.digest) for one in building} and len(building) == len(tables):
        return {one.name: one.table for one in building}, building[0].position
    for one in building:
        await registry.forget(connection, one.table)
    async with connection.transaction():
        return await registry.enter(connection, group, tables, "building"), -1


async def _finish(connection: Connection, tables: Sequence[Table], names: Mapping[str, str]) -> None:
    """The indexes of lists, cheaper made at once than row by row; and what the planner should know."""
    for table in tables:
        name = names[table.view.name]
        for statement in table.indexes(name):
            await connection.execute(statement)
        await connection.execute(f'analyze {SCHEMA}."{name}"')
        if table.view.valid_time:
            await connection.execute(f'analyze {SCHEMA}."{name}{VALID}"')


async def _swap(connection: Connection, tables: Sequence[Table], names: Mapping[str, str], runner: Runner) -> None:
    """The live group is held still, the new one catches up with it and takes its place: no reader goes back."""
    views = [table.view.name for table in tables]
    async with connection.transaction():
        live = await connection.fetch(
            f"select position from {SCHEMA}.registry where state = 'live' and name = any($1) for update", views
        )
        goal = max((row["position"] for row in live), default=-1)
        while runner.position < goal:
            await runner.step()
        await connection.execute(
            f"update {SCHEMA}.registry set state = 'old', updated_at = clock_timestamp()"
            " where state = 'live' and name = any($1)", views,
        )  # fmt: skip
        await connection.execute(
            f"update {SCHEMA}.registry set state = 'live' where \"table\" = any($1)", list(names.values())
        )
        await registry.tell(connection)
