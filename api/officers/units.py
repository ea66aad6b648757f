"""What units and things are called: units as people say them, by id, by a code or by name; things by their rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from api.beside import UNITS, names_of
from api.faults import Fault, Located
from api.languages import best
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
        """Puts the id in place of what was typed for a unit or another thing, and what it is called beside it."""
        faults, found = list[Located](), dict[tuple[str, str], Sequence[Mapping[str, Any]]]()
        nodes = [one for one in root.walk() if one.view and one.text.strip()]
        for node in nodes:
            asked = node.text.strip(), node.view
            if _is_id(asked[0]):
                continue
            if asked not in found and len(found) < MANY:
                found[asked] = await self._meant(*asked, day)
            if said := _settled(node, found.get(asked, ())):
                faults.append(Located("body", node.at, Fault("unit" if node.view == UNITS else "unknown", said)))
        names = await self.names((one.text.strip() for one in nodes), day)
        for node in nodes:
            node.called = names.get(node.text.strip().lower()) or await self._called(node)
        return faults

    async def _called(self, node: Node) -> str:
        """What another thing than a unit is called."""
        if node.view == UNITS or not _is_id(node.text.strip()):
            return ""
        found = await self.thing(node.view, UUID(node.text.strip()))
        return found[best(found, (READER.get().tongue.tag,))] if isinstance(found, dict) else ""

    async def names(self, ids: Iterable[str], day: date | None = None) -> Mapping[str, str]:
        return await names_of(self._views, (one.lower() for one in ids if _is_id(one)), day=day)

    async def _meant(self, text: str, view: str, day: date) -> Sequence[Mapping[str, Any]]:
        """By its code; else by its whole name; else by words of its name."""
        if "\x00" in text or len(text) > 200 or view not in (UNITS, *self.rows):
            return ()
        if view == UNITS and ":" in text and "," not in text and " " not in text:
            by_code = await self._rows(view, Query((Filter("identifiers", Op.HAS, (text,)),), limit=SHOWN, day=day))
            if by_code:
                return by_code
        rows = await self._rows(view, Query(q=text, limit=SHOWN, day=day))
        same = text.casefold()
        exact = [row for row in rows if same in map(str.casefold, row["called"])]
        return exact or rows

    async def _rows(self, view: str, query: Query) -> Sequence[Mapping[str, Any]]:
        """Rows, each with all that it is called."""
        page, columns = await self._views.page(view, query), self._views.columns(view)
        rows = [msgspec.json.decode(item) for item in page.items]
        names = [row["name"] if view == UNITS else called(row, columns) for row in rows]
        return [
            row | {"called": [*name.values()] if isinstance(name, dict) else [str(name)]}
            for row, name in zip(rows, names, strict=True)
        ]


def _settled(node: Node, rows: Sequence[Mapping[str, Any]]) -> str:
    """The id in place of the text where one thing is meant; else what is wrong, and among which to choose."""
    if len(rows) == 1:
        node.text = rows[0]["key"]
        return ""
    text = node.text.strip()[:80]
    if not rows and node.view == UNITS:
        return f"The register knows no unit that is called {text}. A name, a code or an id is asked for."
    if not rows:
        return f"The register knows nothing that is called {text}. Words of a title are asked for, or an id."
    label = READER.get().tongue.label
    node.choices = [
        (row["key"], f"{_title(row)} ({', '.join((label(row.get('kind') or row['state']), *_place(row)))})")
        for row in rows
    ]
    return (
        "Several units may be meant: choose one." if node.view == UNITS else "Several things may be meant: choose one."
    )


def _title(row: Mapping[str, Any]) -> str:
    title = row.get("title")
    return title if isinstance(title, str) else row["called"][0]


def _place(row: Mapping[str, Any]) -> Sequence[str]:
    return [row["jurisdiction"]] if row.get("jurisdiction") else []


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
