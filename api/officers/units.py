"""What units and things are called: units as people say them, by id, by a code or by name; things by their rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from api.beside import UNITS, names_of
from api.faults import Fault, Located
from api.languages import best
from api.meant import SHOWN, is_id, meant, told, unsettled
from api.officers.fields import Node
from api.people import called
from api.tongues import READER
from services.views.ports import Filter, Op, Query
from services.views.queries import Views

MANY = 200
"""Texts of one form for which units are looked for."""
TITLE = "title"
"""The field by which people know again what is there already."""


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
            if is_id(asked[0]):
                continue
            if asked not in found and len(found) < MANY:
                found[asked] = await self._meant(*asked, day)
            if said := self._settle(node, found.get(asked, ())):
                faults.append(Located("body", node.at, Fault("unit" if node.view == UNITS else "unknown", said)))
        names = await self.names((one.text.strip() for one in nodes), day)
        for node in nodes:
            node.called = names.get(node.text.strip().lower()) or await self._called(node)
        return faults

    async def _called(self, node: Node) -> str:
        """What another thing than a unit is called."""
        if node.view == UNITS or not is_id(node.text.strip()):
            return ""
        found = await self.thing(node.view, UUID(node.text.strip()))
        return found[best(found, (READER.get().tongue.tag,))] if isinstance(found, dict) else ""

    async def alike(self, context: str, root: Node) -> Sequence[tuple[str, Any]]:
        """Things that are there and hold all words of a title that was typed, with what they are called."""
        titles = [line.rows[1].text for one in root.rows if one.name == TITLE for line in one.rows]
        found, columns = dict[str, Any](), self._views.columns(context) if context in self.rows else ()
        for text in titles if columns else ():
            if text.strip():
                page = await self._views.page(context, Query(q=text, limit=SHOWN))
                found |= {row["key"]: called(row, columns) for row in map(msgspec.json.decode, page.items)}
        return [*found.items()][:SHOWN]

    async def names(self, ids: Iterable[str], day: date | None = None) -> Mapping[str, str]:
        return await names_of(self._views, (one.lower() for one in ids if is_id(one)), day=day)

    async def _meant(self, text: str, view: str, day: date) -> Sequence[Mapping[str, Any]]:
        async def rows(view: str, *, code: str = "", words: str = "") -> Sequence[Mapping[str, Any]]:
            where = (Filter("identifiers", Op.HAS, (code,)),) if code else ()
            page = await self._views.page(view, Query(where, q=words, limit=SHOWN, day=day))
            return [msgspec.json.decode(item) for item in page.items]

        return await meant(rows, text, view, self._views.columns(view)) if view in (UNITS, *self.rows) else ()

    def _settle(self, node: Node, found: Sequence[Mapping[str, Any]]) -> str:
        """The id in place of the text where one thing is meant; else what is wrong, and among which to choose."""
        why = unsettled(node.text.strip(), node.view, found)
        if not why:
            node.text = found[0]["key"]
        elif found:
            label, columns = READER.get().tongue.choice, self._views.columns(node.view)
            node.choices = [(row["key"], told(row, node.view, columns, label)) for row in found]
        return why
