"""Guards that several contexts share. Each refuses, or gives back what it found."""

from collections.abc import Iterable
from datetime import date

from domain.kernel import PartialDate, Refused, UnitFacts

FARTHEST = date(9000, 1, 1)
"""Past it, adding periods to dates would leave the calendar."""


def fields_of(command: object, *names: str) -> tuple[str, ...]:
    """Those of these fields that a command has: where several share a rule, each is told what it says itself."""
    return tuple(name for name in names if hasattr(command, name.partition(".")[0]))


def alive(unit: UnitFacts, day: PartialDate, *fields: str) -> UnitFacts:
    """The unit; Refused `unit-unknown` or `unit-not-alive` if it was not there on that day. `fields`: which name it."""
    if not unit.exists:
        raise Refused("unit-unknown", "There is no such unit in the register.", unit=unit.id, fields=fields)
    if not unit.alive_on(day):
        raise Refused("unit-not-alive", f"{unit.name} did not exist on {day}.", unit=unit.id, fields=fields)
    reachable(day.earliest())
    return unit


def all_alive(units: Iterable[UnitFacts], day: PartialDate, field: str) -> None:
    """All that a field names in its items; a star in it stands for the place (`legislators.*.unit`)."""
    for at, unit in enumerate(units):
        alive(unit, day, field.replace("*", str(at)))


def reachable(day: date | None, *fields: str) -> None:
    """Refused `date-too-far` if no calendar reaches the day; None is no day in particular."""
    if day is not None and day >= FARTHEST:
        raise Refused("date-too-far", "No date lies beyond the year 9000.", fields=fields)


def counted(day: PartialDate, today: date) -> date:
    """The day an act counts from: the last it can mean, at most today. Refused `in-the-future` if it is all to come."""
    first, last = day.earliest(), day.latest()
    if first is not None and first > today:
        reason = "What has not happened yet cannot be recorded as done."
        raise Refused("in-the-future", reason, fields=("effective_on",))
    return min(last or today, today)
