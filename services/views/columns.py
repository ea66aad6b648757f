"""From a row's dataclass to columns: what is stored beside the row's JSON, and what may be asked of it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeAlias, get_args, get_origin, get_type_hints
from uuid import UUID

from domain.kernel import EventName, Indexed, PartialDate, Says, Sealed, Searched, Words
from projections.kernel import Beside, Computed, View
from services.views.beside import OF
from services.views.folding import sorting
from services.views.ports import OF_LISTS, Column, Kind, Op
from services.writing import plain

LONGEST = 500
"""Characters of a text that are compared; an index takes no longer ones. The row's JSON has them all."""
RESERVED = frozenset({"key", "since", "until", "effective_since"})

Get: TypeAlias = Callable[[Any], Any]

SAME = (Op.EQ, Op.NE, Op.IN)
ORDERED = (Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE, Op.IN)
OPS = {
    Kind.TEXT: SAME,
    Kind.CODE: SAME,
    Kind.ID: SAME,
    Kind.YES_NO: (Op.EQ, Op.NE),
    Kind.WHOLE: ORDERED,
    Kind.DECIMAL: ORDERED,
    Kind.DAY: ORDERED,
    Kind.PARTIAL_DATE: ORDERED,
}
SQL = {
    Kind.TEXT: 'text collate "C"',
    Kind.CODE: 'text collate "C"',
    Kind.PARTIAL_DATE: 'text collate "C"',
    Kind.ID: "uuid",
    Kind.YES_NO: "boolean",
    Kind.WHOLE: "bigint",
    Kind.DECIMAL: "numeric",
    Kind.DAY: "date",
}


