"""A mandate in force: what can be asked of it."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypeAlias

from domain.kernel import Given, MandateFacts, MandateId, Many, Money, Says, Whole
from domain.mandates.commands.given import ByUnit, Emergency, Papers, Standing, Stream, WorkingDays
from domain.mandates.words import Citation, Pause, Prose, Vote


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateMandate(Standing):
    """Bring the mandate into force, on its first day or later."""

    replaces: Annotated[
        MandateId | None, Says("The mandate whose place it takes, where that one stood beside another exclusive one.")
    ] = None
    beside: Annotated[
        tuple[MandateId, ...], Many(0, 1000), Says("The exclusive mandates beside which it stands in its place.")
    ] = ()
    replaced: Annotated[MandateFacts | None, Given("the mandate whose place it takes", of="replaces")]
    beside_facts: Annotated[tuple[MandateFacts, ...], Given("those beside which it stands", of="beside")]
    line: Annotated[
        tuple[MandateFacts, ...],
        Given("those beside which that one stood, and what took the place of each in turn", of="replaces.beside>"),
    ]
    stream: Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportExercise(ByUnit):
    """Report how the mandate was exercised in a period."""

    period_from: Annotated[date, Says("The first day of the period.")]
    period_to: Annotated[date, Says("The last day of the period.")]
    account: Annotated[Prose, Says("What was done.")]
    spent: Annotated[Money | None, Says("What was spent on it in that period.")] = None
    document: Papers = None
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendMandate(ByUnit):
    """Suspend the mandate, with a last day or until it is restored; by mutual consent, once the recipient agrees."""

    ground: Annotated[Pause, Says("On what ground.")]
    until: Annotated[
        date | None, Says("The last day of the suspension, needed in an emergency; else until restored if left out.")
    ] = None
    legal_basis: Annotated[Citation | None, Says("The law, or the court's decision, where that is the ground.")] = None
    vote: Annotated[
        Vote | None,
        Says("In an emergency, what its legislature or council agreed to; needed once the first days are over."),
    ] = None
    emergency: Emergency


@dataclass(frozen=True, slots=True, kw_only=True)
class ProlongSuspension(ByUnit):
    """Prolong a suspension in an emergency before its end, as the giver's legislature or council has agreed."""

    until: Annotated[date, Says("The new last day.")]
    resolution: Annotated[Citation, Says("The resolution by which the legislature or council agreed.")]
    in_favour: Annotated[int, Whole(0, 100_000), Says("Members who voted for it.")]
    members: Annotated[int, Whole(1, 100_000), Says("Members of the legislature or council.")]
    emergency: Emergency


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreeSuspension(ByUnit):
    """Agree to the suspension that the giver has offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreMandate(Standing):
    """End a suspension."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewMandate(Standing):
    """Renew the mandate before its end; where the recipient's consent is needed, offer to renew it."""

    ends_on: Annotated[date, Says("The new last day.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptRenewal(Standing):
    """Agree to the renewal that was offered."""


Exercising: TypeAlias = (
    ActivateMandate
    | ReportExercise
    | SuspendMandate
    | ProlongSuspension
    | AgreeSuspension
    | RestoreMandate
    | RenewMandate
    | AcceptRenewal
)
