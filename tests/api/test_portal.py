"""Views for people: what anybody reads in a browser, without a script, in the languages that there are."""

import re
from html import unescape
from time import monotonic

import pytest

from tests.api.client import Said, get, give, proposal, standing_still
from tests.api.conftest import Live
from tests.api.test_pages import Page
from tests.waiting import PATIENCE


def read(live: Live, address: str, languages: str = "", /, **asked: object) -> Said:
    headers = {"Accept-Language": languages} if languages else {}
    said = get(live, f"/read/{address}", headers, **asked)
    assert (said.status, said.headers["content-type"]) == (200, "text/html; charset=utf-8"), said.body
    return said


def proposed(live: Live, **title: str) -> tuple[str, int]:
    """The id and the position of a commitment that is called so, by language."""
    said = give(live, "commitments/propose", proposal(live) | {"title": title})
    assert said.status == 201, said.body
    return said.json["stream"], said.json["position"]


def told(said: Said) -> str:
    """The text of a page, blanks as one."""
    return " ".join(Page(said).text.split())


def test_every_view_is_a_page_that_reads_well_and_leads_on(live: Live) -> None:
    for view in live.services.views_declared:
        said = read(live, view.name, limit=3)
        page = Page(said)
        assert page.headings[0] == 1
        assert page.headings.count(1) == 1
        assert len(page.ids) == len(set(page.ids))
        assert view.says in unescape(page.text)
        for link in set(page.links):
            if not link.startswith(("#", "data:")):
                assert get(live, link).status == 200, link


def test_every_row_has_a_page_with_all_that_the_row_says(live: Live) -> None:
    for view in live.services.views_declared:
        for row in get(live, f"/v1/{view.name}", limit=2).items:
            page = Page(read(live, f"{view.name}/{row['key']}"))
            assert page.headings.count(1) == 1
            labels = set(re.findall(r"\bof-([a-z_]+)", " ".join(page.ids)))
            said = {name for name, value in row.items() if value != "" and name != "key"}
            assert said <= labels | {f"{label}_name" for label in labels}, view.name


def test_a_commitment_shows_at_once_whose_turn_it_is(live: Live) -> None:
    key, position = proposed(live, en="A bridge for bicycles")
    page = told(read(live, f"commitments/{key}", wait_for=position))
    assert "A bridge for bicycles" in page
    assert "accept" in page


def test_units_are_named_wherever_they_stand(live: Live) -> None:
    page = Page(read(live, f"commitments/{live.story.climate}"))
    ids = {link.rpartition("/")[2] for link in page.links if link.startswith("/read/units/")}
    assert len(ids) >= 4
    assert not [one for one in ids if one in page.text], "no unit is only told by its id"
    assert "[]" not in page.text


def test_a_text_is_shown_in_the_readers_language_else_marked_as_another(live: Live) -> None:
    key, position = proposed(live, en="Trees", fr="Arbres", ar="أشجار")
    for languages, tag, text in (("fr-FR, en;q=0.5", "fr", "Arbres"), ("ar", "ar", "أشجار"), ("de", "en", "Trees")):
        said = read(live, f"commitments/{key}", languages, wait_for=position)
        assert f'<h1><span lang="{tag}" dir="auto">{text}</span>' in said.body.decode()
        assert "Accept-Language" in said.headers["vary"]
    assert "(en)" in told(read(live, f"commitments/{key}", "de"))
    assert "(fr)" not in told(read(live, f"commitments/{key}", "fr"))


def test_a_text_can_be_no_markup(live: Live) -> None:
    key, position = proposed(live, en="<script>alert(1)</script>")
    said = read(live, f"commitments/{key}", wait_for=position).body
    assert b"<script" not in said
    assert b"&lt;script&gt;" in said


def test_the_form_asks_what_the_address_says_and_leaves_out_what_is_empty(live: Live) -> None:
    said = get(live, "/read/commitments", q="climate", state="", as_of="", sort="-ends_on")
    assert (said.status, said.headers["location"]) == (303, "/read/commitments?q=climate&sort=-ends_on")
    page = read(live, "commitments", q="climate", owner_sphere="local")
    assert 'name="q" value="climate"' in page.body.decode()
    assert '<option value="local" selected>' in page.body.decode()
    assert "/read/commitments?q=climate" in [unescape(link) for link in Page(page).links], "takes one condition away"


def test_pages_of_a_list_follow_one_another_to_the_end(live: Live) -> None:
    address, found = f"/read/units?limit=3&as_of={live.told}", list[str]()
    while address:
        page = Page(get(live, address))
        found += [link.rpartition("/")[2] for link in page.links if link.startswith("/read/units/")]
        address = next((unescape(link) for link in page.links if "cursor=" in link), "")
    rows = [row["key"] for row in get(live, "/v1/units", limit=500, as_of=live.told).items]
    assert [key.partition("?")[0] for key in found] == rows


def test_a_past_page_says_so_and_stays(live: Live) -> None:
    first, again = (read(live, "commitments", as_of=live.told) for _ in range(2))
    assert first.body == again.body
    assert "as it stood" in told(first)
    assert "as it stood" not in told(read(live, "commitments"))
    one = get(live, "/v1/commitments", limit=1, as_of=live.told).items[0]
    assert f"/read/commitments/{one['key']}?as_of={live.told}" in Page(first).links
    assert f"/v1/commitments?as_of={live.told}" in Page(first).links


def test_a_corrected_record_is_struck_out_and_both_are_there(live: Live) -> None:
    wrong = get(live, "/v1/corrections", limit=1, context="commitments").items[0]
    body = read(live, f"commitments/{wrong['stream']}").body.decode()
    struck = re.findall(r'<li id="record-(\d+)"[^>]*>\s*<s>', body)
    assert wrong["corrects"].rpartition("/")[2] in struck
    assert wrong["because"] in unescape(body)


def test_a_mistake_in_an_address_is_told_to_people(live: Live) -> None:
    for address, status in (("commitments?as_of=2020-13-45", 400), ("commitments/nothing", 404), ("units?foo=1", 400)):
        said = get(live, f"/read/{address}")
        assert (said.status, said.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert Page(said).headings == [1]
        assert "{" not in told(said)


def test_a_page_of_a_view_that_stands_still_says_how_far_the_register_is(live: Live) -> None:
    with standing_still(live, "commitments"):
        before = read(live, "commitments")
        _, position = proposed(live, en="Nobody sees this yet")
        ends = monotonic() + PATIENCE
        while (now := get(live, "/read/commitments", {"If-None-Match": before.headers["etag"]})).status == 304:
            assert monotonic() < ends, "who has a page is never told that it is behind"
        assert f"the register has come to {position} by now" in told(now)
        assert "Nobody sees this yet" not in told(read(live, "commitments", limit=500))
    assert "Nobody sees this yet" in told(read(live, "commitments", wait_for=position, limit=500))


@pytest.mark.parametrize("address", ["commitments", "commitments?as_of=3"])
def test_an_unchanged_page_is_not_sent_again(live: Live, address: str) -> None:
    first = get(live, f"/read/{address}", {"Accept-Language": "fr"})
    tag = first.headers["etag"]
    assert get(live, f"/read/{address}", {"Accept-Language": "fr", "If-None-Match": tag}).status == 304
    assert get(live, f"/read/{address}", {"Accept-Language": "en", "If-None-Match": tag}).status == 200
    assert "form-action 'self'" in first.headers["content-security-policy"]


def test_the_first_page_leads_people_to_pages(live: Live) -> None:
    links = Page(get(live, "/")).links
    assert {f"/read/{view.name}" for view in live.services.views_declared} <= set(links)
