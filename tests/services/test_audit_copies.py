"""What an auditor is handed, or served, need not be a ledger: none of it takes for ever, or accuses anybody."""

import json
import os
from hashlib import sha256
from pathlib import Path

import pytest

from domain.ledger.checkpoints import MAX_SIZE
from domain.ledger.findings import Verdict
from domain.ledger.merkle import Edge, grow
from domain.ledger.records import leaf_hash
from services.audit import proving
from services.audit.bundle import Bundle, Unfit
from services.audit.fetching import Unreachable, fetch
from services.audit.verifying import verify
from services.store.checkpoints import Notary
from services.terminal import on_one_line
from tests.services.audited import NOTARY, VKEY, written
from tests.services.scribe import Scribe
from tests.services.store_ledgers import made_key

EMPTY = sha256(b"").digest()


@pytest.fixture
async def records() -> list[bytes]:
    scribe = Scribe()
    await scribe.open()
    return [one.state for one in scribe.records]


@pytest.fixture
def bundle(records: list[bytes], tmp_path: Path) -> Bundle:
    return written(tmp_path / "bundle", records)


def found(bundle: Bundle, saved: bytes | None = None) -> tuple[Verdict, set[str]]:
    report = verify(bundle, VKEY, saved=saved)
    return report.verdict, {one.code for one in report.findings}


def test_a_pipe_or_a_device_is_no_file_of_a_bundle(bundle: Bundle, records: list[bytes]) -> None:
    """To read either would never end."""
    tile = bundle.folder / f"tile/entries/000.p/{len(records)}"
    tile.unlink()
    os.mkfifo(tile)
    assert found(bundle) == (Verdict.INCOMPLETE, {"tile-missing"})
    tile.unlink()
    tile.symlink_to("/dev/zero")
    assert found(bundle) == (Verdict.INCOMPLETE, {"tile-missing"})
    tile.unlink()
    tile.symlink_to(tile)
    assert found(bundle) == (Verdict.INCOMPLETE, {"tile-missing"})


