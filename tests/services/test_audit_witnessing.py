"""Counterparties as witnesses: what one of them cosigned refutes a ledger that is cut back or told anew since."""

import base64
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli import cli
from domain.ledger import cosignatures, notes
from domain.ledger.findings import Verdict
from domain.ledger.notes import COSIGNING, BadKey, BadNote, VerifierKey
from services.audit.bundle import Bundle, Unfit
from services.audit.verifying import Report, verify
from services.audit.witnessing import Witness, cosign, judge
from services.disk import alone_in
from services.keys import check_with, load_or_make
from services.store.checkpoints import Notary
from tests.services.audited import VKEY, codes, written
from tests.services.scribe import Scribe
from tests.services.store_ledgers import made_key

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
VILLAGE = Witness("village.example/witness", made_key(21))
TOWN = Witness("town.example/witness", made_key(22))
ALONE = runpy.run_path(str(Path(__file__).resolve().parents[1] / "verifiers" / "alone.py"))


@pytest.fixture
async def records() -> list[bytes]:
    scribe = Scribe()
    await scribe.open()
    return [one.state for one in scribe.records]


def cosigned(bundle: Bundle, witness: Witness = VILLAGE, seen: bytes | None = None, at: datetime = NOON) -> bytes:
    return str(cosign(bundle, VKEY, witness, seen, at)).encode()


def judged(bundle: Bundle, notes: Mapping[str, bytes], *witnesses: Witness) -> Report:
    report = verify(bundle, VKEY, witnessed=notes, decide=False)
    judge(report, notes, VKEY, [one.verifier for one in witnesses])
    return report


def test_what_was_cosigned_is_what_the_published_form_says(records: list[bytes], tmp_path: Path) -> None:
    """By a program that shares nothing with ours."""
    bundle = written(tmp_path / "bundle", records)
    text, _, lines = cosigned(bundle).decode().rpartition("\n\n")
    (line,) = [one for one in lines.splitlines() if "village" in one]
    blob = base64.b64decode(line.split(" ")[2])
    public = VILLAGE.key.public
    assert blob[:4] == sha256(b"village.example/witness\n\x04" + public).digest()[:4]
    assert int.from_bytes(blob[4:12], "big") == int(NOON.timestamp())
    ALONE["signed"](public, f"cosignature/v1\ntime {int(NOON.timestamp())}\n{text}\n".encode(), blob[12:])
    assert base64.b64decode(str(VILLAGE.verifier).split("+", 2)[2]) == b"\x04" + public
    assert ALONE["head_of"](cosigned(bundle).decode(), str(VKEY))[0] == len(records), "others read it as before"


def test_two_witnesses_are_found_and_a_third_one_is_missed(records: list[bytes], tmp_path: Path) -> None:
    bundle = written(tmp_path / "bundle", records)
    bundle.write("checkpoint", cosigned(bundle, TOWN))
    both = {"both": cosigned(bundle)}
    report = judged(bundle, both, VILLAGE, TOWN)
    assert report.verdict is Verdict.VERIFIED
    assert sum("cosigned" in line for line in report.checked) == 2
    assert not any("others are shown another history" in line for line in report.unchecked)
    report = judged(bundle, both, VILLAGE, Witness("village.example/witness", made_key(23)))
    assert (report.verdict, codes(report)) == (Verdict.POLICY_NOT_MET, {"witness-missing"})


def test_one_key_is_one_witness_and_the_ledgers_own_is_none(records: list[bytes], tmp_path: Path) -> None:
    """Whoever makes up witnesses has one key soon; whoever keeps the ledger has one already."""
    again, itself = Witness("hamlet.example/witness", VILLAGE.key), Witness("village.example/witness", made_key(1))
    bundle = written(tmp_path / "bundle", records)
    assert itself.key.public == VKEY.public
    both = {"it": cosigned(bundle), "again": cosigned(bundle, again), "itself": cosigned(bundle, itself)}
    for witnesses in ((VILLAGE, again), (itself,)):
        report = judged(bundle, both, *witnesses)
        assert codes(report) == {"witness-missing"}
        assert "has the same key as" in report.findings[0].says
    assert judged(bundle, both, VILLAGE, VILLAGE).verdict is Verdict.VERIFIED


def test_what_a_witness_has_not_seen_is_said(records: list[bytes], tmp_path: Path) -> None:
    """Else what was cosigned in the first year would do for all that come."""
    old = {"the village's": cosigned(written(tmp_path / "some", records[:-3]))}
    report = judged(written(tmp_path / "all", records), old, VILLAGE)
    assert report.verdict is Verdict.VERIFIED
    assert any(f"from {len(records) - 3} on" in line for line in report.unchecked)


