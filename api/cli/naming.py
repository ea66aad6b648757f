"""Units and other things in what is given, by a code or by name: asked of the register that takes the command."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click
import msgspec
from marshmallow.fields import Field

from api.beside import UNITS
from api.commands import Verb
from api.handing import Unanswered, look_up
from api.meant import SHOWN, Row, is_id, meant, told, unsettled, view_of
from api.schemas import LeafField, ListField, ObjectField
from api.tongues import READER
from projections.kernel import own_stream
from projections.views import VIEWS
from services.terminal import on_one_line
from services.views.tables import Table

_KNOWN = {view.name: view for view in VIEWS if view.name == UNITS or view.keys is own_stream}
"""The views of things that have ids."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is named: in an object, or in a list."""

    within: Any
    at: Any
    path: str
    view: str

    @property
    def text(self) -> str:
        said = self.within[self.at]
        return said.strip() if isinstance(said, str) else ""


async def settled(server: str, verb: Verb, id: str, body: dict[str, Any]) -> str:
    """Puts ids into `body` where units and things are named, and gives the id of what the command is given to.

    Raises click.UsageError, with everything that may be meant; Unanswered.
    """
    given = {"ID": id}
    places = [Place(given, "ID", "ID", UNITS), *_places(ObjectField(verb.request.schema), body, "")]
    found, wrong = dict[tuple[str, str], Sequence[Row]](), list[str]()
    for place in places:
        asked = place.text, place.view
        if place.view not in _KNOWN or not place.text or is_id(place.text):
            continue
        if asked not in found:
            found[asked] = await meant(_Rows(server), *asked, _columns(place.view))
        if why := unsettled(*asked, found[asked]):
            wrong += [f"{place.path}: {why}", *(f"  {_shown(row, place.view)}" for row in found[asked])]
        else:
            place.within[place.at] = found[asked][0]["key"]
    if wrong:
        raise click.UsageError("\n".join(map(on_one_line, wrong)))
    return given["ID"]


def _places(field: Field[Any], said: Any, path: str) -> Iterator[Place]:
    """Every place of what is said that holds an id. What has another form than its field, the server refuses."""
    if isinstance(field, ObjectField) and isinstance(said, dict):
        parts: list[tuple[Any, Field[Any]]] = [(name, one) for name, one in field.schema.fields.items() if name in said]
    elif isinstance(field, ListField) and isinstance(said, list):
        parts = [(at, field.inner) for at in range(len(said))]
    else:
        return
    for at, one in parts:
        place = f"{path}.{at}" if path else str(at)
        if isinstance(one, LeafField):
            yield Place(said, at, place, view_of(one.leaf))
        else:
            yield from _places(one, said[at], place)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a register that is served."""

    server: str

    async def __call__(self, view: str, *, code: str = "", words: str = "") -> Sequence[Row]:
        asked = {"identifiers.has": code} if code else {"q": words}
        answer = await look_up(f"{self.server}/v1/{view}", {**asked, "limit": str(SHOWN)})
        try:
            return msgspec.json.decode(answer.body, type=_Items).items
        except msgspec.MsgspecError:
            raise Unanswered(f"No rows came of {view} (status {answer.status}).", sent=False) from None


class _Items(msgspec.Struct):
    items: list[dict[str, Any]]


def _columns(view: str) -> Sequence[Any]:
    return [field.column for field in Table(_KNOWN[view]).fields]


def _shown(row: Row, view: str) -> str:
    return f"{row['key']}  {told(row, view, _columns(view), READER.get().tongue.label)}"
