"""A mandate comes to its end."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from domain.kernel import StreamId, UnitId, Words
from domain.mandates.words import Document, Ending, Ground, ReturnGround, Scope, Settlement


@dataclass(frozen=True, slots=True)
class RevocationNoticeGiven:
    """`ends_on`: the last day of the notice; the giver may revoke after it, in an emergency on it."""

    ground: Ground
    given_on: date
    ends_on: date
    legal_basis: str | None = None


@dataclass(frozen=True, slots=True)
class RevocationNoticeWithdrawn:
    giver: UnitId


@dataclass(frozen=True, slots=True)
class NoticePeriodEnded:
    ended_on: date


@dataclass(frozen=True, slots=True)
class HearingRecorded:
    """The recipient was heard on the revocation."""

    held_on: date
    account: Words
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class RevocationAgreed:
    recipient: UnitId


@dataclass(frozen=True, slots=True)
class MandateRevoked:
    """Not in force from that day on. `exclusive`: what others may be entrusted with again."""

    revoked_on: date
    ground: Ending
    settlement: Settlement | None = None
    exclusive: Scope | None = None


@dataclass(frozen=True, slots=True)
class MandateReturned:
    """Not in force from that day on: the recipient gave it back."""

    returned_on: date
    ground: ReturnGround
    settlement: Settlement | None = None
    exclusive: Scope | None = None


@dataclass(frozen=True, slots=True)
class MandateSuperseded:
    """Not in force from that day on: another mandate of the same parties takes its place."""

    superseded_on: date
    by: StreamId
    exclusive: Scope | None = None


@dataclass(frozen=True, slots=True)
class MandateExpired:
    """That was its last day."""

    last_day: date
    exclusive: Scope | None = None


Ended: TypeAlias = (
    RevocationNoticeGiven
    | RevocationNoticeWithdrawn
    | NoticePeriodEnded
    | HearingRecorded
    | RevocationAgreed
    | MandateRevoked
    | MandateReturned
    | MandateSuperseded
    | MandateExpired
)
