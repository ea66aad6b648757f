"""Access tokens of programs, which their provider signs (RFC 9068), as bearers of this register."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from time import monotonic, time
from typing import Any, NamedTuple

import structlog

from services.identity.asking import Asked, Providers
from services.identity.bound import Identities, Kind
from services.identity.signatures import LONGEST, Untrue, issuer_of, type_of
from services.store.tokens import Token

TYPES = frozenset({"at+jwt"})
"""An ID token is none: it says who signed in, and gives nobody leave."""
PLAIN = frozenset({"jwt"})
"""As some type them all. They are taken where the provider's `jwt_audience` says for whom, and are told from others."""
CLIENTS = ("azp", "appid", "client_id")
"""Claims that say to whom a token was given. An ID token's is its audience."""
OF_OTHERS = ("nonce", "at_hash", "c_hash", "s_hash", "events")
"""Claims of ID tokens and of logout tokens, and of no other."""
KEPT_AT_MOST = 10_000
KEPT_FOR = 3600.0
"""Seconds after which a signature is checked anew: its key may have been withdrawn."""

log = structlog.get_logger()


class _Said(NamedTuple):
    """What a token says, and when its signature is checked again."""

    issuer: str
    subject: str
    ends: float
    again_at: float


class Bearers:
    """Whom they speak for. What a token says is checked once an hour; whether it is bound, each time somebody asks."""

    def __init__(self, providers: Providers, identities: Identities, audience: str) -> None:
        self._providers, self._identities, self._audience = providers, identities, audience
        self._kept: OrderedDict[bytes, _Said] = OrderedDict()

    async def speaks_for(self, text: str) -> Token | None:
        """None where it proves nothing, or nobody bound whom it speaks for. Raises ProviderAway, Unavailable."""
        if len(text) > LONGEST:
            return None
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        said = self._kept.get(digest)
        if said is None or said.again_at <= monotonic():
            self._kept.pop(digest, None)
            said = await self._said(text, digest)
        if said is None or said.ends <= time():
            return None
        there = await self._identities.of(said.issuer, Kind.PROGRAM, said.subject)
        if len(there) != 1:
            return None
        one, ends = there[0], datetime.fromtimestamp(said.ends, UTC)
        return Token(
            one.id, one.unit, one.role, one.accreditation, one.created_at, min(ends, one.expires_at), None, one.note,
            one.id,
        )  # fmt: skip

    async def _said(self, text: str, digest: bytes) -> _Said | None:
        asked = self._providers.by_issuer(issuer_of(text))
        if asked is None:
            return None
        try:
            claims = await self._claims(asked, text)
        except Untrue as error:
            log.info("bearer-untrue", issuer=asked.provider.issuer, why=str(error))
            return None
        said = _Said(asked.provider.issuer, claims["sub"], float(claims["exp"]), monotonic() + KEPT_FOR)
        self._kept[digest] = said
        if len(self._kept) > KEPT_AT_MOST:
            self._kept.popitem(last=False)
        return said

    async def _claims(self, asked: Asked, text: str) -> Mapping[str, Any]:
        """Raises Untrue, ProviderAway."""
        audience = asked.provider.jwt_audience
        if not audience or type_of(text) not in PLAIN:
            return await asked.claims(text, self._audience, TYPES)
        claims = await asked.claims(text, audience, PLAIN)
        _check_given(claims, audience)
        return claims


def _check_given(claims: Mapping[str, Any], audience: str) -> None:
    """An access token that calls itself a token only is for us alone, was given to somebody else, and is no other kind.

    Raises Untrue.
    """
    given = [claims[name] for name in CLIENTS if name in claims]
    if claims["aud"] not in (audience, [audience]):
        raise Untrue("it is for others, too")
    if not given or not all(isinstance(one, str) and one not in ("", audience) for one in given):
        raise Untrue("it does not say to whom it was given, or is theirs alone")
    if any(name in claims for name in OF_OTHERS):
        raise Untrue("it is no access token")
