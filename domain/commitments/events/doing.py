"""What was done, and who said how far it is."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from domain.commitments.words import Delivery, Document
from domain.kernel import EventName, UnitId, Words


@dataclass(frozen=True, slots=True)
class ProgressReported:
    """`milestone`: the step it is about; None where it speaks of the whole."""

    number: int
    unit: UnitId
    percent: int
    account: Words
    milestone: int | None = None


@dataclass(frozen=True, slots=True)
class ProgressCorrected:
    number: int
    unit: UnitId
    percent: int
    corrects: EventName


@dataclass(frozen=True, slots=True)
class ReportConfirmed:
    number: int
    unit: UnitId


@dataclass(frozen=True, slots=True)
class ReportContested:
    """Another party's account of the same figure; both are shown."""

    number: int
    unit: UnitId
    percent: int


@dataclass(frozen=True, slots=True)
class MilestoneCompleted:
    number: int
    unit: UnitId


@dataclass(frozen=True, slots=True)
class MilestoneConfirmed:
    number: int
    unit: UnitId


@dataclass(frozen=True, slots=True)
class MilestoneMissed:
    number: int
    unit: UnitId
    due_on: date


@dataclass(frozen=True, slots=True)
class ReportDelivered:
    """A plan, a monitoring report or an inventory was handed in."""

    kind: Delivery
    unit: UnitId
    document: Document


@dataclass(frozen=True, slots=True)
class EvidenceAttached:
    number: int
    unit: UnitId
    document: Document
    milestone: int | None = None


Done: TypeAlias = (
    ProgressReported
    | ProgressCorrected
    | ReportConfirmed
    | ReportContested
    | MilestoneCompleted
    | MilestoneConfirmed
    | MilestoneMissed
    | ReportDelivered
    | EvidenceAttached
)
