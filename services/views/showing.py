"""How rows of views are shown: their JSON with what depends on the day, their values as cells of a file."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from domain.kernel import Words
from services.views.ports import Kind
from services.views.tables import Table


def storable(key: str) -> bool:
    """Whether a database can be asked for it at all: no text there holds NUL, or half of a character."""
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in key


def rendered(table: Table, body: bytes, computed: Iterable[Any]) -> bytes:
    """The row's JSON with the columns that depend on the day put at its end."""
    if not table.computed:
        return body
    found = {
        field.column.name: value for field, value in zip(table.computed, computed, strict=True) if value is not None
    }
    return body[:-1] + b"," + msgspec.json.encode(found)[1:] if found else body


def cell(whole: Any, path: Sequence[str], kind: Kind) -> Any:
    for part in path:
        whole = whole.get(part)
        if whole is None:
            return None
    if kind is Kind.WORDS:
        return Words(whole).best()
    if kind is Kind.LIST:
        return msgspec.json.encode(whole).decode()
    return str(whole) if isinstance(whole, Decimal) else whole
