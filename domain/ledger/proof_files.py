"""A proof as a file: a record's place, the hashes that lead to the root, the signed root (C2SP tlog-proof)."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.ledger.notes import decoded
from domain.ledger.proofs import HASH_BYTES

HEADER = "c2sp.org/tlog-proof@v1"
SUFFIX = ".tlog-proof"
MAX_HASHES = 63
"""A tree is no higher than this."""
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


class BadProof(ValueError):
    """A text is no proof; the sentence says why."""


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That a record lies at `position` of the tree that `checkpoint`, a signed note, is of.

    `hashes`: 32 bytes each, leaf to root. `extra`: bytes that mean something to somebody else.
    """

    position: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes = b""

    def __str__(self) -> str:
        extra = (f"extra {base64.b64encode(self.extra).decode()}",) if self.extra else ()
        return _written((HEADER, *extra, f"index {self.position}"), self.hashes, self.checkpoint)


def parse(text: str) -> InclusionProof:
    """The proof in a file's text; neither note nor hashes have been checked yet. Raises BadProof."""
    above, blank, note = text.partition("\n\n")
    if not blank or not note:
        raise BadProof("The proof breaks off before the checkpoint that it leads to.")
    header, *lines = above.split("\n")
    if header != HEADER:
        raise BadProof(f"The first line is not {HEADER!r}.")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = decoded(lines.pop(0).removeprefix("extra "))
        if not extra:
            raise BadProof("What stands behind `extra` is not base64.")
    found = _INDEX.fullmatch(lines[0]) if lines else None
    if found is None:
        raise BadProof("The line that says the record's position is missing: `index 4242`.")
    return InclusionProof(int(found[1]), _hashes(lines[1:]), note, extra)


def extension(older: int, hashes: Sequence[bytes], checkpoint: str) -> str:
    """That the first `older` records of a checkpoint's tree are the tree of then: what witnesses are told.

    In the form of C2SP tlog-witness, `add-checkpoint`; there is no other published one.
    """
    return _written((f"old {older}",), hashes, checkpoint)


def _written(head: Sequence[str], hashes: Sequence[bytes], checkpoint: str) -> str:
    lines = [*head, *(base64.b64encode(one).decode() for one in hashes)]
    return "".join(f"{line}\n" for line in lines) + f"\n{checkpoint}"


def _hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    if len(lines) > MAX_HASHES:
        raise BadProof(f"The proof has {len(lines)} hashes; {MAX_HASHES} are the most there may be.")
    found = tuple(map(decoded, lines))
    if wrong := next((line for line, one in zip(lines, found, strict=True) if len(one) != HASH_BYTES), None):
        raise BadProof(f"{wrong[:80]!r} is no hash: {HASH_BYTES} bytes in base64.")
    if "" in lines:
        raise BadProof("One of the hashes is an empty line.")
    return found
