"""Openings that an earlier version stored as plain text: encrypted, and the text is in no page any more."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from services.config import Config
from services.doctor import Verdict, _sealed
from services.keyring import FolderKeyring
from services.sealing import disclosed, keyed
from services.store import encrypting, migrations
from services.store.connecting import close_pool, open_pool
from services.store.encrypting import encrypt_plain_openings
from services.store.migrations import FILES, migrate
from services.store.reads import Reads

NAME = "Adalberta Exemplaria"
SALT, PLAIN = b"s" * 32, b"the hash of the open text 123456"
MANY = 300
"""Rows, so that the planner keeps samples of them."""


@asynccontextmanager
async def owned(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


async def as_it_was(dsn: str, folder: Path) -> tuple[UUID, UUID]:
    """A database of before 0005, with openings; the stream and the command of the first one."""
    folder.mkdir()
    for path in sorted(FILES.glob("000[1-4]*.sql")):
        shutil.copy(path, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "FILES", folder)
        await migrate(dsn)
    rows = [(number, uuid4(), uuid4()) for number in range(MANY)]
    async with owned(dsn) as owner:
        for number, stream, cmd in rows:
            state = msgspec.json.encode({"cmd": str(cmd), "data": {"é": "é"}})
            await owner.execute(
                "insert into ledger.records values ($1, $2, 1, 'told.1', $3, now())", number, stream, state
            )
            await owner.execute(
                "insert into ledger.commands values ($1, 'ann', $2, $3, 1, now(), '{}')", cmd, PLAIN, number
            )
            value = msgspec.json.encode(f"{NAME} {number:03}")
            await owner.execute(
                "insert into ledger.openings values ($1, 1, '/name', $2, $3, 'unit')", stream, SALT, value
            )
        await owner.execute("analyze")
        await owner.execute("checkpoint")
    return rows[0][1:]


async def pages_with(dsn: str, text: bytes) -> list[str]:
    """The database's own files that hold a text."""
    async with owned(dsn) as owner:
        await owner.execute("checkpoint")
        folder = await owner.fetchval("select current_setting('data_directory') || '/base/' || oid from pg_database"
                                      " where datname = current_database()")  # fmt: skip
    return [path.name for path in Path(folder).iterdir() if text in path.read_bytes()]


async def test_plain_openings_are_encrypted_and_leave_no_text_behind(database_url: str, tmp_path: Path) -> None:
    stream, cmd = await as_it_was(database_url, tmp_path / "schema")
    assert await pages_with(database_url, NAME.encode()), "or the search below proves nothing"
    assert await pages_with(database_url, PLAIN)
    keyring = FolderKeyring(tmp_path / "keys")
    await migrate(database_url)
    assert await encrypt_plain_openings(database_url, keyring) == MANY
    assert await encrypt_plain_openings(database_url, keyring) == 0
    pool = await open_pool(database_url, 1)
    [opening] = await Reads(pool).openings_of([(stream, 1)])
    await close_pool(pool)
    key = keyring.find(cmd)
    assert key is not None
    assert (opening.subject, opening.audience) == (cmd, str(stream))
    assert disclosed(key, f"{stream}/1/name", opening.cipher) == (SALT, f'"{NAME} 000"'.encode())
    async with owned(database_url) as owner:
        kept = await owner.fetch("select cmd, fingerprint from ledger.commands")
        assert kept
        assert all(one["fingerprint"] == keyed(keyring.make(one["cmd"]), PLAIN) for one in kept)
        assert await owner.fetchval("select to_regclass('ledger.plain_openings')") is None
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await owner.execute("update ledger.commands set caller = 'x'")
    assert await pages_with(database_url, NAME.encode()) == []
    assert await pages_with(database_url, PLAIN) == []


@pytest.mark.parametrize("dies", ["while encrypting", "before the statistics are gone"])
async def test_a_step_that_died_is_finished_by_the_next_start(database_url: str, tmp_path: Path, dies: str) -> None:
    await as_it_was(database_url, tmp_path / "schema")
    keyring = FolderKeyring(tmp_path / "keys")
    await migrate(database_url)
    begun = encrypting._encrypt
    done = 0

    class Dies(Exception):
        pass

    async def dying(connection: "asyncpg.Connection[asyncpg.Record]", ring: FolderKeyring) -> int:
        nonlocal done
        done = await begun(connection, ring)
        if dies == "while encrypting":
            raise Dies
        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encrypting, "_encrypt", dying)
        if dies == "while encrypting":
            with pytest.raises(Dies):
                await encrypt_plain_openings(database_url, keyring)
        else:
            patch.setattr(encrypting, "AFTERWARDS", ("select 1 / 0",))
            with pytest.raises(asyncpg.DivisionByZeroError):
                await encrypt_plain_openings(database_url, keyring)
    assert done == MANY
    again = await encrypt_plain_openings(database_url, keyring)
    assert again == (MANY if dies == "while encrypting" else 0)
    assert await pages_with(database_url, NAME.encode()) == []
    assert await pages_with(database_url, PLAIN) == []


async def test_the_doctor_says_that_values_wait(database_url: str, tmp_path: Path) -> None:
    await as_it_was(database_url, tmp_path / "schema")
    await migrate(database_url)
    config = replace(Config.read(), database_url=database_url, var=tmp_path, signing_key=tmp_path / "key.pem")
    pool = await open_pool(database_url, 1)
    waiting = await _sealed(config, pool)
    assert (waiting.verdict, "wait to be encrypted" in waiting.said) == (Verdict.ILL, True)
    await encrypt_plain_openings(database_url, FolderKeyring(config.keyring))
    assert "wait" not in (await _sealed(config, pool)).said
    await close_pool(pool)


async def test_a_new_database_has_nothing_to_encrypt(migrated_url: str, tmp_path: Path) -> None:
    assert await encrypt_plain_openings(migrated_url, FolderKeyring(tmp_path)) == 0
    assert list(tmp_path.iterdir()) == []
