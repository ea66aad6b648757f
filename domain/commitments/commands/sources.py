"""What a registrar read in a published source, and what the unit says to it."""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from domain.commitments.commands.given import Acting, CountsOn, Current, Now, Sdgs, WorkingDays
from domain.commitments.words import Instrument, Prose, Reporting, Source, Target, Title
from domain.kernel import Given, Many, PartialDate, Says, Text, UnitFacts, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFromSource:
    """Record a unit's pledge as a named published source gives it; the unit can confirm, amend or contest it."""

    owner: Annotated[UnitId, Says("The unit that made the pledge.")]
    title: Annotated[Title, Says("What is promised, in a line.")]
    description: Annotated[Prose, Says("What the source says of it.")]
    ends_on: Annotated[PartialDate, Says("By when it is to be fulfilled.", "2050")]
    source: Annotated[Source, Says("Where it is published.")]
    updated: Annotated[str, Text(at_most=40), Says("When the source last changed the row.", "2022-06-01 14:11:39")]
    instrument: Annotated[Instrument, Says("How strongly it binds.")]
    status_on: Annotated[PartialDate, Says("Since when it has had that strength.", "2020")]
    has_plan: Annotated[bool | None, Says("Whether there is a plan; absent where the source does not say.")] = None
    reporting: Annotated[Reporting, Says("How often progress is reported.")] = Reporting.UNKNOWN
    targets: Annotated[tuple[Target, ...], Many(0, 20), Says("End and interim targets, always in the same order.")] = ()
    sdg: Sdgs = ()
    owner_facts: Annotated[UnitFacts, Given("the owner", of="owner")]
    line: Annotated[tuple[UnitFacts, ...], Given("the owner, and who took over from it in turn", of="owner>")]
    effective_on: CountsOn
    today: Now


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateFromSource:
    """Record a newer edition of the row a pledge was recorded from."""

    title: Annotated[Title, Says("What is promised, in a line.")]
    description: Annotated[Prose, Says("What the source says of it.")]
    ends_on: Annotated[PartialDate, Says("By when it is to be fulfilled.", "2050")]
    source: Annotated[Source, Says("Where it is published.")]
    updated: Annotated[str, Text(at_most=40), Says("When the source last changed the row.", "2022-06-01 14:11:39")]
    instrument: Annotated[Instrument, Says("How strongly it binds.")]
    status_on: Annotated[PartialDate, Says("Since when it has had that strength.", "2020")]
    has_plan: Annotated[bool | None, Says("Whether there is a plan; absent where the source does not say.")] = None
    reporting: Annotated[Reporting, Says("How often progress is reported.")] = Reporting.UNKNOWN
    targets: Annotated[tuple[Target, ...], Many(0, 20), Says("End and interim targets, always in the same order.")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmSource:
    """Stand by what was recorded of your unit from a published source."""

    acting: Acting
    effective_on: CountsOn
    today: Now
    policy: Current
    calendar: WorkingDays


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestSource:
    """Say that what was recorded of your unit from a published source is wrong."""

    acting: Acting
    effective_on: CountsOn


Recording: TypeAlias = RecordFromSource | UpdateFromSource | ConfirmSource | ContestSource
