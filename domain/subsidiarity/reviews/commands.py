"""What can be asked of a review. What is `Given` the service looks up; the rest is the request."""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from domain.calendars import Calendar
from domain.correcting import CHANGES, Corrects
from domain.kernel import (
    EventName,
    Given,
    Many,
    PartialDate,
    Policy,
    ReviewFacts,
    ReviewId,
    Says,
    StreamId,
    Today,
    UnitFacts,
    UnitId,
    Whole,
)
from domain.subsidiarity.reviews.words import (
    Act,
    Area,
    AuthorKind,
    Competence,
    Draft,
    DraftWording,
    Ground,
    Justification,
    Language,
    Legislator,
    Outcome,
    OwnOpinion,
    Procedure,
    Seat,
    Tally,
)
from domain.subsidiarity.words import Document, Number, Prose

Acting: TypeAlias = Annotated[UnitFacts, Given("the acting unit")]
CountsOn: TypeAlias = Annotated[PartialDate, Given("when it counts in law")]
Now: TypeAlias = Annotated[Today, Given("today where the draft is scrutinised")]
Governs: TypeAlias = Annotated[Policy, Given("the scrutiny policy under which it was opened", of="state.policy")]
WorkingDays: TypeAlias = Annotated[Calendar, Given("the working days of the jurisdiction that scrutinises")]
Units: TypeAlias = tuple[UnitFacts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ByUnit:
    """Given by an officer of a unit, on a day, under the policy that governs the review."""

    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: Governs


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReview:
    """Submit a draft to scrutiny, with the roll of those who vote on it, which is frozen from then on."""

    polity: Annotated[UnitId, Says("The unit under whose law it is scrutinised: the Union, a State, a region.")]
    author: Annotated[UnitId, Says("The unit that drafted it.")]
    author_kind: Annotated[AuthorKind, Says("As what the author drafted it.")]
    draft: Annotated[Draft, Says("The draft act.")]
    competence: Annotated[Competence, Says("The type of competence that it relies on.")]
    roll: Annotated[tuple[Seat, ...], Many(1, 300), Says("Every body that has votes on it.")]
    languages: Annotated[tuple[Language, ...], Many(1, 40), Says("The languages it has to be sent in.", ["en", "fr"])]
    area: Annotated[Area, Says("Whether it is about police and judicial cooperation (art. 76 TFEU).")] = Area.GENERAL
    procedure: Annotated[Procedure, Says("How it is to be adopted.")] = Procedure.ORDINARY
    justification: Annotated[Justification | None, Says("The detailed statement; it can follow.")] = None
    jointly: Annotated[tuple[UnitId, ...], Many(0, 40), Says("Its other authors, of a group of States.")] = ()
    legislators: Annotated[tuple[Legislator, ...], Many(0, 10), Says("The bodies that are to adopt it.")] = ()
    must_consult: Annotated[
        tuple[UnitId, ...], Many(0, 10), Says("Advisory bodies that must be consulted on it, such as the regions'.")
    ] = ()
    urgent: Annotated[Prose | None, Says("Why it is exceptionally urgent; then no day is suspended.")] = None
    follows: Annotated[ReviewId | None, Says("The review of the draft that this one widens.")] = None
    polity_facts: Annotated[UnitFacts, Given("the unit under whose law it is scrutinised", of="polity")]
    author_facts: Annotated[UnitFacts, Given("the author", of="author")]
    voters: Annotated[Units, Given("the bodies on the roll", of="roll")]
    co_authors: Annotated[Units, Given("the other authors", of="jointly")]
    adopters: Annotated[Units, Given("the bodies that are to adopt it", of="legislators")]
    advisers: Annotated[Units, Given("the advisory bodies", of="must_consult")]
    followed: Annotated[ReviewFacts | None, Given("the review that it follows", of="follows")]
    rules: Annotated[tuple[Policy, ...], Given("the scrutiny policy of the day", of="scrutiny@effective_on")]
    effective_on: CountsOn
    today: Now


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachJustification(ByUnit):
    """Attach the detailed statement that every draft carries, or a fuller one."""

    justification: Annotated[Justification, Says("The detailed statement.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectReview(ByUnit):
    """Put right what was typed wrongly of the draft; how it is cited, until somebody has spoken on it."""

    corrects: Corrects
    changes: Annotated[DraftWording, CHANGES]
    stream: Annotated[StreamId, Given("this review")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteTransmission(ByUnit):
    """Say that the last language version was sent that day; the clock starts."""

    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendForTranslation(ByUnit):
    """Say that a language version was sent only that day; the clock starts anew from there."""

    language: Annotated[Language, Says("The language version that was missing or wrong.")]
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendClock(ByUnit):
    """Let the clock stand still from that day on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeClock(ByUnit):
    """Let the clock run again from that day on."""

    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitReasonedOpinion(ByUnit):
    """Say, for a body on the roll, why the draft does not comply with subsidiarity."""

    chamber: Annotated[UnitId, Says("The body that adopted the opinion.")]
    grounds: Annotated[
        tuple[Ground, ...],
        Many(1, 5),
        Says("What it rests on; it has a vote only with `necessity` or `added_value` among them."),
    ]
    reasons: Annotated[Prose, Says("The reasons.")]
    document: Annotated[Document | None, Says("The opinion itself.")] = None
    tally: Annotated[Tally | None, Says("The vote by which it was adopted.")] = None
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitContribution(ByUnit):
    """Say what a unit of any sphere thinks of the draft; a contribution has no vote."""

    unit: Annotated[UnitId, Says("The unit that contributes.")]
    reasons: Annotated[Prose, Says("What it has to say.")]
    grounds: Annotated[tuple[Ground, ...], Many(0, 5), Says("What it is about.")] = ()
    document: Annotated[Document | None, Says("The contribution itself.")] = None
    to: Annotated[UnitId | None, Says("The chamber on the roll that it is to help.")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawOpinion(ByUnit):
    """Withdraw, while the clock runs, the opinion of a body on the roll."""

    chamber: Annotated[UnitId, Says("The body whose opinion it is.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideAfterReview(ByUnit):
    """Maintain, amend or withdraw the draft, with reasons."""

    outcome: Annotated[Outcome, Says("What becomes of the draft.")]
    opinion: Annotated[OwnOpinion | None, Says("The author's own reasoned opinion, after an orange card.")] = None
    summary: Annotated[Prose | None, Says("What is amended.")] = None
    widens: Annotated[bool, Says("Whether the amended draft does more than the one that was reviewed.")] = False
    document: Annotated[Document | None, Says("The amended draft.")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOverrideVote(ByUnit):
    """Record how a body that is to adopt the draft voted on its compliance with subsidiarity."""

    against: Annotated[int, Whole(0, 100_000), Says("Votes that the draft does not comply.")]
    cast: Annotated[int, Whole(0, 100_000), Says("Votes cast.")]
    members: Annotated[int, Whole(1, 100_000), Says("Members of the body.")]
    corrects: Annotated[
        EventName | None, Says("The record of the body's vote, <stream>/<version>, if its figures were wrong.")
    ] = None
    stream: Annotated[StreamId, Given("this review")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCourtAction(ByUnit):
    """Record that a State or an advisory body brought the adopted act before a court for want of subsidiarity."""

    court: Annotated[Act, Says("The act, and the case about it.")]
    grounds: Annotated[Prose, Says("What the claimant says.")]
    chamber: Annotated[UnitId | None, Says("The chamber on whose behalf a State acts.")] = None
    chamber_facts: Annotated[UnitFacts | None, Given("the chamber on whose behalf it acts", of="chamber")]


@dataclass(frozen=True, slots=True, kw_only=True)
class PassDeadline:
    """The clock says that the last day of a deadline has passed."""

    deadline: Annotated[Number, Says("The deadline's number.")]
    today: Now


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordNewReview:
    """A review was opened that follows this one, since the draft was widened."""

    review: Annotated[ReviewId, Says("The review that follows this one.")]
    review_facts: Annotated[ReviewFacts, Given("the review that follows this one", of="review")]
    stream: Annotated[StreamId, Given("this review")]


Command: TypeAlias = (
    OpenReview
    | AttachJustification
    | CorrectReview
    | CompleteTransmission
    | ExtendForTranslation
    | SuspendClock
    | ResumeClock
    | SubmitReasonedOpinion
    | SubmitContribution
    | WithdrawOpinion
    | DecideAfterReview
    | RecordOverrideVote
    | RecordCourtAction
    | PassDeadline
    | RecordNewReview
)
