"""Following by mail, for people: asking for it, confirming it by the link that was sent, and ending it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp import web

from api import values
from api.asking import LANG
from api.binding import Gathered, Parameter, read_query
from api.errors import NoSuchThing
from api.faults import Wrong
from api.languages import preferred
from api.letters import HOURS
from api.officers.pages import Pages
from api.officers.signing_in import Doors
from api.often import Often, TooOften
from api.templates import Templates
from api.whence import whence
from services.bootstrap import Services
from services.mail.letters import Followed, followed
from services.mail.links import Purpose
from services.mail.server import is_address
from services.mail.subscriptions import Full, Period
from services.outgoing.wanted import Unusable, Wanted

ASKS, WITHIN = 10, 3600.0
"""So often may be asked from one network address within so many seconds."""
_ASKED = {
    one.name: one
    for one in (
        Parameter("stream", values.uuid(), "One thing: a commitment, say."),
        Parameter("unit", values.uuid(), "What is of or about this unit."),
        Parameter("type", values.text(100, 1), "Records of this type."),
        Parameter("context", values.text(100, 1), "Records of this context."),
    )
}
_SPOKEN = {LANG.name: LANG}
_BY = {"by": Parameter("by", values.text(100, 1), "The signature of the link.", required=True)}


@dataclass(frozen=True, slots=True)
class _Form:
    """What was typed, and what is wrong with it."""

    address: str = ""
    period: str = Period.DAILY
    wrong: str = ""
    status: int = 200


class Subscribing:
    """`/follow`, and the links that are sent."""

    def __init__(self, services: Services, templates: Templates) -> None:
        self._services, self._subscriptions = services, services.subscriptions
        self._pages = Pages(templates, desk=False)
        self._doors = Doors(services.tokens, self._pages, services.config.public_url)
        self._often = Often(ASKS, WITHIN)

    def routes(self) -> list[web.RouteDef]:
        served = self._pages.served
        links = "/follow/{id}/{purpose:" + "|".join(Purpose) + "}"
        return [
            web.get("/follow", served(self.shown)),
            web.post("/follow", served(self.asked)),
            web.get(links, served(self.opened)),
            web.post(links, served(self.pressed)),
        ]

    async def shown(self, request: web.Request) -> web.StreamResponse:
        wanted, about = await self._wanted(dict(request.rel_url.query))
        gathered = Gathered()
        read_query(request, _ASKED | _SPOKEN, gathered)
        gathered.raise_any()
        return await self._form(request, wanted, about, _Form())

    async def asked(self, request: web.Request) -> web.StreamResponse:
        """Whatever becomes of it, the answer is the same: nobody learns here whether an address is known."""
        said = dict(await self._doors.posted(request))
        address, period = said.pop("address", "").strip(), said.pop("period", "")
        wanted, about = await self._wanted(said)
        if not is_address(address):
            return await self._form(request, wanted, about, _Form(address, period, "address", 422))
        if period not in list(Period):
            return await self._form(request, wanted, about, _Form(address, period, "period", 422))
        try:
            self._often.count(whence(request, self._services.config.proxies))
            await self._subscriptions.ask(address, wanted, Period(period), preferred(request))
        except TooOften as error:
            answer = await self._form(request, wanted, about, _Form(address, period, "often", 429))
            answer.headers["Retry-After"] = str(error.seconds)
            return answer
        except Full:
            return await self._form(request, wanted, about, _Form(address, period, "full", 503))
        return await self._pages.page(
            "follow/asked.html", 202, address=address, followed=about, wanted=preferred(request), hours=HOURS
        )

    async def opened(self, request: web.Request) -> web.StreamResponse:
        """Nothing happens yet: programs that look through mail open every link."""
        return await self._link(request, done=False)

    async def pressed(self, request: web.Request) -> web.StreamResponse:
        """Also by the button of a mail program (RFC 8058), which sends from elsewhere: the link is what counts."""
        return await self._link(request, done=True)

    async def _link(self, request: web.Request, *, done: bool) -> web.StreamResponse:
        gathered = Gathered()
        by = read_query(request, _BY | _SPOKEN, gathered).get("by")
        gathered.raise_any()
        purpose = Purpose(request.match_info["purpose"])
        try:
            id = values.uuid().read_text(request.match_info["id"])
        except Wrong:
            id = None
        one = await self._subscriptions.behind(id, purpose, str(by)) if id is not None else None
        about = None if one is None else await followed(self._services.views, one.wanted)
        if one is not None and done and purpose is Purpose.CONFIRM and not await self._subscriptions.confirm(one):
            one = None
        if one is None:
            raise NoSuchThing("This link counts no more: it was used to end the subscription, or it is too old.")
        if done and purpose is not Purpose.CONFIRM:
            await self._subscriptions.end(one.id)
        return await self._pages.page(
            "follow/link.html", purpose=purpose, followed=about, wanted=preferred(request), period=one.period,
            done=done, confirmed=one.confirmed_at is not None,
        )  # fmt: skip

    async def _form(self, request: web.Request, wanted: Wanted, about: Followed, form: _Form) -> web.Response:
        hidden = {
            "stream": wanted.streams, "unit": wanted.units, "type": wanted.types, "context": wanted.contexts,
        }  # fmt: skip
        return await self._pages.page(
            "follow/form.html", form.status, form=form, followed=about, wanted=preferred(request), periods=list(Period),
            hidden=[(name, one) for name, several in hidden.items() for one in several],
        )  # fmt: skip

    async def _wanted(self, said: Mapping[str, str]) -> tuple[Wanted, Followed]:
        """Raises Invalid; NoSuchThing where the register knows no such thing."""
        gathered, found = Gathered(), dict[str, Sequence[Any]]()
        for name, one in _ASKED.items():
            if name in said:
                value = gathered.take("query", name, partial(one.leaf.read_text, said[name]))
                found[name] = (value,)
        gathered.raise_any()
        wanted = Wanted(*(tuple(found.get(name, ())) for name in ("type", "context", "unit", "stream")))
        try:
            wanted.filter(self._services.codec, self._services.contexts)
        except Unusable as error:
            raise NoSuchThing(str(error)) from None
        about = await followed(self._services.views, wanted)
        if len(about.things) < len(wanted.streams) or len(about.units) < len(wanted.units):
            raise NoSuchThing("The register knows nothing under this id.")
        return wanted, about