@dataclass(frozen=True, slots=True)
class Stored:
    """A column of the table: its SQL name and type, where in a row its value stands, and what is kept of that."""

    name: str
    sql: str
    path: tuple[str, ...]
    kept: Get | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the view with what stands behind it in the table.

    `stored`: the SQL columns it needs. `value`: the expression that is compared with a filter's values, `order` the
    one that lists are sorted by; both may hold `{day}`. `texts`: what of a row is searched; `items`: what a list has.
    """

    column: Column
    stored: tuple[Stored, ...] = ()
    value: str = ""
    order: str = ""
    indexed: bool = False
    texts: Callable[[Any], Iterable[str]] | None = None
    items: Callable[[Any], Iterator[str]] | None = None


def fields_of(view: View) -> tuple[Field, ...]:
    """The columns of a view: the key, those of the row, those that depend on the day, members of lists."""
    found = [_key(view)]
    members: list[Field] = []
    for name, hint in get_type_hints(view.row, include_extras=True).items():
        found.extend(_fields((name,), hint, attrgetter(name), optional=False))
        members.extend(_members(name, hint))
    found.extend(_computed(one) for one in view.computed)
    found.extend(_beside(one) for one in view.beside)
    names = [one.column.name for one in found]
    if taken := {name for name in names if names.count(name) > 1} | (RESERVED & set(names[1:])):
        raise TypeError(f"Columns of {view.name} cannot be told apart: {', '.join(sorted(taken))}.")
    return (*found, *members)


def _key(view: View) -> Field:
    column = Column("key", Kind.TEXT, view.key_says, ("key",), SAME, sortable=True)
    return Field(column, (), "key", "key")


def _computed(one: Computed) -> Field:
    kind = _kind(one.type)
    ops = (*OPS[kind], Op.IS_NULL)
    column = Column(one.name, kind, one.says, (one.name,), ops, sortable=True, optional=True, computed=True)
    return Field(column, (), one.sql, one.sql)


def _beside(one: Beside) -> Field:
    """It is kept with the row when that is written, and shown as what depends on the day is."""
    kind = _kind(one.type)
    choices = tuple(member.value for member in one.type) if issubclass(one.type, StrEnum) else ()
    column = Column(
        one.name, kind, one.says, (one.name,), (*OPS[kind], Op.IS_NULL), sortable=True, optional=True, choices=choices,
        computed=True,
    )  # fmt: skip
    by = f'"{one.name}"'
    return Field(column, (Stored(one.name, SQL[kind], (), OF[one.name]),), by, by, indexed=kind is Kind.CODE)


def _kind(kind: Any) -> Kind:
    """The kind of one value. TypeError: rows do not hold such values."""
    if get_origin(kind) is tuple:
        return Kind.LIST
    for types, found in _KINDS:
        if isinstance(kind, type) and issubclass(kind, types) and not issubclass(kind, datetime):
            return found
    raise TypeError(f"Columns do not hold {kind}.")


_KINDS: Sequence[tuple[type | tuple[type, ...], Kind]] = (
    (bool, Kind.YES_NO),
    (int, Kind.WHOLE),
    (StrEnum, Kind.CODE),
    (PartialDate, Kind.PARTIAL_DATE),
    ((EventName, Sealed), Kind.TEXT),
    (str, Kind.TEXT),
    (UUID, Kind.ID),
    (Decimal, Kind.DECIMAL),
    (date, Kind.DAY),
    (Words, Kind.WORDS),
)


def _fields(path: tuple[str, ...], hint: Any, get: Get, *, optional: bool, whole: str = "") -> Iterator[Field]:
    """One field, or those of a value object, flattened: `cost` becomes `cost_amount`, `cost_currency`, ...

    A part that says nothing of its own says what `whole` does.
    """
    kind, notes, absent = plain(hint)
    optional = optional or absent
    says = next((note.text for note in notes if isinstance(note, Says)), whole)
    if is_dataclass(kind) and isinstance(kind, type):
        for name, inner in get_type_hints(kind, include_extras=True).items():
            if name in {one.name for one in fields(kind)}:
                yield from _fields((*path, name), inner, _within(get, name), optional=optional, whole=says)
        return
    searched = any(isinstance(note, Searched) for note in notes)
    name = "_".join(path)
    if _kind(kind) is Kind.WORDS:
        column = Column(name, Kind.WORDS, says, path, searched=searched, optional=optional)
        yield Field(column, texts=_all_texts(get) if searched else None)
    elif _kind(kind) is Kind.LIST:
        yield _list(name, kind, says, path, get)
    else:
        indexed = any(isinstance(note, Indexed) for note in notes)
        yield _scalar(name, kind, says, path, get, optional=optional, searched=searched, indexed=indexed)


def _within(outer: Get, name: str) -> Get:
    def get(row: Any) -> Any:
        value = outer(row)
        return None if value is None else getattr(value, name)

    return get


def _scalar(
    name: str, kind: type, says: str, path: tuple[str, ...], get: Get, *, optional: bool, searched: bool, indexed: bool
) -> Field:
    what = _kind(kind)
    column = Column(
        name,
        what,
        says,
        path,
        (*OPS[what], Op.IS_NULL) if optional else OPS[what],
        sortable=True,
        searched=searched,
        optional=optional,
        choices=tuple(member.value for member in kind) if issubclass(kind, StrEnum) else (),
    )
    needed = "" if optional else " not null"
    quoted = f'"{name}"'
    stored = [Stored(name, SQL[what] + needed, path, _shortened if what is Kind.TEXT else None)]
    order = quoted
    if what is Kind.PARTIAL_DATE:
        order = f'"_first_{name}"'
        stored.append(Stored(f"_first_{name}", "date", path, PartialDate.earliest))
    elif searched:
        order = f'"_sort_{name}"'
        stored.append(Stored(f"_sort_{name}", SQL[Kind.TEXT] + needed, path, sorting))
    return Field(column, tuple(stored), quoted, order, indexed, _one_text(get) if searched else None)


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST]


def values_of(stored: Sequence[Stored]) -> Callable[[Any], list[Any]]:
    """What these columns hold of a row, as one function with an item for each: it is asked for every version."""
    made: dict[str, Any] = {f"kept_{nth}": one.kept for nth, one in enumerate(stored)}
    items = (_expression(one, f"kept_{nth}") for nth, one in enumerate(stored))
    exec(f"def values(row):\n    return [{', '.join(items)}]", made)
    return made["values"]  # type: ignore[no-any-return]


def _expression(one: Stored, kept: str) -> str:
    """A value object may be absent, and then so are its parts. Without a path it is said of the whole row."""
    if not one.path:
        return f"{kept}(row)"
    first, *parts = one.path
    said = f"row.{first}"
    for part in parts:
        said = f"(None if (item := {said}) is None else item.{part})"
    return said if one.kept is None else f"(None if (item := {said}) is None else {kept}(item))"


def _one_text(get: Get) -> Callable[[Any], Iterable[str]]:
    def texts(row: Any) -> Iterable[str]:
        value: str | None = get(row)
        return (value,) if value else ()

    return texts


def _all_texts(get: Get) -> Callable[[Any], Iterable[str]]:
    def texts(row: Any) -> Iterable[str]:
        value: Words | None = get(row)
        return value.plain().values() if value is not None else ()

    return texts


# --- lists ---

_LISTED = (UUID, StrEnum, EventName)


def _list(name: str, hint: Any, says: str, path: tuple[str, ...], get: Get) -> Field:
    item, _, _ = plain(get_args(hint)[0])
    if is_dataclass(item):
        return Field(Column(name, Kind.LIST, says, path))
    choices = tuple(one.value for one in item) if issubclass(item, StrEnum) else ()
    column = Column(name, Kind.LIST, says, path, OF_LISTS, choices=choices, item=_kind(item))

    def items(row: Any) -> Iterator[str]:
        for value in get(row) or ():
            yield entry(name, value)

    return Field(column, items=items)


def _members(name: str, hint: Any) -> Iterator[Field]:
    """Ways to ask a list for what one of its items says: ids and codes only, which are few and telling."""
    kind, _, _ = plain(hint)
    if get_origin(kind) is not tuple:
        return
    item, _, _ = plain(get_args(kind)[0])
    if not (is_dataclass(item) and isinstance(item, type)):
        return
    for inner, inner_hint in get_type_hints(item, include_extras=True).items():
        bare, notes, _ = plain(inner_hint)
        if isinstance(bare, type) and issubclass(bare, _LISTED):
            says = next((note.text for note in notes if isinstance(note, Says)), "")
            yield _member(name, inner, bare, says)


def _member(name: str, inner: str, kind: type, says: str) -> Field:
    whole = f"{name}.{inner}"
    choices = tuple(one.value for one in kind) if issubclass(kind, StrEnum) else ()
    column = Column(whole, Kind.LIST, says, (name, inner), OF_LISTS, choices=choices, item=_kind(kind), member=True)

    def items(row: Any) -> Iterator[str]:
        for one in getattr(row, name):
            if (value := getattr(one, inner)) is not None:
                yield entry(whole, value)

    return Field(column, items=items)


@lru_cache(10_000)
def entry(name: str, value: Any) -> str:
    """How a table keeps that a list has a value: one word in one array for all lists of a row."""
    return f"{name}={value}"[:LONGEST]
