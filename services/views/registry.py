"""Which table stands for which view, how far it has come, and what stopped it."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.store import locks
from services.store.connecting import Connection
from services.views.tables import SCHEMA, Table

CHANNEL = "views"
"""Told after every batch and every change of tables."""

_SCHEMA = f"""
create schema if not exists {SCHEMA};
create sequence if not exists {SCHEMA}.builds;
create table if not exists {SCHEMA}.registry (
    "table"    text primary key,
    name       text not null,
    version    integer not null,
    digest     text not null,
    "group"    text not null,
    state      text not null check (state in ('live', 'building', 'old')),
    position   bigint not null default -1,
    updated_at timestamptz not null default clock_timestamp(),
    error      text,
    error_at   bigint
) with (fillfactor = 50);
create unique index if not exists registry_live on {SCHEMA}.registry (name) where state = 'live';
"""
KEPT = "60 seconds"
"""For how long a table that was replaced is kept for those who still read it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One table: its view and version, its group, how far it is, and the record it stopped at."""

    table: str
    name: str
    version: int
    digest: str
    group: str
    state: str
    position: int
    error: str | None
    error_at: int | None


class Fenced(Exception):
    """Another runner has written to these tables, or they have been replaced. What was folded here is dropped."""


async def prepare(connection: Connection) -> None:
    """Makes the registry where it is missing. Safe from several processes at once."""
    if await connection.fetchval(f"select to_regclass('{SCHEMA}.registry')") is not None:
        return
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock($1)", locks.REGISTRY)
        known = await connection.fetchval("select to_regnamespace($1)", SCHEMA)
        await connection.execute(_SCHEMA.replace(f"create schema if not exists {SCHEMA};", "") if known else _SCHEMA)


async def entries(connection: Connection, group: str) -> list[Entry]:
    """The tables of a group, the newest build first."""
    rows = await connection.fetch(
        'select "table", name, version, digest, "group", state, position, error, error_at'
        f' from {SCHEMA}.registry where "group" = $1 order by updated_at desc, "table"', group,
    )  # fmt: skip
    return [Entry(*row) for row in rows]


async def live(connection: Connection, names: Sequence[str]) -> list[Entry]:
    """The tables that readers use, of these views."""
    rows = await connection.fetch(
        'select "table", name, version, digest, "group", state, position, error, error_at'
        f" from {SCHEMA}.registry where state = 'live' and name = any($1)", list(names),
    )  # fmt: skip
    return [Entry(*row) for row in rows]


async def enter(connection: Connection, group: str, tables: Sequence[Table], state: str) -> dict[str, str]:
    """Makes fresh tables (with their list indexes only if `live`) and enters them: view name -> table name."""
    build = await connection.fetchval(f"select nextval('{SCHEMA}.builds')")
    made = {}
    for table in tables:
        name = made[table.view.name] = table.name(build)
        for statement in (*table.create(name), *(table.indexes(name) if state == "live" else ())):
            await connection.execute(statement)
        await connection.execute(
            f'insert into {SCHEMA}.registry ("table", name, version, digest, "group", state)'
            " values ($1, $2, $3, $4, $5, $6)",
            name, table.view.name, table.view.version, table.digest, group, state,
        )  # fmt: skip
    await tell(connection)
    return made


async def advance(connection: Connection, names: Sequence[str], old: int, new: int) -> None:
    """Moves the checkpoint of a group's tables. Raises Fenced unless all of them still stand at `old`."""
    moved = await connection.execute(
        f"update {SCHEMA}.registry set position = $3, updated_at = clock_timestamp(), error = null, error_at = null"
        " where \"table\" = any($1) and position = $2 and state <> 'old'",
        list(names), old, new,
    )  # fmt: skip
    if moved != f"UPDATE {len(names)}":
        raise Fenced(f"The tables {', '.join(names)} are no longer at position {old}.")


async def stopped(connection: Connection, names: Sequence[str], error: str, position: int) -> None:
    await connection.execute(
        f'update {SCHEMA}.registry set error = $2, error_at = $3 where "table" = any($1)',
        list(names), error[:2000].replace("\0", ""), position,
    )  # fmt: skip


async def tell(connection: Connection) -> None:
    await connection.execute("select pg_notify($1, '')", CHANNEL)


async def sweep(connection: Connection) -> list[str]:
    """Drops the tables that were replaced a while ago. One that is still being read is left for the next time."""
    rows = await connection.fetch(
        f"select \"table\" from {SCHEMA}.registry where state = 'old' and updated_at < now() - interval '{KEPT}'"
    )
    for row in rows:
        await forget(connection, row["table"])
    return [row["table"] for row in rows]


async def forget(connection: Connection, name: str) -> None:
    async with connection.transaction():
        await connection.execute("set local lock_timeout = '500ms'")
        await connection.execute(f'drop table if exists {SCHEMA}."{name}", {SCHEMA}."{name}_valid"')
        await connection.execute(f'delete from {SCHEMA}.registry where "table" = $1', name)
