"""Checkpoints: the text that a ledger signs to bind itself to one size and one root (C2SP tlog-checkpoint 1.0.0)."""

import base64
import re
from dataclasses import dataclass

from domain.ledger.merkle import empty_root
from domain.ledger.notes import decoded

ROOT_BYTES = 32
MAX_SIZE = 2**63 - 1
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class BadCheckpoint(ValueError):
    """A text is no checkpoint; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is signed. `origin` names the ledger; `size` is how many records the tree with this 32-byte `root` has.

    `extensions`: further lines, which mean something to somebody else.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The text of the note, with its last newline."""
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions]
        return "".join(f"{line}\n" for line in lines)


def parse(text: str) -> Checkpoint:
    """The checkpoint that a note's text is. Raises BadCheckpoint for the slightest departure from the format."""
    if not text.endswith("\n"):
        raise BadCheckpoint("The last line of a checkpoint has no end.")
    lines = text[:-1].split("\n")
    if len(lines) < 3 or not all(lines):
        raise BadCheckpoint("A checkpoint is at least three lines, none of them empty: origin, size and root.")
    origin, said, encoded, *extensions = lines
    if not _SIZE.fullmatch(said) or (size := int(said)) > MAX_SIZE:
        raise BadCheckpoint(f"{said[:40]!r} is not the size of a tree.")
    root = decoded(encoded)
    if len(root) != ROOT_BYTES:
        raise BadCheckpoint(f"{encoded[:80]!r} is not the root of a tree: {ROOT_BYTES} bytes in base64.")
    if size == 0 and root != empty_root():
        raise BadCheckpoint("The checkpoint is of no records, but its root is of some.")
    return Checkpoint(origin, size, root, tuple(extensions))
