"""What a provider signed: tokens whose signature, issuer, audience and times are checked before a word is believed."""

import json
import re
import warnings
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from time import time
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

ALGORITHMS = ("RS256", "ES256", "EdDSA", "Ed25519")
"""Signatures only: neither none nor a secret that both sides have, so that no public key passes for one."""
KEYS = 50
"""Of those that a provider publishes, so many are kept."""
LEEWAY = 60
"""Seconds that its clock may differ from ours."""
LONGEST = 8192
"""Characters of a token."""
RSA_BITS = 2048
LAST = 253_402_300_800
"""Seconds at which the year 10000 begins: no token ends then."""
SUBJECT = 255
"""Characters of what a provider calls somebody, as OpenID Connect bounds it."""
ABOUT = ("sub",)
"""The claim that says whom a token is about."""
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
# Headers that we do not know (x5t, jku and the like) are let stand, and no key is ever taken from them.
_REGISTRY = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
_REGISTRY.max_header_length = 4096  # some send the certificate along
_FITS = {"RS256": ("RSA", None), "ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519"), "Ed25519": ("OKP", "Ed25519")}
"""Algorithm -> the kind and the curve of its keys."""
_KINDS: Mapping[str, tuple[type[RSAKey | ECKey | OKPKey], tuple[str, ...]]] = {
    "RSA": (RSAKey, ("kty", "n", "e")), "EC": (ECKey, ("kty", "crv", "x", "y")), "OKP": (OKPKey, ("kty", "crv", "x")),
}  # fmt: skip
"""Kind -> its class, and the members that are public."""


class Untrue(Exception):
    """A token that proves nothing; why, for the log."""


class UnknownKey(Untrue):
    """It was signed under a key that is not published, or not yet known here."""


class Keys:
    """The public keys that a provider publishes, by what they are called."""

    def __init__(self, published: Mapping[str, Any]) -> None:
        self._found: list[tuple[object, tuple[str, object], RSAKey | ECKey | OKPKey]] = []
        there = published.get("keys")
        for one in (there if isinstance(there, list) else [])[:KEYS]:
            if isinstance(one, dict) and one.get("use", "sig") == "sig" and (key := _key(one)) is not None:
                self._found.append((one.get("kid"), (one["kty"], one.get("crv")), key))

    def __bool__(self) -> bool:
        return bool(self._found)

    def called(self, kid: object, alg: object) -> RSAKey | ECKey | OKPKey:
        """Raises UnknownKey. A token that names no key was signed under the only one that fits."""
        wanted = _FITS.get(alg) if isinstance(alg, str) else None
        fits = [key for name, kind, key in self._found if kind == wanted and kid in (None, name)]
        if wanted is None or len(fits) != 1:
            raise UnknownKey("there is no such key")
        return fits[0]


def _key(one: Mapping[str, Any]) -> RSAKey | ECKey | OKPKey | None:
    """None for what is no key that signs as we take it."""
    kind = one.get("kty")
    if not isinstance(kind, str) or kind not in _KINDS:
        return None
    made, members = _KINDS[kind]
    try:
        with warnings.catch_warnings(action="ignore", category=SecurityWarning):  # small keys are left out below
            key = made.import_key({name: one[name] for name in members})
        return None if isinstance(key, RSAKey) and key.public_key.key_size < RSA_BITS else key
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def signed(
    text: str, keys: Keys, issuer: str, audience: str, types: frozenset[str], about: Sequence[str] = ABOUT
) -> Mapping[str, Any]:
    """The claims of a token. `types`: what it may call itself, in small letters. `about`: of which it has one at least.

    Raises Untrue.
    """
    if len(text) > LONGEST or not _COMPACT.fullmatch(text):
        raise Untrue("it is no signed token")

    def key(token: Any) -> RSAKey | ECKey | OKPKey:
        headers = token.headers()
        return keys.called(headers.get("kid"), headers.get("alg"))

    try:
        # EdDSA has a better name by now, and most use this one.
        with warnings.catch_warnings(action="ignore", category=SecurityWarning):
            found = jwt.decode(text, key, registry=_REGISTRY)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise Untrue(f"it is not as signed: {type(error).__name__}") from None
    if _type(found.header.get("typ", "")) not in types:
        raise Untrue("it is a token of another type")
    _check(found.claims, issuer, audience, about)
    return found.claims


def issuer_of(text: str) -> str | None:
    """Whom a token says that it is from: a claim that nobody has checked, to know whose keys to ask for."""
    return _said(text, 1, "iss")


def type_of(text: str) -> str:
    """What a token calls itself, in small letters: nobody has checked it, to know by which rules it is checked."""
    return _type(_said(text, 0, "typ"))


def _type(said: object) -> str:
    return said.lower().removeprefix("application/") if isinstance(said, str) else ""


def _said(text: str, place: int, name: str) -> str | None:
    try:
        part = text.split(".")[place]
        found = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, IndexError, RecursionError):
        return None
    said = found.get(name) if isinstance(found, dict) else None
    return said if isinstance(said, str) else None


def _check(claims: Mapping[str, Any], issuer: str, audience: str, about: Sequence[str]) -> None:
    now, said = time(), claims.get("aud")
    audiences = said if isinstance(said, list) else [said]
    if claims.get("iss") != issuer:
        raise Untrue("it is of another issuer")
    if audience not in audiences:
        raise Untrue("it is for somebody else")
    named = [claims[name] for name in about if name in claims]
    # What cannot be shown cannot be kept either: half of a character has no bytes.
    if not named or not all(isinstance(one, str) and 0 < len(one) <= SUBJECT and one.isprintable() for one in named):
        raise Untrue("it names nobody")
    if not _number(claims.get("exp")) or claims["exp"] + LEEWAY <= now:
        raise Untrue("it is expired")
    if not _number(claims.get("iat")) or claims["iat"] - LEEWAY > now:
        raise Untrue("it is of the future")
    if "nbf" in claims and (not _number(claims["nbf"]) or claims["nbf"] - LEEWAY > now):
        raise Untrue("it does not count yet")


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < LAST
