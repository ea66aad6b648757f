"""Any history that the rules allow replays to the same state, and nothing but a refusal ever stops a command."""

from itertools import chain
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.deadlines import Standing
from domain.mandates import MANDATES
from domain.mandates import events as happened
from domain.mandates.state import Mandate
from domain.mandates.words import ENDED, STANDING, Due
from tests.domain.mandate_histories import histories
from tests.domain.mandate_stories import REGION
from tests.domain.moves import Move

decider = MANDATES.decider


@given(histories(), st.integers(0, 60))
@settings(max_examples=150)
def test_any_accepted_sequence_replays_to_the_same_state(moves: list[Move], cut: int) -> None:
    events = tuple(chain.from_iterable(move.events for move in moves))
    whole = decider.fold(events)
    assert decider.fold(events[cut:], decider.fold(events[:cut])) == whole
    assert isinstance(whole, Mandate)
    assert whole.version == len(events)
    assert {type(event) for event in events} <= set(MANDATES.events)


@given(histories())
@settings(max_examples=150)
def test_deadlines_are_dense_and_none_runs_when_all_is_over(moves: list[Move]) -> None:
    events = tuple(chain.from_iterable(move.events for move in moves))
    numbers = [event.number for event in events if isinstance(event, happened.DeadlineSet)]
    assert numbers == list(range(1, len(numbers) + 1))
    missed = [event.number for event in events if isinstance(event, happened.DeadlineMissed)]
    assert len(set(missed)) == len(missed), "a deadline is missed once"
    state = decider.fold(events)
    running = [one for one in state.deadlines if one.standing in (Standing.OPEN, Standing.SUSPENDED)]
    if state.stage in ENDED:
        assert not running
    if state.stage in STANDING:
        of_reports = [one for one in running if one.kind is Due.REPORT]
        assert len(of_reports) == (1 if state.terms.reporting_months else 0), "one report is owed at a time"
        assert len([one for one in running if one.kind is Due.EXPIRY]) == (0 if state.ends_on is None else 1)


@given(histories())
@settings(max_examples=150)
def test_what_is_exclusive_is_taken_once_and_freed_once(moves: list[Move]) -> None:
    held = set[str]()
    for event in chain.from_iterable(move.events for move in moves):
        for claim in MANDATES.claims(event):
            assert (claim.word in held) is not claim.taken
            held ^= {claim.word}
    state = decider.fold(tuple(chain.from_iterable(move.events for move in moves)))
    scope: Any = state.freed
    assert (scope is not None) is (state.terms.exclusive and state.stage in STANDING)
    lands = (scope.territory, *scope.within) if scope else ()
    assert held == {word for land in lands for word in scope.words(land)}


@given(histories())
@settings(max_examples=100)
def test_nothing_ends_before_it_began_and_the_dates_stay_in_order(moves: list[Move]) -> None:
    state = decider.fold(tuple(chain.from_iterable(move.events for move in moves)))
    if state.activated_on is not None:
        assert state.activated_on >= state.terms.starts_on
        if state.over_on is not None:
            assert state.over_on >= state.activated_on
    assert state.giver != state.recipient or state.giver != REGION
