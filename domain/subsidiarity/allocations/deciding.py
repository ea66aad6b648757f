"""Deciding which sphere is to act, and looking at it again.

A matter stays with the sphere nearest to the citizen. To move it further away takes three things: that sphere was heard
or had its time; a grid in which both tests hold and something observable bears them out; and a ground. Want of capacity
alone is a ground for a time only, with a plan to end it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain import cofog
from domain.calendars import add_months
from domain.deadlines import Standing
from domain.guards import alive, reachable
from domain.kernel import Holding, Policy, Refused
from domain.lands import on_day
from domain.subsidiarity.allocations import clocks
from domain.subsidiarity.allocations import commands as asked
from domain.subsidiarity.allocations import events as happened
from domain.subsidiarity.allocations.checks import act_on, candidate, decided, undecided
from domain.subsidiarity.allocations.events import Event
from domain.subsidiarity.allocations.state import Allocation, State
from domain.subsidiarity.allocations.words import Due, Ground, Mode
from domain.subsidiarity.words import nearness


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a choice comes to: whether it moves the matter away from the citizen, and only for a time."""

    upward: bool
    provisional: bool


def decide(command: asked.DecideAllocation, state: State) -> Sequence[Event]:
    found = undecided(state)
    day = act_on(command, found.requested_on)
    if not found.proposals:
        raise Refused(
            "nothing-proposed", "Nothing was proposed yet; a decision takes up a proposal, so that others could object."
        )
    _replied(command, found)
    verdict = _lawful(command, found, day, command.policy)
    _proposed(command, found, verdict)
    made = happened.AllocationDecided(
        sphere=command.sphere, mode=command.mode, upward=verdict.upward, provisional=verdict.provisional,
        decided_on=day, grounds=command.grounds, rests_on=command.rests_on, replies=command.replies,
        policy=command.policy.ref,
    )  # fmt: skip
    implied = clocks.implied(command, found, day)
    return [made, *clocks.void(found, Due.GRID), *implied, *_scheduled(found, day, command.revisit_on)]


def _proposed(command: asked.DecideAllocation, state: Allocation, verdict: Verdict) -> None:
    """Whoever is against moving it away from the citizen could object to that; that it stays takes no proposal."""
    if verdict.upward and command.sphere not in {one.sphere for one in state.proposals}:
        reason = f"Nobody has proposed that the {command.sphere} sphere should act, so nobody could object to it."
        raise Refused("not-proposed", reason, sphere=command.sphere, fields=("sphere",))


def _replied(command: asked.DecideAllocation, state: Allocation) -> None:
    """Every objection gets its reply."""
    replied = [one.objection for one in command.replies]
    if len(set(replied)) < len(replied):
        raise Refused("reply-repeated", "Each objection gets one reply.", fields=("replies",))
    if unknown := [number for number in replied if number > len(state.objections)]:
        raise Refused("no-such-objection", f"There is no objection {unknown[0]}.", fields=("replies",))
    if open_ones := [number for number in range(1, len(state.objections) + 1) if number not in replied]:
        reason = f"Every objection gets a reply; objection {open_ones[0]} has none."
        raise Refused("objection-unanswered", reason, objection=open_ones[0], fields=("replies",))


def _lawful(command: asked.Choice, state: Allocation, day: date, policy: Policy) -> Verdict:
    """Whether the choice holds; Refused with the rule that it breaks."""
    sphere = candidate(state, command.sphere)
    if command.revisit_on is not None:
        _sound_revisit(command.revisit_on, day)
    if sphere is state.nearest:
        return Verdict(upward=False, provisional=False)
    _heard_below(state, nearness(sphere), day, policy)
    _borne_out(command, state, policy)
    grounds, listed = set(command.grounds), policy.text("upward_grounds")
    if not grounds:
        reason = f"To move it away from the citizen takes a ground: {listed}."
        raise Refused("grounds-missing", reason, policy=policy.grounds("upward_grounds"), fields=("grounds",))
    lawful = {part.strip() for part in listed.split(",")} | {Ground.CAPACITY.value}
    if others := sorted(ground.value for ground in grounds if ground.value not in lawful):
        reason = f"No lawful ground here is {others[0]}; lawful are {listed}."
        raise Refused("ground-not-lawful", reason, policy=policy.grounds("upward_grounds"), fields=("grounds",))
    if grounds != {Ground.CAPACITY}:
        return Verdict(upward=True, provisional=False)
    _for_a_time(command, state, day, policy)
    return Verdict(upward=True, provisional=True)


