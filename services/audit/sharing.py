"""Several processes decide a ledger's commands again: each goes through all of them, and decides its share."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from domain.contexts import CONTEXTS
from domain.ledger import tiles
from services.audit.bundle import Bundle
from services.audit.deciding import Redecider
from services.audit.leaves import Unreadable, read, trusted
from services.audit.structure import Commands, First
from services.audit.workers import Workers, answer, count
from services.codec import Codec
from services.names import NAMES

LOOK = 0.3
"""Seconds from one look at how far they are to the next."""


@dataclass(slots=True)
class Decided:
    """Findings, how many commands were decided again, and how many of what kind could not be."""

    found: First
    decided: int
    unchecked: Counter[str]


def decide(bundle: Bundle, origin: str, size: int, share: int, shares: int, sound: bool) -> Decided:
    """Goes through all commands and decides every `shares`-th. `sound`: each record is known to be readable."""
    found = First()
    redecider = Redecider(Codec(origin, NAMES), CONTEXTS, found, share, shares)
    commands = Commands(redecider.take)
    reading = trusted if sound else read
    for tile in tiles.bundles(size):
        entries, fault = bundle.whatever(tile)
        for position, record in enumerate(entries, start=tile.first):
            try:
                commands.take(position, record, reading(record, position))
            except Unreadable:
                continue  # whoever checks the structure says why
        if fault is not None:
            break
        count(len(entries))
    else:
        commands.end()
    return Decided(found, redecider.decided, redecider.unchecked)


def decide_together(workers: Workers, bundle: Bundle, origin: str, size: int, sound: bool) -> Iterator[int | Decided]:
    """How many records are done, again and again; at last what all came to."""
    shares, whole = workers.jobs, Decided(First(), 0, Counter())
    workers.count_anew()
    asked = [workers.ask(decide, bundle, origin, size, share, shares, sound) for share in range(shares)]
    for share, future in enumerate(asked):
        while True:
            try:
                part = answer(future, LOOK)
                break
            except TimeoutError:
                yield workers.counted // shares
        part = part or decide(bundle, origin, size, share, shares, sound)
        whole.found.join(part.found.ranked())
        whole.decided += part.decided
        whole.unchecked += part.unchecked
    yield whole
