"""Checks proofs against signed roots, as somebody does who holds neither records nor tree (RFC 9162, section 2.1)."""

from collections.abc import Sequence

from domain.ledger.merkle import joined

HASH_BYTES = 32


def verify_inclusion(position: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the tree of `size` records with this root has this leaf hash at `position` (2.1.3.2).

    `proof`: hashes of 32 bytes, leaf to root.
    """
    return proved_root(position, size, leaf, proof) == root


def proved_root(position: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion proof comes to; None where it is no proof for that position and size."""
    if not 0 <= position < size or not _hashes(leaf, *proof):
        return None
    node, last, found = position, size - 1, leaf
    for beside in proof:
        if last == 0:
            return None
        if node & 1 or node == last:
            found = joined(beside, found)
            node, last = _past_lonely(node, last)
        else:
            found = joined(found, beside)
        node, last = node >> 1, last >> 1
    return found if last == 0 else None


def verify_consistency(older: int, newer: int, older_root: bytes, newer_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of `older` records is what the tree of `newer` records began with (2.1.4.2).

    The answer is no for an empty older tree: every tree began with that, so nothing would be proved. Two trees of one
    size are consistent if their roots are equal, whatever these are.
    """
    if 0 < older == newer:
        return not proof and older_root == newer_root
    if not 0 < older < newer or not proof or not _hashes(older_root, newer_root, *proof):
        return False
    # A perfect older tree is itself a node of the newer one, and its root is left out of the proof.
    path = list(proof) if older & (older - 1) else [older_root, *proof]
    node, last = older - 1, newer - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for beside in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = joined(beside, old), joined(beside, new)
            node, last = _past_lonely(node, last)
        else:
            new = joined(new, beside)
        node, last = node >> 1, last >> 1
    return last == 0 and old == older_root and new == newer_root


def _past_lonely(node: int, last: int) -> tuple[int, int]:
    """A node without a right neighbour is its own parent: up to the level where it has a left one."""
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last


def _hashes(*found: bytes) -> bool:
    # One byte more here and one fewer there would join to the same node.
    return all(len(one) == HASH_BYTES for one in found)
