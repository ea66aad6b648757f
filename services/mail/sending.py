"""The way of messages to the mail server: one at a time, bounded in time, and nothing kept that names a person."""

import re
from collections.abc import Awaitable
from dataclasses import dataclass
from ssl import SSLCertVerificationError, SSLError
from typing import Protocol

import aiosmtplib

from services.mail.server import MailServer

WITHIN = 30.0
"""Seconds for each step of a conversation with the server."""
_ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of one message. `said`: why it was not taken, in codes alone: servers repeat whom it was for.

    `gone`: it will never be taken for this receiver. `for_all`: it was not about this receiver, and the next message
    would fare no better.
    """

    taken: bool
    said: str = ""
    gone: bool = False
    for_all: bool = False


class Send(Protocol):
    """Sends one message."""

    def __call__(self, to: str, message: bytes) -> Awaitable[Reply]:
        """What became of it, within a bounded time. Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Smtp:
    """Hands messages over by SMTP (RFC 5321), each on a line of its own."""

    server: MailServer
    within: float = WITHIN

    async def __call__(self, to: str, message: bytes) -> Reply:
        try:
            async with self._line() as line:
                await line.sendmail(self.server.sender, [to], message)
        except aiosmtplib.SMTPRecipientsRefused as error:
            (refused,) = error.recipients
            return Reply(False, _answered(refused), gone=500 <= refused.code < 600)
        except aiosmtplib.SMTPDataError as error:
            return Reply(False, _answered(error))
        except _FAULTS as error:
            return Reply(False, _fault(error), for_all=True)
        return Reply(True)

    async def tried(self) -> Reply:
        """Whether the server lets us in, as far as it says that before there is a message. Never raises."""
        try:
            async with self._line():
                return Reply(True)
        except _FAULTS as error:
            return Reply(False, _fault(error), for_all=True)

    def _line(self) -> aiosmtplib.SMTP:
        server = self.server
        return aiosmtplib.SMTP(
            hostname=server.host, port=server.port, username=server.user or None, password=server.password or None,
            use_tls=server.tls, start_tls=server.upgrade, timeout=self.within,
        )  # fmt: skip


_FAULTS = (aiosmtplib.SMTPException, OSError, ValueError)


def _answered(error: aiosmtplib.SMTPResponseException) -> str:
    found = _ENHANCED.match(error.message.strip())
    return f"The mail server answered {error.code}{f' {found[0]}' if found else ''} ({_STEPS[type(error)]})."


_STEPS: dict[type[aiosmtplib.SMTPResponseException], str] = {
    aiosmtplib.SMTPAuthenticationError: "to user and password",
    aiosmtplib.SMTPConnectResponseError: "to the connection",
    aiosmtplib.SMTPHeloError: "to the greeting",
    aiosmtplib.SMTPSenderRefused: "to the sender",
    aiosmtplib.SMTPRecipientRefused: "to the receiver",
    aiosmtplib.SMTPDataError: "to the message",
    aiosmtplib.SMTPResponseException: "to what was asked",
}


def _fault(error: Exception) -> str:
    """Why the server took nothing from us, whatever it was."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _answered(error)
    if isinstance(error, (aiosmtplib.SMTPTimeoutError, TimeoutError)):
        return "The mail server did not answer in time."
    behind = error.__cause__ or error
    if isinstance(behind, SSLCertVerificationError):
        # Its own words name hosts and days, and nobody else.
        return f"The mail server's certificate does not hold: {behind.verify_message.rstrip('.')}."
    if isinstance(behind, SSLError):
        return "The mail server does not encrypt as it was asked: `smtps:` from the start, `smtp:` by STARTTLS."
    if isinstance(error, aiosmtplib.SMTPConnectError):
        return "The mail server cannot be reached."
    if isinstance(error, (aiosmtplib.SMTPServerDisconnected, OSError)):
        return "The mail server broke the conversation off."
    return "The mail server offers no STARTTLS, or no way to log in, and gets no password."
