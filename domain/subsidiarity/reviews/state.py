"""What later decisions need to know of a review, and how each event changes it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias, assert_never

from domain.calendars import Span
from domain.correcting import with_right
from domain.deadlines import Standing
from domain.kernel import ReviewFacts, StreamId, UnitId
from domain.replacing import replace, replace_nth
from domain.subsidiarity.reviews import events as happened
from domain.subsidiarity.reviews.events import Event
from domain.subsidiarity.reviews.words import Body, Card, Draft, Due, Legislator, Needed, Stage, Voter

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DeadlineState:
    kind: Due
    starts_on: date
    due_on: date
    standing: Standing = Standing.OPEN
    suspended_on: date | None = None
    said_on: date | None = None


@dataclass(frozen=True, slots=True)
class OpinionState:
    chamber: UnitId
    votes: int
    counts: bool = True
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing was opened yet."""


@dataclass(frozen=True, slots=True)
class Review:
    """`policy`: the version that governs it. `stood_still`: spans in which the clock did not run, by decision.

    `card`: what the votes come to now, and after closing what they came to then. `bodies`: who voted on overriding;
    `ended_by`: whose vote, as it is counted now, lets the draft fall. `recorded`: which records are about the vote of
    which body, by their version. `version`: the number of events so far.
    """

    polity: UnitId
    author: UnitId
    draft: Draft
    jointly: tuple[UnitId, ...]
    roll: tuple[Voter, ...]
    total: int
    needed: tuple[Needed, ...]
    policy: str
    languages: tuple[str, ...]
    legislators: tuple[Legislator, ...]
    must_consult: tuple[UnitId, ...]
    urgent: bool
    opened_on: date
    follows: StreamId | None = None
    stage: Stage = Stage.OPENED
    justifications: int = 0
    consulted: bool = False
    deadlines: tuple[DeadlineState, ...] = ()
    stood_still: tuple[Span, ...] = ()
    opinions: tuple[OpinionState, ...] = ()
    contributions: int = 0
    card: Card = Card.NONE
    bodies: tuple[Body, ...] = ()
    ended_by: frozenset[Body] = frozenset()
    recorded: tuple[tuple[Body, int], ...] = ()
    version: int = 1
    actions: int = 0
    widened: bool = False
    followed_by: StreamId | None = None

    @property
    def votes(self) -> int:
        """Votes of the opinions that came in time and were not withdrawn."""
        return sum(one.votes for one in self.opinions if one.counts and not one.withdrawn)

    def voter(self, unit: UnitId) -> Voter | None:
        return next((one for one in self.roll if one.unit == unit), None)

    def opinion(self, chamber: UnitId) -> OpinionState | None:
        return next((one for one in self.opinions if one.chamber == chamber), None)

    def clock(self, kind: Due) -> tuple[int, DeadlineState] | None:
        """The latest deadline of that kind, with its number."""
        found = [(number, one) for number, one in enumerate(self.deadlines, start=1) if one.kind is kind]
        return found[-1] if found else None


State: TypeAlias = Absent | Review


def review_facts(state: State, id: StreamId) -> ReviewFacts:
    """What other reviews may know of one. `exists` is False for one that was never opened."""
    if isinstance(state, Absent):
        return ReviewFacts(id, exists=False)
    return ReviewFacts(
        id, exists=True, author=state.author, polity=state.polity, widened=state.widened, follows=state.follows
    )


def evolve(state: State, event: Event) -> State:
    """The review after one more event."""
    if isinstance(event, happened.ReviewOpened):
        return Review(
            polity=event.polity, author=event.author, draft=event.draft, jointly=event.jointly,
            roll=event.roll, total=event.total, needed=event.needed, policy=event.policy, languages=event.languages,
            legislators=event.legislators, must_consult=event.must_consult, urgent=event.urgent is not None,
            opened_on=event.opened_on, follows=event.follows,
        )  # fmt: skip
    assert isinstance(state, Review), "a review's first event opens it"
    return replace(_changed(state, event), version=state.version + 1)


