"""What can be asked about who should act. What is `Given` the service looks up; the rest is the request."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypeAlias

from domain import cofog
from domain.calendars import Calendar
from domain.correcting import CHANGES, Corrects
from domain.kernel import (
    EventName,
    Given,
    Holding,
    MandateFacts,
    MandateId,
    Many,
    PartialDate,
    Policy,
    Says,
    Sphere,
    StreamId,
    Text,
    Today,
    UnitFacts,
    UnitId,
)
from domain.subsidiarity.allocations.words import Grid, Ground, Mode, QuestionWording, Reply
from domain.subsidiarity.words import Document, Number, Prose, Title

Acting: TypeAlias = Annotated[UnitFacts, Given("the acting unit")]
CountsOn: TypeAlias = Annotated[PartialDate, Given("when it counts in law")]
Now: TypeAlias = Annotated[Today, Given("today in the territory")]
InForce: TypeAlias = Annotated[Policy, Given("the subsidiarity policy of the day", of="subsidiarity@effective_on")]
WorkingDays: TypeAlias = Annotated[Calendar, Given("the working days of the territory")]

Begun: TypeAlias = Annotated[
    tuple[MandateFacts, ...], Given("mandates that name the question and came into force before", of="state.mandates")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ByUnit:
    """Given by an officer of a unit, on a day."""

    acting: Acting
    effective_on: CountsOn
    today: Now


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(ByUnit):
    """Which sphere is to act, how, and what carries that."""

    sphere: Annotated[Sphere, Says("The sphere that is to act.")]
    mode: Annotated[Mode, Says("With a power of its own, together with another sphere, or for another one.")]
    grounds: Annotated[
        tuple[Ground, ...], Many(0, 5), Says("Why it does not stay with the sphere nearest to the citizen.")
    ] = ()
    rests_on: Annotated[Number | None, Says("The grid that bears it out, where it goes further away.")] = None
    revisit_on: Annotated[date | None, Says("When the decision is looked at again.")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDecision(ByUnit):
    """Ask which sphere should act on a matter in a territory."""

    requester: Annotated[UnitId, Says("The unit that asks.")]
    decider: Annotated[UnitId, Says("The unit that decides.")]
    matter: Annotated[Title, Says("What it is about, in a line.")]
    description: Annotated[Prose, Says("What has to be done, and for whom.")]
    function: Annotated[
        str, Text(at_most=4, at_least=2, form=cofog.FORM), Says("The function of government: a COFOG code.", "07.3")
    ]
    territory: Annotated[UnitId, Says("The unit in whose territory it is to be done.")]
    candidates: Annotated[tuple[Sphere, ...], Many(2, 3), Says("The spheres that may come to act, the local included.")]
    affected: Annotated[tuple[UnitId, ...], Many(1, 100), Says("The units asked for their grid, of each such sphere.")]
    document: Annotated[Document | None, Says("The paper that it comes from.")] = None
    decider_facts: Annotated[UnitFacts, Given("the unit that decides", of="decider")]
    territory_facts: Annotated[UnitFacts, Given("the territory", of="territory")]
    affected_facts: Annotated[tuple[UnitFacts, ...], Given("the units asked", of="affected")]
    policy: InForce
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectRequest(ByUnit):
    """Put right what was typed wrongly of the question; what has to be done, until somebody has answered."""

    corrects: Corrects
    changes: Annotated[QuestionWording, CHANGES]
    stream: Annotated[StreamId, Given("this question")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitGrid(ByUnit):
    """Say, for a unit that was asked, how it sees necessity, added value and proportionality."""

    grid: Annotated[Grid, Says("The grid.")]
    document: Annotated[Document | None, Says("The grid as a document.")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeAllocation(ByUnit):
    """Propose which sphere should act, and how."""

    sphere: Annotated[Sphere, Says("The sphere that should act.")]
    mode: Annotated[Mode, Says("How it should act.")]
    why: Annotated[Prose, Says("Why.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectToAllocation(ByUnit):
    """Object, for a unit that was asked, to a proposal; the decision has to reply."""

    proposal: Annotated[Number, Says("The proposal's number.")]
    why: Annotated[Prose, Says("Why not.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachCapacityPlan(ByUnit):
    """Say how the nearer sphere is to become able to act itself."""

    plan: Annotated[Prose, Says("What is done, by whom, until when.")]
    document: Annotated[Document | None, Says("The plan itself.")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideAllocation(Choice):
    """Decide which sphere is to act, with reasons."""

    replies: Annotated[tuple[Reply, ...], Many(0, 100), Says("What is said to each objection.")] = ()
    mandates: Begun
    policy: InForce
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRevisit(ByUnit):
    """Name the day on which the decision is looked at again."""

    revisit_on: Annotated[date, Says("The day.")]
    policy: InForce


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisitDecision(Choice):
    """Look at the decision again: leave it as it is, or decide otherwise, with reasons."""

    policy: InForce
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPowerByLaw(ByUnit):
    """Name a unit that holds the power by law already, as the directory shows: nobody has to be entrusted with it."""

    holder: Annotated[UnitId, Says("The unit, of the sphere that is to act.")]
    territory: Annotated[UnitId, Says("The unit in whose territory it holds the power.")]
    holder_facts: Annotated[UnitFacts, Given("the unit that holds the power", of="holder")]
    holdings: Annotated[tuple[Holding, ...], Given("what it holds by law", of="holder")]
    lands: Annotated[tuple[UnitFacts, ...], Given("that territory, and what it lies in", of="territory*")]
    around: Annotated[tuple[UnitFacts, ...], Given("the question's, and what it lies in", of="state.territory*")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectPowerByLaw(ByUnit):
    """Take back that a unit holds the power by law, where that was recorded wrongly: the decision waits again."""

    corrects: Annotated[EventName, Says("The record that says so: <stream>/<version>.")]
    stream: Annotated[StreamId, Given("this question")]


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawRequest(ByUnit):
    """Take the question back before it is decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMandate:
    """A mandate that names this decision has come into force."""

    mandate: Annotated[MandateId, Says("The mandate.")]
    mandate_facts: Annotated[MandateFacts, Given("the mandate", of="mandate")]
    effective_on: CountsOn
    today: Now


@dataclass(frozen=True, slots=True, kw_only=True)
class PassDeadline:
    """The clock says that the last day of a deadline has passed."""

    deadline: Annotated[Number, Says("The deadline's number.")]
    today: Now


Command: TypeAlias = (
    RequestDecision
    | CorrectRequest
    | SubmitGrid
    | ProposeAllocation
    | ObjectToAllocation
    | AttachCapacityPlan
    | DecideAllocation
    | ScheduleRevisit
    | RevisitDecision
    | RecordPowerByLaw
    | CorrectPowerByLaw
    | WithdrawRequest
    | RecordMandate
    | PassDeadline
)
