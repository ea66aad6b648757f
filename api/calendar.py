"""A calendar (iCalendar, RFC 5545) of what is owed: each deadline a day, for the calendars of those who owe it."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid5

import icalendar
import msgspec

from api.languages import best
from api.tongues import Tongue, tongue_of
from domain.deadlines import Standing
from domain.kernel import NAMES

_TOLD = ("kind", "unit_name", "standing", "first_due_on", "policy")
"""What a day says of itself, where it has anything to say of that."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_STATUS: Mapping[str, str] = {Standing.VOID: "CANCELLED", Standing.SUSPENDED: "TENTATIVE"}
"""Whoever follows sees a day that counts no more struck out, and one whose clock stands still as not certain."""
_END = b"END:VCALENDAR\r\n"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Writes rows of obligations. Ids rest on the ledger's origin; addresses are written where the own one is known."""

    origin: str
    public_url: str

    async def written(
        self, batches: AsyncIterator[Sequence[bytes]], at: datetime, languages: Sequence[str]
    ) -> AsyncIterator[bytes]:
        """In parts. `at`: when that was last changed for which it speaks; `languages`: the best first."""
        empty, spoken = True, tongue_of(languages)
        yield self._around(spoken).to_ical().removesuffix(_END)
        async for batch in batches:
            for body in batch:
                yield self._event(msgspec.json.decode(body), at, languages, spoken).to_ical()
                empty = False
        yield (_utc().to_ical() if empty else b"") + _END

    def _around(self, spoken: Tongue) -> icalendar.Calendar:
        calendar, name = icalendar.Calendar(), f"{spoken.label('obligations')}{spoken.said(': ')}{self.origin}"
        calendar.add("version", "2.0")
        calendar.add("prodid", "-//Subsidia//Obligations//EN")
        calendar.add("calscale", "GREGORIAN")
        calendar.add("name", name)
        calendar.add("x-wr-calname", name)
        calendar.add("refresh-interval", timedelta(hours=6), {"VALUE": "DURATION"})
        return calendar

    def _event(self, row: Mapping[str, Any], at: datetime, languages: Sequence[str], spoken: Tongue) -> icalendar.Event:
        event, what = icalendar.Event(), spoken.within(row["kind"])
        due, tag = date.fromisoformat(row["due_on"]), best(row["title"], languages)
        event.add("uid", str(uuid5(NAMES, f"calendar:{self.origin}:{row['key']}")))
        event.add("dtstamp", at)
        event.add("dtstart", due)
        if due < date.max:
            event.add("dtend", due + timedelta(days=1))
        event.add("summary", _plain(f"{row['title'][tag]} ({what})"), {"LANGUAGE": tag})
        event.add("description", _plain("\n".join(_said(row, spoken))), {"LANGUAGE": spoken.tag})
        event.add("categories", [what, spoken.within(row["standing"])])
        event.add("status", _STATUS.get(row["state"], "CONFIRMED"))
        event.add("transp", "TRANSPARENT")
        if self.public_url:
            event.add("url", f"{self.public_url}/v1/obligations/{row['key']}")
        return event


def _utc() -> icalendar.Timezone:
    """A calendar with nothing in it is none (RFC 5545, 3.6): this is in it where nothing else is."""
    zone, always = icalendar.Timezone(), icalendar.TimezoneStandard()
    zone.add("tzid", "UTC")
    always.add("dtstart", datetime(1970, 1, 1))  # noqa: DTZ001 (of a zone, without one)
    always.add("tzoffsetfrom", timedelta())
    always.add("tzoffsetto", timedelta())
    zone.add_component(always)
    return zone


def _said(row: Mapping[str, Any], spoken: Tongue) -> Iterator[str]:
    told = {**row, "kind": spoken.within(row["kind"]), "standing": spoken.within(row["standing"])}
    if row["first_due_on"] == row["due_on"]:
        del told["first_due_on"]
    for name in _TOLD:
        if value := told.get(name):
            yield f"{spoken.label(name)}{spoken.said(': ')}{spoken.isolated(value)}"


def recorded(at: datetime | None, day: date) -> datetime:
    """When what is shown was last changed; for nothing at all, the day that is asked for."""
    return at or datetime.combine(day, time(), UTC)


def _plain(text: str) -> str:
    """Control characters have no place in a calendar, and break some readers."""
    return _CONTROL.sub(" ", text.replace("\r\n", "\n"))
