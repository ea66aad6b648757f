"""What an officer comes for: what waits for their unit, what is due, and what they may give."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from aiohttp import web

from api.commands import Verb
from api.languages import preferred
from api.officers.giving import Forms, address_of
from api.officers.pages import Pages
from api.officers.signing_in import Doors, to_sign_in
from api.officers.units import Directory
from api.sheets.sheets import SHEETS
from domain.kernel import StreamId
from services.handle import Office
from services.offering import Prospect, prospect
from services.readers import known
from services.store.tokens import Token
from services.views.ports import Filter, Op, Query
from services.views.queries import Views

LINES = 200
"""Lines of each list; `/read/turns` and `/read/obligations` have all of them."""


class Inbox:
    """`/give`, and what may be done with one thing."""

    def __init__(
        self, views: Views, office: Office, doors: Doors, forms: Forms, pages: Pages, verbs: Sequence[Verb],
        directory: Directory,
    ) -> None:  # fmt: skip
        self._directory = directory
        self._views, self._office, self._doors = views, office, doors
        self._forms, self._pages, self._verbs = forms, pages, verbs

    def routes(self) -> list[web.RouteDef]:
        contexts = dict.fromkeys(verb.context.name for verb in self._verbs if not verb.by.starts)
        return [
            web.get("/give", self._pages.served(self.waiting)),
            *(web.get(f"/give/{one}/{{id}}", self._pages.served(self._acting(one))) for one in contexts),
        ]

    async def waiting(self, request: web.Request) -> web.StreamResponse:
        token = await self._doors.officer(request)
        if token is None:
            return to_sign_in(request)
        found = await known(self._office.states, token.actor, self._office.clock())
        mine = _of(token)
        turns = await self._rows("turns", Query(mine, limit=LINES, day=found.today))
        due = (*mine, Filter("state", Op.EQ, ("open",)))
        owed = await self._rows("obligations", Query(due, sort="due_on", limit=LINES, day=found.today))
        may = [verb for verb in self._verbs if token.role in verb.by.roles]
        return await self._pages.page(
            "officers/inbox.html", token=token, unit=found.unit, in_force=found.in_force, turns=turns, owed=owed,
            wanted=preferred(request), starts=[(verb, address_of(verb)) for verb in may if verb.by.starts],
            answers={verb.operation for verb in may if not verb.by.starts},
            acts=sorted({verb.context.name for verb in may if not verb.by.starts}),
            sheets=[name for name, sheet in SHEETS.items() if token.role in sheet.roles],
        )  # fmt: skip

    def _acting(self, context: str) -> Any:
        async def act(request: web.Request) -> web.StreamResponse:
            token = await self._doors.officer(request)
            if token is None:
                return to_sign_in(request)
            stream, _ = await self._forms.existing(request, context)
            found = await self._on(context, token, stream)
            waits = await self._rows("turns", Query((*_of(token), Filter("stream", Op.EQ, (stream,))), limit=LINES))
            return await self._pages.page(
                "officers/act.html", context=context, read=context in self._directory.rows,
                stream=stream, token=token, wanted=preferred(request), waits={row["turn"] for row in waits},
                title=await self._directory.thing(context, stream),
                verbs=[verb for verb, said in found if said.may],
                not_now=[(verb, said.why) for verb, said in found if not said.may],
            )  # fmt: skip

        return act

    async def _on(self, context: str, token: Token, stream: UUID) -> Sequence[tuple[Verb, Prospect]]:
        """The commands on a thing that the officer's role may give, and whether the thing admits them."""
        return [
            (verb, await prospect(self._office, verb.context, verb.name, token.actor, StreamId(stream)))
            for verb in self._verbs
            if verb.context.name == context and not verb.by.starts and token.role in verb.by.roles
        ]

    async def _rows(self, view: str, query: Query) -> Sequence[Mapping[str, Any]]:
        page = await self._views.page(view, query)
        return [msgspec.json.decode(item) for item in page.items]


def _of(token: Token) -> tuple[Filter, ...]:
    return (Filter("unit", Op.EQ, (token.unit,)),)
