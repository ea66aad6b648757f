"""Tiles: the tree and its records cut into pieces that never change once full (C2SP tlog-tiles 0.1.0)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WIDTH = 256
"""Hashes of a full hash tile, records of a full entry bundle."""
ENTRIES = "entries"
_PATH = re.compile(
    r"tile/(?P<level>entries|[0-9]|[1-5][0-9]|6[0-3])"
    r"/(?P<number>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


class BadPath(ValueError):
    """A text is not the path of a tile."""


class BadBundle(ValueError):
    """Bytes are not a bundle of that many records."""


@dataclass(frozen=True, slots=True)
class Tile:
    """`width` hashes (1 to 256) of one level, or with `level` None that many records; the first is number * 256."""

    level: int | None
    number: int
    width: int = WIDTH

    @property
    def first(self) -> int:
        """Index of the first hash within the level; position of the first record."""
        return self.number * WIDTH

    def __str__(self) -> str:
        """The path under a ledger's address, or within an auditor's copy of it."""
        level = ENTRIES if self.level is None else self.level
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_groups(self.number)}{partial}"


def parse(path: str) -> Tile:
    """The tile that a path names: `tile/0/x001/x234/067`, `tile/entries/000.p/8`. Raises BadPath."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise BadPath(f"{path[:80]!r} is not the path of a tile.")
    level = None if found["level"] == ENTRIES else int(found["level"])
    tile = Tile(level, int(re.sub("[x/]", "", found["number"])), int(found["width"] or WIDTH))
    # One tile has one path: no group of zeros leads, and a full tile does not say its width.
    if str(tile) != path or tile.width > WIDTH:
        raise BadPath(f"{path[:80]!r} is not the one path of a tile.")
    return tile


def across(level: int | None, size: int) -> int:
    """How many hashes of that level a tree of `size` records has; how many records, where `level` is None."""
    return size >> 8 * (level or 0)


def hash_tiles(size: int, since: int = 0) -> Iterator[Tile]:
    """The hash tiles of a tree of `size` records, level by level; without those that were full at size `since`."""
    level = 0
    while across(level, size):
        yield from _across(level, size, since)
        level += 1


def how_many(size: int) -> int:
    """The number of all hash tiles and entry bundles of a tree of `size` records."""
    found, level = -(-size // WIDTH), 0
    while across(level, size):
        found += -(-across(level, size) // WIDTH)
        level += 1
    return found


def bundles(size: int, since: int = 0) -> Iterator[Tile]:
    """The entry bundles of `size` records; without those that were full at size `since`."""
    return _across(None, size, since)


def bundle(records: Sequence[bytes]) -> bytes:
    """At most 256 records as one run of bytes: before each its length in two. Raises OverflowError for one too long."""
    return b"".join(len(record).to_bytes(2, "big") + record for record in records)


def unbundled(content: bytes, width: int) -> list[bytes]:
    """The records of a bundle. Raises BadBundle unless there are `width` of them and not a byte more."""
    found, at, length = list[bytes](), 0, len(content)
    while at + 1 < length:
        begin = at + 2
        at = begin + (content[at] << 8 | content[at + 1])
        found.append(content[begin:at])
    if at != length:
        raise BadBundle(f"The bundle breaks off within its record {len(found) - (at > length)}.")
    if len(found) != width:
        raise BadBundle(f"The bundle has {len(found)} records instead of {width}.")
    return found


def unpacked(content: bytes, width: int) -> list[bytes]:
    """The hashes of a hash tile. Raises BadBundle unless there are `width` of them and not a byte more."""
    if len(content) != 32 * width:
        raise BadBundle(f"The tile has {len(content)} bytes instead of {32 * width}.")
    return [content[at : at + 32] for at in range(0, len(content), 32)]


def _across(level: int | None, size: int, since: int) -> Iterator[Tile]:
    full, rest = divmod(across(level, size), WIDTH)
    for number in range(across(level, since) // WIDTH, full):
        yield Tile(level, number)
    if rest:
        yield Tile(level, full, rest)


def _groups(number: int) -> str:
    last, groups = f"{number % 1000:03}", list[str]()
    while number := number // 1000:
        groups.append(f"x{number % 1000:03}/")
    return "".join(reversed(groups)) + last
