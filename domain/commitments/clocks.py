"""Deadlines: when each clock starts, what is due when, and what follows when nobody did it."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import assert_never

from domain.calendars import Calendar, add_months, due
from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.commitments.checks import there
from domain.commitments.events import DeadlineSet, DeadlineVoided, Event
from domain.commitments.state import Commitment, DeadlineState, State
from domain.commitments.words import Delivery, Due, Pause
from domain.deadlines import Standing, numbers, run_out
from domain.kernel import PartialDate, Policy, UnitId

MONTHS = {
    Due.PROGRESS: "report_months",
    Due.SILENCE: "red_months",
    Due.PLAN: "plan_months",
    Due.MONITORING: "monitor_months",
    Due.INVENTORY: "inventory_months",
    Due.RESULTS_REVIEW: "results_review_after_months",
}
DAYS = {Due.ANSWER: "answer_days", Due.HOLD_NOTICE: "hold_notice_days"}
"""Which parameter of the commitment policy says how long each clock runs; a milestone's day the parties name."""


def clock(
    kind: Due, unit: UnitId | None, start: date, policy: Policy, calendar: Calendar, about: int | None = None
) -> DeadlineSet:
    """The deadline of a clock that starts on `start`; its number is given when the decision is complete."""
    if kind in DAYS:
        ends = due(start, calendar, days=policy.whole(DAYS[kind]))
    else:
        ends = due(start, calendar, months=policy.whole(MONTHS[kind]))
    return DeadlineSet(0, kind, start, ends, policy.ref, calendar.name, unit, about)


def step(number: int, unit: UnitId, start: date, due_on: date) -> DeadlineSet:
    """The deadline of a milestone: the day that the parties named, whatever day that is."""
    return DeadlineSet(0, Due.MILESTONE, start, due_on, "", "", unit, number)


def at_adoption(state: Commitment, start: date, policy: Policy, calendar: Calendar) -> list[Event]:
    """Every clock that starts when a commitment is adopted, or when a unit takes on what a source says of it."""
    owed: list[Event] = [clock(kind, state.owner, start, policy, calendar) for kind in (Due.PROGRESS, Due.PLAN)]
    for number, one in enumerate(state.milestones, start=1):
        owed.append(step(number, one.terms.responsible, start, one.terms.due_on))
    return [*owed, *review(state.ends_on, policy, calendar)]


def review(ends_on: PartialDate, policy: Policy, calendar: Calendar) -> list[Event]:
    """The day from which results are assessed: some months after the end, where the end is known."""
    last = ends_on.latest()
    return [] if last is None else [clock(Due.RESULTS_REVIEW, None, last, policy, calendar)]


OPEN = (Standing.OPEN,)
WAITING = (Standing.OPEN, Standing.MISSED)


def void(state: Commitment, kinds: Iterable[Due] = tuple(Due), unit: UnitId | None = None) -> list[Event]:
    """Open deadlines that nobody owes any longer; with `unit`, only those that it owed."""
    open_ones = numbers(state, kinds, OPEN)
    return [DeadlineVoided(number) for number, one in open_ones if unit is None or one.unit == unit]


def after_report(state: Commitment, unit: UnitId, day: date, policy: Policy, calendar: Calendar) -> list[Event]:
    """The owner's word: the report is given, silence is broken, and the next year begins on `day`."""
    if unit != state.owner:
        return []
    met = numbers(state, (Due.PROGRESS,), WAITING)
    if not met or day < max(one.starts_on for _, one in met):
        return []
    events: list[Event] = [happened.DeadlineMet(number, day > one.due_on, unit) for number, one in met]
    events += void(state, (Due.SILENCE,))
    if state.inactive:
        events.append(happened.CommitmentResumed(unit, Pause.INACTIVITY))
    return [*events, clock(Due.PROGRESS, unit, day, policy, calendar)]


def after_delivery(
    state: Commitment, kind: Delivery, unit: UnitId, day: date, policy: Policy, calendar: Calendar
) -> list[Event]:
    """What was owed is met, notices fall away, a hold is lifted, and the next period begins.

    Monitoring and inventories count from the submission of the plan (Covenant of Mayors, eumayors.eu, FAQ 53, 77 and
    110). What is handed in meets no period that has not begun by then: two reports in one week are no monitoring of
    four years.
    """
    owed = numbers(state, (Due(kind.value),), WAITING)
    if kind is not Delivery.PLAN:
        owed = [(number, one) for number, one in owed if one.starts_on <= day]
    events: list[Event] = [happened.DeadlineMet(number, day > one.due_on, unit) for number, one in owed]
    delivered = {number for number, _ in owed}
    notices = numbers(state, (Due.HOLD_NOTICE,), OPEN)
    events += [DeadlineVoided(number) for number, one in notices if one.about in delivered]
    if state.on_hold and set(state.on_hold) <= delivered:
        events.append(happened.CommitmentResumed(unit, Pause.HOLD))
    if kind is not Delivery.PLAN:
        return [*events, *(_next_period(one, day, policy, calendar) for _, one in owed[-1:])]
    if any(one.kind is Due.MONITORING for one in state.deadlines):
        return events
    return [*events, *(clock(next_, state.owner, day, policy, calendar) for next_ in (Due.MONITORING, Due.INVENTORY))]


def _next_period(one: DeadlineState, day: date, policy: Policy, calendar: Calendar) -> Event:
    """The next period on the grid that began with the plan; those already over are covered by what was delivered."""
    months = policy.whole(MONTHS[one.kind])
    start = add_months(one.starts_on, months)
    while add_months(start, months) <= day:
        start = add_months(start, months)
    return clock(one.kind, one.unit, start, policy, calendar)


def miss(command: asked.MissDeadline, state: State) -> Sequence[Event]:
    """A day has passed. Silence is recorded as such; it never means consent."""
    found = there(state)
    one = run_out(found, command.deadline, command.today)
    if one is None:
        return []
    if one.kind is Due.RESULTS_REVIEW:
        met = happened.DeadlineMet(command.deadline, late=False)
        return [happened.AssessmentWindowOpened(command.deadline), met]
    missed = happened.DeadlineMissed(command.deadline, one.kind, one.due_on, one.unit)
    return [missed, *_consequences(command, found, one)]


def _consequences(command: asked.MissDeadline, state: Commitment, one: DeadlineState) -> Sequence[Event]:
    policy, calendar = command.policy, command.calendar
    match one.kind:
        case Due.PROGRESS:
            return [clock(Due.SILENCE, one.unit, one.starts_on, policy, calendar)]
        case Due.SILENCE:
            return [] if state.inactive else [happened.CommitmentMarkedInactive(one.starts_on)]
        case Due.PLAN | Due.MONITORING | Due.INVENTORY:
            number = command.deadline
            notice = clock(Due.HOLD_NOTICE, one.unit, command.today, command.current, calendar, about=number)
            return [happened.HoldNoticeGiven(state.owner, number, notice.due_on), notice]
        case Due.HOLD_NOTICE:
            assert one.about is not None, "a notice is about a missed deadline"
            return [happened.CommitmentPutOnHold(one.about)]
        case Due.MILESTONE:
            assert one.about is not None, "a milestone's deadline names it"
            assert one.unit is not None, "a unit answers for a milestone"
            return [happened.MilestoneMissed(one.about, one.unit, one.due_on)]
        case Due.ANSWER | Due.RESULTS_REVIEW:
            return []
        case _:
            assert_never(one.kind)
