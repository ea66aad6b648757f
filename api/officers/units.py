"""What units and things are called: units as people say them, by id, by a code or by name; things by their rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from api.beside import names_of
from api.faults import Fault, Located
from api.officers.fields import Node
from api.people import called
from api.tongues import READER
from services.views.ports import Filter, Op, Query
from services.views.queries import Views

SHOWN = 20
"""Units among which somebody chooses; who means another says more of it."""
MANY = 200
"""Texts of one form for which units are looked for."""


class Directory:
    """Finds units for the fields of a form, and the names that pages speak of."""

    def __init__(self, views: Views, rows: frozenset[str]) -> None:
        """`rows`: the views whose keys are streams of the context of the same name."""
        self._views, self.rows = views, rows

    async def thing(self, context: str, stream: UUID) -> Any:
        """What a thing is called; where no view has a row of it, its id."""
        row, _ = await self._views.one(context, str(stream)) if context in self.rows else (None, 0)
        return str(stream) if row is None else called(msgspec.json.decode(row), self._views.columns(context))

    async def resolve(self, root: Node, day: date) -> Sequence[Located]:
        """Puts the id in place of what was typed for a unit, and the unit's name beside it."""
        faults, found = list[Located](), dict[str, Sequence[Mapping[str, Any]]]()
        nodes = [one for one in root.walk() if one.leaf is not None and one.leaf.of == "unit" and one.text.strip()]
        for node in nodes:
            text = node.text.strip()
            if _is_id(text):
                continue
            if text not in found and len(found) < MANY:
                found[text] = await self._meant(text, day)
            if said := _settled(node, found.get(text, ())):
                faults.append(Located("body", node.at, Fault("unit", said)))
        names = await self.names((one.text.strip() for one in nodes), day)
        for node in nodes:
            node.called = names.get(node.text.strip().lower(), "")
        return faults

    async def names(self, ids: Iterable[str], day: date | None = None) -> Mapping[str, str]:
        return await names_of(self._views, (one.lower() for one in ids if _is_id(one)), day=day)

    async def _meant(self, text: str, day: date) -> Sequence[Mapping[str, Any]]:
        """By its code; else by its whole name; else by words of its name."""
        if "\x00" in text or len(text) > 200:
            return ()
        if ":" in text and "," not in text and " " not in text:
            by_code = await self._rows(Query((Filter("identifiers", Op.HAS, (text,)),), limit=SHOWN, day=day))
            if by_code:
                return by_code
        rows = await self._rows(Query(q=text, limit=SHOWN, day=day))
        same = text.casefold()
        exact = [row for row in rows if same in (row["title"].casefold(), *map(str.casefold, row["name"].values()))]
        return exact or rows

    async def _rows(self, query: Query) -> Sequence[Mapping[str, Any]]:
        page = await self._views.page("units", query)
        return [msgspec.json.decode(item) for item in page.items]


def _settled(node: Node, rows: Sequence[Mapping[str, Any]]) -> str:
    """The id in place of the text where one unit is meant; else what is wrong, and among which to choose."""
    if len(rows) == 1:
        node.text = rows[0]["key"]
        return ""
    if not rows:
        return (
            f"The register knows no unit that is called {node.text.strip()[:80]}. A name, a code or an id is asked for."
        )
    node.choices = [
        (row["key"], f"{row['title']} ({READER.get().tongue.label(row['kind'])}, {row['jurisdiction']})")
        for row in rows
    ]
    return "Several units may be meant: choose one."


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
