"""Answering several things at once that wait for the same: by a command each, and what came of it is told of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import msgspec
import structlog
from aiohttp import web

from api.codes import TURNS
from api.commands import STREAM, Giving, Verb
from api.errors import problem_of, unforeseen
from api.faults import Wrong
from api.languages import LANG, preferred
from api.officers.fields import typed_of
from api.officers.giving import DO, ENDED, key_of, seen_of
from api.officers.pages import Pages
from api.officers.signing_in import Doors, to_sign_in
from api.officers.units import Directory
from api.people import ids_in
from api.problems import Problem
from domain.kernel import StreamId
from services.handle import Office
from services.orders import Forbidden
from services.store.tokens import Token
from services.views.ports import Filter, Op, Query
from services.views.queries import Views

AT_ONCE = 100
"""Things that are answered together at most."""
THINGS, TICK, BECAUSE = "things", "tick", "because"
"""Fields of the page: what stands under each thing's id, whether it is ticked, and its reason or that of all."""
log = structlog.get_logger()


def severable(verb: Verb) -> bool:
    """Whether it answers what waits and says nothing of its own, so that one page can ask it of several things."""
    return not verb.by.starts and not verb.own and verb.name in TURNS


def address_of(verb: Verb) -> str:
    return f"/give/several/{verb.context.name}/{verb.name}"


@dataclass(slots=True)
class One:
    """One thing on the page, with what was said of it, and what came of it. `key`, `seen`: as in the form of one."""

    stream: UUID
    key: str
    seen: int | None
    title: Any = ""
    days: int | None = None
    ticked: bool = False
    because: str = ""
    problem: Problem | None = None
    found: Mapping[str, Any] | None = None

    @property
    def asked(self) -> bool:
        return self.problem is not None or self.found is not None


@dataclass(slots=True)
class Shown:
    """The page. `does`: what was pressed; `because`: the reason of all that have none of their own, in `lang`."""

    verb: Verb
    things: Sequence[One]
    wanted: Sequence[str]
    because: str = ""
    lang: str = ""
    does: str = ""
    problem: Problem | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def done(self) -> Sequence[One]:
        """Those of which something came."""
        return [one for one in self.things if one.asked]

    @property
    def left(self) -> Sequence[One]:
        """Those that are still to be answered: a mistake in one takes no others with it, and loses no text."""
        return [one for one in self.things if self.does != "record" or one.found is None]

    @property
    def recorded(self) -> int:
        return sum(one.found is not None for one in self.things) if self.does == "record" else 0

    @property
    def status(self) -> int:
        """That of what is wrong with all of it; where anything was done, it is told of each."""
        failed = [one.problem.status for one in self.done if one.problem is not None]
        if self.problem is not None:
            return self.problem.status
        return failed[0] if failed and len(failed) == len(self.done) else 200


