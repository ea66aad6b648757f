"""Proofs from a bundle: of records, and of one history that lies under two checkpoints."""

import base64
import json
from pathlib import Path

import pytest

from domain.ledger import checkpoints, notes, proof_files
from domain.ledger.findings import Verdict
from domain.ledger.proofs import verify_inclusion
from domain.ledger.records import leaf_hash
from services.audit import proving
from services.audit.bundle import Bundle, Unfit
from services.store.checkpoints import Notary
from tests.services.audited import NOTARY, VKEY, Golden
from tests.services.store_ledgers import made_key


def test_any_record_is_proved_from_a_bundle_and_checked_without_it(bundled: Path, golden: Golden) -> None:
    bundle = Bundle(bundled)
    for position in (0, 1, 255, 256, golden.size - 1):
        text = str(proving.prove(bundle, position))
        record = bundle.record(position, golden.size)
        assert proving.check(text, record, VKEY).verdict is Verdict.VERIFIED
        pretty = json.dumps(json.loads(record), indent=2, ensure_ascii=False).encode()
        assert proving.check(text, pretty, VKEY).verdict is Verdict.VERIFIED
        other = bundle.record(position ^ 1, golden.size)
        report = proving.check(text, other, VKEY)
        assert [(one.code, one.position) for one in report.findings] == [("inclusion-fails", position)]
        proof = proof_files.parse(text)
        root = checkpoints.parse(notes.parse(proof.checkpoint).text).root
        assert verify_inclusion(position, golden.size, leaf_hash(record), proof.hashes, root)


def test_a_proof_under_another_key_or_of_other_text_is_refused(bundled: Path) -> None:
    text = str(proving.prove(Bundle(bundled), 3))
    other = notes.parse_key(Notary(NOTARY.origin, made_key(9)).verifier)
    assert [one.code for one in proving.check(text, b"{}", other).findings] == ["note-unsigned"]
    assert [one.code for one in proving.check("no proof", b"{}", VKEY).findings] == ["proof-malformed"]
    assert [one.code for one in proving.check(text, b"\xff", VKEY).findings] == ["inclusion-fails"]


@pytest.mark.parametrize("position", [-1, 100_000])
def test_no_proof_is_given_of_a_position_that_is_not_there(position: int, bundled: Path, golden: Golden) -> None:
    with pytest.raises(Unfit) as unfit:
        proving.prove(Bundle(bundled), position)
    assert unfit.value.finding.verdict is Verdict.ASKED_WRONGLY
    assert unfit.value.finding.expected == f"0 to {golden.size - 1}"


def test_checkpoints_of_one_history_are_joined_by_the_bundle(bundled: Path, golden: Golden) -> None:
    bundle = Bundle(bundled)
    head, earlier = bundle.note(), (bundled / "checkpoints" / str(golden.size - 3)).read_bytes()
    assert proving.compare((head, earlier), VKEY, None, bundle).verdict is Verdict.VERIFIED
    forged = NOTARY.sign(golden.size - 3, b"\x07" * 32).encode()
    assert proving.compare((head, forged), VKEY, None, bundle).verdict is Verdict.FORK
    larger = NOTARY.sign(golden.size + 3, b"\x07" * 32).encode()
    assert proving.compare((head, larger), VKEY, None, bundle).verdict is Verdict.INCOMPLETE
    said, _, signed = head.rstrip(b"\n").rpartition(b" ")
    wrong = bytearray(base64.b64decode(signed))
    wrong[-1] ^= 1
    unsigned = said + b" " + base64.b64encode(wrong) + b"\n"
    assert proving.compare((head, unsigned), VKEY, None, bundle).verdict is Verdict.BROKEN
