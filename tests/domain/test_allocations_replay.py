"""Any history that the rules allow replays to the same state, and keeps what the rules promise."""

from datetime import date
from itertools import chain

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendars import add_months
from domain.deadlines import Standing
from domain.subsidiarity import ALLOCATIONS
from domain.subsidiarity.allocations import events as happened
from domain.subsidiarity.allocations.state import Allocation
from domain.subsidiarity.allocations.words import Due, Ground
from domain.subsidiarity.words import nearness
from tests.domain.allocation_stories import histories
from tests.domain.moves import Move

decider = ALLOCATIONS.decider


def told(moves: list[Move]) -> tuple[object, ...]:
    return tuple(chain.from_iterable(move.events for move in moves))


@given(histories(), st.integers(0, 60))
@settings(max_examples=200)
def test_any_accepted_sequence_replays_to_the_same_state(moves: list[Move], cut: int) -> None:
    events = told(moves)
    assert decider.fold(events[cut:], decider.fold(events[:cut])) == decider.fold(events)


@given(histories())
@settings(max_examples=200)
def test_nothing_moves_away_from_the_citizen_without_what_carries_it(moves: list[Move]) -> None:
    state = decider.initial
    for event in told(moves):
        if isinstance(event, happened.AllocationDecided | happened.AllocationRevisited | happened.AllocationReversed):
            assert isinstance(state, Allocation)
            assert event.upward == (nearness(event.sphere) > nearness(state.nearest))
            if event.upward:
                assert event.rests_on is not None
                assert state.grids[event.rests_on - 1].grid.carries_upward(1)
                assert event.grounds
            assert event.provisional == (event.upward and set(event.grounds) == {Ground.CAPACITY})
        state = decider.evolve(state, event)


@given(histories())
@settings(max_examples=200)
def test_what_rests_on_want_of_capacity_has_its_day(moves: list[Move]) -> None:
    state = decider.fold(told(moves))
    if not isinstance(state, Allocation) or state.decision is None or not state.decision.provisional:
        return
    looked_at = state.waiting(Due.REVISIT, Standing.OPEN, Standing.MISSED)
    assert looked_at, "it is looked at again"
    last: date = add_months(state.decision.decided_on, 36)
    assert all(one.due_on <= last for _, one in looked_at)


@given(histories())
@settings(max_examples=100)
def test_deadlines_are_dense_and_missed_once(moves: list[Move]) -> None:
    events = told(moves)
    numbers = [event.number for event in events if isinstance(event, happened.AllocationDeadlineSet)]
    assert numbers == list(range(1, len(numbers) + 1))
    missed = [event.number for event in events if isinstance(event, happened.AllocationDeadlineMissed)]
    assert len(set(missed)) == len(missed)
