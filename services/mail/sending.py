"""The way of messages to the mail server: one at a time, bounded in time, and nothing kept that names a person."""

import re
from collections.abc import Awaitable
from dataclasses import dataclass
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
        server = self.server
        try:
            await aiosmtplib.send(
                message, sender=server.sender, recipients=[to], hostname=server.host, port=server.port,
                username=server.user or None, password=server.password or None, use_tls=server.tls,
                start_tls=server.upgrade, timeout=self.within,
            )  # fmt: skip
        except aiosmtplib.SMTPRecipientsRefused as error:
            (refused,) = error.recipients
            return Reply(False, _answered(refused), gone=500 <= refused.code < 600)
        except aiosmtplib.SMTPDataError as error:
            return Reply(False, _answered(error))
        except aiosmtplib.SMTPResponseException as error:
            return Reply(False, _answered(error), for_all=True)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return Reply(False, _unanswered(error), for_all=True)
        return Reply(True)


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


def _unanswered(error: Exception) -> str:
    if isinstance(error, (aiosmtplib.SMTPTimeoutError, TimeoutError)):
        return "The mail server did not answer in time."
    if isinstance(error, aiosmtplib.SMTPConnectError):
        return "The mail server cannot be reached."
    return "The mail server broke the conversation off."
