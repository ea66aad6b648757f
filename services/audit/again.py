"""Asks a server once more for what a bundle holds: a tile never changes, unless somebody changes it.

What was fetched first stays. What the server shows in its place is put under `later/`, with the checkpoint that it
showed then; where instead the bundle's own file was damaged, the server's takes its place.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import SystemRandom
from types import MappingProxyType

from domain.ledger import merkle, tiles
from domain.ledger.checkpoints import Checkpoint
from domain.ledger.findings import Finding
from domain.ledger.records import leaf_hash
from domain.ledger.tiles import BadBundle, Tile
from services.audit.bundle import CHECKPOINT, LATER, Bundle, Unfit, as_far_as, needed, position_of, tile_of
from services.audit.structure import first_difference

Get = Callable[[str], Awaitable[bytes | None]]
"""What a server answers under a path; None where there is nothing. Raises Unreachable."""
AT_MOST = 64
"""Full tiles of records that are asked for again. Of more than these so many are chosen, by chance."""
DAMAGED = ".damaged"
"""The folder, beside the bundle, for its own files that the server's took the place of; by the size of then."""
AROUND = 60
"""Characters of two records that are shown on either side of the first that is another."""


@dataclass(frozen=True, slots=True)
class Overlaid(Bundle):
    """A bundle as it would be if some files of it held something else."""

    instead: Mapping[str, bytes]

    def read(self, path: str) -> bytes | None:
        return self.instead[path] if path in self.instead else Bundle.read(self, path)


