"""Several processes decide a ledger's commands again: each goes through all of them, and decides its share.

One of them folds the views instead, where there is anything to compare them with; of three or more, two do.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import wait
from dataclasses import dataclass, field
from functools import partial

from domain.contexts import CONTEXTS
from domain.kernel import Context, Recorded
from domain.ledger import tiles
from domain.ledger.tiles import Tile
from services.audit.asked import Reading
from services.audit.bundle import Bundle
from services.audit.deciding import ATTESTED, UNSOUND, Redecider, whole
from services.audit.leaves import Unreadable, read_all, trusted
from services.audit.recomputing import Part, Recomputing, attestations, parts
from services.audit.structure import Command, Commands, First
from services.audit.workers import Workers, answer, count
from services.codec import Codec
from services.names import NAMES

LOOK = 0.3
"""Seconds from one look at how far they are to the next."""


@dataclass(slots=True)
class Decided:
    """Findings, how many commands were decided again and how many attestations recomputed, and what could not be."""

    found: First
    decided: int = 0
    attested: int = 0
    unchecked: Counter[str] = field(default_factory=Counter)
    unattested: set[str] = field(default_factory=set)
    """Views of which no attestation was compared."""
    last: int = -1
    """The newest position of which one was."""
    cut: bool = False
    """Whether records could not be folded that an attestation speaks of."""
    since: dict[str, int] = field(default_factory=dict)
    """The position of the first of what is counted under `unchecked`."""

    def add(self, other: "Decided") -> None:
        """What another one came to."""
        self.found.join(other.found.ranked())
        self.decided += other.decided
        self.attested += other.attested
        self.unchecked += other.unchecked
        self.unattested |= other.unattested
        self.last = max(self.last, other.last)
        self.cut |= other.cut
        for what, position in other.since.items():
            self.since[what] = min(position, self.since.get(what, position))

    @property
    def open(self) -> Sequence[str]:
        """Of which views, and since when, nobody can tell by attestations."""
        found = [f"the views of which nothing was attested: {', '.join(sorted(self.unattested))}"]
        later = [f"the views after position {self.last}: no attestation speaks of them"]
        return (found if self.unattested else []) + (later if self.last >= 0 else [])


@dataclass(slots=True)
class Deciding:
    """Decides commands again as they come, and recomputes what was attested of views."""

    redecider: Redecider
    recomputing: Recomputing
    found: First

    @classmethod
    def of(cls, bundle: Bundle, size: int, codec: Codec, contexts: Mapping[str, Context]) -> "Deciding":
        found, recomputing = First(), Recomputing(bundle, size)
        return cls(Redecider(codec, contexts, found, follower=recomputing), recomputing, found)

    def end(self) -> Decided:
        """There are no more."""
        self.redecider.end()
        ours = _again(self.redecider, self.found)
        ours.add(_recomputed(self.recomputing, First()))
        return ours


def _again(redecider: Redecider, found: First) -> Decided:
    """What came of the commands, once there are no more."""
    return Decided(found, redecider.decided, unchecked=redecider.unchecked, since=redecider.since)


def _recomputed(recomputing: Recomputing, found: First) -> Decided:
    """What came of the attestations, once there are no more records."""
    found.add(recomputing.end(), ATTESTED)
    return Decided(
        found, 0, recomputing.checked, recomputing.unchecked, recomputing.unattested, recomputing.last, recomputing.cut,
        recomputing.since,
    )  # fmt: skip


@dataclass(slots=True)
class _Shown:
    """Reads commands for one who follows the records, and decides nothing."""

    codec: Codec
    reading: Reading
    follower: Recomputing
    found: First

    def take(self, commands: Sequence[Command]) -> None:
        """What cannot be read is passed over: whoever decides says why."""
        self.found.add(self.follower.take([one for command in commands for one in self._whole(command)]), ATTESTED)

    def _whole(self, command: Command) -> Sequence[Recorded]:
        records = command.records
        if any(one.type not in self.codec.names for one in records):
            return ()
        try:
            first = self.reading.recorded(records[0], command.leaves[0])
            event, *_ = map(self.reading.event, records, command.leaves)
        except UNSOUND:
            return ()
        return whole(self.codec, first, (event,), records)


def decide(bundle: Bundle, origin: str, size: int, share: int, shares: int, sound: bool) -> Decided:
    """Goes through all commands and decides every `shares`-th. `sound`: each record is known to be readable."""
    redecider = Redecider(Codec(origin, NAMES), CONTEXTS, found := First(), share, shares)
    for _ in _through(bundle, size, sound, redecider.take):
        pass
    redecider.end()
    return _again(redecider, found)


def recompute(bundle: Bundle, origin: str, size: int, sound: bool, part: Part) -> Decided:
    """Goes through the commands as long as there is an attestation of these views to compare."""
    codec, recomputing, found = Codec(origin, NAMES), Recomputing(bundle, size, part=part), First()
    shown, going = _Shown(codec, Reading(codec, CONTEXTS), recomputing, found), recomputing.wants
    for _ in _through(bundle, size, sound, shown.take) if going else ():
        if not recomputing.wants:
            break
    return _recomputed(recomputing, found)


def _through(bundle: Bundle, size: int, sound: bool, take: Callable[[Sequence[Command]], None]) -> Iterator[Tile]:
    """Hands on all commands, tile by tile."""
    commands = Commands(take)
    reading = trusted if sound else read_all
    for tile in tiles.bundles(size):
        entries, fault = bundle.whatever(tile)
        for nth, leaf in enumerate(reading(entries, tile.first)):
            if not isinstance(leaf, Unreadable):  # whoever checks the structure says why
                commands.take(tile.first + nth, entries[nth], leaf)
        commands.hand_on()
        if fault is not None:
            return
        count(len(entries))
        yield tile
    commands.end()


def decide_together(workers: Workers, bundle: Bundle, origin: str, size: int, sound: bool) -> Iterator[int | Decided]:
    """How many records are done, again and again; at last what all came to.

    Folding views takes longer than deciding: where there are attestations, one process does nothing else, or two.
    """
    shared = parts({one.said.view for one in attestations(bundle, size)}, workers.jobs > 2)
    shares, all_of_it, views = max(1, workers.jobs - len(shared)), Decided(First()), Decided(First())
    fold = partial(recompute, bundle, origin, size, sound)
    deciding = [partial(decide, bundle, origin, size, share, shares, sound) for share in range(shares)]
    folding = [partial(fold, part) for part in shared or [Part.ALL]]
    workers.count_anew()
    asked = [(all_of_it, work, workers.ask(work)) for work in deciding]
    asked += [(views, work, workers.ask(work)) for work in folding]
    for joint, work, future in asked:
        while future is not None and not future.done():
            wait([future], LOOK)
            yield min(workers.counted // (shares + len(shared)), size)
        joint.add(answer(future) or work())
    # One process stops all views at a record that one of them cannot fold: so they are folded together once more.
    all_of_it.add(fold(Part.ALL) if views.cut and len(shared) > 1 else views)
    yield all_of_it
