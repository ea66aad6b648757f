"""Allocations as they stand: who was asked and what they say, what was decided, and what has to follow."""

from typing import TypeAlias, assert_never
from uuid import UUID

from domain.kernel import Recorded
from domain.replacing import replace
from domain.subsidiarity import ALLOCATIONS as CONTEXT
from domain.subsidiarity.allocations import events as happened
from domain.subsidiarity.allocations.events import Event
from domain.subsidiarity.allocations.words import UNDECIDED, Due, Stage
from projections.allocation_row import AllocationRow, AnsweredObjection, GridRow, PowerRow, ProposalRow, Turn
from projections.kernel import Look, Subject, View, own_stream
from projections.review_row import Voice
from projections.things import Matter, Owed
from projections.units import unit_name

Deciding: TypeAlias = happened.AllocationDecided | happened.AllocationRevisited | happened.AllocationReversed
"""What settles, or settles anew, which sphere is to act."""
TURNS = {Due.GRID: Turn.SUBMIT_GRID, Due.MANDATE: Turn.RECORD_MANDATE, Due.REVISIT: Turn.REVISIT}


def fold(key: str, before: AllocationRow | None, record: Recorded, look: Look) -> AllocationRow | None:
    """The allocation after one of its records.

    Asked for a day in law, records come in the order of that time: what precedes the request leaves no row, and what
    speaks of a number not there yet changes nothing.
    """
    event: Event = record.event
    if isinstance(event, happened.AllocationRequested):
        return _heard(_requested(event, look), record)
    return None if before is None else _heard(_after(before, event, record), record)


def _requested(event: happened.AllocationRequested, look: Look) -> AllocationRow:
    return AllocationRow(
        name=event.matter.best(),
        matter=event.matter,
        function=event.function,
        territory=event.territory,
        territory_name=unit_name(look, event.territory),
        requester=event.requester,
        requester_name=unit_name(look, event.requester),
        decider=event.decider,
        decider_name=unit_name(look, event.decider),
        candidates=event.candidates,
        asked=tuple(one.unit for one in event.asked),
        requested_on=event.requested_on,
    )


def _after(row: AllocationRow, event: Event, record: Recorded) -> AllocationRow:
    if isinstance(event, happened.Timed):
        return _assessed(_timed(row, event, record), record)
    match event:
        case happened.AllocationRequested():
            return row
        case happened.RequestCorrected():
            matter = event.after.matter or row.matter
            return replace(row, name=matter.best(), matter=matter)
        case happened.GridSubmitted():
            others = tuple(one for one in row.grids if one.unit != event.unit)
            grid = event.grid
            tests = (grid.necessity.holds, grid.added_value.holds, len(grid.indicators))
            unseen = tuple(one for one in row.unseen if one != event.unit)
            one = GridRow(event.number, event.unit, event.sphere, grid.favours, *tests)
            return replace(row, grids=(*others, one), unseen=unseen)
        case happened.AllocationProposed():
            proposal = ProposalRow(event.number, event.unit, event.sphere, event.mode, event.why)
            put = replace(row, state=Stage.PROPOSED, proposals=(*row.proposals, proposal))
            return _waits(_settled(put, Turn.PROPOSE, Turn.DECIDE), Turn.DECIDE, row.decider, event.number, record)
        case happened.ObjectionLodged():
            objection = AnsweredObjection(event.number, event.unit, event.proposal, event.why)
            return replace(row, objections=(*row.objections, objection))
        case happened.CapacityPlanAttached():
            return replace(row, capacity_plans=event.number)
        case happened.AllocationDecided() | happened.AllocationRevisited() | happened.AllocationReversed():
            return _decided(row, event, record)
        case happened.RequestWithdrawn():
            return replace(row, state=Stage.WITHDRAWN, matters=())
        case happened.RevisitScheduled():
            return replace(row, revisit_on=event.revisit_on)
        case happened.RevisitDue():
            return replace(row, revisit_due=True)
        case happened.MandateFollowed():
            state = row.state if row.state in UNDECIDED else Stage.IN_FORCE
            return replace(row, state=state, unresolved=False, mandates=(*row.mandates, event.mandate))
        case happened.PowerHeldByLaw():
            power = PowerRow(event.holder, event.function, event.territory, event.legal_basis)
            return replace(row, state=Stage.IN_FORCE, unresolved=False, powers=(*row.powers, power))
        case happened.PowerByLawCorrected():
            return _without_power(row, event)
        case happened.NoMandateFollowed():
            return replace(row, unresolved=True)
        case _:
            assert_never(event)


def _without_power(row: AllocationRow, event: happened.PowerByLawCorrected) -> AllocationRow:
    powers = tuple(one for one in row.powers if one.holder != event.holder)
    carried_out = powers or row.mandates or row.state is not Stage.IN_FORCE
    return replace(row, powers=powers, state=row.state if carried_out else Stage.DECIDED)


