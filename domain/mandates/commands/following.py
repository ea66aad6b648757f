"""What the register asks of itself when a day passes, or something on which a mandate rests has moved."""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from domain.kernel import Given, Holding, MandateFacts, MandateId, Many, Says, UnitFacts, UnitId, Whole
from domain.mandates.commands.given import CountsOn, Now, Stream, WorkingDays


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

    child: Annotated[MandateId, Says("The mandate that rests on this one.")]
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
        tuple[MandateId, ...], Many(0, 1000), Says("Mandates that hold it exclusively in what it lies in by now.")
    ] = ()
    beside_facts: Annotated[tuple[MandateFacts, ...], Given("those mandates", of="beside")]
    line: Annotated[
        tuple[MandateFacts, ...],
        Given("those beside which it stood, and what took the place of each in turn", of="state.clashing>"),
    ]
    replaces: Annotated[MandateId | None, Says("The mandate whose place it took, if it did not name it itself.")] = None
    replaced: Annotated[MandateFacts | None, Given("the mandate whose place it took", of="replaces")]
    left: Annotated[
        tuple[MandateFacts, ...],
        Given("those beside which that one stood, and what took the place of each in turn", of="replaces.beside>"),
    ]
    stream: Stream
    lands: Annotated[tuple[UnitFacts, ...], Given("the territory, and what it lies in", of="state.territory*")]
    effective_on: CountsOn
    today: Now


Following: TypeAlias = PassDeadline | RecordSubDelegation | FollowParent | LapseMandate | SucceedParty | FollowTerritory
