"""Views for people: what anybody reads in a browser, without a script, in the languages that there are."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from time import monotonic
from urllib.parse import quote

import pytest

from api import cursors, past
from api.beside import UNITS
from api.problems import Problem
from api.tally import tally
from api.templates import Templates
from api.tongues import TONGUES
from projections.things import THINGS
from tests.api.client import Said, get, give, head, locked, proposal, seen, send, standing_still
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


ARABIC = {"واحد": 1, "اثنان": 2, "اثنين": 2, "التزامان": 2}


def figures(said: Said) -> dict[str, int]:
    """What the list of commitments says first: by the address that each figure leads to."""
    found = re.search(r'<p id="tally">(.*?)</p>', said.body.decode(), re.DOTALL)
    assert found is not None, told(said)
    links = re.findall(r'<a href="([^"]+)">([^<]*)</a>', found[1])[:-1]  # the last one leads to the card itself
    return {unescape(address): counted(text) for address, text in links}


def counted(text: str) -> int:
    """The number in a sentence, which Arabic writes as a word where it is one or two."""
    digits = "".join(re.findall("[0-9]", text))
    return int(digits) if digits else next(number for word, number in ARABIC.items() if word in text)


@pytest.mark.parametrize("languages", TONGUES)
@pytest.mark.parametrize("behind", [None, 0, 40])
def test_the_first_sentence_counts_what_its_lists_show(live: Live, languages: str, behind: int | None) -> None:
    asked = {} if behind is None else {"as_of": live.told - behind}
    for view in ("scorecards", "commitments"):
        seen(live, view, head(live) - 1)
    said = figures(read(live, "commitments", languages, **asked))
    assert len(said) >= 5 + (behind != 40)
    for address, number in said.items():
        assert ("as_of=" in address) == (behind is not None)
        rows = get(live, address.replace("/read/", "/v1/") + ("&" if "?" in address else "?") + "count=true")
        assert (address, rows.json["count"]["rows"]) == (address, number)
    if behind == 0:
        assert said[f"/read/commitments?as_of={live.told}"] > 1


def test_a_new_commitment_is_counted_and_what_has_ended_is_late_no_more(live: Live) -> None:
    seen(live, "scorecards", head(live) - 1)
    before = figures(read(live, "commitments", wait_for=head(live) - 1))
    delayed = next(address for address in before if "delayed=true" in address)
    open_states = [one for one in ("proposed", "in_progress", "completed", "withdrawn") if one in delayed]
    assert open_states == ["proposed", "in_progress"]
    _, position = proposed(live, en="One more")
    seen(live, "scorecards", position)
    after = figures(read(live, "commitments", wait_for=position))
    assert after["/read/commitments"] == before["/read/commitments"] + 1


def test_a_list_of_some_commitments_does_not_speak_of_all(live: Live) -> None:
    assert 'id="tally"' not in read(live, "commitments", state="completed").body.decode()
    assert 'id="tally"' not in read(live, "commitments", q="garden").body.decode()
    assert 'id="tally"' not in read(live, "mandates").body.decode()


def test_figures_that_are_behind_lead_to_what_they_count(live: Live) -> None:
    """Views come on together but while one is made anew: so here a position is named that figures have not passed."""
    _, position = proposed(live, en="Not counted yet")
    seen(live, "scorecards", position)
    told_of = live.run(tally(live.services.views, live.told, pinned=True))
    assert told_of.sentence.commitments.leads == f"/read/commitments?as_of={live.told}"
    before = get(live, f"/v1/commitments?as_of={live.told}&count=true").json["count"]["rows"]
    assert told_of.whole["commitments"] == before < get(live, "/v1/commitments?count=true").json["count"]["rows"]


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
    assert "Accept" in page


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
        page = Page(said := get(live, address))
        found += re.findall('<th scope="row"><a href="/read/units/([^"?]+)', said.body.decode())
        address = next((unescape(link) for link in page.links if "cursor=" in link and "lang=" not in link), "")
    rows = [row["key"] for row in get(live, "/v1/units", limit=500, as_of=live.told).items]
    assert found == rows


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


def test_what_is_asked_for_several_values_stays_asked_for_in_every_address_of_a_page(live: Live) -> None:
    asked = "owner_sphere.in=local&owner_sphere.in=regional"
    page = Page(get(live, f"/read/commitments?{asked}"))
    links = [unescape(link) for link in page.links]
    for address in ("/read/commitments", "/v1/commitments"):
        assert any(link.startswith(f"{address}?{asked}&as_of=") for link in links), address
    assert "/read/commitments" in links, "takes the condition away"


def test_an_address_to_cite_counts_days_as_the_page_does(live: Live) -> None:
    with locked(live):
        place = cursors.read(get(live, "/v1/obligations", limit=1).json["next"])
        tomorrow = replace(place, day=place.day + timedelta(days=1))
        page = Page(read(live, "obligations", limit=1, cursor=cursors.written(tomorrow)))
    assert f"days are counted to {tomorrow.day}" in " ".join(page.text.split())
    cited = [link for link in map(unescape, page.links) if link.startswith("/read/obligations?as_of=")]
    assert cited == [f"/read/obligations?as_of={quote(f'{tomorrow.day}T00:00:00.000000Z')}"]


def test_what_is_data_beside_a_page_is_the_same(live: Live) -> None:
    key, day = get(live, "/v1/commitments", limit=1, as_of=live.told).items[0]["key"], "2026-01-31"
    row = Page(read(live, f"commitments/{key}", as_of=live.told, valid_at=day))
    assert f"/v1/commitments/{key}?valid_at={day}&as_of={live.told}" in map(unescape, row.links)
    rows = Page(read(live, "commitments", valid_at=day))
    leading = [link for link in rows.links if link.startswith("/read/commitments/")]
    assert all(link.endswith(f"?valid_at={day}") for link in leading)


def test_others_are_answered_while_a_long_page_is_written(live: Live) -> None:
    async def turns() -> int:
        errors = [{"pointer": "/x", "detail": "It is wrong."}] * 1000
        wrong = Problem(400, "invalid-request", "Wrong", ("It is wrong.",), {"errors": errors})
        page = Templates().written("problem.html", problem=wrong, view=live.services.views_declared[0])
        writing, others = asyncio.ensure_future(page), 0
        while not writing.done():
            await asyncio.sleep(0)
            others += 1
        return others

    assert live.run(turns()) > 10


def test_what_nobody_filled_in_is_left_out_however_much_it_is(live: Live) -> None:
    blank = "&".join(f"a{number}=" for number in range(1000))
    said = get(live, f"/read/commitments?q=climate&{blank}")
    assert (said.status, said.headers["location"]) == (303, "/read/commitments?q=climate")


def test_an_address_is_as_long_as_a_page_can_hold_many_times(live: Live) -> None:
    keys = "&".join(f"key.in={number:036}" for number in range(200))
    said = get(live, f"/read/commitments?{keys}")
    assert said.status == 414
    assert Page(said).headings == [1]
    assert get(live, f"/v1/commitments?{keys}").status == 200


def test_a_key_in_capital_letters_leads_to_the_page(live: Live) -> None:
    key = live.story.climate
    said = get(live, f"/read/commitments/{str(key).upper()}?as_of={live.told}")
    assert (said.status, said.headers["location"]) == (308, f"/read/commitments/{key}?as_of={live.told}")


def test_a_page_is_another_once_what_stands_beside_the_row_has_come_further(live: Live) -> None:
    key = get(live, "/v1/policies", limit=1).items[0]["key"]
    with standing_still(live, "units"):
        _, position = proposed(live, en="Units do not know it yet")
        before = read(live, f"policies/{key}", as_of=position, wait_for=position)
        assert "Names of others are those of position" in told(before)
    for view in (UNITS, *THINGS.values()):
        assert get(live, f"/v1/{view}", wait_for=position, limit=1).status == 200
    after = get(live, f"/read/policies/{key}?as_of={position}", {"If-None-Match": before.headers["etag"]})
    assert after.status == 200
    assert "Names of others are those of position" not in told(after)


def test_a_history_that_is_too_long_for_a_page_leads_to_all_of_it(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    key = live.story.climate
    assert "All of them" not in told(read(live, f"commitments/{key}"))
    monkeypatch.setattr(past, "HISTORY", 2)
    page = Page(read(live, f"commitments/{key}", as_of=live.told))
    assert "These are the first 2 records." in " ".join(page.text.split())
    assert f"/read/activity?stream={key}&as_of={live.told}" in [unescape(link) for link in page.links]


def test_whatever_is_not_there_among_pages_is_told_in_words(live: Live) -> None:
    alone = get(live, "/read?lang=en")
    assert (alone.status, alone.headers["location"]) == (308, "/?lang=en")
    for method, address, status in (("GET", "/read/nothing", 404), ("POST", "/read/commitments", 405),
                                    ("DELETE", "/give", 405), ("GET", "/give/nothing", 404)):  # fmt: skip
        said = send(live, method, address)
        assert (said.status, said.headers["content-type"]) == (status, "text/html; charset=utf-8"), address
        assert Page(said).headings == [1]
    assert "/" in Page(get(live, "/read/nothing")).links
    assert send(live, "POST", "/read/commitments").headers["allow"] == "GET, HEAD, OPTIONS"
    assert send(live, "OPTIONS", "/read/commitments").status == 204
    assert get(live, "/v1/nothing").headers["content-type"].startswith("application/problem+json")
    assert get(live, "/read/commitments/").headers["location"] == "/read/commitments"
