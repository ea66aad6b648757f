"""What stands in the way of adding to the ledger is said, holds nothing back that it need not, and ends by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from time import time
from uuid import uuid4

import asyncpg
import pytest

from services.postgres import Embedded
from services.store import condition, locks
from services.store.ledger import LedgerStore, opened_store
from services.store.ports import Change, Receipt, Unavailable
from tests.conftest import NewDatabase
from tests.services.store_ledgers import KEY, NOTARY, ORIGIN, change, draft
from tests.services.whole_ledger import check_whole
from tests.waiting import until


@pytest.fixture(autouse=True)
def _tried_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in the way stands through many trials, and few of them need to be waited for."""
    monkeypatch.setattr(condition, "TRY_EVERY", 0.1)


def thing() -> Change:
    return change(draft(uuid4()))


def name_of(dsn: str) -> str:
    return dsn.partition("@/")[2].partition("?")[0]


@asynccontextmanager
async def administered(server: Embedded) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(server.dsn("postgres"))
    try:
        yield connection
    finally:
        await connection.close()


async def end_sessions(admin: "asyncpg.Connection[asyncpg.Record]", name: str) -> None:
    await admin.fetch("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)


@asynccontextmanager
async def only_read(server: Embedded, dsn: str) -> AsyncIterator[None]:
    """As after a failover to a standby that is not promoted yet."""
    name = name_of(dsn)
    async with administered(server) as admin:
        await admin.execute(f'alter database "{name}" set default_transaction_read_only = on')
        await end_sessions(admin, name)
        yield
        await admin.execute(f'alter database "{name}" reset default_transaction_read_only')
        await end_sessions(admin, name)


async def recovered(store: LedgerStore) -> None:
    """Without anybody who gives a command."""

    async def asked() -> bool:
        try:
            await store.head()
        except Unavailable:
            return False
        return store.trouble is None

    await until(asked)


async def refused(store: LedgerStore, one: Change) -> str:
    with pytest.raises(Unavailable) as error:
        await store.append(one)
    assert error.value.recorded is not True  # None where its line was lost when it was sent
    assert store.trouble is not None
    return store.trouble


async def test_a_database_that_only_reads_is_said_until_it_writes_again(
    server: Embedded, migrated_url: str, store: LedgerStore
) -> None:
    await store.append(thing())
    lost = thing()
    async with only_read(server, migrated_url):
        assert "read-only" in await refused(store, lost)
        await asyncio.sleep(2 * condition.TRY_EVERY)
        assert "read-only" in (store.trouble or "")
    await recovered(store)
    assert not (await store.append(lost)).repeated
    assert await check_whole(store.pool, NOTARY) == 2


async def test_a_database_that_only_reads_is_said_before_anybody_gives_a_command(
    server: Embedded, migrated_url: str, store: LedgerStore
) -> None:
    async def looked(*, trouble: bool) -> bool:
        try:
            await store.look()
        except Unavailable:  # the sessions were ended
            return False
        return (store.trouble is not None) == trouble

    async with only_read(server, migrated_url):
        await until(partial(looked, trouble=True))
        assert "read-only" in (store.trouble or "")
    await until(partial(looked, trouble=False))


async def test_a_lock_that_is_not_given_back_is_said_with_what_may_hold_it(
    migrated_url: str, store: LedgerStore
) -> None:
    """As a commit does that waits for a synchronous standby; PostgreSQL speaks of a statement that it cancelled."""
    await store.append(thing())
    other = await asyncpg.connect(migrated_url)
    await other.execute(f"begin; select pg_advisory_xact_lock({locks.RECORDS})")
    assert "synchronous standby" in await refused(store, thing())
    await other.close()
    await recovered(store)


async def test_everybody_may_read_what_is_in_the_way(server: Embedded, migrated_url: str, store: LedgerStore) -> None:
    """Neither hosts nor accounts nor databases are named in it."""
    await store.append(thing())
    name = name_of(migrated_url)
    async with administered(server) as admin:
        await admin.execute(f'alter database "{name}" allow_connections false')
        await end_sessions(admin, name)
        try:
            await refused(store, thing())
            await asyncio.sleep(2 * condition.TRY_EVERY)
            said = store.trouble or ""
            assert ("cannot be reached" in said, name in said) == (True, False), said
        finally:
            await admin.execute(f'alter database "{name}" allow_connections true')
    await recovered(store)


async def test_a_trial_leaves_nothing_behind(server: Embedded, migrated_url: str, store: LedgerStore) -> None:
    await store.append(thing())
    before = await _contents(migrated_url)
    async with only_read(server, migrated_url):
        await refused(store, thing())
    async with opened_store(migrated_url, ORIGIN, KEY) as other:  # who trips over nothing meanwhile
        await recovered(store)
        assert await _contents(migrated_url) == before
        await other.append(thing())
    await store.append(thing())
    assert await check_whole(store.pool, NOTARY) == 3


async def _contents(dsn: str) -> list[int]:
    connection = await asyncpg.connect(dsn)
    tables = ("records", "checkpoints", "subtrees", "spoken_of", "commands", "claims", "openings")
    found = [await connection.fetchval(f"select count(*) from ledger.{table}") for table in tables]
    await connection.close()
    return found


async def test_who_asks_while_nothing_can_be_written_is_answered_and_not_kept_waiting(
    server: Embedded, migrated_url: str, store: LedgerStore
) -> None:
    await store.append(thing())
    async with only_read(server, migrated_url):
        await refused(store, thing())
        for _ in range(20):
            with pytest.raises(Unavailable) as error:
                await store.append(thing())
            assert error.value.recorded is False
    await recovered(store)
    assert await check_whole(store.pool, NOTARY) == 1


async def test_commands_that_come_without_a_pause_hold_no_trial_up(
    server: Embedded, migrated_url: str, store: LedgerStore
) -> None:
    await store.append(thing())
    async with only_read(server, migrated_url):
        await refused(store, thing())
    over = asyncio.Event()

    async def gives() -> None:
        while not over.is_set():
            with suppress(Unavailable):  # the sessions were ended
                await store.append(thing())
            if store.trouble is None:
                over.set()

    async with asyncio.timeout(60):  # nobody ever waits alone: there is always a next one in the queue
        await asyncio.gather(*(gives() for _ in range(100)))
    await check_whole(store.pool, NOTARY)


async def test_what_is_known_to_stand_in_the_way_is_not_found_out_by_writing(
    migrated_url: str, store: LedgerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong clock may last for days, with a trial every second: each would take room, and come into backups."""
    await store.append(thing())
    before = await _room(migrated_url)
    monkeypatch.setattr(condition, "time", lambda: time() + 3600)
    await refused(store, thing())
    await asyncio.sleep(2 * condition.TRY_EVERY)
    assert "clock" in (store.trouble or "")
    assert await _room(migrated_url) == before


async def _room(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    found: int = await connection.fetchval("select pg_total_relation_size('ledger.records')")
    await connection.close()
    return found


async def test_the_clock_of_another_server_is_compared_too(
    server: Embedded, migrated_url: str, store: LedgerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.append(thing())
    with monkeypatch.context() as patched:
        patched.setattr(condition, "APART", -1.0)  # whatever it says: it is as if it were another one's
        await store.append(thing())  # on the same line
        async with administered(server) as admin:
            await end_sessions(admin, name_of(migrated_url))
        assert "clock" in await refused(store, thing())
    await recovered(store)
    assert await check_whole(store.pool, NOTARY) == 2


async def test_nothing_is_signed_on_a_copy_that_lacks_records_until_they_are_back(
    server: Embedded, new_database: NewDatabase, migrated_url: str
) -> None:
    """As after a failover to a standby that lagged behind: going on from there would be a second history."""
    name, late = name_of(migrated_url), f"late_{uuid4().hex[:8]}"
    async with administered(server) as admin, opened_store(migrated_url, ORIGIN, KEY) as store:
        await store.append(thing())
        await _copied(admin, name, late)
        kept = thing()
        receipt = await store.append(kept)
        assert (await store.head()).size == receipt.size
        await _swapped(admin, name, late)
        try:
            lost = thing()
            assert "has 1 records, and had 2" in await refused(store, lost)
            with pytest.raises(Unavailable):
                await store.prove(0, receipt.size)
            assert (await store.head()).size == 1  # what is there can be read
            await asyncio.sleep(2 * condition.TRY_EVERY)
            assert "has 1 records" in (store.trouble or "")
        finally:
            await _swapped(admin, name, late)
        await recovered(store)
        assert isinstance(await store.append(lost), Receipt)
        assert (await store.append(kept)).repeated
        assert await check_whole(store.pool, NOTARY) == 3
        await admin.execute(f'drop database "{late}" with (force)')


async def test_a_copy_that_lacks_records_is_said_before_anybody_writes(server: Embedded, migrated_url: str) -> None:
    name, late = name_of(migrated_url), f"late_{uuid4().hex[:8]}"
    async with administered(server) as admin, opened_store(migrated_url, ORIGIN, KEY) as store:
        await store.append(thing())
        await _copied(admin, name, late)
        await store.append(thing())
        await _swapped(admin, name, late)

        async def shrunk() -> bool:
            try:
                return (await store.head()).size == 1
            except Unavailable:
                return False

        await until(shrunk)
        assert "has 1 records, and had 2" in (store.trouble or "")
        await _swapped(admin, name, late)
        await recovered(store)
        await admin.execute(f'drop database "{late}" with (force)')


async def _copied(admin: "asyncpg.Connection[asyncpg.Record]", name: str, copy: str) -> None:
    await admin.execute(f'alter database "{name}" allow_connections false')
    await end_sessions(admin, name)
    await admin.execute(f'create database "{copy}" template "{name}" strategy file_copy')
    await admin.execute(f'alter database "{name}" allow_connections true')
    await admin.execute(f'alter database "{copy}" allow_connections true')


async def _swapped(admin: "asyncpg.Connection[asyncpg.Record]", name: str, other: str) -> None:
    """The one answers under the other's name from now on."""
    await admin.execute(f'alter database "{name}" allow_connections false')
    await end_sessions(admin, name)
    for old, new in ((name, "swapped"), (other, name), ("swapped", other)):
        await admin.execute(f'alter database "{old}" rename to "{new}"')
    for one in (name, other):
        await admin.execute(f'alter database "{one}" allow_connections true')


@pytest.mark.parametrize("wrong", [31_536_000.0, -3600.0])
async def test_a_clock_that_was_set_wrong_stamps_nothing_until_it_is_right(
    store: LedgerStore, monkeypatch: pytest.MonkeyPatch, wrong: float
) -> None:
    await store.append(thing())
    lost = thing()
    with monkeypatch.context() as patched:
        patched.setattr(condition, "time", lambda: time() + wrong)
        said = await refused(store, lost)
        assert "clock" in said
        assert f"{abs(wrong):.0f}" in said or f"{abs(wrong) - 1:.0f}" in said
        await asyncio.sleep(2 * condition.TRY_EVERY)
        assert "clock" in (store.trouble or "")
    await recovered(store)
    assert not (await store.append(lost)).repeated
    assert await check_whole(store.pool, NOTARY) == 2


async def test_a_clock_that_was_set_and_is_right_holds_nobody_up(
    store: LedgerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a machine was suspended: its time leaps, and is right."""
    await store.append(thing())
    monkeypatch.setattr(condition, "time", lambda: time() + 5)
    await store.append(thing())
    assert store.trouble is None
