"""Signed notes: a text, and under it the signatures of named keys (C2SP signed-note 1.0.0)."""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

Check: TypeAlias = Callable[[bytes, bytes], bool]
"""Whether (signature, message) was signed by a certain key."""

ED25519 = 1
"""The kind of key that ledgers sign with."""
COSIGNING = 4
"""The kind that witnesses cosign with, Ed25519 too. Others stand under notes, but nobody here checks them."""
PUBLIC_BYTES = 32
ID_BYTES = 4
MAX_SIGNATURES = 100
"""A note has no more of them: whoever serves it must not decide how long checking takes. The format demands 16."""
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class BadNote(ValueError):
    """A text is no signed note, or no known key signed it; the sentence says why."""


class BadKey(ValueError):
    """A text is no verifier key; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One line under a note. `key_id`: 4 bytes; `signature`: at least one byte, 64 from an Ed25519 key."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"— {self.name} {base64.b64encode(self.key_id + self.signature).decode()}"


@dataclass(frozen=True, slots=True)
class Note:
    """`text` ends with a newline and is what the signatures sign, in UTF-8."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return "".join([self.text, "\n", *(f"{one}\n" for one in self.signatures)])


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of an Ed25519 key under its name: what an auditor holds. `public`: 32 bytes."""

    name: str
    public: bytes
    kind: int = ED25519

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, self.kind, self.public)

    def __str__(self) -> str:
        encoded = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"


@dataclass(frozen=True, slots=True)
class Verifier:
    """A known key: whose signature lines are its own, and how they are checked."""

    name: str
    key_id: bytes
    check: Check


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Four bytes that tell the keys of one name apart; `kind` is the signature type's byte."""
    return sha256(f"{name}\n".encode() + bytes([kind]) + public).digest()[:ID_BYTES]


def parse_key(text: str, kind: int = ED25519) -> VerifierKey:
    """`name+id+key`, the id in hexadecimal, kind and key in base64. Raises BadKey, also for a key of another kind."""
    name, _, rest = text.partition("+")
    said, _, encoded = rest.partition("+")
    raw = decoded(encoded)
    if not named(name) or not re.fullmatch(r"[0-9a-f]{8}", said) or not raw:
        raise BadKey(f"{text!r} is not a verifier key of the form name+id+key.")
    if raw[0] != kind or len(raw) != 1 + PUBLIC_BYTES:
        what = {ED25519: "an Ed25519 key", COSIGNING: "a witness's key, to cosign with"}.get(kind, f"of kind {kind}")
        raise BadKey(f"The verifier key of {name!r} is not {what}.")
    key = VerifierKey(name, raw[1:], kind)
    if key.key_id.hex() != said:
        raise BadKey(f"The verifier key of {name!r} has the id {key.key_id.hex()}, not {said}: it was mistyped.")
    return key


def parse(note: str | bytes) -> Note:
    """A note and its signatures, none of which has been checked yet. Raises BadNote."""
    whole = _characters(note)
    above, blank, below = whole.rpartition("\n\n")
    if not blank or not below.endswith("\n"):
        raise BadNote("The note has no signatures under it, each on a line of its own.")
    lines = below[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise BadNote(f"The note has {len(lines)} signatures; {MAX_SIGNATURES} are the most there may be.")
    return Note(f"{above}\n", tuple(map(_signature, lines)))


def verified(note: Note, verifiers: Iterable[Verifier]) -> tuple[Signature, ...]:
    """The note's signatures by these keys, the first of each key; those of other keys are passed over.

    Raises BadNote where there is none, or where one of a known key is wrong, or for two known keys of one name and id.
    """
    known: dict[tuple[str, bytes], Verifier] = {}
    for verifier in verifiers:
        if known.setdefault((verifier.name, verifier.key_id), verifier) is not verifier:
            raise BadNote(f"Two keys of {verifier.name!r} have the same id: which one signed cannot be told.")
    message, found = note.text.encode(), dict[tuple[str, bytes], Signature]()
    for one in note.signatures:
        signer = one.name, one.key_id
        if signer not in known or signer in found:
            continue
        if not known[signer].check(one.signature, message):
            raise BadNote(f"The signature by {one.name!r} is not one of this text.")
        found[signer] = one
    if not found:
        raise BadNote("The note is not signed by any key that is known.")
    return tuple(found.values())


def signed(text: str, signers: Sequence[tuple[str, bytes, Callable[[bytes], bytes]]]) -> Note:
    """The note over a text by these signers: name, key id, and what signs. Raises BadNote for what no note may hold."""
    message = text.encode()
    note = Note(text, tuple(Signature(name, number, sign(message)) for name, number, sign in signers))
    if parse(str(note)) != note:
        raise BadNote("The text of a note ends with a newline.")
    return note


def named(name: str) -> bool:
    """Whether a key may have this name: not empty, no space of any kind, no plus."""
    return bool(name) and "+" not in name and not any(one.isspace() for one in name)


def decoded(text: str) -> bytes:
    """The bytes of base64 in its one canonical spelling; none for anything else."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    # Bits that decoding drops could be changed without breaking anything: no second spelling.
    return raw if base64.b64encode(raw).decode() == text else b""


def _characters(note: str | bytes) -> str:
    try:
        whole = note.decode() if isinstance(note, bytes) else note
        whole.encode()
    except UnicodeError as error:
        raise BadNote("The note is not UTF-8.") from error
    if _CONTROL.search(whole):
        raise BadNote("The note holds a control character other than newline.")
    return whole


def _signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    raw = decoded(encoded)
    if dash != "—" or not named(name) or len(raw) <= ID_BYTES:
        raise BadNote(f"{line[:200]!r} is not a signature line of a note.")
    return Signature(name, raw[:ID_BYTES], raw[ID_BYTES:])
