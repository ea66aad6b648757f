"""What an officer comes for: what waits for their unit, what is due, and what they may give."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from aiohttp import web

from api.asking import LANG
from api.beside import UNITS
from api.binding import Gathered, read_query
from api.commands import Verb
from api.figures import Counted, When, one, several
from api.languages import preferred
from api.officers.desk import ASKED, READ, Desk, Part, line, tell_spheres
from api.officers.giving import Forms, address_of
from api.officers.pages import Pages
from api.officers.several import address_of as together
from api.officers.several import severable
from api.officers.signing_in import Doors, to_sign_in
from api.officers.units import Directory
from api.sheets.sheets import SHEETS
from domain.deadlines import Standing
from domain.kernel import StreamId
from projections.things import THINGS
from services.handle import Office
from services.offering import Prospect, prospect
from services.readers import known
from services.store.tokens import Token
from services.views.ports import COUNTED, Filter, Op, Query
from services.views.queries import Views

LINES = 200
"""Lines of each list that the page shows; the list to which its figure leads has all of them."""
ACCREDITS = "units.accredit"
"""The command by which somebody comes to act for a unit."""
USED = ("turns", "obligations", *THINGS.values(), UNITS)
"""The views that the desk reads, all as of one position."""


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
        position = min([await self._views.position(name) for name in USED])
        counted = Counted(self._views, When(position, found.today))
        desk = Desk(await self._parts(counted, token.unit), _chosen(request))
        await tell_spheres(counted, [each for part in desk.parts for each in part.lines], str(token.unit))
        may = [verb for verb in self._verbs if token.role in verb.by.roles]
        return await self._pages.page(
            "officers/inbox.html", token=token, unit=found.unit, in_force=found.in_force, counted=COUNTED,
            position=position, today=found.today, desk=desk, lines=LINES, read=READ,
            names=await self._directory.names(
                str(each.row.get("waits_on")) for part in desk.narrowed("others") for each in part.lines[:LINES]
            ),
            roles={verb.operation: sorted(verb.by.roles) for verb in self._verbs}, accredits=ACCREDITS,
            wanted=preferred(request), starts=[(verb, address_of(verb)) for verb in may if verb.by.starts],
            several=_several(desk, may),
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

    async def _parts(self, counted: Counted, unit: UUID) -> Sequence[Part]:
        """What waits for the unit, what it is late with, owes and need not do yet, and what waits for others."""
        mine, day = one("unit", unit), counted.when.day
        late = (mine, several("state", [Standing.OPEN.value, Standing.MISSED.value]), one("due_on", day, Op.LT))
        owed = (mine, one("state", Standing.OPEN.value), one("due_on", day, Op.GE))
        others = (one("waits_on", unit, Op.NE), one("waits_for", value=False, op=Op.IS_NULL))
        return [
            await self._part("waits", counted, "turns", "waits_since", mine),
            await self._part("late", counted, "obligations", "due_on", *late),
            await self._part("owed", counted, "obligations", "due_on", *owed),
            await self._part("still", counted, "obligations", "due_on", mine, one("state", Standing.SUSPENDED.value)),
            await self._part(
                "others", counted, "commitments", "waits_since", several("parties.unit", [unit], Op.ANY), *others
            ),
            await self._part("others", counted, "mandates", "waits_since", one("giver", unit), *others),
            await self._part("others", counted, "mandates", "waits_since", one("recipient", unit), *others),
        ]

    async def _part(self, name: str, counted: Counted, view: str, sort: str, *where: Filter) -> Part:
        """What waits the longest, or is due first, comes first."""
        rows, columns = await counted.rows(view, *where, limit=READ, sort=sort), self._views.columns(view)
        found = [line(view, row, columns, counted.when.day) for row in rows]
        return Part(name, await counted.count(view, *where), found)

    async def _rows(self, view: str, query: Query) -> Sequence[Mapping[str, Any]]:
        page = await self._views.page(view, query)
        return [msgspec.json.decode(item) for item in page.items]


def _several(desk: Desk, may: Sequence[Verb]) -> Sequence[tuple[Verb, str, int]]:
    """What several things wait for that can be answered together: where, and how many things."""
    waits = desk.narrowed("waits")[0].lines
    found = [(verb, {each.thing for each in waits if (each.thing[0], each.asked) == (verb.context.name, verb.name)})
             for verb in may if severable(verb)]  # fmt: skip
    return [(verb, together(verb), len(things)) for verb, things in found if len(things) > 1]


def _chosen(request: web.Request) -> Mapping[str, str]:
    """By what the desk is narrowed down. Raises Invalid."""
    gathered = Gathered()
    said = read_query(request, {**ASKED, LANG.name: LANG}, gathered)
    gathered.raise_any()
    return {name: said[name] for name in ASKED if name in said}


def _of(token: Token) -> tuple[Filter, ...]:
    return (Filter("unit", Op.EQ, (token.unit,)),)
