"""What later decisions need to know of an allocation, and how each event changes it."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias, assert_never

from domain.correcting import with_right
from domain.deadlines import Standing, numbers
from domain.kernel import Sphere, StreamId, UnitId, Words
from domain.replacing import replace, replace_nth
from domain.subsidiarity.allocations import events as happened
from domain.subsidiarity.allocations.events import Event
from domain.subsidiarity.allocations.words import Asked, Due, Grid, Mode, Stage
from domain.subsidiarity.words import Document, nearness


@dataclass(frozen=True, slots=True)
class DeadlineState:
    kind: Due
    starts_on: date
    due_on: date
    unit: UnitId | None
    policy: str = ""
    calendar: str = ""
    standing: Standing = Standing.OPEN


@dataclass(frozen=True, slots=True)
class GridState:
    unit: UnitId
    sphere: Sphere
    grid: Grid


@dataclass(frozen=True, slots=True)
class ProposalState:
    unit: UnitId
    sphere: Sphere
    mode: Mode


@dataclass(frozen=True, slots=True)
class PowerState:
    """Who holds the power by law, as the record of that version says."""

    holder: UnitId
    version: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What holds now: decided, or as last revisited."""

    sphere: Sphere
    mode: Mode
    provisional: bool
    decided_on: date


@dataclass(frozen=True, slots=True)
class Absent:
    """Nobody asked yet."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """Numbered things are tuples: number n is the item at n - 1.

    `new_plans`: capacity plans attached since the last decision. `mandates`: those that followed the last one;
    `powers`: what units hold of it by law. `version`: the number of events so far.
    """

    requester: UnitId
    decider: UnitId
    matter: Words
    description: Words
    document: Document | None
    function: str
    territory: UnitId
    candidates: tuple[Sphere, ...]
    asked: tuple[Asked, ...]
    requested_on: date
    stage: Stage = Stage.REQUESTED
    grids: tuple[GridState, ...] = ()
    proposals: tuple[ProposalState, ...] = ()
    objections: tuple[UnitId, ...] = ()
    plans: int = 0
    new_plans: int = 0
    decision: Decision | None = None
    mandates: tuple[StreamId, ...] = ()
    powers: tuple[PowerState, ...] = ()
    deadlines: tuple[DeadlineState, ...] = ()
    version: int = 1

    @property
    def nearest(self) -> Sphere:
        """The candidate nearest to the citizen, where the matter stays unless there are grounds."""
        return min(self.candidates, key=nearness)

    @property
    def held_by(self) -> tuple[UnitId, ...]:
        """Who holds the power by law."""
        return tuple(one.holder for one in self.powers)

    def latest_grid(self, unit: UnitId) -> tuple[int, GridState] | None:
        """The grid that a unit stands by, with its number."""
        found = [(number, one) for number, one in enumerate(self.grids, start=1) if one.unit == unit]
        return found[-1] if found else None

    def waiting(self, kind: Due, *standing: Standing) -> list[tuple[int, DeadlineState]]:
        """The deadlines of a kind that stand so (open, if nothing is said), with their numbers."""
        return numbers(self, (kind,), standing or (Standing.OPEN,))


State: TypeAlias = Absent | Allocation


def evolve(state: State, event: Event) -> State:
    """The allocation after one more event."""
    if isinstance(event, happened.AllocationRequested):
        return Allocation(
            requester=event.requester, decider=event.decider, matter=event.matter, description=event.description,
            document=event.document, function=event.function, territory=event.territory,
            candidates=event.candidates, asked=event.asked, requested_on=event.requested_on,
        )  # fmt: skip
    assert isinstance(state, Allocation), "an allocation's first event asks for it"
    return replace(_changed(state, event), version=state.version + 1)


def _changed(state: Allocation, event: Event) -> Allocation:
    assert not isinstance(event, happened.AllocationRequested), "it is asked for once"
    if isinstance(event, happened.Timed):
        return _assessed(_timed(state, event))
    match event:
        case happened.RequestCorrected():
            return with_right(state, event)
        case happened.GridSubmitted():
            return replace(state, grids=(*state.grids, GridState(event.unit, event.sphere, event.grid)))
        case happened.AllocationProposed():
            proposal = ProposalState(event.unit, event.sphere, event.mode)
            return replace(state, stage=Stage.PROPOSED, proposals=(*state.proposals, proposal))
        case happened.ObjectionLodged():
            return replace(state, objections=(*state.objections, event.unit))
        case happened.CapacityPlanAttached():
            return replace(state, plans=event.number, new_plans=state.new_plans + 1)
        case happened.AllocationDecided():
            return _decided(replace(state, mandates=(), powers=()), event, Stage.DECIDED)
        case happened.AllocationReversed():
            return _decided(replace(state, mandates=(), powers=()), event, Stage.DECIDED)
        case happened.AllocationRevisited():
            return _decided(state, event, Stage.REVISITED)
        case happened.RequestWithdrawn():
            return replace(state, stage=Stage.WITHDRAWN)
        case happened.MandateFollowed():
            stage = state.stage if state.decision is None else Stage.IN_FORCE
            return replace(state, stage=stage, mandates=(*state.mandates, event.mandate))
        case happened.PowerHeldByLaw():
            power = PowerState(event.holder, state.version + 1)
            return replace(state, stage=Stage.IN_FORCE, powers=(*state.powers, power))
        case happened.PowerByLawCorrected():
            return _without(state, event.holder)
        case happened.RevisitScheduled() | happened.RevisitDue() | happened.NoMandateFollowed():
            return state
        case _:
            assert_never(event)


_Deciding: TypeAlias = happened.AllocationDecided | happened.AllocationRevisited | happened.AllocationReversed


def _decided(state: Allocation, event: _Deciding, stage: Stage) -> Allocation:
    decision = Decision(event.sphere, event.mode, event.provisional, event.decided_on)
    return replace(state, stage=stage, decision=decision, new_plans=0)


def _without(state: Allocation, holder: UnitId) -> Allocation:
    powers = tuple(one for one in state.powers if one.holder != holder)
    carried_out = powers or state.mandates or state.stage is not Stage.IN_FORCE
    return replace(state, powers=powers, stage=state.stage if carried_out else Stage.DECIDED)


def _timed(state: Allocation, event: happened.Timed) -> Allocation:
    match event:
        case happened.AllocationDeadlineSet():
            one = DeadlineState(event.kind, event.starts_on, event.due_on, event.unit, event.policy, event.calendar)
            return replace(state, deadlines=(*state.deadlines, one))
        case happened.AllocationDeadlineMet():
            return _deadline(state, event.number, standing=Standing.MET)
        case happened.AllocationDeadlineMissed():
            return _deadline(state, event.number, standing=Standing.MISSED)
        case happened.AllocationDeadlineVoided():
            return _deadline(state, event.number, standing=Standing.VOID)
        case happened.AllocationDeadlineMoved():
            return _deadline(state, event.number, due_on=event.due_on)
        case _:
            assert_never(event)


def _deadline(state: Allocation, number: int, **changes: object) -> Allocation:
    return replace(state, deadlines=replace_nth(state.deadlines, number, **changes))


def _assessed(state: Allocation) -> Allocation:
    """Everybody who was asked has answered, or has let their time pass."""
    if state.stage is not Stage.REQUESTED or state.waiting(Due.GRID):
        return state
    grids = [one for one in state.deadlines if one.kind is Due.GRID]
    return replace(state, stage=Stage.ASSESSED) if len(grids) == len(state.asked) else state