def test_a_link_to_the_same_bytes_is_as_good_as_they_are(bundle: Bundle, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    os.replace(bundle.folder / "checkpoint", kept)
    (bundle.folder / "checkpoint").symlink_to(kept)
    assert found(bundle) == (Verdict.VERIFIED, set())


def test_more_records_than_anybody_could_list_are_not_listed(bundle: Bundle) -> None:
    bundle.write("checkpoint", NOTARY.sign(MAX_SIZE, bytes(32)).encode())
    verdict, codes = found(bundle)
    assert verdict is Verdict.INCOMPLETE
    assert "tile-missing" in codes
    with pytest.raises(Unfit):
        proving.prove(bundle, MAX_SIZE - 1)


def test_nothing_recorded_is_nothing_verified(bundle: Bundle, records: list[bytes]) -> None:
    seen = bundle.note()
    bundle.write("checkpoint", NOTARY.sign(0, EMPTY).encode())
    assert found(bundle) == (Verdict.INCOMPLETE, {"ledger-empty"})
    assert found(bundle, seen) == (Verdict.POLICY_NOT_MET, {"ledger-empty", "older-than-saved"})
    bundle.write("checkpoint", seen)
    assert found(bundle, NOTARY.sign(0, EMPTY).encode()) == (Verdict.VERIFIED, set()), "all began with nothing"


def test_a_file_that_keeps_no_checkpoint_is_the_auditor_s_own_mistake(bundle: Bundle) -> None:
    for saved in (b"", b"something else", Notary(NOTARY.origin, made_key(9)).sign(0, EMPTY).encode()):
        assert found(bundle, saved) == (Verdict.ASKED_WRONGLY, {"saved-unsigned"})


def test_a_foreign_file_is_one_wherever_it_lies(bundle: Bundle) -> None:
    bundle.write("checkpoints/README", b"Somebody was here.")
    assert found(bundle) == (Verdict.INCOMPLETE, {"foreign-file"})


# --- one record, two checkpoints ---


def test_a_record_that_says_a_thing_twice_is_not_proved(bundle: Bundle, records: list[bytes]) -> None:
    """People read the first one, and programs the last."""
    proof, true = str(proving.prove(bundle, 0)), records[0].decode()
    lying = '{"data":{"origin":"elsewhere"},' + true[1:]
    assert json.loads(lying) == json.loads(true)
    assert proving.check(proof, lying.encode(), VKEY).verdict is Verdict.BROKEN
    assert proving.check(proof, json.dumps(json.loads(true), indent=2).encode(), VKEY).verdict is Verdict.VERIFIED


def test_what_stands_beside_a_record_is_said_to_be_unchecked(bundle: Bundle, records: list[bytes]) -> None:
    answer = {"record": json.loads(records[0]), "opened": {"/name": {"value": "A lie"}}}
    report = proving.check(str(proving.prove(bundle, 0)), json.dumps(answer).encode(), VKEY)
    assert report.verdict is Verdict.VERIFIED
    assert any("beside" in line for line in report.unchecked)
    report = proving.check(str(proving.prove(bundle, 0)), records[0], VKEY)
    assert not any("beside" in line for line in report.unchecked)


def note_of(records: list[bytes], size: int) -> bytes:
    return NOTARY.sign(size, grow(Edge(0, ()), [leaf_hash(one) for one in records[:size]]).root).encode()


def test_a_damaged_copy_accuses_nobody_of_a_fork(bundle: Bundle, records: list[bytes]) -> None:
    pair, tile = (note_of(records, 7), bundle.note()), f"tile/0/000.p/{len(records)}"
    assert proving.compare(pair, VKEY, None, bundle).verdict is Verdict.VERIFIED
    hashes = bundle.read(tile) or b""
    bundle.write(tile, bytes([hashes[0] ^ 1]) + hashes[1:])
    report = proving.compare(pair, VKEY, None, bundle)
    assert [one.code for one in report.findings] == ["root-differs"]
    bundle.write(tile, hashes)
    forked = (NOTARY.sign(7, bytes(32)).encode(), bundle.note())
    assert proving.compare(forked, VKEY, None, bundle).verdict is Verdict.FORK


def test_only_the_ledger_that_two_checkpoints_are_of_can_join_them(records: list[bytes]) -> None:
    pair = note_of(records, 7), note_of(records, 9)
    proving.can_tell(note_of(records, 9), pair)
    other = Notary("elsewhere.example/ledger", made_key(9)).sign(20, bytes(32)).encode()
    for head, code in ((other, "ledger-foreign"), (note_of(records, 8), "older-than-saved")):
        with pytest.raises(Unfit) as unfit:
            proving.can_tell(head, pair)
        assert unfit.value.finding.code == code
    with pytest.raises(Unreachable):
        proving.can_tell(b"<html>", pair)


# --- a server that is none, or means ill ---


async def test_what_is_no_ledger_is_not_said_to_be_a_broken_one(tmp_path: Path) -> None:
    for answer in (None, b"<html>Welcome to this hotel</html>"):

        async def get(path: str, answer: bytes | None = answer) -> bytes | None:
            return answer

        with pytest.raises(Unreachable, match="no ledger"):
            await fetch(get, Bundle(tmp_path), lambda done, total: None)


async def test_a_size_that_nobody_could_copy_ends_with_the_first_tile_that_is_not_there(tmp_path: Path) -> None:
    async def get(path: str) -> bytes | None:
        return NOTARY.sign(MAX_SIZE, bytes(32)).encode() if path == "checkpoint" else None

    copied = await fetch(get, Bundle(tmp_path), lambda done, total: None)
    assert {one.code for one in copied.findings} == {"tile-missing"}
    assert not (tmp_path / "checkpoint").exists()


async def test_a_list_of_checkpoints_that_begins_anew_is_given_up(bundle: Bundle, tmp_path: Path) -> None:
    async def get(path: str) -> bytes | None:
        endless = json.dumps({"items": [], "next": 0}).encode()
        return endless if path.startswith("v1/checkpoints") else bundle.read(path)

    with pytest.raises(Unreachable, match="does not come to an end"):
        await fetch(get, Bundle(tmp_path / "copy"), lambda done, total: None)


# --- what reaches a terminal ---


@pytest.mark.parametrize("steering", ["\x1b[2A", "\n", "\r", "\x9b2J", "\u202e", "\u2028", "\x07", "\ud800"])
def test_no_record_writes_a_line_of_its_own_into_a_report(steering: str) -> None:
    said = on_one_line(f"units.1{steering}verified (exit 0)")
    assert steering not in said
    assert steering[0].encode("unicode_escape").decode() in said


def test_what_people_write_stays_as_it_is() -> None:
    text = "Collectivité d’« Alsace »\u00a0: Łódź, Αθήνα, 東京 — 30 km/h"
    assert on_one_line(text) == text
