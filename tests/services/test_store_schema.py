"""The database guards the ledger: privileges, triggers, migrations; and what a ledger that was tampered with shows."""

import asyncio
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from services.store import migrations
from services.store.batch import Reached, compose
from services.store.ledger import GENESIS, ForeignLedger, LedgerStore, opened, opened_store, utc_now
from services.store.listener import Listener
from services.store.migrations import FILES, SchemaUnfit, check, migrate
from services.store.ports import Change, Conflict, Opening, Unavailable
from services.store.waiting import Waiting
from tests.conftest import NewDatabase
from tests.services.store_faults.proxy import Cut, wired
from tests.services.store_ledgers import KEY, NOTARY, ORIGIN, change, draft, made_key
from tests.services.whole_ledger import Broken, check_whole

TABLES = ("records", "spoken_of", "claims", "commands", "checkpoints", "subtrees", "openings", "migrations")
GUARDED = ("records", "commands", "checkpoints", "subtrees")


async def filled(store: LedgerStore, count: int = 300) -> None:
    stream = uuid4()
    told = Opening(stream, 1, "/contact", uuid4(), b"cipher", str(uuid4()))
    drafts = [draft(stream), *(draft(uuid4()) for _ in range(count - 2))]
    await store.append(replace(change(*drafts), takes=(("word", stream),), openings=(told,)))
    await store.append(change(draft(stream, 2)))


# --- migrations ---


async def test_migrating_applies_each_file_once(database_url: str) -> None:
    files = sorted(path.name for path in FILES.glob("*.sql"))
    assert await check(database_url) == files
    assert await migrate(database_url) == files
    assert await migrate(database_url) == await check(database_url) == []


async def test_many_may_migrate_at_once(new_database: NewDatabase) -> None:
    async with new_database("template1") as one, new_database("template1") as other:
        done = await asyncio.gather(*(migrate(dsn) for dsn in (one, other) * 4))
    assert sorted(len(files) for files in done)[:6] == [0] * 6


