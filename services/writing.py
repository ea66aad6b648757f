"""How values become what stands in a record: by their types' hints, which say what records may hold at all."""

import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from domain.kernel import EventName, Given, PartialDate, Sealed, Words

Writer = Callable[[Any], Any]


def plain(hint: Any) -> tuple[Any, tuple[Any, ...], bool]:
    """A hint without its notes: (bare hint, notes, whether it may be absent)."""
    notes: tuple[Any, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *rest = get_args(hint)
        notes = tuple(rest)
    optional = False
    if get_origin(hint) in (Union, types.UnionType):
        members = [member for member in get_args(hint) if member is not type(None)]
        if len(members) != 1:
            raise TypeError(f"{hint} is a choice of types, which records do not hold.")
        hint, inner, _ = plain(members[0])
        notes, optional = (*notes, *inner), True
    while hasattr(hint, "__supertype__"):
        hint = hint.__supertype__
    return hint, notes, optional


def writer(hint: Any) -> Writer:
    """How values of a type become what msgspec writes as JSON, names in order.

    A type that records must not hold (float, bytes, dict, ...) is a TypeError.
    """
    kind, _, _ = plain(hint)
    if kind in (str, int, bool):
        return _as_is
    if get_origin(kind) is tuple:
        item, *rest = get_args(kind)
        if rest != [...]:
            raise TypeError(f"{kind} is not a tuple of one type.")
        write = writer(item)
        return _as_is if write is _as_is else lambda values: [write(value) for value in values]
    if not isinstance(kind, type):
        raise TypeError(f"Records do not hold {hint}.")
    if issubclass(kind, (PartialDate, EventName, Sealed)):
        return str
    if issubclass(kind, Words):
        return Words.plain
    if issubclass(kind, Decimal):
        return lambda value: format(value, "f")
    if issubclass(kind, (UUID, StrEnum)) or (issubclass(kind, date) and not issubclass(kind, datetime)):
        return _as_is
    if is_dataclass(kind):
        return record_writer(kind)
    raise TypeError(f"Records do not hold {hint}.")


def _as_is(value: Any) -> Any:
    return value


def _is_given(hint: Any) -> bool:
    return any(isinstance(note, Given) for note in plain(hint)[1])


def record_writer(kind: type) -> Writer:
    """How a frozen dataclass becomes a JSON object: what is None or `Given` is absent."""
    hints = get_type_hints(kind, include_extras=True)
    if bare := [name for name in required(kind) if plain(hints[name])[2] and not _is_given(hints[name])]:
        raise TypeError(f"{kind.__name__} may lack {', '.join(sorted(bare))}, and says no default to read it back by.")
    parts = {field.name: writer(hints[field.name]) for field in fields(kind) if not _is_given(hints[field.name])}
    # One function with a line for each field: it is asked several times for every record.
    lines = ["def write(value):", "    found = {}"]
    for name, of in sorted(parts.items()):
        lines.append(f"    if (item := value.{name}) is not None:")
        lines.append(f"        found[{name!r}] = " + ("item" if of is _as_is else f"write_{name}(item)"))
    made: dict[str, Any] = {f"write_{name}": of for name, of in parts.items()}
    exec("\n".join([*lines, "    return found"]), made)
    return made["write"]  # type: ignore[no-any-return]


def required(kind: type) -> frozenset[str]:
    """The fields of a dataclass that have no default."""
    return frozenset(f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING)
