"""Access tokens of programs, which their provider signs (RFC 9068), as bearers of this register."""

import hashlib
from collections import OrderedDict
from datetime import UTC, datetime
from time import monotonic, time
from typing import NamedTuple

import structlog

from services.identity.asking import Providers
from services.identity.bound import Identities, Kind
from services.identity.signatures import LONGEST, Untrue, issuer_of
from services.store.tokens import Token

TYPES = frozenset({"at+jwt"})
"""An ID token is none: it says who signed in, and gives nobody leave."""
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
            claims = await asked.claims(text, self._audience, TYPES)
        except Untrue as error:
            log.info("bearer-untrue", issuer=asked.provider.issuer, why=str(error))
            return None
        said = _Said(asked.provider.issuer, claims["sub"], float(claims["exp"]), monotonic() + KEPT_FOR)
        self._kept[digest] = said
        if len(self._kept) > KEPT_AT_MOST:
            self._kept.popitem(last=False)
        return said
