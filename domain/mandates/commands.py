"""What can be asked of a mandate. What is `Given` the service looks up; the rest is the request."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypeAlias

from domain.calendars import Calendar
from domain.correcting import CHANGES, Corrects
from domain.kernel import (
    Given,
    Holding,
    MandateFacts,
    Many,
    Money,
    PartialDate,
    Policy,
    Says,
    StreamId,
    Text,
    Today,
    UnitFacts,
    UnitId,
    Whole,
)
from domain.mandates.words import (
    Citation,
    Document,
    Ground,
    MandateWording,
    Pause,
    Prose,
    ReturnGround,
    Settlement,
    Terms,
)

Acting: TypeAlias = Annotated[UnitFacts, Given("the acting unit")]
CountsOn: TypeAlias = Annotated[PartialDate, Given("when it counts in law")]
Now: TypeAlias = Annotated[Today, Given("today where the giver is")]
InForce: TypeAlias = Annotated[Policy, Given("the mandate policy of the day", of="mandate@effective_on")]
Emergency: TypeAlias = Annotated[
    tuple[Policy, ...], Given("the law on emergencies of the day", of="emergency@effective_on")
]
Convenio: TypeAlias = Annotated[
    tuple[Policy, ...], Given("the law on agreements, where that law applies", of="es_convenio@effective_on")
]
WorkingDays: TypeAlias = Annotated[Calendar, Given("the working days of the giver's jurisdiction")]
Stream: TypeAlias = Annotated[StreamId, Given("the mandate itself")]
Unspent: TypeAlias = Annotated[Settlement | None, Says("What became of money that was committed.")]
Papers: TypeAlias = Annotated[Document | None, Says("The document.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ByUnit:
    """Given by an officer of a unit, on a day."""

    acting: Acting
    effective_on: CountsOn
    today: Now


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing(ByUnit):
    """What a decision on a drafted mandate rests on: the parties, what is held by law, and the mandates above it."""

    giver_unit: Annotated[UnitFacts, Given("the giver", of="state.giver")]
    recipient_unit: Annotated[UnitFacts, Given("the recipient", of="state.recipient")]
    lands: Annotated[tuple[UnitFacts, ...], Given("the territory, and what it lies in", of="state.territory*")]
    holdings: Annotated[tuple[Holding, ...], Given("what the giver holds by law", of="state.giver")]
    others: Annotated[tuple[Holding, ...], Given("what is held by law over the territory", of="state.territory*")]
    parents: Annotated[tuple[MandateFacts, ...], Given("the mandates it rests on, nearest first", of="state.under*")]
    policy: InForce
    convenio: Convenio
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafting(Terms):
    """Terms, and what a decision on them rests on."""

    acting: Acting
    effective_on: CountsOn
    today: Now
    giver_unit: Annotated[UnitFacts, Given("the giver", of="giver")]
    recipient_unit: Annotated[UnitFacts, Given("the recipient", of="recipient")]
    lands: Annotated[tuple[UnitFacts, ...], Given("the territory, and what it lies in", of="territory*")]
    holdings: Annotated[tuple[Holding, ...], Given("what the giver holds by law", of="giver")]
    others: Annotated[tuple[Holding, ...], Given("what is held by law over the territory", of="territory*")]
    parents: Annotated[tuple[MandateFacts, ...], Given("the mandates it rests on, nearest first", of="under*")]
    policy: InForce
    convenio: Convenio
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftMandate(Drafting):
    """Draft a mandate over a competence that the giver holds by law."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubDelegate(Drafting):
    """Draft a mandate over what the giver itself holds by a mandate."""

    under: Annotated[StreamId, Says("The mandate that it rests on.")]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateMandate(Standing):
    """Bring the mandate into force, on its first day or later."""

    replaces: Annotated[
        StreamId | None, Says("The mandate whose place it takes, where that one stood beside another exclusive one.")
    ] = None
    beside: Annotated[
        tuple[StreamId, ...], Many(0, 1000), Says("The exclusive mandates beside which it stands in its place.")
    ] = ()
    replaced: Annotated[MandateFacts | None, Given("the mandate whose place it takes", of="replaces")]
    beside_facts: Annotated[tuple[MandateFacts, ...], Given("those beside which it stands", of="beside")]
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
class RenewMandate(Standing):
    """Renew the mandate before its end; where the recipient's consent is needed, offer to renew it."""

    ends_on: Annotated[date, Says("The new last day.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptRenewal(Standing):
    """Agree to the renewal that was offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupersedeMandate(ByUnit):
    """End the mandate because a new one of the same parties takes its place."""

    by: Annotated[StreamId, Says("The mandate that takes its place; accepted or in force.")]
    replacement: Annotated[MandateFacts, Given("the mandate that takes its place", of="by")]
    stream: Stream
    settlement: Unspent = None


# --- given by the register itself ---


@dataclass(frozen=True, slots=True, kw_only=True)
class PassDeadline:
    """The clock says that the last day of a deadline has passed."""

    deadline: Annotated[int, Whole(1, 1_000_000), Says("The deadline's number.")]
    parents: Annotated[tuple[MandateFacts, ...], Given("the mandates it rests on, nearest first", of="state.under*")]
    lands: Annotated[tuple[UnitFacts, ...], Given("the territory, and what it lies in", of="state.territory*")]
    holdings: Annotated[tuple[Holding, ...], Given("what the giver holds by law", of="state.giver")]
    today: Now
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSubDelegation:
    """A mandate that rests on this one has come into force."""

    child: Annotated[StreamId, Says("The mandate that rests on this one.")]
    child_facts: Annotated[MandateFacts, Given("the mandate that rests on this one", of="child")]
    stream: Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowParent:
    """The mandate above ended, was suspended or is in force again: this one follows it."""

    parents: Annotated[tuple[MandateFacts, ...], Given("the mandates it rests on, nearest first", of="state.under*")]
    effective_on: CountsOn
    today: Now
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class LapseMandate:
    """The law took the competence back from its giver: the mandate over it ends with it."""

    lands: Annotated[tuple[UnitFacts, ...], Given("the territory, and what it lies in", of="state.territory*")]
    holdings: Annotated[tuple[Holding, ...], Given("what the giver holds by law", of="state.giver")]
    today: Now


@dataclass(frozen=True, slots=True, kw_only=True)
class SucceedParty:
    """A party was abolished: its successor stands in its place; without one, the mandate ends."""

    former: Annotated[UnitId, Says("The unit that is no more.")]
    successor: Annotated[UnitId | None, Says("The unit that takes over; the mandate ends if there is none.")] = None
    former_unit: Annotated[UnitFacts, Given("the unit that is no more", of="former")]
    line: Annotated[tuple[UnitFacts, ...], Given("it, and who took over from it in turn", of="successor>")]
    today: Now


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowTerritory:
    """What the territory of an exclusive mandate lies in has changed, or who else holds the same there."""

    beside: Annotated[
        tuple[StreamId, ...], Many(0, 1000), Says("Mandates that hold it exclusively in what it lies in by now.")
    ] = ()
    beside_facts: Annotated[tuple[MandateFacts, ...], Given("those mandates", of="beside")]
    line: Annotated[
        tuple[MandateFacts, ...],
        Given("those beside which it stood, and what took the place of each in turn", of="state.clashing>"),
    ]
    lands: Annotated[tuple[UnitFacts, ...], Given("the territory, and what it lies in", of="state.territory*")]
    effective_on: CountsOn
    today: Now


Command: TypeAlias = (
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
    | ActivateMandate
    | ReportExercise
    | SuspendMandate
    | ProlongSuspension
    | AgreeSuspension
    | RestoreMandate
    | GiveRevocationNotice
    | WithdrawNotice
    | AgreeRevocation
    | RecordHearing
    | RevokeMandate
    | ReturnMandate
    | RenewMandate
    | AcceptRenewal
    | SupersedeMandate
    | PassDeadline
    | RecordSubDelegation
    | FollowParent
    | LapseMandate
    | SucceedParty
    | FollowTerritory
)
