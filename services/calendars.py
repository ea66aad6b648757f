"""The calendar of a jurisdiction, with public holidays from the `holidays` library."""

from functools import lru_cache

import holidays

from domain.calendars import Calendar

YEARS = range(1990, 2061)
WEEKENDS_ONLY = "weekends-only"
"""Name of the calendar of places whose holidays nobody told us."""


@lru_cache(maxsize=1_000)
def calendar_of(jurisdiction: str) -> Calendar:
    """The calendar of a country (ISO 3166-1 alpha-2) or a part of one (`DE-BY`), for the years 1990 to 2060.

    A part of which the library knows nothing has its country's calendar; an unknown country has weekends only. The
    calendar's name is that of the place whose days it holds, so that a recorded deadline says what was really used.
    """
    country, _, part = jurisdiction.partition("-")
    known = holidays.list_supported_countries(include_aliases=False).get(country)
    if known is None or len(country) != 2:
        return Calendar(WEEKENDS_ONLY)
    part = part if part in known else ""
    days = holidays.country_holidays(country, subdiv=part or None, years=YEARS)
    return Calendar(
        name=f"{country}-{part}" if part else country,
        weekend=frozenset(days.weekend),
        holidays=frozenset(days),
        worked=frozenset(days.weekend_workdays),
    )
