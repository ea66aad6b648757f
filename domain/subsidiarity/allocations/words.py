"""The words of allocations: modes, grounds, stages, and the grid by which spheres are compared."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from domain.kernel import Many, Money, Says, Sphere, UnitId
from domain.subsidiarity.words import Citation, Document, Indicator, Number, Prose, Title


class Mode(StrEnum):
    """How a sphere is to act: with a power of its own, together with another one, or for another one."""

    OWN = "own"
    SHARED = "shared"
    DELEGATED = "delegated"


class Ground(StrEnum):
    """Why a matter goes to a sphere further from the citizen.

    Charter of Local Self-Government, art. 4(3): the extent and nature of the task, efficiency and economy. `capacity`,
    that the nearer sphere cannot do it yet, is no lasting ground.
    """

    EXTENT = "extent"
    NATURE = "nature"
    EFFICIENCY = "efficiency"
    ECONOMY = "economy"
    CAPACITY = "capacity"


class Stage(StrEnum):
    """Where a question stands. `assessed`: everybody who was asked has answered, or their time has lapsed."""

    REQUESTED = "requested"
    ASSESSED = "assessed"
    PROPOSED = "proposed"
    DECIDED = "decided"
    IN_FORCE = "in_force"
    REVISITED = "revisited"
    WITHDRAWN = "withdrawn"


UNDECIDED = frozenset({Stage.REQUESTED, Stage.ASSESSED, Stage.PROPOSED})
DECIDED = frozenset({Stage.DECIDED, Stage.IN_FORCE, Stage.REVISITED})


class Due(StrEnum):
    """What falls due: a grid from each unit asked, a mandate after the decision, a second look at it."""

    GRID = "grid"
    MANDATE = "mandate"
    REVISIT = "revisit"


@dataclass(frozen=True, slots=True)
class Test:
    """One of the two tests of subsidiarity, answered yes or no, with reasons."""

    holds: Annotated[bool, Says("Whether it speaks for the sphere that is further away.")]
    reasons: Annotated[Prose, Says("Why.")]

    __test__ = False
    """pytest takes classes of that name for tests."""


@dataclass(frozen=True, slots=True)
class Grid:
    """How one unit sees it (after the model grid of the Task Force on Subsidiarity, 2018).

    `necessity`: the nearer sphere cannot do it sufficiently. `added_value`: the further one does it better. Both have
    to hold for a matter to go further away.
    """

    favours: Annotated[Sphere, Says("The sphere that should act.")]
    legal_basis: Annotated[Citation, Says("The law it rests on, by its article.")]
    necessity: Annotated[Test, Says("Whether the nearer sphere cannot do it sufficiently.")]
    added_value: Annotated[Test, Says("Whether the further sphere does it better.")]
    proportionality: Annotated[Prose, Says("Why it goes no further than necessary, in content and form.")]
    cross_border: Annotated[Prose, Says("What it means beyond the territory.")]
    capacity: Annotated[Prose, Says("Staff, money and skill that there are, and that are missing.")]
    proximity: Annotated[Prose, Says("What is lost or won in nearness to citizens.")]
    cost: Annotated[Prose, Says("What it costs, and who bears it.")]
    yearly_cost: Annotated[Money | None, Says("What it costs a year, where that is known.")] = None
    indicators: Annotated[tuple[Indicator, ...], Many(0, 50), Says("What can be observed.")] = ()

    def carries_upward(self, indicators: int) -> bool:
        """Whether both tests are answered with yes, and so many things that can be observed bear them out."""
        return self.necessity.holds and self.added_value.holds and len(self.indicators) >= indicators


@dataclass(frozen=True, slots=True)
class Reply:
    """What the decision says to an objection."""

    objection: Annotated[Number, Says("The objection's number.")]
    reply: Annotated[Prose, Says("Why it does not prevail, or how it was met.")]


@dataclass(frozen=True, slots=True)
class QuestionWording:
    """What of a question's text can be put right."""

    matter: Annotated[Title | None, Says("What it is about, in a line.")] = None
    description: Annotated[Prose | None, Says("What has to be done, and for whom.")] = None
    document: Annotated[Document | None, Says("The paper that it comes from.")] = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A unit that is asked for its grid, in the sphere it belongs to."""

    unit: UnitId
    sphere: Sphere
