"""What the register asks of itself when a day passes, a mandate ends or a party is no more."""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from domain.commitments.commands.given import CountsOn, Current, InForce, Now, WorkingDays
from domain.commitments.words import Number
from domain.kernel import Given, MandateFacts, MandateId, Says, UnitFacts, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class MissDeadline:
    """Record that a deadline has passed, and what follows from it."""

    deadline: Annotated[Number, Says("The deadline's number.")]
    today: Now
    policy: InForce
    current: Current
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseMandate:
    """Record that a mandate on which the commitment rests has ended."""

    mandate: Annotated[MandateId, Says("The mandate.")]
    mandate_facts: Annotated[MandateFacts, Given("the mandate", of="mandate")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SucceedParty:
    """A party was abolished: whoever took over from it stands in its place; until somebody does, it is orphaned."""

    former: Annotated[UnitId, Says("The unit that is no more.")]
    line: Annotated[tuple[UnitFacts, ...], Given("the unit, and who took over from it in turn", of="former>")]
    effective_on: CountsOn
    today: Now


Following: TypeAlias = MissDeadline | LoseMandate | SucceedParty
