"""Openings that an earlier Subsidia stored as plain text: encrypted once, leaving no page with the text behind."""

import asyncio

import asyncpg

from services.keyring import Keyring
from services.sealing import enclosed, keyed, place
from services.store.migrations import SchemaUnfit, migrating

_ROWS = """
    select p.stream, p.version, p.path, p.salt, p.value, c.cmd, c.fingerprint
    from ledger.plain_openings p join ledger.records r using (stream, version)
    join ledger.commands c on c.cmd = (convert_from(r.state, 'UTF8')::jsonb ->> 'cmd')::uuid
"""
# Every row is written anew into another file, and the old file is gone with the commit: an update would leave the old
# fingerprints lying in dead rows, by which names can be tried.
_REKEY = """
    create temporary table rekeyed (cmd uuid primary key, fingerprint bytea not null) on commit drop;
    create function pg_temp.rekeyed(asked uuid, kept bytea) returns bytea language sql as
        'select coalesce((select r.fingerprint from pg_temp.rekeyed r where r.cmd = asked), kept)';
"""
# The planner keeps samples of the values. The table, empty by now, says until then that this is yet to be done.
AFTERWARDS = ("vacuum full pg_catalog.pg_statistic", "drop table ledger.plain_openings")


async def encrypt_plain_openings(dsn: str, keyring: Keyring) -> int:
    """How many were encrypted now. Run after `migrate`; safe to repeat, and from several processes at once.

    The audience is the unit in whose stream they stand: earlier versions sealed nothing but names of officers. All of
    it is one transaction; a crash before its end leaves the plain rows for the next start, one after it nothing but an
    empty table and the planner's statistics, which the next start removes.
    """
    async with migrating(dsn) as connection:
        if await connection.fetchval("select to_regclass('ledger.plain_openings')") is None:
            return 0
        done = 0
        if await connection.fetchval("select exists (select from ledger.plain_openings)"):
            async with connection.transaction():
                done = await _encrypt(connection, keyring)
        for statement in AFTERWARDS:
            await connection.execute(statement)
        return done


async def _encrypt(connection: "asyncpg.Connection[asyncpg.Record]", keyring: Keyring) -> int:
    await connection.execute("lock table ledger.plain_openings, ledger.commands in access exclusive mode")
    rows = await connection.fetch(_ROWS)
    there = await connection.fetchval("select count(*) from ledger.plain_openings")
    if there != len(rows):
        raise SchemaUnfit(
            f"{there - len(rows)} sealed values are kept of records or commands that the ledger does not have."
            " Nothing was changed; restore the whole database."
        )
    await connection.execute(_REKEY)
    for row in rows:
        key = await asyncio.to_thread(keyring.make, row["cmd"])
        where = place(row["stream"], row["version"], row["path"])
        await connection.execute(
            "insert into ledger.openings (stream, version, path, subject, cipher, audience)"
            " values ($1, $2, $3, $4, $5, $6)",
            row["stream"], row["version"], row["path"], row["cmd"], enclosed(key, where, row["salt"], row["value"]),
            str(row["stream"]),
        )  # fmt: skip
        await connection.execute(
            "insert into pg_temp.rekeyed values ($1, $2) on conflict do nothing",
            row["cmd"], keyed(key, row["fingerprint"]),
        )  # fmt: skip
    await connection.execute(
        "alter table ledger.commands alter column fingerprint type bytea using pg_temp.rekeyed(cmd, fingerprint)"
    )
    await connection.execute("truncate ledger.plain_openings")
    await connection.execute("alter table ledger.plain_openings drop column salt, drop column value")
    return len(rows)
