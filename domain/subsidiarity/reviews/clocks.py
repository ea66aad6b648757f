"""The clock of scrutiny: when it starts, how it stands still and runs on, and what follows when it has run out."""

from collections.abc import Sequence
from datetime import date
from typing import assert_never

from domain.calendars import Calendar
from domain.deadlines import Standing, numbers, run_out
from domain.kernel import Policy, Refused
from domain.subsidiarity.reviews import commands as asked
from domain.subsidiarity.reviews import events as happened
from domain.subsidiarity.reviews.checks import before_closing, not_over, open_on, running, there
from domain.subsidiarity.reviews.events import Event, ScrutinyDeadlineSet
from domain.subsidiarity.reviews.protocol import scrutiny_ends, standstill_ends
from domain.subsidiarity.reviews.state import DeadlineState, Review, State, evolve
from domain.subsidiarity.reviews.words import Due, Stage


def transmit(command: asked.CompleteTransmission, state: State) -> Sequence[Event]:
    found = before_closing(state)
    if found.stage is Stage.SCRUTINY:
        return []
    day = open_on(command, found)
    if not found.justifications and command.policy.text("justification") == "required":
        reason = "A draft is sent with the detailed statement of why it complies; attach it first."
        raise Refused("justification-missing", reason, policy=command.policy.grounds("justification"))
    ends = scrutiny_ends(day, command.policy, command.calendar, urgent=found.urgent)
    deadline = ScrutinyDeadlineSet(0, Due.SCRUTINY, day, ends, command.policy.ref, command.calendar.name)
    return [happened.TransmissionCompleted(day), deadline]


def extend(command: asked.ExtendForTranslation, state: State) -> Sequence[Event]:
    """Each language version counts: who gets theirs later has the whole period from then on."""
    found, number, one = running(state)
    day = open_on(command, found)
    if command.language not in found.languages:
        raise Refused("other-language", "The draft did not have to be sent in that language.", fields=("language",))
    if one.standing is Standing.SUSPENDED:
        raise Refused("clock-suspended", "The clock stands still; let it run again first.")
    not_over(one, day)
    if day < one.starts_on:
        raise Refused(
            "earlier-than-start", f"The clock started on {one.starts_on}, after that day.", fields=("effective_on",)
        )
    if day == one.starts_on:
        return []
    ends = _ends(found, day, command.policy, command.calendar)
    return [happened.TranslationSupplied(command.language, day), happened.ScrutinyDeadlineMoved(number, ends)]


def suspend(command: asked.SuspendClock, state: State) -> Sequence[Event]:
    found, number, one = running(state)
    if one.standing is Standing.SUSPENDED:
        return []
    day = open_on(command, found)
    not_over(one, day)
    if day <= one.starts_on or any(day <= span.last for span in found.stood_still):
        raise Refused("before-clock", "The clock stands still from a day on which it ran.", fields=("effective_on",))
    return [happened.ClockSuspended(number, day, command.today if command.today > day else None)]


def resume(command: asked.ResumeClock, state: State) -> Sequence[Event]:
    """The end is computed anew from the same start, with the days on which the clock stood still."""
    found, number, one = running(state)
    if one.suspended_on is None:
        return []
    day = open_on(command, found)
    if day < one.suspended_on:
        raise Refused(
            "resumed-before-suspended",
            f"The clock stands still since {one.suspended_on}, after that day.",
            fields=("effective_on",),
        )
    resumed = happened.ClockResumed(number, day)
    after = _after(found, resumed)
    ends = _ends(after, one.starts_on, command.policy, command.calendar)
    _nobody_loses_days(one, day, ends, command.today)
    return [resumed, happened.ScrutinyDeadlineMoved(number, ends)]


def _nobody_loses_days(one: DeadlineState, day: date, ends: date, today: date) -> None:
    """Refused `resumed-unseen` if a clock that everybody saw standing still would leave less than was left by then."""
    seen_still = one.said_on or one.suspended_on
    assert seen_still is not None, "a suspended clock knows since when"
    left = one.due_on - seen_still
    if day < today and ends < today + left:
        reason = (
            f"Until today everybody saw the clock standing still: counted from {day} it would run until {ends} only, "
            f"and {left.days} days were left. Let it run again from today, {today}."
        )
        raise Refused("resumed-unseen", reason, earliest=today, fields=("effective_on",))


def _after(state: Review, event: happened.ClockResumed) -> Review:
    after = evolve(state, event)
    assert isinstance(after, Review)
    return after


def _ends(state: Review, start: date, policy: Policy, calendar: Calendar) -> date:
    return scrutiny_ends(start, policy, calendar, urgent=state.urgent, stood_still=state.stood_still)


def standstill(state: Review, day: date, policy: Policy, calendar: Calendar) -> list[Event]:
    """A card may bring a standstill, during which the author has to talk; a second card brings no second one."""
    before = state.clock(Due.STANDSTILL)
    ends = standstill_ends(day, policy, calendar)
    if ends is None or (before is not None and before[1].standing is not Standing.VOID):
        return []
    return [ScrutinyDeadlineSet(0, Due.STANDSTILL, day, ends, policy.ref, calendar.name, state.author)]


def void(state: Review, *kinds: Due) -> list[Event]:
    """Clocks that nobody waits for any longer; of all kinds, if none is named."""
    running = numbers(state, kinds or tuple(Due), (Standing.OPEN, Standing.SUSPENDED))
    return [happened.ScrutinyDeadlineVoided(number) for number, _ in running]


def passed(command: asked.PassDeadline, state: State) -> Sequence[Event]:
    """A last day has passed. Silence is no consent and no card: it is counted as what it is, no votes."""
    found = there(state)
    one = run_out(found, command.deadline, command.today)
    if one is None:
        return []
    ran_out = happened.ClockRanOut(command.deadline, late=False)
    match one.kind:
        case Due.SCRUTINY:
            counted = sum(1 for opinion in found.opinions if opinion.counts and not opinion.withdrawn)
            return [ran_out, happened.ScrutinyClosed(found.card, found.votes, found.total, counted)]
        case Due.STANDSTILL:
            return [ran_out]
        case _:
            assert_never(one.kind)
