"""Signing in with a provider: the authorization code flow of OpenID Connect, with PKCE."""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import time
from typing import Any
from urllib.parse import quote_plus, urlencode
from uuid import UUID

import structlog

from services.identity.asking import Asked, ProviderAway, Providers, told
from services.identity.bound import SESSION, Identities, Identity, Kind
from services.identity.journeys import Back, Journeys, Outward
from services.identity.provider import Provider
from services.identity.signatures import SUBJECT, Untrue
from services.identity.signing_out import SigningOut
from services.store.tokens import Tokens

LASTS = timedelta(hours=8)
"""A day's work; then the provider is asked again."""
TYPES = frozenset({"", "jwt"})
SCOPES = "openid email"

log = structlog.get_logger()


class NotLetIn(Exception):
    """Somebody comes back from a provider in a way that proves nothing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody whom a provider vouches for, and as whom they may go on here: as nobody, where nobody bound them."""

    provider: Provider
    subject: str
    may_be: Sequence[Identity]


class SigningIn:
    """From the door to a provider, back, and in."""

    def __init__(
        self, providers: Providers, identities: Identities, tokens: Tokens, journeys: Journeys, public_url: str
    ) -> None:
        self.providers, self._identities, self._tokens = providers, identities, tokens
        self._journeys, self._public = journeys, public_url
        self.out = SigningOut(identities, tokens, journeys)

    async def begin(self, asked: Asked, then: str, tongue: str = "") -> tuple[str, str]:
        """Where to send a browser, and what it is to keep meanwhile. Raises ProviderAway."""
        said, journey = await asked.metadata(), Outward.of(asked.provider.key, then, tongue)
        query = urlencode({
            "response_type": "code", "client_id": asked.provider.client, "scope": SCOPES,
            "redirect_uri": asked.provider.redirect(self._public), "state": journey.state, "nonce": journey.nonce,
            "code_challenge": journey.challenge, "code_challenge_method": "S256",
        })  # fmt: skip
        return _with(said["authorization_endpoint"], query), await self._journeys.kept(journey)

    async def set_out(self, kept: str) -> Outward:
        """The way out that a browser is on. Raises NotLetIn."""
        journey = await self._journeys.read(kept, Outward)
        if journey is None:
            raise NotLetIn("This browser did not set out from here, or too long ago. Sign in again.")
        return journey

    def check_answer(self, asked: Asked, journey: Outward, query: Mapping[str, str]) -> None:
        """Whether it is the answer to this way out. Nobody was asked yet, and nothing written. Raises NotLetIn."""
        if journey.provider != asked.provider.key or not _same(journey.state, query.get("state")):
            raise NotLetIn("This is the answer to another sign-in than the one that this browser began.")

    async def arrived(self, asked: Asked, journey: Outward, query: Mapping[str, str]) -> str:
        """What the browser is to keep now, until it says as whom it goes on.

        Raises NotLetIn, ProviderAway, Unavailable.
        """
        since, said = time(), await asked.metadata()
        issuer = query.get("iss")
        if issuer != asked.provider.issuer and (issuer or said.get("authorization_response_iss_parameter_supported")):
            raise NotLetIn("This answer is not from the identity provider that was asked.")
        if not await self._journeys.end(journey):
            raise NotLetIn("This sign-in has ended before. Sign in again.")
        if not query.get("code"):
            log.info("sign-in-declined", provider=asked.provider.key, said=query.get("error", "")[:100])
            raise NotLetIn("The identity provider let nobody in.")
        answer = await self._exchanged(asked, said, query["code"], journey.verifier)
        claims = await self._claims(asked, answer.get("id_token"), journey.nonce)
        issuer, subject = asked.provider.issuer, claims["sub"]
        if await self._identities.await_mail(issuer) and (address := await self._address(asked, said, answer, claims)):
            await self._identities.settle(issuer, address, subject)
        back = Back.of(asked.provider.key, subject, journey.then, _session(claims), since)
        return await self._journeys.kept(back)

    async def arrived_as(self, kept: str) -> Arrived:
        """Who came back. Raises NotLetIn, Unavailable."""
        return (await self._back(kept))[1]

    async def enter(self, kept: str, id: UUID | None) -> tuple[str, str]:
        """A token of ours for one of them, and where to go on. Raises as `arrived_as`."""
        back, arrived = await self._back(kept)
        one = next((one for one in arrived.may_be if one.id == id), None)
        if one is None:
            raise NotLetIn("Nobody is bound to this accreditation any more.")
        if not await self._journeys.end(back):
            raise NotLetIn("This sign-in has ended before. Sign in again.")
        await self._tokens.forget_expired()
        await self._identities.forget_expired()
        lasts = min(LASTS, one.expires_at - datetime.now(UTC))
        session = await self._identities.found_by(one.issuer, SESSION, back.session) if back.session else None
        text, token = await self._tokens.issue(one.actor, lasts, identity=one.id, session=session)
        # Asked behind it: who leaves there meanwhile ends the token, or is seen here.
        if await self.out.left(one.issuer, back):
            await self._tokens.revoke(token.id)
            raise NotLetIn("You have signed out at the identity provider. Sign in again.")
        return text, back.then

    async def _back(self, kept: str) -> tuple[Back, Arrived]:
        back = await self._journeys.read(kept, Back)
        asked = None if back is None else self.providers.by_key(back.provider)
        if back is None or asked is None:
            raise NotLetIn("This browser did not set out from here, or too long ago. Sign in again.")
        there = await self._identities.of(asked.provider.issuer, Kind.PERSON, back.subject)
        return back, Arrived(asked.provider, back.subject, there)

    async def leaving(self, key: str) -> str:
        """Where a provider signs people out as well; "" where it does not, or not now."""
        asked = self.providers.by_key(key)
        if asked is None:
            return ""
        try:
            ends = (await asked.metadata()).get("end_session_endpoint")
        except ProviderAway:
            return ""
        query = {"client_id": asked.provider.client, "post_logout_redirect_uri": f"{self._public}/sign-in"}
        return _with(ends, urlencode(query)) if isinstance(ends, str) and asked.provider.trusted(ends) else ""

    async def provider_of(self, identity: UUID) -> Provider | None:
        """With whom somebody signed in who is signed in."""
        found = await self._identities.find(identity)
        asked = self.providers.by_issuer(found.issuer) if found else None
        return asked.provider if asked else None

    async def _exchanged(self, asked: Asked, said: Mapping[str, Any], code: str, verifier: str) -> Mapping[str, Any]:
        provider = asked.provider
        form = {
            "grant_type": "authorization_code", "code": code, "code_verifier": verifier,
            "redirect_uri": provider.redirect(self._public),
        }  # fmt: skip
        headers: dict[str, str] = {}
        ways = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if provider.secret and "client_secret_basic" in ways:
            pair = f"{quote_plus(provider.client)}:{quote_plus(provider.secret)}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": provider.client} | ({"client_secret": provider.secret} if provider.secret else {})
        status, body = await self.providers.fetch(said["token_endpoint"], form, headers)
        if status != 200:
            log.warning("code-not-taken", provider=provider.key, status=status, said=_error(body))
            if status >= 500:
                raise ProviderAway(f"It answered {status}.")
            raise NotLetIn("The identity provider does not take back what it gave. Sign in again.")
        return told(body)

    async def _claims(self, asked: Asked, text: object, nonce: str) -> Mapping[str, Any]:
        try:
            if not isinstance(text, str):
                raise Untrue("there is none")
            claims = await asked.claims(text, asked.provider.client, TYPES)
            several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
            if (several or "azp" in claims) and claims.get("azp") != asked.provider.client:
                raise Untrue("it was made for another client")
            if not _same(nonce, claims.get("nonce")):
                raise Untrue("it is of another sign-in")
        except Untrue as error:
            log.warning("sign-in-untrue", provider=asked.provider.key, why=str(error))
            raise NotLetIn("What the identity provider says of you cannot be verified.") from None
        return claims

    async def _address(
        self, asked: Asked, said: Mapping[str, Any], answer: Mapping[str, Any], claims: Mapping[str, Any]
    ) -> str:
        """The e-mail address that the provider has verified; "" where it says none."""
        token, url = answer.get("access_token"), said.get("userinfo_endpoint")
        if "email" not in claims and isinstance(token, str) and isinstance(url, str) and asked.provider.trusted(url):
            status, body = await self.providers.fetch(url, None, {"Authorization": f"Bearer {token}"})
            found = told(body) if status == 200 else {}
            claims = found if found.get("sub") == claims["sub"] else claims
        address = claims.get("email")
        return address if isinstance(address, str) and claims.get("email_verified") is True else ""


def _session(claims: Mapping[str, Any]) -> str:
    """What the provider calls the session; "" where it does not say, or not in a way that anybody could repeat."""
    said = claims.get("sid")
    return said if isinstance(said, str) and len(said) <= SUBJECT else ""


def _same(ours: str, theirs: object) -> bool:
    return isinstance(theirs, str) and hmac.compare_digest(ours.encode(), theirs.encode("utf-8", "surrogatepass"))


def _with(address: str, query: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{query}"


def _error(body: bytes) -> str:
    try:
        return str(told(body).get("error", ""))[:100]
    except ProviderAway:
        return ""
