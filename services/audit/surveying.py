"""Other processes look at runs of full tiles; what is well with all of a run is taken over, the rest gone through here.

So every finding comes from one place, and is the same however many processes there are.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace

from domain.ledger import tiles
from domain.ledger.history import History, Members, Supposed
from domain.ledger.merkle import Edge
from domain.ledger.tiles import Tile
from services.audit.bundle import Bundle, Unfit
from services.audit.leaves import Leaf, Unreadable, read_all
from services.audit.structure import ERASURE, Run, Structure, compared
from services.audit.workers import Workers, answer
from services.hashing import grow, leaf_hashes

RUN = 16
"""Tiles that another process looks at in one go."""
AHEAD = 3
"""Runs for each process that wait to be looked at, or to be taken over."""


def survey(bundle: Bundle, origin: str, size: int, first: int, last: int) -> Run | None:
    """Looks at the full tiles `first` up to, not including, `last`. None where anything at all is wrong with them."""
    run, begin, position = Run([], History(origin, supposed=Supposed()), 0, 0, 0, 0), -1, first * tiles.WIDTH
    sealed = erased = 0
    try:
        for position, leaf in _leaves(bundle, size, first, last, run):
            if isinstance(leaf, Unreadable):
                return None
            if begin < 0 and leaf.of[0] != 1:
                continue  # of a command that began before this run
            begin = position if begin < 0 else begin
            if run.history.follow(position, leaf):
                return None
            sealed += len(leaf.sealed or ())
            erased += leaf.type == ERASURE
    except Unfit:
        return None
    whole = begin >= 0 and run.history.between_commands
    return replace(run, begin=begin, end=position + 1, sealed=sealed, erased=erased) if whole else None


def _leaves(
    bundle: Bundle, size: int, first: int, last: int, run: Run
) -> Iterator[tuple[int, Leaf | Members | Unreadable]]:
    """Those of the tiles, whose roots are noted on the way, and what the last command has behind them. Raises Unfit."""
    for number in range(first, last):
        entries = bundle.entries(Tile(None, number))
        hashes = leaf_hashes(entries)
        for fault in compared(bundle, Tile(0, number), hashes):
            raise Unfit(fault)
        run.roots.append(grow(Edge(0, ()), hashes).root)
        yield from enumerate(read_all(entries, number * tiles.WIDTH), start=number * tiles.WIDTH)
    behind = bundle.records(last * tiles.WIDTH, size)
    while not run.history.between_commands and (following := next(behind, None)) is not None:
        position, record = following
        yield from enumerate(read_all([record], position), start=position)


def go_through(structure: Structure, size: int, workers: Workers) -> Iterator[int]:
    """Takes all tiles with the help of other processes; gives how many records are done, again and again."""
    waiting = deque(planned(size, structure.tree.wanted, workers.jobs))
    asked = deque[tuple[Part, Future[Run | None] | None]]()
    while waiting or asked:
        while waiting and len(asked) < AHEAD * workers.jobs:
            part = waiting.popleft()
            whither = (structure.bundle, structure.origin, size, part.first, part.last)
            asked.append((part, None if part.alone else workers.ask(survey, *whither)))
        part, future = asked.popleft()
        found = answer(future)
        if found is None or not structure.join(found, size):
            for tile in tiles.bundles(min(part.last * tiles.WIDTH, size), part.first * tiles.WIDTH):
                if not structure.tile(tile):
                    return
        yield min(part.last * tiles.WIDTH, size)


@dataclass(frozen=True, slots=True)
class Part:
    """Tiles `first` up to, not including, `last`. `alone`: they are looked at here, one by one."""

    first: int
    last: int
    alone: bool = False


def planned(size: int, wanted: Iterable[int], jobs: int) -> Iterator[Part]:
    """A tile within which the tree's root is wanted is looked at here, as is a partial one."""
    full = size // tiles.WIDTH
    run = max(1, min(RUN, full // jobs))
    ends = {number // tiles.WIDTH for number in wanted if number % tiles.WIDTH == 0}
    alone = {number // tiles.WIDTH for number in wanted if number % tiles.WIDTH} | {full}
    first = 0
    while first * tiles.WIDTH < size:
        last = first + 1
        while first not in alone and last < min(first + run, full) and last not in ends and last not in alone:
            last += 1
        yield Part(first, last, first in alone)
        first = last
