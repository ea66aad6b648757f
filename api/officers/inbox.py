"""What an officer comes for: what waits for their unit, what is due, and what they may give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from aiohttp import web

from api.commands import Verb
from api.figures import Counted, Figure, When, one, several
from api.languages import preferred
from api.officers.giving import Forms, address_of
from api.officers.pages import Pages
from api.officers.signing_in import Doors, to_sign_in
from api.officers.units import Directory
from api.people import called
from api.sheets.sheets import SHEETS
from domain.deadlines import Standing
from domain.kernel import StreamId
from services.handle import Office
from services.offering import Prospect, prospect
from services.readers import known
from services.store.tokens import Token
from services.views.ports import COUNTED, Filter, Op, Query
from services.views.queries import Views

LINES = 200
"""Lines of each list; the list to which its figure leads has all of them."""
ACCREDITS = "units.accredit"
"""The command by which somebody comes to act for a unit."""
USED = ("turns", "obligations", "commitments", "mandates")
"""The views that the desk reads, all as of one position."""


@dataclass(frozen=True, slots=True)
class Lines:
    """One list of the desk: how many there are, with the address of all of them, and the first."""

    whole: Figure
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Awaited:
    """Things of one view in which the unit takes part and it is the turn of others, each with its name and the days."""

    view: str
    figure: Figure
    rows: Sequence[tuple[Mapping[str, Any], Any, int]]


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
        awaited = await self._awaited(counted, token.unit)
        may = [verb for verb in self._verbs if token.role in verb.by.roles]
        return await self._pages.page(
            "officers/inbox.html", token=token, unit=found.unit, in_force=found.in_force, counted=COUNTED,
            position=position, today=found.today, awaited=awaited, own=await _own(counted, token.unit),
            names=await self._directory.names(str(row.get("waits_on")) for one in awaited for row, _, _ in one.rows),
            roles={verb.operation: sorted(verb.by.roles) for verb in self._verbs}, accredits=ACCREDITS,
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

    async def _awaited(self, counted: Counted, unit: UUID) -> Sequence[Awaited]:
        """What waits for others, the longest first."""
        others, found = (one("waits_on", unit, Op.NE), one("waits_for", value=False, op=Op.IS_NULL)), list[Awaited]()
        parts = {"commitments": [several("parties.unit", [unit], Op.ANY)]}
        parts["mandates"] = [one(side, unit) for side in ("giver", "recipient")]
        for view, mine in parts.items():
            for part in mine:
                rows = await counted.rows(view, part, *others, limit=LINES, sort="waits_since")
                told = [(row, called(row, self._views.columns(view)), _days(row, counted.when.day)) for row in rows]
                found.append(Awaited(view, await counted.count(view, part, *others), told))
        return [each for each in found if each.rows]

    async def _rows(self, view: str, query: Query) -> Sequence[Mapping[str, Any]]:
        page = await self._views.page(view, query)
        return [msgspec.json.decode(item) for item in page.items]


async def _own(counted: Counted, unit: UUID) -> Mapping[str, Lines]:
    """What waits for the unit, what it owes and is late with, what falls due, and what stands still."""
    mine, day = one("unit", unit), counted.when.day
    late = (mine, several("state", [Standing.OPEN.value, Standing.MISSED.value]), one("due_on", day, Op.LT))
    owed = (mine, one("state", Standing.OPEN.value), one("due_on", day, Op.GE))
    still = (mine, one("state", Standing.SUSPENDED.value))

    async def lines(view: str, *where: Filter, sort: str = "due_on") -> Lines:
        return Lines(await counted.count(view, *where), await counted.rows(view, *where, limit=LINES, sort=sort))

    return {
        "turns": await lines("turns", mine, sort="waits_since"), "late": await lines("obligations", *late),
        "owed": await lines("obligations", *owed), "still": await lines("obligations", *still),
    }  # fmt: skip


def _days(row: Mapping[str, Any], day: date) -> int:
    return (day - date.fromisoformat(row["waits_since"])).days


def _of(token: Token) -> tuple[Filter, ...]:
    return (Filter("unit", Op.EQ, (token.unit,)),)
