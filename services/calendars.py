"""The calendar of a jurisdiction, with public holidays from the `holidays` library."""

from functools import lru_cache
from typing import Any

import holidays
from holidays import registry
from holidays.groups.christian import ChristianHolidays
from holidays.groups.international import InternationalHolidays

from domain.calendars import Calendar

COUNTRIES = frozenset(code for _, code, *_ in registry.COUNTRIES.values())
"""Those that the library knows, told without loading them all."""
YEARS = range(1990, 2061)
WEEKENDS_ONLY = "weekends-only"
"""Name of the calendar of places whose holidays nobody told us."""


@lru_cache(maxsize=1_000)
def calendar_of(jurisdiction: str) -> Calendar:
    """The calendar of a country (ISO 3166-1 alpha-2) or a part of one (`DE-BY`), for the years 1990 to 2060.

    A part of which the library knows nothing has its country's calendar; an unknown country has weekends only. The
    calendar's name is that of the place whose days it holds, so that a recorded deadline says what was really used.
    `EU` is the calendar of the institutions of the Union.
    """
    if jurisdiction == "EU":
        return Calendar("EU", holidays=frozenset(UnionHolidays(years=YEARS)))
    country, _, part = jurisdiction.partition("-")
    known = getattr(holidays, country, None) if country in COUNTRIES else None
    if known is None:
        return Calendar(WEEKENDS_ONLY)
    part = part if part in known.subdivisions else ""
    days = holidays.country_holidays(country, subdiv=part or None, years=YEARS)
    return Calendar(
        name=f"{country}-{part}" if part else country,
        weekend=frozenset(days.weekend),
        holidays=frozenset(days),
        worked=frozenset(days.weekend_workdays),
    )


class UnionHolidays(holidays.HolidayBase, ChristianHolidays, InternationalHolidays):
    """Days on which the institutions of the Union are closed, as the Commission's yearly lists repeat them.

    Regulation 1182/71, art. 2: working days are all days but public holidays of the institution (or of the Member State
    in which something is to be done), Saturdays and Sundays. Days that only some of the lists have are not here.
    """

    country = "EU"

    def __init__(self, *args: Any, **options: Any) -> None:
        ChristianHolidays.__init__(self)
        InternationalHolidays.__init__(self)
        super().__init__(*args, **options)

    def _populate_public_holidays(self) -> None:
        self._add_new_years_day("New Year's Day")
        self._add_new_years_day_two("Day after New Year's Day")
        self._add_holy_thursday("Maundy Thursday")
        self._add_good_friday("Good Friday")
        self._add_easter_monday("Easter Monday")
        self._add_holiday_may_1("Labour Day")
        self._add_holiday_may_9("Anniversary of the Schuman Declaration")
        self._add_ascension_thursday("Ascension Day")
        self._add_holiday_40_days_past_easter("Day after Ascension Day")
        self._add_pentecost_monday("Whit Monday")
        self._add_holiday_jul_21("Belgian National Day")
        self._add_assumption_of_mary_day("Assumption")
        self._add_all_saints_day("All Saints' Day")
        for day in range(24, 32):
            self._add_holiday("End of the year", 12, day)