@pytest.mark.parametrize("many", [20, notes.MAX_SIGNATURES - 1])
def test_a_server_cannot_make_a_cosigned_checkpoint_unreadable(records: list[bytes], tmp_path: Path, many: int) -> None:
    bundle = written(tmp_path / "bundle", records)
    note = notes.parse(bundle.note())
    crowd = [notes.Signature(f"w{n}.example/w", bytes(4), bytes(72)) for n in range(many)]
    for crowded in ((*note.signatures, *crowd), (*crowd, *note.signatures), note.signatures * (many + 1)):
        bundle.write("checkpoint", str(notes.Note(note.text, crowded)).encode())
        seen = cosigned(bundle)
        assert len(notes.parse(seen).signatures) <= 16
        assert cosigned(bundle, seen=seen) == seen
        assert judged(bundle, {"it": seen}, VILLAGE).verdict is Verdict.VERIFIED


def test_a_ledger_told_anew_is_refuted_by_what_a_village_cosigned(records: list[bytes], tmp_path: Path) -> None:
    """With the key of the ledger, so that every signature is right."""
    note = cosigned(written(tmp_path / "before", records))
    told = written(tmp_path / "told", [b"{}", *records[1:], records[-1]])
    report = judged(told, {"the village's": note}, VILLAGE)
    assert report.verdict is Verdict.FORK
    assert "the village's" in next(one.says for one in report.findings if one.code == "fork")


def test_a_ledger_cut_back_is_refuted_too(records: list[bytes], tmp_path: Path) -> None:
    note = cosigned(written(tmp_path / "before", records))
    report = judged(written(tmp_path / "back", records[:-1]), {"the village's": note}, VILLAGE)
    assert report.verdict is Verdict.POLICY_NOT_MET
    (one,) = [one for one in report.findings if one.code == "older-than-saved"]
    assert "Fetch again" in one.says, "a copy may be older than what a village saw; that accuses nobody"


def test_a_witness_cosigns_only_what_continues_what_it_saw(records: list[bytes], tmp_path: Path) -> None:
    some, all_ = written(tmp_path / "some", records[:-3]), written(tmp_path / "all", records)
    seen = cosigned(some)
    later = cosigned(all_, seen=seen, at=NOON + timedelta(days=1))
    assert cosigned(all_, seen=later) == cosigned(all_), "the same again"
    told = written(tmp_path / "told", [b"{}", *records[1:]])
    foreign = Notary("elsewhere.example/ledger", made_key(9)).sign(1, bytes(32)).encode()
    for bundle, before, code in (
        (some, later, "older-than-saved"), (told, seen, "fork"), (all_, foreign, "saved-unsigned"),
    ):  # fmt: skip
        with pytest.raises(Unfit) as unfit:
            cosigned(bundle, seen=before)
        assert unfit.value.finding.code == code


