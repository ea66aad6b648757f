"""What outsiders think of it, and how it ended."""

from dataclasses import dataclass
from typing import TypeAlias

from domain.commitments.words import Completion, EarlyResult, EarlyResultsScale, Outcome, Potential
from domain.kernel import Level, UnitId


@dataclass(frozen=True, slots=True)
class VerifiabilityAssessed:
    number: int
    assessor: UnitId
    verifiable: bool


@dataclass(frozen=True, slots=True)
class PotentialAssessed:
    number: int
    assessor: UnitId
    potential: Potential


@dataclass(frozen=True, slots=True)
class CompletionAssessed:
    number: int
    assessor: UnitId
    completion: Completion
    milestone: int | None = None


@dataclass(frozen=True, slots=True)
class EarlyResultsAssessed:
    number: int
    assessor: UnitId
    scale: EarlyResultsScale
    result: EarlyResult


@dataclass(frozen=True, slots=True)
class AssessmentContested:
    """`completion`: what the party says instead, where the assessment was of completion."""

    number: int
    unit: UnitId
    completion: Completion | None = None


@dataclass(frozen=True, slots=True)
class CommitmentClosed:
    """`level`: how far the outcome is to be believed; `evidence`: the numbers of what it rests on."""

    outcome: Outcome
    level: Level
    evidence: tuple[int, ...]


Assessed: TypeAlias = VerifiabilityAssessed | PotentialAssessed | CompletionAssessed | EarlyResultsAssessed
Judged: TypeAlias = Assessed | AssessmentContested | CommitmentClosed
