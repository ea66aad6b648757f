"""Reviews as they stand: the clock, the votes, the card, and what the author decides."""

from datetime import date
from typing import assert_never
from uuid import UUID

from domain.kernel import Recorded
from domain.replacing import replace
from domain.subsidiarity import REVIEWS as CONTEXT
from domain.subsidiarity.reviews import events as happened
from domain.subsidiarity.reviews.events import Event
from domain.subsidiarity.reviews.words import Card, Due, Outcome, Stage
from projections.kernel import Computed, Look, Subject, View, own_stream
from projections.review_row import Clock, CourtRow, OverrideRow, ReviewRow, Turn, Voice
from projections.things import Matter, Owed
from projections.units import unit_name


def fold(key: str, before: ReviewRow | None, record: Recorded, look: Look) -> ReviewRow | None:
    """The review after one of its records.

    Asked for a day in law, records come in the order of that time: what precedes the opening leaves no row.
    """
    event: Event = record.event
    if isinstance(event, happened.ReviewOpened):
        return _heard(_opened(event, record, look), record)
    return None if before is None else _heard(_after(before, event, record), record)


def _opened(event: happened.ReviewOpened, record: Recorded, look: Look) -> ReviewRow:
    needed = {one.card: one.votes for one in event.needed}
    return ReviewRow(
        name=event.draft.title.best(),
        title=event.draft.title,
        reference=event.draft.reference,
        polity=event.polity,
        polity_name=unit_name(look, event.polity),
        author=event.author,
        author_name=unit_name(look, event.author),
        author_kind=event.author_kind,
        area=event.area,
        procedure=event.procedure,
        competence=event.competence,
        state=Stage.OPENED,
        opened_on=event.opened_on,
        policy=event.policy,
        roll=event.roll,
        total=event.total,
        needed_yellow=needed[Card.YELLOW],
        needed_orange=needed.get(Card.ORANGE),
        urgent=event.urgent is not None,
        follows=event.follows,
        legislators=tuple(one.unit for one in event.legislators),
        matters=(Matter(Turn.ATTACH_JUSTIFICATION, event.author, 0, record.at.date()),),
    )


def _after(row: ReviewRow, event: Event, record: Recorded) -> ReviewRow:
    if isinstance(event, happened.Timed):
        return _timed(row, event, record)
    if isinstance(event, _Counted):
        return _counted(row, event, record)
    match event:
        case happened.ReviewOpened():
            return row
        case happened.JustificationAttached():
            sends = (Turn.COMPLETE_TRANSMISSION,) if row.state is Stage.OPENED else ()
            return _waits(replace(row, justified=True), record, *sends)
        case happened.ReviewCorrected():
            return _corrected(row, event)
        case happened.ScrutinyClosed():
            if event.card is Card.NONE:
                return _waits(replace(row, state=Stage.CLOSED_NO_CARD), record)
            return _waits(replace(row, state=Stage.UNDER_REVIEW, card=event.card), record, Turn.DECIDE)
        case happened.DraftMaintained() | happened.DraftAmended() | happened.DraftWithdrawn():
            return _decided(row, event, record)
        case happened.OverrideVoteRecorded():
            return _overridden(row, event, record)
        case happened.CourtActionRecorded():
            case = CourtRow(event.unit, event.claimant, event.act, event.case)
            return replace(row, court=(*row.court, case))
        case happened.NewReviewOpened():
            return _waits(replace(row, followed_by=event.review), record)
        case _:
            assert_never(event)


def _corrected(row: ReviewRow, event: happened.ReviewCorrected) -> ReviewRow:
    said = event.after
    title, reference = said.title or row.title, said.reference or row.reference
    return replace(row, name=title.best(), title=title, reference=reference)


_Counted = happened.Heard | happened.ThresholdReached | happened.ThresholdLost
_Decided = happened.DraftMaintained | happened.DraftAmended | happened.DraftWithdrawn


def _waits(row: ReviewRow, record: Recorded, *turns: Turn, units: tuple[UUID, ...] = ()) -> ReviewRow:
    """From now on the review waits for these, of its author unless others are named, and for nothing else."""
    since, whom = record.at.date(), units or (row.author,)
    return replace(row, matters=tuple(Matter(turn, unit, 0, since) for turn in turns for unit in whom))


def _timed(row: ReviewRow, event: happened.Timed, record: Recorded) -> ReviewRow:
    match event:
        case happened.TransmissionCompleted():
            return _waits(replace(row, state=Stage.SCRUTINY), record)
        case happened.TranslationSupplied():
            return replace(row, starts_on=event.sent_on)
        case happened.ScrutinyDeadlineSet():
            return _set(row, event)
        case happened.ScrutinyDeadlineMoved():
            owed = tuple(replace(one, due_on=event.due_on) if one.number == event.number else one for one in row.owed)
            return replace(row, due_on=event.due_on, owed=owed)
        case happened.ClockSuspended():
            because = record.because
            return replace(row, clock=Clock.SUSPENDED, clock_because=because, suspended_on=event.suspended_on)
        case happened.ClockResumed():
            return replace(row, clock=Clock.RUNNING, suspended_on=None)
        case happened.ClockRanOut():
            return _stopped(row, event.number, Clock.RAN_OUT)
        case happened.ScrutinyDeadlineVoided():
            return _stopped(row, event.number, Clock.VOID)
        case _:
            assert_never(event)


