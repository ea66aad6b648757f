"""A calendar (iCalendar, RFC 5545) of what is owed: each deadline a day, for the calendars of those who owe it."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid5

import msgspec
from aiohttp import web

from api.caching import weighted
from domain.deadlines import Standing
from domain.kernel import NAMES, Words

_SPOKEN = "en"
"""The language of our own words."""
_LINE = 75
"""Octets that a line has at most; what is longer goes on behind a blank on the next one."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_TAG = re.compile(r"[a-z]{2,8}(?:-[a-z0-9]{1,8})*")
_LONGEST = 200
"""Characters of Accept-Language that are read."""
_STATUS: Mapping[str, str] = {Standing.VOID: "CANCELLED", Standing.SUSPENDED: "TENTATIVE"}
"""Whoever follows sees a day that counts no more struck out, and one whose clock stands still as not certain."""
_ZONE = ("BEGIN:VTIMEZONE", "TZID:UTC", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0000",
         "TZOFFSETTO:+0000", "END:STANDARD", "END:VTIMEZONE")  # fmt: skip
"""A calendar with nothing in it is none (RFC 5545, 3.6): this is in it where nothing else is."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Writes rows of obligations. Ids rest on the ledger's origin; addresses are written where the own one is known."""

    origin: str
    public_url: str

    async def written(
        self, batches: AsyncIterator[Sequence[bytes]], at: datetime, languages: Sequence[str]
    ) -> AsyncIterator[bytes]:
        """In parts. `at`: when that was last changed for which it speaks; `languages`: the best first."""
        stamp, empty = f"DTSTAMP:{at:%Y%m%dT%H%M%SZ}", True
        yield _folded(self._begun())
        async for batch in batches:
            for body in batch:
                row: Mapping[str, Any] = msgspec.json.decode(body)
                yield _folded(["BEGIN:VEVENT", stamp, *self._event(row, languages), "END:VEVENT"])
                empty = False
        yield _folded([*(_ZONE if empty else ()), "END:VCALENDAR"])

    def _begun(self) -> Iterator[str]:
        yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Subsidia//Obligations//EN", "CALSCALE:GREGORIAN")
        name = _text(f"Obligations: {self.origin}")
        yield from (f"NAME:{name}", f"X-WR-CALNAME:{name}", "REFRESH-INTERVAL;VALUE=DURATION:PT6H")

    def _event(self, row: Mapping[str, Any], languages: Sequence[str]) -> Iterator[str]:
        due, what = date.fromisoformat(row["due_on"]), row["kind"].replace("_", " ").replace("-", " ")
        tag, title = _best(row["title"], languages)
        yield f"UID:{uuid5(NAMES, 'calendar:' + self.origin + ':' + row['key'])}"
        yield f"DTSTART;VALUE=DATE:{due:%Y%m%d}"
        if due < date.max:
            yield f"DTEND;VALUE=DATE:{due + timedelta(days=1):%Y%m%d}"
        yield f"SUMMARY;LANGUAGE={tag}:{_text(f'{title} ({what})')}"
        yield f"DESCRIPTION;LANGUAGE={_SPOKEN}:{_text(chr(10).join(_said(row, what)))}"
        yield f"CATEGORIES:{_text(what)},{_text(row['standing'].replace('_', ' '))}"
        yield f"STATUS:{_STATUS.get(row['state'], 'CONFIRMED')}"
        yield "TRANSP:TRANSPARENT"
        if self.public_url:
            yield f"URL:{self.public_url}/v1/obligations/{row['key']}"


def _said(row: Mapping[str, Any], what: str) -> Iterator[str]:
    yield f"Owed: {what}" + (f", by {row['unit_name']}" if row["unit_name"] else "")
    yield f"It stands: {row['standing'].replace('_', ' ')}"
    if row["first_due_on"] != row["due_on"]:
        yield f"First due on: {row['first_due_on']}"
    if row["policy"]:
        yield f"By the policy: {row['policy']}"


def _best(title: Mapping[str, str], languages: Sequence[str]) -> tuple[str, str]:
    """The text in the language that is liked best, or one that begins alike (`pt` for `pt-BR`)."""
    for wanted in languages:
        for tag, text in title.items():
            if tag.lower() == wanted or tag.lower().partition("-")[0] == wanted.partition("-")[0]:
                return tag, text
    best = Words(title).best()
    return next(tag for tag, text in title.items() if text == best), best


def spoken(request: web.Request, said: str | None) -> Sequence[str]:
    """The languages that are asked for, the best first: by the address, or by the header Accept-Language."""
    if said is not None:
        return (said.lower(),)
    found = weighted(request.headers.get("Accept-Language", "")[:_LONGEST])
    liked = sorted((one for one in found if one[1] > 0 and _TAG.fullmatch(one[0])), key=lambda one: -one[1])
    return tuple(name for name, _ in liked)


def recorded(at: datetime | None, day: date) -> datetime:
    """When what is shown was last changed; for nothing at all, the day that is asked for."""
    return at or datetime.combine(day, time(), UTC)


def _text(text: str) -> str:
    """As values of type TEXT are written (RFC 5545, 3.3.11)."""
    plain = _CONTROL.sub(" ", text.replace("\r\n", "\n"))
    for plainly, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        plain = plain.replace(plainly, escaped)
    return plain


def _folded(content: Iterator[str] | Sequence[str]) -> bytes:
    return b"".join(_line(one) for one in content)


def _line(text: str) -> bytes:
    """Folded (3.1), and no character cut in two."""
    parts, room = [b""], _LINE
    for character in text:
        octets = character.encode()
        if len(parts[-1]) + len(octets) > room:
            parts.append(b"")
            room = _LINE - 1  # the blank counts
        parts[-1] += octets
    return b"\r\n ".join(parts) + b"\r\n"
