"""Rows of views as JSON and back: what is None is absent."""

from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from domain.kernel import EventName, PartialDate, Sealed, Words
from services.codec import construct
from services.writing import plain

Write: TypeAlias = Callable[[Any], Any]
Fill: TypeAlias = Callable[[Any], None]


class Form:
    """How the rows of one class are written and read, worked out once. TypeError: a type that rows do not hold."""

    def __init__(self, kind: type) -> None:
        self._write = _object(kind)
        self._fill = _object_gaps(kind)
        self._kind = kind
        self._encoder = msgspec.json.Encoder()
        self._canonical = msgspec.json.Encoder(order="sorted")
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(kind, dec_hook=construct)

    def encode(self, key: str, row: Any) -> bytes:
        """The row as a JSON object that begins with its key."""
        return self._encoder.encode(self._write(row, key=key))

    def line(self, key: str, row: Any) -> bytes:
        """The row in the view's dump: canonical JSON (RFC 8785), of what is never computed for a day."""
        return self._canonical.encode(self._write(row, key=key))

    def decode(self, body: bytes) -> Any:
        if self._fill is None:
            return self._decoder.decode(body)
        whole = msgspec.json.decode(body)
        self._fill(whole)
        return msgspec.convert(whole, self._kind, dec_hook=construct)


class _Keyed(msgspec.Struct):
    key: str


_keyed = msgspec.json.Decoder(_Keyed)


def key_in(body: bytes) -> str:
    """The key with which a row's JSON begins."""
    return _keyed.decode(body).key


def line_of(key: str, body: bytes) -> bytes:
    """The line of a row that is stored as JSON under a key: that of `Form.line`, unless somebody changed one of them.

    A row is found by the one and shown by the other: where they disagree, the line holds both.
    """
    try:
        whole = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError:
        return body
    if whole.get("key") != key:
        whole["key"] = [key, whole.get("key")]
    return msgspec.json.encode(whole, order="sorted")


def _writer(hint: Any) -> Write | None:
    """How a value becomes what the encoder knows; None: it knows it already."""
    kind, _, _ = plain(hint)
    if get_origin(kind) is tuple:
        write = _writer(_item(kind))
        return None if write is None else lambda values: [write(value) for value in values]
    if not isinstance(kind, type):
        raise TypeError(f"Rows do not hold {hint}.")
    if issubclass(kind, (PartialDate, EventName, Sealed)):
        return str
    if kind in (str, int, bool) or issubclass(kind, (UUID, StrEnum)):
        return None
    if issubclass(kind, date) and not issubclass(kind, datetime):
        return None
    if issubclass(kind, Words):
        return Words.plain
    if issubclass(kind, Decimal):
        return lambda value: format(value, "f")
    if is_dataclass(kind):
        return _object(kind)
    raise TypeError(f"Rows do not hold {hint}.")


def _item(kind: Any) -> Any:
    item, *rest = get_args(kind)
    if rest != [...]:
        raise TypeError(f"{kind} is not a tuple of one type.")
    return item


def _object(kind: type) -> Callable[..., dict[str, Any]]:
    """How a dataclass becomes a JSON object, after the members that are given by name; what is None is absent.

    One function with a line for each field: every version of a row goes through it.
    """
    hints = get_type_hints(kind, include_extras=True)
    parts = {field.name: _writer(hints[field.name]) for field in fields(kind)}
    lines = ["def write(value, /, **found):"]
    for name, of in parts.items():
        lines.append(f"    if (item := value.{name}) is not None:")
        lines.append(f"        found[{name!r}] = " + ("item" if of is None else f"write_{name}(item)"))
    made: dict[str, Any] = {f"write_{name}": of for name, of in parts.items() if of is not None}
    exec("\n".join([*lines, "    return found"]), made)
    return made["write"]  # type: ignore[no-any-return]


def _object_gaps(kind: type) -> Fill | None:
    """Puts None where it was left out and the class has no default for it; None: there is no such place."""
    hints = get_type_hints(kind, include_extras=True)
    missing = [
        field.name
        for field in fields(kind)
        if plain(hints[field.name])[2] and field.default is MISSING and field.default_factory is MISSING
    ]
    inner = [(field.name, fill) for field in fields(kind) if (fill := _gaps(hints[field.name])) is not None]
    if not missing and not inner:
        return None

    def fill_in(whole: dict[str, Any]) -> None:
        for name in missing:
            whole.setdefault(name, None)
        for name, fill in inner:
            if whole.get(name) is not None:
                fill(whole[name])

    return fill_in


def _gaps(hint: Any) -> Fill | None:
    kind, _, _ = plain(hint)
    if get_origin(kind) is tuple:
        fill = _gaps(_item(kind))
        if fill is None:
            return None

        def fill_each(values: list[Any]) -> None:
            for value in values:
                fill(value)

        return fill_each
    return _object_gaps(kind) if is_dataclass(kind) and isinstance(kind, type) else None
