"""What people mean who type no id: a unit by a code or a name, another thing by words of its title."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from api.beside import UNITS
from api.people import called
from api.values import Leaf
from services.views.ports import Column

SHOWN = 20
"""Things among which somebody chooses; who means another says more of it."""
AT_MOST = 200
"""Characters in which a thing is named."""
Row = Mapping[str, Any]


class Rows(Protocol):
    """The first `SHOWN` rows of a view: with that code among their identifiers, or with these words."""

    async def __call__(self, view: str, *, code: str = "", words: str = "") -> Sequence[Row]: ...


def view_of(leaf: Leaf | None) -> str:
    """The view in which people find what a field asks the id of; empty where it asks for none.

    It is called as its rows are, in the plural.
    """
    return f"{leaf.of}s" if leaf is not None and leaf.of else ""


async def meant(rows: Rows, text: str, view: str, columns: Sequence[Column]) -> Sequence[Row]:
    """By its code; else by its whole name; else by words of its name. Several, where several may be meant."""
    if "\x00" in text or len(text) > AT_MOST:
        return ()
    coded = view == UNITS and ":" in text and "," not in text and " " not in text
    if coded and (by_code := await rows(view, code=text)):
        return by_code
    found, same = await rows(view, words=text), text.casefold()
    return [row for row in found if same in map(str.casefold, names(row, view, columns))] or found


def names(row: Row, view: str, columns: Sequence[Column]) -> Sequence[str]:
    """All that a row is called, in whatever language."""
    name = row["name"] if view == UNITS else called(row, columns)
    return [*name.values()] if isinstance(name, dict) else [str(name)]


def unsettled(text: str, view: str, found: Sequence[Row]) -> str:
    """Why it is not one thing that is meant; empty where it is."""
    if len(found) == 1:
        return ""
    text = text[:80]
    if found and view == UNITS:
        return "Several units may be meant: choose one."
    if found:
        return "Several things may be meant: choose one."
    if view == UNITS:
        return f"The register knows no unit that is called {text}. A name, a code or an id is asked for."
    return f"The register knows nothing that is called {text}. Words of a title are asked for, or an id."


def told(row: Row, view: str, columns: Sequence[Column], label: Callable[[str], str]) -> str:
    """A row as somebody chooses it among several. `label`: says a code in the reader's words."""
    name = row.get("title")
    of = (label(row.get("kind") or row["state"]), *([row["jurisdiction"]] if row.get("jurisdiction") else []))
    return f"{name if isinstance(name, str) else names(row, view, columns)[0]} ({', '.join(of)})"


def is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
