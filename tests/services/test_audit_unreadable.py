"""A record that is none, written by whoever keeps the database: each verb says which one, and none breaks at it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from api.cli import cli
from tests.services.audited import VKEY, written
from tests.services.scribe import Scribe

DEEP = b"[" * 20_000 + b"]" * 20_000
NO_RECORDS = {
    "text": b"view-attested.1 nonsense",
    "no data": b'{"type":"view-attested.1"}',
    "no view": b'{"type":"view-attested.1","data":{}}',
    "deep": b'{"type":"view-attested.1","data":' + DEEP + b"}",
    "nothing": b"",
}
VERBS = {
    "verify": ("--key", str(VKEY)),
    "report": ("--key", str(VKEY), "--row", "units", "x", "--out"),
    "replay": ("--view", "units"),
    "figure": ("--view", "scorecards", "--key", "sphere:local"),
    "cross-check": (),
}


@pytest.fixture
async def records() -> list[bytes]:
    scribe = Scribe()
    await scribe.open()
    return [one.state for one in scribe.records]


@pytest.mark.parametrize("name", NO_RECORDS)
def test_each_verb_names_the_record_that_is_none(name: str, records: list[bytes], tmp_path: Path) -> None:
    bundle = str(written(tmp_path / "bundle", [*records, NO_RECORDS[name]]).folder)
    for verb, more in VERBS.items():
        out = [str(tmp_path / "report.html")] if verb == "report" else []
        at = ["--at", str(len(records))] if verb == "replay" else []
        done = CliRunner().invoke(cli, ["audit", verb, bundle, *more, *out, *at])
        assert (done.exit_code, "Traceback" in done.output) == (1, False), (verb, done.output)
        assert f"position {len(records)}" in done.output, verb
