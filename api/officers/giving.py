"""The forms of commands: shown, tried and recorded, by the very code that takes commands over `/v1`."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import msgspec
from aiohttp import web

from api.commands import KEY, STREAM, Giving, Verb
from api.errors import problem_of
from api.faults import Fault, Invalid, Located, Wrong, pointer
from api.languages import LANG, preferred
from api.officers.choosing import offer, records
from api.officers.fields import Node, Typed, form_of, one_more, place, taken_away, typed_of, value_of
from api.officers.pages import Pages
from api.officers.signing_in import Doors, to_sign_in
from api.officers.units import Directory
from api.past import Told, past
from api.people import ids_in
from api.problems import Problem
from domain.kernel import Refused, StreamId
from services.handle import Office
from services.offering import prospect
from services.orders import Unknown
from services.store.tokens import Token

DO, KEEPS, SEEN = "_do", "_key", "_seen"
"""Fields of the page's own: what was pressed, the id under which it is recorded once, the version that was seen."""
_VERSION = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)
ENDED = "Your sign-in has ended. Sign in again in another tab, then press once more: what you typed is here."


@dataclass(slots=True)
class Shown:
    """A form as it stands on the page, and what came of it. `led`: the fields, or groups, that a refusal is about.

    `officer`: under which name the browser keeps what is typed; `fresh`: nothing was sent before.
    """

    verb: Verb
    root: Node
    key: str
    stream: UUID | None
    seen: int | None
    wanted: Sequence[str]
    problem: Mapping[str, Any] | None = None
    told: Sequence[tuple[Node | None, str]] = ()
    led: Sequence[Node] = ()
    officer: str = ""
    fresh: bool = False
    tried: Mapping[str, Any] | None = None
    alike: Sequence[tuple[str, Any]] = ()
    status: int = 200
    thing: Any = None
    opened: bool = False
    focus: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    not_now: str = ""
    records: Sequence[tuple[str, str]] = ()


class Forms:
    """One page for each command."""

    def __init__(
        self, giving: Giving, office: Office, doors: Doors, directory: Directory, pages: Pages,
        acts: frozenset[str],
    ) -> None:  # fmt: skip
        """`acts`: the contexts with commands on what is there."""
        self._acts = acts
        self._giving, self._office, self._store, self._doors = giving, office, office.store, doors
        self._directory, self._pages = directory, pages

    def routes(self, verb: Verb) -> Sequence[web.RouteDef]:
        async def shown(request: web.Request) -> web.StreamResponse:
            return await self._first(request, verb)

        async def sent(request: web.Request) -> web.StreamResponse:
            return await self._sent(request, verb)

        return (web.get(address_of(verb), self._pages.served(shown)),
                web.post(address_of(verb), self._pages.served(sent)))  # fmt: skip

    async def _first(self, request: web.Request, verb: Verb) -> web.StreamResponse:
        token = await self._doors.officer(request)
        if token is None:
            return to_sign_in(request)
        typed = typed_of(one for one in request.rel_url.query.items() if one[0] != LANG)
        acting = verb.by.acting_for
        if isinstance(acting, str):
            typed.setdefault(acting, str(token.unit))
        shown = await self._shown(request, verb, typed, str(uuid4()))
        shown.officer, shown.fresh = drafts_of(token), True
        await self._directory.resolve(shown.root, self._office.clock().date())
        if shown.stream is not None:
            found = await prospect(self._office, verb.context, verb.name, token.actor, StreamId(shown.stream))
            shown.not_now = found.why
        return await self._page(shown)

    async def _sent(self, request: web.Request, verb: Verb) -> web.StreamResponse:
        said = await self._doors.posted(request)
        own = {name: text for name, text in said if name in (DO, KEEPS, SEEN)}
        typed = typed_of(one for one in said if one[0] not in own)
        does, _, name = own.get(DO, "").partition(":")
        if does == "more":
            one_more(typed, name)
        elif does == "less":
            taken_away(typed, name)
        asked = does in ("try", "record")
        shown = await self._shown(request, verb, typed, key_of(own), kept=not asked)
        shown.seen = seen_of(own, shown.seen)
        token = await self._doors.officer(request)
        if token is None:
            ended = Problem(401, "not-signed-in", "Sign in again", (ENDED,))
            return await self._page(_told(shown, ended))
        shown.officer = drafts_of(token)
        faults = await self._directory.resolve(shown.root, self._office.clock().date())
        if not asked:
            shown.focus = _newest(shown.root, name) if does == "more" else ""
            return await self._page(shown)
        return await self._given(shown, token, faults, trying=does == "try")

    async def _given(
        self, shown: Shown, token: Token, faults: Sequence[Located], *, trying: bool
    ) -> web.StreamResponse:
        try:
            said = _read(shown, faults)
            answer = await self._giving.given(
                shown.verb, token, said, stream=shown.stream, key=shown.key, expect=shown.seen, trying=trying
            )
        except Exception as error:
            problem = problem_of(error)
            if problem is None:
                raise
            return await self._page(_refused(shown, error, problem))
        found = msgspec.json.decode(answer.body)
        if trying:
            shown.tried = found
            if shown.verb.by.starts:
                shown.alike = await self._directory.alike(shown.verb.context.name, shown.root)
            return await self._page(shown)
        return await self._recorded(shown, found, answer.body, answer.status)

    async def _recorded(self, shown: Shown, answer: Mapping[str, Any], body: bytes, status: int) -> web.StreamResponse:
        context = shown.verb.context.name
        return await self._pages.page(
            "officers/recorded.html", status, shown=shown, answer=answer,
            file=base64.b64encode(body).decode(), context=context, read=self._reads(context),
            acts=context in self._acts,
        )  # fmt: skip

    async def _shown(self, request: web.Request, verb: Verb, typed: Typed, key: str, *, kept: bool = False) -> Shown:
        stream, seen = (None, None) if verb.by.starts else await self.existing(request, verb.context.name)
        wanted = preferred(request)
        root = form_of(verb.request.schema(), typed, kept=kept, languages=wanted)
        return Shown(verb, root, key, stream, seen, wanted)

    async def existing(self, request: web.Request, context: str) -> tuple[UUID, int]:
        """The thing that the address names, and at which version it is. Raises Unknown."""
        try:
            stream: UUID = STREAM.leaf.read_text(request.match_info["id"])
        except Wrong as wrong:
            raise Invalid([Located("path", "/id", wrong.fault)]) from None
        version, state = await self._office.states.state(context, StreamId(stream))
        if version == 0 or state == self._office.contexts[context].decider.initial:
            raise Unknown(stream)
        return stream, version

    async def _history(self, stream: UUID) -> Sequence[Told]:
        """All of it. Of a very long one nothing: who chooses from a part of it takes the rest for not there."""
        head = await self._store.head()
        found = await past(self._store, stream, head.size - 1, self._office.clock().date())
        return () if found.more else found.records

    def _reads(self, context: str) -> bool:
        """Whether the things of a context have a page to read."""
        return context in self._directory.rows

    async def _page(self, shown: Shown) -> web.Response:
        context = shown.verb.context.name
        told: Sequence[Told] = ()
        if shown.stream is not None:
            shown.thing = await self._directory.thing(context, shown.stream)
            told = await self._history(shown.stream)
        ids = ids_in(shown.tried) | ids_in(shown.problem)
        shown.names = await self._directory.names(ids.union(*(ids_in(one.data) for one in told)))
        offer(shown.root, told, shown.names, shown.wanted)
        shown.records = records(told, shown.names, shown.wanted)
        shown.opened = any(
            not one.empty or any(inner.faults or inner.name == shown.focus != "" for inner in one.walk())
            for one in shown.root.rows
            if not one.required
        )
        return await self._pages.page(
            "officers/form.html", shown.status, shown=shown, context=context, read=self._reads(context)
        )


