"""Many hashes at once are the very hashes that `domain.ledger` comes to by itself."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain.ledger import merkle
from domain.ledger.merkle import Edge
from domain.ledger.records import MAX_BYTES, leaf_hash
from services.hashing import grow, leaf_hashes

RANDOM = Random(6962)
LENGTHS = [*range(400), 4_095, 4_096, MAX_BYTES - 1, MAX_BYTES]
"""Of every remainder by the blocks of 64 bytes that are hashed; the longest record."""


def test_records_of_every_length_have_the_hash_that_the_standard_library_gives_them() -> None:
    records = [RANDOM.randbytes(length) for length in LENGTHS]
    assert leaf_hashes(records) == [leaf_hash(record) for record in records]


@given(st.lists(st.binary(max_size=200)))
def test_any_records_have_the_same_hash(records: list[bytes]) -> None:
    assert leaf_hashes(records) == [leaf_hash(record) for record in records]


@given(st.lists(st.integers(1, 300), min_size=1, max_size=5))
def test_a_tree_grows_to_the_same_roots_whatever_came_together(sizes: list[int]) -> None:
    ours = theirs = Edge(0, ())
    for size in sizes:
        leaves = [RANDOM.randbytes(32) for _ in range(size)]
        one, other = grow(ours, leaves), merkle.grow(theirs, leaves)
        assert one == other
        ours, theirs = one.edge, other.edge
