"""What a commitment waits for: said by its owners, taken back by them, and never in a circle."""

from collections.abc import Collection
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.commitments.depending import MOST_DEPENDENCIES, MOST_WAITED_FOR
from domain.commitments.state import facts
from domain.commitments.words import Outcome
from domain.kernel import CommitmentFacts, Dependency, Level, Sphere, StreamId
from tests.domain.commitment_stories import (
    CITY,
    DAY,
    REGION,
    STREAM,
    add_milestone,
    adopted,
    adopted_alone,
    agreed,
    ask,
    commitment,
    from_source,
    other,
    propose_alone,
    story,
)

PERMIT = other(1)
OWN = CommitmentFacts(STREAM, exists=True, owner=CITY, name="A tram by 2030", milestones=1)
close = ask(asked.CloseCommitment, outcome=Outcome.NOT_MET, level=Level.SELF_REPORTED)


def depend(*chain: CommitmentFacts, on: int | None = None, milestone: int | None = None) -> asked.DependOn:
    """Waits for the first of the chain, the others being those that are waited for in turn."""
    command = ask(asked.DependOn, chain=chain, commitment_milestone=on, milestone=milestone)
    return cast(asked.DependOn, command)


def withdraw(number: int) -> asked.WithdrawDependency:
    return cast(asked.WithdrawDependency, ask(asked.WithdrawDependency, dependency=number))


def declared(number: int, on: CommitmentFacts, *places: int | None) -> happened.DependencyDeclared:
    assert on.owner is not None
    return happened.DependencyDeclared(number, on.id, on.owner, *places)


# --- said and taken back ---


@pytest.mark.parametrize("before", [(propose_alone,), agreed, adopted_alone, adopted])
def test_it_waits_for_another_one_from_the_first_day_on(before: tuple[object, ...]) -> None:
    story(*before).when(depend(PERMIT)).then(declared(1, PERMIT))


def test_a_milestone_waits_for_a_milestone_of_another_one() -> None:
    told = story(*adopted)
    told.when(depend(PERMIT, on=2, milestone=1)).then(declared(1, PERMIT, 2, 1))
    told.when(depend(PERMIT, on=3, milestone=1)).then_refused("no-such-milestone")
    told.when(depend(PERMIT, on=2, milestone=2)).then_refused("no-such-milestone")


def test_to_say_so_twice_changes_nothing_and_another_place_is_another_dependency() -> None:
    told = story(*adopted, depend(PERMIT))
    told.when(depend(PERMIT)).then_nothing_happens()
    told.when(depend(PERMIT, on=1)).then(declared(2, PERMIT, 1))


def test_what_was_taken_back_is_said_anew_under_another_number() -> None:
    told = story(*adopted, depend(PERMIT), withdraw(1))
    assert commitment(told).depends_on() == ()
    told.when(withdraw(1)).then_nothing_happens()
    told.when(depend(PERMIT)).then(declared(2, PERMIT))
    told.when(withdraw(2)).then_refused("no-such-dependency")


def test_nothing_waits_for_what_is_not_there_or_has_ended() -> None:
    told = story(*adopted)
    told.when(depend(CommitmentFacts(PERMIT.id, exists=False))).then_refused("no-such-commitment")
    told.when(depend(replace(PERMIT, ended=True))).then_refused("waited-for-ended")


def test_what_has_ended_waits_for_nothing() -> None:
    told = story(*adopted, depend(PERMIT))
    assert facts(told.state, STREAM).depends_on == (Dependency(PERMIT.id),)
    ended = told.after(close)
    ended.when(depend(other(2))).then_refused("commitment-ended")
    ended.when(withdraw(1)).then_refused("commitment-ended")
    assert facts(ended.state, STREAM).depends_on == ()


def test_what_was_read_in_a_source_waits_until_the_unit_has_taken_it_on() -> None:
    story(from_source).when(depend(PERMIT)).then_refused("confirm-source-first")


def test_a_successor_waits_for_the_same() -> None:
    told = story(*adopted, depend(PERMIT))
    after = told.given(happened.PartySucceeded(CITY, REGION, Sphere.REGIONAL, DAY))
    assert commitment(after).depends_on() == (Dependency(PERMIT.id),)


# --- never in a circle ---


def waits(place: int | None = None, for_: int | None = None) -> Dependency:
    """What another commitment says: this place of it waits for that place of the story's."""
    return Dependency(STREAM, for_, place)


def test_two_that_wait_for_one_another_are_a_cycle_and_it_is_printed() -> None:
    refused = story(*adopted).when(depend(other(1, waits()), OWN)).then_refused("dependency-cycle")
    assert "A tram by 2030 -> Permit 1 -> A tram by 2030." in refused.reason
    assert refused.facts["cycle"] == (str(STREAM), str(PERMIT.id), str(STREAM))


