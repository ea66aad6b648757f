"""What may be asked of a view, what it answers, and what it refuses."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

COUNTED = 100_000
"""Rows that are counted at most for a total: what it costs has a bound, however many there are."""


class Op(StrEnum):
    """How a column is compared with the values of a filter.

    `is_null` takes one bool: True asks for rows where the column is empty. `has`: a list holds all of the values,
    `any`: at least one of them.
    """

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    IN = "in"
    HAS = "has"
    ANY = "any"
    IS_NULL = "is_null"


SEVERAL = (Op.IN, Op.HAS, Op.ANY)
"""Those that take several values."""
OF_LISTS = (Op.HAS, Op.ANY)


class Kind(StrEnum):
    """Of which kind a column's values are, for forms, documents and the parsing of filters."""

    TEXT = "text"
    CODE = "code"  # one of `choices`
    WHOLE = "whole"
    DECIMAL = "decimal"
    YES_NO = "yes_no"
    ID = "id"
    DAY = "day"
    PARTIAL_DATE = "partial_date"
    WORDS = "words"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a view, from which filters, the CSV header and the data dictionary derive.

    `path`: where its value stands in the row's JSON. Values for filters are given as Python values of the kind: str,
    int, Decimal, bool, UUID, date, and for partial dates a PartialDate or a date; for lists those of `item`.
    A `member` is no cell of its own, only a way to filter a list by a field of its items (`parties.unit`).
    """

    name: str
    kind: Kind
    says: str
    path: tuple[str, ...]
    ops: tuple[Op, ...] = ()
    sortable: bool = False
    searched: bool = False
    optional: bool = False
    choices: tuple[str, ...] = ()
    item: Kind | None = None
    computed: bool = False
    member: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on one column; several of them all hold."""

    column: str
    op: Op
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """Which rows of a view, in which order.

    `q`: words, the last letters of each may be missing; accents and case do not count. `sort`: a sortable column or
    `key`; empty means the view's own order. `after`: the `last` of the page before. `as_of`: a position (None: the
    newest the view has). `valid_at`: what held in law on that day. `day`: the day for columns that depend on one
    (None: today in UTC).
    """

    filters: tuple[Filter, ...] = ()
    q: str = ""
    sort: str = ""
    descending: bool = False
    limit: int = 50
    after: tuple[Any, str] | None = None
    as_of: int | None = None
    valid_at: date | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows as JSON objects, each with its `key` and the columns that depend on the day.

    `last`: (sort value, key) to go on after; None where this is the last page. `position`: the one it speaks for.
    The sort value is str, int, bool, Decimal, date, UUID or None.
    """

    items: tuple[bytes, ...]
    last: tuple[Any, str] | None
    position: int


@dataclass(frozen=True, slots=True)
class Change:
    """A row as JSON at two moments, without the columns that depend on the day; None where it was not there."""

    key: str
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far a view has come: its position, the ledger's last position (-1: empty), seconds behind, `name@version`.

    `table`: where its rows lie, elsewhere once it is built anew.
    """

    position: int
    head: int
    lag_seconds: float
    view: str
    table: str


class ViewError(Exception):
    """The root of what a view may say instead of rows."""


class NoSuchView(ViewError):
    """There is no view of this name."""


class NoValidTime(ViewError):
    """The view does not know what held in law on a day: its rows are no streams of their own."""


@dataclass
class BadQuery(ViewError):
    """A filter or order that the view does not have, or a value of the wrong type."""

    column: str
    reason: str
    op: str = field(default="")

    @property
    def asked(self) -> str:
        """What was asked for, as a question names it: `ends_on.lt`, `ends_on`."""
        return self.column if self.op in ("", Op.EQ) else f"{self.column}.{self.op}"

    def __str__(self) -> str:
        return f"{self.column}: {self.reason}"


@dataclass
class NotYet(ViewError):
    """A position was asked for that the view has not reached."""

    asked: int
    position: int

    def __str__(self) -> str:
        return f"The view is at position {self.position}, not yet at {self.asked}."


class NotBuilt(ViewError):
    """The view's table is not there yet, or is being rebuilt and lacks what was asked; come back later."""
