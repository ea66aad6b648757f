"""Copies a ledger into a bundle, and goes on where it was stopped. What it copies, `verify` checks."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, groupby, takewhile
from pathlib import Path

import msgspec

from domain.ledger import checkpoints, merkle, notes, tiles
from domain.ledger.checkpoints import BadCheckpoint, Checkpoint
from domain.ledger.findings import Finding
from domain.ledger.notes import BadNote
from domain.ledger.tiles import BadBundle, Tile
from services.audit.again import Again, Get, Overlaid, chosen
from services.audit.bundle import CHECKPOINT, EARLIER, PART, UNREADABLE, Bundle, Unfit, needed, tile_of

Progress = Callable[[int, int], None]
AT_ONCE = 8
SUSPECTS = 4
"""Tiles of whose records every checkpoint is asked for, where something does not fit."""
FORK = ".fork.checkpoint"
"""Where the newer note is put, beside the bundle, when it contradicts the older one."""
BEGUN = ".begun.checkpoint"
"""Where the note lies, beside the bundle, that a fetch began with and has not come to the end of."""


class Unreachable(Exception):
    """The server does not answer, or not as a ledger does; the sentence says what happened."""


class AskedWrongly(Unreachable):
    """The server says that what it was asked for makes no sense."""


class _Checkpoints(msgspec.Struct):
    items: list[str]
    next: int | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of it: the size of the ledger, how many files were fetched, and how many were there already.

    Of these, `asked` were asked for again, and `mended` were damaged here. `whole`: all that was promised is there.
    """

    size: int = 0
    fetched: int = 0
    kept: int = 0
    asked: int = 0
    mended: int = 0
    findings: tuple[Finding, ...] = ()
    whole: bool = True


def read_checkpoint(note: str | bytes) -> Checkpoint:
    """The checkpoint in a note, whoever signed it. Raises BadNote, BadCheckpoint."""
    return checkpoints.parse(notes.parse(note).text)


Read = Callable[[bytes], Checkpoint]
"""Raises BadNote, BadCheckpoint."""


