"""The digest of a view: one SHA-256 over its rows as they stood, which a server attests and an auditor recomputes.

The dump of a view is a header line that names the view and its version, then one line a row, in the order of the keys,
each of them canonical JSON (RFC 8785). The digest hashes the header, and of each line its own hash: who keeps the
hashes of lines need only make those anew that changed (deploy/decisions/0010).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from domain.ledger.records import canonical

DIGEST = r"[0-9a-f]{64}"
"""The form of a digest: 64 hexadecimal digits."""
HASH = 32
"""Bytes of a line's hash."""


def header(view: str, version: int) -> bytes:
    """The first line of a dump, without its end."""
    return canonical({"version": version, "view": view})


def line_hash(line: bytes) -> bytes:
    """The 32 bytes that stand for a row: of its line, without the line's end."""
    return sha256(line).digest()


@dataclass(frozen=True, slots=True)
class Dumped:
    """What a view comes to as of a position: how many rows, and the digest of its dump."""

    view: str
    version: int
    position: int
    rows: int
    digest: str


class Dump:
    """Takes the hashes of a view's lines in the order of their keys (by code point), and says how many and what."""

    def __init__(self, view: str, version: int) -> None:
        self._view, self._version, self._rows = view, version, 0
        self._whole = sha256(header(view, version) + b"\n")

    def add(self, hashes: Iterable[bytes]) -> None:
        """The hashes of the next lines, 32 bytes each."""
        self.add_joined(b"".join(hashes))

    def add_joined(self, hashes: bytes | bytearray) -> None:
        """The same, one behind the other."""
        self._rows += len(hashes) // HASH
        self._whole.update(hashes)

    def as_of(self, position: int) -> Dumped:
        """What was added so far, as the whole of the view as of a position."""
        return Dumped(self._view, self._version, position, self._rows, self._whole.hexdigest())
