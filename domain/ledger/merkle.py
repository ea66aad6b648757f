"""The Merkle tree as the writer grows it and as proofs are read from it (RFC 6962, section 2.1)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

Node: TypeAlias = tuple[int, int]
"""(level, index): the root of the records index * 2**level up to (index + 1) * 2**level."""
Range: TypeAlias = tuple[int, int]
"""Records from the first number up to, not including, the second."""
TILE = 8
"""Levels of one tile: the roots at every eighth level are stored."""


def digest(content: bytes) -> bytes:
    """SHA-256."""
    return sha256(content).digest()


def joined(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return digest(b"\x01" + left + right)


def empty_root() -> bytes:
    """The root of the tree without records."""
    return sha256().digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, straight from the definition; `grow` comes to the same without all of them."""
    return _root_of(leaves, 0, len(leaves)) if leaves else empty_root()


def _root_of(leaves: Sequence[bytes], begin: int, end: int) -> bytes:
    if end - begin == 1:
        return leaves[begin]
    middle = begin + _split(end - begin)
    return joined(_root_of(leaves, begin, middle), _root_of(leaves, middle, end))


def bagged(peaks: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees that shrink from left to right."""
    root = peaks[-1]
    for peak in peaks[-2::-1]:
        root = joined(peak, root)
    return root


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree of `size` records: the roots of its perfect subtrees, largest first."""

    size: int
    peaks: tuple[bytes, ...]

    def packed(self) -> bytes:
        return b"".join(self.peaks)

    @classmethod
    def unpacked(cls, size: int, packed: bytes) -> "Edge":
        """Raises ValueError where the bytes are not the edge of a tree of that size."""
        if len(packed) != 32 * size.bit_count():
            raise ValueError(f"{len(packed)} bytes are no edge of a tree of {size} records.")
        return cls(size, tuple(packed[begin : begin + 32] for begin in range(0, len(packed), 32)))


@dataclass(frozen=True, slots=True)
class Growth:
    """A tree after new leaves. `subtrees`: (tile level, index, root) of each tile that became full, from level 1."""

    before: int
    edge: Edge
    root: bytes
    subtrees: tuple[tuple[int, int, bytes], ...]
    rows: tuple[tuple[int, Sequence[bytes]], ...]
    """By level, as far as some are new: index of the first, and all complete nodes from there on, an older sibling
    included."""

    def proofs(self) -> list[tuple[bytes, ...]]:
        """The inclusion proof of each new leaf in the new tree, leaf to root."""
        size, above = self.edge.size, list[tuple[bytes, ...]]()
        for level in range(len(self.rows) - 1, -1, -1):
            begin, nodes = self.rows[level]
            first, last = self.before >> level, (size >> level) - 1
            peak = last if size >> level & 1 else -1
            parent = self.before >> (level + 1)
            above = [
                self._beyond(level) if node == peak else (nodes[(node ^ 1) - begin], *above[(node >> 1) - parent])
                for node in range(first, last + 1)
            ]
        return above

    def _beyond(self, level: int) -> tuple[bytes, ...]:
        """The way from the peak at this level to the root: everything right of it as one, then what is left of it."""
        peaks = self.edge.peaks
        nth = (self.edge.size >> (level + 1)).bit_count()
        right = (bagged(peaks[nth + 1 :]),) if nth + 1 < len(peaks) else ()
        return (*right, *peaks[:nth][::-1])


def grow(edge: Edge, leaves: Sequence[bytes], digest: Callable[[bytes], bytes] = digest) -> Growth:
    """The tree with these leaf hashes (at least one) after those it has. `digest`: SHA-256, by whatever means."""
    size = edge.size + len(leaves)
    olds = list(edge.peaks)
    nodes: list[bytes] = list(leaves)
    rows, subtrees, peaks = [], list[tuple[int, int, bytes]](), list[bytes]()
    level = 0
    while size >> level > edge.size >> level:  # above, nothing is new
        begin = edge.size >> level
        if level and level % TILE == 0:
            subtrees += [(level // TILE, begin + number, node) for number, node in enumerate(nodes)]
        if begin & 1:
            nodes = [olds.pop(), *nodes]
            begin -= 1
        rows.append((begin, nodes))
        if size >> level & 1:
            peaks.append(nodes[-1])
        nodes = [digest(b"\x01" + left + right) for left, right in zip(nodes[0::2], nodes[1::2], strict=False)]
        level += 1
    peaks = [*olds, *reversed(peaks)]
    return Growth(edge.size, Edge(size, tuple(peaks)), bagged(peaks), tuple(subtrees), tuple(rows))


def inclusion(position: int, begin: int, end: int) -> list[Range]:
    """The subtrees whose roots prove a record in the tree over `begin` .. `end`, leaf to root."""
    if end - begin == 1:
        return []
    middle = begin + _split(end - begin)
    if position < middle:
        return [*inclusion(position, begin, middle), (middle, end)]
    return [*inclusion(position, middle, end), (begin, middle)]


def consistency(older: int, begin: int, end: int, *, known: bool = True) -> list[Range]:
    """The subtrees whose roots prove that the tree of the first `older` records is a prefix of `begin` .. `end`.

    `known`: the verifier holds the root of the part that both trees share.
    """
    if older == end:
        return [] if known else [(begin, end)]
    middle = begin + _split(end - begin)
    if older <= middle:
        return [*consistency(older, begin, middle, known=known), (middle, end)]
    return [*consistency(older, middle, end, known=False), (begin, middle)]


def perfect(begin: int, end: int) -> list[Node]:
    """The perfect subtrees that a range of a tree consists of, largest first; `begin` is a multiple of the first."""
    found = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        found.append((level, begin >> level))
        begin += 1 << level
    return found


def stored(node: Node) -> tuple[int, int, int]:
    """(tile level, first index, how many): the stored hashes that a node is computed from."""
    level, index = node
    return level // TILE, index << (level % TILE), 1 << (level % TILE)


def roots(ranges: Sequence[Range], hashes: Mapping[Node, bytes]) -> Iterator[bytes]:
    """The roots of ranges, from (tile level, index) -> hash of all that `stored` names for their nodes."""
    for begin, end in ranges:
        yield bagged([_folded(node, hashes) for node in perfect(begin, end)])


def _folded(node: Node, hashes: Mapping[Node, bytes]) -> bytes:
    level, first, count = stored(node)
    row = [hashes[level, index] for index in range(first, first + count)]
    while len(row) > 1:
        row = [joined(left, right) for left, right in zip(row[0::2], row[1::2], strict=True)]
    return row[0]


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
