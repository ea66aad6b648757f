"""A receipt, as an officer was given it for a command: signed evidence that its records were there, in their places."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from domain.ledger.checkpoints import BadCheckpoint, Checkpoint
from domain.ledger.findings import Finding
from domain.ledger.notes import BadNote, VerifierKey
from domain.ledger.proofs import verify_inclusion
from domain.ledger.records import leaf_hash
from services.audit.bundle import UNREADABLE, Bundle, Unfit
from services.audit.proving import sound
from services.audit.verifying import Report, signed


class _Receipt(msgspec.Struct):
    """What the answer to a command holds under `receipt`; hashes are hexadecimal."""

    command: UUID
    positions: list[int]
    leaves: list[str]
    size: int
    proofs: list[list[str]]
    checkpoint: str


class _Answer(msgspec.Struct):
    receipt: _Receipt


class _Of(msgspec.Struct):
    """Of a record: its command, and which of how many it is."""

    cmd: UUID
    of: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Given:
    """The receipt itself, and the checkpoint in it, by whomever it is signed."""

    receipt: _Receipt
    said: Checkpoint

    def proved(self) -> bool:
        """Whether each record's hash lies at its place under the receipt's checkpoint. ValueError: what is no hash."""
        one, root = self.receipt, self.said.root
        return (
            len(one.positions) > 0
            and self.said.size == one.size
            and all(
                verify_inclusion(position, one.size, bytes.fromhex(leaf), [bytes.fromhex(each) for each in proof], root)
                for position, leaf, proof in zip(one.positions, one.leaves, one.proofs, strict=True)
            )
        )


def receipt(content: bytes, key: VerifierKey, bundle: Bundle | None) -> Report:
    """Whether a receipt is signed and proves its records; and whether the ledger in a bundle still holds them."""
    report = Report(origin=key.name)
    try:
        given = _given(content, key)
        if not given.proved():
            says = "The receipt's proofs do not lead from its records to the root that is signed."
            raise Unfit(Finding("inclusion-fails", says, min(given.receipt.positions, default=None)))
    except (*UNREADABLE, ValueError) as error:
        report.add(Finding("file-unreadable", f"The file is no receipt of a command: {error}"))
        return report
    except Unfit as unfit:
        report.add(unfit.finding)
        return report
    one = given.receipt
    report.size, report.root = given.said.size, given.said.root.hex()
    places = ", ".join(map(str, one.positions))
    report.checked.append(f"{key} signed {given.said.size} records, with the receipt's at {places}")
    report.unchecked.append("what stands in the file beside the receipt")
    if bundle is None:
        report.unchecked.append(f"whether they are those of command {one.command}, and the ledger still holds them:"
                                " name a bundle")  # fmt: skip
        return report
    try:
        _held(given, bundle, key, report)
    except Unfit as unfit:
        report.add(unfit.finding)
    except UNREADABLE as error:
        report.add(Finding("record-unreadable", f"A record of the receipt's is none: {error}"))
    report.unchecked.append("the bundle itself: run `subsidia audit verify` on it")
    return report


def _given(content: bytes, key: VerifierKey) -> Given:
    """Raises Unfit (the key did not sign it), msgspec.MsgspecError."""
    try:
        found = msgspec.json.decode(content, type=_Answer).receipt
    except msgspec.ValidationError:
        found = msgspec.json.decode(content, type=_Receipt)
    try:
        return Given(found, signed(found.checkpoint, key))
    except (BadNote, BadCheckpoint) as error:
        raise Unfit(Finding("note-unsigned", f"The receipt is not signed by your key. {error}")) from error


def _held(given: Given, bundle: Bundle, key: VerifierKey, report: Report) -> None:
    """Compares with the ledger as it was fetched. Raises Unfit."""
    head = sound(bundle, key)
    if head.size < given.said.size:
        says = (
            "The bundle has fewer records than the receipt is of. Fetch again: if the server still shows so few, the"
            " ledger was cut back. The receipt is signed: keep it."
        )
        raise Unfit(Finding("older-than-saved", says, None, str(given.said.size), str(head.size)))
    (root,) = bundle.roots([(0, given.said.size)], head.size)
    if root != given.said.root:
        says = (
            f"The {given.said.size} records of the receipt's checkpoint are not those that the ledger begins with now."
        )
        raise Unfit(Finding("fork", says, None, given.said.root.hex(), root.hex()))
    one = given.receipt
    for nth, (position, leaf) in enumerate(zip(one.positions, one.leaves, strict=True), 1):
        record = bundle.record(position, head.size)
        if (found := leaf_hash(record).hex()) != leaf:
            report.add(Finding("receipt-differs", "The record here is not the receipt's.", position, leaf, found))
            continue
        said, of = msgspec.json.decode(record, type=_Of), (nth, len(one.positions))
        if (said.cmd, said.of) != (one.command, of):
            says = "The record is not the one of the command that the receipt speaks of."
            expected, got = f"{one.command} {of}", f"{said.cmd} {said.of}"
            report.add(Finding("receipt-differs", says, position, expected, got))
    report.checked.append(f"the bundle's {head.size} records begin with those, and hold all of command {one.command}")
