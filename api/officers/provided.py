"""Signing in with an identity provider: there, back, and as whom to go on; signing out there ends it here."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode
from uuid import UUID

import structlog
from aiohttp import web

from api.edge import officers
from api.errors import NoSuchAddress
from api.officers.pages import Pages
from api.officers.sent import fields_of
from api.officers.signing_in import Doors, ours
from api.often import Often
from api.templates import AGAIN
from api.tongues import READER, tongue_of
from api.whence import Network, whence
from services.handle import Office
from services.identity.asking import Asked
from services.identity.journeys import LASTS
from services.identity.signatures import Untrue
from services.identity.signing_in import NotLetIn, SigningIn
from services.readers import known

NAME = "subsidia-signing-in"
DOOR, CHOOSE = "/sign-in", "/sign-in/as"
FAILED, WITHIN = 20, 600.0
"""So many sign-ins may fail from one network address within so many seconds: a code that is made up costs the provider
a question, and us a row."""

log = structlog.get_logger()


class Provided:
    """`/sign-in/with/<provider>`, `/sign-in/from/<provider>`, `/sign-in/as`; and `/sign-out/from/<provider>`."""

    def __init__(
        self, ways: SigningIn, doors: Doors, office: Office, pages: Pages, proxies: Sequence[Network] = ()
    ) -> None:
        self._ways, self._doors, self._office, self._pages = ways, doors, office, pages
        self._proxies, self._often = proxies, Often(FAILED, WITHIN)

    def routes(self) -> list[web.RouteDef]:
        served = self._pages.served
        return [
            web.get("/sign-in/with/{provider}", served(self.outward)),
            web.get("/sign-in/from/{provider}", served(self.back)),
            web.get(CHOOSE, served(self.choosing)),
            web.post(CHOOSE, served(self.chosen)),
            web.post("/sign-out/from/{provider}", officers(self.left, "logout")),
        ]

    async def outward(self, request: web.Request) -> web.StreamResponse:
        """Nobody who is led here from elsewhere is signed in by it: as whom they go on, they say themselves."""
        then = ours(request.rel_url.query.get("then", ""))
        _leads(request, then)
        address, kept = await self._ways.begin(self._asked(request), then, READER.get().chosen)
        return self._keeping(request, web.Response(status=303, headers={"Location": address}), kept)

    async def back(self, request: web.Request) -> web.StreamResponse:
        _leads(request)
        journey = await self._ways.set_out(self._kept(request))
        _leads(request, journey.then, journey.tongue)
        query = request.rel_url.query
        if len(set(query)) < len(query):
            raise NotLetIn("This answer is not from the identity provider that was asked.")
        asked, place = self._asked(request), whence(request, self._proxies)
        self._ways.check_answer(asked, journey, query)
        self._often.count(place)  # before the provider is asked: what is on its way counts as well
        kept = await self._ways.arrived(asked, journey, query)
        self._often.well(place)
        # The code and the state leave the address, the history of the browser, and what a reload would send again.
        return self._keeping(request, web.Response(status=303, headers={"Location": CHOOSE}), kept)

    async def choosing(self, request: web.Request) -> web.StreamResponse:
        request[AGAIN] = DOOR
        arrived, now = await self._ways.arrived_as(self._kept(request)), self._office.clock()
        if not arrived.may_be:
            return await self._pages.page("stranger.html", 403, stranger=arrived)
        found = [(one, await known(self._office.states, one.actor, now)) for one in arrived.may_be]
        offered = [(one.id, one.role, of.unit.name) for one, of in found if of.in_force]
        return await self._pages.page("sign_in_as.html", offered=offered, provider=arrived.provider.name)

    async def chosen(self, request: web.Request) -> web.StreamResponse:
        request[AGAIN] = DOOR
        said = dict(await self._doors.posted(request))
        token, then = await self._ways.enter(self._kept(request), _uuid(said.get("identity", "")))
        await self._doors.ended(request)
        return self._forgetting(request, self._doors.let_in(request, token, ours(then)))

    async def left(self, request: web.Request) -> web.StreamResponse:
        """Sent by a provider, and by nobody's browser: what it signed is what counts."""
        said = dict(await fields_of(request, files=False))
        try:
            await self._ways.out.heard(self._asked(request), said.get("logout_token", ""))
        except Untrue as error:
            log.info("logout-untrue", provider=request.match_info["provider"], why=str(error))
            return web.json_response({"error": "invalid_request"}, status=400)
        return web.Response()

    def _asked(self, request: web.Request) -> Asked:
        asked = self._ways.providers.by_key(request.match_info["provider"])
        if asked is None:
            raise NoSuchAddress
        return asked

    def _kept(self, request: web.Request) -> str:
        return request.cookies.get(self._cookie(request), "")

    def _keeping(self, request: web.Request, answer: web.Response, kept: str) -> web.Response:
        """Lax: whoever comes back comes from another site."""
        answer.set_cookie(
            self._cookie(request), kept, max_age=LASTS, path="/", httponly=True, samesite="Lax",
            secure=self._doors.secure(request),
        )  # fmt: skip
        return answer

    def _forgetting(self, request: web.Request, answer: web.Response) -> web.Response:
        answer.del_cookie(
            self._cookie(request), path="/", httponly=True, samesite="Lax", secure=self._doors.secure(request)
        )
        return answer

    def _cookie(self, request: web.Request) -> str:
        return f"__Host-{NAME}" if self._doors.secure(request) else NAME


def _leads(request: web.Request, then: str = "", chosen: str = "") -> None:
    """The page of a problem leads back to the door, in whatever language: no link on it repeats a code.

    `chosen`: the language in which somebody set out, which no provider brings back.
    """
    query = (("then", then),) if then else ()
    request[AGAIN] = f"{DOOR}?{urlencode(query)}" if then else DOOR
    reader = replace(READER.get(), address=DOOR, query=query)
    READER.set(replace(reader, tongue=tongue_of((chosen,)), chosen=chosen) if chosen else reader)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
