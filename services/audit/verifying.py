"""Checks a bundle from its bytes alone, with a key that the auditor brought: note, tree, records, decisions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from types import MappingProxyType

from domain.contexts import CONTEXTS
from domain.kernel import Context
from domain.ledger import checkpoints, merkle, notes, tiles
from domain.ledger.checkpoints import BadCheckpoint, Checkpoint
from domain.ledger.findings import Finding, Verdict, verdict_of
from domain.ledger.history import History
from domain.ledger.notes import BadNote, Verifier, VerifierKey
from services.audit.bundle import CHECKPOINT, EARLIER, Bundle, Unfit, position_of
from services.audit.files import others, upper
from services.audit.leaves import Unreadable, read
from services.audit.sharing import Decided, Deciding, decide_together
from services.audit.structure import SHOWN, Commands, Structure, Tree, first_difference
from services.audit.surveying import go_through
from services.audit.workers import Workers
from services.codec import Codec
from services.keys import check_with
from services.names import NAMES
from services.views.pace import undisturbed

Progress = Callable[[int, int], None]
CLOCKS = timedelta(days=1)
"""By so much an auditor's clock may be wrong before a ledger is said to be from the future."""


@dataclass(slots=True)
class Report:
    """What an audit came to. `verified`: so many records, from the first, are as signed and as the rules demand.

    `checked` and `unchecked` say in words what was looked at and what was not. `throughout`: it is about all records.
    `undecided`: commands and attestations that this program has no rules for; None where none were decided.
    """

    origin: str = ""
    size: int = 0
    root: str = ""
    verified: int = 0
    findings: list[Finding] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    throughout: bool = False
    undecided: int | None = None

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
    witnessed: Mapping[str, bytes] = MappingProxyType({}),
    decide: bool = True,
    strict: bool = False,
    workers: Workers | None = None,
    contexts: Mapping[str, Context] = CONTEXTS,
    names: Mapping[str, type] = NAMES,
    progress: Progress = lambda done, total: None,
    now: datetime | None = None,
) -> Report:
    """Everything that can be checked offline. `saved`: a checkpoint that the auditor kept from an earlier audit.

    `strict`: where a command or an attestation cannot be gone through again by this program, there is no verdict.
    `witnessed`: others that the ledger signed, by where they are from; the records must come to each of them.
    With `workers` it is quicker, and the same is found. `now`: by the clock of this machine, if nothing is said.
    """
    report = Report(origin=key.name, throughout=True)
    try:
        head = _head(bundle, key)
    except Unfit as unfit:
        report.add(unfit.finding)
        return report
    report.size, report.root = head.size, head.root.hex()
    report.checked.append(f"the signature of the checkpoint of {head.size} records, by {key}")
    audit = _Audit(bundle, key, head, report, contexts, names, decide, workers)
    audit.binding(saved, witnessed)
    if head.size == 0:
        report.add(Finding("ledger-empty", "Nothing is recorded: there is nothing to verify."))
        return report
    with undisturbed(once=True):
        for done in audit.records():
            progress(done, audit.steps)
    audit.times(now or datetime.now(UTC))
    audit.files()
    if strict:
        audit.demand()
    audit.conclude()
    _say_what_is_left(report, audit, alone=saved is None and not witnessed)
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
    workers: Workers | None
    bounds: dict[int, list[_Bound]] = field(default_factory=dict)
    decided: Decided | None = None
    structure: Structure = field(init=False)

    # --- what binds the ledger ---

    def binding(self, saved: bytes | None, witnessed: Mapping[str, bytes]) -> None:
        self._bind(_Bound(CHECKPOINT, self.head))
        brought = {} if saved is None else {"the checkpoint that you saved": saved}
        for whence, note in (brought | dict(witnessed)).items():
            self._bind_brought(whence, note)
        for path in self.bundle.files():
            second = "/" not in path and path != CHECKPOINT
            if second or path.startswith(EARLIER):
                self._bind_file(path, second=second)
        tree = Tree(sorted(self.bounds))
        self.structure = Structure(self.bundle, self.head.origin, str(self.key), tree, History(self.head.origin))

    @property
    def tree(self) -> Tree:
        return self.structure.tree

    def _bind(self, bound: _Bound) -> None:
        self.bounds.setdefault(bound.said.size, []).append(bound)

    def _bind_brought(self, whence: str, note: bytes) -> None:
        try:
            said = signed(note, self.key)
        except (BadNote, BadCheckpoint) as error:
            self.report.add(Finding("saved-unsigned", f"This is not by the ledger's key: {whence}. {error}"))
            return
        if said.size > self.head.size:
            says = (
                f"The bundle has fewer records than were signed before: see {whence}. Fetch again: if the server still"
                " shows so few, the others were cut away."
            )
            self.report.add(Finding("older-than-saved", says, None, str(said.size), str(self.head.size)))
            return
        self._bind(_Bound(whence, said))

    def _bind_file(self, path: str, *, second: bool) -> None:
        content = self.bundle.read(path) or b""
        try:
            said = signed(content, self.key)
        except (BadNote, BadCheckpoint) as error:
            if second or not path.removeprefix(EARLIER).isdecimal():
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

    @property
    def steps(self) -> int:
        """Records to go through: twice where decisions have their own turn."""
        return self.head.size * (2 if self._apart else 1)

    @property
    def _apart(self) -> bool:
        """Whether others decide. They know the rules that this program ships, and no others."""
        return self.workers is not None and self.decide and (self.contexts, self.names) == (CONTEXTS, NAMES)

    def records(self) -> Iterator[int]:
        """Goes through all records; gives how many are done, again and again."""
        if self.decide and not self._apart:
            yield from self._with_decisions()
        elif self.workers is None:
            yield from self._tiles()
        else:
            yield from go_through(self.structure, self.head.size, self.workers)
        if self.structure.stopped is None:
            self.structure.end(self.head.size)
        if self._apart:
            yield from self._decided_apart()
        found = self.structure.found
        if self.decided is not None:
            found.join(self.decided.found.ranked())
        self.report.add(*(one for _, _, one in found.ranked()))
        if self.structure.stopped is not None:
            self.report.add(self.structure.stopped)
        for size, bounds in self.bounds.items():
            for bound in bounds:
                bound.root = self.tree.roots.get(size, b"")

    def _tiles(self) -> Iterator[int]:
        for tile in tiles.bundles(self.head.size):
            if not self.structure.tile(tile):
                return
            yield tile.first + tile.width

    def _with_decisions(self) -> Iterator[int]:
        deciding = Deciding.of(self.bundle, self.head.size, Codec(self.head.origin, self.names), self.contexts)
        self.structure.commands = Commands(deciding.redecider.take)
        yield from self._tiles()
        if self.structure.stopped is None:
            self.structure.commands.end()
        self.decided = deciding.end()
        self.structure.commands = None  # with it go the states and rows of the whole ledger

    def _decided_apart(self) -> Iterator[int]:
        assert self.workers is not None
        sound = not self.structure.unreadable
        for done in decide_together(self.workers, self.bundle, self.head.origin, self.head.size, sound):
            if isinstance(done, Decided):
                self.decided = done
            else:
                yield self.head.size + done

    # --- the times, and the files ---

    def times(self, now: datetime) -> None:
        """Nothing was recorded later than today; what is only wrong by a bad clock here is so by less than a day."""
        latest = f"{now + CLOCKS:%Y-%m-%dT%H:%M:%S.%fZ}"
        if self.structure.history.latest > latest:
            says = "By the clock of this machine, it was recorded in days to come."
            found = self.structure.history.latest
            self.report.add(
                Finding("time-ahead", says, self._first_after(latest), f"{latest[:10]} at the latest", found)
            )

    def _first_after(self, latest: str) -> int | None:
        for tile in tiles.bundles(self.head.size):
            entries, fault = self.bundle.whatever(tile)
            for position, record in enumerate(entries, start=tile.first):
                with suppress(Unreadable):
                    if read(record, position).at > latest:
                        return position
            if fault is not None:
                break
        return None

    def files(self) -> None:
        if self.structure.stopped is None:
            self.report.add(*upper(self.bundle, self.tree, self.head.size))
        self.report.add(*others(self.bundle, self.head.size))

    # --- the verdict ---

    def demand(self) -> None:
        """Whatever could not be gone through again is a finding."""
        left = {} if self.decided is None else self.decided.unchecked
        for what, count in sorted(left.items()):
            assert self.decided is not None
            says = f"Not gone through again: {count:,} {what}. Audit with the program of that time as well."
            self.report.add(Finding("undecided", says, self.decided.since[what]))

    def conclude(self) -> None:
        bounds = [
            bound for of_size in self.bounds.values() for bound in of_size if bound.said.size <= self.tree.edge.size
        ]
        reached = max((bound.said.size for bound in bounds if bound.holds), default=0)
        if not self.structure.stopped:
            self._judge(bounds, reached)
        limit = self.tree.edge.size if self._holds(bounds) else reached
        # Records that come to a signed root are well, whatever the hash of their tile is said to be.
        places = [
            max(one.position, 0 if self._holds(bounds) or one.code != "tile-differs" else reached)
            for one in self.report.findings
            if one.position is not None
        ]
        self.report.verified = min([limit, *places])
        if self.structure.stopped:
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
        got = merkle.bagged(self.tree.edge.peaks).hex()
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
                    computed = self.tree.subtrees.get(1, [])[tile.first : tile.first + tile.width]
                    if nth := first_difference(self.bundle.hashes(tile), computed):
                        return position_of(tile, nth - 1)
        except Unfit:
            return 0
        return size // tiles.WIDTH * tiles.WIDTH


