"""What a view is: a pure fold over records, with the grammar of `evolve`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any, Generic, Protocol, TypeVar

from domain.kernel import Recorded

T = TypeVar("T")

text_of = lru_cache(10_000)(str)
"""A unit's id as text. Few units act, and every record names one of them."""


class Look(Protocol):
    """Rows of views declared earlier, as of the record that is being applied, and nothing else."""

    def row(self, view: str, key: str) -> Any:
        """The row after this record was applied to that view; None where there is none."""

    def both(self, view: str, key: str) -> tuple[Any, Any]:
        """The row as it was before this record, and after it."""


@dataclass(frozen=True, slots=True)
class Computed:
    """A column that depends on the day a reader asks for, never stored.

    `of(row, day)` is the meaning; `sql` the same as an expression over the row's columns and `{day}` (a date), so that
    lists can be filtered and sorted by it. A property test holds the two together.
    """

    name: str
    type: type
    says: str
    of: Callable[[Any, Any], Any]
    sql: str


class Subject(StrEnum):
    """What a view is about: those of one subject stand together, under these words and in this order."""

    PROMISES = "What was promised"
    POWERS = "What was entrusted, and who holds which power"
    SUBSIDIARITY = "Who should act"
    TURNS = "What is due, and whose turn it is"
    FIGURES = "Figures"
    UNITS = "Who is who"
    RECORD = "The record itself"


@dataclass(frozen=True, slots=True)
class Beside:
    """A column that rests on what a program knows beside the records, such as holidays and time zones.

    Programs of two years may know otherwise: it is no part of a view's dump, and nobody is accused of a difference.
    How it is told lies with who knows it (services/views/beside.py).
    """

    name: str
    type: type
    says: str


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A condition by which people narrow a list so often that its page offers it, and says how many rows it leaves."""

    column: str
    op: str
    value: str
    says: str

    @property
    def name(self) -> str:
        """The parameter that asks for it."""
        return f"{self.column}.{self.op}"


def day_of(record: Recorded) -> date:
    """The day from which a record counts in law; where nobody knows, the day it was recorded."""
    return record.effective_on.earliest() or record.at.date()


def ended_by(record: Recorded) -> date:
    """The last day of what a record ends: a partial date is given the benefit of the doubt."""
    return record.effective_on.latest() or record.at.date()


def as_recorded(record: Recorded) -> None:
    """Nothing is said of the day from which the stream's first record counts."""


@dataclass(frozen=True, slots=True)
class View:
    """A table that answers a question. From the row's dataclass come table, filters, JSON, CSV and documents.

    `version` is raised when the meaning of the fold changes; the view is then rebuilt. `reads` names the earlier views
    that `look` asks. `valid_time`: rows are keyed by their record's own stream, and can also be asked for the state
    that held in law on a date; `counts_from` says from which day on a record counts in it, and `begins` from which day
    on the stream's first record does, where a later one puts that right. `span`: or else every row says itself from
    which day to which it counts, in two columns (None: open), and a date asks for those of that day.

    `shows`: the columns that a list for people has room for, and with which the page of a row begins, in their order;
    empty: the first that say something.

    `once`: each row is made by one record, its key behind all others so far, and never changed. Others look at it as of
    that record only, so that it can be let go where nobody but they would read it.
    """

    name: str
    version: int
    says: str
    row: type
    key_says: str
    touched_by: tuple[type, ...]
    keys: Callable[[Recorded, Look], Iterable[str]]
    fold: Callable[[str, Any, Recorded, Look], Any]
    reads: tuple[str, ...] = ()
    sort: str = "key"
    valid_time: bool = False
    counts_from: Callable[[Recorded], date] = day_of
    begins: Callable[[Recorded], date | None] = as_recorded
    computed: tuple[Computed, ...] = ()
    beside: tuple[Beside, ...] = ()
    narrowings: tuple[Narrowing, ...] = ()
    span: tuple[str, str] | None = None
    once: bool = False
    subject: Subject = Subject.RECORD
    shows: tuple[str, ...] = ()

    @property
    def dated(self) -> bool:
        """Whether it answers what held in law on a date."""
        return self.valid_time or self.span is not None


REMEMBERED = 1_024
"""Records of which is still known what a view worked out. A view that takes many at once is through before others."""


@dataclass(slots=True)
class OfRecord(Generic[T]):
    """What a view works out of a record, once for all of its rows: `keys` anew, then `fold` finds it for each.

    So do the views behind it that count on, whether they take each record by itself or many after this view did.
    """

    work_out: Callable[[Recorded, Look], T]
    _found: dict[int, tuple[Recorded, T]] = field(default_factory=dict)

    def anew(self, record: Recorded, look: Look) -> T:
        if len(self._found) >= REMEMBERED:
            self._found.clear()
        found = self.work_out(record, look)
        self._found[record.position] = record, found
        return found

    def found(self, record: Recorded, look: Look) -> T:
        """The same, unless somebody folds by hand."""
        known = self._found.get(record.position)
        return known[1] if known is not None and known[0] is record else self.anew(record, look)


def own_stream(record: Recorded, look: Look) -> Iterable[str]:
    """The keys of a view with one row a stream."""
    return (record.key,)
