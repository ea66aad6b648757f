"""Days, as precise as they are known, and those by which something is due."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NewType, Self

Today = NewType("Today", date)
"""Today in the time zone of the unit that acts; a command marks it `Given`."""


def day_of(text: str) -> date:
    """The day that a text YYYY-MM-DD names. ValueError, in a sentence, where there is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"There is no day {text}.") from None


class PartialDate(str):
    """A date as precise as it is known: `2026`, `2026-11`, `2026-11-24` or `unknown`."""

    __slots__ = ()
    FORM = r"unknown|[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?"

    def __new__(cls, text: str | date) -> Self:
        text = text.isoformat() if isinstance(text, date) else text
        if not _PARTIAL_DATE.fullmatch(text) or text.startswith("0000"):
            raise ValueError("A date is a year, a month, a day or the word unknown.")
        if len(text) == 10:
            day_of(text)
        return super().__new__(cls, text)

    @property
    def known(self) -> bool:
        return self != "unknown"

    def earliest(self) -> date | None:
        """The first day it can mean; None where nothing is known."""
        return _earliest(self)

    def latest(self) -> date | None:
        """The last day it can mean; None where nothing is known."""
        return _latest(self)


@lru_cache(maxsize=10_000)
def _earliest(day: PartialDate) -> date | None:
    return date.fromisoformat((day + "-01-01")[:10]) if day.known else None


@lru_cache(maxsize=10_000)
def _latest(day: PartialDate) -> date | None:
    if not day.known or len(day) == 10:
        return _earliest(day)
    year, month = int(day[:4]), int(day[5:] or 12)
    following = date(year + month // 12, month % 12 + 1, 1) if (year, month) < (9999, 12) else date.max
    return following if following == date.max else date.fromordinal(following.toordinal() - 1)


_PARTIAL_DATE = re.compile(PartialDate.FORM)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day by which something is due, computed once, when its clock starts, and recorded as computed."""

    due_on: date
    policy: str
    calendar: str