async def test_a_file_that_was_changed_after_it_was_applied_is_refused(
    migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in FILES.glob("*.sql"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(migrations, "FILES", tmp_path)
    (tmp_path / "9999_more.sql").write_text("create table ledger.more (one int); select 1 / 0;")
    assert await check(migrated_url) == ["9999_more.sql"]
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(migrated_url)
    (tmp_path / "9999_more.sql").write_text("create table ledger.more (one int);")  # nothing of it was kept
    assert await migrate(migrated_url) == ["9999_more.sql"]
    (tmp_path / "9999_more.sql").write_text("create table ledger.more (one bigint);")
    for refusing in (migrate, check):
        with pytest.raises(SchemaUnfit, match=r"9999_more\.sql"):
            await refusing(migrated_url)
    (tmp_path / "9999_more.sql").unlink()
    with pytest.raises(SchemaUnfit, match="newer"):
        await migrate(migrated_url)


async def test_what_only_looks_like_postgresql_is_refused() -> None:
    class Cockroach:
        async def fetchval(self, query: str) -> str:
            return "CockroachDB CCL v25.1"

    with pytest.raises(SchemaUnfit, match="advisory locks"):
        await migrations._refuse_pretenders(Cockroach())  # type: ignore[arg-type]


async def test_a_pooler_is_refused_before_anything_is_locked_in_it(
    migrated_url: str, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    async with wired(migrated_url) as (dsn, wire):
        assert await check(dsn) == []
        wire.pools = True
        for verb in (check, migrate):
            with pytest.raises(SchemaUnfit, match="pooler"):
                await verb(dsn)
        held = "select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database"
        assert await owner.fetchval(f"{held} where datname = current_database())") == 0


STEPS = (
    b"create schema if not exists ledger",
    b"create schema workers",
    b"0004_workers.sql",
    b"COMMIT;",
    b"drop function",
)


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.AFTER])
@pytest.mark.parametrize("step", STEPS)
async def test_a_migration_that_is_cut_off_anywhere_is_finished_by_the_next(
    database_url: str, step: bytes, cut: Cut
) -> None:
    """As after a kill -9 of whoever migrates."""
    async with wired(database_url) as (dsn, wire):
        wire.arm(step, cut)
        with pytest.raises(Unavailable):
            await migrate(dsn)
        assert wire.cuts == 1
    missing = await check(database_url)
    assert await migrate(database_url) == missing
    assert await check(database_url) == []
    async with opened_store(database_url, ORIGIN, KEY) as store:
        await filled(store)
        assert await check_whole(store.pool, NOTARY) == 300


async def test_a_process_that_still_runs_when_a_newer_one_has_migrated_says_so(
    store: LedgerStore, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await store.append(change(draft(uuid4())))
    await owner.execute("drop function ledger.append")  # as a migration does to change it
    for _ in range(3):  # while its lines are as they were, and when it makes others
        with pytest.raises(Unavailable, match="migrated by a newer Subsidia") as refused:
            await store.append(change(draft(uuid4())))
        assert refused.value.recorded is False
    assert "migrated by a newer Subsidia" in str(store.trouble)
    assert (await store.head()).size == 1


async def test_what_was_claimed_before_claims_could_be_shared_is_held_alone(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        for path in sorted(FILES.glob("000[1-6]*.sql")):
            (tmp_path / path.name).write_bytes(path.read_bytes())
        before.setattr(migrations, "FILES", tmp_path)
        await migrate(database_url)
    holder, other = uuid4(), uuid4()
    connection = await asyncpg.connect(database_url)
    await connection.execute("insert into ledger.claims (word, stream) values ('iso:BE', $1)", holder)
    await connection.close()
    assert await migrate(database_url) == [path.name for path in sorted(FILES.glob("*.sql"))][6:]
    async with opened_store(database_url, ORIGIN, KEY) as store:
        for kind in ("takes", "shares"):
            with pytest.raises(Conflict) as conflict:
                await store.append(replace(change(draft(uuid4())), **{kind: (("iso:BE", other),)}))  # type: ignore[arg-type]
            assert conflict.value.holders == (holder,)
        await store.append(replace(change(draft(uuid4())), takes=(("iso:BE", holder),)))
        await store.append(
            replace(change(draft(uuid4())), frees=(("iso:BE", holder),), shares=(("iso:BE", holder), ("iso:BE", other)))
        )


async def test_no_word_is_held_alone_by_two_even_for_the_owner(owner: "asyncpg.Connection[asyncpg.Record]") -> None:
    await owner.execute("insert into ledger.claims values ('iso:BE', $1, false)", uuid4())
    with pytest.raises(asyncpg.UniqueViolationError):
        await owner.execute("insert into ledger.claims values ('iso:BE', $1, false)", uuid4())


async def test_a_tree_of_what_are_no_hashes_is_refused(store: LedgerStore) -> None:
    await store.append(change(draft(uuid4())))
    head = Reached.found(await store.pool.fetchrow("select * from ledger.probe(null, null)"))
    waiting = [Waiting.of(change(draft(uuid4())), asyncio.get_running_loop().create_future())]
    composed = compose(head, waiting, utc_now(), NOTARY.sign)
    places = ", ".join(f"${number}" for number in range(1, len(composed.call) + 1))
    assert composed.growth is not None
    for right in (composed.growth.root, composed.after.edge.packed()):
        call = [right[1:] if value == right else value for value in composed.call]
        with pytest.raises(asyncpg.CheckViolationError, match="32 bytes"):
            await store.pool.execute(f"select ledger.append({places})", *call)
    assert await check_whole(store.pool, NOTARY) == 1


# --- privileges ---


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement", ["update {} set {} = {}", "delete from {}", "truncate {}", "insert into {} select * from {}"]
)
async def test_the_application_can_only_append(
    store: LedgerStore, owner: "asyncpg.Connection[asyncpg.Record]", table: str, statement: str
) -> None:
    column = await owner.fetchval(
        "select attname from pg_attribute where attrelid = $1::text::regclass and attnum = 1", f"ledger.{table}"
    )
    name = f"ledger.{table}"
    words = (name, column, column) if statement.startswith("update") else (name, name)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
        await store.pool.execute(statement.format(*words))


async def test_the_application_cannot_take_the_guards_away(store: LedgerStore) -> None:
    for statement in (
        "drop trigger append_only on ledger.records",
        "alter table ledger.records disable trigger all",
        "drop table ledger.records",
        "create table ledger.more (one int)",
        "alter function ledger.refuse() rename to allow",
        "set session_replication_role = replica",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await store.pool.execute(statement)


async def test_the_application_has_a_schema_for_views_and_reads_and_writes_tokens(store: LedgerStore) -> None:
    await store.pool.execute("create table views.one (key text primary key); insert into views.one values ('a')")
    assert await store.pool.fetchval("select key from views.one") == "a"
    await store.pool.execute(
        "insert into access.tokens (id, hash, unit, role, accreditation, expires_at)"
        " values ($1, '\\x00', $1, 'auditor', 'x', now())",
        uuid4(),
    )
    assert await store.pool.execute("update access.tokens set revoked_at = now()") == "UPDATE 1"


@pytest.mark.parametrize("table", GUARDED)
@pytest.mark.parametrize("statement", ["delete from ledger.{}", "truncate ledger.{}"])
async def test_even_the_owner_is_stopped_by_a_trigger(
    store: LedgerStore, owner: "asyncpg.Connection[asyncpg.Record]", table: str, statement: str
) -> None:
    await filled(store)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await owner.execute(statement.format(table))
    assert await check_whole(store.pool, NOTARY) == 300


# --- which ledger it is ---


def genesis(origin: str, key: str) -> Change:
    stream = uuid4()
    said = msgspec.json.encode({"data": {"key": key, "origin": origin}})
    return change(replace(draft(stream), type=GENESIS, head=b"{", tail=b"," + said[1:]))


async def test_a_ledger_of_another_origin_or_key_is_refused(migrated_url: str) -> None:
    async with opened_store(migrated_url, ORIGIN, KEY) as store:
        assert await opened(store.pool) is None
        await store.append(genesis(ORIGIN, NOTARY.verifier))
        assert await opened(store.pool) == (ORIGIN, NOTARY.verifier)
    for origin, key in (("example.org/other", KEY), (ORIGIN, made_key(2))):
        with pytest.raises(ForeignLedger, match=ORIGIN):
            async with opened_store(migrated_url, origin, key):
                pass
    async with opened_store(migrated_url, ORIGIN, KEY) as store:
        await store.append(change(draft(uuid4())))


async def test_a_ledger_that_says_nothing_of_itself_is_known_by_its_checkpoint(migrated_url: str) -> None:
    async with opened_store(migrated_url, ORIGIN, KEY) as store:
        await store.append(change(draft(uuid4())))
    for origin, key in (("example.org/other", KEY), (ORIGIN, made_key(2))):
        with pytest.raises(ForeignLedger):
            async with opened_store(migrated_url, origin, key):
                pass


async def test_no_database_no_store() -> None:
    with pytest.raises(Unavailable):
        async with opened_store("postgresql://nobody@127.0.0.1:1/none", ORIGIN, KEY):
            pass


# --- what tampering shows ---

TAMPERING = {
    "one byte": "update ledger.records set state = set_byte(state, 3, 33) where position = 7",
    "two swapped": "update ledger.records set state = set_byte(state, 3, 33 + position::int) where position in (7, 8)",
    "the last one gone": "delete from ledger.records where position = 299",
    "one in the middle gone": "delete from ledger.records where position = 40",
    "an older checkpoint": "delete from ledger.checkpoints where size = 300",
    "a checkpoint's root": "update ledger.checkpoints set root = sha256('x') where size = 299",
    "a checkpoint's note": "update ledger.checkpoints set note = replace(note, '299', '298') where size = 299",
    "the edge": "update ledger.checkpoints set edge = sha256('x') || substr(edge, 33) where size = 300",
    "a subtree": "update ledger.subtrees set hash = sha256('x')",
    "a command gone": "delete from ledger.commands where first = 299",
    "a command twice": "insert into ledger.commands select gen_random_uuid(), caller, fingerprint, first, count, at,"
    " answer from ledger.commands where first = 299",
    "a version": "update ledger.records set version = 3 where position = 299",
    "the time": "update ledger.records set at = at - interval '1 day' where position = 200",
}


@pytest.mark.parametrize("tampering", TAMPERING.values(), ids=TAMPERING)
async def test_a_ledger_that_was_tampered_with_is_not_whole(
    store: LedgerStore, owner: "asyncpg.Connection[asyncpg.Record]", tampering: str
) -> None:
    await filled(store)
    assert await check_whole(store.pool, NOTARY) == 300
    await owner.execute("set session_replication_role = replica")  # a superuser needs no trigger's leave
    await owner.execute(tampering)
    with pytest.raises(Broken):
        await check_whole(store.pool, NOTARY)


# --- listening ---


async def test_a_listener_wakes_everybody_when_records_come(migrated_url: str, store: LedgerStore) -> None:
    async with Listener(migrated_url, poll=60) as listener:
        waiting = [asyncio.create_task(listener.wait_for_records(after)) for after in (-1, -1, 0)]
        await asyncio.sleep(0.1)
        await store.append(change(draft(uuid4())))
        assert [await asyncio.wait_for(one, 30) for one in waiting[:2]] == [1, 1]
        assert not waiting[2].done()
        await store.append(change(draft(uuid4()), draft(uuid4())))
        assert await asyncio.wait_for(waiting[2], 30) == 3
        assert await listener.wait_for_records(1) == 3


async def test_a_listener_whose_connection_was_lost_listens_again(
    migrated_url: str, store: LedgerStore, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    async with Listener(migrated_url, poll=0.1) as listener:
        await store.append(change(draft(uuid4())))
        assert await listener.wait_for_records(-1) == 1
        await owner.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
            " and query ilike '%ledger.checkpoints%' and pid <> pg_backend_pid()"
        )
        await store.append(change(draft(uuid4())))
        assert await asyncio.wait_for(listener.wait_for_records(0), 30) == 2
        assert listener.alive


async def test_a_listener_that_the_server_refuses_for_a_while_listens_again(
    migrated_url: str, store: LedgerStore, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    async with Listener(migrated_url, poll=0.1) as listener:
        await store.append(change(draft(uuid4())))
        assert await listener.wait_for_records(-1) == 1
        await owner.execute("revoke select on ledger.checkpoints from subsidia_app")
        await asyncio.sleep(0.5)
        await owner.execute("grant select on ledger.checkpoints to subsidia_app")
        await store.append(change(draft(uuid4())))
        assert await asyncio.wait_for(listener.wait_for_records(0), 30) == 2
        assert listener.alive
