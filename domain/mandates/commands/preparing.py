"""A mandate comes about: what can be asked until it is in force."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypeAlias

from domain.correcting import CHANGES, Corrects
from domain.kernel import Given, MandateId, Many, Money, Says, Text, UnitFacts, UnitId, Whole
from domain.mandates.commands.given import ByUnit, Drafting, InForce, Papers, Standing, Stream
from domain.mandates.words import MandateWording, Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftMandate(Drafting):
    """Draft a mandate over a competence that the giver holds by law."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubDelegate(Drafting):
    """Draft a mandate over what the giver itself holds by a mandate."""

    under: Annotated[MandateId, Says("The mandate that it rests on.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordConsultation(ByUnit):
    """Record that the units concerned were consulted in due time (Charter, art. 4(6))."""

    consulted: Annotated[tuple[UnitId, ...], Many(1, 500), Says("The units that were consulted.")]
    opened_on: Annotated[date, Says("The first day on which they could answer.")]
    closed_on: Annotated[date, Says("The last day on which they could answer.")]
    outcome: Annotated[Prose, Says("What they said, and what became of it.")]
    document: Papers = None
    consulted_units: Annotated[tuple[UnitFacts, ...], Given("the units that were consulted", of="consulted")]
    policy: InForce


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachCostEstimate(ByUnit):
    """Say what exercising it costs the recipient a year; a later estimate replaces an earlier one."""

    yearly: Annotated[Money, Says("The net cost a year.")]
    revenue: Annotated[Money, Says("The recipient's current revenue of a year.")]
    method: Annotated[Prose, Says("How the cost was estimated.")]
    document: Papers = None
    policy: InForce


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitFunding(ByUnit):
    """Commit money a year from a budget line; a later word on the same line replaces an earlier one."""

    budget_line: Annotated[str, Text(at_most=200), Says("The line of the giver's budget.", "2027-08.2-461")]
    budget_year: Annotated[int, Whole(1900, 2999), Says("The first budget that has it.")]
    yearly: Annotated[Money, Says("The amount a year.")]
    policy: InForce


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectMandate(ByUnit):
    """Put right what was typed wrongly: all of it in a draft, afterwards only where its document is found."""

    corrects: Corrects
    changes: Annotated[MandateWording, CHANGES]
    stream: Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferMandate(Standing):
    """Offer the mandate to its recipient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptMandate(ByUnit):
    """Accept the mandate as it was offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptWithReservations(ByUnit):
    """Accept the mandate with reservations, to which the giver has to agree."""

    reservations: Annotated[Prose, Says("What is not accepted, or only in another way.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreeReservations(ByUnit):
    """Agree to the reservations with which the mandate was accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineMandate(ByUnit):
    """Decline the mandate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawMandate(ByUnit):
    """Take a draft or an offer back before it is in force."""


Preparing: TypeAlias = (
    DraftMandate
    | SubDelegate
    | RecordConsultation
    | AttachCostEstimate
    | CommitFunding
    | CorrectMandate
    | OfferMandate
    | AcceptMandate
    | AcceptWithReservations
    | AgreeReservations
    | DeclineMandate
    | WithdrawMandate
)
