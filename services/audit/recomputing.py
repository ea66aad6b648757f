"""Recomputes what a server attested of its views: the records are folded once, in memory, and digests compared."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import msgspec
from stringzilla import find  # type: ignore[import-not-found]

from domain.attestations import ViewAttested
from domain.kernel import Recorded
from domain.ledger import tiles
from domain.ledger.findings import Finding
from projections.kernel import View
from projections.views import ATTESTED
from services.audit.bundle import UNREADABLE, Bundle
from services.audit.deciding import UNSOUND
from services.audit.replaying import group_of
from services.names import NAMES
from services.views.memory import Folded

_TYPE = next(name for name, kind in NAMES.items() if kind is ViewAttested)
_MARK = f'"type":"{_TYPE}"'.encode()


DEAREST = frozenset({"scorecards", "engagements"})
"""With what they read, these take about as long as all other views with what those read."""


class Part(Enum):
    """Of which views somebody recomputes attestations, where several do."""

    ALL = "all"
    DEAREST = "dearest"
    OTHERS = "others"

    def has(self, view: str) -> bool:
        return self is Part.ALL or (view in DEAREST) == (self is Part.DEAREST)


def parts(attested: Collection[str], several: bool) -> list[Part]:
    """How the views that were attested are shared out; nothing where there are none.

    Either all or both halves: a view of which nothing was attested is named by whoever has its half.
    """
    both = [Part.DEAREST, Part.OTHERS]
    shared = several and all(any(map(part.has, attested)) for part in both)
    return both if shared else [Part.ALL] if attested else []


class _Leaf(msgspec.Struct):
    type: str
    data: ViewAttested


@dataclass(frozen=True, slots=True)
class Attested:
    """What a record at `recorded` says of a view."""

    recorded: int
    said: ViewAttested


def attestations(bundle: Bundle, size: int) -> Iterator[Attested]:
    """The attestations that the records of a bundle hold, in order; what is no record is passed over."""
    decoder = msgspec.json.Decoder(_Leaf)
    for tile in tiles.bundles(size):
        if (content := bundle.read(str(tile))) is None:
            return  # nobody reads on behind a gap
        if find(content, _MARK) < 0:
            continue
        for position, record in enumerate(bundle.whatever(tile)[0], start=tile.first):
            if _MARK in record:
                try:
                    leaf = decoder.decode(record)
                except UNREADABLE:
                    continue
                if leaf.type == _TYPE:
                    yield Attested(position, leaf.data)


class Recomputing:
    """Is given every record of a ledger, in order, and compares each view with what was attested of it.

    Attestations come after what they speak of, so they are found beforehand. Only the views that were attested are
    folded, with those they read, up to the last position that any attestation speaks of; what held in law on a day is
    no part of a dump, and left out. Of a `part` of the views, all that is said is about these.
    """

    def __init__(self, bundle: Bundle, size: int, views: Sequence[View] = ATTESTED, part: Part = Part.ALL) -> None:
        self.unchecked: Counter[str] = Counter()
        self.since: dict[str, int] = {}
        """The position of the first attestation of each."""
        self.checked = 0
        self.cut = False
        """Whether records could not be folded that an attestation speaks of."""
        self.unattested = {view.name for view in views if part.has(view.name)}
        """Views of which no attestation was compared."""
        self.last = -1
        """The newest position of which one was."""
        self._amiss: list[Finding] = []
        self._unknown: set[tuple[str, int]] = set()
        self._wanted: dict[int, list[Attested]] = {}
        versions = {view.name: view.version for view in views}
        for one in attestations(bundle, size):
            if part.has(one.said.view):
                self._sort(one, versions)
        named = {one.said.view for found in self._wanted.values() for one in found}
        read = {each.name for view in views if view.name in named for each in group_of(view, views)}
        self._views = {view.name: view for view in views if view.name in read}
        self._folded = Folded(tuple(self._views.values()), digests_only=True) if read else None
        self._next, self._last = 0, max(self._wanted, default=-1)

    def _sort(self, one: Attested, versions: Mapping[str, int]) -> None:
        said = one.said
        if said.position >= one.recorded:
            says = f"It attests {said.view} as of a position that was not recorded yet."
            expected = f"below {one.recorded}"
            self._amiss.append(Finding("attestation-ahead", says, one.recorded, expected, str(said.position)))
        elif not 1 <= said.version <= versions.get(said.view, 0):
            if (named := (said.view, said.version)) not in self._unknown:
                self._unknown.add(named)
                self._amiss.append(_unknown(one))
        elif versions.get(said.view) != said.version:
            self._leave(f"attestations of {said.view}@{said.version}, which this program does not ship", one)
        else:
            self._wanted.setdefault(said.position, []).append(one)

    @property
    def wants(self) -> bool:
        """Whether there is anything left to compare."""
        return self._folded is not None and self._next <= self._last

    def take(self, records: Sequence[Recorded]) -> Iterator[Finding]:
        """What is wrong with the attestations of these positions."""
        begin = 0
        while begin < len(records) and self.wants:
            if records[begin].position != self._next:
                self._stop()
                return
            end = self._as_one(records, begin)
            if not self._fold(records[begin:end]):
                return
            begin, self._next = end, records[end - 1].position + 1
            yield from self._compared(records[end - 1].position)

    def _as_one(self, records: Sequence[Recorded], begin: int) -> int:
        """Up to where they follow one another, and none but the last is one of which something was attested."""
        first = records[begin].position
        for nth in range(begin, len(records)):
            position = records[nth].position
            if position - first != nth - begin:
                return nth
            if position in self._wanted:
                return nth + 1
        return len(records)

    def _fold(self, records: Sequence[Recorded]) -> bool:
        """Whether that could be done."""
        assert self._folded is not None, "it is wanted"
        try:
            self._folded.apply(records)
        except UNSOUND:
            self._stop()  # deciding them again says what is wrong
            return False
        return True

    def end(self) -> Iterator[Finding]:
        """What is left to say after the last record."""
        self._stop()
        yield from self._amiss

    def _compared(self, position: int) -> Iterator[Finding]:
        for one in self._wanted.pop(position, ()):
            assert self._folded is not None, "it was wanted"
            found = self._folded.dumped(self._views[one.said.view], position)
            self.checked += 1
            self.last = position
            self.unattested.discard(one.said.view)
            if (found.digest, found.rows) != (one.said.digest, one.said.rows):
                says = f"The {one.said.view} attested here, as of position {position}, do not follow from the records."
                expected, got = (f"{each.rows} rows, {each.digest}" for each in (found, one.said))
                yield Finding("view-digest-differs", says, one.recorded, expected, got)

    def _stop(self) -> None:
        """From here on the records cannot be folded."""
        for one in (one for found in self._wanted.values() for one in found):
            self._leave("attestations of views, whose records could not all be read", one)
            self.cut = True
        self._folded, self._wanted = None, {}

    def _leave(self, what: str, one: Attested) -> None:
        """One that nobody can recompute here."""
        self.unchecked[what] += 1
        self.since[what] = min(one.recorded, self.since.get(what, one.recorded))


def _unknown(one: Attested) -> Finding:
    """An attestation in a version that is not, or not yet, one of this program's."""
    got = f"{one.said.view}@{one.said.version}"
    if one.said.version < 1:
        return Finding("view-unknown", "There never was such a version of a view.", one.recorded, "", got)
    says = "This program does not know what is attested: audit with a newer one."
    return Finding("view-newer", says, one.recorded, "", got)
