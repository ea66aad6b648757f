"""What was recorded of a thing, as pages tell it: in order, what corrects what, and how long nobody said a word."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from domain.commitments.events import MilestoneMissed
from domain.deadlines import DeadlineMet, DeadlineMissed, DeadlineMoved, DeadlineSuspended, DeadlineVoided
from domain.kernel import EventName, PartialDate, Sphere
from domain.subsidiarity.reviews.events import ClockResumed
from services.names import NAMES
from services.store.ports import Filter, Store, StoredRecord

HISTORY = 500
"""Records that a page tells; it leads to a list of all of them."""
QUIET = 90
"""Days without a word of any unit from which on a page says so: the shortest period in which reports are due."""


MISSED = (DeadlineMissed, MilestoneMissed)
ENDS = (ClockResumed, DeadlineMet, DeadlineMissed, DeadlineMoved, DeadlineVoided)
"""What ends that a clock stands still: it runs again, or there is nothing left for it to measure."""


class Still(NamedTuple):
    """For how many days a clock stands still, and up to which record; None: it does to this day."""

    days: int
    until: int | None


@dataclass(frozen=True, slots=True)
class Told:
    """One record. `quiet`: days without a word before it, if many. `behind`: days from when it counts to its record.

    `happened`: the first day from which it may count; where nobody knows, that of its record. `late`: it came after its
    last day, or says that this has passed. `still`: a clock stands still from here on; `within`: one does here.
    `sphere`: that of the unit as it was then; empty where the register itself speaks. `asked`: what somebody gave; else
    it follows from the record before. `corrected`: the version that corrects it.
    """

    position: int
    name: EventName
    type: str
    at: date
    effective_on: str
    unit: str
    role: str
    sphere: str
    because: str
    basis: str
    corrects: EventName | None
    data: Mapping[str, Any]
    sealed: Sequence[str]
    asked: bool
    happened: date
    late: bool = False
    still: Still | None = None
    within: bool = False
    quiet: int = 0
    behind: int = 0
    corrected: int | None = None

    @property
    def version(self) -> int:
        return self.name.version


class Past(NamedTuple):
    """Records in their order. `more`: there are others behind them. `silent`: days since the last word of any unit."""

    records: Sequence[Told] = ()
    more: bool = False
    silent: int = 0

    @property
    def spheres(self) -> Mapping[str, int]:
        """How many records units of each sphere made, in the order of spheres; the register's own are of none."""
        said = Counter(one.sphere for one in self.records)
        return {sphere.value: said[sphere] for sphere in Sphere if said[sphere]}

    @property
    def longest(self) -> int:
        """The most days that lie between when something happened and its record."""
        return max((one.behind for one in self.records), default=0)

    def as_it_happened(self) -> "Past":
        """In the order in which it counts. Silence, and clocks that stand still, are of the order of records."""
        alone = (replace(one, quiet=0, still=None, within=False) for one in self.records)
        return Past(sorted(alone, key=lambda one: (one.happened, one.position)), self.more, self.silent)


NO_PAST = Past()


async def past(store: Store, stream: UUID, until: int, day: date) -> Past:
    """What was recorded of a thing up to a position. `day`: up to which silence is counted."""
    return past_of(await store.records(-1, HISTORY + 1, until=until, where=Filter(streams=(stream,))), day)


def past_of(found: Sequence[StoredRecord], day: date) -> Past:
    """Of the records of one thing, from its first."""
    records = [msgspec.json.decode(one.state) for one in found[:HISTORY]]
    corrected = {one["corrects"]: one["ver"] for one in records if "corrects" in one}
    told, last = list[Told](), None
    for stored, record in zip(found, records, strict=False):
        at, speaks = date.fromisoformat(record["at"][:10]), "unit" in record["actor"]
        quiet = (at - last).days if last is not None and speaks else 0
        told.append(_told(stored, record, at, quiet if quiet >= QUIET else 0, corrected))
        last = at if speaks else last
    told = _stood_still(told, day)
    more = len(found) > HISTORY
    silent = 0 if more or last is None else (day - last).days
    return Past(told, more, silent if silent >= QUIET else 0)


def _told(stored: StoredRecord, record: Any, at: date, quiet: int, corrected: Mapping[str, int]) -> Told:
    actor, counts = record["actor"], record["effective_on"]
    latest, name = PartialDate(counts).latest(), EventName.at(stored.stream, stored.version)
    return Told(
        stored.position, name, stored.type, at, counts, actor.get("unit", ""), actor.get("role", ""),
        actor.get("sphere", ""),
        record.get("because", ""), record.get("basis", ""),
        EventName(record["corrects"]) if "corrects" in record else None,
        record["data"], [path.strip("/") for path in record.get("sealed", ())], record["of"][0] == 1,
        PartialDate(counts).earliest() or at, _is_late(stored.type, record["data"]), None, False, quiet,
        max((at - latest).days, 0) if latest else 0, corrected.get(name),
    )  # fmt: skip


def _is_late(kind: str, data: Mapping[str, Any]) -> bool:
    happened = NAMES.get(kind, object)
    return issubclass(happened, MISSED) or (issubclass(happened, DeadlineMet) and data.get("late") is True)


def _stood_still(records: Sequence[Told], day: date) -> list[Told]:
    """The same, with each stretch in which a clock stood still. `day`: up to which the last of them is counted."""
    found, since = list(records), dict[Any, int]()
    for nth, one in enumerate(records):
        kind, number = NAMES.get(one.type, object), one.data.get("number")
        if issubclass(kind, ENDS) and number in since:
            first = since.pop(number)
            found[first] = _still(found[first], one.happened, one.version)
        if since:
            found[nth] = replace(found[nth], within=True)
        if issubclass(kind, DeadlineSuspended):
            since[number] = nth
    for first in since.values():
        found[first] = _still(found[first], day, None)
    return found


def _still(one: Told, end: date, until: int | None) -> Told:
    return replace(one, still=Still(max((end - date.fromisoformat(one.data["suspended_on"])).days, 0), until))
