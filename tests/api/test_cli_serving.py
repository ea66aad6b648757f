"""`subsidia serve` in a process of its own, on an embedded PostgreSQL."""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from api.cli.serving import _home
from tests.api.verbs import PROGRAM, ROOT
from tests.waiting import until_shown


class Served:
    """A server in a process of its own, on an embedded PostgreSQL under `var`."""

    def __init__(self, var: Path, **environment: str) -> None:
        self.environment = {**os.environ, "SUBSIDIA_VAR": str(var), "PORT": "0", "HOST": "127.0.0.1", **environment}
        self.environment.pop("DATABASE_URL", None)
        self.process = subprocess.Popen(
            [*PROGRAM, "serve"],
            cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.said = ""

    def until_ready(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if line.startswith("Ready in"):
                return self.said
        raise AssertionError(self.process.communicate())

    @property
    def home(self) -> str:
        found = re.search(r"http://127\.0\.0\.1:\d+", self.said)
        assert found
        return found[0]

    def stop(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        try:
            self.process.communicate(timeout=30)
        finally:
            self.process.kill()
        return self.process.returncode


@pytest.fixture
def var(public_folder: Path) -> Path:
    """A folder that PostgreSQL's own account may reach too."""
    folder = public_folder / f"var{time.monotonic_ns()}"
    folder.mkdir(mode=0o755)
    return folder


def test_a_server_tells_its_story_works_beside_other_verbs_and_stops_with_its_database(var: Path) -> None:
    served = Served(var)
    said = served.until_ready()
    assert said.startswith("The first start makes a database and tells the sample story")  # nobody thinks it hangs
    token = re.search(r"liaison officer of its city +(\S+)", said)
    assert token
    until_shown(served.home, "units")
    with urllib.request.urlopen(f"{served.home}/v1/units?limit=50") as answer:
        assert b"Lyon" in answer.read()
    beside = subprocess.run(
        [*PROGRAM, "token", "--unit", "69123", "--role", "liaison_officer"],
        cwd=ROOT, env=served.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert beside.returncode == 0, beside.stderr
    assert served.stop(signal.SIGTERM) == 0
    assert not (var / "pg" / "postmaster.pid").exists()


def test_a_shell_has_the_embedded_database_and_the_programs_of_its_version(var: Path) -> None:
    """As the operations page backs up and restores: nothing of it is in the environment."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}

    def shell(*words: str) -> "subprocess.CompletedProcess[str]":
        own = {**environment, "SUBSIDIA_VAR": str(var)}
        return subprocess.run([*PROGRAM, "shell", *words], cwd=ROOT, env=own, capture_output=True, text=True)

    made = shell("sh", "-c", 'psql -XAt "$DATABASE_URL" -c "create table t as select 1" && pg_dump "$DATABASE_URL"')
    assert "CREATE TABLE public.t" in made.stdout, made.stderr
    assert not (var / "pg" / "postmaster.pid").exists()
    said = shell("sh", "-c", 'echo "$SUBSIDIA_SIGNING_KEY" "$SUBSIDIA_SUBJECT_KEYS"; exit 7')
    assert (said.returncode, said.stdout) == (7, f"{var}/signing-key.pem {var}/subject-keys\n")
    missing = shell("no-such-program", "--version")
    assert (missing.returncode, missing.stderr) == (1, "Error: no-such-program: No such file or directory.\n")
    assert not (var / "pg" / "postmaster.pid").exists()


def test_the_story_is_never_told_into_another_ledger(var: Path) -> None:
    served = Served(var, SUBSIDIA_ORIGIN="register.example.org/ledger")
    said = served.until_ready()
    assert "sample story" not in said
    until_shown(served.home, "units")
    with urllib.request.urlopen(f"{served.home}/v1/units") as answer:
        assert b"Lyon" not in answer.read()
    assert served.stop(signal.SIGINT) == 0


@pytest.mark.parametrize(
    ("listening", "opened"),
    [
        (("127.0.0.1", 8080), "http://127.0.0.1:8080"),
        (("0.0.0.0", 8080), "http://127.0.0.1:8080"),
        (("::", 8080, 0, 0), "http://[::1]:8080"),
        (("10.0.0.5", 80), "http://10.0.0.5:80"),
        (("fd00::5", 80, 0, 0), "http://[fd00::5]:80"),
    ],
)
def test_what_is_said_to_open_can_be_opened(listening: tuple[object, ...], opened: str) -> None:
    assert _home(listening) == opened


def test_where_metrics_are_served_by_another_process_is_said_with_what_to_do(var: Path) -> None:
    """As of a server whose environment `subsidia work` on the same host is given, too."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        environment = {**os.environ, "SUBSIDIA_VAR": str(var), "SUBSIDIA_METRICS": where}
        said = subprocess.run([*PROGRAM, "work"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert said.returncode == 1
    assert f"Cannot listen on {where}: Address already in use." in said.stderr
    assert "another port, or leave it empty" in said.stderr
    assert list(var.iterdir()) == []


def test_a_taken_port_is_said_before_anything_starts(var: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        served = Served(var, PORT=str(taken.getsockname()[1]))
        out, err = served.process.communicate(timeout=30)
    assert served.process.returncode == 1
    assert err.startswith("Error: Cannot listen on 127.0.0.1:")
    assert list(var.iterdir()) == []
    assert out == ""
