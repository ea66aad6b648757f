"""Paths of tiles, entry bundles, and which of them a tree has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger.merkle import Edge, grow, root_of
from domain.ledger.records import leaf_hash
from domain.ledger.tiles import (
    BadBundle,
    BadPath,
    Tile,
    across,
    bundle,
    bundles,
    hash_tiles,
    parse,
    unbundled,
    unpacked,
)

some = st.builds(Tile, st.none() | st.integers(0, 63), st.integers(0, 10**15), st.integers(1, 256))


@given(some)
def test_a_path_reads_back(tile: Tile) -> None:
    assert parse(str(tile)) == tile


@pytest.mark.parametrize(
    ("path", "tile"),
    [
        ("tile/0/000", Tile(0, 0)),
        ("tile/0/x001/x234/067", Tile(0, 1_234_067)),
        ("tile/63/999.p/1", Tile(63, 999, 1)),
        ("tile/10/x001/000.p/255", Tile(10, 1000, 255)),
        ("tile/entries/x273/112.p/112", Tile(None, 273_112, 112)),
    ],
)
def test_paths_of_the_format(path: str, tile: Tile) -> None:
    assert str(tile) == path
    assert parse(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/000\n",
        "tile/0",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/1000",
        "tile/0/x001",
        "tile/0/001/002",
        "tile/0/x1/002",
        "tile/0/X001/002",
        "tile/0/x000/001",
        "tile/0/x000/x001/001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p/1000",
        "tile/00/000",
        "tile/01/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/data/000",
        "tile/entries/",
        "tile/0/٠٠٠",
        "tile/0/../000",
    ],
)
def test_what_is_no_path_of_a_tile(path: str) -> None:
    with pytest.raises(BadPath):
        parse(path)


def test_the_tiles_of_the_example_of_the_format() -> None:
    found = list(hash_tiles(70_000))
    assert found[:273] == [Tile(0, number) for number in range(273)]
    assert found[273:] == [Tile(0, 273, 112), Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(hash_tiles(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(bundles(300)) == [Tile(None, 0), Tile(None, 1, 44)]
    assert list(hash_tiles(0)) == list(bundles(0)) == []


@given(st.integers(0, 200_000), st.integers(0, 200_000))
def test_an_auditor_who_comes_back_needs_only_what_was_not_full(one: int, other: int) -> None:
    since, size = sorted((one, other))
    kept = {tile for tile in [*hash_tiles(since), *bundles(since)] if tile.width == 256}
    assert [tile for tile in hash_tiles(size) if tile not in kept] == list(hash_tiles(size, since))
    assert [tile for tile in bundles(size) if tile not in kept] == list(bundles(size, since))


@given(st.integers(1, 10**12))
def test_the_tiles_hold_every_hash_once(size: int) -> None:
    for level in range(6):
        full, rest = divmod(across(level, size), 256)
        assert across(level, size) == size // 256**level
        # Of so many only the last few are looked at.
        found = [tile for tile in hash_tiles(size, size) if tile.level == level]
        assert found == ([Tile(level, full, rest)] if rest else [])


def test_the_hashes_of_a_tile_are_roots_of_full_tiles_below() -> None:
    leaves = [leaf_hash(b"%d" % number) for number in range(600)]
    growth = grow(Edge(0, ()), leaves)
    (above,) = [tile for tile in hash_tiles(600) if tile.level == 1]
    assert above.width == len(growth.subtrees) == 2
    below = [tile for tile in hash_tiles(600) if tile.level == 0][: above.width]
    assert [root for _, _, root in growth.subtrees] == [
        root_of(leaves[tile.first : tile.first + tile.width]) for tile in below
    ]


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_a_bundle_reads_back(records: list[bytes]) -> None:
    assert unbundled(bundle(records), len(records)) == records


def test_a_bundle_says_lengths_in_two_bytes_the_larger_first() -> None:
    assert bundle([b"ab", b"", b"x" * 258]) == b"\x00\x02ab\x00\x00\x01\x02" + b"x" * 258
    assert len(bundle([b"x" * 65_535])) == 65_537
    with pytest.raises(OverflowError):
        bundle([b"x" * 65_536])


@pytest.mark.parametrize(
    ("content", "width"),
    [(b"", 1), (b"\x00", 1), (b"\x00\x01", 1), (b"\x00\x01a\x00", 1), (b"\x00\x01a", 2), (b"\x00\x01a", 0)],
)
def test_bytes_that_are_no_bundle_of_that_width(content: bytes, width: int) -> None:
    with pytest.raises(BadBundle):
        unbundled(content, width)


def test_a_hash_tile_has_as_many_hashes_as_it_says() -> None:
    hashes = [leaf_hash(b"%d" % number) for number in range(3)]
    assert unpacked(b"".join(hashes), 3) == hashes
    for content, width in ((b"".join(hashes), 2), (b"".join(hashes), 4), (b"".join(hashes)[:-1], 3)):
        with pytest.raises(BadBundle):
            unpacked(content, width)
