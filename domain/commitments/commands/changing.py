"""Other terms: more time, or something else."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypeAlias

from domain.commitments.commands.given import Acting, CountsOn, Current, InForce, Now, WorkingDays
from domain.commitments.words import Changes, Number
from domain.kernel import Says


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestExtension:
    """Ask the other parties for a later day."""

    until: Annotated[date, Says("The day asked for.")]
    deadline: Annotated[Number | None, Says("The deadline to be moved; absent: the end of the whole.")] = None
    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: InForce


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantExtension:
    """Agree, for your unit, to the later day that was asked for."""

    extension: Annotated[Number, Says("The request's number.")]
    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: InForce
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseExtension:
    """Refuse, for your unit, the later day that was asked for."""

    extension: Annotated[Number, Says("The request's number.")]
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeAmendment:
    """Propose other terms; they hold once every party has agreed."""

    changes: Annotated[Changes, Says("What is to change.")]
    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: InForce
    current: Current
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreeAmendment:
    """Agree, for your unit, to the terms proposed."""

    amendment: Annotated[Number, Says("The amendment's number.")]
    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: InForce
    current: Current
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseAmendment:
    """Refuse, for your unit, the terms proposed."""

    amendment: Annotated[Number, Says("The amendment's number.")]
    acting: Acting
    effective_on: CountsOn


Changing: TypeAlias = (
    RequestExtension | GrantExtension | RefuseExtension | ProposeAmendment | AgreeAmendment | RefuseAmendment
)
