"""Whom a token speaks for: what an officer's program asks first."""

from collections.abc import Sequence

import msgspec
from aiohttp import web

from api.binding import Gathered, read_query
from api.commands import Verb
from api.edge import public
from api.identity import signed_in
from api.moments import stamp
from api.opened import NOBODY_KEEPS
from services.handle import Office
from services.readers import known
from services.store.tokens import Tokens


class Me:
    """`/v1/me`."""

    def __init__(self, office: Office, tokens: Tokens, verbs: Sequence[Verb]) -> None:
        self._office, self._tokens, self._verbs = office, tokens, verbs

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/me", public(self.me))]

    async def me(self, request: web.Request) -> web.StreamResponse:
        gathered = Gathered()
        read_query(request, {}, gathered)
        gathered.raise_any()
        token = await signed_in(request, self._tokens, "the question who you are")
        found = await known(self._office.states, token.actor, self._office.clock())
        said = {
            "unit": str(token.unit),
            "unit_name": found.unit.name,
            "sphere": found.unit.sphere,
            "role": token.role,
            "accreditation": str(token.accreditation),
            "in_force": found.in_force,
            "today": found.today,
            "expires_at": stamp(token.expires_at),
            "commands": [verb.operation for verb in self._verbs if token.role in verb.by.roles],
        }
        headers = {"Cache-Control": NOBODY_KEEPS, "Content-Type": "application/json"}
        return web.Response(body=msgspec.json.encode(said), headers=headers)
