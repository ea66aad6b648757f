"""What happens to the question of which sphere should act."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from domain import correcting, deadlines
from domain.kernel import EventName, Sphere, StreamId, UnitId, Words
from domain.subsidiarity.allocations.words import Asked, Due, Grid, Ground, Mode, QuestionWording, Reply
from domain.subsidiarity.words import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationRequested:
    """`candidates`: the spheres that may come to act, nearest to the citizen first."""

    requester: UnitId
    requester_sphere: Sphere
    decider: UnitId
    matter: Words
    description: Words
    function: str
    territory: UnitId
    candidates: tuple[Sphere, ...]
    asked: tuple[Asked, ...]
    requested_on: date
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class RequestCorrected(correcting.Corrected):
    """A clerical error of the question was put right by whoever asked."""

    before: QuestionWording
    after: QuestionWording


@dataclass(frozen=True, slots=True)
class GridSubmitted:
    """A later grid of the same unit takes the place of its earlier one."""

    number: int
    unit: UnitId
    sphere: Sphere
    grid: Grid
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class AllocationProposed:
    number: int
    unit: UnitId
    sphere: Sphere
    mode: Mode
    why: Words


@dataclass(frozen=True, slots=True)
class ObjectionLodged:
    number: int
    unit: UnitId
    proposal: int
    why: Words


@dataclass(frozen=True, slots=True)
class CapacityPlanAttached:
    """How the nearer sphere is to become able to act itself."""

    number: int
    unit: UnitId
    plan: Words
    document: Document | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationDecided:
    """`upward`: away from the sphere nearest to the citizen; `rests_on` then names the grid that bears it out.

    `provisional`: only for want of capacity, so never for good.
    """

    sphere: Sphere
    mode: Mode
    upward: bool
    provisional: bool
    decided_on: date
    grounds: tuple[Ground, ...] = ()
    rests_on: int | None = None
    replies: tuple[Reply, ...] = ()
    policy: str = ""


@dataclass(frozen=True, slots=True)
class RequestWithdrawn:
    unit: UnitId


@dataclass(frozen=True, slots=True)
class RevisitScheduled:
    revisit_on: date


@dataclass(frozen=True, slots=True)
class RevisitDue:
    """The day on which the decision was to be looked at again has passed, and nobody did."""

    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationRevisited:
    """Looked at again, and left as it is."""

    sphere: Sphere
    mode: Mode
    upward: bool
    provisional: bool
    decided_on: date
    grounds: tuple[Ground, ...] = ()
    rests_on: int | None = None
    policy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationReversed:
    """Looked at again, and decided otherwise; mandates have to follow anew."""

    before: Sphere
    sphere: Sphere
    mode: Mode
    upward: bool
    provisional: bool
    decided_on: date
    grounds: tuple[Ground, ...] = ()
    rests_on: int | None = None
    policy: str = ""


@dataclass(frozen=True, slots=True)
class MandateFollowed:
    """A mandate that names this decision is in force."""

    mandate: StreamId


@dataclass(frozen=True, slots=True)
class PowerHeldByLaw:
    """A unit of the sphere that is to act holds the power by law on that day: no mandate has to follow."""

    holder: UnitId
    function: str
    territory: UnitId
    legal_basis: str
    held_on: date


@dataclass(frozen=True, slots=True)
class PowerByLawCorrected:
    """It was recorded wrongly that a unit holds the power by law: unless something else carries it out, it waits."""

    corrects: EventName
    holder: UnitId


@dataclass(frozen=True, slots=True)
class NoMandateFollowed:
    """The decision stands unresolved: its time has passed, and nobody was entrusted with anything."""

    due_on: date


@dataclass(frozen=True, slots=True)
class AllocationDeadlineSet(deadlines.DeadlineSet):
    """A clock of an allocation starts."""

    kind: Due


@dataclass(frozen=True, slots=True)
class AllocationDeadlineMet(deadlines.DeadlineMet):
    """The grid, the mandate or the second look is there."""


@dataclass(frozen=True, slots=True)
class AllocationDeadlineMissed(deadlines.DeadlineMissed):
    """It was not there on its day."""

    kind: Due


@dataclass(frozen=True, slots=True)
class AllocationDeadlineVoided(deadlines.DeadlineVoided):
    """Nobody waits for it any longer."""


@dataclass(frozen=True, slots=True)
class AllocationDeadlineMoved(deadlines.DeadlineMoved):
    """The second look was scheduled for another day."""


Timed: TypeAlias = (
    AllocationDeadlineSet
    | AllocationDeadlineMet
    | AllocationDeadlineMissed
    | AllocationDeadlineVoided
    | AllocationDeadlineMoved
)
Event: TypeAlias = (
    AllocationRequested
    | RequestCorrected
    | GridSubmitted
    | AllocationProposed
    | ObjectionLodged
    | CapacityPlanAttached
    | AllocationDecided
    | RequestWithdrawn
    | RevisitScheduled
    | RevisitDue
    | AllocationRevisited
    | AllocationReversed
    | MandateFollowed
    | PowerHeldByLaw
    | PowerByLawCorrected
    | NoMandateFollowed
    | Timed
)
