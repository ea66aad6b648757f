"""Other terms: more time, or something else."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from domain.commitments.words import Changes
from domain.kernel import UnitId


@dataclass(frozen=True, slots=True)
class ExtensionRequested:
    """`deadline`: the one to be moved; None asks for a later end of the whole. `asked` all have to agree."""

    number: int
    unit: UnitId
    until: date
    asked: tuple[UnitId, ...]
    deadline: int | None = None


@dataclass(frozen=True, slots=True)
class ExtensionAgreed:
    number: int
    unit: UnitId


@dataclass(frozen=True, slots=True)
class ExtensionGranted:
    """The last of those asked agreed. DeadlineMoved follows where it is of a deadline, not of the end of the whole."""

    number: int
    until: date
    deadline: int | None = None
    milestone: int | None = None


@dataclass(frozen=True, slots=True)
class ExtensionRefused:
    number: int
    unit: UnitId


@dataclass(frozen=True, slots=True)
class AmendmentProposed:
    number: int
    unit: UnitId
    changes: Changes
    asked: tuple[UnitId, ...]


@dataclass(frozen=True, slots=True)
class AmendmentAgreed:
    number: int
    unit: UnitId


@dataclass(frozen=True, slots=True)
class AmendmentRefused:
    number: int
    unit: UnitId


@dataclass(frozen=True, slots=True)
class CommitmentAmended:
    """By all parties, or (number None) because the published source changed."""

    changes: Changes
    number: int | None = None


Changed: TypeAlias = (
    ExtensionRequested
    | ExtensionAgreed
    | ExtensionGranted
    | ExtensionRefused
    | AmendmentProposed
    | AmendmentAgreed
    | AmendmentRefused
    | CommitmentAmended
)
