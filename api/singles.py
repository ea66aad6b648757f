"""What is asked of one thing and is a row of no view: made when somebody asks, as of one position of several views."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from aiohttp import web

from api import attested
from api.asking import WAIT_FOR
from api.attested import PROOF
from api.binding import Gathered, Parameter, read_path, read_query
from api.caching import not_modified, unchanged
from api.documents import Schema
from api.edge import public
from api.errors import NoSuchThing
from api.moments import Moments
from api.standing import VARY, Standing, Standings, answer
from projections.kernel import View
from services.store.ports import Store
from services.views.queries import Views

Made: TypeAlias = Callable[[Any, Standing, Mapping[str, Any]], Awaitable[bytes | None]]
"""What is answered of a thing, as JSON, from what else was asked; None where there is none."""


@dataclass(frozen=True, slots=True)
class Single:
    """`/v1/<name>/<of>`. From it come the route and the document.

    `view`: one of those that it is made from, which are always at one position. `reproduced`: the command by which an
    auditor makes the same from a copy.
    """

    name: str
    of: Parameter
    says: str
    more: str
    view: View
    row: str
    schema: Callable[[dict[str, Schema]], Schema]
    made: Callable[[Views], Made]
    reproduced: Callable[[Any, Standing, Mapping[str, Any]], str]
    asked: tuple[Parameter, ...]

    @property
    def path(self) -> str:
        return f"/v1/{self.name}/{{{self.of.name}}}"

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        return {one.name: one for one in (*self.asked, PROOF, WAIT_FOR)}

    def route(self, views: Views, store: Store, moments: Moments) -> web.RouteDef:
        standings = Standings(views, store, moments, self.view)
        return web.get(self.path, public(_Served(self, self.made(views), standings).answered))


@dataclass(frozen=True, slots=True)
class _Served:
    single: Single
    made: Made
    standings: Standings

    async def answered(self, request: web.Request) -> web.StreamResponse:
        single, gathered = self.single, Gathered()
        of, said = read_path(request, single.of, gathered), read_query(request, single.parameters, gathered)
        gathered.raise_any()
        if said.get("proof"):
            attested.refuse(said)
        await self.standings.waited(said.get("wait_for"))
        standing = await self.standings.of(said.get("as_of"))
        if unchanged(request, standing.etag):
            return not_modified(standing.etag, standing.control, VARY)
        item = await self.made(of, standing, said)
        if item is None:
            raise NoSuchThing(f"There is no such {single.of.name} as of position {standing.position}.")
        tail = standing.tail
        if said.get("proof"):
            # No digest of it is attested: that anybody makes the same from the records is what proves it.
            tail = tail[:-1] + b',"proof":{"reproduce":"' + single.reproduced(of, standing, said).encode() + b'"}}'
        return answer(request, b'{"item":' + item + tail, standing.etag, standing.control)
