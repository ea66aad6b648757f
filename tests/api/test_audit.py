"""An audit as it is done: on the command line, against a served register, with its exit statuses."""

import csv
import io
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result

from api.cli import cli
from api.cli.stood import NAMED
from api.cli.verdicts import close
from projections.views import VIEWS
from services.audit import again
from services.audit.verifying import Report
from services.keys import load_or_make
from services.store.checkpoints import Notary
from services.workbooks import Workbook, workbook
from tests.api.conftest import Live
from tests.services.store_ledgers import made_key

ALONE = "from api.cli import main; main()"
"""The command line in a process of its own."""


def audit(*words: str) -> Result:
    result = CliRunner().invoke(cli, ["audit", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert "Traceback" not in result.output
    return result


def well(*words: str) -> str:
    result = audit(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """The server is in this process, and its log would stand among what a verb prints."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in an audit may ask for a database."""

    def refuse(*values: object, **named: object) -> None:
        raise AssertionError("an audit opened a connection")

    monkeypatch.setattr("asyncpg.connect", refuse)
    monkeypatch.setattr("asyncpg.create_pool", refuse)


@pytest.fixture
def bundle(live: Live, tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    well("fetch", live.url, "--out", str(folder))
    return folder


@pytest.fixture
def key(live: Live) -> str:
    return live.services.verifier


def size_of(bundle: Path) -> int:
    return int((bundle / "checkpoint").read_text().split("\n")[1])


def told(live: Live, address: str) -> Any:
    with urllib.request.urlopen(f"{live.url}{address}", timeout=30) as answer:
        return answer.read()


def test_fetched_and_verified_with_the_server_out_of_reach(bundle: Path, key: str, tmp_path: Path) -> None:
    state = tmp_path / "seen.checkpoint"
    said = well("verify", str(bundle), "--key", key, "--state", str(state))
    assert "verified (exit 0)" in said
    assert "NOT checked:" in said
    assert state.read_bytes() == (bundle / "checkpoint").read_bytes()
    found = json.loads(well("verify", str(bundle), "--key", key, "--state", str(state), "--json"))
    assert found["exit"] == 0
    assert found["verdict"] == "verified"
    assert found["findings"] == []
    assert found["verified"] == found["size"] == size_of(bundle)
    assert found["unchecked"]
    assert found["undecided"] == 0
    assert "verified (exit 0)" in well("verify", str(bundle), "--key", key, "--strict")


def test_the_verdict_itself_says_that_something_was_not_gone_through_again(capsys: pytest.CaptureFixture[str]) -> None:
    close(Report(size=9, verified=9, throughout=True, undecided=1_200), as_json=False)
    said = capsys.readouterr().out
    assert said == "verified; 1,200 commands or attestations were NOT gone through again (exit 0)\n"


def test_a_checkpoint_of_another_key_is_refused_before_anything_is_written(
    live: Live, key: str, tmp_path: Path
) -> None:
    folder = tmp_path / "fetched"
    other = Notary(live.services.config.origin, made_key(8)).verifier
    result = audit("fetch", live.url, "--out", str(folder), "--key", other)
    assert (result.exit_code, "note-unsigned" in result.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []
    assert f"every checkpoint that was kept is signed by {key}" in well(
        "fetch", live.url, "--out", str(folder), "--key", key
    )
    before = (folder / "checkpoint").read_bytes()
    assert audit("fetch", live.url, "--out", str(folder), "--key", other).exit_code == 1
    assert (folder / "checkpoint").read_bytes() == before


def test_fetched_again_it_says_what_it_asked_for_again(
    live: Live, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert size_of(bundle) > 256  # a full tile
    assert "5 of these were asked for again and came the same" in well("fetch", live.url, "--out", str(bundle))
    monkeypatch.setattr(again, "AT_MOST", 0)
    some = well("fetch", live.url, "--out", str(bundle))
    assert "3 of these were asked for again" in some
    assert "chosen by chance: `--fresh` asks for all of them" in some
    found = json.loads(well("fetch", live.url, "--out", str(bundle), "--json"))
    assert any("still shows 2 files" in line for line in found["unchecked"])
    assert "by chance" not in well("fetch", live.url, "--out", str(bundle), "--fresh")


def test_what_was_seen_is_kept_behind_a_link_and_takes_no_pipes_place(bundle: Path, key: str, tmp_path: Path) -> None:
    link, kept, pipe = (tmp_path / name for name in ("link", "kept", "pipe"))
    link.symlink_to(kept)
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        for state in (link, pipe):
            well("verify", str(bundle), "--key", key, "--state", str(state), "--structure-only")
        assert os.read(reader, 10_000) == kept.read_bytes() == (bundle / "checkpoint").read_bytes()
    finally:
        os.close(reader)
    assert link.is_symlink()
    assert pipe.is_fifo()


def test_the_key_may_lie_in_a_file(bundle: Path, key: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{key}\n")
    well("verify", str(bundle), "--key", str(tmp_path / "key"), "--structure-only", "--jobs", "2")


def test_one_byte_is_named_by_its_position(bundle: Path, key: str) -> None:
    path = next(path for path in sorted((bundle / "tile" / "entries").rglob("*")) if path.is_file())
    content = path.read_bytes()
    first = int.from_bytes(content[:2], "big")
    second = bytearray(content)
    second[2 + first + 2 + 30] ^= 1
    path.write_bytes(bytes(second))
    result = audit("verify", str(bundle), "--key", key, "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == found["exit"] == 1
    assert {one["position"] for one in found["findings"]} >= {1}
    assert {"code", "position", "expected", "got"} <= set(found["findings"][0])
    assert found["verified"] <= 1
    assert "INTEGRITY FAILURE (exit 1)" in audit("verify", str(bundle), "--key", key).stdout


def test_fewer_records_than_were_seen_is_status_4(bundle: Path, key: str, live: Live, tmp_path: Path) -> None:
    state = tmp_path / "seen"
    well("verify", str(bundle), "--key", key, "--state", str(state))
    fewer = size_of(bundle) - 1
    notary = Notary(live.services.config.origin, load_or_make(live.services.config.signing_key, may_make=False))
    state.write_text(notary.sign(size_of(bundle) + 5, b"\x01" * 32))
    result = audit("verify", str(bundle), "--key", key, "--state", str(state), "--structure-only")
    assert result.exit_code == 4
    assert "older-than-saved" in result.stderr
    state.write_text(notary.sign(fewer, b"\x01" * 32))
    before = state.read_bytes()
    result = audit("verify", str(bundle), "--key", key, "--state", str(state), "--structure-only")
    assert result.exit_code == 5
    assert "EVIDENCE OF A FORK" in result.stdout
    assert state.read_bytes() == before, "the evidence is kept"


@pytest.mark.parametrize(
    "words",
    [
        ("verify", "BUNDLE"),
        ("verify", "BUNDLE", "--key", "no key"),
        ("verify",),
        ("verify", "BUNDLE", "--key", "KEY", "--strict", "--structure-only"),
        ("fetch", "ftp://example.org", "--out", "BUNDLE"),
        ("prove", "BUNDLE", "--position", "-1"),
        ("prove", "BUNDLE", "--position", "999999"),
        ("replay", "BUNDLE", "--at", "999999", "--view", "units"),
        ("replay", "BUNDLE", "--at", "2001-01-01", "--view", "units"),
        ("replay", "BUNDLE", "--at", "yesterday", "--view", "units"),
        ("replay", "BUNDLE", "--at", "1", "--view", "nothing"),
        ("diff", "BUNDLE", "--from", "1", "--to", "999999"),
        ("diff", "BUNDLE", "--from", "9", "--to", "5"),
    ],
)
def test_what_is_asked_wrongly_is_status_2(words: tuple[str, ...], bundle: Path, key: str) -> None:
    result = audit(*({"BUNDLE": str(bundle), "KEY": key}.get(word, word) for word in words))
    assert result.exit_code == 2, result.output


def test_what_is_not_there_is_status_3(bundle: Path, key: str, tmp_path: Path) -> None:
    assert audit("verify", str(tmp_path / "nowhere"), "--key", key).exit_code == 3
    assert audit("prove", str(tmp_path / "nowhere"), "--position", "0").exit_code == 3
    assert audit("replay", str(tmp_path / "nowhere"), "--at", "0", "--view", "units").exit_code == 3
    shutil.rmtree(bundle / "tile" / "entries")
    assert audit("verify", str(bundle), "--key", key).exit_code == 3
    assert audit("replay", str(bundle), "--at", "0", "--view", "units").exit_code == 3


def test_a_server_that_is_gone_is_status_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.auditing.PATIENCE", (0.01,))
    result = audit("fetch", "http://127.0.0.1:1", "--out", str(tmp_path / "bundle"), "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["findings"][0]["code"] == "unreachable"


def test_a_place_that_cannot_be_written_is_said_without_a_traceback(bundle: Path, key: str, live: Live) -> None:
    """A file stands where a directory would have to be."""
    file = str(bundle / "checkpoint")
    assert audit("fetch", live.url, "--out", f"{file}/bundle").exit_code == 3
    assert audit("verify", str(bundle), "--key", key, "--state", f"{file}/seen").exit_code == 2


def test_to_interrupt_an_audit_is_no_verdict(bundle: Path, key: str, tmp_path: Path) -> None:
    """It waits for a record that nobody writes into the pipe."""
    proof, pipe = tmp_path / "x.tlog-proof", tmp_path / "pipe"
    proof.write_text(well("prove", str(bundle), "--position", "5"))
    os.mkfifo(pipe)
    words = ("check", str(proof), "--record", str(pipe), "--key", key)
    process = subprocess.Popen(
        [sys.executable, "-c", ALONE, "audit", *words], stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests that run in the background ignore it
    )  # fmt: skip
    with process, pipe.open("wb"):  # from here on somebody reads
        process.send_signal(signal.SIGINT)
        said = process.communicate()[1]
    assert (process.returncode, said) == (130, b"Interrupted.\n")


def test_what_goes_wrong_on_this_machine_is_no_verdict(bundle: Path, key: str) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    words = ("replay", str(bundle), "--at", "60", "--view", "units")
    cut = subprocess.run([sys.executable, "-c", ALONE, "audit", *words], stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    assert (cut.returncode, b"Traceback" in cut.stderr) == (3, False)
    unreadable = Path("/proc/self/mem")
    if unreadable.is_file():
        result = audit("verify", str(bundle), "--key", key, "--state", str(unreadable))
        assert (result.exit_code, "Error: " in result.stderr) == (3, True)


def test_a_record_is_proved_by_bundle_and_by_server_and_checked(
    bundle: Path, key: str, live: Live, tmp_path: Path
) -> None:
    record, proof = tmp_path / "r.json", tmp_path / "x.tlog-proof"
    record.write_bytes(told(live, "/v1/records/5?format=raw"))
    for source in (str(bundle), live.url):
        proof.write_text(well("prove", source, "--position", "5"))
        assert "at position 5" in well("check", str(proof), "--record", str(record), "--key", key)
    record.write_bytes(told(live, "/v1/records/5"))
    well("check", str(proof), "--record", str(record), "--key", key)
    record.write_bytes(told(live, "/v1/records/6?format=raw"))
    assert audit("check", str(proof), "--record", str(record), "--key", key).exit_code == 1
    assert audit("prove", live.url, "--position", "999999").exit_code == 2


def test_two_checkpoints_are_compared_by_bundle_and_by_server(
    bundle: Path, key: str, live: Live, tmp_path: Path
) -> None:
    first, second = tmp_path / "a.checkpoint", tmp_path / "b.checkpoint"
    notes = json.loads(told(live, "/v1/checkpoints"))["items"]
    first.write_text(notes[3])
    second.write_bytes((bundle / "checkpoint").read_bytes())
    for source in (str(bundle), live.url):
        assert "began with" in well("compare", str(first), str(second), source, "--key", key)
    assert audit("compare", str(first), str(second)).exit_code == 2
    first.write_text(second.read_text().split("\n")[0] + "\n5\n" + "A" * 43 + "=\n\n— x AAAAAAA=\n")
    assert audit("compare", str(first), str(second), live.url, "--key", key).exit_code == 1
    forked = audit("compare", str(first), str(second), live.url)
    assert forked.exit_code == 5
    assert first.read_text() in forked.stdout


@pytest.mark.parametrize("view", [view.name for view in VIEWS])
def test_every_view_replayed_equals_what_the_server_publishes(
    view: str, bundle: Path, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.cli.stood.LIMIT", 50)
    last = size_of(bundle) - 1
    live.run(live.services.views.reached(view, last, 30))
    for position in (last // 3, last):
        said = well("replay", str(bundle), "--at", str(position), "--view", view, "--against", live.url)
        assert f"rows of {view} as of position {position}" in said


def test_another_version_of_a_view_is_no_fault(bundle: Path, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NAMED, "units", replace(NAMED["units"], version=99))
    said = audit("replay", str(bundle), "--at", "60", "--view", "units", "--against", live.url)
    assert (said.exit_code, "view-newer: " in said.output) == (3, True)


@pytest.mark.parametrize("view", ["commitments", "mandates", "turns", "scorecards", "units", "obligations", "activity"])
def test_what_was_saved_of_a_list_is_compared_offline(view: str, bundle: Path, live: Live, tmp_path: Path) -> None:
    last = size_of(bundle) - 1
    live.run(live.services.views.reached(view, last, 30))
    for form in ("json", "ndjson", "csv", "xlsx"):
        saved = tmp_path / f"saved.{form}"
        saved.write_bytes(told(live, f"/v1/{view}?as_of={last}&format={form}"))
        said = well("replay", str(bundle), "--at", str(last), "--view", view, "--against", str(saved))
        assert f"rows of {view} that were saved, as of position {last}" in said


def test_an_altered_cell_of_what_was_saved_is_named_by_its_row(bundle: Path, live: Live, tmp_path: Path) -> None:
    last = str(size_of(bundle) - 1)
    live.run(live.services.views.reached("commitments", int(last), 30))
    saved = tmp_path / "saved"

    def against(content: str | bytes, at: str = last, view: str = "commitments") -> tuple[int, list[str], list[str]]:
        saved.write_bytes(content.encode() if isinstance(content, str) else content)
        result = audit("replay", str(bundle), "--at", at, "--view", view, "--against", str(saved), "--json")
        found = json.loads(result.stdout)
        return result.exit_code, [one["code"] for one in found["findings"]], found["unchecked"]

    shown = {form: told(live, f"/v1/commitments?as_of={last}&format={form}").decode() for form in ("json", "csv")}
    for content in (
        shown["json"].replace('"contested":false', '"contested":true', 1),
        shown["csv"].replace("Lyon", "Nice", 1),
        shown["csv"].replace(",false", ",true", 1),
        shown["json"].replace('"key":"', '"key":"0', 1),
    ):
        assert content not in shown.values()
        code, codes, _ = against(content)
        assert (code, set(codes)) == (1, {"view-differs"})
    assert against(shown["json"], at="60")[:2] == (2, ["published-otherwise"])
    assert against(shown["json"], view="units")[:2] == (2, ["published-otherwise"])
    assert against(shown["json"].replace("commitments@", "commitments@9"))[:2] == (3, ["view-newer"])
    no_row = ('{"status":404,"title":"Not found"}', '{"items":[{}]}', '{"item":{"status":404}}', '{"key":7}\n{"key":8}')
    for nothing in ("", "[]", "<html>", "name\r\nLyon\r\n", '{"items":3}\n{', *no_row):
        assert against(nothing)[:2] == (2, ["file-unreadable"])
    for empty in ('{"items":[]}', json.dumps(json.loads(shown["json"]) | {"items": []}), shown["csv"].splitlines()[0]):
        assert against(empty)[:2] == (3, ["nothing-compared"])
    assert against('{"items":[]}', at="0")[:2] == (0, []), "there were none"
    header, *rows = csv.reader(io.StringIO(shown["csv"], newline=""))
    assert against(workbook("commitments", header, rows))[:2] == (0, [])
    rows[0][header.index("owner_name")] = "Nice"
    assert against(workbook("commitments", header, rows))[:2] == (1, ["view-differs"])
    assert against(workbook("commitments", header[1:], []))[:2] == (2, ["file-unreadable"])
    assert against(b"PK\x03\x04")[:2] == (2, ["file-unreadable"])
    two = Workbook("commitments", header, at_most=2)
    assert against(two.rows(rows) + two.end())[:2] == (2, ["file-unreadable"]), "nobody knows which sheet was looked at"
    part = "".join(shown["csv"].splitlines(keepends=True)[:2])
    code, codes, unchecked = against(part)
    assert (code, codes) == (0, [])
    assert any("it may be a part of the list" in line for line in unchecked)
    assert any("the file does not say" in line for line in unchecked)
    assert audit("replay", str(bundle), "--at", last, "--view", "units", "--against", "nowhere").exit_code == 2


def test_the_stock_library_is_asked_too(bundle: Path) -> None:
    assert "streams read by the eventsourcing library" in well("cross-check", str(bundle))


def test_a_view_is_printed_as_it_stood(bundle: Path) -> None:
    rows = [json.loads(line) for line in well("replay", str(bundle), "--at", "60", "--view", "units").splitlines()]
    assert rows
    later = well("replay", str(bundle), "--at", "2999-01-01", "--view", "units").splitlines()
    assert len(later) >= len(rows)


def test_a_difference_names_what_changed(bundle: Path) -> None:
    last = str(size_of(bundle) - 1)
    said = well("diff", str(bundle), "--from", "60", "--to", last)
    assert "+ commitments " in said
    assert " -> " in said
    begun = audit("diff", str(bundle), "--from", "2001-01-01", "--to", "60", "--view", "units")
    assert (begun.exit_code, "From the beginning to position 60." in begun.stderr) == (0, True)
    assert {line[0] for line in begun.stdout.splitlines()} == {"+"}
    assert audit("diff", str(bundle), "--from", "2001-01-01", "--to", "2001-01-02").exit_code == 2
    lines = well("diff", str(bundle), "--from", "60", "--to", last, "--view", "commitments", "--json").splitlines()
    assert {json.loads(line)["view"] for line in lines} == {"commitments"}
