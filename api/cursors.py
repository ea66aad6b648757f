"""Where a list goes on: an opaque text that names position, view, question and the last row."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from api.faults import Wrong
from api.values import LARGEST

_KEY = b"subsidia list cursor 1"
_DIGEST = 10

_WRITE: dict[type, str] = {str: "s", int: "i", bool: "b", Decimal: "n", date: "d", UUID: "u"}
_READ: Mapping[str, Callable[[str], Any]] = {
    "i": int,
    "n": Decimal,
    "d": date.fromisoformat,
    "u": UUID,
    "b": lambda text: text == "True",
}


@dataclass(frozen=True, slots=True)
class Place:
    """`view`: `name@version`. `asked` tells this question from others. `last`: (sort value, key) of the last row."""

    view: str
    asked: str
    position: int
    day: date
    last: tuple[Any, str]


def written(place: Place) -> str:
    value, key = place.last
    kind = "" if value is None else next((_WRITE[one] for one in (bool, *_WRITE) if isinstance(value, one)), "s")
    shown = "" if value is None else str(value)
    said = [place.view, place.asked, place.position, place.day.isoformat(), kind, shown, key]
    body = msgspec.json.encode(said)
    return base64.urlsafe_b64encode(_sum(body) + body).rstrip(b"=").decode()


def read(text: str) -> Place:
    """Raises Wrong for a text that was not made by `written`, by any process of any version that writes alike."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        if raw[:_DIGEST] != _sum(raw[_DIGEST:]):
            raise ValueError("it was changed")
        view, asked, position, day, kind, value, key = msgspec.json.decode(raw[_DIGEST:])
        placed = None if not kind else _READ.get(kind, str)(value)
        if not all(isinstance(one, str) for one in (view, asked, key)) or type(position) is not int:
            raise TypeError("it was made by somebody else")
        if not -1 <= position <= LARGEST:
            raise ValueError("no position is that far")
        return Place(view, asked, position, date.fromisoformat(day), (placed, key))
    except (ValueError, TypeError, ArithmeticError, binascii.Error, msgspec.DecodeError):
        raise Wrong("cursor", "This is no cursor of ours. Take `next` as it was given, or begin without one.") from None


def _sum(body: bytes) -> bytes:
    # Against mistakes, not against malice: a cursor opens nothing that its reader could not ask for anyway.
    return hashlib.blake2b(body, digest_size=_DIGEST, key=_KEY).digest()


def told_apart(*parts: Any) -> str:
    """A short word for a question: the same for the same filters, order and day in law."""
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
