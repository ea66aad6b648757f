"""Records into row versions, in memory: what a group of views becomes, and which stored rows must be fetched first."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any, NoReturn, TypeAlias

from domain.kernel import Recorded
from projections.kernel import View, own_stream
from services.views.tables import Table
from services.views.work import Output, Work


class Missing(Exception):
    """A row, or a stream, that must be fetched before the record can be applied."""

    def __init__(self, source: str, key: str) -> None:
        self.source, self.key = source, key


def raised(source: str, key: str) -> NoReturn:
    """What is missing ends the record: it is to be fetched."""
    raise Missing(source, key)


Miss: TypeAlias = Callable[[str, str], Any]
"""Called with source and key of what is not in memory: gives what is to stand there, or raises."""
Undo: TypeAlias = tuple[dict[str, Any], str, Any]
"""(rows, key, what stood there)"""

STREAM = "stream"
ROW = "row:"
HELD = "held:"


class Applying:
    """Applies records to the views of one group, in the order in which they are declared.

    `history(stream)` gives the records of a stream, decoded; it is asked where one counts in law before another that
    was recorded earlier. Raises Missing, and whatever a fold raises; then nothing has changed.
    """

    def __init__(self, tables: Sequence[Table]) -> None:
        self.works = {table.view.name: Work(table) for table in tables}
        self.streams: dict[str, Sequence[Recorded]] = {}
        self._touched: dict[type, tuple[Work, ...]] = {}

    def touches(self, kind: type) -> bool:
        return bool(self._works(kind))

    def apply(self, record: Recorded) -> None:
        self._note(record.position, self._apply(record, []))

    def trial(self) -> "Trial":
        return Trial(self)

    def taken(self) -> Mapping[str, Output]:
        """What is to be written now: view -> output."""
        self.streams.clear()
        outputs = {name: work.taken() for name, work in self.works.items()}
        return {name: output for name, output in outputs.items() if output}

    def trim(self, unwritten: Mapping[str, Output]) -> None:
        """Memory stays small. What is not in the tables yet stays: nobody could fetch it."""
        for name, work in self.works.items():
            work.trim(unwritten.get(name))

    def discard(self) -> None:
        """Nothing of it will be written; the rows stay in memory, all of them."""
        self.streams.clear()
        for work in self.works.values():
            if work.output:
                work.discard()

    def _note(self, position: int, done: "Done") -> None:
        """What changed is to be written."""
        for work, changes in done:
            for change in changes:
                if change.changed:
                    work.change(change.key, change.since, change.after, position)
                for day, row in change.days:
                    work.output.days.append((change.key, day, position, row))

    def _works(self, kind: type) -> tuple[Work, ...]:
        found = self._touched.get(kind)
        if found is None:
            works = self.works.values()
            found = tuple(work for work in works if not work.view.touched_by or kind in work.view.touched_by)
            self._touched[kind] = found
        return found

    def _apply(self, record: Recorded, undone: "list[Undo]", miss: Miss = raised) -> "Done":
        """Changes rows in memory and says what changed; `undone` gets what would put them back. All or nothing."""
        glance = Glance(self.works, miss)
        undo: list[Undo] = []
        done = []
        try:
            for work in self._works(type(record.event)):
                glance.work = work
                changes = _folded(work, record, glance, self.streams)
                for change in changes:
                    _take(work, change, record.position, glance, undo)
                if changes:
                    done.append((work, changes))
        except BaseException:
            _put_back(undo)
            raise
        undone += undo
        return done


class Trial:
    """Records applied on a guess: where something is not in memory, nothing is there.

    So all that a batch misses is found at once, rows that its own records make included. The guess is nearly always
    right: most of what is missed is about to be made. Then what was tried is kept; otherwise it is undone, with what
    is missed known, but for what follows from what is there after all.
    """

    def __init__(self, applying: Applying) -> None:
        self._applying = applying
        self._undo: list[Undo] = []
        self._assumed: list[tuple[dict[str, Any], str]] = []
        self._done: list[tuple[int, Done]] = []
        self._certain, self._undo_from = True, 0
        self.wanted: dict[str, dict[str, None]] = {}

    def take(self, record: Recorded) -> None:
        try:
            done = self._applying._apply(record, self._undo, self._assume)
        except Exception:
            self._certain = False  # on such a guess; it may well go through when it is applied
        else:
            if self._certain:
                self._done.append((record.position, done))
                self._undo_from = len(self._undo)

    def _assume(self, source: str, key: str) -> Any:
        """From here on nothing is there."""
        self.wanted.setdefault(source, {})[key] = None
        there: dict[str, Any] = self._applying.streams
        nothing: Any = ()
        if source == STREAM:
            self._certain = False  # a stream that a record belongs to is never empty
        else:
            kind, _, name = source.partition(":")
            work = self._applying.works[name]
            there, nothing = (work.rows, (None, -1)) if f"{kind}:" == ROW else (work.held, (None, None))
        there[key] = nothing
        self._assumed.append((there, key))
        return nothing

    @property
    def sure(self) -> int:
        """How many records, from the first one on, rest on the guess alone."""
        return len(self._done)

    def keep(self) -> Iterator[None]:
        """Nothing is there indeed: applies those records, one by one, and undoes the others."""
        _put_back(self._undo[self._undo_from :])
        self._forget_streams()
        for position, done in self._done:
            self._applying._note(position, done)
            yield

    def drop(self) -> None:
        """Nothing has changed."""
        _put_back(self._undo)
        for there, key in self._assumed:
            del there[key]

    def _forget_streams(self) -> None:
        for there, key in self._assumed:
            if there is self._applying.streams:
                del there[key]


@dataclass(slots=True)
class Change:
    """What a record makes of one row. `days`: (day, row) in law, in order, for views with valid time."""

    key: str
    before: Any
    since: int
    after: Any
    changed: bool
    days: Sequence[tuple[date, Any]] = ()


Done: TypeAlias = Sequence[tuple[Work, Sequence[Change]]]
"""What a record changes, view by view."""


def _take(work: Work, change: Change, position: int, glance: "Glance", undo: "list[Undo]") -> None:
    key = change.key
    if change.changed:
        # Taken out and put in again: what changes often is the last to be trimmed.
        undo.append((work.rows, key, work.rows.pop(key)))
        glance.was[work.view.name, key] = change.before
        work.rows[key] = (change.after, position if change.after is not None else -1)
    if change.days:
        undo.append((work.held, key, work.held[key]))
        work.held[key] = change.days[-1]


def _put_back(undo: "list[Undo]") -> None:
    for rows, key, value in reversed(undo):
        rows[key] = value


def _folded(
    work: Work, record: Recorded, glance: "Glance", streams: Mapping[str, Sequence[Recorded]]
) -> Sequence[Change]:
    view, changes = work.view, []
    # Names of records are texts of their own kind; a key is a plain one.
    for key in (record.key,) if view.keys is own_stream else dict.fromkeys(map(str, view.keys(record, glance))):
        before, since = work.rows.get(key) or glance.miss(ROW + view.name, key)
        after = view.fold(key, before, record, glance)
        changed = before is not after and before != after
        if view.valid_time:
            change = Change(key, before, since, after, changed)
            change.days = _days(work, change, record, glance, streams)
            changes.append(change)
        elif changed:
            changes.append(Change(key, before, since, after, changed))
    return changes


def _days(
    work: Work, change: Change, record: Recorded, glance: "Glance", streams: Mapping[str, Sequence[Recorded]]
) -> Sequence[tuple[date, Any]]:
    """What holds in law from which day on, as this record leaves it."""
    view, key, day = work.view, change.key, work.view.counts_from(record)
    if key != record.key:
        raise ValueError(f"{view.name} has valid time, so its keys are streams; {key} is not {record.stream}.")
    last, row = work.held.get(key) or glance.miss(HELD + view.name, key)
    if (last is None or day >= last) and view.begins(record) is None:
        after = change.after if row is change.before else view.fold(key, row, record, glance)
        return ((day, after),)
    stream = streams[key] if key in streams else glance.miss(STREAM, key)
    known = (one for one in stream if one.position <= record.position)
    return _refolded(view, key, known, day if view.begins(record) is None else date.min, glance)


def _refolded(
    view: View, key: str, records: Iterable[Recorded], first: date, glance: "Glance"
) -> Sequence[tuple[date, Any]]:
    """The whole history in the order in which it counts in law; what lies before `first` has not changed."""
    touched = [one for one in records if not view.touched_by or type(one.event) in view.touched_by]
    row, by_day = None, dict[date, Any]()
    for day, _, one in sorted(_in_law(view, touched), key=itemgetter(0, 1)):
        if one is not None:
            row = view.fold(key, row, one, glance)
        by_day[day] = row
    return tuple((day, row) for day, row in by_day.items() if day >= first)


def _in_law(view: View, records: Sequence[Recorded]) -> Iterator[tuple[date, int, Recorded | None]]:
    """From which day on each record counts, and, where that was put right, the days of which something is said (None).

    What counts from before the first record counts from its day on: nothing that was said is lost.
    """
    days = [view.counts_from(one) for one in records]
    said = [day for one in records if (day := view.begins(one)) is not None]
    for day, one in zip(days, records, strict=True):
        first = one is records[0]
        yield day if not said else said[-1] if first else max(day, said[-1]), one.position, one
    if said:
        yield from ((day, records[-1].position + 1, None) for day in (*days, *said))


class Glance:
    """`Look` for one record: rows of earlier views after it, or before it; of its own view only before."""

    __slots__ = ("_works", "miss", "was", "work")

    work: Work
    """The view whose functions look now."""

    def __init__(self, works: Mapping[str, Work], miss: Miss) -> None:
        self._works, self.miss = works, miss
        self.was: dict[tuple[str, str], Any] = {}

    def row(self, view: str, key: str) -> Any:
        if view not in self.work.seen:
            raise LookupError(f"{self.work.view.name} does not declare that it reads {view}.")
        return (self._works[view].rows.get(key) or self.miss(ROW + view, key))[0]

    def both(self, view: str, key: str) -> tuple[Any, Any]:
        now = self.row(view, key)
        return self.was.get((view, key), now), now


def groups_of(views: Sequence[View]) -> list[tuple[View, ...]]:
    """Views tied by what they read, in order. ValueError: a view reads one that is not declared before it."""
    tied: dict[str, set[str]] = {}
    for view in views:
        if late := [name for name in view.reads if name not in tied]:
            raise ValueError(f"{view.name} reads {', '.join(late)}, which no view before it is called.")
        together = {view.name}.union(*(tied[name] for name in view.reads))
        if view.name in tied:
            raise ValueError(f"Two views are called {view.name}.")
        for name in together:
            tied[name] = together
    groups = dict.fromkeys(tuple(view for view in views if view.name in tied[one.name]) for one in views)
    return list(groups)
