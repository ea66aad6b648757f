"""The question is put, and the units of every sphere concerned say how they see it."""

from collections.abc import Sequence
from datetime import date

from domain import cofog
from domain.calendars import due
from domain.guards import alive, all_alive
from domain.kernel import Refused, Sphere
from domain.subsidiarity.allocations import clocks
from domain.subsidiarity.allocations import commands as asked
from domain.subsidiarity.allocations import events as happened
from domain.subsidiarity.allocations.checks import act_on, asked_for, candidate, standing, there, undecided
from domain.subsidiarity.allocations.events import AllocationDeadlineSet, Event
from domain.subsidiarity.allocations.state import Absent, State
from domain.subsidiarity.allocations.words import Asked, Due, Stage
from domain.subsidiarity.words import nearness


def request(command: asked.RequestDecision, state: State) -> Sequence[Event]:
    if not isinstance(state, Absent):
        raise Refused("allocation-exists", "This question has already been put.")
    day = act_on(command, date.min)
    _who_asks_whom(command)
    alive(command.territory_facts, command.effective_on, "territory")
    all_alive(command.affected_facts, command.effective_on, "affected.*")
    if not cofog.is_function(command.function):
        raise Refused("unknown-function", f"COFOG has no function {command.function}.", fields=("function",))
    _candidates(command)
    units = _affected(command)
    ends = due(day, command.calendar, days=command.policy.whole("min_consultation_days"))
    requested = happened.AllocationRequested(
        requester=command.requester, requester_sphere=command.acting.sphere, decider=command.decider,
        matter=command.matter, description=command.description, function=command.function,
        territory=command.territory, candidates=tuple(sorted(command.candidates, key=nearness)), asked=units,
        requested_on=day, document=command.document,
    )  # fmt: skip
    answers = [
        AllocationDeadlineSet(0, Due.GRID, day, ends, command.policy.ref, command.calendar.name, one.unit)
        for one in units
    ]
    return [requested, *answers]


def _who_asks_whom(command: asked.RequestDecision) -> None:
    """A community asks by way of participation; whoever takes part without authority settles nobody's."""
    if command.acting.sphere is Sphere.COMMUNITY:
        reason = "A unit of government puts the question; a community brings it to one of them."
        raise Refused("requester-is-community", reason, fields=("requester",))
    decider = alive(command.decider_facts, command.effective_on, "decider")
    if not decider.sphere.has_authority:
        reason = f"{decider.name} is of the {decider.sphere} sphere, which takes part, and has no authority to decide."
        raise Refused("no-authority", reason, unit=decider.id, fields=("decider",))


def _candidates(command: asked.RequestDecision) -> None:
    for sphere in command.candidates:
        if not sphere.has_authority:
            raise Refused(
                "no-authority",
                f"The {sphere} sphere takes part, and has no authority.",
                sphere=sphere,
                fields=("candidates",),
            )
    if len(set(command.candidates)) < len(command.candidates):
        raise Refused("sphere-repeated", "Each sphere is named once.", fields=("candidates",))
    if Sphere.LOCAL not in command.candidates:
        reason = "The sphere nearest to the citizen is always asked (Charter of Local Self-Government, art. 4(3))."
        raise Refused(
            "local-sphere-missing", reason, policy=command.policy.grounds("upward_grounds"), fields=("candidates",)
        )


def _affected(command: asked.RequestDecision) -> tuple[Asked, ...]:
    if len(set(command.affected)) < len(command.affected):
        raise Refused("unit-repeated", "Each unit is asked once.", fields=("affected",))
    units = tuple(Asked(facts.id, facts.sphere) for facts in command.affected_facts)
    spheres = {one.sphere for one in units}
    if missing := sorted(set(command.candidates) - spheres, key=nearness):
        raise Refused(
            "nobody-asked", f"No unit of the {missing[0]} sphere is asked.", sphere=missing[0], fields=("affected",)
        )
    if others := sorted(spheres - set(command.candidates)):
        raise Refused(
            "not-a-candidate",
            f"The {others[0]} sphere is no candidate, so none of its units is asked.",
            fields=("affected",),
        )
    return units


def submit(command: asked.SubmitGrid, state: State) -> Sequence[Event]:
    """A grid is taken at any time, also for a second look; it meets its deadline, late if that has passed."""
    found = standing(state)
    one = asked_for(found, command.acting.id)
    day = act_on(command, found.requested_on)
    candidate(found, command.grid.favours, "grid.favours")
    number = len(found.grids) + 1
    submitted = happened.GridSubmitted(number, one.unit, one.sphere, command.grid, command.document)
    return [submitted, *clocks.met(found, Due.GRID, day, one.unit)]


def propose(command: asked.ProposeAllocation, state: State) -> Sequence[Event]:
    found = undecided(state)
    act_on(command, found.requested_on)
    sphere = candidate(found, command.sphere)
    number = len(found.proposals) + 1
    return [happened.AllocationProposed(number, command.acting.id, sphere, command.mode, command.why)]


def object_to(command: asked.ObjectToAllocation, state: State) -> Sequence[Event]:
    found = undecided(state)
    one = asked_for(found, command.acting.id)
    act_on(command, found.requested_on)
    if command.proposal > len(found.proposals):
        raise Refused("no-such-proposal", f"There is no proposal {command.proposal}.", fields=("proposal",))
    if found.proposals[command.proposal - 1].unit == one.unit:
        raise Refused("own-proposal", "Nobody objects to their own proposal; make another one.", fields=("proposal",))
    return [happened.ObjectionLodged(len(found.objections) + 1, one.unit, command.proposal, command.why)]


def plan(command: asked.AttachCapacityPlan, state: State) -> Sequence[Event]:
    found = standing(state)
    act_on(command, found.requested_on)
    return [happened.CapacityPlanAttached(found.plans + 1, command.acting.id, command.plan, command.document)]


def withdraw(command: asked.WithdrawRequest, state: State) -> Sequence[Event]:
    found = there(state)
    if found.stage is Stage.WITHDRAWN:
        return []
    found = undecided(found)
    act_on(command, found.requested_on)
    return [happened.RequestWithdrawn(command.acting.id), *clocks.void(found)]
