"""Proofs against the published vectors, and against whoever bends a good one."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger.merkle import Edge, consistency, grow, root_of
from domain.ledger.proofs import verify_consistency, verify_inclusion
from domain.ledger.records import leaf_hash
from tests.data import published

VECTORS = sorted(published("tlog/merkle-testdata").rglob("*.json"))
LEAVES = [leaf_hash(b"%d" % number) for number in range(70)]
ROOTS = [root_of(LEAVES[:size]) for size in range(len(LEAVES) + 1)]

spans = st.tuples(st.integers(2, 70), st.integers(0, 69)).filter(lambda pair: pair[1] < pair[0])


def raw(text: str | None) -> bytes:
    return base64.b64decode(text or "", validate=True)


def holds(said: dict[str, Any]) -> bool:
    proof = [raw(one) for one in said["proof"] or []]
    if "leafIdx" in said:
        return verify_inclusion(said["leafIdx"], said["treeSize"], raw(said["leafHash"]), proof, raw(said["root"]))
    return verify_consistency(said["size1"], said["size2"], raw(said["root1"]), raw(said["root2"]), proof)


def test_no_vector_is_missing() -> None:
    said = [json.loads(path.read_text()) for path in VECTORS]
    assert (len(said), sum("leafIdx" in one for one in said)) == (196, 98)
    assert {one["wantErr"] for one in said} == {True, False}


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: "/".join(path.parts[-3:]))
def test_the_published_proofs(path: Any) -> None:
    said = json.loads(path.read_text())
    assert holds(said) is not said["wantErr"], said["desc"]


@given(spans, st.data())
def test_an_inclusion_proof_with_one_bit_flipped_proves_nothing(span: tuple[int, int], data: st.DataObject) -> None:
    size, position = span
    proof = grow(Edge(0, ()), LEAVES[:size]).proofs()[position]
    parts = [LEAVES[position], ROOTS[size], *proof]
    assert verify_inclusion(position, size, parts[0], parts[2:], parts[1])
    leaf, root, *bent = flipped(parts, data)
    assert not verify_inclusion(position, size, leaf, bent, root)


@given(spans, st.data())
def test_a_consistency_proof_with_one_bit_flipped_proves_nothing(span: tuple[int, int], data: st.DataObject) -> None:
    newer, older = span[0], span[1] + 1
    proof = [root_of(LEAVES[begin:end]) for begin, end in consistency(older, 0, newer)]
    parts = [ROOTS[older], ROOTS[newer], *proof]
    assert verify_consistency(older, newer, parts[0], parts[1], parts[2:])
    old, new, *bent = flipped(parts, data)
    assert not verify_consistency(older, newer, old, new, bent)


def flipped(parts: list[bytes], data: st.DataObject) -> list[bytes]:
    part = data.draw(st.integers(0, len(parts) - 1))
    bit = data.draw(st.integers(0, 255))
    bent = (int.from_bytes(parts[part], "big") ^ 1 << bit).to_bytes(32, "big")
    return [*parts[:part], bent, *parts[part + 1 :]]


@given(spans, st.integers(0, 69))
def test_a_record_is_proven_at_its_own_position_only(span: tuple[int, int], other: int) -> None:
    size, position = span
    proof = grow(Edge(0, ()), LEAVES[:size]).proofs()[position]
    assert verify_inclusion(other, size, LEAVES[position], proof, ROOTS[size]) is (other == position)


@given(spans, st.integers(0, 3))
def test_a_proof_with_a_hash_too_many_or_too_few_proves_nothing(span: tuple[int, int], extra: int) -> None:
    size, position = span
    proof = grow(Edge(0, ()), LEAVES[:size]).proofs()[position]
    longer = [*proof, *LEAVES[: extra + 1]]
    assert not verify_inclusion(position, size, LEAVES[position], longer, ROOTS[size])
    assert not verify_inclusion(position, size, LEAVES[position], proof[:-1], ROOTS[size])


def test_a_byte_moved_from_one_hash_to_its_neighbour_proves_nothing() -> None:
    leaf, beside = LEAVES[:2]
    assert verify_inclusion(0, 2, leaf, [beside], ROOTS[2])
    assert not verify_inclusion(0, 2, leaf + beside[:1], [beside[1:]], ROOTS[2])
    assert verify_consistency(1, 2, leaf, ROOTS[2], [beside])
    assert not verify_consistency(1, 2, leaf + beside[:1], ROOTS[2], [beside[1:]])


@pytest.mark.parametrize(("position", "size"), [(0, 0), (-1, 1), (1, 1), (2, 1), (0, -1), (-1, 0)])
def test_positions_outside_of_the_tree(position: int, size: int) -> None:
    assert not verify_inclusion(position, size, LEAVES[0], [], LEAVES[0])


@pytest.mark.parametrize(("older", "newer"), [(0, 0), (0, 1), (2, 1), (-1, 1), (-1, -1), (1, -1)])
def test_sizes_that_are_no_history(older: int, newer: int) -> None:
    for proof in ([], [LEAVES[0]]):
        assert not verify_consistency(older, newer, LEAVES[0], LEAVES[0], proof)
