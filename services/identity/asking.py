"""What is asked of providers, and kept for a while: what they say of themselves, and their keys."""

import asyncio
import json
from collections.abc import Awaitable, Mapping, Sequence
from time import monotonic
from typing import Any, Protocol

from services.identity.provider import Provider, named
from services.identity.signatures import ABOUT, Keys, UnknownKey, signed

KEPT_FOR = 3600.0
"""Seconds that what a provider says of itself, and its keys, count without asking again."""
AGAIN_AFTER = 10.0
"""Seconds between two questions at the least, whatever tokens come and whatever was answered."""
WANTED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderAway(Exception):
    """The identity provider does not answer, or not as it must; why, without a secret."""


class Fetch(Protocol):
    """Asks a provider."""

    def __call__(
        self, url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Awaitable[tuple[int, bytes]]:
        """Status and body, within a bounded time and size; a form is posted. No redirect is followed.

        Raises ProviderAway.
        """
        ...


def told(body: bytes) -> Mapping[str, Any]:
    """Raises ProviderAway for what is no JSON object."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise ProviderAway("It answered something that is no JSON.") from None
    if not isinstance(found, dict):
        raise ProviderAway("It answered something else than a JSON object.")
    return found


class Asked:
    """One provider as it is known by now."""

    def __init__(self, provider: Provider, fetch: Fetch) -> None:
        self.provider, self._fetch, self._lock = provider, fetch, asyncio.Lock()
        self._said: Mapping[str, Any] = {}
        self._keys = Keys({})
        self._good_until = self._asked_at = float("-inf")
        self._why = ""

    async def metadata(self) -> Mapping[str, Any]:
        """What it says of itself. Raises ProviderAway."""
        await self._known()
        return self._said

    async def claims(
        self, text: str, audience: str, types: frozenset[str], about: Sequence[str] = ABOUT
    ) -> Mapping[str, Any]:
        """What it signed. Its keys are asked for anew where one is not known. Raises Untrue, ProviderAway."""
        await self._known()
        try:
            return signed(text, self._keys, self.provider.issuer, audience, types, about)
        except UnknownKey:
            await self._known(anew=True)
        return signed(text, self._keys, self.provider.issuer, audience, types, about)

    async def _known(self, *, anew: bool = False) -> None:
        """What was known before counts on while it is away, and while it is being asked.

        Whoever waits for an answer waits for one: who comes behind them hears the same, and asks nothing. Raises
        ProviderAway where nothing is known.
        """
        if not anew and self._keys and (self._good_until > monotonic() or self._lock.locked()):
            return
        async with self._lock:
            now = monotonic()
            if self._asked_at + AGAIN_AFTER <= now and (anew or self._good_until <= now):
                await self._ask()
            if not self._keys:
                raise ProviderAway(self._why)

    async def _ask(self) -> None:
        try:
            self._said, self._keys = await self._answer()
            self._good_until, self._why = monotonic() + KEPT_FOR, ""
        except ProviderAway as error:
            self._why = str(error)
        finally:
            self._asked_at = monotonic()  # from the answer on: one that lets us wait is left alone all the same

    async def _answer(self) -> tuple[Mapping[str, Any], Keys]:
        said = await self._json(f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration")
        if said.get("issuer") != self.provider.issuer:
            raise ProviderAway("It calls itself otherwise than SUBSIDIA_IDENTITY does.")
        if unsafe := [name for name in WANTED if not self.provider.trusted(said.get(name))]:
            raise ProviderAway(f"It names no address by https for {', '.join(unsafe)}.")
        keys = Keys(await self._json(said["jwks_uri"]))
        if not keys:
            raise ProviderAway("It publishes no key of a kind that is believed here.")
        return said, keys

    async def _json(self, url: str) -> Mapping[str, Any]:
        status, body = await self._fetch(url)
        if status != 200:
            raise ProviderAway(f"It answered {status}.")
        return told(body)


class Providers:
    """All of them."""

    def __init__(self, there: Sequence[Provider], fetch: Fetch) -> None:
        self.fetch = fetch
        self._asked = {one.issuer: Asked(one, fetch) for one in there}
        self.all = tuple(there)

    def by_key(self, key: str) -> Asked | None:
        found = named(self.all, key) if key else None
        return None if found is None else self._asked[found.issuer]

    def by_issuer(self, issuer: str | None) -> Asked | None:
        return self._asked.get(issuer or "")
