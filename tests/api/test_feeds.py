"""The Atom feed: what a reader of feeds is shown of the activity, that it stays, and that no text breaks it."""

from datetime import datetime
from typing import Any
from urllib.parse import urljoin
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest

from tests.api.client import Said, get, give, proposal, proposed, send
from tests.api.conftest import Live

MEDIA = "application/atom+xml"
ATOM = "{http://www.w3.org/2005/Atom}"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def feed(said: Said) -> ET.Element:
    assert (said.status, said.headers["content-type"]) == (200, f"{MEDIA}; charset=utf-8"), said.body
    root = ET.fromstring(said.body)
    assert root.tag == f"{ATOM}feed"
    return root


def followed(live: Live, **asked: Any) -> ET.Element:
    return feed(get(live, "/v1/activity", format="atom", **asked))


def entries(root: ET.Element) -> list[ET.Element]:
    return root.findall(f"{ATOM}entry")


def text(one: ET.Element, name: str) -> str:
    found = one.find(f"{ATOM}{name}")
    assert found is not None
    return found.text or ""


def links(one: ET.Element) -> dict[str, str]:
    return {link.attrib["rel"]: link.attrib["href"] for link in one.findall(f"{ATOM}link")}


def named(live: Live, **title: str) -> Any:
    """The receipt of a new commitment that is called so, by language."""
    said = give(live, "commitments/propose", proposal(live) | {"title": title})
    assert said.status == 201, said.body
    return said.json


def test_a_feed_has_everything_that_was_recorded_newest_first_page_behind_page(live: Live) -> None:
    address, heard = f"/v1/activity?format=atom&limit=100&as_of={live.told}", list[str]()
    while address:
        root = feed(send(live, "GET", address))
        assert links(root)["first"] == f"/v1/activity?limit=100&as_of={live.told}&format=atom"
        heard += [links(one)["alternate"] for one in entries(root)]
        address = links(root).get("next", "")
    assert heard == [f"/v1/records/{position}" for position in range(live.told, -1, -1)]


def test_what_is_followed_is_what_any_filter_of_the_view_finds(live: Live) -> None:
    made = proposed(live, "A bridge over the Dyle")
    give(live, f"commitments/{made['stream']}/propose-milestone", {"title": {"en": "Piles"}, "due_on": "2030"})
    for asked in ({"stream": made["stream"]}, {"unit": str(live.story.city), "limit": "500"}, {"q": "Dyle"}):
        rows = get(live, "/v1/activity", wait_for=made["position"], sort="-key", **asked).items
        assert rows
        found = entries(followed(live, **asked))
        assert [links(one)["alternate"] for one in found] == [f"/v1/records/{row['position']}" for row in rows]


def test_an_entry_says_what_happened_to_what_when_and_by_whom(live: Live) -> None:
    made = named(live, en="Trees in the Rue Neuve", fr="Des arbres rue Neuve")
    record = get(live, f"/v1/records/{made['position']}").json["record"]
    one = entries(followed(live, wait_for=made["position"], stream=made["stream"]))[-1]
    assert text(one, "title") == "Trees in the Rue Neuve: commitment proposed"
    assert datetime.fromisoformat(text(one, "updated")) == datetime.fromisoformat(record["at"])
    assert text(one, "published") == text(one, "updated")
    (author,) = one.findall(f"{ATOM}author")
    assert text(author, "name") == get(live, text(author, "uri")).json["item"]["name"]["en"]
    category = one.find(f"{ATOM}category")
    assert category is not None
    assert category.attrib["term"] == record["type"]
    shown = {part.attrib.get(LANGUAGE): part.text for part in one.iter("{http://www.w3.org/1999/xhtml}p")}
    assert (shown["en"], shown["fr"]) == ("Trees in the Rue Neuve", "Des arbres rue Neuve")


def test_every_address_in_a_feed_leads_somewhere(live: Live) -> None:
    root = followed(live, as_of=live.told, limit=200)
    found = {address for one in (root, *entries(root)) for address in links(one).values()}
    found |= {uri.text or "" for uri in root.iter(f"{ATOM}uri")}
    assert len(found) > 200
    for address in found:
        assert send(live, "GET", urljoin("/v1/activity", address)).status == 200, address


def test_ids_are_the_same_for_ever_and_each_record_has_its_own(live: Live) -> None:
    first, again = (followed(live, as_of=live.told, limit=500) for _ in range(2))
    ids = [text(one, "id") for one in entries(first)]
    assert ids == [text(one, "id") for one in entries(again)]
    assert len({UUID(one.removeprefix("urn:uuid:")) for one in ids}) == live.told + 1
    assert text(first, "id") == text(followed(live), "id"), "another page, or a past one, is of the same feed"
    assert text(first, "id") != text(followed(live, context="mandates"), "id")


