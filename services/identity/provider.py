"""The identity providers that are believed, as one variable says them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from services.mail.server import is_here

_FORM = "https://client:secret@login.example.gov?name=Example"
_KEYS = re.compile(r"[^A-Za-z0-9.]+")


@dataclass(frozen=True, slots=True)
class Provider:
    """One of them. `issuer`: as it calls itself, to the letter; `name`: as people call it.

    `key`: what tells it from others in our own addresses. `secret` "": a public client, whom PKCE alone protects.
    `jwt_audience`: for whom tokens of programs are that call themselves no access tokens; "": none such are taken.
    """

    issuer: str
    client: str
    secret: str = field(repr=False)
    name: str
    jwt_audience: str = ""

    @property
    def key(self) -> str:
        return key_of(self.issuer)

    def redirect(self, public_url: str) -> str:
        """Where it sends people back to: one address for each, so that none can pass for another."""
        return f"{public_url}/sign-in/from/{self.key}"

    def leaves_by(self, public_url: str) -> str:
        """Where it says that somebody has signed out with it."""
        return f"{public_url}/sign-out/from/{self.key}"

    def trusted(self, address: object) -> bool:
        """Whether an address that it names may be asked: what is sent there is a secret.

        One that is elsewhere names nothing on this machine, where others listen who answer whoever comes from here.
        """
        here = self.issuer.startswith("http:")
        return isinstance(address, str) and is_safe(address) and (here or urlsplit(address).scheme == "https")

    @classmethod
    def read(cls, text: str) -> "Provider":
        """Raises ValueError, with a sentence that repeats no secret."""
        said = f"is the address of an identity provider, with a client's id and secret, like {_FORM}"
        try:
            parts = urlsplit(text)
            port, asked = parts.port, dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        except ValueError:
            raise ValueError(said) from None
        name, file, audience = (asked.pop(one, "") for one in ("name", "secret_file", "jwt_audience"))
        client, secret = unquote(parts.username or ""), unquote(parts.password or "")
        if not parts.hostname or not client or parts.fragment or asked:
            raise ValueError(said)
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        issuer = f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path}"
        if not is_safe(issuer):
            raise ValueError("is reached by https: by http only on this machine.")
        if audience == client:
            raise ValueError(
                "has programs' tokens for its client (jwt_audience): ID tokens of people are for that one."
            )
        if file:
            if secret:
                raise ValueError("has its secret in the address or in a file, and not in both.")
            secret = _of_file(file)
        return cls(issuer, client, secret, name or parts.hostname, audience)


def providers(text: str) -> tuple[Provider, ...]:
    """Several stand apart by spaces. Raises ValueError."""
    found = tuple(Provider.read(one) for one in text.split())
    if len({one.key for one in found}) < len(found):
        raise ValueError("names the same identity provider twice.")
    return found


def named(there: Sequence[Provider], text: str) -> Provider | None:
    """By its key or as it calls itself; where there is one alone, nothing need be said."""
    if not text:
        return there[0] if len(there) == 1 else None
    return next((one for one in there if text in (one.key, one.issuer)), None)


def key_of(issuer: str) -> str:
    return _KEYS.sub("-", issuer.partition("://")[2]).strip("-")


def is_safe(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_here(parts.hostname or ""))
    )


def _of_file(path: str) -> str:
    try:
        found = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        raise ValueError("has its secret in a file that cannot be read.") from None
    if not found:
        raise ValueError("has its secret in a file that is empty.")
    return found
