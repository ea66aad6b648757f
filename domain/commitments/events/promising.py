"""What is promised came about: proposed, spelled out, adopted."""

from dataclasses import dataclass
from typing import TypeAlias

from domain.commitments.words import Breadth, Document, Milestone, ResourceKind, Target
from domain.kernel import Money, PartialDate, Sphere, StreamId, UnitId, Words


@dataclass(frozen=True, slots=True)
class CommitmentProposed:
    owner: UnitId
    sphere: Sphere
    title: Words
    description: Words
    ends_on: PartialDate
    sdg: tuple[str, ...]
    starts_on: PartialDate | None = None
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class TargetSet:
    number: int
    target: Target


@dataclass(frozen=True, slots=True)
class MilestoneAdded:
    number: int
    milestone: Milestone


@dataclass(frozen=True, slots=True)
class ResourcePledged:
    number: int
    unit: UnitId
    kind: ResourceKind
    what: Words
    money: Money | None = None


@dataclass(frozen=True, slots=True)
class CommitmentRestedOnMandate:
    """Without that mandate it could not be kept as it was promised."""

    mandate: StreamId


@dataclass(frozen=True, slots=True)
class MandateLost:
    """A mandate that it rested on ended. The commitment stands; those who answer for it say what becomes of it."""

    mandate: StreamId


@dataclass(frozen=True, slots=True)
class CommitmentAdopted:
    """`missing`: what an outsider would need to check it (SMART) and is not said."""

    breadth: Breadth
    verifiable: bool
    missing: tuple[str, ...]


Promised: TypeAlias = (
    TargetSet | MilestoneAdded | ResourcePledged | CommitmentRestedOnMandate | MandateLost | CommitmentAdopted
)
"""Every one but the first of all, `CommitmentProposed`."""
