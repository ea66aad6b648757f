"""The files of a bundle besides its records: tiles of the upper levels, and whatever else lies there."""

from collections.abc import Iterator

from domain.ledger import tiles
from domain.ledger.findings import Finding
from domain.ledger.tiles import Tile
from services.audit.again import later
from services.audit.bundle import CHECKPOINT, EARLIER, LATER, Bundle, Unfit, position_of, tile_of
from services.audit.structure import Tree, compared, first_difference


def upper(bundle: Bundle, tree: Tree, size: int) -> Iterator[Finding]:
    """Where a tile of the upper levels is not what all the records come to."""
    for tile in tiles.hash_tiles(size):
        if tile.level:
            computed = tree.subtrees.get(tile.level, [])[tile.first : tile.first + tile.width]
            yield from compared(bundle, tile, computed)


def others(bundle: Bundle, size: int) -> Iterator[Finding]:
    """What is wrong with files that a bundle of this size has no need of."""
    for path in bundle.files():
        if path.startswith(LATER):
            yield from later(bundle, size, path)
        elif path != CHECKPOINT and "/" in path and not path.startswith(EARLIER):
            yield from _other(bundle, path, size)


def _other(bundle: Bundle, path: str, size: int) -> Iterator[Finding]:
    """A narrower tile may lie there from earlier, if it is the beginning of the one that counts."""
    tile = tile_of(path)
    width = 0 if tile is None else min(tiles.WIDTH, tiles.across(tile.level, size) - tile.first)
    if tile is None or width < tile.width:
        yield Finding("foreign-file", f"{path} is no part of a bundle of {size} records.", None, "", path)
    elif width > tile.width:
        yield from _begins(bundle, tile, Tile(tile.level, tile.number, width))


def _begins(bundle: Bundle, tile: Tile, whole: Tile) -> Iterator[Finding]:
    read = bundle.entries if tile.level is None else bundle.hashes
    try:
        if nth := first_difference(read(tile), read(whole)[: tile.width]):
            yield Finding("tile-differs", f"{tile} is not what {whole} begins with.", position_of(tile, nth - 1))
    except Unfit as unfit:
        yield unfit.finding
