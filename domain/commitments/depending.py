"""What a commitment waits for: nothing that waits for it in turn, and no more than a reader can follow."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from domain.commitments import checks
from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.commitments.events import Event
from domain.commitments.state import Commitment, State, facts
from domain.kernel import CommitmentFacts, Dependency, Refused, StreamId
from domain.replacing import replace

MOST_DEPENDENCIES = 20
MOST_WAITED_FOR = 100
"""Commitments that one waits for, directly or not: a decision looks at each of them, and so does every reader."""


class Place(NamedTuple):
    """A commitment as a whole, or one of its milestones."""

    commitment: StreamId
    milestone: int | None


def depend_on(command: asked.DependOn, state: State) -> Sequence[Event]:
    found = checks.taken_on(checks.not_ended(checks.there(state)))
    if command.milestone is not None:
        checks.milestone(found, command.milestone, "milestone")
    other = next(one for one in command.chain if one.id == command.commitment)
    wish = Dependency(command.commitment, command.commitment_milestone, command.milestone)
    _sound(wish, other, command.stream)
    if wish in found.depends_on():
        return []
    if len(found.depends_on()) >= MOST_DEPENDENCIES:
        reason = f"A commitment waits for at most {MOST_DEPENDENCIES} others, milestones counted each."
        raise Refused("too-many-dependencies", reason)
    if len(command.chain) > MOST_WAITED_FOR:
        reason = f"It would wait for more than {MOST_WAITED_FOR} commitments, those included that others wait for."
        raise Refused("chain-too-long", reason, fields=("commitment",))
    _no_cycle(wish, found, command)
    assert other.owner is not None, "somebody owns what exists"
    number = len(found.dependencies) + 1
    return [
        happened.DependencyDeclared(number, wish.commitment, other.owner, wish.commitment_milestone, wish.milestone)
    ]


def withdraw(command: asked.WithdrawDependency, state: State) -> Sequence[Event]:
    found = checks.not_ended(checks.there(state))
    if command.dependency > len(found.dependencies):
        raise Refused("no-such-dependency", f"There is no dependency {command.dependency}.", fields=("dependency",))
    if found.dependencies[command.dependency - 1] is None:
        return []
    return [happened.DependencyWithdrawn(command.dependency)]


def _sound(wish: Dependency, other: CommitmentFacts, stream: StreamId) -> None:
    """Named while it can still come, so that somebody can be waited for."""
    if not other.exists:
        raise Refused(
            "no-such-commitment",
            "What is waited for has not been proposed.",
            commitment=wish.commitment,
            fields=("commitment",),
        )
    if other.ended:
        raise Refused(
            "waited-for-ended",
            f"{other.name} has ended; nothing waits for it.",
            commitment=other.id,
            fields=("commitment",),
        )
    if wish.commitment_milestone is not None and wish.commitment_milestone > other.milestones:
        reason = f"What is waited for has no milestone {wish.commitment_milestone}."
        raise Refused("no-such-milestone", reason, commitment=other.id, fields=("commitment_milestone",))
    if wish.commitment == stream and wish.milestone is None and wish.commitment_milestone is not None:
        raise Refused(
            "own-milestone",
            "A commitment waits for each of its own milestones as it is.",
            fields=("commitment_milestone",),
        )


def _no_cycle(wish: Dependency, found: Commitment, command: asked.DependOn) -> None:
    known = {one.id: one for one in command.chain}
    own = facts(found, command.stream)
    known[command.stream] = replace(own, depends_on=(*own.depends_on, wish))
    source = Place(command.stream, wish.milestone)
    way = _way(Place(wish.commitment, wish.commitment_milestone), source, known)
    if way is None:
        return
    cycle = [source, *way]
    told = " -> ".join(_told(one, known) for one in cycle)
    names = tuple(str(one.commitment) + (f"/{one.milestone}" if one.milestone else "") for one in cycle)
    raise Refused(
        "dependency-cycle",
        f"Each would wait for the next one, and none could begin: {told}.",
        cycle=names,
        fields=("commitment",),
    )


def _told(place: Place, known: Mapping[StreamId, CommitmentFacts]) -> str:
    name = known[place.commitment].name
    return name if place.milestone is None else f"{name} (milestone {place.milestone})"


def _way(first: Place, goal: Place, known: Mapping[StreamId, CommitmentFacts]) -> Sequence[Place] | None:
    """A shortest way by which the first comes to wait for the goal; None where it never does."""
    before: dict[Place, Place | None] = {first: None}
    waiting = [first]
    for place in waiting:
        if place == goal:
            return _back(place, before)
        for after in _waits_for(place, known):
            if after not in before:
                before[after] = place
                waiting.append(after)
    return None


def _back(place: Place, before: Mapping[Place, Place | None]) -> Sequence[Place]:
    way = [place]
    while (earlier := before[way[0]]) is not None:
        way.insert(0, earlier)
    return way


def _waits_for(place: Place, known: Mapping[StreamId, CommitmentFacts]) -> Iterator[Place]:
    """What was declared of it; the whole waits for each of its milestones, too."""
    whole = known.get(place.commitment)
    for one in whole.depends_on if whole is not None else ():
        if one.milestone == place.milestone:
            yield Place(one.commitment, one.commitment_milestone)
        elif place.milestone is None:
            yield Place(place.commitment, one.milestone)
