"""Several processes decide a ledger's commands again: each goes through all of them, and decides its share."""

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import wait
from dataclasses import dataclass, field

from domain.contexts import CONTEXTS
from domain.kernel import Context
from domain.ledger import tiles
from services.audit.bundle import Bundle
from services.audit.deciding import ATTESTED, Redecider
from services.audit.leaves import Unreadable, read_all, trusted
from services.audit.recomputing import Recomputing
from services.audit.structure import Commands, First
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
    open: list[str] = field(default_factory=list)
    """What attestations do not say of the views."""

    def add(self, other: "Decided") -> None:
        """What another one came to."""
        self.found.join(other.found.ranked())
        self.decided += other.decided
        self.attested += other.attested
        self.unchecked += other.unchecked
        self.open += other.open


@dataclass(slots=True)
class Deciding:
    """Decides commands again as they come, and recomputes what was attested of views."""

    redecider: Redecider
    recomputing: Recomputing | None
    found: First

    @classmethod
    def of(
        cls, bundle: Bundle, size: int, codec: Codec, contexts: Mapping[str, Context], share: int = 0, shares: int = 1
    ) -> "Deciding":
        """One of `shares`; the first recomputes, since that takes all records in their order."""
        found, recomputing = First(), Recomputing(bundle, size) if share == 0 else None
        return cls(Redecider(codec, contexts, found, share, shares, recomputing), recomputing, found)

    def end(self) -> Decided:
        """There are no more."""
        self.redecider.end()
        whole = Decided(self.found, self.redecider.decided, 0, self.redecider.unchecked)
        if self.recomputing is not None:
            self.found.add(self.recomputing.end(), ATTESTED)
            whole.attested = self.recomputing.checked
            whole.unchecked = whole.unchecked + self.recomputing.unchecked
            whole.open += self.recomputing.left_open
        return whole


def decide(bundle: Bundle, origin: str, size: int, share: int, shares: int, sound: bool) -> Decided:
    """Goes through all commands and decides every `shares`-th. `sound`: each record is known to be readable."""
    deciding = Deciding.of(bundle, size, Codec(origin, NAMES), CONTEXTS, share, shares)
    commands = Commands(deciding.redecider.take)
    reading = trusted if sound else read_all
    for tile in tiles.bundles(size):
        entries, fault = bundle.whatever(tile)
        for nth, leaf in enumerate(reading(entries, tile.first)):
            if not isinstance(leaf, Unreadable):  # whoever checks the structure says why
                commands.take(tile.first + nth, entries[nth], leaf)
        if fault is not None:
            break
        count(len(entries))
    else:
        commands.end()
    return deciding.end()


def decide_together(workers: Workers, bundle: Bundle, origin: str, size: int, sound: bool) -> Iterator[int | Decided]:
    """How many records are done, again and again; at last what all came to."""
    shares, whole = workers.jobs, Decided(First())
    workers.count_anew()
    asked = [workers.ask(decide, bundle, origin, size, share, shares, sound) for share in range(shares)]
    for share, future in enumerate(asked):
        while future is not None and not future.done():
            wait([future], LOOK)
            yield workers.counted // shares
        whole.add(answer(future) or decide(bundle, origin, size, share, shares, sound))
    yield whole
