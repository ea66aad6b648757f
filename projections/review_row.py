"""The row of the view of reviews, and the parts it is made of."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from domain.kernel import Indexed, PartialDate, Says, Searched, Words
from domain.subsidiarity.reviews.words import (
    Area,
    AuthorKind,
    Body,
    Card,
    Claimant,
    Competence,
    Outcome,
    Procedure,
    Stage,
    Voter,
)
from projections.things import Matter, Owed


class Turn(StrEnum):
    """What a review waits for, by the name of the command."""

    ATTACH_JUSTIFICATION = "attach-justification"
    COMPLETE_TRANSMISSION = "complete-transmission"
    DECIDE = "decide"
    RECORD_OVERRIDE_VOTE = "record-override-vote"
    OPEN = "open"


class Clock(StrEnum):
    """How the clock of scrutiny stands."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    SUSPENDED = "suspended"
    RAN_OUT = "ran_out"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class OverrideRow:
    unit: UUID
    body: Body
    against: int
    cast: int
    members: int
    ends: bool


@dataclass(frozen=True, slots=True)
class CourtRow:
    unit: UUID
    claimant: Claimant
    act: str
    case: str


@dataclass(frozen=True, slots=True)
class Voice:
    """When a unit last said anything."""

    unit: UUID
    last_word_on: date


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One draft under scrutiny, as it stands."""

    name: Annotated[str, Searched(), Says("What the draft is called, in English if there is an English title.")]
    title: Annotated[Words, Searched(), Says("What the draft is called, in its languages.")]
    reference: Annotated[str, Indexed(), Searched(), Says("How the draft is cited.")]
    polity: Annotated[UUID, Indexed(), Says("The unit under whose law it is scrutinised.")]
    polity_name: Annotated[str, Searched(), Says("Its name.")]
    author: Annotated[UUID, Indexed(), Says("The unit that drafted it.")]
    author_name: Annotated[str, Searched(), Says("Its name.")]
    author_kind: Annotated[AuthorKind, Indexed(), Says("As what it drafted it.")]
    area: Annotated[Area, Indexed(), Says("Whether it is about police and judicial cooperation.")]
    procedure: Annotated[Procedure, Says("How it is to be adopted.")]
    competence: Annotated[Competence, Says("The type of competence that it relies on.")]
    state: Annotated[Stage, Indexed(), Says("Where the review stands.")]
    opened_on: Annotated[date, Indexed(), Says("When it was opened.")]
    policy: Annotated[str, Says("The policy that governs it, by its version.")]
    roll: Annotated[tuple[Voter, ...], Says("Who votes, with how many votes, frozen at the opening.")]
    total: Annotated[int, Says("All votes there are.")]
    needed_yellow: Annotated[int, Says("How many votes bring a yellow card.")]
    needed_orange: Annotated[int | None, Says("How many bring an orange one; empty where there is none.")]
    votes: Annotated[int, Indexed(), Says("Votes that count now.")] = 0
    card: Annotated[Card, Indexed(), Says("What the votes came to.")] = Card.NONE
    card_on: Annotated[PartialDate | None, Says("Since when.")] = None
    card_brought_by: Annotated[UUID | None, Indexed(), Says("The body whose opinion brought it.")] = None
    opinions: Annotated[int, Says("Opinions that count.")] = 0
    late: Annotated[int, Says("Opinions that came too late and do not count.")] = 0
    contributions: Annotated[int, Says("Contributions, which have no vote.")] = 0
    justified: Annotated[bool, Says("Whether the detailed statement is there.")] = False
    urgent: Annotated[bool, Says("Whether no day is suspended, for exceptional urgency.")] = False
    clock: Annotated[Clock, Indexed(), Says("How the clock of scrutiny stands.")] = Clock.NOT_STARTED
    clock_because: Annotated[str, Says("Why it stands still, or last did.")] = ""
    starts_on: Annotated[date | None, Says("When the clock started: the last language version.")] = None
    due_on: Annotated[date | None, Indexed(), Says("The last day to send an opinion.")] = None
    first_due_on: Annotated[date | None, Says("The last day as it was first computed.")] = None
    suspended_on: Annotated[date | None, Says("Since when the clock stands still.")] = None
    calendar: Annotated[str, Says("The calendar it was computed with.")] = ""
    standstill_until: Annotated[date | None, Says("Until when the author has to wait after a card.")] = None
    decision: Annotated[Outcome | None, Indexed(), Says("What the author made of the draft.")] = None
    decided_on: Annotated[PartialDate | None, Says("When the author decided.")] = None
    because: Annotated[str, Searched(), Says("The author's reasons.")] = ""
    own_opinion: Annotated[Words | None, Says("The author's own reasoned opinion, after an orange card.")] = None
    amended: Annotated[Words | None, Says("What the author amended.")] = None
    overrides: Annotated[tuple[OverrideRow, ...], Says("How those who adopt voted on whether it complies.")] = ()
    court: Annotated[tuple[CourtRow, ...], Says("Cases about the act that was adopted.")] = ()
    follows: Annotated[UUID | None, Says("The review of the draft that this one widens.")] = None
    followed_by: Annotated[UUID | None, Says("The review of the draft as it was widened.")] = None
    last_opinion_by: Annotated[UUID | None, Says("Whose opinion came last.")] = None
    legislators: Annotated[tuple[UUID, ...], Says("The bodies that are to adopt it.")] = ()
    voices: Annotated[tuple[Voice, ...], Says("When each unit last said anything.")] = ()
    matters: Annotated[tuple[Matter, ...], Says("Everything that waits, and for whom.")] = ()
    owed: Annotated[tuple[Owed, ...], Says("Deadlines that run.")] = ()

    @property
    def called(self) -> Words:
        """What it is called, in its languages."""
        return self.title

    def heard(self, unit: UUID | None) -> date | None:
        """When a unit last said anything of this draft."""
        for voice in self.voices:
            if voice.unit is unit or voice.unit == unit:
                return voice.last_word_on
        return None
