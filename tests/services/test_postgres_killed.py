"""The embedded PostgreSQL, killed at any moment, or started where something else was killed."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import asyncpg
import psutil
import pytest
from structlog.testing import capture_logs

from services.cluster import Cluster
from services.postgres import Embedded, database
from tests.services.clusters import QUICK, alive, another_process, ask, data, postmaster_seen_by
from tests.waiting import until

__all__ = ["data"]


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
