"""Atom (RFC 4287) of what was recorded, newest first, page behind page (RFC 5005), for readers of feeds."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import urlencode
from uuid import uuid5
from xml.etree import ElementTree as ET

import msgspec
from aiohttp import web

from api.formats import ATOM
from api.languages import LANG, best
from api.moments import Moments, stamp
from api.packages import licence_page
from api.standing import Standing
from api.tongues import Tongue, tongue_of
from domain.kernel import NAMES
from services.views.ports import Page

_ATOM = "http://www.w3.org/2005/Atom"
_XHTML = "http://www.w3.org/1999/xhtml"
_UNKNOWN = ""
"""Says that nobody knows in which language a text is (XML 1.0, 2.12)."""
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HOW = frozenset({"cursor", "limit", "wait_for", "as_of", "format", "sort", LANG})
"""What an address may say that is not which entries."""


@dataclass(frozen=True, slots=True)
class Feed:
    """Writes pages of activity as Atom. Its ids rest on the ledger's origin, not on the address it is served at.

    Addresses are whole where the register knows its own (`public_url`), and otherwise relative to the feed's.
    """

    origin: str
    licence: str
    moments: Moments
    public_url: str = ""

    async def written(
        self, request: web.Request, page: Page, standing: Standing, following: str | None, languages: Sequence[str]
    ) -> bytes:
        """One page. `following`: the cursor of the next one, if there is one. `languages`: the best first."""
        spoken = tongue_of(languages)
        rows: list[dict[str, Any]] = [msgspec.json.decode(row) for row in page.items]
        times = await self.moments.each([row["position"] for row in rows])
        feed = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": spoken.tag})
        self._head(feed, request, spoken)
        newest = times[rows[0]["position"]] if rows else await self.moments.at(standing.position)
        _text(feed, "updated", _time(newest or datetime.combine(standing.day, time(), UTC)))
        for name, address in _pages(request, following).items():
            _link(feed, name, self.public_url + address, ATOM)
        if self.licence:
            _link(feed, "license", licence_page(self.licence))
        for row in rows:
            self._entry(feed, row, times[row["position"]], languages, spoken)
        return bytes(ET.tostring(feed, encoding="utf-8", xml_declaration=True))

    def _head(self, feed: ET.Element, request: web.Request, spoken: Tongue) -> None:
        which = sorted((name, text) for name, text in request.rel_url.query.items() if name not in _HOW)
        asked = ", ".join(f"{name}={text}" for name, text in which)
        _text(feed, "id", self._name("feed", urlencode(which)))
        _text(
            feed, "title", f"{spoken.label('activity')}{spoken.said(': ')}{self.origin}{f' ({asked})' if asked else ''}"
        )
        _text(feed, "generator", "Subsidia")

    def _entry(
        self, feed: ET.Element, row: Mapping[str, Any], at: datetime | None, languages: Sequence[str], spoken: Tongue
    ) -> None:
        entry, what = ET.SubElement(feed, "entry"), spoken.label(row["type"])
        words: Mapping[str, str] = row.get("title") or {}
        tag = best(words, languages) if words else spoken.tag
        _text(entry, "id", self._name("record", str(row["position"])))
        _text(entry, "title", f"{words[tag]}{spoken.said(': ')}{spoken.within(row['type'])}" if words else what, tag)
        for name in ("published", "updated"):
            _text(entry, name, _time(at or datetime.fromisoformat(row["at"]).replace(tzinfo=UTC)))
        author = ET.SubElement(entry, "author")
        _text(author, "name", row["unit_name"] or self.origin)
        if row.get("unit"):
            _text(author, "uri", f"{self.public_url}/v1/units/{row['unit']}")
        ET.SubElement(entry, "category", term=row["type"], label=what)
        _link(entry, "alternate", f"{self.public_url}/v1/records/{row['position']}", "application/json")
        if row["context"]:
            history = f"{self.public_url}/v1/{row['context']}/{row['stream']}/history"
            _link(entry, "related", history, "application/json")
        _content(entry, row, words, spoken)

    def _name(self, kind: str, name: str) -> str:
        """The same for ever, and for whoever serves this ledger."""
        return uuid5(NAMES, f"atom:{kind}:{self.origin}:{name}").urn


def _content(entry: ET.Element, row: Mapping[str, Any], words: Mapping[str, str], spoken: Tongue) -> None:
    """The title in every language, each marked, then what else the row says."""
    div = ET.SubElement(ET.SubElement(entry, "content", type="xhtml"), "div", xmlns=_XHTML)
    for tag, text in words.items():
        _text(div, "p", text, tag)
    if row["because"]:
        _text(div, "p", row["because"], _UNKNOWN)
    if row["unit_name"] and row.get("role"):
        _text(div, "p", f"{spoken.said('By:')} {spoken.isolated(row['unit_name'])} ({spoken.within(row['role'])})")
    _text(div, "p", f"{spoken.said('Counting from:')} {spoken.isolated(row['effective_on'])}")
    if row.get("corrects"):
        _text(div, "p", f"{spoken.said('Corrects:')} {spoken.isolated(row['corrects'])}")


def _pages(request: web.Request, following: str | None) -> Mapping[str, str]:
    """Where this page is, where the newest one is, and where the next older one is."""
    said = [(name, text) for name, text in request.rel_url.query.items() if name not in ("wait_for", "format")]
    first = [(name, text) for name, text in said if name != "cursor"]
    found = {"self": said, "first": first}
    if following is not None:
        found["next"] = [*first, ("cursor", following)]
    return {name: f"{request.path}?{urlencode([*query, ('format', 'atom')])}" for name, query in found.items()}


def _text(parent: ET.Element, tag: str, text: str, language: str | None = None) -> None:
    ET.SubElement(parent, tag, {} if language is None else {"xml:lang": language}).text = _NO_XML.sub("\ufffd", text)


def _link(parent: ET.Element, rel: str, address: str, media: str = "") -> None:
    ET.SubElement(parent, "link", {"rel": rel, "href": address} | ({"type": media} if media else {}))


def _time(at: datetime) -> str:
    return stamp(at) or ""
