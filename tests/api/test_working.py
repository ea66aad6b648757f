"""The working processes that a server has beside itself: each does its part, and is started again when it ends."""

import asyncio
import os
import re
import shlex
import socket
import sys
from pathlib import Path

import aiohttp
import asyncpg
import psutil
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from api.cli import working as working_processes
from api.cli.working import Crew, Part, crew
from api.probes import Probes
from services.bootstrap import assemble
from services.config import Config
from tests.services.test_handle import config
from tests.waiting import until


def environment(found: Config) -> dict[str, str]:
    own = {"DATABASE_URL": found.database_url or "", "SUBSIDIA_VAR": str(found.var), "SUBSIDIA_ORIGIN": found.origin}
    return {**os.environ, **own, "SUBSIDIA_SIGNING_KEY": str(found.signing_key), "LOG_LEVEL": "warning"}


def processes_of(part: Part) -> list[psutil.Process]:
    """Our children that do this part."""
    return [one for one in psutil.Process().children() if told(one)[-3:] == ["--only", part, "--beside"]]


def told(process: psutil.Process) -> list[str]:
    """How it was started; nothing of one that ended, by whichever test, and that nobody has heard of yet."""
    try:
        return list(process.cmdline())
    except psutil.NoSuchProcess:  # a zombie, too
        return []


async def test_each_does_its_part_and_one_that_is_killed_is_started_again(database_url: str, tmp_path: Path) -> None:
    found = config(database_url, tmp_path)
    async with assemble(found, workers=False), crew(environment(found)) as working:
        await working.begun(30)
        await until(lambda: all_lead(working))
        assert {one.names for one in await working.workers()} == {
            ("clock",),
            ("reactions",),
            ("attestation",),
            ("webhooks",),
        }
        ((views,), (acts,)) = processes_of(Part.VIEWS), processes_of(Part.ACTS)
        assert views.nice() > acts.nice()
        assert {one.nice() for one in await servers_for("subsidia-projector", found)} == {views.nice()}
        assert {one.nice() for one in await servers_for("subsidia-writer", found)} == {acts.nice()}
        assert await niceness_of_sessions("subsidia-projector", found) <= {views.nice() - acts.nice()}
        assert await niceness_of_sessions("subsidia-writer", found) <= {0}
        acts.kill()
        await until(lambda: is_gone(working))
        await until(lambda: all_lead(working))
        assert processes_of(Part.VIEWS) == [views]
        assert processes_of(Part.ACTS) not in ([], [acts])
    assert not views.is_running()


@pytest.mark.parametrize(
    ("part", "does"),
    [([], {"views", "workers"}), (["--only", "views"], {"views"}), (["--only", "acts"], {"workers"})],
)
async def test_one_that_works_alone_says_how_its_part_does(
    database_url: str, tmp_path: Path, part: list[str], does: set[str]
) -> None:
    found, port = config(database_url, tmp_path), unused_port()
    watched = {"SUBSIDIA_METRICS": str(port)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "subsidia", "work", *part, env={**environment(found), **watched}
    )
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", raise_for_status=True) as session:

            async def ready() -> bool:
                try:
                    async with session.get("/readyz", raise_for_status=False) as answer:
                        said = await answer.json()
                except aiohttp.ClientConnectionError:  # it has not begun
                    return False
                assert {name for name in ("views", "workers") if said[name]} == does
                return answer.status == 200

            await until(ready)
            async with session.get("/metrics") as answer:
                told = set(re.findall(r"^subsidia_(view|worker)_alive\{", await answer.text(), re.M))
            assert {f"{one}s" for one in told} == does
            for probe, says in (("/livez", "ok\n"), ("/startupz", "started\n")):
                async with session.get(probe) as answer:
                    assert await answer.text() == says
    finally:
        process.terminate()
        assert await process.wait() == 0


async def test_a_start_is_over_once_views_are_kept_and_stays_over(database_url: str, tmp_path: Path) -> None:
    found = config(database_url, tmp_path)
    async with assemble(found, workers=False) as services:
        members = crew(environment(found))
        app = web.Application()

        async def says(probe: str) -> int:
            return (await client.get(probe)).status

        async def started() -> bool:
            return await says("/startupz") == 200

        async with members as working:
            app.add_routes(Probes(services.store, working, found.lag).routes())
            client = TestClient(TestServer(app))
            await client.start_server()
            answer = await client.get("/startupz")
            assert (answer.status, await answer.text()) == (503, "The views are not kept yet.\n")
            await until(started)
        try:
            assert (await says("/startupz"), await says("/readyz")) == (200, 503)
        finally:
            await client.close()


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


async def niceness_of_sessions(name: str, found: Config) -> set[int]:
    """How nice they are towards others; nothing where the kernel does not share a core out among sessions."""
    groups = [Path(f"/proc/{one.pid}/autogroup") for one in await servers_for(name, found)]
    return {int(group.read_text().split()[-1]) for group in groups if group.exists()}


async def servers_for(name: str, found: Config) -> list[psutil.Process]:
    """The processes of PostgreSQL that serve connections of this name to this database."""
    connection = await asyncpg.connect(found.database_url)
    query = "select pid from pg_stat_activity where application_name = $1 and datname = current_database()"
    pids = await connection.fetch(query, name)
    await connection.close()
    return [psutil.Process(row["pid"]) for row in pids]


BABBLER = """
import os, pathlib, sys
with pathlib.Path(os.environ["SEEN"]).open("a") as seen:
    seen.write(f"{os.getpid()}\\n")
print("what a library has to say", flush=True)
sys.stdin.read()
"""
"""A program that says what is no report, and goes on until it is told to stop."""


async def test_one_that_says_what_is_no_report_is_stopped_before_the_next_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working_processes, "PATIENCE", (0.1,))
    program, babbler, seen = tmp_path / "python", tmp_path / "babbler.py", tmp_path / "seen"
    babbler.write_text(BABBLER)
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(babbler))} "$@"\n')
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    async with crew({**os.environ, "SEEN": str(seen)}) as working:

        async def begun_anew() -> bool:
            return seen.exists() and len(seen.read_text().splitlines()) >= 6

        await until(begun_anew)
        assert all(len(processes_of(part)) <= 1 for part in Part)
        assert not any(one.alive for one in await working.views())


async def all_lead(working: Crew) -> bool:
    views, workers = await working.views(), await working.workers()
    return all(one.alive and one.leads for one in views) and all(one.alive and one.leads for one in workers)


async def is_gone(working: Crew) -> bool:
    """Those who act; what is said of the views stays."""
    assert all(one.alive for one in await working.views())
    return not any(one.alive for one in await working.workers())