def _heard_below(state: Allocation, chosen: int, day: date, policy: Policy) -> None:
    """Every unit that is nearer to the citizen and was asked has answered, or has had its time.

    A decision ends the clock of those who have not answered yet, and not their right to be heard before it is reversed.
    """
    answered = {one.unit for one in state.grids}
    silent = {one.unit for one in state.asked if nearness(one.sphere) < chosen} - answered
    for one in state.deadlines:
        if one.kind is Due.GRID and one.unit in silent and day <= one.due_on:
            reason = f"A nearer sphere has until {one.due_on} to answer, and has not."
            grounds = policy.grounds("min_consultation_days")
            raise Refused("nearer-sphere-unheard", reason, policy=grounds, unit=one.unit, due_on=one.due_on)


def _borne_out(command: asked.Choice, state: Allocation, policy: Policy) -> None:
    """Both tests, necessity and added value, hold in the grid that it rests on, with enough indicators."""
    number = command.rests_on
    if number is None or number > len(state.grids):
        raise Refused(
            "grid-missing",
            "To move it away from the citizen takes a grid that bears it out; name it.",
            fields=("rests_on",),
        )
    one = state.grids[number - 1]
    if state.latest_grid(one.unit) != (number, one):
        raise Refused("grid-replaced", f"The unit has replaced grid {number} by a later one.", fields=("rests_on",))
    if one.grid.favours is not command.sphere:
        raise Refused(
            "grid-favours-another", f"Grid {number} speaks for the {one.grid.favours} sphere.", fields=("rests_on",)
        )
    least = policy.whole("min_indicators")
    if not one.grid.carries_upward(least):
        reason = f"Necessity and added value both hold, and indicators (at least {least}) bear them out."
        raise Refused(
            "tests-not-met", reason, policy=policy.grounds("min_indicators"), grid=number, fields=("rests_on",)
        )


def _for_a_time(command: asked.Choice, state: Allocation, day: date, policy: Policy) -> None:
    """Want of capacity alone: only with a plan to end it, and a second look in time."""
    grounds = policy.grounds("revisit_months")
    if not state.new_plans:
        raise Refused("capacity-plan-missing", "Want of capacity takes a plan to end it; attach it.", policy=grounds)
    last = add_months(day, policy.whole("revisit_months"))
    if command.revisit_on is None or command.revisit_on > last:
        reason = f"Want of capacity alone never moves a matter for good: it is looked at again by {last}."
        raise Refused("capacity-alone", reason, policy=grounds, latest=last, fields=("revisit_on",))


def _sound_revisit(revisit_on: date, day: date) -> None:
    if revisit_on <= day:
        raise Refused("revisit-in-the-past", "A decision is looked at again after it was made.", fields=("revisit_on",))
    reachable(revisit_on, "revisit_on")


def _scheduled(state: Allocation, day: date, revisit_on: date | None) -> list[Event]:
    if revisit_on is None:
        return []
    return [happened.RevisitScheduled(revisit_on), clocks.revisit(state, day, revisit_on)]


