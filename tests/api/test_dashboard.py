"""The register at a glance: every figure is what its list counts, of all, of a unit and of a territory."""

import re
from datetime import date
from html import unescape
from pathlib import Path
from uuid import UUID

import pytest

from api.dashboard import UNITS_AT_MOST
from api.tongues import TONGUES
from domain.kernel import Sphere
from projections.spheres import CLASSES
from services.territories import Moment, Territories
from tests.api.client import Said, get, head, proposed, seen
from tests.api.conftest import Live
from tests.api.test_pages import Page
from tests.api.test_portal import read, told
from tests.browser import beyond, tab

USED = ("commitments", "spheres", "scorecards", "sphere-response-times", "obligations", "activity")


def figures(said: Said) -> dict[str, int]:
    """What stands on a page as a number with a list behind it, by the list's address."""
    text = said.body.decode().split('<main id="content">')[1].split("</main>")[0]
    found: dict[str, int] = {}
    for address, shown in re.findall(r'<a href="(/read/[a-z-]+(?:\?[^"]*)?)">(.*?)</a>', text):
        number = re.search(r"[0-9][0-9,.\u202f\u00a0]*", re.sub("<span.*?</span>", "", shown))
        if number and "position" not in shown:
            found[unescape(address)] = int(re.sub("[^0-9]", "", number[0]))
    return found


def counted(live: Live, address: str) -> int:
    rows = get(live, address.replace("/read/", "/v1/") + ("&" if "?" in address else "?") + "count=true&limit=1")
    return int(rows.json["count"]["rows"])


def everything_seen(live: Live) -> None:
    for view in USED:
        seen(live, view, head(live) - 1)


@pytest.mark.parametrize("behind", [None, 0, 150])
@pytest.mark.parametrize("of", ["", "city", "territory", "region"])
def test_every_figure_is_what_its_list_counts(live: Live, of: str, behind: int | None) -> None:
    everything_seen(live)
    unit = {"": "", "city": live.story.city, "territory": live.story.city, "region": _region(live)}[of]
    asked: dict[str, object] = {} if behind is None else {"as_of": live.told - behind}
    asked |= {"territory": "true"} if of == "territory" else {}
    said = read(live, f"dashboard/{unit}" if unit else "dashboard", **asked)
    found = figures(said)
    assert len(found) >= len(CLASSES) + 5
    for address, number in found.items():
        assert ("as_of=" in address) == (behind is not None)
        assert (address, counted(live, address)) == (address, number)
    assert sum(found.values()) > 0


def _region(live: Live) -> str:
    return str(get(live, "/v1/units", **{"identifiers.has": "iso3166-2:FR-ARA"}).items[0]["key"])


def test_what_each_sphere_owes_is_all_of_it_in_classes_each_counted_once(live: Live) -> None:
    everything_seen(live)
    said = read(live, "dashboard", as_of=live.told)
    found = figures(said)
    pin = f"as_of={live.told}"
    for sphere in ("local", "regional", "national"):
        whole = found[f"/read/commitments?owner_sphere={sphere}&{pin}"]
        classes = [
            number for address, number in found.items()
            if f"owner_sphere={sphere}" in address and "counterparts" not in address and address.count("&") > 1
        ]  # fmt: skip
        assert len(classes) == len(CLASSES)
        assert sum(classes) == whole > 0
    assert found[f"/read/commitments?{pin}"] == counted(live, f"/read/commitments?{pin}")


def test_zeros_lead_to_their_lists_and_spheres_stand_in_one_order(live: Live) -> None:
    everything_seen(live)
    said = read(live, "dashboard", as_of=live.told)
    pairs = [one for one in figures(said) if "counterparts.any=" in one and "delayed" not in one]
    assert len(pairs) == len(Sphere) ** 2
    answers = said.body.decode().split('<h2 id="answers">')[1]
    order = [Sphere(name.lower()) for name in re.findall(r'<tr><th scope="row">(\w+)</th>', answers)]
    assert order == [one for one in Sphere if one in order]
    assert len(order) > 1


def test_a_new_commitment_is_there_at_once(live: Live) -> None:
    everything_seen(live)
    before = figures(read(live, "dashboard"))
    position = proposed(live)["position"]
    everything_seen(live)
    after = figures(read(live, "dashboard"))
    for address in ("/read/commitments", "/read/commitments?owner_sphere=local"):
        assert after[address] == before[address] + 1
    etag = get(live, "/read/dashboard").headers["etag"]
    assert f".{position}." in etag
    assert get(live, "/read/dashboard", {"If-None-Match": etag}).status == 304


