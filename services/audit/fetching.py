"""Copies a ledger into a bundle, and goes on where it was stopped. What it copies, `verify` checks."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import chain

import msgspec

from domain.ledger import checkpoints, merkle, notes, tiles
from domain.ledger.checkpoints import BadCheckpoint, Checkpoint
from domain.ledger.findings import Finding
from domain.ledger.notes import BadNote
from domain.ledger.tiles import BadBundle, Tile
from services.audit.bundle import CHECKPOINT, EARLIER, PART, Bundle, Unfit, tile_of

Get = Callable[[str], Awaitable[bytes | None]]
"""What a server answers under a path; None where there is nothing. Raises Unreachable."""
Progress = Callable[[int, int], None]
AT_ONCE = 8
SUSPECTS = 4
"""Tiles of whose records every checkpoint is asked for, where something does not fit."""
FORK = ".fork.checkpoint"
"""Where the newer note is put, beside the bundle, when it contradicts the older one."""


class Unreachable(Exception):
    """The server does not answer, or not as a ledger does; the sentence says what happened."""


class AskedWrongly(Unreachable):
    """The server says that what it was asked for makes no sense."""


class _Checkpoints(msgspec.Struct):
    items: list[str]
    next: int | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of it: the size of the ledger, how many files were fetched, and how many were there already."""

    size: int = 0
    fetched: int = 0
    kept: int = 0
    findings: tuple[Finding, ...] = ()


def read_checkpoint(note: str | bytes) -> Checkpoint:
    """The checkpoint in a note, whoever signed it. Raises BadNote, BadCheckpoint."""
    return checkpoints.parse(notes.parse(note).text)


async def fetch(get: Get, bundle: Bundle, progress: Progress, *, fresh: bool = False) -> Fetched:
    """Copies all that a server's newest checkpoint promises; full tiles that are there are kept, unless `fresh`.

    The bundle's checkpoint is replaced last, and never by one that does not continue it. Raises Unreachable.
    """
    note = await get(CHECKPOINT)
    try:
        said = read_checkpoint(note or b"")
    except (BadNote, BadCheckpoint) as error:
        raise Unreachable(f"What lies under this address is no ledger: its checkpoint is none. {error}") from error
    try:
        before = None if (old := bundle.read(CHECKPOINT)) is None else read_checkpoint(old)
    except (BadNote, BadCheckpoint) as error:
        return Fetched(findings=(Finding("checkpoint-malformed", f"The bundle's own checkpoint is none: {error}"),))
    if before is not None and before.size > said.size:
        says = "The server shows fewer records than this bundle holds."
        found = Finding("older-than-saved", says, None, f"at least {before.size} records", str(said.size))
        return Fetched(said.size, findings=(found,))
    assert note is not None
    copied = await _tiles(get, bundle, said.size, progress, fresh=fresh)
    findings = [*copied.findings]
    findings += [] if findings else _extends(bundle, before, said)
    if any(one.code == "fork" for one in findings):
        beside = bundle.folder.with_name(bundle.folder.name + FORK)
        beside.write_bytes(note)
    if not findings:
        bound = [*_suspect(bundle, said.size), said.size // tiles.WIDTH]
        for number in bound:
            await _earlier(get, bundle, number * tiles.WIDTH, min((number + 1) * tiles.WIDTH, said.size))
        bundle.write(CHECKPOINT, note)
        _sweep(bundle, said.size, bound)
    return Fetched(said.size, copied.fetched, copied.kept, tuple(findings))


def _has(bundle: Bundle, tile: Tile) -> bool:
    """Only full tiles never change."""
    if tile.width != tiles.WIDTH or (content := bundle.read(str(tile))) is None:
        return False
    try:
        (tiles.unbundled if tile.level is None else tiles.unpacked)(content, tile.width)
    except BadBundle:
        return False
    return True


async def _tiles(get: Get, bundle: Bundle, size: int, progress: Progress, *, fresh: bool) -> Fetched:
    """One tile after the other, without a list of all: what a server says its size is, nobody has signed yet."""
    findings, fetched, kept = list[Finding](), 0, 0
    waiting, total = chain(tiles.hash_tiles(size), tiles.bundles(size)), tiles.how_many(size)

    async def work() -> None:
        nonlocal fetched, kept
        for tile in waiting:
            if findings:
                return
            if not fresh and _has(bundle, tile):
                kept += 1
            elif (content := await get(str(tile))) is None:
                findings.append(Finding("tile-missing", f"The server has no {tile}, though its checkpoint says so."))
            else:
                bundle.write(str(tile), content)
                fetched += 1
            progress(fetched + kept, total)

    workers = [asyncio.ensure_future(work()) for _ in range(AT_ONCE)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
    return Fetched(size, fetched, kept, tuple(findings))


def _extends(bundle: Bundle, before: Checkpoint | None, said: Checkpoint) -> Sequence[Finding]:
    """Whether what was fetched begins with what was there: only a fork, or bytes that were altered, can make it not."""
    if before is None or before.size == 0:
        return ()
    try:
        (root,) = bundle.roots([(0, before.size)], said.size)
        (newest,) = bundle.roots([(0, said.size)], said.size)
    except Unfit:
        return ()  # `verify` says in detail what is wrong with these tiles
    if root == before.root or newest != said.root:
        return ()
    says = f"The server's ledger does not begin with the {before.size} records whose checkpoint this bundle holds."
    return (Finding("fork", says, None, before.root.hex(), root.hex()),)


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


async def _earlier(get: Get, bundle: Bundle, after: int | None, until: int) -> None:
    """The checkpoints that were signed within a tile, where the server tells them: they bind its records one by one."""
    while after is not None:
        answer = await get(f"v1/checkpoints?after={after}&until={until}")
        if answer is None:
            return
        try:
            page = msgspec.json.decode(answer, type=_Checkpoints)
            for note in page.items:
                bundle.write(f"{EARLIER}{read_checkpoint(note).size}", note.encode())
        except (msgspec.MsgspecError, BadNote, BadCheckpoint) as error:
            raise Unreachable(f"What the server calls its checkpoints are none: {error}") from error
        if page.next is not None and page.next <= after:
            raise Unreachable(f"The server's list of checkpoints does not come to an end: {page.next} follows {after}.")
        after = page.next


def _sweep(bundle: Bundle, size: int, bound: Sequence[int]) -> None:
    """Partial tiles and checkpoints of earlier sizes have no use, nor what an earlier run left half done."""
    wanted = {str(tile) for tile in (*tiles.hash_tiles(size), *tiles.bundles(size))}
    for path in list(bundle.files()):
        number = path.removeprefix(EARLIER)
        old = path.startswith(EARLIER) and number.isdecimal() and (int(number) - 1) // tiles.WIDTH not in bound
        half_done = path.endswith(PART) and path.rpartition("/")[2].startswith(".")
        if old or half_done or (tile_of(path) is not None and path not in wanted):
            bundle.remove(path)
