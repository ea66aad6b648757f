"""Guards that several contexts share. Each refuses, or gives back what it found."""

from collections.abc import Iterable
from datetime import date

from domain.kernel import PartialDate, Refused, UnitFacts

FARTHEST = date(9000, 1, 1)
"""Past it, adding periods to dates would leave the calendar."""


def alive(unit: UnitFacts, day: PartialDate) -> UnitFacts:
    """The unit; Refused `unit-unknown` or `unit-not-alive` if it was not there on that day."""
    if not unit.exists:
        raise Refused("unit-unknown", "There is no such unit in the register.", unit=unit.id)
    if not unit.alive_on(day):
        raise Refused("unit-not-alive", f"{unit.name} did not exist on {day}.", unit=unit.id)
    reachable(day.earliest())
    return unit


def all_alive(units: Iterable[UnitFacts], day: PartialDate) -> None:
    for unit in units:
        alive(unit, day)


def reachable(day: date | None) -> None:
    """Refused `date-too-far` if no calendar reaches the day; None is no day in particular."""
    if day is not None and day >= FARTHEST:
        raise Refused("date-too-far", "No date lies beyond the year 9000.")


def counted(day: PartialDate, today: date) -> date:
    """The day an act counts from: the last it can mean, at most today. Refused `in-the-future` if it is all to come."""
    first, last = day.earliest(), day.latest()
    if first is not None and first > today:
        reason = "What has not happened yet cannot be recorded as done."
        raise Refused("in-the-future", reason, fields=("effective_on",))
    return min(last or today, today)
