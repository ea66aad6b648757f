"""Any history that the rules allow replays to the same state, whole or in parts."""

from itertools import chain

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.commitments import COMMITMENTS
from domain.commitments.events import DeadlineMissed, DeadlineSet, ProgressReported
from domain.commitments.state import Commitment
from domain.commitments.words import ENDED
from tests.domain.commitment_stories import histories
from tests.domain.moves import Move

decider = COMMITMENTS.decider


@given(histories(), st.integers(0, 60))
@settings(max_examples=150)
def test_any_accepted_sequence_replays_to_the_same_state(moves: list[Move], cut: int) -> None:
    events = tuple(chain.from_iterable(move.events for move in moves))
    whole = decider.fold(events)
    assert decider.fold(events[cut:], decider.fold(events[:cut])) == whole
    assert isinstance(whole, Commitment)
    assert whole.version == len(events)


@given(histories())
@settings(max_examples=150)
def test_deadlines_are_dense_and_none_is_open_when_all_is_over(moves: list[Move]) -> None:
    events = tuple(chain.from_iterable(move.events for move in moves))
    numbers = [event.number for event in events if isinstance(event, DeadlineSet)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len({event.number for event in events if isinstance(event, DeadlineMissed)}) == sum(
        isinstance(event, DeadlineMissed) for event in events
    ), "a deadline is missed once"
    state = decider.fold(events)
    if state.stage in ENDED:
        assert not [one for one in state.deadlines if one.standing == "open"]


@given(histories())
@settings(max_examples=100)
def test_reported_progress_never_falls_by_itself(moves: list[Move]) -> None:
    state = decider.initial
    for event in chain.from_iterable(move.events for move in moves):
        if isinstance(event, ProgressReported):
            last = state.last_report(event.milestone)
            assert last is None or event.percent >= last.percent
        state = decider.evolve(state, event)
