"""A bundle: a copy of a ledger as a plain tlog-tiles directory, which other tools read as it is."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from domain.ledger import merkle, tiles
from domain.ledger.findings import Finding
from domain.ledger.records import MAX_BYTES
from domain.ledger.tiles import BadBundle, BadPath, Tile

CHECKPOINT = "checkpoint"
EARLIER = "checkpoints/"
"""Checkpoints of earlier sizes, one a file: they bind the records of the last, partial tile one by one.

Those of a full tile are there as well, where what it holds is not what its root says."""

LATER = "later/"
"""What a server showed when it was asked again, where that was something else; below the size that it said then."""
AT_MOST = tiles.WIDTH * (2 + MAX_BYTES)
"""Bytes of the largest file that a bundle may hold: a full tile of the largest records."""
UNREADABLE = (msgspec.MsgspecError, RecursionError)
"""What is raised where JSON that others wrote is none, says something else, or nests too deep."""
PART = ".part"
"""What a file is called, behind a dot, while it is written."""


class Unfit(Exception):
    """The bundle does not hold what is asked of it; the finding says what."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.says)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Bundle:
    """The directory. Nothing that is read here has been checked, except for its length."""

    folder: Path

    def beside(self, ending: str) -> Path:
        """Where something lies that is about the bundle and no part of it."""
        return self.folder.with_name(self.folder.name + ending)

    def note(self) -> bytes:
        """The newest checkpoint. Raises Unfit."""
        if not self.folder.is_dir():
            raise Unfit(Finding("not-a-bundle", f"{self.folder} is no directory."))
        found = self.read(CHECKPOINT)
        if found is None:
            raise Unfit(Finding("checkpoint-missing", f"{self.folder} has no file `checkpoint`: fetch it again."))
        return found

    def read(self, path: str) -> bytes | None:
        """A file's bytes, as many as any file of a bundle may have; None where there is none that can be read.

        What is no plain file, but a pipe or a device, might never end.
        """
        found = self.folder / path
        try:
            if not found.is_file():
                return None
            with found.open("rb", buffering=0) as file:
                # Room for what there is: for as much as there might be, memory is asked of the system each time.
                return file.read(min(os.fstat(file.fileno()).st_size, AT_MOST) + 1)
        except OSError:
            return None

    def has(self, path: str) -> bool:
        return (self.folder / path).is_file()

    def write(self, path: str, content: bytes) -> None:
        """The file is there whole or not at all, whenever we are stopped."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}{PART}")
        part.write_bytes(content)
        os.replace(part, target)

    def remove(self, path: str) -> None:
        (self.folder / path).unlink(missing_ok=True)
        for parent in Path(path).parents:
            if str(parent) == "." or any((self.folder / parent).iterdir()):
                return
            (self.folder / parent).rmdir()

    def files(self) -> Iterator[str]:
        """The paths of all files, in order."""
        found = list[str]()
        for folder, folders, names in os.walk(self.folder):
            within = "" if folder == str(self.folder) else f"{Path(folder).relative_to(self.folder).as_posix()}/"
            links = [one for one in folders if os.path.islink(os.path.join(folder, one))]
            found += [within + name for name in names + links]
        yield from sorted(found)

    def entries(self, tile: Tile) -> list[bytes]:
        """The records of an entry bundle. Raises Unfit where it is not there, is cut, or holds another number."""
        content = self._tile(tile)
        try:
            return tiles.unbundled(content, tile.width)
        except BadBundle as error:
            raise Unfit(_unfit(tile, str(error), whole=_is_whole(content))) from error

    def whatever(self, tile: Tile) -> tuple[list[bytes], Finding | None]:
        """The records of an entry bundle as far as they go, and what is wrong with it, if anything."""
        try:
            return self.entries(tile), None
        except Unfit as unfit:
            found = as_far_as(self.read(str(tile)) or b"")[: tile.width]
            return found, replace(unfit.finding, position=tile.first + len(found))

    def hashes(self, tile: Tile) -> list[bytes]:
        """The hashes of a hash tile. Raises Unfit."""
        content = self._tile(tile)
        try:
            return tiles.unpacked(content, tile.width)
        except BadBundle as error:
            raise Unfit(_unfit(tile, str(error), whole=len(content) % 32 == 0)) from error

    def record(self, position: int, size: int) -> bytes:
        """One record of a ledger of that size. Raises Unfit."""
        number, place = divmod(position, tiles.WIDTH)
        return self.entries(Tile(None, number, min(tiles.WIDTH, size - number * tiles.WIDTH)))[place]

    def records(self, first: int, size: int) -> Iterator[tuple[int, bytes]]:
        """Records from a position on, with their positions. Raises Unfit."""
        for tile in tiles.bundles(size, first):
            for position, record in enumerate(self.entries(tile), start=tile.first):
                if position >= first:
                    yield position, record

    def roots(self, ranges: Iterable[merkle.Range], size: int) -> tuple[bytes, ...]:
        """The roots of ranges of the tree, from the hash tiles alone. Raises Unfit."""
        wanted = list(ranges)
        hashes: dict[merkle.Node, bytes] = {}
        for tile, first, count in needed(wanted, size):
            found = self.hashes(tile)[first - tile.first : first - tile.first + count]
            hashes |= {(tile.level or 0, first + nth): one for nth, one in enumerate(found)}
        return tuple(merkle.roots(wanted, hashes))

    def _tile(self, tile: Tile) -> bytes:
        content = self.read(str(tile))
        if content is None:
            says = f"The bundle lacks the file {tile}, or it cannot be read."
            raise Unfit(Finding("tile-missing", says, position_of(tile)))
        return content


def needed(ranges: Iterable[merkle.Range], size: int) -> set[tuple[Tile, int, int]]:
    """The hash tiles that the roots of ranges are computed from: of each the first index, and how many."""
    found = set[tuple[Tile, int, int]]()
    for level, first, count in (merkle.stored(node) for one in ranges for node in merkle.perfect(*one)):
        number = first // tiles.WIDTH
        width = min(tiles.WIDTH, tiles.across(level, size) - number * tiles.WIDTH)
        found.add((Tile(level, number, width), first, count))
    return found


def position_of(tile: Tile, nth: int = 0) -> int:
    """The first record that a hash of a tile, or a record of a bundle, is about."""
    return int((tile.first + nth) << 8 * (tile.level or 0))


def tile_of(path: str) -> Tile | None:
    """The tile that a file of a bundle is; None where it is none."""
    try:
        return tiles.parse(path)
    except BadPath:
        return None


def _unfit(tile: Tile, says: str, *, whole: bool) -> Finding:
    """A file that breaks off was copied badly; one that ends well with too few in it was made so."""
    code = "records-missing" if whole else "tile-cut"
    return Finding(code, f"{tile}: {says}", position_of(tile), f"{tile.width} of them")


def _is_whole(content: bytes) -> bool:
    return sum(2 + len(record) for record in as_far_as(content)) == len(content)


def as_far_as(content: bytes) -> list[bytes]:
    """The records of a bundle of them, until it breaks off."""
    found, at = list[bytes](), 0
    while (begin := at + 2) <= len(content):
        at = begin + int.from_bytes(content[begin - 2 : begin], "big")
        if at > len(content):
            break
        found.append(content[begin:at])
    return found
