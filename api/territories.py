"""`/v1/territories/<unit>`: the commitments of a unit and of everything below it, as one card, now or as it was."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from aiohttp import web

from api import attested, values
from api.asking import AS_OF, VALID_AT, WAIT_FOR
from api.attested import PROOF
from api.binding import Gathered, Parameter, read_path, read_query
from api.caching import not_modified, unchanged
from api.documents import Schema, object_schema
from api.edge import public
from api.errors import NoSuchThing
from api.moments import Moments
from api.standing import VARY, Standings, answer
from projections.commitments import COMMITMENTS
from projections.scorecards import ScorecardRow
from projections.territories import TerritoryRow
from services.cards import FIGURES, written
from services.store.ports import Store
from services.territories import Moment, Territories
from services.views.queries import Views

UNIT = Parameter("unit", values.uuid(), "The unit whose territory it is.", required=True)


class Cards:
    """Territories over HTTP. An answer speaks for one position of both views that it is counted from."""

    parameters: Mapping[str, Parameter] = {one.name: one for one in (AS_OF, VALID_AT, PROOF, WAIT_FOR)}

    def __init__(self, views: Views, store: Store, moments: Moments) -> None:
        self._territories = Territories(views)
        self._standings = Standings(views, store, moments, COMMITMENTS)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/territories/{unit}", public(self.card))]

    async def card(self, request: web.Request) -> web.StreamResponse:
        gathered = Gathered()
        unit, said = read_path(request, UNIT, gathered), read_query(request, self.parameters, gathered)
        gathered.raise_any()
        if said.get("proof"):
            attested.refuse(said)
        await self._standings.waited(said.get("wait_for"))
        standing = await self._standings.of(said.get("as_of"))
        if unchanged(request, standing.etag):
            return not_modified(standing.etag, standing.control, VARY)
        card = await self._territories.card(unit, Moment(standing.position, said.get("valid_at"), standing.day))
        if card is None:
            raise NoSuchThing(f"There is no such unit as of position {standing.position}.")
        tail = standing.tail
        if said.get("proof"):
            tail = tail[:-1] + b',"proof":' + _proof(standing.position, unit, standing.day) + b"}"
        return answer(request, b'{"item":' + written(card) + tail, standing.etag, standing.control)


def _proof(position: int, unit: Any, day: date) -> bytes:
    """What counts it again, from the records alone. No digest of it is attested: it is in no view."""
    command = f"subsidia audit figure BUNDLE --at {position} --view territories --key {unit} --day {day}"
    return b'{"reproduce":"' + command.encode() + b'"}'


def schema(into: dict[str, Schema]) -> Schema:
    """The JSON of a card: like a scorecard's, but for what it says of whom, and from what it was counted."""
    figures = object_schema(ScorecardRow, {})["properties"]
    found = object_schema(TerritoryRow, into)
    key = {"key": {"type": "string", "description": "The unit's id."}}
    found["properties"] = {**key, **found["properties"], **{name: figures[name] for name in FIGURES}}
    found["required"] = [name for name in found["properties"] if name != "kept"]
    return found