def test_of_two_who_cosign_for_one_state_the_second_sees_what_the_first_kept(
    records: list[bytes], tmp_path: Path
) -> None:
    some, all_ = written(tmp_path / "some", records[:-3]), written(tmp_path / "all", records)
    key, state = tmp_path / "witness.pem", tmp_path / "cosigned.checkpoint"
    load_or_make(key, may_make=True)
    words = ("audit", "cosign", str(some.folder), "--key", str(VKEY), "--as", VILLAGE.name)
    with alone_in(tmp_path):
        second = subprocess.Popen(
            [sys.executable, "-c", "from api.cli import main; main()", *words, "--signing-key", str(key),
             "--state", str(state)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert second.stderr is not None
        assert b"Nothing says what you cosigned before" in second.stderr.readline(), "so it has come as far as here"
        state.write_bytes(cosigned(all_))
    printed, said = second.communicate()
    assert (second.returncode, b"older-than-saved" in said, printed.startswith(b"demo.")) == (4, True, False)


def test_a_copy_that_was_damaged_is_not_cosigned(records: list[bytes], tmp_path: Path) -> None:
    bundle = written(tmp_path / "bundle", records)
    tile = f"tile/0/000.p/{len(records)}"
    bundle.write(tile, bytes([(bundle.read(tile) or b"")[0] ^ 1, *(bundle.read(tile) or b"")[1:]]))
    with pytest.raises(Unfit, match="own checkpoint"):
        cosigned(bundle)


def test_a_cosignature_with_one_wrong_bit_is_none(records: list[bytes], tmp_path: Path) -> None:
    note = notes.parse(cosigned(written(tmp_path / "bundle", records)))
    key, check = VILLAGE.verifier, check_with(VILLAGE.key.public)
    assert cosignatures.cosigned(note, key, check) == int(NOON.timestamp())
    line = note.signatures[-1]
    for place in range(len(line.signature)):
        wrong = bytes([*line.signature[:place], line.signature[place] ^ 1, *line.signature[place + 1 :]])
        harmed = notes.Note(note.text, (*note.signatures[:-1], notes.Signature(line.name, line.key_id, wrong)))
        with pytest.raises(BadNote):
            cosignatures.cosigned(harmed, key, check)
    for longer in (line.signature + b"\0", line.signature[:-1], line.signature[8:]):
        harmed = notes.Note(note.text, (notes.Signature(line.name, line.key_id, longer),))
        with pytest.raises(BadNote):
            cosignatures.cosigned(harmed, key, check)
    assert cosignatures.cosigned(notes.Note(note.text, note.signatures[:-1]), key, check) is None
    report = Report()
    judge(report, {"it": f"x{note}".encode()}, VKEY, [key])  # no ledger signed it
    assert codes(report) == {"witness-missing"}


def test_a_ledgers_key_is_no_witnesss_and_the_other_way_round() -> None:
    assert notes.parse_key(str(VILLAGE.verifier), COSIGNING) == VILLAGE.verifier
    for text, kind in ((str(VILLAGE.verifier), notes.ED25519), (str(VKEY), COSIGNING)):
        with pytest.raises(BadKey):
            notes.parse_key(text, kind)
    assert VerifierKey("a", bytes(32)).key_id != VerifierKey("a", bytes(32), COSIGNING).key_id


# --- on the command line ---


def audit(*words: object) -> Result:
    result = CliRunner().invoke(cli, ["audit", *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def test_a_village_cosigns_and_an_auditor_relies_on_it(records: list[bytes], tmp_path: Path) -> None:
    bundle = written(tmp_path / "bundle", records[:-3]).folder
    named = ("--key", VKEY, "--as", "village.example/witness", "--signing-key", tmp_path / "key.pem")
    state = tmp_path / "cosigned.checkpoint"
    first = audit("cosign", bundle, *named, "--state", state)
    assert first.exit_code == 0, first.output
    assert state.read_text() == first.stdout
    key = first.stderr.partition("Cosigned by ")[2].partition(":")[0]
    bundle = written(tmp_path / "bundle2", records).folder
    relied = ("--key", VKEY, "--structure-only", "--witnessed", state, "--witness", key)
    said = audit("verify", bundle, *relied)
    assert (said.exit_code, f"{key} cosigned {len(records) - 3} records" in said.stdout) == (0, True), said.output
    told = written(tmp_path / "told", [b"{}", *records[1:]]).folder
    assert audit("verify", told, *relied).exit_code == 5
    refused = audit("cosign", told, *named, "--state", state)
    assert (refused.exit_code, state.read_text()) == (5, first.stdout)
    assert "EVIDENCE OF A FORK" in refused.output
    assert audit("verify", bundle, "--key", VKEY, "--structure-only", "--witness", key).exit_code == 4
    (tmp_path / "key.pem").unlink()
    gone = audit("cosign", bundle, *named, "--state", state)
    assert (gone.exit_code, "restore it from your backup" in gone.output) == (2, True)


def test_what_remembers_nothing_keeps_no_state(records: list[bytes], tmp_path: Path) -> None:
    """Else a witness would cosign whatever it is shown, and not know."""
    bundle = written(tmp_path / "bundle", records).folder
    os.mkfifo(tmp_path / "pipe")
    for state in (tmp_path, tmp_path / "pipe", Path("/dev/null")):
        said = audit("cosign", bundle, "--key", VKEY, "--as", "village.example/witness", "--signing-key",
                     tmp_path / "key.pem", "--state", state)  # fmt: skip
        assert (said.exit_code, said.stdout) == (2, ""), said.output


def test_what_was_cosigned_is_kept_behind_a_link(records: list[bytes], tmp_path: Path) -> None:
    link, kept = tmp_path / "link", tmp_path / "kept"
    link.symlink_to(kept)
    bundle = written(tmp_path / "bundle", records).folder
    named = ("--key", VKEY, "--as", "village.example/witness", "--signing-key", tmp_path / "key.pem")
    said = audit("cosign", bundle, *named, "--state", link)
    assert (said.exit_code, kept.read_text()) == (0, said.stdout), said.output
    assert link.is_symlink()
    lost = audit("cosign", bundle, *named, "--state", tmp_path / "elsewhere")
    assert (lost.exit_code, "Nothing says what you cosigned before" in lost.stderr) == (0, True), lost.output


def test_a_checkpoint_of_others_does_not_stand_in_the_place_of_the_bundles_own(
    records: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = written(tmp_path / "bundle", records)
    (tmp_path / "checkpoint").write_bytes(bundle.note())
    bundle.write("checkpoint", cosigned(bundle))
    monkeypatch.chdir(tmp_path)
    said = audit("verify", bundle.folder, "--key", VKEY, "--structure-only", "--witnessed", "checkpoint",
                 "--witness", VILLAGE.verifier)  # fmt: skip
    assert said.exit_code == 0, said.output