@dataclass(slots=True)
class Again:
    """What is asked again, and what came of it. `sure`: the newer checkpoint is known to continue the bundle's own."""

    get: Get
    bundle: Bundle
    note: bytes
    said: Checkpoint
    sure: bool
    asked: int = 0
    mended: int = 0
    found: dict[int, Finding] = field(default_factory=dict)
    """By position: of a record and its hash, both of them other ones, the record says more."""
    absent: list[Finding] = field(default_factory=list)
    edge: dict[str, bytes] = field(default_factory=dict)
    """The tiles at the tree's edge as the server shows them, once one of them is another; the root is that of all."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        return (*self.absent, *(self.found[position] for position in sorted(self.found)))

    async def one(self, tile: Tile) -> None:
        """One tile that the bundle holds. Raises Unreachable."""
        path = str(tile)
        here, now = self.bundle.read(path), await self.get(path)
        self.asked += 1
        if now is None:
            says = f"The server has no {tile} any more, though its checkpoint says so."
            self.absent.append(Finding("tile-missing", says, position_of(tile)))
        elif here is not None and here != now:
            if self.sure and await self._damaged(tile, here, now):
                self._put_aside(path, here)
                self.bundle.write(path, now)
            else:
                self._contradicted(tile, here, now, path)

    async def _damaged(self, tile: Tile, here: bytes, now: bytes) -> bool:
        """Whether what the server shows is what was signed, and what lies here is not; others may be damaged, too."""
        if not self.edge and tile.level is not None:
            size = self.said.size
            self.edge = {str(one): await self.get(str(one)) or b"" for one, _, _ in needed([(0, size)], size)}
        return fits(self.bundle, tile, now, self.said, self.edge) and not fits(
            self.bundle, tile, here, self.said, self.edge
        )

    def narrower(self, before: Checkpoint, tile: Tile, whole: Tile) -> bool:
        """Whether a partial tile of an earlier size is what the one that was fetched in its place begins with."""
        here, now = self.bundle.read(str(tile)), self.bundle.read(str(whole))
        if here is None or now is None or now.startswith(here):
            return True
        if self.sure and not fits(self.bundle, tile, here, before):
            self._put_aside(str(tile), here)
            return True
        self._contradicted(tile, here, now, str(whole))
        self.bundle.remove(str(whole))
        return False

    def _put_aside(self, path: str, here: bytes) -> None:
        """What was damaged is kept, in case that somebody wants to know how."""
        Bundle(self.bundle.beside(DAMAGED)).write(f"{self.said.size}/{path}", here)
        self.mended += 1

    def _contradicted(self, tile: Tile, here: bytes, now: bytes, path: str) -> None:
        folder = f"{LATER}{self.said.size}/"
        self.bundle.write(folder + path, now)
        self.bundle.write(folder + CHECKPOINT, self.note)
        if (finding := contradiction(tile, here, now, folder + path)) is not None:
            position = finding.position or 0
            if tile.level is None or position not in self.found:
                self.found[position] = finding


def chosen(held: Sequence[Tile], *, fresh: bool) -> list[Tile]:
    """What to ask for again: all, or of many full tiles some by chance; upper levels first, records last."""
    full = [tile.number for tile in held if tile.level is None and tile.width == tiles.WIDTH]
    some = set(full if fresh else SystemRandom().sample(full, min(AT_MOST, len(full))))
    found = [tile for tile in held if tile.level or tile.width < tiles.WIDTH or tile.number in some]
    return sorted(found, key=lambda tile: (-1 if tile.level is None else tile.level, -tile.number), reverse=True)


def fits(
    bundle: Bundle, tile: Tile, content: bytes, said: Checkpoint, edge: Mapping[str, bytes] = MappingProxyType({})
) -> bool:
    """Whether a tile's bytes are what the level above, or at the edge of the tree the checkpoint, says they are.

    `edge`: the other tiles there, if they are not to be the bundle's own.
    """
    try:
        if tile.level is None and tile.width < tiles.WIDTH:
            found = [leaf_hash(record) for record in tiles.unbundled(content, tile.width)]
            return found == bundle.hashes(Tile(0, tile.number, tile.width))
        if tile.width < tiles.WIDTH:
            with_it = Overlaid(bundle.folder, {**edge, str(tile): content})
            return with_it.roots([(0, said.size)], said.size) == (said.root,)
        hashes = (
            [leaf_hash(record) for record in tiles.unbundled(content, tile.width)]
            if tile.level is None
            else tiles.unpacked(content, tile.width)
        )
        above = (tile.level or 0) + 1
        number, place = divmod(tile.number, tiles.WIDTH)
        width = min(tiles.WIDTH, tiles.across(above, said.size) - number * tiles.WIDTH)
        return bundle.hashes(Tile(above, number, width))[place] == merkle.root_of(hashes)
    except (BadBundle, Unfit, IndexError):
        return False


def contradiction(tile: Tile, here: bytes, now: bytes, path: str) -> Finding | None:
    """Where what the server shows is another thing than what it showed first; None where it is not."""
    first, second = (as_far_as(one) if tile.level is None else _cut(one) for one in (here, now))
    second = second[: tile.width]
    if not (nth := first_difference(first, second)):
        return None
    what = "record" if tile.level is None else f"hash in {tile}"
    says = f"Asked again, the server showed another {what} than it did first; what it showed then is in {path}."
    pair = [b"".join(one[nth - 1 : nth]) for one in (first, second)]
    expected, got = _around(*pair) if tile.level is None else (one.hex() for one in pair)
    return Finding("shown-otherwise", says, position_of(tile, nth - 1), expected or "none", got or "none")


def later(bundle: Bundle, size: int, path: str) -> Iterator[Finding]:
    """What a file that lies under `later/` says against a server, compared with what the bundle holds itself."""
    name = path.removeprefix(LATER).partition("/")[2]
    tile = tile_of(name)
    if tile is None:
        if name != CHECKPOINT:
            yield Finding("foreign-file", f"{path} is no part of a bundle.", None, "", path)
        return
    width = min(tile.width, tiles.across(tile.level, size) - tile.first)
    whole = Tile(tile.level, tile.number, min(tiles.WIDTH, tiles.across(tile.level, size) - tile.first))
    here, now = bundle.read(str(whole)) if width > 0 else None, bundle.read(path)
    if here is not None and now is not None:
        found = contradiction(Tile(tile.level, tile.number, width), _begin(tile, here, width), now, path)
        yield from () if found is None else (found,)


def _begin(tile: Tile, content: bytes, width: int) -> bytes:
    return tiles.bundle(as_far_as(content)[:width]) if tile.level is None else content[: 32 * width]


def _cut(content: bytes) -> list[bytes]:
    return [content[at : at + 32] for at in range(0, len(content), 32)]


def _around(first: bytes, second: bytes) -> tuple[str, str]:
    """Two records near the first character that is another one."""
    pair = [one.decode(errors="replace") for one in (first, second)]
    same = next((nth for nth, (one, other) in enumerate(zip(*pair, strict=False)) if one != other), min(map(len, pair)))
    begin, end = max(0, same - AROUND), same + AROUND
    one, other = (f"{'...' * (begin > 0)}{text[begin:end]}{'...' * (end < len(text))}" for text in pair)
    return one, other
