"""What can be asked so that a mandate ends."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypeAlias

from domain.kernel import Given, MandateFacts, MandateId, Says
from domain.mandates.commands.given import ByUnit, InForce, Papers, Stream, Unspent, WorkingDays
from domain.mandates.words import Citation, Ground, Prose, ReturnGround


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveRevocationNotice(ByUnit):
    """Give notice that the mandate will be revoked."""

    ground: Annotated[Ground, Says("On what ground.")]
    ends_on: Annotated[date | None, Says("The last day of the notice; as the policy says if left out.")] = None
    legal_basis: Annotated[Citation | None, Says("The law that ends it, where the ground is a law.")] = None
    policy: InForce
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawNotice(ByUnit):
    """Take a notice of revocation back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreeRevocation(ByUnit):
    """Agree that the mandate is revoked by mutual consent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordHearing(ByUnit):
    """Record that the recipient was heard on the revocation."""

    held_on: Annotated[date, Says("The day of the hearing.")]
    account: Annotated[Prose, Says("What was said.")]
    document: Papers = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeMandate(ByUnit):
    """Revoke the mandate after notice and hearing."""

    settlement: Unspent = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnMandate(ByUnit):
    """Give the mandate back to its giver."""

    ground: Annotated[ReturnGround, Says("On what ground.")]
    legal_basis: Annotated[Citation | None, Says("The law that lets it be returned, where the ground is a law.")] = None
    settlement: Unspent = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupersedeMandate(ByUnit):
    """End the mandate because a new one of the same parties takes its place."""

    by: Annotated[MandateId, Says("The mandate that takes its place; accepted or in force.")]
    replacement: Annotated[MandateFacts, Given("the mandate that takes its place", of="by")]
    stream: Stream
    settlement: Unspent = None


Ending: TypeAlias = (
    GiveRevocationNotice
    | WithdrawNotice
    | AgreeRevocation
    | RecordHearing
    | RevokeMandate
    | ReturnMandate
    | SupersedeMandate
)
