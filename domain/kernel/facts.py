"""What contexts may know of one another's things when they decide."""

from dataclasses import dataclass
from datetime import date

from domain.kernel.days import PartialDate
from domain.kernel.ids import StreamId, UnitId
from domain.kernel.people import Sphere
from domain.replacing import quick


@dataclass(frozen=True, slots=True)
class Membership:
    """A unit lies in the territory of a body that has members, first and last day included; a day that is None is open.

    As with competences, a partial date is given the benefit of the doubt.
    """

    body: UnitId
    first: date | None = None
    last: date | None = None

    def throughout(self, first: date, last: date | None) -> bool:
        """Whether it is a member on every day from `first` to `last` (None: for good)."""
        ends = self.last is None or (last is not None and last <= self.last)
        return (self.first is None or self.first <= first) and ends

    def touches(self, first: date, last: date | None) -> bool:
        """Whether it is a member on any of these days."""
        return (self.first is None or last is None or self.first <= last) and (self.last is None or first <= self.last)


@quick
@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What other contexts may know of a unit when they decide. `successor`: who is first to take over from it.

    `memberships`: of bodies whose territory is that of their members, past and to come.
    """

    id: UnitId
    exists: bool
    name: str
    sphere: Sphere
    jurisdiction: str
    time_zone: str
    alive_from: date | None = None
    alive_until: date | None = None
    parent: UnitId | None = None
    successor: UnitId | None = None
    memberships: tuple[Membership, ...] = ()

    def alive_on(self, day: PartialDate) -> bool:
        """Whether the unit can have acted on that day: a partial date is given the benefit of the doubt."""
        if not self.exists:
            return False
        first, last = day.earliest(), day.latest()
        return (self.alive_from is None or last is None or last >= self.alive_from) and (
            self.alive_until is None or first is None or first < self.alive_until
        )


@dataclass(frozen=True, slots=True)
class Holding:
    """A competence that a unit holds by law, as other contexts may know it. First and last day included.

    A day that is None is open; a partial date is given the benefit of the doubt. `manner`: own, shared or exclusive.
    """

    unit: UnitId
    function: str
    territory: UnitId
    manner: str
    legal_basis: str
    held_from: date | None = None
    held_until: date | None = None

    def holds_on(self, first: date, last: date | None = None) -> bool:
        """Whether it is held on every day from `first` to `last` (None: for good)."""
        ends = self.held_until is None or (last is not None and last <= self.held_until)
        return (self.held_from is None or self.held_from <= first) and ends


@quick
@dataclass(frozen=True, slots=True)
class MandateFacts:
    """What other contexts, and the mandates that rest on it, may know of a mandate.

    `kind` and `stage` are words of that context; `recipient_sphere`: as drafted. `activated_on`: since when it is, or
    was, in force. `in_force`: active and not suspended; `ended`: for good. `depth`: how often the power was passed on
    since somebody held it as their own. `superseded_by`: what took its place. `beside`: mandates that hold the same
    exclusively in what its territory lies in, or did when it ended.
    """

    id: StreamId
    exists: bool
    giver: UnitId
    recipient: UnitId
    kind: str
    stage: str
    function: str
    territory: UnitId
    starts_on: date
    ends_on: date | None = None
    in_force: bool = False
    ended: bool = False
    exclusive: bool = False
    may_subdelegate: bool = False
    depth: int = 0
    under: StreamId | None = None
    recipient_sphere: Sphere | None = None
    activated_on: date | None = None
    superseded_by: StreamId | None = None
    beside: tuple[StreamId, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """What other reviews may know of a review. `widened`: its draft was amended so far that it has to be reviewed anew.

    `follows`: the review of the draft that its own one widens.
    """

    id: StreamId
    exists: bool
    author: UnitId | None = None
    polity: UnitId | None = None
    widened: bool = False
    follows: StreamId | None = None


@dataclass(frozen=True, slots=True)
class Dependency:
    """A commitment, or one `milestone` of it, waits for another one, or for a milestone of that. None: the whole."""

    commitment: StreamId
    commitment_milestone: int | None = None
    milestone: int | None = None


@dataclass(frozen=True, slots=True)
class CommitmentFacts:
    """What other contexts, and the commitments that wait for it, may know of a commitment.

    `bound`: its owner, and who accepted and did not withdraw. `milestones`: how many there are. `depends_on`: what it
    waits for; nothing, once it has ended.
    """

    id: StreamId
    exists: bool
    bound: tuple[UnitId, ...] = ()
    owner: UnitId | None = None
    name: str = ""
    ended: bool = False
    milestones: int = 0
    depends_on: tuple[Dependency, ...] = ()
