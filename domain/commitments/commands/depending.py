"""What a commitment waits for, beyond its parties."""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from domain.commitments.commands.given import Acting, CountsOn
from domain.commitments.words import Number
from domain.kernel import CommitmentFacts, CommitmentId, Given, Says, StreamId


@dataclass(frozen=True, slots=True, kw_only=True)
class DependOn:
    """Say that the commitment, or one of its milestones, waits for another commitment or for one of its milestones."""

    commitment: Annotated[CommitmentId, Says("The commitment that is waited for; this one, for another step of it.")]
    commitment_milestone: Annotated[
        Number | None, Says("The milestone of it that is waited for; absent: the whole.")
    ] = None
    milestone: Annotated[Number | None, Says("The milestone that waits; absent: the whole.")] = None
    stream: Annotated[StreamId, Given("this commitment")]
    chain: Annotated[
        tuple[CommitmentFacts, ...],
        Given("the commitment that is waited for, and those that it waits for in turn", of="commitment"),
    ]
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawDependency:
    """Say that it waits for something no longer, though that has not come."""

    dependency: Annotated[Number, Says("The dependency's number.")]
    acting: Acting
    effective_on: CountsOn


Depending: TypeAlias = DependOn | WithdrawDependency
