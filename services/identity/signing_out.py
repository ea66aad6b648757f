"""Signing out from the provider's side (OpenID Connect Back-Channel Logout 1.0): it says whose sessions have ended."""

from datetime import UTC, datetime
from time import time
from uuid import UUID, uuid5

import structlog

from services.identity.asking import Asked
from services.identity.bound import SESSION, Identities, Kind
from services.identity.journeys import JOURNEYS, Back, Journeys
from services.identity.signatures import LEEWAY, Untrue
from services.store.tokens import Tokens

TYPES = frozenset({"logout+jwt", "jwt", ""})
"""The first is a recommendation, which not all follow: what tells one from an ID token is its event."""
EVENT = "http://schemas.openid.net/event/backchannel-logout"

log = structlog.get_logger()


class SigningOut:
    """Ends here what ended there. Whoever is just coming back goes no further."""

    def __init__(self, identities: Identities, tokens: Tokens, journeys: Journeys) -> None:
        self._identities, self._tokens, self._journeys = identities, tokens, journeys

    async def heard(self, asked: Asked, text: str) -> int:
        """Ends the session that a logout token names, else all of whom it names; how many sign-ins that were.

        One that comes once more ends nothing that began after it. Raises Untrue, ProviderAway, Unavailable.
        """
        claims = await asked.claims(text, asked.provider.client, TYPES, ("sub", "sid"))
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
            raise Untrue("it ends no session")
        if "nonce" in claims:
            raise Untrue("it is an ID token")
        subject, session = await self._marks(asked.provider.issuer, claims.get("sub", ""), claims.get("sid", ""))
        # First whoever is on the way, then whoever is in: nobody comes in between.
        await self._journeys.leave([_id(one) for one in (subject, session) if one is not None], time())
        bound = None if subject is None else await self._identities.found(subject)
        before = datetime.fromtimestamp(claims["iat"] + LEEWAY, UTC)
        ended = await self._tokens.end_sessions(bound, session, before)
        log.info("signed-out-there", provider=asked.provider.key, ended=ended)
        return ended

    async def left(self, issuer: str, back: Back) -> bool:
        """Whether they left the provider again since they came back from it. Raises Unavailable."""
        marks = await self._marks(issuer, back.subject, back.session)
        return await self._journeys.has_left([_id(one) for one in marks if one is not None], back.since)

    async def _marks(self, issuer: str, subject: str, session: str) -> tuple[bytes | None, bytes | None]:
        found_by = self._identities.found_by
        return (
            await found_by(issuer, Kind.PERSON, subject) if subject else None,
            await found_by(issuer, SESSION, session) if session else None,
        )


def _id(mark: bytes) -> UUID:
    return uuid5(JOURNEYS, mark.hex())
