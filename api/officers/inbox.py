"""What an officer comes for: what waits for their unit, what is due, and what they may give."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from aiohttp import web

from api.commands import Verb
from api.languages import preferred
from api.officers.giving import Forms, address_of
from api.officers.pages import Pages
from api.officers.signing_in import Doors, to_sign_in
from api.officers.units import Directory
from services.handle import Office
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
        mine = (Filter("unit", Op.EQ, (token.unit,)),)
        turns = await self._rows("turns", Query(mine, limit=LINES, day=found.today))
        due = (*mine, Filter("state", Op.EQ, ("open",)))
        owed = await self._rows("obligations", Query(due, sort="due_on", limit=LINES, day=found.today))
        may = [verb for verb in self._verbs if token.role in verb.by.roles]
        return await self._pages.page(
            "officers/inbox.html", token=token, unit=found.unit, in_force=found.in_force, turns=turns, owed=owed,
            wanted=preferred(request), starts=[(verb, address_of(verb)) for verb in may if verb.by.starts],
            answers={verb.operation for verb in may if not verb.by.starts},
            acts=sorted({verb.context.name for verb in may if not verb.by.starts}),
        )  # fmt: skip

    def _acting(self, context: str) -> Any:
        async def act(request: web.Request) -> web.StreamResponse:
            token = await self._doors.officer(request)
            if token is None:
                return to_sign_in(request)
            stream, _ = await self._forms.existing(request, context)
            return await self._pages.page(
                "officers/act.html", context=context, read=context in self._directory.rows,
                stream=stream, token=token, wanted=preferred(request),
                title=await self._directory.thing(context, stream), verbs=self._on(context, token),
            )  # fmt: skip

        return act

    def _on(self, context: str, token: Token) -> Sequence[Verb]:
        """The commands on a thing that the officer's role may give; for whom they act is checked when one is given."""
        return [
            verb for verb in self._verbs
            if verb.context.name == context and not verb.by.starts and token.role in verb.by.roles
        ]  # fmt: skip

    async def _rows(self, view: str, query: Query) -> Sequence[Mapping[str, Any]]:
        page = await self._views.page(view, query)
        return [msgspec.json.decode(item) for item in page.items]