async def fetch(
    get: Get, bundle: Bundle, progress: Progress, *, fresh: bool = False, read: Read = read_checkpoint
) -> Fetched:
    """Copies all that a server's newest checkpoint promises, and asks again for what is there: some of it, or all.

    `read`: how a checkpoint is read, by whoever has the ledger's key and takes no other's: the server's newest, those
    that a fetch began or ended with before, and every earlier one that the bundle keeps.

    What is there stays, where the server shows something else now; that is a finding. The bundle's checkpoint is
    replaced last, and never by one that does not continue it. Raises Unreachable.
    """
    note, said = await _shown(get)
    if unsigned := _unsigned("the server's checkpoint; nothing was written", note, read):
        return Fetched(findings=unsigned)
    earlier = dict[str, Checkpoint]()
    begun = bundle.beside(BEGUN)
    for whence, old in (("the bundle's own checkpoint", bundle.read(CHECKPOINT)), (f"{begun}", _content(begun))):
        try:
            earlier |= {} if old is None else {whence: read_checkpoint(old)}
        except (BadNote, BadCheckpoint) as error:
            return Fetched(findings=(Finding("checkpoint-malformed", f"This is no checkpoint: {whence}. {error}"),))
        # What nobody signed is no evidence against the server.
        if old is not None and (unsigned := _unsigned(f"{whence}; nothing was written", old, read)):
            return Fetched(findings=unsigned)
    sure = True
    for whence, before in earlier.items():
        found, certain = await _held_against(get, bundle, whence, before, said)
        if found is not None:
            if found.code == "fork":
                bundle.beside(FORK).write_bytes(note)
            return Fetched(said.size if found.code != "ledger-foreign" else 0, findings=(found,))
        sure = sure and certain
    # What the server may have contradicted since is kept: only what surely goes on from it takes its place.
    if bundle.read(CHECKPOINT) != note and (sure or not begun.exists()):
        Bundle(begun.parent).write(begun.name, note)
    again = Again(get, bundle, note, said, sure)
    forged = list[Finding]()
    copied = await _copied(again, list(earlier.values()), progress, fresh=fresh)
    if not again.absent and copied.whole:
        bound = [*_suspect(bundle, said.size), said.size // tiles.WIDTH]
        for number in bound:
            forged += await _earlier(
                get, bundle, number * tiles.WIDTH, min((number + 1) * tiles.WIDTH, said.size), read
            )
        bundle.write(CHECKPOINT, note)
        if sure or _content(begun) == note:
            begun.unlink(missing_ok=True)
        _sweep(bundle, said.size, bound)
        forged += _kept_unsigned(bundle, read)
    return replace(copied, findings=(*copied.findings, *forged))


async def _shown(get: Get) -> tuple[bytes, Checkpoint]:
    """The server's newest checkpoint. Raises Unreachable."""
    note = await get(CHECKPOINT)
    try:
        return note or b"", read_checkpoint(note or b"")
    except (BadNote, BadCheckpoint) as error:
        raise Unreachable(f"What lies under this address is no ledger: its checkpoint is none. {error}") from error


def _unsigned(which: str, note: bytes, read: Read) -> tuple[Finding, ...]:
    """What is wrong with a checkpoint that is well-formed, and not by the key that the auditor brought."""
    try:
        read(note)
    except BadNote as error:
        return (Finding("note-unsigned", f"This is not signed by your key: {which}. {error}"),)
    return ()


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


async def _held_against(
    get: Get, bundle: Bundle, whence: str, before: Checkpoint, said: Checkpoint
) -> tuple[Finding | None, bool]:
    """What the server's newest checkpoint is, seen from an earlier one; whether that is sure."""
    if before.origin != said.origin:
        says = f"The server keeps another ledger than this is of: see {whence}."
        return Finding("ledger-foreign", says, None, before.origin, said.origin), True
    if before.size > said.size:
        says = f"The server shows fewer records than it did before: see {whence}."
        return Finding("older-than-saved", says, None, f"at least {before.size} records", str(said.size)), True
    return await _continues(get, bundle, whence, before, said)


async def _continues(
    get: Get, bundle: Bundle, whence: str, before: Checkpoint, said: Checkpoint
) -> tuple[Finding | None, bool]:
    """Whether the server's ledger begins with an earlier one, by its own hashes; evidence if not; whether it is sure.

    Nothing is sure where they do not come to the checkpoint that the server itself shows.
    """
    if before.size == 0 or before == said:
        return None, True
    ranges = [(0, before.size), (0, said.size)]
    shown = {str(tile): await get(str(tile)) or b"" for tile, _, _ in needed(ranges, said.size)}
    try:
        root, newest = Overlaid(bundle.folder, shown).roots(ranges, said.size)
    except Unfit:
        return None, False
    if newest != said.root and before.size != said.size:
        return None, False
    if root == before.root and newest == said.root:
        return None, True
    says = f"The server's ledger does not begin with the {before.size} records that it showed before: see {whence}."
    return Finding("fork", says, None, before.root.hex(), (said.root if before.size == said.size else root).hex()), True


async def _copied(again: Again, earlier: Sequence[Checkpoint], progress: Progress, *, fresh: bool) -> Fetched:
    """What is missing is fetched; then it is asked again for what was there.

    `earlier`: the checkpoint of what is there, first, and that of a fetch that was cut since.
    """
    bundle, size, held = again.bundle, again.said.size, list[Tile]()
    missing = _missing(bundle, size, held)
    total = tiles.how_many(size)
    fetched, findings = 0, list[Finding]()

    async def copy(tile: Tile) -> None:
        nonlocal fetched
        if (content := await again.get(str(tile))) is None:
            findings.append(Finding("tile-missing", f"The server has no {tile}, though its checkpoint says so."))
            return
        bundle.write(str(tile), content)
        fetched += 1
        progress(fetched + len(held), total)

    await _each(takewhile(lambda _: not findings, missing), copy)
    if findings:
        return Fetched(size, fetched, len(held), findings=tuple(findings), whole=False)
    told = [again.narrower(before, *pair) for before in earlier for pair in _narrower(before, size)]
    if bundle.has(CHECKPOINT) and not all(told):
        _sweep(bundle, earlier[0].size, [earlier[0].size // tiles.WIDTH])
    asked = chosen([tile for tile in held if bundle.has(str(tile))], fresh=fresh)

    async def ask(tile: Tile) -> None:
        await again.one(tile)
        progress(total - len(asked) + again.asked, total)

    for _, level in groupby(asked, key=lambda tile: tile.level):
        await _each(level, ask)
    return Fetched(size, fetched, len(held), again.asked, again.mended, again.findings, all(told))


def _missing(bundle: Bundle, size: int, held: list[Tile]) -> Iterator[Tile]:
    """One tile after the other, without a list of all: what a server says its size is, nobody has signed yet."""
    for tile in chain(tiles.hash_tiles(size), tiles.bundles(size)):
        if _has(bundle, tile):
            held.append(tile)
        else:
            yield tile


def _narrower(before: Checkpoint, size: int) -> Iterator[tuple[Tile, Tile]]:
    """The partial tiles of an earlier size, each with the one that takes its place; hashes first."""
    for tile in chain(tiles.hash_tiles(before.size), tiles.bundles(before.size)):
        width = min(tiles.WIDTH, tiles.across(tile.level, size) - tile.first)
        if tile.width < width:
            yield tile, Tile(tile.level, tile.number, width)


async def _each(waiting: Iterable[Tile], work: Callable[[Tile], Awaitable[None]]) -> None:
    """Some at a time; the first that fails ends them all."""
    left = iter(waiting)

    async def go_on() -> None:
        for tile in left:
            await work(tile)

    workers = [asyncio.ensure_future(go_on()) for _ in range(AT_ONCE)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()


def _has(bundle: Bundle, tile: Tile) -> bool:
    """Whole, if not what it was; nobody has asked the server again yet."""
    if (content := bundle.read(str(tile))) is None:
        return False
    try:
        (tiles.unbundled if tile.level is None else tiles.unpacked)(content, tile.width)
    except BadBundle:
        return False
    return True


def _suspect(bundle: Bundle, size: int) -> list[int]:
    """The first full tiles of which the server's own hashes do not come to their root: what was altered lies there."""
    found: list[int] = []
    for tile in tiles.hash_tiles(size):
        if tile.level == 1 and len(found) < SUSPECTS:
            try:
                leaves = (bundle.hashes(Tile(0, tile.first + nth)) for nth in range(tile.width))
                roots = [merkle.root_of(leaf) for leaf in leaves]
                found += [tile.first + nth for nth, root in enumerate(bundle.hashes(tile)) if root != roots[nth]]
            except Unfit:
                continue  # `verify` says what is wrong with them
    return found[:SUSPECTS]


async def _earlier(get: Get, bundle: Bundle, first: int, until: int, read: Read) -> tuple[Finding, ...]:
    """The checkpoints that were signed within a tile, where the server tells them: they bind its records one by one.

    Those that the auditor's key did not sign are not kept. Raises Unreachable.
    """
    forged, after = list[Finding](), first
    while (answer := await get(f"v1/checkpoints?after={after}&until={until}")) is not None:
        try:
            page = msgspec.json.decode(answer, type=_Checkpoints)
            sizes = [read_checkpoint(note).size for note in page.items]
        except (*UNREADABLE, BadNote, BadCheckpoint) as error:
            raise Unreachable(f"What the server calls its checkpoints are none: {error}") from error
        if strange := [size for size in sizes if not first < size <= until]:
            raise Unreachable(f"Asked for checkpoints of {first + 1} to {until} records, it gives one of {strange[0]}.")
        for size, note in zip(sizes, page.items, strict=True):
            unsigned = _unsigned(f"a checkpoint of {size} records that the server gives", note.encode(), read)
            forged += unsigned
            if not unsigned:
                bundle.write(f"{EARLIER}{size}", note.encode())
        if page.next is None:
            break
        if not after < page.next < until:
            raise Unreachable(f"The server's list of checkpoints does not come to an end: {page.next} follows {after}.")
        after = page.next
    return tuple(forged)


def _kept_unsigned(bundle: Bundle, read: Read) -> Iterator[Finding]:
    """The checkpoints that lay in the bundle before, and that nobody signed whom the auditor trusts."""
    for path in bundle.files():
        if path.startswith(EARLIER):
            note = bundle.read(path) or b""
            with suppress(BadNote, BadCheckpoint):  # what is no checkpoint at all is for `verify` to say
                read_checkpoint(note)
                yield from _unsigned(f"{path}, which lay in the bundle", note, read)


def _sweep(bundle: Bundle, size: int, bound: Sequence[int]) -> None:
    """Partial tiles and checkpoints of earlier sizes have no use, nor what an earlier run left half done."""
    wanted = {str(tile) for tile in (*tiles.hash_tiles(size), *tiles.bundles(size))}
    for path in list(bundle.files()):
        number = path.removeprefix(EARLIER)
        old = path.startswith(EARLIER) and number.isdecimal() and (int(number) - 1) // tiles.WIDTH not in bound
        half_done = path.endswith(PART) and path.rpartition("/")[2].startswith(".")
        if old or half_done or (tile_of(path) is not None and path not in wanted):
            bundle.remove(path)