def test_a_cycle_is_found_through_whatever_lies_between() -> None:
    far = [other(number, Dependency(other(number + 1).id)) for number in range(1, 9)]
    chain = (*far, other(9, waits(for_=1)), OWN)
    refused = story(*adopted).when(depend(*chain, milestone=1)).then_refused("dependency-cycle")
    assert refused.reason.count(" -> ") == 10
    assert "A tram by 2030 (milestone 1) -> Permit 1" in refused.reason


def test_nothing_waits_for_itself() -> None:
    told = story(*adopted)
    told.when(depend(OWN)).then_refused("dependency-cycle")
    told.when(depend(OWN, on=1, milestone=1)).then_refused("dependency-cycle")


def test_a_milestone_does_not_wait_for_the_whole_that_waits_for_it() -> None:
    told = story(*adopted)
    told.when(depend(OWN, milestone=1)).then_refused("dependency-cycle")
    told.when(depend(OWN, on=1)).then_refused("own-milestone")
    theirs = other(1, waits(place=1))
    told.when(depend(theirs, OWN, milestone=1)).then_refused("dependency-cycle")


def test_steps_of_two_commitments_may_wait_in_turn() -> None:
    theirs = other(1, waits(place=2, for_=1))
    story(*adopted).when(depend(theirs, OWN, on=1, milestone=1)).then(declared(1, theirs, 1, 1))


def test_whoever_says_it_first_is_followed_by_who_waits_for_them() -> None:
    """Of the own commitment what was said before counts, whatever stands among the facts."""
    told = story(*adopted, depend(PERMIT, milestone=1))
    back = other(2, Dependency(PERMIT.id))
    told.when(depend(back, PERMIT)).then(declared(2, back))
    loop = other(3, waits(for_=None))
    told.when(depend(loop, OWN, on=None)).then_refused("dependency-cycle")


# --- as far as anybody can follow ---


def test_there_is_an_end_to_what_one_commitment_waits_for() -> None:
    told = story(*adopted, *(depend(other(number)) for number in range(MOST_DEPENDENCIES)))
    told.when(depend(other(90))).then_refused("too-many-dependencies")
    told.when(depend(other(0))).then_nothing_happens()
    told.after(withdraw(1)).when(depend(other(90))).then(declared(MOST_DEPENDENCIES + 1, other(90)))


def test_there_is_an_end_to_a_chain() -> None:
    chain = [other(number) for number in range(MOST_WAITED_FOR + 1)]
    told = story(*adopted)
    told.when(depend(*chain)).then_refused("chain-too-long")
    told.when(depend(*chain[:-1])).then(declared(1, chain[0]))


def test_whoever_is_waited_for_is_named() -> None:
    [event] = story(*adopted).when(depend(PERMIT)).events
    assert event.owner == REGION
    assert event.commitment == StreamId(UUID(int=8001))


# --- whatever is said in any order ---

STREAMS = tuple(StreamId(UUID(int=9000 + number)) for number in range(4))
STEPS = (None, 1, 2)
PLACES = st.tuples(st.sampled_from(STREAMS), st.sampled_from(STEPS))
Edge: TypeAlias = tuple[tuple[StreamId, int | None], tuple[StreamId, int | None]]


def waits_in_a_circle(edges: Collection[Edge]) -> bool:
    """As the standard library sees it; the whole of each waits for both of its milestones."""
    sorter = TopologicalSorter[tuple[StreamId, int | None]]()
    for stream in STREAMS:
        sorter.add((stream, None), (stream, 1), (stream, 2))
    for waiting, waited_for in edges:
        sorter.add(waiting, waited_for)
    try:
        sorter.prepare()
    except CycleError:
        return True
    return False


def told_of(stream: StreamId, edges: Collection[Edge]) -> CommitmentFacts:
    own = tuple(Dependency(*after, milestone) for (of, milestone), after in edges if of == stream)
    return CommitmentFacts(stream, exists=True, owner=REGION, name=str(stream), milestones=2, depends_on=own)


def reached_from(first: StreamId, edges: Collection[Edge]) -> tuple[CommitmentFacts, ...]:
    found, waiting = dict[StreamId, CommitmentFacts](), [first]
    for stream in waiting:
        if stream not in found:
            found[stream] = told_of(stream, edges)
            waiting += (one.commitment for one in found[stream].depends_on)
    return tuple(found.values())


@given(st.lists(st.tuples(PLACES, PLACES), max_size=25))
def test_a_dependency_is_refused_as_a_cycle_exactly_where_it_would_close_one(wishes: list[Edge]) -> None:
    begun = story(propose_alone, add_milestone, add_milestone)
    told, edges = dict.fromkeys(STREAMS, begun), list[Edge]()
    for wish in wishes:
        (of, milestone), (on, on_milestone) = wish
        command = replace(depend(*reached_from(on, edges), on=on_milestone, milestone=milestone), stream=of)
        outcome = told[of].when(command)
        code = outcome.refused.code if outcome.refused else ""
        if code != "own-milestone":
            assert (code == "dependency-cycle") == waits_in_a_circle([*edges, wish])
        if outcome.events:
            told[of], edges = told[of].given(*outcome.events), [*edges, wish]
    assert not waits_in_a_circle(edges)
