"""Checks a bundle from its bytes alone, with a key that the auditor brought: note, tree, records, decisions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any
from uuid import UUID

from domain.contexts import CONTEXTS
from domain.kernel import Context
from domain.ledger import checkpoints, merkle, notes, tiles
from domain.ledger.checkpoints import BadCheckpoint, Checkpoint
from domain.ledger.findings import Finding, Verdict, verdict_of
from domain.ledger.history import History
from domain.ledger.merkle import Edge, grow
from domain.ledger.notes import BadNote, Verifier, VerifierKey
from domain.ledger.records import BadLeaf, check_leaf, leaf_hash
from domain.ledger.tiles import Tile
from services.audit.bundle import CHECKPOINT, EARLIER, Bundle, Unfit, position_of, tile_of
from services.audit.deciding import Redecider, Taken
from services.audit.recomputing import Recomputing
from services.codec import Codec
from services.keys import check_with
from services.names import NAMES
from services.store.ports import StoredRecord

Progress = Callable[[int, int], None]
SHOWN = 100
"""Findings that a report keeps; where there are more, the first ones count."""
GENESIS = "ledger-opened.1"
ERASURE = "subject-erased.1"


@dataclass(slots=True)
class Report:
    """What an audit came to. `verified`: so many records, from the first, are as signed and as the rules demand.

    `checked` and `unchecked` say in words what was looked at and what was not.
    """

    origin: str = ""
    size: int = 0
    root: str = ""
    verified: int = 0
    findings: list[Finding] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        return verdict_of(self.findings)

    def add(self, *findings: Finding) -> None:
        for one in findings:
            if one.verdict is not Verdict.FORK and len(self.findings) >= SHOWN:
                continue
            self.findings.append(one)


def signed(note: bytes | str, key: VerifierKey) -> Checkpoint:
    """The checkpoint that this key signed. Raises BadNote, BadCheckpoint."""
    found = notes.parse(note)
    notes.verified(found, [Verifier(key.name, key.key_id, check_with(key.public))])
    said = checkpoints.parse(found.text)
    if said.origin != key.name:
        raise BadNote(f"The checkpoint is of {said.origin!r}, and the key is that of {key.name!r}.")
    return said


def verify(
    bundle: Bundle,
    key: VerifierKey,
    *,
    saved: bytes | None = None,
    decide: bool = True,
    contexts: Mapping[str, Context] = CONTEXTS,
    names: Mapping[str, type] = NAMES,
    progress: Progress = lambda done, total: None,
) -> Report:
    """Everything that can be checked offline. `saved`: a checkpoint that the auditor kept from an earlier audit."""
    report = Report(origin=key.name)
    try:
        head = _head(bundle, key)
    except Unfit as unfit:
        report.add(unfit.finding)
        return report
    report.size, report.root = head.size, head.root.hex()
    report.checked.append(f"the signature of the checkpoint of {head.size} records, by {key}")
    audit = _Audit(bundle, key, head, report, contexts, names, decide)
    audit.binding(saved)
    for done in audit.records():
        progress(done, head.size)
    audit.files()
    audit.conclude()
    _say_what_is_left(report, saved, audit)
    return report


def _head(bundle: Bundle, key: VerifierKey) -> Checkpoint:
    note = bundle.note()
    try:
        return signed(note, key)
    except BadCheckpoint as error:
        raise Unfit(Finding("checkpoint-malformed", str(error))) from error
    except BadNote as error:
        raise Unfit(Finding("note-unsigned", f"The checkpoint is not signed by your key. {error}")) from error


@dataclass(slots=True)
class _Bound:
    """A signed checkpoint that the records must come to: whence it is, and whether they did."""

    whence: str
    said: Checkpoint
    root: bytes = b""

    @property
    def holds(self) -> bool:
        return self.root == self.said.root


@dataclass(slots=True)
class _Audit:
    bundle: Bundle
    key: VerifierKey
    head: Checkpoint
    report: Report
    contexts: Mapping[str, Context]
    names: Mapping[str, type]
    decide: bool
    edge: Edge = field(default_factory=lambda: Edge(0, ()))
    subtrees: dict[int, list[bytes]] = field(default_factory=dict)
    bounds: dict[int, list[_Bound]] = field(default_factory=dict)
    sealed: int = 0
    erased: int = 0
    redecider: Redecider | None = None
    recomputing: Recomputing | None = None
    _group: list[tuple[StoredRecord, Mapping[str, Any]]] = field(default_factory=list)
    _stopped: bool = False

    # --- what binds the ledger ---

    def binding(self, saved: bytes | None) -> None:
        self._bind(_Bound(CHECKPOINT, self.head))
        if saved is not None:
            self._bind_saved(saved)
        for path in self.bundle.files():
            second = "/" not in path and path != CHECKPOINT
            if second or path.startswith(EARLIER):
                self._bind_file(path, second=second)

    def _bind(self, bound: _Bound) -> None:
        self.bounds.setdefault(bound.said.size, []).append(bound)

    def _bind_saved(self, saved: bytes) -> None:
        try:
            said = signed(saved, self.key)
        except (BadNote, BadCheckpoint) as error:
            self.report.add(Finding("saved-unsigned", f"The checkpoint that you saved is not by this key. {error}"))
            return
        if said.size > self.head.size:
            says = "The ledger shows fewer records than you saw before."
            self.report.add(Finding("older-than-saved", says, None, str(said.size), str(self.head.size)))
            return
        self._bind(_Bound("the checkpoint that you saved", said))

    def _bind_file(self, path: str, *, second: bool) -> None:
        content = self.bundle.read(path) or b""
        try:
            said = signed(content, self.key)
        except (BadNote, BadCheckpoint) as error:
            if second:
                says = f"{path} is no part of a bundle. Remove it, or fetch the ledger into a new directory."
                self.report.add(Finding("foreign-file", says, None, "", path))
            else:
                self.report.add(Finding("checkpoint-malformed", f"{path} is no checkpoint by your key: {error}"))
            return
        if second:
            says = f"{path} is a second checkpoint of {said.size} records: a bundle has one. Compare the two."
            self.report.add(Finding("second-checkpoint", says, None, CHECKPOINT, path))
        elif path != f"{EARLIER}{said.size}":
            self.report.add(Finding("checkpoint-malformed", f"{path} is the checkpoint of {said.size} records."))
            return
        if said.size <= self.head.size:
            self._bind(_Bound(path, said))

    # --- the records ---

    def records(self) -> Iterator[int]:
        """Goes through all records; gives how many are done, again and again."""
        codec = Codec(self.head.origin, self.names)
        history = History(self.head.origin)
        if self.decide:
            self.redecider = Redecider(codec, self.contexts)
            self.recomputing = Recomputing(self.bundle, self.head.size)
        for tile in tiles.bundles(self.head.size):
            entries, fault = self.bundle.whatever(tile)
            leaves = [leaf_hash(record) for record in entries]
            if fault is None:
                self._compare(Tile(0, tile.number, tile.width), leaves)
            self._grow(leaves)
            for position, record in enumerate(entries, start=tile.first):
                self._record(history, position, record)
            if fault is not None:
                self.report.add(fault)
                self._stopped = True
                return
            yield tile.first + tile.width
        self.report.add(*history.end(self.head.size))
        self._decide_group()
        if self.recomputing is not None:
            self.report.add(*self.recomputing.end())

    def _grow(self, leaves: Sequence[bytes]) -> None:
        """Adds leaves to the tree, and notes its root wherever a checkpoint is bound to it."""
        begin, rest = self.edge.size, leaves
        for size in sorted(one for one in self.bounds if begin < one <= begin + len(leaves)):
            self._add(rest[: size - self.edge.size])
            rest = leaves[size - begin :]
            for bound in self.bounds[size]:
                bound.root = merkle.bagged(self.edge.peaks)
        self._add(rest)

    def _add(self, leaves: Sequence[bytes]) -> None:
        if leaves:
            growth = grow(self.edge, leaves)
            self.edge = growth.edge
            for level, _, root in growth.subtrees:
                self.subtrees.setdefault(level, []).append(root)

    def _record(self, history: History, position: int, record: bytes) -> None:
        try:
            leaf = check_leaf(record)
        except BadLeaf as bad:
            self.report.add(Finding(bad.code, str(bad), position))
            return
        found = list(history.take(position, leaf))
        self.report.add(*found)
        if position == 0:
            self._genesis(leaf)
        if any(one.code == "record-malformed" for one in found):
            return
        self.sealed += len(leaf.get("sealed", ()))
        self.erased += leaf["type"] == ERASURE
        stored = StoredRecord(position, UUID(leaf["id"]), leaf["ver"], leaf["type"], record)
        if leaf["of"][0] == 1:
            self._decide_group()
        self._group.append((stored, leaf))

    def _genesis(self, leaf: Mapping[str, Any]) -> None:
        data = leaf.get("data", {})
        said = leaf.get("type"), data.get("origin"), data.get("key")
        if said != (GENESIS, self.head.origin, str(self.key)):
            says = "The first record does not open this ledger under your key."
            self.report.add(Finding("genesis-differs", says, 0, f"{self.head.origin} {self.key}", str(said)))

    def _decide_group(self) -> None:
        group, self._group = self._group, []
        if group and self.redecider is not None:
            records, leaves = zip(*group, strict=True)
            self.report.add(*self.redecider.take(Taken(records, leaves)))
            if self.recomputing is not None:
                self.report.add(*self.recomputing.take(self.redecider.recorded))

    # --- the files ---

    def files(self) -> None:
        """Every tile of the upper levels, and whatever else lies there."""
        known = {CHECKPOINT}
        for tile in tiles.hash_tiles(self.head.size):
            known.add(str(tile))
            if tile.level and not self._stopped:
                self._compare(tile, self.subtrees.get(tile.level, [])[tile.first : tile.first + tile.width])
        known.update(map(str, tiles.bundles(self.head.size)))
        for path in self.bundle.files():
            if path not in known and "/" in path and not path.startswith(EARLIER):
                self._other(path)

    def _compare(self, tile: Tile, computed: Sequence[bytes]) -> None:
        try:
            found = self.bundle.hashes(tile)
        except Unfit as unfit:
            self.report.add(unfit.finding)
            return
        if nth := _first_difference(found, computed):
            says = f"{tile} does not hold the hash of what the records are there."
            place = position_of(tile, nth - 1)
            got, expected = found[nth - 1 : nth], computed[nth - 1 : nth]
            self.report.add(Finding("tile-differs", says, place, b"".join(expected).hex(), b"".join(got).hex()))

    def _other(self, path: str) -> None:
        """A narrower tile may lie there from earlier, if it is the beginning of the one that counts."""
        tile = tile_of(path)
        whole = None
        if tile is not None:
            width = min(tiles.WIDTH, tiles.across(tile.level, self.head.size) - tile.first)
            whole = None if width < tile.width else Tile(tile.level, tile.number, width)
        if tile is None or whole is None:
            says = f"{path} is no part of a bundle of {self.head.size} records."
            self.report.add(Finding("foreign-file", says, None, "", path))
            return
        read = self.bundle.entries if tile.level is None else self.bundle.hashes
        try:
            if nth := _first_difference(read(tile), read(whole)[: tile.width]):
                says = f"{path} is not what {whole} begins with."
                self.report.add(Finding("tile-differs", says, position_of(tile, nth - 1)))
        except Unfit as unfit:
            self.report.add(unfit.finding)

    # --- the verdict ---

    def conclude(self) -> None:
        bounds = [bound for of_size in self.bounds.values() for bound in of_size if bound.said.size <= self.edge.size]
        reached = max((bound.said.size for bound in bounds if bound.holds), default=0)
        if not self._stopped:
            self._judge(bounds, reached)
        places = [one.position for one in self.report.findings if one.position is not None]
        limit = self.edge.size if self._holds(bounds) else reached
        self.report.verified = min([limit, *places])
        if self._stopped:
            # Nothing signed was reached: the records may be well, but nobody vouches for them.
            self.report.verified = min(self.report.verified, reached)

    def _holds(self, bounds: Sequence[_Bound]) -> bool:
        return any(bound.said is self.head and bound.holds for bound in bounds)

    def _judge(self, bounds: Sequence[_Bound], reached: int) -> None:
        if self._holds(bounds):
            for bound in bounds:
                if not bound.holds:
                    says = f"Two histories are signed by one key: {bound.whence} is of other records than {CHECKPOINT}."
                    got, place = bound.root.hex(), self._fork_place(bounds, bound)
                    self.report.add(Finding("fork", says, place, bound.said.root.hex(), got))
            return
        reached = max(reached, self._through_tiles())
        beyond = min(bound.said.size for bound in bounds if not bound.holds and bound.said.size > reached)
        says = (
            f"The records come to another root than was signed; it is one from {reached} to {beyond - 1} that differs."
        )
        got = merkle.bagged(self.edge.peaks).hex()
        self.report.add(Finding("root-differs", says, reached, self.head.root.hex(), got))

    def _fork_place(self, bounds: Sequence[_Bound], bound: _Bound) -> int:
        return max((one.said.size for one in bounds if one.holds and one.said.size < bound.said.size), default=0)

    def _through_tiles(self) -> int:
        """How many records verify by the stored roots of full tiles, where these come to the signed root."""
        size = self.head.size
        try:
            if self.bundle.roots([(0, size)], size) != (self.head.root,):
                return 0
            for tile in tiles.hash_tiles(size):
                if tile.level == 1:
                    computed = self.subtrees.get(1, [])[tile.first : tile.first + tile.width]
                    if nth := _first_difference(self.bundle.hashes(tile), computed):
                        return position_of(tile, nth - 1)
        except Unfit:
            return 0
        return size // tiles.WIDTH * tiles.WIDTH


def _first_difference(found: Sequence[bytes], computed: Sequence[bytes]) -> int:
    """1 for the first, and so on; 0 where there is none."""
    if list(found) == list(computed):
        return 0
    pairs = zip(found, computed, strict=False)
    return next((nth for nth, (one, other) in enumerate(pairs, 1) if one != other), min(len(found), len(computed)) + 1)


def _say_what_is_left(report: Report, saved: bytes | None, audit: _Audit) -> None:
    report.checked.append("every tile, and the root that the records come to")
    report.checked.append("of each record: its bytes, its version, its time, its command, and what it refers to")
    if audit.redecider is not None:
        report.checked.append(f"{audit.redecider.decided:,} commands decided again, with who gave them and on what")
        report.unchecked += [f"{count:,} {what}" for what, count in sorted(audit.redecider.unchecked.items())]
        report.unchecked.append(
            f"public holidays: they are those of the `holidays` library {version('holidays')} on this machine"
        )
    else:
        report.unchecked.append("what was attested of the views")
        report.unchecked.append("the decisions: whether the rules allow what was recorded, and to whom")
    if audit.recomputing is not None:
        report.checked.append(f"{audit.recomputing.checked:,} attestations of views, by folding the records again")
        report.unchecked += [f"{count:,} {what}" for what, count in sorted(audit.recomputing.unchecked.items())]
    if audit.sealed:
        report.unchecked.append(
            f"{audit.sealed:,} sealed values: their salted hashes are signed, their texts not public"
        )
    if audit.erased:
        report.unchecked.append(
            f"those of {audit.erased:,} subjects were erased, as records say with the law: nobody has them any more"
        )
    if saved is None:
        report.unchecked.append(
            "whether others are shown another history: there is no checkpoint that you saved earlier (--state)"
        )
    report.unchecked.append("what is published of the views now: compare it with `subsidia audit replay --against`")
    report.unchecked.append("whether what authorised people stated is true")
