"""What changed between two moments, as a page: the same rows and columns as for programs, in words."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest

from api.differing import differences
from tests.api.client import Said, get, give, proposed, seen
from tests.api.conftest import Live
from tests.api.test_changes import changes
from tests.api.test_pages import Page
from tests.api.test_portal import read, told


def rows(said: Said) -> dict[str, str]:
    """The sections of a page, by what they are of."""
    parts = re.findall(r"<section>(.*?)</section>", said.body.decode(), re.DOTALL)
    return {unescape(re.sub("<[^>]+>", "", part.split("</h3>")[0])).strip(): part for part in parts}


@pytest.mark.parametrize("view", ["commitments", "turns", "obligations", "mandates"])
def test_a_page_tells_each_row_that_programs_are_told(live: Live, view: str) -> None:
    middle = live.told // 2
    expected, found = changes(live, view, **{"from": middle, "to": live.told}), 0
    asked: dict[str, str] = {}
    assert expected
    while True:
        said = read(live, "changes", **{"view": view, "from": middle, "to": live.told, **asked})
        found += said.body.count(b"<section>")
        page = Page(said)
        assert page.headings[0] == 1
        after = re.search(r'href="[^"]*after=([^"&]+)[^"]*" rel="next"', said.body.decode())
        if after is None:
            break
        asked = {"after": after[1].replace("%2F", "/")}
    assert found == len(expected)
    for link in set(page.links):
        if not link.startswith(("#", "data:")):
            assert get(live, link).status == 200, link


def test_a_column_is_told_before_and_after_in_words_and_leads_to_either_row(live: Live) -> None:
    receipt = proposed(live, "A path along the river")
    key, begun = receipt["stream"], receipt["position"]
    withdrawn = give(live, f"commitments/{key}/withdraw", {"because": "Flooded."}, token=live.signatory)
    assert withdrawn.status == 201, withdrawn.body
    last = withdrawn.json["position"]
    seen(live, "commitments", last)
    said = read(live, "changes", **{"view": "commitments", "key": key, "from": begun, "to": last})
    part = rows(said)["A path along the river"]
    before = r"State</dt><dd><del><span[^>]*>Before: </span>Proposed</del>"
    assert re.search(before + r"\s*<ins><span[^>]*>After: </span>Withdrawn</ins>", part)
    assert f'/read/commitments/{key}?as_of={begun}"' in part
    assert f'/read/commitments/{key}?as_of={last}"' in part
    told_since = read(live, f"commitments/{key}", as_of=begun).body.decode()
    assert f"/read/changes?view=commitments&amp;from={begun}&amp;key={key}" in told_since


def test_of_nothing_said_it_is_what_changed_in_a_month(live: Live) -> None:
    said = read(live, "changes", "fr")
    assert rows(said)
    assert "Engagements" in told(said)
    assert get(live, "/read/changes", view="commitments", to="").status == 303
    assert get(live, "/read/changes", **{"from": live.told, "to": 0}).status == 400
    assert b"no longer" not in read(live, "changes", **{"from": live.told, "to": live.told}).body


def test_on_another_day_it_is_another_page(live: Live) -> None:
    said = get(live, "/read/changes", **{"from": 0})
    assert f".{datetime.now(UTC).date()}." in said.headers["etag"]
    assert get(live, "/read/changes", {"If-None-Match": said.headers["etag"]}, **{"from": 0}).status == 304


def test_of_a_list_only_what_went_and_what_came_is_told(live: Live) -> None:
    columns = live.services.views.columns("commitments")
    before, after = {"sdg": ["1", "2", "3"], "state": "adopted"}, {"sdg": ["2", "3", "4"], "state": "adopted"}
    (one,) = differences(before, after, columns, frozenset())
    assert one.before is not None
    assert one.after is not None
    assert (one.label, one.before.value, one.after.value) == ("sdg", ["1"], ["4"])
    (more,) = differences({"sdg": ["1"]}, {"sdg": ["1", "2"]}, columns, frozenset())
    assert more.before is None
    assert more.values == [["2"]]
    (turned,) = differences({"sdg": ["1", "2"]}, {"sdg": ["2", "1"]}, columns, frozenset())
    assert turned.values == [["1", "2"], ["2", "1"]], "another order is told whole"


def test_a_history_is_stepped_through_record_by_record(live: Live) -> None:
    receipt = proposed(live, "A slope for sledges")
    key, begun = receipt["stream"], receipt["position"]
    withdrawn = give(live, f"commitments/{key}/withdraw", {"because": "No snow."}, token=live.signatory).json[
        "position"
    ]
    seen(live, "commitments", withdrawn)
    positions = [one["position"] for one in get(live, "/v1/records", stream=key).items]
    assert positions[0] == begun
    assert len(positions) > 1
    whole = read(live, f"commitments/{key}").body.decode()
    changed = dict[int, str]()
    for nth, position in enumerate(positions):
        assert f'href="/read/commitments/{key}?as_of={position}">The page as of this record' in whole
        page = read(live, f"commitments/{key}", as_of=position).body.decode()
        step = page.split('id="step">')[1].split("</section>")[0]
        assert f"What record {nth + 1} changed" in step
        beside = {name: int(at) for at, name in re.findall(r'as_of=([0-9]+)" rel="(prev|next)"', step)}
        expected = {"prev": positions[nth - 1]} if nth else {}
        expected |= {"next": positions[nth + 1]} if nth + 1 < len(positions) else {}
        assert beside == expected
        changed[position] = step
    assert "With this record it began." in changed[begun]
    assert sum("Withdrawn</ins>" in step for step in changed.values()) == 1
    assert 'id="step"' not in whole
    assert 'id="step"' not in read(live, f"commitments/{live.story.climate}", as_of=withdrawn).body.decode()


def test_who_has_the_page_of_the_last_record_is_told_once_there_is_a_next_one(live: Live) -> None:
    receipt = proposed(live, "A bench in the shade")
    last = receipt["position"]
    seen(live, "commitments", last)
    address = f"/read/commitments/{receipt['stream']}?as_of={last}"
    first = get(live, address)
    tag = {"If-None-Match": first.headers["etag"]}
    assert get(live, address, tag).status == 304
    proposed(live, "Something else")
    assert get(live, address, tag).status == 304
    withdrawn = give(live, f"commitments/{receipt['stream']}/withdraw", {"because": "Rain."}, token=live.signatory)
    after = get(live, address, tag)
    assert 'rel="next"' not in first.body.decode()
    assert (withdrawn.status, after.status, 'rel="next"' in after.body.decode()) == (201, 200, True)
    assert get(live, "/read/commitments/nothing", as_of=last).status == 404
