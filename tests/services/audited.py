"""What the tests of audits share: a golden ledger in a database, and how copies of it are audited."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid5

import asyncpg
import pytest
import pytest_asyncio
from aiohttp import web

from api.auditing import server as asked
from api.ledger import Tiles
from api.proofs import Proofs
from domain.contexts import CONTEXTS
from domain.kernel import NAMES as NAMESPACE
from domain.kernel import PartialDate, Sphere, Words
from domain.ledger import notes, tiles
from domain.ledger.merkle import Edge, grow
from domain.ledger.notes import VerifierKey
from domain.ledger.records import leaf_hash
from domain.units import Kind
from services.audit.bundle import Bundle
from services.audit.fetching import Fetched, fetch
from services.audit.verifying import Report, verify
from services.codec import Codec
from services.config import DEMO_ORIGIN
from services.handle import Office
from services.keyring import MemoryKeyring
from services.names import NAMES
from services.opening import open_ledger
from services.orders import Order
from services.store.checkpoints import Notary
from services.store.connecting import close_pool, open_pool
from services.store.ledger import opened_store
from services.store.reads import Reads
from services.story import tell
from tests.conftest import NewDatabase
from tests.services.store_ledgers import KEY

NOTARY = Notary(DEMO_ORIGIN, KEY)
VKEY: VerifierKey = notes.parse_key(NOTARY.verifier)
SIZE = 450
"""Records, however long the story is: a full tile and a partial one."""


@dataclass(frozen=True, slots=True)
class Golden:
    """A ledger with the story and some villages. `template`: the database to copy; `size`: its records."""

    template: str
    size: int
    village: UUID
    keyring: MemoryKeyring


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def golden(new_database: NewDatabase, migrated_template: str) -> AsyncIterator[Golden]:
    async with new_database(migrated_template) as dsn:
        async with opened_store(dsn, DEMO_ORIGIN, KEY) as store:
            keyring = MemoryKeyring()
            office = Office(store, Codec(DEMO_ORIGIN, NAMES), CONTEXTS, keyring)
            registrar = await open_ledger(office, DEMO_ORIGIN, NOTARY.verifier)
            assert await tell(office, registrar) is not None
            told = (await store.head()).size
            villages = [
                (await office.give(village(number, registrar))).stream for number in range(100, 100 + SIZE - told)
            ]
            size = (await store.head()).size
            assert size == SIZE, "one record a village"
        yield Golden(dsn.partition("@/")[2].partition("?")[0], size, villages[-1], keyring)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def bundled(
    new_database: NewDatabase, golden: Golden, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Path]:
    """The golden ledger as an auditor fetched it. Tests copy it before they harm it, or put back what they harmed."""
    folder = tmp_path_factory.mktemp("golden") / "bundle"
    async with new_database(golden.template) as dsn, served(dsn) as url:
        found = await fetched(url, folder)
    assert found.findings == ()
    yield folder


def village(number: int, registrar: object) -> Order:
    fields = {
        "name": Words({"en": f"Village {number}", "fr": f"Hameau n° {number}"}), "sphere": Sphere.LOCAL,
        "kind": Kind.MUNICIPALITY, "jurisdiction": "FR", "time_zone": "Europe/Paris",
        "alive_from": PartialDate("2020"), "parent": None, "identifiers": (), "source": None,
    }  # fmt: skip
    cmd = uuid5(NAMESPACE, f"test:village:{number}")
    return Order("units", "register", fields, cmd, registrar, "test")  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Harmed:
    """A copy of the golden ledger, and a superuser's connection to it on which no guard is left."""

    dsn: str
    connection: asyncpg.Connection

    async def __call__(self, statement: str, *values: object) -> None:
        await self.connection.execute(statement, *values)

    async def states(self) -> list[bytes]:
        """The records' bytes in their order."""
        return [
            row["state"] for row in await self.connection.fetch("select state from ledger.records order by position")
        ]

    async def rewrite(self, states: Sequence[bytes]) -> None:
        """What somebody can do who has the signing key as well: another history, hashed and signed throughout."""
        await self("alter table ledger.records drop constraint records_stream_version_key")
        for table in ("records", "checkpoints", "subtrees"):
            await self(f"delete from ledger.{table}")
        growth = grow(Edge(0, ()), [leaf_hash(state) for state in states])
        for position, state in enumerate(states):
            said = json.loads(state)
            await self(
                "insert into ledger.records (position, stream, version, type, state, at) values ($1,$2,$3,$4,$5,$6)",
                position, UUID(said["id"]), said["ver"], said["type"], state, datetime.fromisoformat(said["at"]),
            )  # fmt: skip
        for level, index, root in growth.subtrees:
            await self("insert into ledger.subtrees (level, index, hash) values ($1, $2, $3)", level, index, root)
        await self.sign(len(states), growth.root, growth.edge)

    async def sign(self, size: int, root: bytes, edge: Edge) -> None:
        await self(
            "insert into ledger.checkpoints (size, root, edge, note, at) values ($1, $2, $3, $4, now())"
            " on conflict (size) do update set root = excluded.root, note = excluded.note",
            size, root, edge.packed(), NOTARY.sign(size, root),
        )  # fmt: skip


@asynccontextmanager
async def copied(new_database: NewDatabase, golden: Golden) -> AsyncIterator[Harmed]:
    async with new_database(golden.template) as dsn:
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute("set session_replication_role = replica")
            yield Harmed(dsn, connection)
        finally:
            await connection.close()


def written(folder: Path, states: Sequence[bytes]) -> Bundle:
    """A bundle of these records, hashed and signed as the operator could."""
    bundle, size = Bundle(folder), len(states)
    growth = grow(Edge(0, ()), [leaf_hash(state) for state in states])
    levels = {0: [leaf_hash(state) for state in states]}
    for level, _, root in growth.subtrees:
        levels.setdefault(level, []).append(root)
    for tile in tiles.hash_tiles(size):
        bundle.write(str(tile), b"".join(levels[tile.level or 0][tile.first : tile.first + tile.width]))
    for tile in tiles.bundles(size):
        bundle.write(str(tile), tiles.bundle(states[tile.first : tile.first + tile.width]))
    bundle.write("checkpoint", NOTARY.sign(size, growth.root).encode())
    return bundle


@asynccontextmanager
async def served(dsn: str) -> AsyncIterator[str]:
    """The public log of a database over HTTP, whatever has been done to it."""
    pool = await open_pool(dsn, 4)
    app = web.Application()
    app.add_routes(Proofs(Reads(pool), Codec(DEMO_ORIGIN, NAMES), DEMO_ORIGIN, NOTARY.verifier).routes())  # type: ignore[arg-type]
    app.add_routes(Tiles(Reads(pool)).routes())  # type: ignore[arg-type]
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
        await close_pool(pool)


async def fetched(url: str, folder: Path, *, fresh: bool = False) -> Fetched:
    async with asked(url) as get:
        return await fetch(get, Bundle(folder), lambda done, total: None, fresh=fresh)


async def audited(dsn: str, folder: Path, saved: bytes | None = None) -> Report:
    """Fetched anew, and verified."""
    async with served(dsn) as url:
        found = await fetched(url, folder)
    if found.findings:
        return Report(size=found.size, findings=list(found.findings))
    return verify(Bundle(folder), VKEY, saved=saved)


def codes(report: Report) -> set[str]:
    return {one.code for one in report.findings}
