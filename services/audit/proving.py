"""Proofs of single records, and of two checkpoints against one another, from a bundle or from what a server answers."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from domain.ledger import merkle, proof_files
from domain.ledger.checkpoints import BadCheckpoint, Checkpoint
from domain.ledger.findings import Finding
from domain.ledger.notes import BadNote, VerifierKey
from domain.ledger.proof_files import BadProof, InclusionProof
from domain.ledger.proofs import verify_consistency, verify_inclusion
from domain.ledger.records import canonical, leaf_hash
from services.audit.bundle import Bundle, Unfit
from services.audit.fetching import Unreachable, read_checkpoint
from services.audit.verifying import Report, signed


def prove(bundle: Bundle, position: int) -> InclusionProof:
    """The proof that a record lies in the bundle's tree. Raises Unfit."""
    note = bundle.note()
    size = _checkpoint(note).size
    if not 0 <= position < size:
        says = f"The bundle has the positions 0 to {size - 1}." if size else "The bundle has no records."
        raise Unfit(Finding("position-out-of-range", says, None, f"0 to {size - 1}", str(position)))
    hashes = bundle.roots(merkle.inclusion(position, 0, size), size)
    return InclusionProof(position, hashes, note.decode())


def check(text: str, record: bytes, key: VerifierKey) -> Report:
    """Whether a proof shows that a record lies in the ledger of this key. The record may be laid out for reading."""
    report = Report(origin=key.name)
    try:
        proof = proof_files.parse(text)
        said = signed(proof.checkpoint, key)
    except BadProof as error:
        report.add(Finding("proof-malformed", str(error)))
        return report
    except (BadNote, BadCheckpoint) as error:
        report.add(Finding("note-unsigned", f"The proof's checkpoint is not signed by your key. {error}"))
        return report
    report.size, report.root = said.size, said.root.hex()
    spellings = _spellings(record)
    shown = next((one for one in spellings if _proves(proof, said, leaf_hash(one))), None)
    if shown is None:
        says = f"This record does not lie at position {proof.position} of the tree of {said.size}."
        report.add(Finding("inclusion-fails", says, proof.position, said.root.hex(), leaf_hash(record).hex()))
        return report
    report.checked.append(f"the record lies at position {proof.position} of the {said.size} that {key} signed")
    report.unchecked += [spellings[shown]] if spellings[shown] else []
    report.unchecked.append("all other records of the ledger: see `subsidia audit verify`")
    return report


def _proves(proof: InclusionProof, said: Checkpoint, leaf: bytes) -> bool:
    return verify_inclusion(proof.position, said.size, leaf, proof.hashes, said.root)


def _spellings(record: bytes) -> Mapping[bytes, str]:
    """The bytes as they are, and as canonical JSON; of an answer of /v1/records/, the record in it.

    With each, what of the file it is not. A member that is there twice could be read in two ways: that is no spelling.
    """
    found = {record: ""}
    try:
        whole = json.loads(record, object_pairs_hook=_once)
        found.setdefault(canonical(whole), "")
        if isinstance(whole, dict) and isinstance(whole.get("record"), dict):
            found.setdefault(canonical(whole["record"]), "what stands in the file beside the member `record`")
    except (ValueError, TypeError, RecursionError):
        pass
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member is there twice")
    return members


def compare(
    notes: tuple[bytes, bytes], key: VerifierKey | None, proof: Sequence[bytes] | None, bundle: Bundle | None
) -> Report:
    """Whether the smaller of two checkpoints is of what the larger one began with; else both are evidence of a fork.

    Shown by a consistency `proof`, or by the tiles of a `bundle`. Without a key nobody's signature is checked, and
    there is no evidence against anybody.
    """
    report = Report()
    pair = []
    for number, note in enumerate(notes, start=1):
        try:
            pair.append(read_checkpoint(note) if key is None else signed(note, key))
        except (BadNote, BadCheckpoint) as error:
            code = "checkpoint-malformed" if isinstance(error, BadCheckpoint) or key is None else "note-unsigned"
            report.add(Finding(code, f"Checkpoint {number}: {error}"))
    if report.findings:
        return report
    older, newer = sorted(pair, key=lambda one: one.size)
    report.origin, report.size, report.root = newer.origin, newer.size, newer.root.hex()
    if older.origin != newer.origin:
        report.add(Finding("key-foreign", "They are of two ledgers.", None, older.origin, newer.origin))
    elif older.size == newer.size:
        _same_size(report, older, newer)
    elif bundle is not None:
        _by_bundle(report, older, newer, bundle, key)
    else:
        _by_proof(report, older, newer, proof or ())
    if not report.findings:
        report.checked.append(f"the {newer.size} records began with the {older.size}")
    if key is None:
        report.unchecked.append("who signed them: name the key (--key)")
    return report


