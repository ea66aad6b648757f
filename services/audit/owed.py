"""What the register's own clock owes: that it speaks of the day which was recorded, and that it speaks at all."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from domain.deadlines import DeadlineMet, DeadlineMissed, DeadlineMoved, DeadlineSet, DeadlineSuspended, DeadlineVoided
from domain.kernel import Actor, Context, EventName, PartialDate, Recorded, StreamId
from domain.ledger.findings import Finding
from domain.replacing import quick
from services.orders import Note, Order
from services.store.ports import StoredRecord

CLOCKS = (DeadlineSet, DeadlineMoved, DeadlineSuspended, DeadlineMet, DeadlineMissed, DeadlineVoided)
SETS = (DeadlineSet, DeadlineMoved)
PATIENCE = timedelta(days=1)
"""So long a deadline may go unmentioned after it was set, and after the first record behind its day.

Whoever was switched off over a weekend has nothing to say meanwhile, and a day to catch up.
"""
LAST = date(9990, 1, 1)
"""Later days are as far away as this one: past it, no moment could be told."""
EVERYWHERE = timedelta(hours=36)
"""From the midnight with which a day begins in UTC until it is over in every time zone."""

HOUR = len("2026-11-24T12")
"""So much of a moment says in which hour it lies; days are over everywhere when one begins."""


@quick
@dataclass(frozen=True, slots=True)
class _Open:
    """A deadline, set by that version of that stream at that time."""

    context: str
    due_on: date
    stream: UUID
    version: int
    since: str

    @property
    def set_by(self) -> EventName:
        return EventName.at(self.stream, self.version)


class Owed:
    """Keeps the deadlines that are open. `due` gives those that the clock ought to have passed by now."""

    def __init__(self, contexts: Mapping[str, Context]) -> None:
        self._kinds = {
            kind: context.name
            for context in contexts.values()
            for kind in context.events
            if context.clock and issubclass(kind, CLOCKS)
        }
        self._clocks = {context.name: context.clock for context in contexts.values()}
        self._open: dict[tuple[UUID, int], _Open] = {}
        self._signs: list[str] = []
        """Of life: the time of the first record in each hour that has any."""

    def note(self, records: Sequence[StoredRecord], events: Sequence[Any], at: str) -> None:
        """All records of a command, which was recorded `at`."""
        if not self._signs or self._signs[-1][:HOUR] < at[:HOUR]:
            self._signs.append(at)
        for record, event in zip(records, events, strict=True):
            if (context := self._kinds.get(type(event))) is None:
                continue
            key = record.stream, event.number
            if isinstance(event, SETS):
                self._open[key] = _Open(context, event.due_on, record.stream, record.version, at)
            else:
                self._open.pop(key, None)

    def fault(self, first: Recorded, order: Order) -> Finding | None:
        """Whether the clock speaks of another day, or of another cause, than the deadline has that it names."""
        one = self._open.get((first.stream, order.fields["deadline"]))
        if first.actor.system != "clock" or one is None:
            return None
        day = _after(one.due_on)
        if first.effective_on == day and first.cause in (None, one.set_by):
            return None
        expected, got = f"{day}, {one.set_by}", f"{first.effective_on}, {first.cause}"
        says = "The clock does not speak of the day after the deadline, or not of the record that set it."
        return Finding("clock-unfounded", says, first.position, expected, got)

    def due(self, now: datetime) -> Iterator[tuple[Order, str]]:
        """What the clock would say, with what had been due when."""
        for (stream, number), one in self._open.items():
            over = datetime.combine(min(one.due_on, LAST), time.min, UTC) + EVERYWHERE
            nth = bisect_left(self._signs, over.isoformat()[:HOUR])
            if nth < len(self._signs) and now - datetime.fromisoformat(max(self._signs[nth], one.since)) > PATIENCE:
                yield _order(StreamId(stream), number, one, self._clocks[one.context]), f"{one.set_by}, {one.due_on}"


def _order(stream: StreamId, number: int, one: _Open, clock: str) -> Order:
    note = Note(effective_on=_after(one.due_on), cause=one.set_by)
    fields, system = {"deadline": number}, Actor(system="clock")
    return Order(one.context, clock, fields, one.set_by.stream, system, "auditor", stream, note)


def _after(day: date) -> PartialDate:
    return PartialDate(min(day, LAST) + timedelta(days=1))
