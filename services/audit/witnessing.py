"""Counterparties as witnesses: what one party saw of another's ledger, it cosigns, and can hold against it for ever."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.ledger import cosignatures, notes
from domain.ledger.checkpoints import BadCheckpoint, Checkpoint
from domain.ledger.findings import Finding
from domain.ledger.notes import BadNote, Note, Verifier, VerifierKey
from services.audit.bundle import Bundle, Unfit
from services.audit.proving import sound
from services.audit.verifying import Report, signed
from services.keys import SigningKey, check_with

OTHERS = 14
"""Lines of others that stay: with the ledger's and ours, sixteen, as many as every program reads (C2SP signed-note)."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Who cosigns, and with what."""

    name: str
    key: SigningKey

    @property
    def verifier(self) -> VerifierKey:
        return cosignatures.witness_key(self.name, self.key.public)


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A checkpoint that witnesses cosigned. `whence`: where it was found, for people."""

    whence: str
    note: Note
    said: Checkpoint

    def by(self, witness: VerifierKey) -> datetime | None:
        """When this witness cosigned it; None where it did not. Raises BadNote."""
        at = cosignatures.cosigned(self.note, witness, check_with(witness.public))
        return None if at is None else datetime.fromtimestamp(min(at, _LAST), UTC)


_LAST = int(datetime.max.replace(tzinfo=UTC, microsecond=0).timestamp())
"""Later than any day that has a name."""


def witnessed(whence: str, content: bytes, key: VerifierKey) -> Witnessed:
    """Raises Unfit: it is no checkpoint that the ledger signed."""
    try:
        return Witnessed(whence, notes.parse(content), signed(content, key))
    except (BadNote, BadCheckpoint) as error:
        says = f"{whence} is no checkpoint that the ledger's key signed. {error}"
        raise Unfit(Finding("saved-unsigned", says)) from error


def cosign(bundle: Bundle, key: VerifierKey, witness: Witness, seen: bytes | None, now: datetime) -> Note:
    """The bundle's checkpoint with the witness's cosignature, if it continues what the witness has `seen` last.

    Raises Unfit: the bundle does not come to its checkpoint, or the ledger is another than it was.
    """
    head = sound(bundle, key)
    if seen is not None:
        _continued(bundle, head, witnessed("what was cosigned last", seen, key).said)
    note = _short(notes.parse(bundle.note()), key)
    return cosignatures.cosign(note, witness.verifier, int(now.timestamp()), witness.key.sign)


def _short(note: Note, key: VerifierKey) -> Note:
    """With the ledger's signature first. A server with many others under it could make ours one that nobody reads."""
    mine = notes.verified(note, [Verifier(key.name, key.key_id, check_with(key.public))])
    others = [one for one in note.signatures if (one.name, one.key_id) != (key.name, key.key_id)]
    return Note(note.text, (*mine, *others[:OTHERS]))


def _continued(bundle: Bundle, head: Checkpoint, before: Checkpoint) -> None:
    if before.size > head.size:
        says = "The bundle has fewer records than you cosigned before: fetch again."
        raise Unfit(Finding("older-than-saved", says, None, str(before.size), str(head.size)))
    if before.size and (root := bundle.roots([(0, before.size)], head.size)[0]) != before.root:
        says = f"The ledger does not begin with the {before.size} records that you cosigned. Keep both checkpoints."
        raise Unfit(Finding("fork", says, None, before.root.hex(), root.hex()))


def judge(report: Report, checkpoints: Mapping[str, bytes], key: VerifierKey, witnesses: Sequence[VerifierKey]) -> None:
    """Whether each witness cosigned one of the checkpoints. That the records come to these, `verify` looks at."""
    found = list[Witnessed]()
    for whence, note in checkpoints.items():
        with suppress(Unfit):  # `verify` has said so
            found.append(witnessed(whence, note, key))
    known = {key.public: f"the ledger {key.name}"}
    for witness in witnesses:
        if (other := known.setdefault(witness.public, str(witness))) != str(witness):
            says = f"{witness.name} has the same key as {other}: that is nobody else."
            report.add(Finding("witness-missing", says, None, "another key", str(witness)))
        else:
            _judge(report, found, witness)


def _judge(report: Report, found: Sequence[Witnessed], witness: VerifierKey) -> None:
    try:
        times = [(one, at) for one in found if (at := one.by(witness)) is not None]
    except BadNote as error:
        report.add(Finding("witness-missing", str(error), None, str(witness), "another signature"))
        return
    if not times:
        says = f"None of the checkpoints here is cosigned by {witness.name}."
        report.add(Finding("witness-missing", says, None, str(witness), "no cosignature"))
        return
    newest, at = max(times, key=lambda pair: pair[0].said.size)
    report.checked.append(f"that {witness} cosigned {newest.said.size} records at {at:%Y-%m-%d %H:%M} UTC")
    if newest.said.size < report.size:
        report.unchecked.append(f"what {witness.name} saw of the records from {newest.said.size} on: it cosigned none")