def _set(row: ReviewRow, event: happened.ScrutinyDeadlineSet) -> ReviewRow:
    owed = (*row.owed, Owed(event.number, event.kind, event.unit, event.starts_on, event.due_on))
    if event.kind is Due.STANDSTILL:
        return replace(row, owed=owed, standstill_until=event.due_on)
    return replace(
        row,
        owed=owed,
        clock=Clock.RUNNING,
        starts_on=event.starts_on,
        due_on=event.due_on,
        first_due_on=event.due_on,
        calendar=event.calendar,
    )


def _stopped(row: ReviewRow, number: int, how: Clock) -> ReviewRow:
    ended = next((one for one in row.owed if one.number == number), None)
    left = replace(row, owed=tuple(one for one in row.owed if one.number != number))
    if ended is None:
        return left
    if ended.kind == Due.STANDSTILL:
        return left if how is Clock.RAN_OUT else replace(left, standstill_until=None)
    return replace(left, clock=how, suspended_on=None)


def _counted(row: ReviewRow, event: _Counted, record: Recorded) -> ReviewRow:
    match event:
        case happened.ReasonedOpinionSubmitted():
            votes, opinions = row.votes + event.votes, row.opinions + 1
            return replace(row, votes=votes, opinions=opinions, last_opinion_by=event.chamber)
        case happened.OpinionReceivedLate():
            return replace(row, late=row.late + 1)
        case happened.ContributionSubmitted():
            return replace(row, contributions=row.contributions + 1)
        case happened.OpinionWithdrawn() if not event.votes:
            return replace(row, late=row.late - 1)
        case happened.OpinionWithdrawn():
            return replace(row, votes=row.votes - event.votes, opinions=row.opinions - 1)
        case happened.ThresholdReached():
            return replace(row, card=event.card, card_on=record.effective_on, card_brought_by=row.last_opinion_by)
        case happened.ThresholdLost():
            left = Card.YELLOW if event.card is Card.ORANGE else Card.NONE
            return replace(row, card=left, card_on=record.effective_on, card_brought_by=None)
        case _:
            assert_never(event)


def _decided(row: ReviewRow, event: _Decided, record: Recorded) -> ReviewRow:
    said = replace(row, decided_on=record.effective_on, because=record.because)
    match event:
        case happened.DraftMaintained():
            own = event.opinion.reasons if event.opinion else None
            kept = replace(said, state=Stage.MAINTAINED, decision=Outcome.MAINTAIN, own_opinion=own)
            votes = event.card is Card.ORANGE and row.legislators
            return (
                _waits(kept, record, Turn.RECORD_OVERRIDE_VOTE, units=row.legislators)
                if votes
                else _waits(kept, record)
            )
        case happened.DraftAmended():
            changed = replace(said, state=Stage.AMENDED, decision=Outcome.AMEND, amended=event.summary)
            return _waits(changed, record, Turn.OPEN) if event.widens else _waits(changed, record)
        case happened.DraftWithdrawn():
            return _waits(replace(said, state=Stage.WITHDRAWN, decision=Outcome.WITHDRAW), record)
        case _:
            assert_never(event)


def _overridden(row: ReviewRow, event: happened.OverrideVoteRecorded, record: Recorded) -> ReviewRow:
    vote = OverrideRow(event.unit, event.body, event.against, event.cast, event.members, event.ends)
    overrides = (*(one for one in row.overrides if one.body is not event.body), vote)
    if any(one.ends for one in overrides):
        return replace(row, overrides=overrides, state=Stage.ENDED, matters=())
    counted = replace(row, overrides=overrides, state=Stage.MAINTAINED)
    if row.state is Stage.ENDED:  # it stands again, by corrected figures: the others may vote
        voted = {one.unit for one in overrides}
        others = tuple(one for one in row.legislators if one not in voted)
        return _waits(counted, record, Turn.RECORD_OVERRIDE_VOTE, units=others) if others else counted
    return replace(counted, matters=tuple(one for one in row.matters if one.unit != event.unit))


def _heard(row: ReviewRow, record: Recorded) -> ReviewRow:
    unit = record.actor.unit
    if unit is None:
        return row
    others = tuple(voice for voice in row.voices if voice.unit != unit)
    return replace(row, voices=(*others, Voice(unit, record.at.date())))


def days_left(row: ReviewRow, day: date) -> int | None:
    """Days to send an opinion: until the last day, negative after it; as many as were left while it stands still."""
    if row.due_on is None or row.clock not in (Clock.RUNNING, Clock.SUSPENDED):
        return None
    return (row.due_on - (day if row.suspended_on is None else row.suspended_on)).days


REVIEWS = View(
    name="reviews",
    version=1,
    says="Drafts under scrutiny: the clock and why it stands still, votes, threshold, card, the author's decision.",
    subject=Subject.SUBSIDIARITY,
    shows=("state", "polity_name", "author_name", "clock", "due_on", "votes", "needed_yellow", "card", "decision"),
    row=ReviewRow,
    key_says="The review's id.",
    touched_by=CONTEXT.events,
    keys=own_stream,
    fold=fold,
    reads=("units",),
    sort="opened_on",
    valid_time=True,
    computed=(
        Computed(
            name="days_left",
            type=int,
            says="Days left to send an opinion, negative once they are over; empty when no clock runs.",
            of=days_left,
            sql=(
                "(case when clock in ('running', 'suspended')"
                " then due_on - (case when suspended_on is null then {day} else suspended_on end) end)"
            ),
        ),
    ),
)