def _changed(state: Review, event: Event) -> Review:
    assert not isinstance(event, happened.ReviewOpened), "a review is opened once"
    if isinstance(event, happened.Timed):
        return _timed(state, event)
    if isinstance(event, happened.Heard):
        return _heard(state, event)
    match event:
        case happened.JustificationAttached():
            consulted = event.justification.consulted is not None
            return replace(state, justifications=event.number, consulted=consulted)
        case happened.ReviewCorrected():
            return replace(state, draft=with_right(state.draft, event))
        case happened.ThresholdReached():
            return replace(state, card=event.card)
        case happened.ThresholdLost():
            return replace(state, card=Card.YELLOW if event.card is Card.ORANGE else Card.NONE)
        case happened.ScrutinyClosed():
            closed = Stage.CLOSED_NO_CARD if event.card is Card.NONE else Stage.UNDER_REVIEW
            return replace(state, stage=closed, card=event.card)
        case happened.DraftMaintained():
            return replace(state, stage=Stage.MAINTAINED)
        case happened.DraftAmended():
            return replace(state, stage=Stage.AMENDED, widened=event.widens)
        case happened.DraftWithdrawn():
            return replace(state, stage=Stage.WITHDRAWN)
        case happened.OverrideVoteRecorded():
            against = {body for body in state.ended_by if body is not event.body} | (
                {event.body} if event.ends else set()
            )
            stage = Stage.ENDED if against else Stage.MAINTAINED
            bodies = tuple(body for body in state.bodies if body is not event.body)
            recorded = (*state.recorded, (event.body, state.version + 1))
            return replace(
                state, stage=stage, bodies=(*bodies, event.body), ended_by=frozenset(against), recorded=recorded
            )
        case happened.CourtActionRecorded():
            return replace(state, actions=event.number)
        case happened.NewReviewOpened():
            return replace(state, followed_by=event.review)
        case _:
            assert_never(event)


def _deadline(state: Review, number: int, **changes: object) -> Review:
    return replace(state, deadlines=replace_nth(state.deadlines, number, **changes))


def _timed(state: Review, event: happened.Timed) -> Review:
    match event:
        case happened.TransmissionCompleted():
            return replace(state, stage=Stage.SCRUTINY)
        case happened.TranslationSupplied():
            found = state.clock(Due.SCRUTINY)
            assert found is not None, "the clock had started before"
            return _deadline(state, found[0], starts_on=event.sent_on)
        case happened.ScrutinyDeadlineSet():
            one = DeadlineState(event.kind, event.starts_on, event.due_on)
            return replace(state, deadlines=(*state.deadlines, one))
        case happened.ScrutinyDeadlineMoved():
            runs = {"standing": Standing.OPEN, "suspended_on": None, "said_on": None}
            return _deadline(state, event.number, due_on=event.due_on, **runs)
        case happened.ClockSuspended():
            still = {"suspended_on": event.suspended_on, "said_on": event.said_on}
            return _deadline(state, event.number, standing=Standing.SUSPENDED, **still)
        case happened.ClockResumed():
            since = state.deadlines[event.number - 1].suspended_on
            assert since is not None, "a suspended clock knows since when"
            if event.resumed_on == since:
                return state
            return replace(state, stood_still=(*state.stood_still, Span(since, event.resumed_on - DAY)))
        case happened.ClockRanOut():
            return _deadline(state, event.number, standing=Standing.MET)
        case happened.ScrutinyDeadlineVoided():
            return _deadline(state, event.number, standing=Standing.VOID)
        case _:
            assert_never(event)


def _given(state: Review, opinion: OpinionState) -> Review:
    """In the place of one that the same body has withdrawn."""
    return replace(state, opinions=(*(one for one in state.opinions if one.chamber != opinion.chamber), opinion))


def _heard(state: Review, event: happened.Heard) -> Review:
    match event:
        case happened.ReasonedOpinionSubmitted():
            return _given(state, OpinionState(event.chamber, event.votes))
        case happened.OpinionReceivedLate():
            return _given(state, OpinionState(event.chamber, event.votes, counts=False))
        case happened.ContributionSubmitted():
            return replace(state, contributions=event.number)
        case happened.OpinionWithdrawn():
            opinions = (replace(one, withdrawn=True) if one.chamber == event.chamber else one for one in state.opinions)
            return replace(state, opinions=tuple(opinions))
        case _:
            assert_never(event)
