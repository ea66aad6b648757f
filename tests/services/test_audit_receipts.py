"""A receipt that an officer kept, against whatever the ledger shows later."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.ledger.findings import Verdict
from domain.ledger.merkle import Edge, grow
from domain.ledger.proofs import verify_inclusion
from domain.ledger.records import canonical, leaf_hash
from services.audit import proving
from services.audit.bundle import Bundle
from services.audit.receipts import receipt
from services.audit.verifying import Report
from services.store.checkpoints import Notary
from tests.services.audited import NOTARY, VKEY, written
from tests.services.scribe import Scribe
from tests.services.store_ledgers import made_key

SIZE = 60


@pytest.fixture
async def records() -> list[bytes]:
    """The opening, and some more; the last command has two records."""
    scribe = Scribe()
    await scribe.open()
    begun = [one.state for one in scribe.records]
    last = json.loads(begun[-1])
    more = [canonical(last | {"cmd": f"00000000-0000-4000-8000-{nth:012}", "of": [1, 1]}) for nth in range(SIZE)]
    two = [canonical(last | {"cmd": "11111111-1111-4111-8111-111111111111", "of": [nth, 2]}) for nth in (1, 2)]
    return [*begun, *more, *two]


def given(records: list[bytes], folder: Path, **otherwise: Any) -> bytes:
    """What the register answered when these were all it had."""
    bundle, size = written(folder, records), len(records)
    last = json.loads(records[-1])
    positions = list(range(size - last["of"][1], size))
    proofs = [[one.hex() for one in proving.prove(bundle, position).hashes] for position in positions]
    leaves = [leaf_hash(records[position]) for position in positions]
    root = grow(Edge(0, ()), [leaf_hash(one) for one in records]).root
    assert all(
        verify_inclusion(*each, root)
        for each in (
            (position, size, leaf, tuple(map(bytes.fromhex, proof)))
            for position, leaf, proof in zip(positions, leaves, proofs, strict=True)
        )
    )
    said = {
        "command": last["cmd"], "at": last["at"], "positions": positions, "leaves": [one.hex() for one in leaves],
        "size": size, "proofs": proofs, "checkpoint": bundle.note().decode(),
    }  # fmt: skip
    return msgspec.json.encode({"stream": last["id"], "receipt": said | otherwise})


def told(report: Report) -> tuple[Verdict, list[str]]:
    return report.verdict, [one.code for one in report.findings]


def test_a_receipt_stands_alone_and_in_every_later_ledger(records: list[bytes], tmp_path: Path) -> None:
    kept = given(records, tmp_path / "then")
    alone = receipt(kept, VKEY, None)
    assert told(alone) == (Verdict.VERIFIED, [])
    assert any("name a bundle" in line for line in alone.unchecked)
    for more in (0, 1, 300):
        now = written(tmp_path / str(more), [*records, *records[:1] * more])
        assert told(receipt(kept, VKEY, now)) == (Verdict.VERIFIED, [])
    assert told(receipt(msgspec.json.encode(json.loads(kept)["receipt"]), VKEY, None)) == (Verdict.VERIFIED, [])


def test_it_refutes_a_ledger_that_was_cut_back_or_told_anew(records: list[bytes], tmp_path: Path) -> None:
    kept = given(records, tmp_path / "then")
    cut = written(tmp_path / "cut", records[:-2])
    assert told(receipt(kept, VKEY, cut)) == (Verdict.POLICY_NOT_MET, ["older-than-saved"])
    anew = written(tmp_path / "anew", [*records[:-2], *records[:300]])
    assert told(receipt(kept, VKEY, anew)) == (Verdict.FORK, ["fork"])


def test_a_copy_with_another_record_in_its_place_is_named(records: list[bytes], tmp_path: Path) -> None:
    kept, now = given(records, tmp_path / "then"), written(tmp_path / "now", records)
    path = next(path for path in now.files() if path.startswith("tile/entries"))
    now.write(path, (now.read(path) or b"").replace(b"11111111-1111", b"21111111-1111"))
    assert told(receipt(kept, VKEY, now)) == (Verdict.BROKEN, ["receipt-differs"] * 2)


@pytest.mark.parametrize(
    ("otherwise", "verdict", "code"),
    [
        ({"positions": [3, 4]}, Verdict.BROKEN, "inclusion-fails"),
        ({"leaves": ["00" * 32] * 2}, Verdict.BROKEN, "inclusion-fails"),
        ({"size": 7}, Verdict.BROKEN, "inclusion-fails"),
        ({"positions": [], "leaves": [], "proofs": []}, Verdict.BROKEN, "inclusion-fails"),
        ({"command": "00000000-0000-4000-8000-000000000001"}, Verdict.BROKEN, "receipt-differs"),
        ({"leaves": ["zz", "zz"]}, Verdict.ASKED_WRONGLY, "file-unreadable"),
        ({"positions": [1]}, Verdict.BROKEN, "inclusion-fails"),
        ({"positions": "all"}, Verdict.ASKED_WRONGLY, "file-unreadable"),
        ({"checkpoint": Notary(NOTARY.origin, made_key(9)).sign(9, bytes(32))}, Verdict.BROKEN, "note-unsigned"),
        ({"checkpoint": ""}, Verdict.BROKEN, "note-unsigned"),
    ],
)
def test_what_it_says_has_to_follow_from_what_is_signed(
    otherwise: dict[str, Any], verdict: Verdict, code: str, records: list[bytes], tmp_path: Path
) -> None:
    kept = given(records, tmp_path / "then", **otherwise)
    report = receipt(kept, VKEY, Bundle(tmp_path / "then"))
    assert (report.verdict, {one.code for one in report.findings}) == (verdict, {code})


def test_a_part_of_a_commands_records_is_not_all_of_them(records: list[bytes], tmp_path: Path) -> None:
    whole = json.loads(given(records, tmp_path / "then"))
    for name in ("positions", "leaves", "proofs"):
        whole["receipt"][name] = whole["receipt"][name][:1]
    report = receipt(msgspec.json.encode(whole), VKEY, Bundle(tmp_path / "then"))
    assert told(report) == (Verdict.BROKEN, ["receipt-differs"])