def _waits(row: AllocationRow, turn: Turn, unit: UUID | None, number: int, record: Recorded) -> AllocationRow:
    return replace(row, matters=(*row.matters, Matter(turn, unit, number, record.at.date())))


def _settled(row: AllocationRow, *turns: Turn, number: int | None = None) -> AllocationRow:
    """Without what it waited for; with `number`, only what was about that number."""
    kept = (one for one in row.matters if one.turn not in turns or (number is not None and one.number != number))
    return replace(row, matters=tuple(kept))


def _timed(row: AllocationRow, event: happened.Timed, record: Recorded) -> AllocationRow:
    match event:
        case happened.AllocationDeadlineSet():
            owed = Owed(event.number, event.kind, event.unit, event.starts_on, event.due_on)
            asked = _unseen(replace(row, owed=(*row.owed, owed)), event, record)
            # What is owed much later (a mandate, a second look) waits for nobody until its day.
            return (
                _waits(asked, Turn.SUBMIT_GRID, event.unit, event.number, record) if event.kind is Due.GRID else asked
            )
        case happened.AllocationDeadlineMet() | happened.AllocationDeadlineVoided():
            left = replace(row, owed=tuple(one for one in row.owed if one.number != event.number))
            return _settled(left, *TURNS.values(), number=event.number)
        case happened.AllocationDeadlineMissed():
            missed = tuple(replace(one, missed=True) if one.number == event.number else one for one in row.owed)
            late = _settled(replace(row, owed=missed), *TURNS.values(), number=event.number)
            if event.kind is Due.GRID:
                return replace(late, lapsed=late.lapsed if event.unit is None else (*late.lapsed, event.unit))
            return _waits(late, TURNS[event.kind], event.unit, event.number, record)
        case happened.AllocationDeadlineMoved():
            moved = (replace(one, due_on=event.due_on) if one.number == event.number else one for one in row.owed)
            return replace(row, owed=tuple(moved))
        case _:
            assert_never(event)


def _unseen(row: AllocationRow, event: happened.AllocationDeadlineSet, record: Recorded) -> AllocationRow:
    """A question that was dated back so far that a unit learns of it on its last day or later; see decision 13."""
    if event.kind is not Due.GRID or event.unit is None or event.due_on > record.at.date():
        return row
    return replace(row, unseen=(*row.unseen, event.unit))


def _assessed(row: AllocationRow, record: Recorded) -> AllocationRow:
    """Everybody who was asked has answered, or has let their time pass; then somebody has to propose."""
    if row.state is not Stage.REQUESTED:
        return row
    answered = {one.unit for one in row.grids} | set(row.lapsed)
    if not set(row.asked) <= answered:
        return row
    return _waits(replace(row, state=Stage.ASSESSED), Turn.PROPOSE, row.decider, 0, record)


def _decided(row: AllocationRow, event: Deciding, record: Recorded) -> AllocationRow:
    anew = not isinstance(event, happened.AllocationRevisited)
    done = replace(
        row,
        state=Stage.DECIDED if anew else Stage.REVISITED,
        sphere=event.sphere,
        mode=event.mode,
        upward=event.upward,
        provisional=event.provisional,
        grounds=event.grounds,
        rests_on=event.rests_on,
        decided_on=event.decided_on,
        because=record.because,
        policy=event.policy,
        revisit_on=None,
        revisit_due=False,
        mandates=() if anew else row.mandates,
        powers=() if anew else row.powers,
        unresolved=False if anew else row.unresolved,
    )
    if isinstance(event, happened.AllocationDecided):
        replies = {one.objection: one.reply for one in event.replies}
        done = replace(done, objections=tuple(replace(one, reply=replies.get(one.number)) for one in done.objections))
    if isinstance(event, happened.AllocationReversed):  # nobody waits for a mandate of what was decided before
        return _settled(done, TURNS[Due.MANDATE])
    undecided = row.state in UNDECIDED
    return _settled(done, Turn.PROPOSE, Turn.DECIDE, Turn.SUBMIT_GRID) if undecided else done


def _heard(row: AllocationRow, record: Recorded) -> AllocationRow:
    unit = record.actor.unit
    if unit is None:
        return row
    others = tuple(voice for voice in row.voices if voice.unit != unit)
    return replace(row, voices=(*others, Voice(unit, record.at.date())))


ALLOCATIONS = View(
    name="allocations",
    version=3,
    says="Which sphere should act on what, where: who was asked, what they say, what was decided and what follows.",
    subject=Subject.SUBSIDIARITY,
    shows=(
        "state",
        "function",
        "requester_name",
        "decider_name",
        "sphere",
        "mode",
        "upward",
        "decided_on",
        "revisit_on",
    ),
    row=AllocationRow,
    key_says="The allocation's id.",
    touched_by=CONTEXT.events,
    keys=own_stream,
    fold=fold,
    reads=("units",),
    sort="requested_on",
    valid_time=True,
)
