"""Checkpoints: the signed notes that bind size and root (C2SP tlog-checkpoint, signed-note)."""

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256

from services.keys import SigningKey, check_with

ED25519 = b"\x01"


class Unsigned(Exception):
    """A text is no checkpoint of this ledger under this key; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Notary:
    """Signs and checks the checkpoints of one ledger."""

    origin: str
    key: SigningKey

    @property
    def verifier(self) -> str:
        """The verifier key, as auditors hold it: name, key id and public key."""
        return f"{self.origin}+{self._id().hex()}+{base64.b64encode(ED25519 + self.key.public).decode()}"

    def sign(self, size: int, root: bytes) -> str:
        """The checkpoint of the tree of `size` records."""
        text = f"{self.origin}\n{size}\n{base64.b64encode(root).decode()}\n"
        signature = base64.b64encode(self._id() + self.key.sign(text.encode())).decode()
        return f"{text}\n— {self.origin} {signature}\n"

    def check(self, note: str) -> tuple[int, bytes]:
        """(size, root) of a checkpoint that this key signed for this ledger. Raises Unsigned."""
        text, _, signatures = note.rpartition("\n\n")
        lines = text.split("\n")
        if len(lines) < 3 or lines[0] != self.origin:
            raise Unsigned(f"The checkpoint is of {lines[0]!r}, not of {self.origin!r}.")
        check = check_with(self.key.public)
        for line in signatures.splitlines():
            name, _, encoded = line.removeprefix("— ").partition(" ")
            raw = _decoded(encoded)
            if name == self.origin and raw[:4] == self._id() and check(raw[4:], f"{text}\n".encode()):
                return int(lines[1]), _decoded(lines[2])
        raise Unsigned("The checkpoint is not signed by the key of this ledger.")

    def _id(self) -> bytes:
        return sha256(f"{self.origin}\n".encode() + ED25519 + self.key.public).digest()[:4]


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
