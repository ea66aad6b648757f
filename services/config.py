"""One frozen configuration, read from the environment; everything that is wrong is named at once."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

import environs
from environs import Env

from services.identity.provider import Provider, providers
from services.mail.server import MailServer

DEMO_ORIGIN = "demo.subsidia.example/ledger"
"""A ledger under this origin is told the sample story, and only such a ledger."""


class Misconfigured(Exception):
    """What the environment says cannot be used; `errors` names every variable and what is wrong with it."""

    def __init__(self, errors: Mapping[str, object]) -> None:
        self.errors = {name: _sentence(said) for name, said in errors.items()}
        super().__init__("; ".join(f"{name}: {said}" for name, said in self.errors.items()))


def _sentence(said: object) -> str:
    return " ".join(map(str, said)) if isinstance(said, list) else str(said)


@dataclass(frozen=True, slots=True)
class Config:
    """Where things are and how much of them there may be.

    `database_url` None: an embedded PostgreSQL under `var`. `signing_key`: a file with an Ed25519 private key (PEM);
    made under `var` where none is named and none is there. `subject_keys`: the folder with the keys of what is sealed.
    `queue`: commands that may wait to be written. `lag`: seconds a view may be behind before /readyz says so.
    `public_url`: where the public reaches the register, without a slash at its end; empty: nobody here knows.
    `licence`: under which the data may be used (an SPDX identifier; empty: none is named).
    `attest`: hours between two attestations of the views; 0: only when asked. `log_level` None: what suits the verb.
    `metrics`: (host, port) where they are served; None: nowhere.
    `proxies`: the networks of reverse proxies that are believed for whom they ask.
    `mail`: the server that takes messages to whoever follows by mail; None: nobody does.
    `identity`: the providers with whom officers sign in; none: each has a token.
    """

    database_url: str | None = field(repr=False)  # it holds a password
    var: Path
    host: str
    port: int
    origin: str
    signing_key: Path
    queue: int
    readers: int
    lag: int
    attest: int
    log_level: str | None
    subject_keys: Path | None = None
    metrics: tuple[str, int] | None = None
    licence: str = ""
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    public_url: str = ""
    mail: MailServer | None = None
    identity: tuple[Provider, ...] = ()

    @property
    def keyring(self) -> Path:
        """The folder with the keys of what is sealed: under `var` where none is named."""
        return self.subject_keys or self.var / "subject-keys"

    @property
    def demo(self) -> bool:
        return self.origin == DEMO_ORIGIN

    @classmethod
    def read(cls) -> "Config":
        """From the process's environment; a text that is empty is not set. Raises Misconfigured with all faults."""
        env = Env(eager=False)
        var = Path(env.str("SUBSIDIA_VAR", "") or "var").absolute()
        found: dict[str, Any] = {
            "database_url": env.str("DATABASE_URL", None, validate=_database) or None,
            "var": var,
            "host": env.str("HOST", "") or "127.0.0.1",
            "port": env.int("PORT", 8080, validate=_between(0, 65535)),
            "origin": env.str("SUBSIDIA_ORIGIN", DEMO_ORIGIN, validate=_origin),
            "signing_key": Path(env.str("SUBSIDIA_SIGNING_KEY", "") or var / "signing-key.pem"),
            "subject_keys": Path(named) if (named := env.str("SUBSIDIA_SUBJECT_KEYS", "")) else None,
            "queue": env.int("SUBSIDIA_QUEUE", 4096, validate=_between(1, 1_000_000)),
            "readers": env.int("SUBSIDIA_READERS", 8, validate=_between(1, 100)),
            "lag": env.int("SUBSIDIA_LAG", 30, validate=_between(1, 86_400)),
            "attest": env.int("SUBSIDIA_ATTEST", 24, validate=_between(0, 8760)),
            "metrics": _address(env.str("SUBSIDIA_METRICS", "", validate=_metrics)),
            "licence": env.str("SUBSIDIA_LICENCE", "", validate=_licence),
            "proxies": _networks(env.str("SUBSIDIA_PROXIES", "", validate=_proxies)),
            "public_url": env.str("SUBSIDIA_PUBLIC_URL", "", validate=_public_url).rstrip("/"),
            "mail": _mail_server(env.str("SUBSIDIA_MAIL", "", validate=_mail)),
            "identity": _identity(env.str("SUBSIDIA_IDENTITY", "", validate=_identities)),
            "log_level": env.str("LOG_LEVEL", "", validate=_level) or None,
        }
        try:
            env.seal()
        except environs.EnvValidationError as error:
            raise Misconfigured(dict(error.error_messages)) from None  # type: ignore[arg-type]
        if found["mail"] is not None and not found["public_url"]:
            raise Misconfigured({"SUBSIDIA_PUBLIC_URL": "is needed where SUBSIDIA_MAIL is set: messages hold links."})
        if found["identity"] and not found["public_url"]:
            said = "is needed where SUBSIDIA_IDENTITY is set: people are sent back to it."
            raise Misconfigured({"SUBSIDIA_PUBLIC_URL": said})
        return cls(**found)


def _between(least: int, most: int) -> Callable[[int], None]:
    def check(value: int) -> None:
        if not least <= value <= most:
            raise environs.ValidationError(f"must lie between {least} and {most}")

    return check


def _database(value: str | None) -> None:
    if value and not value.startswith(("postgres://", "postgresql://")):
        raise environs.ValidationError("is the address of a PostgreSQL, like postgresql://user@host:5432/subsidia")


def _origin(value: str) -> None:
    if not value or any(c.isspace() or c == "+" for c in value) or not value.isascii():
        raise environs.ValidationError("is ASCII without spaces or plus signs, like example.org/ledger")


def _metrics(value: str) -> None:
    if value and _address(value) is None:
        raise environs.ValidationError("is a port of this machine, or host:port, like 9464 or 10.0.0.5:9464")


def _address(value: str | None) -> tuple[str, int] | None:
    """A port alone is this machine's, for nobody else."""
    host, _, port = (value or "").rpartition(":")
    if not port.isascii() or not port.isdecimal() or int(port) > 65535:
        return None
    return host.strip("[]") or "127.0.0.1", int(port)


def _proxies(value: str) -> None:
    try:
        _networks(value)
    except ValueError as error:
        said = f"names addresses or networks of reverse proxies, like 10.0.0.5, 10.1.0.0/16: {error}"
        raise environs.ValidationError(said) from None


def _networks(value: str | None) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(part.strip()) for part in (value or "").split(",") if part.strip())


def _licence(value: str) -> None:
    if value and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,60}", value):
        raise environs.ValidationError("is the identifier of a licence (spdx.org/licenses), like CC-BY-4.0")


def _public_url(value: str) -> None:
    if value and not re.fullmatch(r"https?://[A-Za-z0-9._~:/%\[\]-]+", value):
        raise environs.ValidationError("is the address that the public knows, like https://register.example.org")


def _mail(value: str) -> None:
    try:
        _mail_server(value)
    except ValueError as error:
        raise environs.ValidationError(str(error)) from None


def _mail_server(value: str | None) -> MailServer | None:
    return MailServer.read(value) if value else None


def _identities(value: str) -> None:
    try:
        _identity(value)
    except ValueError as error:
        raise environs.ValidationError(str(error)) from None


def _identity(value: str | None) -> tuple[Provider, ...]:
    return providers(value or "")


def _level(value: str) -> None:
    if value not in ("", "debug", "info", "warning", "error"):
        raise environs.ValidationError("is one of debug, info, warning, error")
