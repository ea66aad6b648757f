"""The way to a provider and back, as the browser keeps it: signed by us, short, and gone once."""

import asyncio
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from time import time
from typing import TypeVar
from uuid import UUID, uuid4, uuid5

import msgspec

from domain.kernel import NAMES
from services.keyring import Keyring
from services.store.connecting import Pool, available

JOURNEYS = uuid5(NAMES, "sign-ins")
"""The name of the key that signs them."""
OF_JOURNEYS = b"subsidia sign-in v1"
LASTS = 600
"""Seconds until whoever left must be back, and until whoever is back must have chosen."""
LONGEST = 4000
"""Characters that a browser keeps."""


class Outward(msgspec.Struct, frozen=True, tag="outward"):
    """Somebody went to a provider. `verifier`: of PKCE (RFC 7636); who has only the code cannot use it.

    `tongue`: the language that they had chosen to read us in; "" none.
    """

    id: UUID
    provider: str
    state: str
    nonce: str
    verifier: str
    then: str
    until: float
    tongue: str = ""

    @classmethod
    def of(cls, provider: str, then: str, tongue: str = "") -> "Outward":
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(uuid4(), provider, state, nonce, verifier, then, time() + LASTS, tongue)

    @property
    def challenge(self) -> str:
        return urlsafe_b64encode(sha256(self.verifier.encode()).digest()).decode().rstrip("=")


class Back(msgspec.Struct, frozen=True, tag="back"):
    """Somebody came back whom the provider calls so, and has yet to say as whom they go on.

    `session`: what it calls their session there; "" where it does not say. `since`: before it said so.
    """

    id: UUID
    provider: str
    subject: str
    then: str
    until: float
    session: str = ""
    since: float = 0.0

    @classmethod
    def of(cls, provider: str, subject: str, then: str, session: str, since: float) -> "Back":
        return cls(uuid4(), provider, subject, then, time() + LASTS, session, since)


_Kind = TypeVar("_Kind", Outward, Back)
_read = msgspec.json.Decoder(Outward | Back)


class Journeys:
    """Signs them, reads them, and lets each end once, whichever process it ends in."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    async def kept(self, journey: Outward | Back) -> str:
        """As the browser is given it."""
        said = urlsafe_b64encode(msgspec.json.encode(journey))
        return f"{said.decode()}.{(await self._signature(said)).hex()}"

    async def read(self, text: str, kind: type[_Kind]) -> _Kind | None:
        """None for what is not ours, of another kind or too old."""
        said, _, by = text.partition(".")
        if len(text) > LONGEST or not text.isascii():
            return None
        if not hmac.compare_digest((await self._signature(said.encode())).hex(), by):
            return None
        found = _read.decode(urlsafe_b64decode(said))
        return found if isinstance(found, kind) and found.until > time() else None

    async def end(self, journey: Outward | Back) -> bool:
        """Whether it had not ended before. Raises Unavailable."""
        with available():
            await self._pool.execute("delete from access.journeys where ended_at < now() - interval '1 hour'")
            done = await self._pool.execute(
                "insert into access.journeys (id) values ($1) on conflict do nothing", journey.id
            )
        return bool(done == "INSERT 0 1")

    async def leave(self, ids: Sequence[UUID], at: float) -> None:
        """Whoever came back before that moment goes no further. Raises Unavailable."""
        with available():
            await self._pool.execute(_LEAVE, list(ids), at)

    async def has_left(self, ids: Sequence[UUID], since: float) -> bool:
        """Whether somebody left at that moment or after it. Raises Unavailable."""
        with available():
            return bool(await self._pool.fetchval(_HAS_LEFT, list(ids), since))

    async def _signature(self, said: bytes) -> bytes:
        key = await asyncio.to_thread(self._keyring.make, JOURNEYS)
        return hmac.digest(hmac.digest(key, OF_JOURNEYS, "sha256"), said, "sha256")


_LEAVE = """
insert into access.journeys (id, ended_at) select id, to_timestamp($2) from unnest($1::uuid[]) id
on conflict (id) do update set ended_at = greatest(journeys.ended_at, excluded.ended_at)"""
_HAS_LEFT = "select exists (select from access.journeys where id = any($1) and ended_at >= to_timestamp($2))"
