"""Clusters that tests make, and other processes that use them."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg
import psutil
import pytest_asyncio

from services.cluster import Cluster

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


@pytest_asyncio.fixture
async def data(public_folder: Path) -> AsyncIterator[Path]:
    """Where a cluster may be made; whatever server a test leaves there ends with the test."""
    folder = Path(tempfile.mkdtemp(dir=public_folder, prefix="a folder "))
    folder.chmod(0o711)
    yield folder / "pg"
    await end(folder / "pg")


async def end(data: Path) -> None:
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
