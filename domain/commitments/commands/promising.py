"""What is promised: proposed, spelled out, and adopted."""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from domain.commitments.commands.given import Acting, CountsOn, Current, InForce, Now, Sdgs, WorkingDays
from domain.commitments.words import Document, Milestone, Party, Prose, ResourceKind, Target, Title
from domain.kernel import (
    Given,
    MandateFacts,
    MandateId,
    Many,
    Money,
    PartialDate,
    Says,
    Text,
    UnitFacts,
    UnitId,
    Words,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeCommitment:
    """Propose a commitment of your unit, alone or with others."""

    owner: Annotated[UnitId, Says("The unit that answers for the whole.")]
    title: Annotated[Title, Says("What is promised, in a line.")]
    description: Annotated[Prose, Says("What is promised, and to whom.")]
    ends_on: Annotated[PartialDate, Says("By when it is to be fulfilled.", "2030")]
    starts_on: Annotated[PartialDate | None, Says("When work begins.")] = None
    sdg: Sdgs = ()
    parties: Annotated[tuple[Party, ...], Many(0, 100), Says("The other units, and what part each has.")] = ()
    document: Annotated[Document | None, Says("The agreement or text it comes from.")] = None
    owner_facts: Annotated[UnitFacts, Given("the owner", of="owner")]
    units: Annotated[tuple[UnitFacts, ...], Given("the units named", of="parties")]
    effective_on: CountsOn
    today: Now
    policy: Current
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTarget:
    """Say what is to be reached: measure, baseline, value, date, and who answers for it."""

    target: Annotated[Target, Says("The target.")]
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMilestone:
    """Add a step on the way, with its day and the unit that takes it."""

    milestone: Annotated[Milestone, Says("The step.")]
    acting: Acting
    effective_on: CountsOn
    today: Now
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class PledgeResource:
    """Pledge money, staff, goods or an asset of your unit."""

    kind: Annotated[ResourceKind, Says("What sort of resource.")]
    what: Annotated[Words, Text(at_most=500), Says("What is pledged, for people.")]
    money: Annotated[Money | None, Says("The amount; for money always, for the rest its estimated worth.")] = None
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class RestOnMandate:
    """Say that the commitment can only be kept under a mandate; if that ends, the register says so here."""

    mandate: Annotated[MandateId, Says("The mandate; one of the parties exercises it.")]
    mandate_facts: Annotated[MandateFacts, Given("the mandate", of="mandate")]
    acting: Acting
    effective_on: CountsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptCommitment:
    """Adopt what was agreed; the clocks start."""

    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: InForce
    calendar: WorkingDays


Promising: TypeAlias = ProposeCommitment | SetTarget | AddMilestone | PledgeResource | RestOnMandate | AdoptCommitment