def held_by_law(command: asked.RecordPowerByLaw, state: State) -> Sequence[Event]:
    """What a unit holds by law nobody entrusts it with; the directory says by which law."""
    found = decided(state)
    decision = found.decision
    assert decision is not None, "what is decided has a decision"
    day = act_on(command, decision.decided_on)
    if command.holder in found.held_by:
        return []
    if decision.mode is Mode.DELEGATED:
        raise Refused("mandate-needed", "It was decided that it acts for another one, who has to entrust it.")
    holder = alive(command.holder_facts, command.effective_on, "holder")
    if holder.sphere is not decision.sphere:
        reason = f"It was decided that the {decision.sphere} sphere is to act, and {holder.name} is of another one."
        raise Refused("other-sphere", reason, sphere=decision.sphere, fields=("holder",))
    law = _law(command, found, day)
    held = happened.PowerHeldByLaw(holder.id, law.function, law.territory, law.legal_basis, day)
    return [held, *clocks.met(found, Due.MANDATE, day)]


def _law(command: asked.RecordPowerByLaw, state: Allocation, day: date) -> Holding:
    """The law by which it is held on that day, over the question's territory, a part of it, or what it lies in."""
    here, there = on_day(command.lands, day), on_day(command.around, day)
    if command.territory in there or state.territory in here:
        for one in command.holdings:
            same = cofog.covers(one.function, state.function) or cofog.covers(state.function, one.function)
            if same and one.territory == command.territory and one.holds_on(day, day):
                return one
    reason = "The directory shows no law by which it holds that there on that day; a registrar records it first."
    raise Refused(
        "not-held-by-law", reason, function=state.function, territory=command.territory, fields=("holder", "territory")
    )


def schedule(command: asked.ScheduleRevisit, state: State) -> Sequence[Event]:
    found = decided(state)
    decision = found.decision
    assert decision is not None, "what is decided has a decision"
    day = act_on(command, decision.decided_on)
    _sound_revisit(command.revisit_on, day)
    if decision.provisional:
        last = add_months(decision.decided_on, command.policy.whole("revisit_months"))
        if command.revisit_on > last:
            reason = f"What was decided for want of capacity is looked at again by {last}."
            raise Refused(
                "capacity-alone",
                reason,
                policy=command.policy.grounds("revisit_months"),
                latest=last,
                fields=("revisit_on",),
            )
    owed = found.waiting(Due.REVISIT, Standing.OPEN, Standing.MISSED)
    if not owed:
        return _scheduled(found, day, command.revisit_on)
    number, one = owed[-1]
    if one.standing is Standing.MISSED:
        raise Refused("revisit-overdue", f"It was to be looked at by {one.due_on}; do so.", due_on=one.due_on)
    if one.due_on == command.revisit_on:
        return []
    moved = happened.AllocationDeadlineMoved(number, command.revisit_on)
    return [happened.RevisitScheduled(command.revisit_on), moved]


def revisit(command: asked.RevisitDecision, state: State) -> Sequence[Event]:
    """The same rules as for the first decision; what rests on want of capacity still needs a new plan."""
    found = decided(state)
    before = found.decision
    assert before is not None, "what is decided has a decision"
    day = act_on(command, before.decided_on)
    verdict = _lawful(command, found, day, command.policy)
    done = clocks.met(found, Due.REVISIT, day)
    said = {
        "sphere": command.sphere, "mode": command.mode, "upward": verdict.upward, "provisional": verdict.provisional,
        "decided_on": day, "grounds": command.grounds, "rests_on": command.rests_on, "policy": command.policy.ref,
    }  # fmt: skip
    again = _scheduled(found, day, command.revisit_on)
    if (command.sphere, command.mode) == (before.sphere, before.mode):
        return [happened.AllocationRevisited(**said), *done, *again]  # type: ignore[arg-type]
    reversed_ = happened.AllocationReversed(before=before.sphere, **said)  # type: ignore[arg-type]
    mandate = clocks.mandate(found, day, command.policy, command.calendar)
    return [reversed_, *done, *clocks.void(found, Due.MANDATE), mandate, *again]
