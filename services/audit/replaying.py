"""Views as they stood at a position or a moment, folded in memory from a bundle; and what changed between two."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from domain.kernel import Recorded
from domain.ledger import tiles
from domain.ledger.dumps import Dumped
from domain.ledger.findings import Finding
from projections.kernel import View
from projections.views import VIEWS
from services.audit.bundle import UNREADABLE, Bundle, Unfit
from services.audit.deciding import UNSOUND
from services.audit.fetching import read_checkpoint
from services.codec import Codec
from services.names import NAMES
from services.store.ports import StoredRecord
from services.views.beside import OF
from services.views.memory import Folded
from services.views.pace import undisturbed
from services.views.tables import Table

Progress = Callable[[int, int], None]


class _Envelope(msgspec.Struct):
    id: UUID
    ver: int
    type: str
    at: datetime


_envelope = msgspec.json.Decoder(_Envelope)


class _Next(NamedTuple):
    """A record that is next, read already; `record` is None where it touches no view. `fault`: why it is not read."""

    position: int
    at: datetime | None
    record: Recorded | None
    fault: Unfit | None


@dataclass(frozen=True, slots=True)
class Stood:
    """The rows of a view, as JSON objects by their keys, as of a position, and the digest of its dump.

    `beside`: the columns that rest on what this program knows beside the records; another may know otherwise.
    """

    position: int
    at: datetime | None
    rows: Mapping[str, bytes]
    digest: str = ""
    beside: frozenset[str] = frozenset()

    def from_records(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """What of a row follows from the records alone."""
        return {name: value for name, value in row.items() if name not in self.beside} if self.beside else row


@dataclass(frozen=True, slots=True)
class Changed:
    """One row that differs between two moments; None where it was not there."""

    key: str
    before: bytes | None
    after: bytes | None


def group_of(view: View, views: Sequence[View] = VIEWS) -> tuple[View, ...]:
    """A view and all that it looks at, in the order in which they are declared."""
    wanted = {view.name}
    for one in reversed(views):
        if one.name in wanted:
            wanted.update(one.reads)
    return tuple(one for one in views if one.name in wanted)


class Replay:
    """Goes through a bundle once, forwards, and shows views on the way. The bundle is believed: verify it first."""

    def __init__(self, bundle: Bundle, views: Sequence[View]) -> None:
        try:
            said = read_checkpoint(bundle.note())
        except ValueError as error:
            raise Unfit(Finding("checkpoint-malformed", f"The bundle's checkpoint is none: {error}")) from error
        self.size = said.size
        self._codec = Codec(said.origin, NAMES)
        self._folded = Folded(views)
        self._records = self._read(bundle)
        self._next = next(self._records, None)
        self.position, self.at = -1, None  # type: int, datetime | None

    def until(self, moment: int | datetime, progress: Progress = lambda done, total: None) -> None:
        """Applies all records up to a position, or recorded by a moment. Raises Unfit where there are none.

        It goes forwards only: a moment before the last one is out of range.
        """
        self._in_range(moment)
        with undisturbed(once=True):
            for _ in self._go_on(moment, tiles.WIDTH, progress):
                pass
        self._begun(moment)

    def steps(self, moment: int | datetime, progress: Progress = lambda done, total: None) -> Iterator[int]:
        """As `until`, record by record: gives the position of each, once it is applied."""
        self._in_range(moment)
        yield from self._go_on(moment, 1, progress)
        self._begun(moment)

    def _in_range(self, moment: int | datetime) -> None:
        first = max(self.position, 0)
        if isinstance(moment, int) and not first <= moment < self.size:
            says = f"The positions from {first} to {self.size - 1} can be asked for."
            raise Unfit(Finding("position-out-of-range", says, None, f"{first} to {self.size - 1}", str(moment)))
        if isinstance(moment, datetime) and self.at is not None and moment < self.at:
            says = "The later moment lies before the earlier one."
            raise Unfit(Finding("position-out-of-range", says, None, f"{self.at} or later", str(moment)))

    def _begun(self, moment: int | datetime) -> None:
        if self.position < 0:
            begun = "" if self._next is None or self._next.at is None else self._next.at.isoformat()
            says = f"Nothing was recorded yet: the first record is of {begun}."
            raise Unfit(Finding("before-first-record", says, None, begun, str(moment)))

    def _go_on(self, moment: int | datetime, at_once: int, progress: Progress) -> Iterator[int]:
        """Applies so many records at once; gives the position of the last of them, again and again."""
        while waiting := self._waiting(moment, at_once):
            self._apply(waiting)
            progress(self.position + 1, self.size)
            yield self.position

    def _waiting(self, moment: int | datetime, at_most: int) -> Sequence[_Next]:
        """The records that are next, up to a moment. Raises Unfit where the first of them cannot be read."""
        found = list[_Next]()
        while len(found) < at_most and (one := self._next) is not None and _is_by(one, moment):
            if one.fault is not None:
                if found:
                    break  # those before it come first
                raise one.fault
            found.append(one)
            self._next = next(self._records, None)
        return found

    def shown(self, view: View, day: date | None = None) -> Stood:
        """The rows of one view now. What depends on a day is that of `day`; absent: that of the last record."""
        table = self._folded.table(view)
        on = day or (self.at or datetime.now(UTC)).date()
        rows = {key: _row(table, key, row, on) for key, row in self._folded.rows(view)}
        beside = frozenset(one.name for one in view.beside)
        return Stood(self.position, self.at, rows, self.dumped(view).digest, beside)

    def rows(self, view: View) -> Iterator[tuple[str, Any]]:
        """The rows of one view now, by their keys, in order."""
        return self._folded.rows(view)

    def lines(self, view: View) -> Iterator[tuple[str, bytes]]:
        """The lines of the view's dump now, by their keys, in order."""
        form = self._folded.table(view).form
        return ((key, form.line(key, row)) for key, row in self._folded.rows(view))

    def row(self, view: View, key: str) -> Any:
        """One row of a view now; None where there is none."""
        return self._folded.row(view, key)

    def dumped(self, view: View) -> Dumped:
        """The digest of one view now, as a server attests it."""
        return self._folded.dumped(view, self.position)

    def _read(self, bundle: Bundle) -> Iterator[_Next]:
        """All records, a tile of them at a time: to read and to fold do not fit into a processor's cache together."""
        for tile in tiles.bundles(self.size):
            yield from [self._decoded(tile.first + nth, one) for nth, one in enumerate(bundle.entries(tile))]

    def _decoded(self, position: int, content: bytes) -> _Next:
        try:
            envelope = _envelope.decode(content)
        except UNREADABLE as error:
            return _Next(position, None, None, unreadable(position, error))
        kind = self._codec.names.get(envelope.type)
        if kind is None:
            says = f"The record is of the type {envelope.type}, which this program does not know: use a newer one."
            fault = Unfit(Finding("type-unknown", says, position, "", envelope.type))
            return _Next(position, envelope.at, None, fault)
        if not self._folded.touches(kind):
            return _Next(position, envelope.at, None, None)
        try:
            record = self._codec.decode(StoredRecord(position, envelope.id, envelope.ver, envelope.type, content))
        except UNSOUND as error:
            return _Next(position, envelope.at, None, unreadable(position, error))
        return _Next(position, envelope.at, record, None)

    def _apply(self, waiting: Sequence[_Next]) -> None:
        try:
            self._folded.apply([one.record for one in waiting if one.record is not None])
        except UNSOUND as error:
            if len(waiting) == 1:
                raise unreadable(waiting[0].position, error) from error
            for one in waiting:  # to see which of them it is
                self._apply([one])
        self.position, self.at = waiting[-1].position, waiting[-1].at