def test_no_text_of_a_record_breaks_the_feed(live: Live) -> None:
    title = "<b>&amp;]]>\x01\x0b\ufffe\x1f \"'\U0001f333\u202e שלום"
    made = proposed(live, title, description={"en": "Told by a test."})
    (one,) = entries(followed(live, wait_for=made["position"], stream=made["stream"]))
    assert text(one, "title").startswith("<b>&amp;]]>\ufffd\ufffd\ufffd\ufffd \"'\U0001f333\u202e שלום")
    asked = followed(live, q="<&\"'>\x02")
    assert entries(asked) == []
    assert text(asked, "title").endswith("(q=<&\"'>\ufffd)")
    assert text(asked, "updated").endswith("Z")


def test_a_title_without_english_says_in_which_language_it_is(live: Live) -> None:
    made = named(live, nl="Bomen", fr="Des arbres")
    (one,) = entries(followed(live, wait_for=made["position"], stream=made["stream"]))
    title = one.find(f"{ATOM}title")
    assert title is not None
    assert (title.attrib[LANGUAGE], title.text) == ("fr", "Des arbres: commitment proposed")


def test_a_feed_speaks_the_language_that_is_asked_for(live: Live) -> None:
    made = named(live, en="Trees in the Rue Haute", fr="Des arbres rue Haute")
    asked = {"stream": made["stream"], "wait_for": made["position"]}
    root, english = followed(live, lang="fr", **asked), followed(live, **asked)
    assert root.attrib[LANGUAGE] == "fr"
    assert text(root, "title").startswith("Activité\u00a0: ")
    assert "fr" not in text(root, "title").rpartition("(")[2]
    (one,) = [one for one in entries(root) if "Des arbres" in text(one, "title")][-1:]
    assert text(one, "title") == "Des arbres rue Haute\u00a0: engagement proposé"
    assert "Prend effet" not in ET.tostring(english, encoding="unicode")
    assert [text(each, "id") for each in (root, *entries(root))] == [
        text(each, "id") for each in (english, *entries(english))
    ]
    said = get(live, "/v1/activity", {"Accept-Language": "ar"}, format="atom", limit=1)
    assert "Accept-Language" in said.headers["vary"]
    assert said.headers["etag"] != get(live, "/v1/activity", format="atom", limit=1).headers["etag"]


def test_a_feed_is_not_sent_again_while_nothing_is_new(live: Live) -> None:
    said = get(live, "/v1/activity", format="atom", as_of=live.told)
    same = {"If-None-Match": said.headers["etag"]}
    assert get(live, "/v1/activity", same, format="atom", as_of=live.told).status == 304
    assert get(live, "/v1/activity", same, as_of=live.told).status == 200, "rows are another answer"


@pytest.mark.parametrize(
    ("accept", "served"),
    [
        (MEDIA, MEDIA),
        ("application/atom+xml, application/rss+xml;q=0.9, */*;q=0.1", MEDIA),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json"),
        ("application/json, application/atom+xml;q=0.5", "application/json"),
    ],
)
def test_the_header_accept_asks_for_a_feed_and_for_its_next_page(live: Live, accept: str, served: str) -> None:
    said = get(live, "/v1/activity", {"Accept": accept}, limit=3)
    assert said.headers["content-type"].partition(";")[0] == served
    address = said.headers["link"].removeprefix("<").partition(">")[0]
    following = send(live, "GET", address, headers={"Accept": accept})
    assert following.status == 200
    if served == MEDIA:
        first, second = (links(entries(feed(one))[-1])["alternate"] for one in (said, following))
        assert int(first.rpartition("/")[2]) - int(second.rpartition("/")[2]) == 3


@pytest.mark.parametrize(
    ("view", "asked", "faults"),
    [
        ("activity", {"sort": "at"}, {"/sort": "sort"}),
        ("activity", {"count": "1"}, {"/count": "count"}),
        ("activity", {"bom": "1"}, {"/bom": "bom"}),
        ("activity", {"proof": "1", "as_of": "3"}, {"/proof": "proof"}),
        ("commitments", {}, {"/format": "choice"}),
    ],
)
def test_what_no_feed_can_say_is_refused(live: Live, view: str, asked: dict[str, str], faults: dict[str, str]) -> None:
    said = get(live, f"/v1/{view}", format="atom", **asked)
    assert (said.status, said.faults) == (400, faults)


def test_where_there_is_no_feed_none_is_offered(live: Live) -> None:
    said = get(live, "/v1/commitments", {"Accept": MEDIA})
    assert (said.status, MEDIA in said.json["offered"]) == (406, False)


def test_the_feed_is_named_where_readers_look_for_one(live: Live) -> None:
    page = send(live, "GET", "/").body.decode()
    assert f'<link rel="alternate" type="{MEDIA}" title="Activity" href="/v1/activity?format=atom&amp;lang=en">' in page
    document = get(live, "/v1/openapi.json").json["paths"]
    offered = {path for path, one in document.items() if MEDIA in str(one.get("get", {}).get("responses"))}
    assert offered == {"/v1/activity"}
