"""Who takes part: invited, in, out."""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from domain.commitments.commands.given import Acting, CountsOn, Current, Now, WorkingDays
from domain.commitments.words import Part
from domain.kernel import Given, Says, UnitFacts, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class AddParty:
    """Invite another unit to take part."""

    unit: Annotated[UnitId, Says("The unit to invite.")]
    part: Annotated[Part, Says("Its part in the commitment.")]
    required: Annotated[bool, Says("Whether the commitment waits for its acceptance.")] = True
    unit_facts: Annotated[UnitFacts, Given("the unit invited", of="unit")]
    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: Current
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptParticipation:
    """Accept, for your unit, the part it was invited to."""

    acting: Acting
    effective_on: CountsOn
    today: Now


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineParticipation:
    """Decline, for your unit, the part it was invited to."""

    acting: Acting
    effective_on: CountsOn
    today: Now


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawFromCommitment:
    """Leave a commitment, for your unit."""

    acting: Acting
    effective_on: CountsOn
    today: Now


Joining: TypeAlias = AddParty | AcceptParticipation | DeclineParticipation | WithdrawFromCommitment