def _is_by(one: _Next, moment: int | datetime) -> bool:
    """Whether it was recorded by then; one of which nobody can read the time might have been."""
    return one.position <= moment if isinstance(moment, int) else one.at is None or one.at <= moment


def differences(before: Stood, after: Stood) -> Iterator[Changed]:
    """The rows that are not the same, by key."""
    for key in sorted({*before.rows, *after.rows}):
        if before.rows.get(key) != after.rows.get(key):
            yield Changed(key, before.rows.get(key), after.rows.get(key))


def contradictions(stood: Stood, view: str, published: Iterable[bytes]) -> list[Finding]:
    """Where the rows that somebody published, as of the same position, are not those that follow from the records."""
    found, seen = list[Finding](), set[str]()
    for body in published:
        try:
            row = msgspec.json.decode(body, type=dict[str, Any])
        except UNREADABLE as error:
            found.append(Finding("view-differs", f"What is published is no row of {view}: {error}", stood.position))
            continue
        key = str(row.get("key"))
        seen.add(key)
        ours = stood.rows.get(key)
        if ours is None or stood.from_records(msgspec.json.decode(ours)) != stood.from_records(row):
            expected = "no such row" if ours is None else ours.decode()
            says = f"The published row {key} of {view} does not follow from the records."
            found.append(Finding("view-differs", says, stood.position, expected, body.decode(errors="replace")))
    for key in sorted(stood.rows.keys() - seen):
        says = f"The row {key} of {view} is not published."
        found.append(Finding("view-differs", says, stood.position, stood.rows[key].decode(), "no such row"))
    return found


def _row(table: Table, key: str, row: Any, day: date) -> bytes:
    view = table.view
    computed = {one.name: one.of(row, day) for one in view.computed} | {
        one.name: OF[one.name](row) for one in view.beside
    }
    body = table.form.encode(key, row)
    if not computed:
        return body
    shown = {name: value for name, value in computed.items() if value is not None}
    return msgspec.json.encode(msgspec.json.decode(body) | shown)


def unreadable(position: int, error: BaseException) -> Unfit:
    """What is raised for a record that cannot be read, or not be folded."""
    says = f"The record cannot be applied: {type(error).__name__}: {error}"
    return Unfit(Finding("record-unreadable", says, position))