def _same_size(report: Report, older: Checkpoint, newer: Checkpoint) -> None:
    if older.root != newer.root:
        report.add(_fork(older, older.root.hex(), newer.root.hex()))


def _by_bundle(report: Report, older: Checkpoint, newer: Checkpoint, bundle: Bundle, key: VerifierKey | None) -> None:
    try:
        size = sound(bundle, key).size
        if size < newer.size:
            says = f"The bundle has {size} records; fetch again."
            report.add(Finding("bundle-too-small", says, None, str(newer.size), str(size)))
            return
        for one in (older, newer):
            (root,) = bundle.roots([(0, one.size)], size) if one.size else (merkle.empty_root(),)
            if root != one.root:
                report.add(_fork(one, one.root.hex(), root.hex()))
    except Unfit as unfit:
        report.add(unfit.finding)


def sound(bundle: Bundle, key: VerifierKey | None) -> Checkpoint:
    """The bundle's own checkpoint, if its tiles come to it: else whoever harmed a copy could accuse a ledger."""
    note = bundle.note()
    try:
        said = _checkpoint(note) if key is None else signed(note, key)
    except (BadNote, BadCheckpoint) as error:
        raise Unfit(Finding("note-unsigned", f"The bundle's checkpoint is not signed by your key. {error}")) from error
    (root,) = bundle.roots([(0, said.size)], said.size) if said.size else (merkle.empty_root(),)
    if root != said.root:
        says = "The bundle's tiles do not come to its own checkpoint: run `subsidia audit verify` on it."
        raise Unfit(Finding("root-differs", says, None, said.root.hex(), root.hex()))
    return said


def _by_proof(report: Report, older: Checkpoint, newer: Checkpoint, proof: Sequence[bytes]) -> None:
    if older.size == 0:
        return
    if not verify_consistency(older.size, newer.size, older.root, newer.root, proof):
        report.add(_fork(older, older.root.hex(), "what no proof of the server's leads to"))


def _fork(one: Checkpoint, expected: str, got: str) -> Finding:
    says = f"The checkpoint of {one.size} records is of another history than the other one. Keep both notes: see below."
    return Finding("fork", says, None, expected, got)


def _checkpoint(note: bytes) -> Checkpoint:
    try:
        return read_checkpoint(note)
    except (BadNote, BadCheckpoint) as error:
        raise Unfit(Finding("checkpoint-malformed", f"The bundle's checkpoint is none: {error}")) from error


def can_tell(head: bytes | None, notes: tuple[bytes, bytes]) -> None:
    """Whether a server with this checkpoint can show how two others hang together. Raises Unfit, Unreachable.

    A proof that leads nowhere is only evidence where the ledger is the one that the two are of.
    """
    first, second = map(read_checkpoint, notes)
    try:
        said = read_checkpoint(head or b"")
    except (BadNote, BadCheckpoint) as error:
        raise Unreachable(f"What lies under this address is no ledger: its checkpoint is none. {error}") from error
    if said.origin not in (first.origin, second.origin):
        raise Unfit(Finding("ledger-foreign", "The server keeps another ledger.", None, first.origin, said.origin))
    newest = max(first.size, second.size)
    if said.size < newest:
        says = "The server shows fewer records than the newer checkpoint is of."
        raise Unfit(Finding("older-than-saved", says, None, str(newest), str(said.size)))


def sizes(notes: tuple[bytes, bytes]) -> tuple[int, int] | None:
    """The sizes of two checkpoints, the smaller first; None where one is no checkpoint."""
    try:
        older, newer = sorted(read_checkpoint(note).size for note in notes)
    except (BadNote, BadCheckpoint):
        return None
    return older, newer