def _say_what_is_left(report: Report, audit: _Audit, *, alone: bool) -> None:
    report.checked.append("every tile, and the root that the records come to")
    report.checked.append("of each record: its bytes, its version, its time, its command, and what it refers to")
    if audit.decided is not None:
        report.checked.append(f"{audit.decided.decided:,} commands decided again, with who gave them and on what")
        report.checked.append(f"{audit.decided.attested:,} attestations of views, by folding the records again")
        report.undecided = audit.decided.unchecked.total()
        report.unchecked += [f"{count:,} {what}" for what, count in sorted(audit.decided.unchecked.items())]
        report.unchecked += audit.decided.open
        report.unchecked.append("whether the register did all that was to follow from a record by its reactions")
        report.unchecked.append(
            f"public holidays: they are those of the `holidays` library {version('holidays')} on this machine"
        )
    else:
        report.unchecked.append("what was attested of the views")
        report.unchecked.append("the decisions: whether the rules allow what was recorded, and to whom")
    if audit.structure.sealed:
        report.unchecked.append(
            f"{audit.structure.sealed:,} sealed values: their salted hashes are signed, their texts not public"
        )
    if audit.structure.erased:
        report.unchecked.append(
            f"those of {audit.structure.erased:,} subjects were erased, as records say with the law:"
            " nobody has them any more"
        )
    if alone:
        report.unchecked.append(
            "whether others are shown another history: there is no checkpoint that you saved earlier (--state)"
        )
    report.unchecked.append("what is published of the views now: compare it with `subsidia audit replay --against`")
    report.unchecked.append("whether what authorised people stated is true")