class Several:
    """`/give/several/<context>/<command>`."""

    def __init__(
        self, giving: Giving, office: Office, views: Views, doors: Doors, directory: Directory, pages: Pages
    ) -> None:
        self._giving, self._office, self._views, self._doors = giving, office, views, doors
        self._directory, self._pages = directory, pages

    def routes(self, verb: Verb) -> Sequence[web.RouteDef]:
        async def first(request: web.Request) -> web.StreamResponse:
            token = await self._doors.officer(request)
            if token is None:
                return to_sign_in(request)
            self._check(verb, token)
            wanted = preferred(request)
            shown = Shown(verb, await self._waiting(verb, token), wanted, lang=_first(wanted))
            return await self._page(shown)

        async def sent(request: web.Request) -> web.StreamResponse:
            return await self._page(await self._sent(request, verb))

        served = self._pages.served
        return (web.get(address_of(verb), served(first)), web.post(address_of(verb), served(sent)))

    def _check(self, verb: Verb, token: Token) -> None:
        if token.role not in verb.by.roles:
            raise Forbidden("With your role you do not give this answer.")

    async def _waiting(self, verb: Verb, token: Token) -> Sequence[One]:
        """What waits for the unit, the longest first; a thing of which several parts wait is answered once."""
        where = [("unit", token.unit), ("context", verb.context.name), ("turn", verb.name)]
        asked = Query(tuple(Filter(name, Op.EQ, (value,)) for name, value in where), limit=AT_ONCE)
        rows = map(msgspec.json.decode, (await self._views.page("turns", asked)).items)
        by_stream = {row["stream"]: row for row in reversed([*rows])}
        return [
            One(UUID(row["stream"]), str(uuid4()), await self._version(verb, UUID(row["stream"])), row["title"],
                row["days_waiting"])
            for row in reversed(by_stream.values())
        ]  # fmt: skip

    async def _version(self, verb: Verb, stream: UUID) -> int:
        version, _ = await self._office.states.state(verb.context.name, StreamId(stream))
        return version

    async def _sent(self, request: web.Request, verb: Verb) -> Shown:
        typed = typed_of(await self._doors.posted(request))
        said = {name: text for name, text in typed.items() if isinstance(text, str)}
        shown = Shown(
            verb, [*_things(typed.get(THINGS))], preferred(request), said.get(BECAUSE, ""), said.get(LANG, ""),
            said.get(DO, ""),
        )  # fmt: skip
        for one in shown.things:
            one.title = await self._directory.thing(verb.context.name, one.stream)
        token = await self._doors.officer(request)
        if token is None:
            shown.problem = Problem(401, "not-signed-in", "Sign in again", (ENDED,))
            return shown
        self._check(verb, token)
        if shown.does == "all":
            for one in shown.things:
                one.ticked = True
        elif shown.does in ("try", "record"):
            for one in shown.things:
                if one.ticked:
                    await self._answered(shown, one, token)
        return shown

    async def _answered(self, shown: Shown, one: One, token: Token) -> None:
        """Gives one command. What fails is told of this one, whatever it is: the others before it are on record."""
        because = one.because if one.because.strip() else shown.because
        body = {BECAUSE: because, LANG: shown.lang.strip()} if because.strip() else {}
        try:
            said = shown.verb.request.read({name: text for name, text in body.items() if text})
            answer = await self._giving.given(
                shown.verb, token, said, stream=one.stream, key=one.key, expect=one.seen, trying=shown.does == "try"
            )
            one.found = msgspec.json.decode(answer.body)
        except Exception as error:
            one.problem = problem_of(error)
            if one.problem is None:
                log.error("unforeseen", command=shown.verb.operation, exc_info=error)
                one.problem = unforeseen()
            if one.problem.code == "command-reused":
                one.key = str(uuid4())
            if one.problem.code == "stale":
                one.seen = one.problem.more["found"]

    async def _page(self, shown: Shown) -> web.Response:
        said = (ids_in(one.found) | ids_in(one.problem.more if one.problem else None) for one in shown.things)
        shown.names = await self._directory.names(set[str]().union(*said))
        return await self._pages.page(
            "officers/several.html", shown.status, shown=shown, context=shown.verb.context.name,
            read=shown.verb.context.name in self._directory.rows, at_once=AT_ONCE,
        )  # fmt: skip


def _things(typed: Any) -> Iterator[One]:
    """The things of a page as it sends them."""
    for step, said in [*typed.items()][:AT_ONCE] if isinstance(typed, dict) else ():
        try:
            stream: UUID = STREAM.leaf.read_text(step)
        except Wrong:
            continue
        own = {name: text for name, text in said.items() if isinstance(text, str)} if isinstance(said, dict) else {}
        seen = seen_of(own, 0) or None
        yield One(stream, key_of(own), seen, ticked=bool(own.get(TICK)), because=own.get(BECAUSE, ""))


def _first(wanted: Sequence[str]) -> str:
    return next(iter(wanted), "en").partition("-")[0]
