"""What outsiders think of it, and with what outcome it ends."""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from domain.commitments.commands.given import Acting, AssessmentNumber, CountsOn, InForce, Now
from domain.commitments.words import Completion, EarlyResult, EarlyResultsScale, Number, Outcome, Potential
from domain.kernel import Level, Many, Says


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessVerifiability:
    """Judge, from outside, whether anybody could check that the commitment is kept."""

    verifiable: Annotated[bool, Says("Whether it can be checked.")]
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessPotential:
    """Judge, from outside, what the commitment can change."""

    potential: Annotated[Potential, Says("Its potential for results.")]
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessCompletion:
    """Judge, from outside, how far the commitment or one of its milestones is done."""

    completion: Annotated[Completion, Says("How far it is done.")]
    milestone: Annotated[Number | None, Says("The milestone judged; absent: the whole.")] = None
    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: InForce


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessEarlyResults:
    """Judge, from outside, what the commitment has already changed."""

    scale: Annotated[EarlyResultsScale, Says("Which codelist the result is of.")]
    result: Annotated[EarlyResult, Says("The result.")]
    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: InForce


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestAssessment:
    """Contest an assessment; both accounts are shown from then on."""

    assessment: AssessmentNumber
    completion: Annotated[Completion | None, Says("What your unit says instead, of completion.")] = None
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCommitment:
    """Close the commitment with its outcome, on evidence, or on a level of assertion that it has reached."""

    outcome: Annotated[Outcome, Says("With what result.")]
    evidence: Annotated[tuple[Number, ...], Many(0, 100), Says("Numbers of the evidence it rests on.", [1])] = ()
    level: Annotated[Level | None, Says("Without evidence: how far the outcome is to be believed.")] = None
    acting: Acting
    effective_on: CountsOn
    today: Now


Judging: TypeAlias = (
    AssessVerifiability | AssessPotential | AssessCompletion | AssessEarlyResults | ContestAssessment | CloseCommitment
)
