"""What is told of rows by what a program knows beside the records: calendars and time zones, which states change."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from projections.activity import ActivityRow, Closed
from services.calendars import calendar_of

OPENS, CLOSES = 7, 20
"""Hours of the day between which somebody may be expected in an office; a rule of ours, and of no law."""


def closed(row: ActivityRow) -> Closed | None:
    """Why offices were closed where the unit that acted has its own; None where they were open, or nobody knows."""
    zone = _zone(row.time_zone)
    if zone is None:
        return None
    there = datetime.combine(row.at, time.fromisoformat(row.time), UTC).astimezone(zone)
    calendar, day = calendar_of(row.jurisdiction), there.date()
    if not calendar.works_on(day):
        return Closed.HOLIDAY if day in calendar.holidays else Closed.WEEKEND
    return None if OPENS <= there.hour < CLOSES else Closed.NIGHT


def calendar(row: ActivityRow) -> str | None:
    """The name of the calendar by which that is told."""
    return calendar_of(row.jurisdiction).name if _zone(row.time_zone) is not None else None


@lru_cache(1_000)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):  # on record need be no zone: `Europe` is a folder of them
        return None


OF: Mapping[str, Callable[[Any], Any]] = {"offices_closed": closed, "calendar": calendar}
"""How each such column is told, by its name."""
