"""What commands of mandates are told besides the request: days, parties, laws, what is held."""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from domain.calendars import Calendar
from domain.kernel import Given, Holding, MandateFacts, PartialDate, Policy, Says, StreamId, Today, UnitFacts
from domain.mandates.words import Document, Settlement, Terms

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
