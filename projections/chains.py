"""A chain: everything that a commitment waits for, whose turn it is in all of it, and who was waited for so far.

What depends on what is a graph across things: a fold would follow it anew with each record of any of them, so this is a
question to the views of commitments, milestones and waits (deploy/decisions/0028).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, NamedTuple, TypeVar
from uuid import UUID

from domain.commitments.words import AGREEING, ENDED, Stage
from domain.kernel import Says, Words
from projections.commitment_row import CommitmentRow, DependencyRow, Turn
from projections.milestones import MilestoneRow, Step
from projections.waits import WaitRow, days_waited

SHOWN = 100
"""Places that are named of those that wait for one: there may be many more."""
FOLLOWED = 500
"""Commitments of a chain that are followed, nearest first. Rules hold whoever declares to fewer; but what is waited for
may come to wait for others in turn, and no question may last for ever."""
NAMED = 500
"""Links that one answer names, and commitments with whom they waited for; behind them it is asked for more."""
TITLES = 1 << 20
"""Bytes of titles in each of the lists of an answer, more or less: a title may be told in forty languages."""
NEVER = date.max
OWNER_SAYS = "withdraw-dependency"
"""What is waited for where something ended that was waited for, and had not come."""


class Standing(StrEnum):
    """How it stands with what is waited for. `ended`: withdrawn or closed, and it had not come."""

    WAITING = "waiting"
    THERE = "there"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Link:
    """One commitment, or milestone of it, that waits for another one."""

    waiting: Annotated[UUID, Says("The commitment that waits.")]
    milestone: Annotated[int | None, Says("The milestone of it that waits; absent: the whole.")]
    number: Annotated[int, Says("The dependency's number in it.")]
    commitment: Annotated[UUID, Says("The commitment that is waited for.")]
    commitment_milestone: Annotated[int | None, Says("The milestone of it that is waited for; absent: the whole.")]
    title: Annotated[Words, Says("What that one is called, in its languages.")]
    owner: Annotated[UUID, Says("The unit that answers for that one.")]
    owner_name: Annotated[str, Says("Its name.")]
    state: Annotated[Standing, Says("Whether it is waited for, is there, or ended and had not come.")]


@dataclass(frozen=True, slots=True)
class Awaited:
    """A commitment of the chain and a unit for which it waited; None: somebody from outside."""

    commitment: Annotated[UUID, Says("The commitment.")]
    title: Annotated[Words, Says("What it is called, in its languages.")]
    unit: Annotated[UUID | None, Says("The unit that was waited for; absent: somebody from outside.")]
    unit_name: Annotated[str, Says("Its name.")]
    days: Annotated[int, Says("For how many days it was waited for, in the past and now.")]
    now: Annotated[bool, Says("Whether it still is.")]


@dataclass(frozen=True, slots=True)
class ChainTurn:
    """Whose turn it is in a whole chain. Where nobody is late: whoever comes next."""

    unit: Annotated[UUID, Says("The unit whose turn it is.")]
    unit_name: Annotated[str, Says("Its name.")]
    commitment: Annotated[UUID, Says("The commitment in which it is its turn.")]
    milestone: Annotated[int | None, Says("The milestone that is waited for; absent: the whole.")]
    waits_for: Annotated[str | None, Says("What it is to do; absent where nobody is late.")]
    waits_since: Annotated[date | None, Says("Since when it has been waited for; absent where nobody is late.")]
    days: Annotated[int, Says("For how many days.")]
    due_on: Annotated[date | None, Says("By when that is due, where it is known.")]
    way: Annotated[tuple[UUID, ...], Says("The commitments through which it waits, from this one to that one.")]


@dataclass(frozen=True, slots=True)
class Dependent:
    """A commitment that waits for this one."""

    commitment: Annotated[UUID, Says("The commitment that waits.")]
    title: Annotated[Words, Says("What it is called, in its languages.")]
    milestone: Annotated[int | None, Says("The milestone of it that waits; absent: the whole.")]
    commitment_milestone: Annotated[int | None, Says("The milestone of this one that it waits for.")]


@dataclass(frozen=True, slots=True)
class ChainRow:
    """What one commitment waits for, directly and not, and what waits for it."""

    commitment: Annotated[UUID, Says("The commitment.")]
    title: Annotated[Words, Says("What it is called, in its languages.")]
    turn: Annotated[ChainTurn | None, Says("Whose turn it is; absent where nothing is waited for.")]
    waited: Annotated[tuple[Awaited, ...], Says("Who was waited for in all of it, the longest first.")]
    links: Annotated[tuple[Link, ...], Says("Everything that is waited for, nearest first.")]
    needed_by: Annotated[
        tuple[Dependent, ...],
        Says("The first places that wait for this one, at most a hundred; `depends_on.commitment.has` finds them all."),
    ]
    whole: Annotated[bool, Says("Whether all of it was followed; only the nearest 500 commitments are.")]
    links_left: Annotated[
        int | None, Says("How many links come behind these, to be asked for with `after`; absent: none.")
    ] = None
    waited_left: Annotated[
        int | None, Says("How many were waited for less long and are left out here; `waits` has them. Absent: none.")
    ] = None


_Titled = TypeVar("_Titled", Link, Awaited, Dependent)


class Place(NamedTuple):
    """A commitment as a whole, or one of its milestones."""

    commitment: UUID
    milestone: int | None


class Leaf(NamedTuple):
    """Somebody who can act. The first of several: who has been waited for longest, then whose day comes next."""

    since: date
    due_on: date
    place: Place
    turn: str
    unit: UUID
    name: str


@dataclass(slots=True)
class Chain:
    """The rows that a chain is made of, as of one position. Gathered from one commitment on, until none is missing.

    Whoever gathers them adds commitments with `add`, in whose order the nearest are followed and links are named.
    """

    of: UUID
    commitments: dict[UUID, CommitmentRow] = field(default_factory=dict)
    milestones: dict[Place, MilestoneRow] = field(default_factory=dict)
    waits: list[WaitRow] = field(default_factory=list)
    dependents: list[tuple[UUID, CommitmentRow]] = field(default_factory=list)

    def missing(self) -> Sequence[UUID]:
        """The commitments whose rows come next: the first one, then what those that are there wait for."""
        return self._beyond()[: FOLLOWED - len(self.commitments)]

    def add(self, rows: Mapping[UUID, CommitmentRow]) -> None:
        """Those of them that were missing, by their keys: each who makes a chain has the same order."""
        self.commitments |= {one: rows[one] for one in sorted(rows, key=str)}

    def _beyond(self) -> Sequence[UUID]:
        wanted = (self.of, *(one.commitment for row in self.commitments.values() for one in row.depends_on))
        return [one for one in dict.fromkeys(wanted) if one not in self.commitments]

    def row(self, day: date, after: int = 0, *, bounded: bool = True) -> ChainRow:
        """The chain, with days counted up to that day; its links behind the first `after`.

        `bounded`: as many of them as one answer names; otherwise all.
        """
        whole = self.commitments[self.of]
        links = [self._link(of, one) for of, row in self.commitments.items() for one in self._followed(row)][after:]
        waited, needed_by = self._waited(day), self._needed_by()
        named, long, first = links, waited, needed_by
        if bounded:
            named, long, first = _named(links), _named(waited), _named(needed_by)
        return ChainRow(
            self.of, whole.title, self._turn(day), tuple(long), tuple(named), tuple(first), not self._beyond(),
            len(links) - len(named) or None, len(waited) - len(long) or None,
        )  # fmt: skip

    def _followed(self, row: CommitmentRow) -> Iterator[DependencyRow]:
        return (one for one in row.depends_on if one.commitment in self.commitments)

    def _link(self, of: UUID, one: DependencyRow) -> Link:
        other = self.commitments[one.commitment]
        return Link(
            of, one.milestone, one.number, one.commitment, one.commitment_milestone, other.title, other.owner,
            other.owner_name, self._standing(one),
        )  # fmt: skip

    def _standing(self, one: DependencyRow) -> Standing:
        other = self.commitments[one.commitment]
        if one.commitment_milestone is None:
            there = other.state is Stage.COMPLETED
        else:
            there = self.milestones[Place(one.commitment, one.commitment_milestone)].state is Step.COMPLETED
        if there:
            return Standing.THERE
        return Standing.ENDED if other.state in ENDED else Standing.WAITING

    # --- whose turn it is ---

    def _turn(self, day: date) -> ChainTurn | None:
        came: dict[Place, Place | None] = {Place(self.of, None): None}
        places, leaves = list(came), list[Leaf]()
        for place in places:
            leaves += self._leaves(place, day)
            for after in self._after(place):
                if after not in came:
                    came[after] = place
                    places.append(after)
        if not leaves:
            return None
        first = min(leaves, key=lambda one: (one.since, one.due_on, *map(str, one[2:])))
        late = first.since < NEVER
        return ChainTurn(
            first.unit, first.name, *first.place, first.turn if late else None, first.since if late else None,
            (day - first.since).days if late else 0, first.due_on if first.due_on < NEVER else None,
            _way(first.place, came),
        )  # fmt: skip

    def _after(self, place: Place) -> Iterator[Place]:
        """Where it goes on: what is waited for and has not come; of a whole that runs, also its own steps."""
        row = self.commitments[place.commitment]
        if row.state in ENDED:
            return
        for one in self._followed(row):
            if one.milestone == place.milestone and self._standing(one) is Standing.WAITING:
                yield Place(one.commitment, one.commitment_milestone)
        if row.state in AGREEING and place.milestone is not None:
            yield Place(place.commitment, None)
        elif row.state not in AGREEING and place.milestone is None:
            yield from self._steps(place.commitment)

    def _steps(self, of: UUID) -> Iterator[Place]:
        for number in range(1, self.commitments[of].milestones + 1):
            place = Place(of, number)
            if self.milestones[place].state is not Step.COMPLETED:
                yield place

    def _leaves(self, place: Place, day: date) -> Iterator[Leaf]:
        """Who can act there, where nobody else is waited for first."""
        row = self.commitments[place.commitment]
        if row.state in ENDED:
            return
        for one in self._followed(row):
            if one.milestone == place.milestone and self._standing(one) is Standing.ENDED:
                closed = self.commitments[one.commitment].closed_on
                since = (closed.earliest() if closed else None) or day
                yield Leaf(since, NEVER, place, OWNER_SAYS, row.owner, row.owner_name)
        if place.milestone is None:
            yield from self._of_whole(place, row)
        elif not any(True for _ in self._after(place)):
            yield _of_step(self.milestones[place], place, day)

    def _of_whole(self, place: Place, row: CommitmentRow) -> Iterator[Leaf]:
        """Everything that waits in it, but for steps, which say so themselves; else its owner, until its end."""
        found = [
            Leaf(one.since, NEVER, place, str(one.turn), one.unit, _name(row, one.unit))
            for one in row.matters if one.turn != Turn.COMPLETE_MILESTONE and one.unit is not None
        ]  # fmt: skip
        if not found and not any(True for _ in self._after(place)):
            found = [Leaf(NEVER, row.ends_on.latest() or NEVER, place, "", row.owner, row.owner_name)]
        yield from found

    # --- who was waited for, and who waits ---

    def _waited(self, day: date) -> list[Awaited]:
        found = [
            Awaited(one.stream, one.title, one.unit, one.unit_name, days_waited(one, day), one.waiting > 0)
            for one in self.waits
        ]
        found = [one for one in found if one.days or one.now]
        return sorted(found, key=lambda one: (-one.days, str(one.commitment), str(one.unit)))

    def _needed_by(self) -> list[Dependent]:
        found = [
            Dependent(of, row.title, one.milestone, one.commitment_milestone)
            for of, row in self.dependents for one in row.depends_on
            if one.commitment == self.of
        ]  # fmt: skip
        return found[:SHOWN]


def _named(found: list[_Titled]) -> list[_Titled]:
    """The first of them, as many as one answer names."""
    said = 0
    for number, one in enumerate(found[:NAMED]):
        if said >= TITLES:
            return found[:number]
        said += sum(len(text.encode()) for text in one.title.values())
    return found[:NAMED]


def _of_step(step: MilestoneRow, place: Place, day: date) -> Leaf:
    late = step.state is Step.MISSED or day > step.due_on
    since = step.due_on if late else NEVER
    return Leaf(since, step.due_on, place, Turn.COMPLETE_MILESTONE.value, step.responsible, step.responsible_name)


def _name(row: CommitmentRow, unit: UUID) -> str:
    return next((one.name for one in row.parties if one.unit == unit), "")


def _way(place: Place, came: Mapping[Place, Place | None]) -> tuple[UUID, ...]:
    """The commitments on the way there, each once."""
    found = [place.commitment]
    while (before := came[place]) is not None:
        place = before
        if place.commitment != found[-1]:
            found.append(place.commitment)
    return tuple(reversed(found))
