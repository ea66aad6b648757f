"""Deadlines of an allocation: what starts, meets and ends each, and what follows when its last day has passed."""

from collections.abc import Sequence
from datetime import date
from typing import assert_never

from domain import cofog
from domain.calendars import Calendar, due
from domain.deadlines import Standing, run_out
from domain.guards import counted
from domain.kernel import Policy, Refused, UnitId
from domain.subsidiarity.allocations import commands as asked
from domain.subsidiarity.allocations import events as happened
from domain.subsidiarity.allocations.checks import there
from domain.subsidiarity.allocations.events import AllocationDeadlineSet, Event
from domain.subsidiarity.allocations.state import Allocation, Decision, State
from domain.subsidiarity.allocations.words import Due, Stage

WAITING = (Standing.OPEN, Standing.MISSED)


def met(state: Allocation, kind: Due, day: date, unit: UnitId | None = None) -> list[Event]:
    """What was owed is there; late, if its day has passed."""
    owed = [(number, one) for number, one in state.waiting(kind, *WAITING) if unit is None or one.unit == unit]
    return [happened.AllocationDeadlineMet(number, day > one.due_on, one.unit) for number, one in owed]


def void(state: Allocation, *kinds: Due) -> list[Event]:
    """Open deadlines that nobody waits for any longer; of all kinds, if none is named."""
    return [
        happened.AllocationDeadlineVoided(number) for kind in kinds or tuple(Due) for number, _ in state.waiting(kind)
    ]


def mandate(state: Allocation, day: date, policy: Policy, calendar: Calendar) -> AllocationDeadlineSet:
    """By when somebody is to be entrusted with what was decided."""
    ends = due(day, calendar, months=policy.whole("mandate_follow_months"))
    return AllocationDeadlineSet(0, Due.MANDATE, day, ends, policy.ref, calendar.name, state.decider)


def revisit(state: Allocation, day: date, revisit_on: date) -> AllocationDeadlineSet:
    """The day that the decision names for its own second look, whatever day that is."""
    return AllocationDeadlineSet(0, Due.REVISIT, day, revisit_on, "", "", state.decider)


def follow(command: asked.RecordMandate, state: State) -> Sequence[Event]:
    """A mandate in force that names this decision, and is for the sphere that was decided, resolves it; once.

    One that comes into force before is kept in mind, for whatever will be decided.
    """
    found = there(state)
    if command.mandate in found.mandates or found.stage is Stage.WITHDRAWN:
        return []
    if not command.mandate_facts.exists:
        raise Refused("no-such-mandate", "No such mandate has been drafted.")
    function = command.mandate_facts.function
    if not (cofog.covers(found.function, function) or cofog.covers(function, found.function)):
        raise Refused("other-function", f"The mandate is for {function}, and the decision is about {found.function}.")
    if found.decision is None:
        return [happened.MandateFollowed(command.mandate)]
    decided, sphere = found.decision.sphere, command.mandate_facts.recipient_sphere
    if sphere is not decided:
        reason = f"It was decided that the {decided} sphere is to act, and the mandate is for the {sphere} one."
        raise Refused("other-sphere", reason, sphere=decided)
    _carries_out(command, found.decision)
    day = counted(command.effective_on, command.today)
    return [happened.MandateFollowed(command.mandate), *met(found, Due.MANDATE, day)]


def _carries_out(command: asked.RecordMandate, decision: Decision) -> None:
    """In force, or at least brought into force since the decision; one that was over by then carries out nothing."""
    mandate = command.mandate_facts
    since = mandate.activated_on is not None and mandate.activated_on >= decision.decided_on
    if not (mandate.in_force or since):
        reason = f"The mandate began before the decision of {decision.decided_on}, and is {mandate.stage} by now."
        raise Refused("not-in-force", reason, stage=mandate.stage)


def implied(
    command: asked.DecideAllocation, state: Allocation, day: date
) -> list[AllocationDeadlineSet | happened.MandateFollowed]:
    """What the decision waits for: a mandate; or one of those that are in force already, for that sphere."""
    begun = [one for one in command.mandates if one.in_force and one.recipient_sphere is command.sphere]
    if begun:
        return [happened.MandateFollowed(one.id) for one in begun]
    return [mandate(state, day, command.policy, command.calendar)]


def passed(command: asked.PassDeadline, state: State) -> Sequence[Event]:
    """A last day has passed. Who let the time for a grid pass is not taken to agree."""
    found = there(state)
    one = run_out(found, command.deadline, command.today)
    if one is None:
        return []
    missed = happened.AllocationDeadlineMissed(command.deadline, one.kind, one.due_on, one.unit)
    match one.kind:
        case Due.GRID:
            return [missed]
        case Due.MANDATE:
            return [missed, happened.NoMandateFollowed(one.due_on)]
        case Due.REVISIT:
            return [missed, happened.RevisitDue(one.due_on)]
        case _:
            assert_never(one.kind)
