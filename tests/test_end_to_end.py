"""The whole register as a stranger runs it, and then the worst happens: nothing that was answered is lost."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import aiohttp
import psutil
import pytest

from tests.waiting import until_shown

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = (sys.executable, "-m", "subsidia")
WRITERS = 64
UNDER_LOAD = 1.5
"""Seconds that all writers write before the end comes."""


class Served:
    """`subsidia serve` in a process of its own, on the embedded PostgreSQL under `var` unless another one is named."""

    def __init__(self, var: Path, log: IO[str] | None = None, **environment: str) -> None:
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            "SUBSIDIA_VAR": str(var), "PORT": "0", "LOG_LEVEL": "warning", "PYTHONUNBUFFERED": "1",
            **environment,
        }  # fmt: skip
        self.process = subprocess.Popen(
            [*PROGRAM, "serve"], cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
        lines = list(self._until_ready())
        said = "".join(lines)
        assert "Ready in" in said, said
        home, token = re.search(r"http://[^/\s]+", said), re.search(r"officer of its city\s+(sub_\S+)", said)
        assert home is not None
        assert token is not None
        self.home, self.token = home[0], token[1]
        until_shown(self.home, "units")  # by whom a test finds out who is who

    def _until_ready(self) -> Iterator[str]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            yield line
            if line.startswith("Ready in"):
                return

    def kill(self) -> None:
        with self.process:
            self.process.kill()

    def stop(self) -> int:
        with self.process:
            self.process.send_signal(signal.SIGTERM)
            return self.process.wait(30)


def kill_database(var: Path) -> None:
    """As when the machine's power goes: every process of the embedded server at once."""
    postmaster = psutil.Process(int((var / "pg" / "postmaster.pid").read_text().splitlines()[0]))
    for process in (postmaster, *postmaster.children(recursive=True)):
        process.kill()
    psutil.wait_procs([postmaster])


async def _city(session: aiohttp.ClientSession) -> str:
    async with session.get("/v1/units", params={"identifiers.has": "insee:69123"}) as answer:
        return str((await answer.json())["items"][0]["key"])


async def _propose(session: aiohttp.ClientSession, city: str, key: str) -> tuple[int, Any]:
    said = {
        "owner": city, "title": {"en": f"Promise {key}"}, "description": {"en": "Told under load."}, "ends_on": "2030"
    }  # fmt: skip
    async with session.post("/v1/commitments/propose", json=said, headers={"Idempotency-Key": key}) as answer:
        return answer.status, await answer.json()


async def _write_until_the_end(served: Served, end: Any) -> tuple[dict[str, Any], set[str]]:
    """Answers by key, and the keys of commands that nobody answered."""
    answered, asked = dict[str, Any](), set[str]()

    async def write(session: aiohttp.ClientSession, city: str) -> None:
        while True:
            key = str(uuid4())
            asked.add(key)
            try:
                status, said = await _propose(session, city, key)
            except (aiohttp.ClientError, OSError):
                return
            assert status in (201, 503), said
            if status == 503:
                return
            answered[key] = said

    async with _client(served) as session:
        city = await _city(session)
        writers = asyncio.gather(*(write(session, city) for _ in range(WRITERS)))
        await asyncio.sleep(UNDER_LOAD)
        await asyncio.to_thread(end)
        await asyncio.wait_for(writers, 30)
    return answered, asked - set(answered)


def _client(served: Served) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        served.home, headers={"Authorization": f"Bearer {served.token}"},
        connector=aiohttp.TCPConnector(limit=WRITERS), timeout=aiohttp.ClientTimeout(total=30),
    )  # fmt: skip


async def _records(session: aiohttp.ClientSession) -> AsyncIterator[Any]:
    async with session.get("/v1/records", params={"format": "ndjson"}) as answer:
        async for line in answer.content:
            yield json.loads(line)


async def _check_nothing_is_lost(served: Served, answered: dict[str, Any], unanswered: set[str]) -> None:
    async with _client(served) as session:
        city = await _city(session)
        # Whoever got no answer asks again with the same key, as every client should; so does somebody who got one.
        for key in [*unanswered, *list(answered)[:20]]:
            status, said = await _propose(session, city, key)
            assert status == 201, said
            assert answered.setdefault(key, said)["receipt"]["positions"] == said["receipt"]["positions"]
        records = [record async for record in _records(session)]
    assert [record["position"] for record in records] == list(range(len(records))), "positions are dense"
    told = {one["position"]: one for one in records}
    for said in answered.values():
        for position in said["receipt"]["positions"]:
            assert told[position]["record"]["id"] == said["stream"]
    titles = [
        one["record"]["data"]["title"]["en"] for one in records if one["record"]["type"] == "commitment-proposed.1"
    ]
    promised = [title.removeprefix("Promise ") for title in titles if title.startswith("Promise ")]
    assert sorted(promised) == sorted(answered), "each is there once, and nothing else is"


@pytest.fixture
def var(public_folder: Path) -> Iterator[Path]:
    """A folder of this test's own. Whatever still runs on it in the end was left by a test that failed."""
    folder = public_folder / f"var-{uuid4()}"
    yield folder
    for process in psutil.process_iter(["environ"]):
        if (process.info["environ"] or {}).get("SUBSIDIA_VAR") == str(folder):
            process.kill()
    if (folder / "pg" / "postmaster.pid").exists():
        kill_database(folder)


@pytest.mark.parametrize("all_of_it", [False, True], ids=["server", "server-and-postgresql"])
async def test_killed_under_load_nothing_that_was_answered_is_lost(var: Path, all_of_it: bool) -> None:
    first = Served(var)

    def end() -> None:
        if all_of_it:
            kill_database(var)
        first.kill()

    answered, unanswered = await _write_until_the_end(first, end)
    assert len(answered) > WRITERS
    again = Served(var)
    try:
        await _check_nothing_is_lost(again, answered, unanswered)
        replayed = subprocess.run(
            [*PROGRAM, "replay"], cwd=ROOT, env=again.environment, capture_output=True, text=True, check=False
        )
        assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    finally:
        assert again.stop() == 0
