"""What caused a record and what it caused, as a list for programs, a page for people, and a copy for auditors."""

import json
from pathlib import Path

import pytest

from tests.api.client import get
from tests.api.conftest import Live
from tests.api.test_audit import audit, bundle, well
from tests.api.test_pages import Page
from tests.api.test_portal import read, told
from tests.browser import beyond, tab

__all__ = ["bundle"]


def following(live: Live, column: str) -> list[int]:
    """Positions of the story's records that follow from others."""
    asked = {f"{column}__is_null": "false", "as_of": live.told, "limit": 500}
    return [row["position"] for row in get(live, "/v1/activity", **asked).items]


@pytest.mark.parametrize("column", ["cause", "corrects"])
def test_who_follows_from_another_stands_below_it(live: Live, column: str) -> None:
    positions = following(live, column)
    assert positions
    for position in positions:
        acts = get(live, f"/v1/causes/{position}", as_of=live.told).json["item"]["acts"]
        [own] = [one for one in acts if position in [each["position"] for each in one["records"]]]
        assert own["how"] == ("reaction" if column == "cause" else "correction")
        above = acts[own["under"] - 1]
        names = {f"{each['stream']}/{each['version']}" for each in above["records"]}
        row = get(live, f"/v1/activity/{position:016}", as_of=live.told).json["item"]
        assert row[column] in names
        again = get(live, f"/v1/causes/{above['records'][0]['position']}", as_of=live.told).json["item"]["acts"]
        assert again == acts


def test_an_auditor_makes_every_tree_again(live: Live, bundle: Path) -> None:
    for position in (0, *following(live, "cause"), *following(live, "corrects")):
        said = get(live, f"/v1/causes/{position}", as_of=live.told, proof=1).json
        words = said["proof"]["reproduce"].replace("BUNDLE", str(bundle)).split()
        assert words[:3] == ["subsidia", "audit", "causes"]
        assert json.loads(well(*words[2:])) == said["item"]
    assert audit("causes", str(bundle), "--position", "999999").exit_code == 2


@pytest.mark.parametrize(("of", "status"), [("999999", 404), ("-1", 400), ("x", 400)])
def test_what_is_no_record_has_no_causes(live: Live, of: str, status: int) -> None:
    assert get(live, f"/v1/causes/{of}").status == status


def test_a_record_s_page_tells_its_tree_as_lists_within_lists(live: Live) -> None:
    [position, *_] = following(live, "cause")
    acts = get(live, f"/v1/causes/{position}", as_of=live.told).json["item"]["acts"]
    said = read(live, f"activity/{position:016}", as_of=live.told)
    body = said.body.decode()
    assert body.count('aria-current="true"') == 1
    assert "The register reacted:" in told(said)
    for link in [one for one in Page(said).links if one.endswith("#causes")]:
        assert get(live, link.partition("#")[0]).status == 200
    records = sum(len(one["records"]) for one in acts)
    assert body.count("#causes") == records - 1, "all but the one that is shown lead to their own pages"


def test_each_record_of_a_history_leads_to_its_tree(live: Live) -> None:
    body = read(live, f"commitments/{live.story.climate}").body.decode()
    assert body.count("#causes") == body.count('<li id="record-')


async def test_a_tree_fits_a_phone_in_every_language(live: Live, tmp_path: Path) -> None:
    [position, *_] = following(live, "cause")
    async with tab(tmp_path) as shown:
        await shown.as_wide_as(320)
        for tag in ("en", "fr", "ar"):
            address = f"{live.url}/read/activity/{position:016}?as_of={live.told}"
            assert await beyond(shown, address, tag, "ul.causes") <= 0
