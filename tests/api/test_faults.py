"""The register in trouble: a full queue, a database that is gone. It says so, and recovers by itself."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import pytest

from services.postgres import Embedded
from tests.api.client import Said, get, give, locked, proposal, proposed
from tests.api.conftest import Live, served
from tests.waiting import PATIENCE


def unavailable(said: Said, code: str) -> None:
    assert (said.status, said.json["code"]) == (503, code), said.body
    assert said.headers["content-type"].startswith("application/problem+json")
    assert int(said.headers["retry-after"]) >= 1


def test_a_full_queue_says_when_to_come_back_and_loses_nobody(
    server: Embedded, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with served(server, "http_full", tmp_path_factory.mktemp("full"), queue=2) as live:
        proposed(live)
        with ThreadPoolExecutor(16) as threads:
            with locked(live) as waits:
                answers = [threads.submit(give, live, "commitments/propose", proposal(live)) for _ in range(16)]
                waits(1)
                while sum(one.done() for one in answers) < 16 - 3 * 2:  # the queue, and two batches on their way
                    assert any(not one.done() for one in answers)
            said = [one.result() for one in answers]
        full = [one for one in said if one.status == 503]
        assert len(full) >= 16 - 3 * 2
        for one in full:
            unavailable(one, "busy")
        taken = [one.json for one in said if one.status == 201]
        assert len(taken) + len(full) == 16
        assert len(taken) >= 1
        for made in taken:
            assert get(live, f"/v1/commitments/{made['stream']}", wait_for=made["position"]).status == 200


@pytest.fixture
def own_server(public_folder: Path) -> Iterator[Embedded]:
    """A server that a test may stop."""
    embedded = Embedded(public_folder / "gone", settings={"fsync": "off"})
    asyncio.run(embedded.start())
    yield embedded
    asyncio.run(embedded.stop())


def test_while_the_database_is_gone_everybody_is_told_and_then_all_is_there_again(
    own_server: Embedded, tmp_path: Path
) -> None:
    with served(own_server, "http_gone", tmp_path) as live:
        made = proposed(live)
        asyncio.run(own_server.stop())
        for address in ("/v1/commitments", f"/v1/commitments/{made['stream']}?as_of=3", "/v1/records", "/readyz"):
            unavailable(get(live, address), "unavailable")
        unavailable(get(live, "/v1/units?format=csv"), "unavailable")
        unavailable(give(live, "commitments/propose", proposal(live)), "unavailable")
        # Nobody has asked yet whom that token speaks for.
        unavailable(give(live, "commitments/propose", proposal(live), token=live.signatory), "unavailable")
        assert get(live, "/livez").status == 200
        asyncio.run(own_server.start())
        again = _back(live)
        found = get(live, f"/v1/commitments/{made['stream']}", wait_for=again["position"])
        assert found.status == 200
        assert again["position"] > made["position"]
        assert get(live, "/readyz").status == 200


def _back(live: Live) -> dict[str, int]:
    ends = monotonic() + PATIENCE
    while True:
        said = give(live, "commitments/propose", proposal(live))
        if said.status == 201:
            return dict(said.json)
        unavailable(said, "unavailable")
        assert monotonic() < ends, "it did not recover"


def test_the_image_asks_whether_we_live_past_any_proxy(live: Live) -> None:
    dockerfile = (Path(__file__).parents[2] / "deploy/Dockerfile").read_text(encoding="utf-8")
    _, option, code = json.loads(dockerfile.partition("\nHEALTHCHECK")[2].partition("CMD")[2].splitlines()[1])
    assert option == "-c"
    told = {**os.environ, "http_proxy": "http://127.0.0.1:9"}  # containers are told of their host's

    def lives(port: str) -> bool:
        asked = subprocess.run([sys.executable, "-c", code], env={**told, "PORT": port}, capture_output=True)
        return asked.returncode == 0

    assert lives(live.url.rpartition(":")[2])
    assert not lives("9")
