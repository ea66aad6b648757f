"""The database's schema: ordered SQL files, each applied once and never changed after."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from services.store import locks
from services.store.ports import Unavailable

FILES = Path(__file__).parent / "schema"
FIRST = "0001_ledger.sql"
"""Makes the table of records: where it is yet to be applied, nothing was ever recorded."""
ROLE = "subsidia_app"
"""What the application is while it runs: it reads and appends, and owns nothing but its views."""

_TRIES = 20


class SchemaUnfit(Exception):
    """This database cannot be used as it is; the sentence says why and what to do."""


async def migrate(dsn: str) -> list[str]:
    """Applies what is missing, each file in its own transaction. Returns the files applied now.

    Safe from several processes at once. Raises SchemaUnfit where an applied file was changed since.
    """
    async with migrating(dsn) as connection:
        await _refuse_pretenders(connection)
        await _make_role(connection)
        try:
            return await _apply(connection)
        except asyncpg.InsufficientPrivilegeError as error:
            raise SchemaUnfit(
                f"The connecting role may not migrate this database: {error}. Connect as the role that owns the"
                f" database and its schema `ledger`."
            ) from error


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]") -> list[str]:
    await connection.execute(
        "create schema if not exists ledger;"
        "create table if not exists ledger.migrations"
        " (name text primary key, sha256 bytea not null, at timestamptz not null default now())"
    )
    missing = await _missing(connection)
    for name, text in missing.items():
        async with connection.transaction():
            await connection.execute(text)
            await connection.execute(
                "insert into ledger.migrations (name, sha256) values ($1, $2)", name, _digest(text)
            )
    return list(missing)


@asynccontextmanager
async def migrating(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection as the schema's owner, while nobody else changes the schema. Raises Unavailable."""
    async with _connected(dsn) as connection:
        await connection.execute("select pg_advisory_lock($1)", locks.SCHEMA)
        yield connection


async def check(dsn: str) -> list[str]:
    """The files that are yet to be applied, in order. Raises SchemaUnfit where an applied file was changed since."""
    async with _connected(dsn) as connection:
        await _refuse_pretenders(connection)
        if await connection.fetchval("select to_regclass('ledger.migrations')") is None:
            return list(_files())
        return list(await _missing(connection))


def _files() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(FILES.glob("*.sql"))}


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


async def _missing(connection: "asyncpg.Connection[asyncpg.Record]") -> Mapping[str, str]:
    rows = await connection.fetch("select name, sha256 from ledger.migrations")
    applied, files = {row["name"]: row["sha256"] for row in rows}, _files()
    changed = [name for name in applied if name in files and applied[name] != _digest(files[name])]
    if changed:
        raise SchemaUnfit(f"{', '.join(changed)} was applied to this database and has been changed since. Restore it.")
    if unknown := sorted(set(applied) - set(files)):
        raise SchemaUnfit(f"This database was migrated by a newer Subsidia ({', '.join(unknown)}). Update the program.")
    return {name: text for name, text in files.items() if name not in applied}


async def _refuse_pretenders(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    told = await connection.fetchval("select version()")
    if not told.startswith("PostgreSQL"):
        # Others accept pg_advisory_xact_lock and do nothing: two writers would then give one position twice.
        raise SchemaUnfit(f"The order of records rests on PostgreSQL's advisory locks, and this is {told}.")
    if connection.get_server_version() < (14, 0):
        raise SchemaUnfit(f"PostgreSQL 14 or later is needed, and this is {told}.")


async def _make_role(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """The role is the cluster's, not the database's: somebody else may be making it right now."""
    for last in (number == _TRIES for number in range(1, _TRIES + 1)):
        try:
            if not await connection.fetchval("select true from pg_roles where rolname = $1", ROLE):
                await connection.execute(f"create role {ROLE} nologin")
            how = "set" if connection.get_server_version() >= (16, 0) else "member"
            if not await connection.fetchval("select pg_has_role($1, $2)", ROLE, how):
                await connection.execute(f"grant {ROLE} to current_user")
        except asyncpg.InsufficientPrivilegeError as error:
            raise SchemaUnfit(
                f"The connecting role may not make the role {ROLE}. As a superuser: "
                f"CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO <connecting role>;"
            ) from error
        except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError, asyncpg.InternalServerError):
            if last:
                raise
            await asyncio.sleep(0.05)
        else:
            return


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Raises Unavailable where there is no server, or it does not let us in; the sentence says what it said."""
    try:
        # Prepared under no name: behind a pooler another session may have the next name already.
        connection = await asyncpg.connect(dsn, statement_cache_size=0)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or "no answer"
        raise Unavailable(f"The database cannot be reached: {said}.") from error
    except ValueError as error:  # not what it says: that may hold the password
        raise Unavailable(
            "The database cannot be reached: its address cannot be read. The port is a number, and special characters"
            " of a name or password are written as %40 and the like."
        ) from error
    try:
        await _refuse_poolers(connection)
        yield connection
    except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as error:
        raise Unavailable(
            "The database went away. What was applied before stays, and the rest is yet to be."
        ) from error
    finally:
        await connection.close()


async def _refuse_poolers(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Before anything is locked: a lock, LISTEN and the role belong to a session, and a pooler gives us another's."""
    try:
        answers = await connection.fetchval("select pg_backend_pid()")
    except (asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError):
        answers = None
    if answers != connection.get_server_pid():
        raise SchemaUnfit(
            "A pooler stands between us and PostgreSQL: who answers is not whom we connected to. Locks and"
            " notifications would be lost in it. Name PostgreSQL itself in DATABASE_URL."
        )
