"""How pages name things: by names, not ids, in the reader's words; and what stands first, and what is folded away."""

import re
from html import unescape
from urllib.parse import quote

from api.people import LONG, of_row, shown, texts_of
from tests.api.client import get
from tests.api.conftest import Live
from tests.api.test_pages_told import labels
from tests.api.test_portal import read

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def headed(live: Live, address: str, language: str) -> str:
    found = re.search("<h1>(.*?)</h1>", read(live, address, language, as_of=live.told).body.decode())
    return unescape(re.sub("<[^>]*>", "", found[1])) if found else ""


def test_every_view_says_what_stands_first_in_it(live: Live) -> None:
    for view in live.services.views_declared:
        columns = {of_row(one) for one in live.services.views.columns(view.name)}
        assert view.shows, view.name
        assert set(view.shows) <= columns, view.name


def test_no_page_says_an_id_where_there_is_a_name(live: Live) -> None:
    """But those of policies and of the ledger, which are no things with pages."""
    seen = 0
    for view in live.services.views_declared:
        if view.name != "policies":
            for row in get(live, f"/v1/{view.name}", limit=5, sort=f"-{view.sort}", as_of=live.told).items:
                page = read(live, f"{view.name}/{quote(row['key'])}", as_of=live.told)
                main, _, _ = page.body.decode().partition("<footer>")
                seen += 1
                assert not ID.search(re.sub(r"<[^>]*>", " ", main)), f"{view.name}/{row['key']}"
    assert seen > 50


def test_what_has_no_title_is_headed_by_names(live: Live) -> None:
    assert headed(live, f"engagements/{live.story.city}", "en") == "Lyon"
    assert headed(live, "spheres/local/all", "en") == "Local, All"
    assert headed(live, "spheres/local/all", "fr") == "Locale, Tous"


def test_counts_of_nothing_stand_with_the_quiet_unless_they_are_what_the_view_shows(live: Live) -> None:
    row = get(live, f"/v1/mandates/{live.story.shuttles}", as_of=live.told).json["item"] | {"renewals": 0, "gap": None}
    texts = texts_of(row, live.services.views.columns("mandates"), frozenset())
    assert "renewals" in labels(list(shown(row, texts, ()).quiet))
    assert "renewals" in labels(list(shown(row, texts, ("renewals",)).first))


def test_shares_of_a_hundred_are_written_as_readers_write_them(live: Live) -> None:
    for language, written in (("en", "25%"), ("fr", "25\u00a0%"), ("es", "25\u00a0%")):
        body = read(live, f"commitments/{live.story.climate}", language, as_of=live.told).body.decode()
        assert f"<bdi>{written}</bdi>" in body, language


def test_a_long_table_is_folded_away(live: Live) -> None:
    row = max(get(live, "/v1/reviews", as_of=live.told).items, key=lambda one: len(one["roll"]))
    body = read(live, f"reviews/{row['key']}", as_of=live.told).body.decode()
    _, _, roll = body.partition('id="of-roll"')
    assert len(row["roll"]) > LONG
    assert f"<details><summary>{len(row['roll'])} rows</summary>" in roll.partition("<table")[0]
    _, _, parties = (
        read(live, f"commitments/{live.story.climate}", as_of=live.told).body.decode().partition("of-parties")
    )
    assert "<details" not in parties.partition("<table")[0]


def test_what_changed_says_names_too(live: Live) -> None:
    row = get(live, f"/v1/commitments/{live.story.climate}", as_of=live.told).json["item"]
    [mandate] = row["rests_on"]
    name = get(live, f"/v1/mandates/{mandate}", as_of=live.told).json["item"]["name"]
    asked = {"view": "commitments", "key": live.story.climate, "from": 200, "to": live.told}
    body = unescape(read(live, "changes", **asked).body.decode())
    assert f'dir="auto">{name}</a>' in body


def test_a_record_of_nothing_with_a_name_is_called_by_what_happened(live: Live) -> None:
    assert headed(live, "activity/0000000000000000", "en") == "Ledger opened"
    assert headed(live, "activity/0000000000000000", "fr") == "Registre ouvert"


def test_who_types_an_address_that_is_none_is_told_in_words(live: Live) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "fr"}
    page = get(live, "/commitment", browser)
    assert (page.status, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "<h1>Il n’y a rien ici</h1>" in page.body.decode()
    for address, headers in (("/commitment", {}), ("/v1/commitment", browser)):
        said = get(live, address, headers)
        assert (said.status, said.json["code"]) == (404, "no-such-address")


def test_what_assessors_found_is_told_in_the_readers_language(live: Live) -> None:
    body = read(live, f"commitments/{live.story.climate}", "fr", as_of=live.told).body.decode()
    _, _, found = body.partition('id="of-assessments"')
    cells = re.findall("<td>([^<]*)</td>", found.partition("</table>")[0])
    assert {"oui", "Substantiel"} <= set(cells)
    assert not {"yes", "substantial"} & set(cells)


def test_what_a_pledge_lacks_is_told_in_the_readers_language(live: Live) -> None:
    row = next(one for one in get(live, "/v1/commitments", as_of=live.told).items if one["missing"])
    body = read(live, f"commitments/{row['key']}", "fr", as_of=live.told).body.decode()
    _, _, lacked = body.partition('id="of-missing"')
    assert "<li>Dispositif de compte rendu</li>" in lacked.partition("</ul>")[0]
    assert "reporting_mechanism" not in body
