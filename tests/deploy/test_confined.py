"""The register does all of its work under what the systemd unit lets it do."""

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.deploy import confined
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "deploy/subsidia.service"


@pytest.fixture(autouse=True)
def filters() -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed: nobody tells what its groups of system calls are.")
    try:
        ctypes.CDLL(confined.LIBRARY)
    except OSError:
        pytest.skip(f"{confined.LIBRARY} is not installed.")


def test_what_the_unit_forbids_is_refused_here() -> None:
    tried = "import os\ntry: os.chroot('/')\nexcept PermissionError: print('refused')"
    told = subprocess.run(
        [sys.executable, confined.__file__, UNIT, sys.executable, "-c", tried], capture_output=True, text=True
    )
    assert told.stdout == "refused\n", told.stderr


async def test_the_register_is_ready_under_the_unit(database_url: str, tmp_path: Path) -> None:
    port = free_port()
    own = {"DATABASE_URL": database_url, "SUBSIDIA_VAR": str(tmp_path), "SUBSIDIA_ORIGIN": "confined.example/ledger"}
    serving = [sys.executable, "-m", "subsidia", "serve", "--port", str(port)]
    log = tmp_path / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, confined.__file__, UNIT, *serving], cwd=ROOT, env={**os.environ, **own}, stdout=output,
            stderr=output,
        )  # fmt: skip
    try:

        async def ready() -> bool:
            assert server.poll() is None, log.read_text()
            return is_ready(port)

        await until(ready)
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0, log.read_text()
    assert "crew-ended" not in log.read_text()
    assert "no-nicer" not in log.read_text()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
            return bool(json.load(answer)["ready"])
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
