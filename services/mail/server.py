"""The mail server that takes our messages, as one address says it."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

ADDRESS = (
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-]{1,64}"
    r"@[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?)*"
)
"""An address as browsers take it from a form (HTML, type=email), of at most `LONGEST` characters."""
LONGEST = 254
_PORTS = {"smtps": 465, "smtp": 25}
_SUBMISSION = 587
_FORM = "smtps://user:password@mail.example.org?from=register@example.org"


def is_address(text: str) -> bool:
    return len(text) <= LONGEST and re.fullmatch(ADDRESS, text) is not None


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where messages are handed over. `sender`: from whom they come.

    `tls`: the line is encrypted from the first byte on. `upgrade`: it is encrypted before anything is said (STARTTLS);
    None: where the server offers it.
    """

    host: str
    port: int
    tls: bool
    upgrade: bool | None
    user: str
    password: str = field(repr=False)
    sender: str = ""

    @classmethod
    def read(cls, text: str) -> "MailServer":
        """Raises ValueError, with a sentence that repeats no password."""
        try:
            parts = urlsplit(text)
            port, asked = parts.port, dict(parse_qsl(parts.query, strict_parsing=True))
        except ValueError:
            raise ValueError(f"is the address of a mail server, like {_FORM}") from None
        sender = asked.pop("from", "")
        if parts.scheme not in _PORTS or not parts.hostname or parts.path not in ("", "/") or parts.fragment or asked:
            raise ValueError(f"is the address of a mail server, like {_FORM}")
        if not is_address(sender):
            raise ValueError(f"says from whom messages come, like {_FORM}")
        tls, user = parts.scheme == "smtps", unquote(parts.username or "")
        usual = _SUBMISSION if user and not tls else _PORTS[parts.scheme]
        # A password leaves this machine encrypted or not at all.
        upgrade = False if tls or is_here(parts.hostname) else True if user else None
        return cls(parts.hostname, port or usual, tls, upgrade, user, unquote(parts.password or ""), sender)


def is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
