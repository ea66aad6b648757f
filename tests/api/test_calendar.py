"""The calendar of what is owed: read by a library that nobody here wrote, it holds what the list does, day by day."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from aiohttp import web
from icalendar import Calendar, Event

from api.app import make_runner
from tests.api.client import Said, get, give, proposal, refused
from tests.api.conftest import Live

WORDS = "Ombre; arbres, bancs\\fontaines et " + "cours d’école " * 9


def calendar(said: Said) -> Calendar:
    assert said.status == 200, said.body
    assert said.headers["content-type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in said.body.split(b"\r\n"))
    found = Calendar.from_ical(said.body)
    assert isinstance(found, Calendar)
    assert not found.errors
    return found


def events(said: Said) -> dict[str, Event]:
    found = [one for one in calendar(said).walk("VEVENT") if isinstance(one, Event)]
    assert not any(one.errors for one in found)
    by_id = {str(one["UID"]): one for one in found}
    assert len(by_id) == len(found), "each has an id of its own"
    return by_id


def owed(live: Live, **asked: Any) -> Said:
    return get(live, "/v1/obligations", format="ics", **asked)


def titled(live: Live) -> Any:
    """A commitment in two languages, with a deadline."""
    made = give(live, "commitments/propose", {
        **proposal(live), "title": {"en": "Trees\nfor all", "fr": WORDS},
        "parties": [{"unit": unit(live, "iso3166-2:FR-ARA"), "part": "funder"}],
    })  # fmt: skip
    assert made.status == 201, made.body
    return made.json


def unit(live: Live, code: str) -> str:
    return str(get(live, "/v1/units", identifiers__has=code).items[0]["key"])


@contextmanager
def known_as(live: Live, address: str) -> Iterator[Live]:
    """The same register, served by a process that knows its public address."""
    services = replace(live.services, config=replace(live.services.config, public_url=address))

    async def start() -> tuple[web.AppRunner, int]:
        runner = make_runner(services, None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return runner, int(runner.addresses[0][1])

    runner, port = live.run(start())
    try:
        yield replace(live, url=f"http://127.0.0.1:{port}")
    finally:
        live.run(runner.cleanup())


def test_a_calendar_has_a_day_for_each_row_of_the_list_whatever_is_asked(live: Live) -> None:
    for asked in ({}, {"state": "open"}, {"unit": str(live.story.city)}, {"standing__in": "overdue,silent,missed"}):
        rows = get(live, "/v1/obligations", as_of=live.told, limit=500, **asked).items
        found = events(owed(live, as_of=live.told, **asked))
        days = sorted((one.start, str(one["SUMMARY"])) for one in found.values())
        assert [day for day, _ in days] == sorted(date.fromisoformat(row["due_on"]) for row in rows)
        assert all(one.end == one.start + timedelta(days=1) for one in found.values())
        assert rows


def test_ids_stay_and_what_counts_no_more_is_cancelled(live: Live) -> None:
    made = titled(live)
    before = events(owed(live, stream=made["stream"], wait_for=made["position"]))
    assert before
    assert {str(one["STATUS"]) for one in before.values()} == {"CONFIRMED"}
    ended = give(
        live, f"commitments/{made['stream']}/withdraw", {"because": "The law was changed."}, token=live.signatory
    )
    after = events(owed(live, stream=made["stream"], wait_for=ended.json["position"]))
    assert before.keys() <= after.keys()
    assert {str(after[one]["STATUS"]) for one in before} == {"CANCELLED"}
    whole = owed(live, stream=made["stream"], as_of=made["position"])
    assert events(whole).keys() == before.keys()
    assert "immutable" in whole.headers["cache-control"]
    assert whole.body == owed(live, stream=made["stream"], as_of=made["position"]).body


@pytest.mark.parametrize(
    ("header", "lang", "title"),
    [
        (None, None, "Trees\nfor all"),
        ("fr", None, WORDS),
        ("de;q=0.9, fr-CA;q=0.8, en;q=0.2", None, WORDS),
        ("fr;q=0, en", None, "Trees\nfor all"),
        ("fr", "en", "Trees\nfor all"),
        ("*", None, "Trees\nfor all"),
        ("ée\tx,fr;q=x", None, WORDS),
    ],
)
def test_titles_are_in_the_language_that_is_asked_for(
    live: Live, header: str | None, lang: str | None, title: str
) -> None:
    made = titled(live)
    asked = {"stream": made["stream"], "wait_for": made["position"]} | ({} if lang is None else {"lang": lang})
    headers = {} if header is None else {"Accept-Language": header.encode().decode("latin-1")}
    said = get(live, "/v1/obligations", headers, format="ics", **asked)
    assert "Accept-Language" in said.headers["vary"]
    for one in events(said).values():
        assert str(one["SUMMARY"]).startswith(title)
        assert one["SUMMARY"].params["LANGUAGE"] == ("fr" if title == WORDS else "en")
    french, english = (owed(live, stream=made["stream"], lang=tag).headers["etag"] for tag in ("fr", "en"))
    assert french != english


def test_our_own_words_are_in_that_language_too(live: Live) -> None:
    said = calendar(get(live, "/v1/obligations", {"Accept-Language": "fr"}, format="ics", standing="due_soon", limit=1))
    assert str(said["NAME"]).startswith("Obligations\u00a0: ")
    (day,) = said.walk("VEVENT")
    assert day["DESCRIPTION"].params["LANGUAGE"] == "fr"
    assert "Nature\u00a0: " in str(day["DESCRIPTION"])
    assert "Situation\u00a0: bientôt due" in str(day["DESCRIPTION"])
    assert any("bientôt due" in line for line in day.to_ical().decode().splitlines() if line.startswith("CATEGORIES"))


def test_a_calendar_with_nothing_in_it_is_one_all_the_same(live: Live) -> None:
    found = calendar(owed(live, stream=str(live.story.city)))
    assert [one.name for one in found.subcomponents] == ["VTIMEZONE"]


def test_it_is_asked_for_as_a_whole(live: Live) -> None:
    following = get(live, "/v1/obligations", limit=1).json["next"]
    refused(owed(live, cursor=following), 400, "invalid-request")
    refused(owed(live, count="true"), 400, "invalid-request")
    refused(get(live, "/v1/obligations", lang="fr"), 400, "invalid-request")
    refused(get(live, "/v1/units", format="ics"), 400, "invalid-request")
    said = get(live, "/v1/obligations", {"Accept": "text/calendar"})
    assert len(events(said)) == len(get(live, "/v1/obligations", limit=500).items)
    assert len(events(owed(live, limit=2))) == 2


def test_a_register_that_knows_its_address_writes_whole_ones(live: Live) -> None:
    with known_as(live, "https://register.example.org/eu") as known:
        for row, one in zip(
            get(known, "/v1/obligations", as_of=live.told, sort="key", limit=500).items,
            events(owed(known, as_of=live.told, sort="key")).values(), strict=True,
        ):  # fmt: skip
            assert one["URL"] == f"https://register.example.org/eu/v1/obligations/{row['key']}"
        feed = get(known, "/v1/activity", format="atom", limit=3).body.decode()
        assert feed.count('href="/') == 0
        assert 'href="https://register.example.org/eu/v1/records/' in feed
        assert get(known, "/v1/openapi.json").json["servers"] == [{"url": "https://register.example.org/eu"}]
    assert not any("URL" in one for one in events(owed(live)).values())
