"""What many commands of commitments carry: what the service looks up, and how numbers are said."""

from typing import Annotated, TypeAlias

from domain.calendars import Calendar
from domain.commitments.words import Number, SdgCode
from domain.kernel import Given, Many, PartialDate, Policy, Says, Today, UnitFacts

Acting: TypeAlias = Annotated[UnitFacts, Given("the acting unit")]
CountsOn: TypeAlias = Annotated[PartialDate, Given("when it counts in law")]
Now: TypeAlias = Annotated[Today, Given("today where the owner is")]
InForce: TypeAlias = Annotated[Policy, Given("the commitment policy of the day", of="commitment@effective_on")]
Current: TypeAlias = Annotated[Policy, Given("the commitment policy of today", of="commitment")]
"""For clocks that start today, whatever day the act counts from."""
WorkingDays: TypeAlias = Annotated[Calendar, Given("the working days of the owner's jurisdiction")]
Sdgs: TypeAlias = Annotated[
    tuple[SdgCode, ...], Many(0, 40), Says("Goals or targets of the 2030 Agenda it serves.", ["13.2"])
]
ReportNumber: TypeAlias = Annotated[Number, Says("The report's number.")]
AssessmentNumber: TypeAlias = Annotated[Number, Says("The assessment's number.")]
MilestoneNumber: TypeAlias = Annotated[Number, Says("The milestone's number.")]
