"""Working days, holidays, suspended periods, and the day on which a period ends."""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

DAY = timedelta(days=1)
SATURDAY_AND_SUNDAY = frozenset({5, 6})
RECURRING = re.compile(r"(\d\d)-(\d\d)\.\.(\d\d)-(\d\d)")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("A span does not end before it begins.")

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days count in one jurisdiction.

    `weekend`: days of the week without work, Monday is 0. `holidays`: public holidays, whatever the day of the week.
    `suspended`: periods in which a clock stands still. They are no holidays: offices may well be open.
    `worked`: days of a weekend on which work is made up for a holiday.
    """

    name: str
    weekend: frozenset[int] = SATURDAY_AND_SUNDAY
    holidays: frozenset[date] = frozenset()
    suspended: tuple[Span, ...] = ()
    worked: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if not self.weekend < frozenset(range(7)):
            raise ValueError("A week has at least one working day, and days are numbered 0 to 6.")

    def works_on(self, day: date) -> bool:
        """Whether it is neither weekend nor holiday, or a day on which work is made up for one."""
        return day in self.worked or (day.weekday() not in self.weekend and day not in self.holidays)

    def counts(self, day: date) -> bool:
        """Whether a running period counts that day: it is in no suspended span."""
        return not any(day in span for span in self.suspended)

    def suspending(self, spans: Iterable[Span]) -> "Calendar":
        """The same calendar with these periods suspended as well."""
        return replace(self, suspended=tuple(sorted({*self.suspended, *spans})))


def add_months(day: date, n: int) -> date:
    """The same day `n` months on, or the last day of a shorter month: 31 January + 1 is 28 or 29 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + n, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@lru_cache(maxsize=10_000)
def due(start: date, calendar: Calendar, *, months: int = 0, days: int = 0, working_days: int = 0) -> date:
    """The last day of a period that begins on `start`.

    The day of the start is not counted; months, days and working days follow one another; every suspended day in the
    period, and in its extension, lengthens it by one; a period that would end on a day without work, or on a
    suspended one, ends on the next working day that counts. Source: Regulation (EEC, Euratom) 1182/71, art. 3(1) and
    3(4), and the practice of parliaments under Protocol No 2: of 21.08.2013, 8 weeks, August suspended, comes
    28.10.2013; of 15.03.2016 comes 10.05.2016.
    """
    if min(months, days, working_days) < 0:
        raise ValueError("A period runs forward.")
    end = _extended(start, add_months(start, months) + days * DAY, calendar)
    while working_days:
        end += DAY
        working_days -= calendar.works_on(end) and calendar.counts(end)
    while not (calendar.works_on(end) and calendar.counts(end)):
        end += DAY
    return end


def _extended(start: date, end: date, calendar: Calendar) -> date:
    """`end` moved on by the suspended days after `start`, those met on the way included."""
    owed = sum((min(span.last, end) - max(span.first, start + DAY)).days + 1 for span in _merged(calendar, start, end))
    while owed:
        end += DAY
        owed -= calendar.counts(end)
    return end


def _merged(calendar: Calendar, start: date, end: date) -> list[Span]:
    """The suspended spans that touch the days after `start` up to `end`, overlapping ones joined."""
    joined: list[Span] = []
    for span in sorted(calendar.suspended):
        if span.last <= start or span.first > end:
            continue
        if joined and span.first <= joined[-1].last:
            joined[-1] = Span(joined[-1].first, max(joined[-1].last, span.last))
        else:
            joined.append(span)
    return joined


def yearly(text: str, years: Iterable[int]) -> tuple[Span, ...]:
    """Periods that come back every year, such as `08-01..08-31, 12-20..01-10`, in each of these years.

    A period over the new year is there twice for one year: the one that ends in it and the one that begins in it.
    Of 29 February only leap years know; elsewhere it is read as the 28th. ValueError if the text has another form.
    """
    wanted = sorted(set(years))
    spans = set()
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = RECURRING.fullmatch(part)
        if not found:
            raise ValueError(f"{part!r} is no yearly period; one is written 12-20..01-10.")
        first_month, first_day, last_month, last_day = map(int, found.groups())
        over = (last_month, last_day) < (first_month, first_day)
        for year in {*wanted, *(year - 1 for year in wanted if over)}:
            spans.add(Span(_on(year, first_month, first_day), _on(year + over, last_month, last_day)))
    return tuple(sorted(spans))


def _on(year: int, month: int, day: int) -> date:
    return date(year, 2, min(day, monthrange(year, 2)[1])) if (month, day) == (2, 29) else date(year, month, day)
