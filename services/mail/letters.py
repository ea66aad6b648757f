"""What is written to whoever follows by mail: who words it, and the message as it is sent."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from hashlib import sha256
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from domain.ledger.records import leaf_hash
from services.mail.subscriptions import Period
from services.outgoing.wanted import Wanted
from services.store.ports import StoredRecord
from services.views.ports import Filter, Op, Query
from services.views.queries import Views

LINES = 50
"""Records that one message tells of; of more it says that there are."""
SUBJECT_AT_MOST = 150
DIGITS = 24
_POLICY = SMTP.clone(cte_type="7bit")

Row = Mapping[str, Any]


class Letter(NamedTuple):
    """A message in words. `subject`: one line. `leave`: the link that ends it, for the button of mail programs."""

    subject: str
    text: str
    leave: str = ""


@dataclass(frozen=True, slots=True)
class Followed:
    """What a subscription is for: the newest line of activity of each thing, the row of each unit, and names.

    `everything`: nothing is named, and all is meant.
    """

    things: tuple[Row, ...] = ()
    units: tuple[Row, ...] = ()
    types: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    everything: bool = False


class Letters(Protocol):
    """Words for readers, in the language that suits them best, to which links lead as well. Both raise nothing."""

    def question(self, followed: Followed, period: Period, link: str, languages: Sequence[str]) -> Awaitable[Letter]:
        """Whether it was meant: only `link` makes it so."""
        ...

    def digest(
        self, followed: Followed, wanted: Wanted, lines: Sequence[Row], leave: str, languages: Sequence[str], *,
        more: bool,
    ) -> Awaitable[Letter]:  # fmt: skip
        """`lines`: of activity, in order. `more`: there are others behind them. `leave`: the link that ends it."""
        ...


async def followed(views: Views, wanted: Wanted) -> Followed:
    """As the register calls it now; what it does not know (any more) is left out. Raises what views raise."""
    things = list[bytes]()
    for stream in wanted.streams:
        of_it = Query((Filter("stream", Op.EQ, (stream,)),), sort="key", descending=True, limit=1)
        things += (await views.page("activity", of_it)).items
    units = [(await views.one("units", str(unit)))[0] for unit in wanted.units]
    return Followed(
        tuple(map(msgspec.json.decode, things)), tuple(msgspec.json.decode(one) for one in units if one is not None),
        wanted.types, wanted.contexts, everything=wanted == Wanted(),
    )  # fmt: skip


async def lines(views: Views, positions: Sequence[int]) -> Sequence[Row]:
    """The lines of activity of these records, in order. Raises what views raise."""
    asked = Query((Filter("position", Op.IN, tuple(positions)),), sort="key", limit=len(positions))
    return [msgspec.json.decode(one) for one in (await views.page("activity", asked)).items]


def message_id(public_url: str, id: UUID, upto: int, records: Sequence[StoredRecord]) -> str:
    """The same however often a message is sent, and of no other message."""
    content = sha256(b"".join([id.bytes, *(leaf_hash(one.state) for one in records)])).hexdigest()[:DIGITS]
    return f"<{upto}.{content}@{urlsplit(public_url).hostname}>"


def question_id(public_url: str, id: UUID) -> str:
    return f"<question.{id}@{urlsplit(public_url).hostname}>"


def written(letter: Letter, sender: str, to: str, message_id: str) -> bytes:
    """The message as it is sent."""
    message = EmailMessage(policy=_POLICY)
    message["From"], message["To"] = Address("Subsidia", addr_spec=sender), Address(addr_spec=to)
    message["Subject"] = _line(letter.subject)[:SUBJECT_AT_MOST]
    message["Date"] = formatdate()
    # So that no holiday notice answers.
    message["Auto-Submitted"] = "auto-generated"
    if letter.leave:  # RFC 8058
        message["List-Unsubscribe"], message["List-Unsubscribe-Post"] = (
            f"<{letter.leave}>", "List-Unsubscribe=One-Click",
        )  # fmt: skip
    message.set_content(letter.text)
    # In one line, however long: folded behind its name, some programs do not find it.
    return b"Message-ID: %s\r\n%s" % (message_id.encode(), message.as_bytes())


def _line(text: str) -> str:
    """What people wrote, as one line that a header can hold."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
