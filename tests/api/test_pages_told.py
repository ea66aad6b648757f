"""How pages tell what is on record: what stands first, what reads as a table, what is called by its name."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from api.people import Text, of_row, records_of, shown, texts_of
from projections.kernel import Subject
from tests.api.client import get
from tests.api.conftest import Live
from tests.api.test_pages import Page
from tests.api.test_portal import read, told

THINGS = ("commitments", "mandates", "reviews", "allocations", "units")


def labels(texts: list[Text]) -> list[str]:
    return [one.label for one in texts]


def test_the_first_page_has_every_view_once_under_what_it_is_about(live: Live) -> None:
    page = get(live, "/", {"Accept-Language": "en"})
    _, _, body = unescape(page.body.decode()).partition("<h2>Read</h2>")
    begins = [body.index(f"<h3>{subject}</h3>") for subject in Subject]
    assert begins == sorted(begins)
    for view in live.services.views_declared:
        places = [found.start() for found in re.finditer(f'href="/read/{view.name}"', body)]
        assert len(places) == 1, view.name
        below = [subject for subject, begin in zip(Subject, begins, strict=True) if begin < places[0]]
        assert below[-1] is view.subject, view.name


@pytest.mark.parametrize("view", THINGS)
def test_a_page_leaves_out_no_column_and_tells_none_twice(live: Live, view: str) -> None:
    declared = next(one for one in live.services.views_declared if one.name == view)
    columns = live.services.views.columns(view)
    assert set(declared.shows) <= {of_row(one) for one in columns}
    for row in get(live, f"/v1/{view}", limit=50, as_of=live.told).items:
        texts = texts_of(row, columns, frozenset(THINGS))
        parts = shown(row, texts, declared.shows)
        assert sorted(one for part in parts for one in labels(list(part))) == sorted(labels(list(texts)))
        assert labels(list(parts.first)) == [
            one for name in declared.shows if (one := name.removesuffix("_name")) in labels(list(parts.first))
        ]
        page = Page(read(live, f"{view}/{row['key']}", as_of=live.told))
        assert {f"of-{one.label}" for one in texts} <= set(page.ids)
        assert len(page.ids) == len(set(page.ids))


def test_what_is_so_is_marked_and_what_is_not_stands_with_the_quiet(live: Live) -> None:
    row = get(live, f"/v1/commitments/{live.story.climate}", as_of=live.told).json["item"]
    parts = shown(row, texts_of(row, live.services.views.columns("commitments"), frozenset()), ("state", "owner_name"))
    assert labels(list(parts.first)) == ["state", "owner"]
    assert {"delayed", "contested"} <= set(labels(list(parts.marks)))
    assert all(row[one.label] is True for one in parts.marks)
    quiet = set(labels(list(parts.quiet)))
    assert {"on_hold", "depends_on", "title", "name", "first_ends_on", "progress_low"} <= quiet
    moved = row | {"first_ends_on": "2025", "progress_low": 10}
    parts = shown(moved, texts_of(moved, live.services.views.columns("commitments"), frozenset()), ())
    assert {"first_ends_on", "progress_low"} <= set(labels(list(parts.others)))


def test_things_are_called_by_their_names_on_pages_and_lead_there(live: Live) -> None:
    row = get(live, f"/v1/commitments/{live.story.climate}", as_of=live.told).json["item"]
    body = unescape(read(live, f"commitments/{live.story.climate}", as_of=live.told).body.decode())
    for mandate in row["rests_on"]:
        name = get(live, f"/v1/mandates/{mandate}", as_of=live.told).json["item"]["name"]
        assert f'<a href="/read/mandates/{mandate}?as_of={live.told}" dir="auto">{name}</a>' in body
    assert row["rests_on"]
    listed = unescape(read(live, "commitments", as_of=live.told).body.decode())
    name = get(live, f"/v1/units/{row['waits_on']}", as_of=live.told).json["item"]["title"]
    assert re.search(f'<td><a href="/read/units/{row["waits_on"]}[^"]*" dir="auto">{name}</a></td>', listed)


def test_several_alike_are_a_table_and_sums_of_money_read_as_such(live: Live) -> None:
    row = get(live, f"/v1/commitments/{live.story.climate}", as_of=live.told).json["item"]
    body = read(live, f"commitments/{live.story.climate}", as_of=live.told).body.decode()
    _, _, parties = body.partition('id="of-parties"')
    table, _, _ = parties.partition("</table>")
    assert table.count("<tr>") == 1 + len(row["parties"])
    assert re.findall('<th scope="col">([^<]+)</th>', table)[:3] == ["Unit", "Sphere", "Part"]
    [pledged] = row["pledged"]
    said = told(read(live, f"commitments/{live.story.climate}", as_of=live.told))
    assert f"{int(pledged['amount']):,} {pledged['currency']} (current prices)" in said
    assert "17 000 000".replace(" ", "\u202f") in read(live, f"commitments/{live.story.climate}", "fr").body.decode()


def test_a_name_in_several_languages_is_told_in_a_history(live: Live) -> None:
    said = told(read(live, f"units/{live.story.city}", as_of=live.told))
    assert "Name: Lyon" in said
    assert "{'" not in unescape(said)


def test_a_target_that_was_never_moved_is_told_once(live: Live) -> None:
    row = get(live, f"/v1/commitments/{live.story.climate}", as_of=live.told).json["item"]
    columns = live.services.views.columns("commitments")
    target = row["targets"][0]
    [told_once] = [one for one in texts_of(row, columns, frozenset()) if one.label == "targets"]
    assert told_once.value[0] == {"number": 1, "moves": 0, **target["current"]}
    moved = row | {"targets": [target | {"first": {**target["first"], "due_on": "2026"}, "moves": 1}]}
    [both] = [one for one in texts_of(moved, columns, frozenset()) if one.label == "targets"]
    assert both.value == moved["targets"]
    said = told(read(live, f"commitments/{live.story.climate}", as_of=live.told))
    assert f"{target['current']['value']['value']} {target['current']['value']['unit']}" in said


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ([{"unit": "a", "since": "2026"}], True),
        ([{"unit": "a", "money": {"amount": "1", "currency": "EUR", "price_basis": "current"}}], True),
        ([{"unit": "a", "title": {"en": "A", "fr": "B", "es": "C", "ar": "D"}}], True),
        ([{"amount": "1", "currency": "EUR"}], False),
        ([{"number": 1, "current": {"aim": 1, "of": 2, "by": 3, "when": 4}}], False),
        ([{"unit": "a"}], False),
        ([{"unit": "a", "since": "2026"}, "b"], False),
        ([], False),
        ("text", False),
    ],
)
def test_what_reads_as_a_table(value: Any, is_one: bool) -> None:
    assert records_of(value) is is_one


def test_what_is_only_ever_added_to_is_read_from_its_end(live: Live) -> None:
    """By pages to the beginning; the same for programs comes in the same order, and another one on demand."""
    where = {"stream": str(live.story.climate), "as_of": live.told}
    lines = [row["key"] for row in get(live, "/v1/activity", limit=500, **where).items]
    address, found, links = "/read/activity?limit=7&" + urlencode(where), list[str](), list[str]()
    while address:
        page = get(live, address)
        found += re.findall('<th scope="row"><a href="/read/activity/([^"?]+)', page.body.decode())
        links = [unescape(link) for link in Page(page).links if "lang=" not in link]
        address = next((link for link in links if "cursor=" in link), "")
    assert found == lines[::-1]
    [programs] = [link for link in links if link.startswith("/v1/activity?") and "format" not in link]
    assert [row["key"] for row in get(live, programs + "&limit=500").items] == found
    turned = get(live, "/read/activity?sort=key&" + urlencode(where)).body.decode()
    assert re.findall('<th scope="row"><a href="/read/activity/([^"?]+)', turned)[0] == lines[0]
