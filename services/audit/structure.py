"""Goes through the records of a bundle in their order: bytes, hashes, tree, versions, times, commands, references."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any

from domain.ledger import merkle, tiles
from domain.ledger.findings import Finding
from domain.ledger.history import History, Members
from domain.ledger.merkle import Edge
from domain.ledger.tiles import Tile
from services.audit.bundle import Bundle, Unfit, position_of
from services.audit.leaves import Leaf, Unreadable, read, read_all
from services.hashing import grow, leaf_hashes
from services.store.ids import read_id
from services.store.ports import StoredRecord

_stream = lru_cache(50_000)(read_id)
SHOWN = 100
"""Findings that a report keeps; where there are more, the first ones count."""
GENESIS = "ledger-opened.1"
ERASURE = "subject-erased.1"


@dataclass(slots=True)
class First:
    """The first findings by position, however many are added, in whatever order."""

    _found: list[tuple[int, int, Finding]] = field(default_factory=list)

    def add(self, findings: Iterable[Finding], rank: int = 0) -> None:
        """`rank` orders what is said of one position."""
        self._found += [(one.position or 0, rank, one) for one in findings]
        if len(self._found) > 2 * SHOWN:
            self._found = self.ranked()

    def ranked(self) -> list[tuple[int, int, Finding]]:
        return sorted(self._found, key=lambda one: one[:2])[:SHOWN]

    def join(self, ranked: Sequence[tuple[int, int, Finding]]) -> None:
        """What another one found."""
        self._found = sorted([*self._found, *ranked], key=lambda one: one[:2])[:SHOWN]


@dataclass(slots=True)
class Tree:
    """The tree over the records so far. `wanted`: sizes at which its root is kept, in `roots`."""

    wanted: Sequence[int]
    edge: Edge = field(default_factory=lambda: Edge(0, ()))
    subtrees: dict[int, list[bytes]] = field(default_factory=dict)
    roots: dict[int, bytes] = field(default_factory=lambda: {0: merkle.empty_root()})

    def grow(self, leaves: Sequence[bytes]) -> None:
        rest, begin = leaves, self.edge.size
        for size in sorted(one for one in self.wanted if begin < one <= begin + len(leaves)):
            self._add(rest[: size - self.edge.size])
            rest = leaves[size - begin :]
            self.roots[size] = merkle.bagged(self.edge.peaks)
        self._add(rest)

    def join(self, roots: Sequence[bytes]) -> None:
        """Adds full tiles by their roots: over whole tiles the tree is the tree of their roots."""
        growth = grow(Edge(self.edge.size // tiles.WIDTH, self.edge.peaks), roots)
        self.edge = Edge(growth.edge.size * tiles.WIDTH, growth.edge.peaks)
        self.subtrees.setdefault(1, []).extend(roots)
        for level, _, root in growth.subtrees:
            self.subtrees.setdefault(level + 1, []).append(root)
        if self.edge.size in self.wanted:
            self.roots[self.edge.size] = growth.root

    def _add(self, leaves: Sequence[bytes]) -> None:
        if leaves:
            growth = grow(self.edge, leaves)
            self.edge = growth.edge
            for level, _, root in growth.subtrees:
                self.subtrees.setdefault(level, []).append(root)


@dataclass(frozen=True, slots=True)
class Run:
    """Full tiles with nothing wrong in them: their roots, and the order of the records `begin` .. `end`.

    These are whole commands; the first of them begins in the first tile, the last may end behind the last tile.
    """

    roots: list[bytes]
    history: History
    begin: int
    end: int
    sealed: int
    erased: int


@dataclass(slots=True)
class Command:
    """All records of one command, at consecutive positions, and their members."""

    records: list[StoredRecord] = field(default_factory=list)
    leaves: list[Leaf | Members] = field(default_factory=list)


@dataclass(slots=True)
class Commands:
    """Puts the records of each command together, and hands on those commands of which all are there."""

    decide: Callable[[Sequence[Command]], None]
    _command: Command = field(default_factory=Command)
    _whole: list[Command] = field(default_factory=list)

    def take(self, position: int, record: bytes, leaf: Leaf | Members) -> None:
        # One that lacks its first record, which cannot be read, is no part of the one before.
        if leaf.of[0] == 1 or (self._command.leaves and self._command.leaves[-1].cmd != leaf.cmd):
            self._close()
        self._command.records.append(StoredRecord(position, _stream(leaf.id), leaf.ver, leaf.type, record))
        self._command.leaves.append(leaf)

    def hand_on(self) -> None:
        whole, self._whole = self._whole, []
        self.decide(whole)

    def end(self) -> None:
        """There are no more."""
        self._close()
        self.hand_on()

    def _close(self) -> None:
        if self._command.records:
            self._whole.append(self._command)
            self._command = Command()


@dataclass(slots=True)
class Structure:
    """What was found of the records so far. `commands` gets those that are readable, if anybody wants to decide."""

    bundle: Bundle
    origin: str
    key: str
    tree: Tree
    history: History
    commands: Commands | None = None
    found: First = field(default_factory=First)
    sealed: int = 0
    erased: int = 0
    taken: int = 0
    """Records whose order has been checked: those before this position."""
    stopped: Finding | None = None
    """Why the records after the last tile could not be read."""
    unreadable: bool = False

    def tile(self, tile: Tile) -> bool:
        """Takes the records of one tile. False where its file breaks off: then there is nothing behind it."""
        entries, fault = self.bundle.whatever(tile)
        leaves = leaf_hashes(entries)
        if fault is None:
            self.found.add(compared(self.bundle, Tile(0, tile.number, tile.width), leaves), rank=-1)
        self.tree.grow(leaves)
        begin = max(self.taken - tile.first, 0)  # the rest of a command that began before was taken there
        self._records(entries[begin:], tile.first + begin)
        self.taken = max(self.taken, tile.first + len(entries))
        self.stopped = fault
        return fault is None

    def join(self, run: Run, size: int) -> bool:
        """Takes over a run that was looked at elsewhere. False where it does not fit."""
        if self.taken < run.begin:  # the end of a command that began in a tile which was taken here
            behind = [record for _, record in islice(self.bundle.records(self.taken, size), run.begin - self.taken)]
            self._records(behind, self.taken)
            self.taken += len(behind)
        if self.taken != run.begin or not self.history.join(run.history):
            return False
        if run.begin == 0:
            first = read(self.bundle.record(0, size), 0)
            self.genesis({"type": first.type, "data": first.data})
        self.taken = run.end
        self.sealed += run.sealed
        self.erased += run.erased
        self.tree.join(run.roots)
        return True

    def end(self, size: int) -> None:
        """There are no more."""
        self.found.add(self.history.end(size))

    def genesis(self, members: Mapping[str, Any] | None = None) -> None:
        """Whether the first record opens this ledger under the auditor's key."""
        said = members or {}
        data = said.get("data")
        data = data if isinstance(data, Mapping) else {}
        opens = said.get("type"), data.get("origin"), data.get("key")
        if opens != (GENESIS, self.origin, self.key):
            says = "The first record does not open this ledger under your key."
            self.found.add([Finding("genesis-differs", says, 0, f"{self.origin} {self.key}", str(opens))])

    def _records(self, records: Sequence[bytes], first: int) -> None:
        commands, readable = self.commands, list[tuple[int, bytes, Leaf | Members]]()
        for position, leaf in enumerate(read_all(records, first), start=first):
            if isinstance(leaf, Unreadable):
                self._unreadable(position, leaf)
                continue
            if found := self.history.follow(position, leaf):
                self.found.add(found)
            if position == 0:
                self.genesis({"type": leaf.type, "data": leaf.data})
            if leaf.sealed:
                self.sealed += len(leaf.sealed)
            self.erased += leaf.type == ERASURE
            if commands is not None:
                readable.append((position, records[position - first], leaf))
        # Only now, so that the processor has one thing in its cache at a time: the form of records, or the rules.
        if commands is not None:
            for one in readable:
                commands.take(*one)
            commands.hand_on()

    def _unreadable(self, position: int, error: Unreadable) -> None:
        self.found.add([error.finding])
        self.unreadable = True
        if position == 0 and error.members:
            self.genesis(error.members)


def compared(bundle: Bundle, tile: Tile, computed: Sequence[bytes]) -> Iterator[Finding]:
    """Where a hash tile is not what the records come to, if it is not."""
    if bundle.read(str(tile)) == b"".join(computed):
        return
    try:
        found = bundle.hashes(tile)
    except Unfit as unfit:
        yield unfit.finding
        return
    if nth := first_difference(found, computed):
        says = f"{tile} does not hold the hash of what the records are there."
        got, expected = found[nth - 1 : nth], computed[nth - 1 : nth]
        yield Finding("tile-differs", says, position_of(tile, nth - 1), b"".join(expected).hex(), b"".join(got).hex())


def first_difference(found: Sequence[bytes], computed: Sequence[bytes]) -> int:
    """1 for the first, and so on; 0 where there is none."""
    if list(found) == list(computed):
        return 0
    pairs = zip(found, computed, strict=False)
    return next((nth for nth, (one, other) in enumerate(pairs, 1) if one != other), min(len(found), len(computed)) + 1)
