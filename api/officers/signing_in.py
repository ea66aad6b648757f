"""Signing in to the officers' pages: a token in a cookie that counts here alone, and only for what our pages send."""

import re
from collections.abc import Sequence
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from api.officers.pages import Pages
from api.officers.sent import fields_of
from services.identity.signing_in import SigningIn
from services.orders import Forbidden
from services.store.tokens import Token, Tokens

NAME = "subsidia-officer"
_TOKEN = re.compile(r"[\x21-\x7e]{1,200}")
_OURS = re.compile(r"/give(?:/[A-Za-z0-9._-]+)*")


class Doors:
    """`/sign-in` and `/sign-out`, and who came in by them."""

    def __init__(self, tokens: Tokens, pages: Pages, public_url: str, signing_in: SigningIn | None = None) -> None:
        self._tokens, self._pages, self._public = tokens, pages, urlsplit(public_url)
        self._signing_in = signing_in

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sign-in", self._pages.served(self.shown)),
            web.post("/sign-in", self._pages.served(self.entered)),
            web.post("/sign-out", self._pages.served(self.left)),
        ]

    async def officer(self, request: web.Request) -> Token | None:
        """Who is signed in; the cookie says it, on these pages and nowhere else."""
        return await self._speaks_for(request.cookies.get(self._cookie(request), ""))

    async def _speaks_for(self, text: str) -> Token | None:
        return await self._tokens.find(text) if _TOKEN.fullmatch(text) else None

    async def shown(self, request: web.Request) -> web.StreamResponse:
        then = ours(request.rel_url.query.get("then", ""))
        if await self.officer(request) is not None:
            return web.Response(status=303, headers={"Location": then})
        return await self._page(then, left=request.rel_url.query.get("left", ""))

    async def entered(self, request: web.Request) -> web.StreamResponse:
        said = dict(await self.posted(request))
        token, then = said.get("token", "").strip(), ours(said.get("then", ""))
        if await self._speaks_for(token) is None:
            return await self._page(then, wrong=True)
        await self.ended(request)
        return self.let_in(request, token, then)

    def let_in(self, request: web.Request, token: str, then: str) -> web.Response:
        answer = web.Response(status=303, headers={"Location": then})
        answer.set_cookie(
            self._cookie(request), token, path="/", httponly=True, samesite="Strict", secure=self.secure(request)
        )
        return answer

    async def left(self, request: web.Request) -> web.StreamResponse:
        await self.posted(request)
        provider = await self.ended(request)
        answer = web.Response(status=303, headers={"Location": f"/sign-in?left={provider}" if provider else "/sign-in"})
        answer.del_cookie(
            self._cookie(request), path="/", httponly=True, samesite="Strict", secure=self.secure(request)
        )
        return answer

    async def ended(self, request: web.Request) -> str:
        """Ends what a sign-in with a provider began, wherever its token may be by now; which provider it was."""
        token = await self.officer(request)
        if token is None or token.identity is None or self._signing_in is None:
            return ""
        provider = await self._signing_in.provider_of(token.identity)
        await self._tokens.revoke(token.id)
        return "" if provider is None else provider.key

    async def _page(self, then: str, *, wrong: bool = False, left: str = "") -> web.Response:
        ways = self._signing_in
        also = "" if ways is None or not left else await ways.leaving(left)
        return await self._pages.page(
            "sign_in.html", 401 if wrong else 200, then=then, wrong=wrong, also=also,
            providers=() if ways is None else ways.providers.all,
        )  # fmt: skip

    def secure(self, request: web.Request) -> bool:
        return request.secure or self._public.scheme == "https"

    def _cookie(self, request: web.Request) -> str:
        """Browsers let nobody but this very host set a cookie whose name begins with `__Host-`."""
        return f"__Host-{NAME}" if self.secure(request) else NAME

    async def posted(self, request: web.Request, *, whole: int = 0) -> Sequence[tuple[str, str]]:
        """What one of our forms sends, in its order. Raises Forbidden where it was sent by anybody else's page.

        `whole`: see `fields_of`.
        """
        if not self._sent_by_us(request):
            raise Forbidden(
                "Forms are taken from the register's own pages only, and this was sent from elsewhere, or by a browser"
                " that does not say from where. Programs give commands under /v1, with their token."
            )
        return await fields_of(request, files=await self.officer(request) is not None, whole=whole)

    def _sent_by_us(self, request: web.Request) -> bool:
        """No page can make its browser lie about either header."""
        if (site := request.headers.get("Sec-Fetch-Site")) is not None:
            return site == "same-origin"
        origin = urlsplit(request.headers.get("Origin", ""))
        ours = {request.host, self._public.netloc} - {""}
        return origin.scheme in ("http", "https") and origin.netloc in ours


def ours(address: str) -> str:
    """Where to go on: on these pages, whatever an address says."""
    return address if _OURS.fullmatch(address) else "/give"


def to_sign_in(request: web.Request) -> web.Response:
    then = urlencode({"then": request.path})
    return web.Response(status=303, headers={"Location": f"/sign-in?{then}"})
