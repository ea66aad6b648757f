"""What happens in a review."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from domain import deadlines
from domain.kernel import Sphere, StreamId, UnitId, Words
from domain.subsidiarity.reviews.words import (
    Area,
    AuthorKind,
    Body,
    Card,
    Claimant,
    Competence,
    Draft,
    Due,
    Ground,
    Justification,
    Legislator,
    Needed,
    OwnOpinion,
    Procedure,
    Tally,
    Voter,
)
from domain.subsidiarity.words import Document

# --- opening ---


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOpened:
    """The roll is frozen here, with its votes and what they need to bring a card; `policy` governs to the end."""

    polity: UnitId
    author: UnitId
    author_kind: AuthorKind
    author_sphere: Sphere
    draft: Draft
    area: Area
    procedure: Procedure
    competence: Competence
    roll: tuple[Voter, ...]
    total: int
    needed: tuple[Needed, ...]
    policy: str
    opened_on: date
    languages: tuple[str, ...]
    jointly: tuple[UnitId, ...] = ()
    legislators: tuple[Legislator, ...] = ()
    must_consult: tuple[UnitId, ...] = ()
    urgent: Words | None = None
    follows: StreamId | None = None


@dataclass(frozen=True, slots=True)
class JustificationAttached:
    number: int
    justification: Justification


@dataclass(frozen=True, slots=True)
class TransmissionCompleted:
    """The last language version was sent that day; the clock starts."""

    sent_on: date


@dataclass(frozen=True, slots=True)
class TranslationSupplied:
    """A language version came only that day, and the clock starts anew from there."""

    language: str
    sent_on: date


# --- the clock ---


@dataclass(frozen=True, slots=True)
class ScrutinyDeadlineSet(deadlines.DeadlineSet):
    """A clock of a review starts; its day has the suspended periods of the year in it."""

    kind: Due


@dataclass(frozen=True, slots=True)
class ScrutinyDeadlineMoved(deadlines.DeadlineMoved):
    """A language version was late, or the clock runs again after it stood still."""


@dataclass(frozen=True, slots=True)
class ClockSuspended(deadlines.DeadlineSuspended):
    """That day is the first that does not count. `said_on`: when the register was told, where that was later."""

    said_on: date | None = None


@dataclass(frozen=True, slots=True)
class ClockResumed:
    """That day is the first that counts again."""

    number: int
    resumed_on: date


@dataclass(frozen=True, slots=True)
class ClockRanOut(deadlines.DeadlineMet):
    """Its last day has passed, as it should."""


@dataclass(frozen=True, slots=True)
class ScrutinyDeadlineVoided(deadlines.DeadlineVoided):
    """The draft fell, or the card that had brought a standstill."""


# --- opinions ---


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonedOpinionSubmitted:
    chamber: UnitId
    votes: int
    grounds: tuple[Ground, ...]
    reasons: Words
    document: Document | None = None
    tally: Tally | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionReceivedLate:
    """Kept and shown, and not counted."""

    chamber: UnitId
    votes: int
    grounds: tuple[Ground, ...]
    reasons: Words
    document: Document | None = None
    tally: Tally | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContributionSubmitted:
    """Has no vote. `to`: the chamber whom it is to help."""

    number: int
    unit: UnitId
    sphere: Sphere
    reasons: Words
    grounds: tuple[Ground, ...] = ()
    document: Document | None = None
    to: UnitId | None = None


@dataclass(frozen=True, slots=True)
class OpinionWithdrawn:
    """`votes`: what it had counted for; nothing, if it came late."""

    chamber: UnitId
    votes: int


@dataclass(frozen=True, slots=True)
class ThresholdReached:
    """Recorded with the very opinion that brings it."""

    card: Card
    votes: int
    total: int
    threshold: int


@dataclass(frozen=True, slots=True)
class ThresholdLost:
    """An opinion was withdrawn while the clock ran, and the votes no longer suffice."""

    card: Card
    votes: int
    total: int
    threshold: int


@dataclass(frozen=True, slots=True)
class ScrutinyClosed:
    card: Card
    votes: int
    total: int
    opinions: int


# --- after ---


@dataclass(frozen=True, slots=True)
class DraftMaintained:
    card: Card
    opinion: OwnOpinion | None = None


@dataclass(frozen=True, slots=True)
class DraftAmended:
    """`widens`: it does more than the draft that was reviewed, so that a new review has to be opened."""

    summary: Words
    widens: bool
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class DraftWithdrawn:
    card: Card


@dataclass(frozen=True, slots=True)
class OverrideVoteRecorded:
    """`against`: votes that the draft does not comply with subsidiarity. `ends`: it falls."""

    unit: UnitId
    body: Body
    against: int
    cast: int
    members: int
    ends: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CourtActionRecorded:
    number: int
    unit: UnitId
    claimant: Claimant
    act: str
    case: str
    grounds: Words
    chamber: UnitId | None = None


@dataclass(frozen=True, slots=True)
class NewReviewOpened:
    """The draft that was widened is reviewed anew, there."""

    review: StreamId


Timed: TypeAlias = (
    TransmissionCompleted
    | TranslationSupplied
    | ScrutinyDeadlineSet
    | ScrutinyDeadlineMoved
    | ClockSuspended
    | ClockResumed
    | ClockRanOut
    | ScrutinyDeadlineVoided
)
Heard: TypeAlias = ReasonedOpinionSubmitted | OpinionReceivedLate | ContributionSubmitted | OpinionWithdrawn
Event: TypeAlias = (
    ReviewOpened
    | JustificationAttached
    | ThresholdReached
    | ThresholdLost
    | ScrutinyClosed
    | DraftMaintained
    | DraftAmended
    | DraftWithdrawn
    | OverrideVoteRecorded
    | CourtActionRecorded
    | NewReviewOpened
    | Timed
    | Heard
)
