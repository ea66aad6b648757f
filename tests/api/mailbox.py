"""A mail server as anybody might run one, and what it was sent."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

TAKEN = "250 taken"
ADDRESS = re.compile(r"http\S+")


@dataclass(frozen=True, slots=True)
class Message:
    """What was handed over once."""

    to: tuple[str, ...]
    sender: str
    raw: bytes

    @property
    def parsed(self) -> EmailMessage:
        found = message_from_bytes(self.raw, policy=default)
        assert isinstance(found, EmailMessage)
        return found

    @property
    def id(self) -> str:
        return str(self.parsed["Message-ID"])

    @property
    def text(self) -> str:
        return str(self.parsed.get_content())

    @property
    def links(self) -> list[str]:
        return ADDRESS.findall(self.text)


@dataclass(slots=True)
class Mailbox:
    """Keeps what it is sent. `to_receiver`, `to_message`: its answers; `cuts`: it hangs up instead, having kept it.

    `strangers`: whom it does not know.
    """

    to_receiver: str = TAKEN
    to_message: str = TAKEN
    cuts: bool = False
    strangers: set[str] = field(default_factory=set)
    port: int = 0
    heard: list[Message] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?from=register@example.org"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked.append(address)
        if address in self.strangers:
            return "550 5.1.1 no such user"
        if self.to_receiver.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_receiver

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.encrypted.append(session.ssl is not None)
        self.heard.append(Message(tuple(envelope.rcpt_tos), envelope.mail_from or "", envelope.content))
        if self.cuts:
            assert server.transport is not None
            server.transport.close()
        return self.to_message


@asynccontextmanager
async def listening(
    mailbox: Mailbox, from_the_start: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[Mailbox]:
    """It is up while we are inside, at the same port each time. `options`: as aiosmtpd takes them.

    `from_the_start`: it speaks nothing but TLS.
    """
    made: Callable[[], SMTP] = lambda: SMTP(mailbox, hostname="mail.example.org", **options)  # noqa: E731
    server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", mailbox.port, ssl=from_the_start)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
