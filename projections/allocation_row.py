"""The row of the view of allocations, and the parts it is made of."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from domain.kernel import Indexed, Says, Searched, Sphere, Words
from domain.subsidiarity.allocations.words import Ground, Mode, Stage
from projections.review_row import Voice
from projections.things import Matter, Owed


class Turn(StrEnum):
    """What an allocation waits for, by the name of the command."""

    SUBMIT_GRID = "submit-grid"
    PROPOSE = "propose"
    DECIDE = "decide"
    REVISIT = "revisit"
    RECORD_MANDATE = "record-mandate"


@dataclass(frozen=True, slots=True)
class GridRow:
    """The grid that a unit stands by, in short."""

    number: int
    unit: UUID
    sphere: Sphere
    favours: Sphere
    necessity: bool
    added_value: bool
    indicators: int


@dataclass(frozen=True, slots=True)
class ProposalRow:
    number: int
    unit: UUID
    sphere: Sphere
    mode: Mode
    why: Words


@dataclass(frozen=True, slots=True)
class PowerRow:
    """A unit that holds the power by law."""

    holder: UUID
    function: str
    territory: UUID
    legal_basis: str


@dataclass(frozen=True, slots=True)
class AnsweredObjection:
    """An objection, and what the decision said to it."""

    number: int
    unit: UUID
    proposal: int
    why: Words
    reply: Words | None = None


@dataclass(frozen=True, slots=True)
class AllocationRow:
    """One question of who should act, as it stands."""

    name: Annotated[str, Searched(), Says("What it is about, in English if there is an English title.")]
    matter: Annotated[Words, Searched(), Says("What it is about, in its languages.")]
    function: Annotated[str, Indexed(), Says("The function of government: a COFOG code.")]
    territory: Annotated[UUID, Indexed(), Says("The unit in whose territory it is to be done.")]
    territory_name: Annotated[str, Searched(), Says("Its name.")]
    requester: Annotated[UUID, Indexed(), Says("The unit that asked.")]
    requester_name: Annotated[str, Searched(), Says("Its name.")]
    decider: Annotated[UUID, Indexed(), Says("The unit that decides.")]
    decider_name: Annotated[str, Searched(), Says("Its name.")]
    candidates: Annotated[tuple[Sphere, ...], Says("The spheres that may come to act, nearest to the citizen first.")]
    asked: Annotated[tuple[UUID, ...], Says("The units asked for their grid.")]
    requested_on: Annotated[date, Indexed(), Says("When it was asked.")]
    state: Annotated[Stage, Indexed(), Says("Where the question stands.")] = Stage.REQUESTED
    sphere: Annotated[Sphere | None, Indexed(), Says("The sphere that is to act.")] = None
    mode: Annotated[Mode | None, Indexed(), Says("How it is to act.")] = None
    upward: Annotated[bool, Indexed(), Says("Whether it went away from the sphere nearest to the citizen.")] = False
    provisional: Annotated[bool, Indexed(), Says("Whether only for want of capacity, so for a time.")] = False
    grounds: Annotated[tuple[Ground, ...], Says("Why it went further away.")] = ()
    rests_on: Annotated[int | None, Says("The number of the grid that bears it out.")] = None
    decided_on: Annotated[date | None, Indexed(), Says("When it was decided, or last looked at again.")] = None
    because: Annotated[str, Searched(), Says("The reasons of the decision.")] = ""
    policy: Annotated[str, Says("The policy it was decided under, by its version.")] = ""
    grids: Annotated[tuple[GridRow, ...], Says("The grid that each unit stands by.")] = ()
    lapsed: Annotated[tuple[UUID, ...], Says("Units that let their time pass without a grid.")] = ()
    unseen: Annotated[
        tuple[UUID, ...],
        Says("Units without a grid that had no whole day left when the register was told that they are asked."),
    ] = ()
    proposals: Annotated[tuple[ProposalRow, ...], Says("What was proposed.")] = ()
    objections: Annotated[tuple[AnsweredObjection, ...], Says("What was objected, and what was said to it.")] = ()
    capacity_plans: Annotated[int, Says("How many plans there are to make the nearer sphere able to act.")] = 0
    revisit_on: Annotated[date | None, Indexed(), Says("When it is looked at again.")] = None
    revisit_due: Annotated[bool, Indexed(), Says("Whether that day passed, and nobody did.")] = False
    unresolved: Annotated[bool, Indexed(), Says("Whether no mandate followed in its time.")] = False
    mandates: Annotated[tuple[UUID, ...], Says("The mandates that followed.")] = ()
    powers: Annotated[tuple[PowerRow, ...], Says("Who holds the power by law, so that no mandate had to follow.")] = ()
    voices: Annotated[tuple[Voice, ...], Says("When each unit last said anything.")] = ()
    matters: Annotated[tuple[Matter, ...], Says("Everything that waits, and for whom.")] = ()
    owed: Annotated[tuple[Owed, ...], Says("Deadlines that are not met.")] = ()

    @property
    def nearest(self) -> Sphere:
        """The candidate nearest to the citizen."""
        return self.candidates[0]

    @property
    def called(self) -> Words:
        """What it is called, in its languages."""
        return self.matter

    def heard(self, unit: UUID | None) -> date | None:
        """When a unit last said anything of this question."""
        for voice in self.voices:
            if voice.unit is unit or voice.unit == unit:
                return voice.last_word_on
        return None
