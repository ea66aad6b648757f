"""Deadlines: when each clock starts, what is due when, and what follows when its last day has passed."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import assert_never

from domain.calendars import Calendar, add_months, due
from domain.deadlines import Standing, numbers, run_out
from domain.kernel import Policy, UnitId
from domain.lands import on_day
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.checks import there
from domain.mandates.entitled import held_through
from domain.mandates.events import DeadlineSet, DeadlineVoided, Event
from domain.mandates.state import DeadlineState, Mandate, State
from domain.mandates.words import Due, Ending, Pause

RUNS_ON = timedelta(days=1)
WAITING = (Standing.OPEN, Standing.MISSED)
RUNNING = (Standing.OPEN, Standing.SUSPENDED)


def answer(unit: UnitId, start: date, policy: Policy, calendar: Calendar) -> DeadlineSet:
    """By when an offer is to be answered. Silence is recorded, and never means consent."""
    ends = due(start, calendar, days=policy.whole("answer_days"))
    return DeadlineSet(0, Due.ANSWER, start, ends, policy.ref, calendar.name, unit)


def named(kind: Due, start: date, last: date, unit: UnitId | None = None) -> DeadlineSet:
    """A last day that the terms name: the mandate's end, or a suspension's."""
    return DeadlineSet(0, kind, start, last, "", "", unit)


def notice(start: date, last: date, policy: Policy, calendar: Calendar) -> DeadlineSet:
    """The last day of a notice, of whose length the policy says the least. It runs out; nobody owes anything."""
    return DeadlineSet(0, Due.NOTICE, start, last, policy.ref, calendar.name)


def report(state: Mandate, start: date, calendar: Calendar) -> list[Event]:
    """The next report, where the terms ask for reports."""
    months = state.terms.reporting_months
    if months is None:
        return []
    ends = due(start, calendar, months=months)
    return [DeadlineSet(0, Due.REPORT, start, ends, "", calendar.name, state.recipient)]


def void(state: Mandate, *kinds: Due) -> list[Event]:
    """Deadlines that nobody owes any longer; of all kinds, if none is named."""
    return [DeadlineVoided(number) for number, _ in numbers(state, kinds or tuple(Due), RUNNING)]


def answered(state: Mandate, day: date) -> list[Event]:
    """An answer meets its deadline, late if it was missed."""
    owed = numbers(state, (Due.ANSWER,), WAITING)
    return [happened.DeadlineMet(number, day > one.due_on, one.unit) for number, one in owed]


def reported(state: Mandate, period_to: date, day: date, calendar: Calendar) -> list[Event]:
    """A report meets what is owed for periods that it reaches into, and the next one is counted from its last day.

    A late report on an old period leaves the running clock alone, and so does any while the mandate is suspended.
    """
    owed = [(number, one) for number, one in numbers(state, (Due.REPORT,), WAITING) if one.starts_on < period_to]
    met: list[Event] = [happened.DeadlineMet(number, day > one.due_on, one.unit) for number, one in owed]
    running = any(one.standing is Standing.OPEN for _, one in owed)
    return [*met, *(report(state, period_to, calendar) if running else [])]


def suspended(state: Mandate, day: date) -> list[Event]:
    """While it is suspended nobody owes a report."""
    return [happened.DeadlineSuspended(number, day) for number, _ in numbers(state, (Due.REPORT,), (Standing.OPEN,))]


def resumed(state: Mandate, day: date, calendar: Calendar) -> list[Event]:
    """The clock of the report runs on: as many days are left as were left when it stood still."""
    out: list[Event] = []
    for number, one in numbers(state, (Due.REPORT,), (Standing.SUSPENDED,)):
        assert one.suspended_on is not None, "a suspended deadline knows since when"
        left = max((one.due_on - one.suspended_on).days, 0)
        out.append(happened.DeadlineMoved(number, due(day, calendar, days=left)))
    return out


def passed(command: asked.PassDeadline, state: State) -> Sequence[Event]:
    """A last day has passed."""
    found = there(state)
    one = run_out(found, command.deadline, command.today)
    if one is None:
        return []
    if one.kind is Due.SUSPENSION and command.parents and not command.parents[0].in_force:
        return _waits_on(command.deadline, one)
    if one.kind is Due.LAPSE:
        return _lapses(command, one, found)
    return _follows(command.deadline, one, found, command.calendar)


def _lapses(command: asked.PassDeadline, one: DeadlineState, state: Mandate) -> Sequence[Event]:
    """The last day has passed on which the giver held it, unless the law has given it back meanwhile."""
    ran_out = happened.DeadlineMet(command.deadline, late=False)
    gone = one.due_on + RUNS_ON
    lands = frozenset(on_day(command.lands, gone))
    through = held_through(state.terms, command.holdings, lands, gone)
    if through is not None:
        return [ran_out, *lapsing(state, through, gone)]
    others = [event for event in void(state) if event != DeadlineVoided(command.deadline)]
    return [happened.MandateRevoked(gone, Ending.COMPETENCE_LOST, None, state.freed), ran_out, *others]


def expired(state: Mandate) -> list[Event]:
    """Its last day has passed: the clock of the term has run out, and nobody owes anything else."""
    assert state.ends_on is not None, "what expires has a last day"
    term = [number for number, _ in numbers(state, (Due.EXPIRY,), RUNNING)]
    others = [event for event in void(state) if event not in [DeadlineVoided(number) for number in term]]
    met = [happened.DeadlineMet(number, late=False) for number in term]
    return [happened.MandateExpired(state.ends_on, state.freed), *met, *others]


def lapsing(state: Mandate, through: date, today: date) -> list[Event]:
    """The day on which the law will take the competence from the giver, if the mandate would last longer."""
    if through >= (state.ends_on or date.max):
        return []
    return [named(Due.LAPSE, today, through)]


def _waits_on(number: int, one: DeadlineState) -> Sequence[Event]:
    """The suspension is over, and the mandate above is not in force: it waits for that one."""
    met = happened.DeadlineMet(number, late=False)
    return [happened.MandateSuspended(one.due_on + RUNS_ON, Pause.PARENT_SUSPENDED), met]


def _follows(number: int, one: DeadlineState, state: Mandate, calendar: Calendar) -> Sequence[Event]:
    ran_out = happened.DeadlineMet(number, late=False)
    match one.kind:
        case Due.ANSWER:
            return [happened.DeadlineMissed(number, one.kind, one.due_on, one.unit)]
        case Due.REPORT:
            missed = happened.DeadlineMissed(number, one.kind, one.due_on, one.unit)
            months = state.terms.reporting_months
            assert months is not None, "reports are owed where the terms ask for them"
            return [missed, *report(state, add_months(one.starts_on, months), calendar)]
        case Due.NOTICE:
            return [happened.NoticePeriodEnded(one.due_on), ran_out]
        case Due.SUSPENSION:
            back = one.due_on + RUNS_ON
            return [happened.MandateRestored(back), ran_out, *resumed(state, back, calendar)]
        case Due.EXPIRY:
            return expired(state)
        case Due.LAPSE:
            raise AssertionError("what lapses was looked at before")
        case _:
            assert_never(one.kind)
