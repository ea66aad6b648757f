"""Cosignatures: a witness says when it found a checkpoint to continue all that it had seen (C2SP tlog-cosignature).

Of the published kinds, that with Ed25519 keys. The witness signs the whole text of the checkpoint, and the second.
"""

from collections.abc import Callable

from domain.ledger.notes import COSIGNING, BadNote, Check, Note, Signature, VerifierKey

LATEST = 2**63 - 1
_TIME_BYTES, _SIGNATURE_BYTES = 8, 64


def witness_key(name: str, public: bytes) -> VerifierKey:
    """The key of a witness of that name, as others hold it."""
    return VerifierKey(name, public, COSIGNING)


def cosigned(note: Note, key: VerifierKey, check: Check) -> int | None:
    """When the witness cosigned it last, in seconds since 1970; None where it did not.

    Raises BadNote where a line that is said to be the witness's is none of this text.
    """
    found = []
    for one in note.signatures:
        if (one.name, one.key_id) == (key.name, key.key_id):
            at = int.from_bytes(one.signature[:_TIME_BYTES], "big")
            well = len(one.signature) == _TIME_BYTES + _SIGNATURE_BYTES and at <= LATEST
            if not well or not check(one.signature[_TIME_BYTES:], _message(note.text, at)):
                raise BadNote(f"The cosignature by {key.name!r} is not one of this text.")
            found.append(at)
    return max(found, default=None)


def cosign(note: Note, key: VerifierKey, at: int, sign: Callable[[bytes], bytes]) -> Note:
    """The note with the witness's cosignature under it, in the place of an earlier one of its own."""
    signature = Signature(key.name, key.key_id, at.to_bytes(_TIME_BYTES, "big") + sign(_message(note.text, at)))
    others = (one for one in note.signatures if (one.name, one.key_id) != (key.name, key.key_id))
    return Note(note.text, (*others, signature))


def _message(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()