def _newest(root: Node, name: str) -> str:
    """The first field of a list's last row: whoever asked for one more goes on there."""
    rows = next((one.rows for one in root.walk() if one.name == name), [])
    return next((one.name for row in rows[-1:] for one in row.walk() if one.sort == "leaf"), "")


def drafts_of(token: Token) -> str:
    """Under which name a browser keeps what an officer has typed: theirs, whichever token they sign in with next."""
    return sha256(f"drafts:{token.accreditation}".encode()).hexdigest()[:16]


def address_of(verb: Verb) -> str:
    return verb.address.replace("/v1/", "/give/", 1)


def _read(shown: Shown, faults: Sequence[Located]) -> Mapping[str, Any]:
    """The typed fields of what was typed. Raises Invalid with everything that is wrong, each place named once."""
    gathered = list(faults)
    body = value_of(shown.root, gathered)
    places = {one.pointer for one in gathered}
    try:
        said = shown.verb.request.read(body)
    except Invalid as invalid:
        raise Invalid([*gathered, *(one for one in invalid.faults if one.pointer not in places)]) from None
    if gathered:
        raise Invalid(gathered)
    return said


def _refused(shown: Shown, error: Exception, problem: Problem) -> Shown:
    _told(shown, problem)
    if isinstance(error, Invalid):
        shown.told = place(shown.root, error.faults)
    if isinstance(error, Refused):
        fault = Fault(error.code, error.reason)
        told = place(shown.root, [Located("body", pointer(*name.split(".")), fault) for name in error.fields])
        shown.led = [*{node.id: node for node, _ in told if node is not None}.values()]
    if problem.code == "command-reused":
        # Something else was recorded from this page before. What stands here now is a command of its own.
        shown.key = str(uuid4())
    if problem.code == "stale":
        # What changed is told; whoever presses once more has seen it.
        shown.seen = problem.more["found"]
    return shown


def seen_of(own: Mapping[str, str], now: int | None) -> int | None:
    """The version that the page showed; where it is none, or what it says is none, as it is now."""
    said = own.get(SEEN, "")
    return int(said) if now is not None and _VERSION.fullmatch(said) else now


def _told(shown: Shown, problem: Problem) -> Shown:
    shown.problem, shown.status = {"itself": problem, "code": problem.code, **problem.more}, problem.status
    return shown


def key_of(own: Mapping[str, str]) -> str:
    """That of the page; a new one where it is none."""
    try:
        return str(KEY.leaf.read_text(own.get(KEEPS, "")))
    except Wrong:
        return str(uuid4())
