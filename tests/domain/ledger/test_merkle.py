"""The tree as it grows, and the proofs that are read from it, against the definition of RFC 6962."""

from functools import cache
from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger.merkle import (
    TILE,
    Edge,
    Node,
    Range,
    consistency,
    empty_root,
    grow,
    inclusion,
    perfect,
    root_of,
    roots,
    stored,
)
from domain.ledger.proofs import verify_consistency, verify_inclusion
from domain.ledger.records import leaf_hash

LEAVES = [leaf_hash(b"%d" % number) for number in range(1200)]

batches = st.lists(st.integers(1, 400), min_size=1, max_size=6).filter(lambda sizes: sum(sizes) <= len(LEAVES))
spans = st.tuples(st.integers(1, 1200), st.integers(0, 1199)).filter(lambda pair: pair[1] < pair[0])


@cache
def root(size: int) -> bytes:
    return root_of(LEAVES[:size])


def cut(sizes: list[int]) -> list[Range]:
    return list(pairwise([sum(sizes[:number]) for number in range(len(sizes) + 1)]))


def of(ranges: list[Range]) -> list[bytes]:
    """The roots of ranges from what a store keeps: leaves, and roots of full tiles."""
    hashes: dict[Node, bytes] = {(0, number): leaf for number, leaf in enumerate(LEAVES)}
    growth = grow(Edge(0, ()), LEAVES)
    hashes |= {(level, index): root for level, index, root in growth.subtrees}
    needed = [stored(node) for one in ranges for node in perfect(*one)]
    assert all((level, index) in hashes for level, first, count in needed for index in range(first, first + count))
    return list(roots(ranges, hashes))


def test_the_root_of_no_records_and_of_one() -> None:
    assert empty_root() == root_of([]) == sha256(b"").digest()
    assert root_of(LEAVES[:1]) == LEAVES[0]


def test_the_published_roots_of_small_trees() -> None:
    # The inputs and roots that implementations of RFC 6962 have been compared by since its first one.
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    leaves = [leaf_hash(bytes.fromhex(one)) for one in inputs]
    assert root_of(leaves[:2]).hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    assert root_of(leaves[:3]).hex() == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    assert root_of(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@given(batches)
def test_a_tree_grown_in_any_batches_is_the_tree_of_its_leaves(sizes: list[int]) -> None:
    edge, subtrees = Edge(0, ()), list[tuple[int, int, bytes]]()
    for begin, end in cut(sizes):
        growth = grow(edge, LEAVES[begin:end])
        assert (growth.edge.size, growth.root) == (end, root(end))
        edge = Edge.unpacked(end, growth.edge.packed())
        assert edge == growth.edge
        subtrees += growth.subtrees
    width = 1 << TILE
    assert sorted(subtrees) == [
        (1, index, root_of(LEAVES[index * width : (index + 1) * width])) for index in range(sum(sizes) // width)
    ]


@given(batches)
def test_each_new_leaf_is_proven_in_the_new_tree(sizes: list[int]) -> None:
    edge = Edge(0, ())
    for begin, end in cut(sizes):
        growth = grow(edge, LEAVES[begin:end])
        proofs, edge = growth.proofs(), growth.edge
        assert len(proofs) == end - begin
        for position, proof in enumerate(proofs, start=begin):
            assert verify_inclusion(position, end, LEAVES[position], proof, growth.root)


def test_a_tile_of_the_second_level_has_its_root_stored() -> None:
    leaves = [leaf_hash(b"")] * (1 << 2 * TILE)
    begun = grow(Edge(0, ()), leaves[:-1])
    assert {level for level, _, _ in begun.subtrees} == {1}
    done = grow(begun.edge, leaves[-1:])
    assert [(level, index) for level, index, _ in done.subtrees] == [(1, 255), (2, 0)]
    assert done.subtrees[1][2] == done.root == root_of(leaves)


@given(spans)
def test_the_ranges_of_an_inclusion_proof_prove_it(span: tuple[int, int]) -> None:
    size, position = span
    proof = of(inclusion(position, 0, size))
    assert verify_inclusion(position, size, LEAVES[position], proof, root(size))


@given(spans)
def test_the_ranges_of_a_consistency_proof_prove_it(span: tuple[int, int]) -> None:
    newer, older = span[0], span[1] + 1
    proof = of(consistency(older, 0, newer))
    assert verify_consistency(older, newer, root(older), root(newer), proof)


@pytest.mark.parametrize("size", [*range(1, 70), 255, 256, 257, 511, 512, 513])
def test_every_proof_of_small_trees(size: int) -> None:
    proofs = grow(Edge(0, ()), LEAVES[:size]).proofs()
    for position, proof in enumerate(proofs):
        assert [root_of(LEAVES[begin:end]) for begin, end in inclusion(position, 0, size)] == list(proof)
    for older in range(1, size + 1):
        way = [root_of(LEAVES[begin:end]) for begin, end in consistency(older, 0, size)]
        assert verify_consistency(older, size, root(older), root(size), way)


@pytest.mark.parametrize(("size", "peaks"), [(1, 0), (1, 2), (3, 1), (4, 2)])
def test_bytes_that_are_no_edge_are_refused(size: int, peaks: int) -> None:
    with pytest.raises(ValueError, match="no edge"):
        Edge.unpacked(size, bytes(32) * peaks)