@pytest.mark.parametrize("language", TONGUES)
@pytest.mark.parametrize("address", ["dashboard", "dashboard?as_of=300", "dashboard/{city}?territory=true"])
def test_the_page_reads_well_and_leads_on(live: Live, address: str, language: str) -> None:
    said = read(live, address.format(city=live.story.city), language)
    assert '<span lang="en" dir="ltr">' not in said.body.decode(), "what is translated is not marked as English"
    page = Page(said)
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert len(page.ids) == len(set(page.ids))
    for link in set(page.links):
        if not link.startswith(("#", "data:")):
            assert get(live, link).status == 200, link


def test_a_page_of_the_past_says_so_and_leads_back(live: Live) -> None:
    said = read(live, "dashboard", as_of=100)
    assert "You see the register as it stood at position 100" in told(said)
    assert 'href="/read/dashboard">Back to now' in said.body.decode()


def test_a_page_leads_programs_to_what_it_counts(live: Live) -> None:
    city, on = live.story.city, f"as_of={live.told}"
    assert f"/v1/spheres?{on}" in Page(read(live, "dashboard", as_of=live.told)).links
    alone = Page(read(live, f"dashboard/{city}", as_of=live.told)).links
    assert f"/v1/commitments?owner={city}&{on}" in alone
    assert f"/v1/spheres?{on}" not in alone


@pytest.mark.parametrize("day", ["2000-01-01", "0001-01-01"])
@pytest.mark.parametrize(
    "address",
    ["dashboard?as_of={}", "changes?from={}", "changes?to={}", "commitments?as_of={}", "changes?from={0}&to={0}"],
)
def test_before_the_first_record_pages_lead_on(live: Live, address: str, day: str) -> None:
    said = read(live, address.format(day))
    assert said.status == 200
    assert "being made" not in told(said)
    for link in set(Page(said).links):
        if link.startswith("/"):
            assert get(live, link).status == 200, link


def test_the_first_page_begins_with_the_sentence(live: Live) -> None:
    everything_seen(live)
    said = get(live, "/")
    text = told(said)
    assert text.index("on record") < text.index("Read")
    assert "/read/dashboard" in Page(said).links
    for address, number in figures(said).items():
        assert (address, counted(live, address)) == (address, number)


def test_a_unit_that_is_none_is_told_in_words(live: Live) -> None:
    assert get(live, "/read/dashboard/00000000-0000-4000-8000-000000000000").status == 404
    assert get(live, "/read/dashboard/nobody").status == 400


def test_of_a_territory_no_more_is_looked_up_than_a_page_counts(live: Live) -> None:
    moment = Moment(live.told, None, date(2026, 11, 28))
    region, territories = UUID(_region(live)), Territories(live.services.views)
    whole = live.run(territories.below(region, moment))
    assert len(live.run(territories.below(region, moment, 0))) == 1 < len(whole) <= UNITS_AT_MOST


@pytest.mark.parametrize("language", TONGUES)
def test_a_territory_too_large_to_lead_to_lists_has_its_figures(
    live: Live, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setattr("api.dashboard.UNITS_AT_MOST", 1)
    region = _region(live)
    said = read(live, f"dashboard/{region}", language, territory="true", as_of=live.told)
    assert '<span lang="en" dir="ltr">' not in said.body.decode(), "what is translated is not marked as English"
    shown = re.findall(r"<dt>[^<]+</dt><dd>([0-9]+) ", said.body.decode())
    card = get(live, f"/v1/territories/{region}", as_of=live.told).json["item"]
    numbers = [one for one in card.values() if isinstance(one, int)]
    assert sorted(map(int, shown)) == sorted(numbers)
    assert f"/v1/territories/{region}?as_of={live.told}" in Page(said).links
    alone = read(live, f"dashboard/{region}", language, as_of=live.told)
    assert figures(alone), "the unit alone is counted with its lists"


async def test_the_page_fits_a_phone_in_every_language(live: Live, tmp_path: Path) -> None:
    async with tab(tmp_path) as shown:
        await shown.as_wide_as(320)
        for tag in TONGUES:
            assert (tag, await beyond(shown, f"{live.url}/read/dashboard", tag, "#owing")) == (tag, 0)
