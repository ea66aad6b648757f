"""Pages for people: everything they link to is there, and nothing of our own markup shows."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest

from api.commands import Envelope
from projections.views import VIEWS
from services.doctor import _port
from tests.api.client import Said, get
from tests.api.conftest import Live

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """What a page links to and names, and its text outside of code."""

    def __init__(self, said: Said) -> None:
        super().__init__()
        self.links, self.ids, self.open, self.text = list[str](), list[str](), list[str](), ""
        self.headings: list[int] = []
        self.feed(said.body.decode())
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.links += [value for name, value in attrs if name == "href" and value]
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.headings += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        assert not any(name.startswith("on") or name == "style" for name in said), "the policy forbids it"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data if "code" not in self.open else ""


@pytest.mark.parametrize("address", ["/", "/docs"])
def test_every_link_leads_somewhere(live: Live, address: str) -> None:
    page = Page(get(live, address))
    assert len(page.ids) == len(set(page.ids))
    for link in set(page.links):
        if link.startswith("#"):
            assert link[1:] in page.ids
        elif not link.startswith("data:"):
            assert get(live, link).status == 200, link


@pytest.mark.parametrize("address", ["/", "/docs"])
def test_a_page_reads_well(live: Live, address: str) -> None:
    page = Page(get(live, address))
    assert "`" not in page.text
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False))


def test_the_reference_tells_every_command_and_view_once(live: Live) -> None:
    page = Page(get(live, "/docs"))
    document = get(live, "/v1/openapi.json").json
    given = [path for path, operations in document["paths"].items() if "post" in operations]
    operations = [document["paths"][path]["post"]["operationId"] for path in given]
    assert set(operations) <= set(page.ids)
    named = [link for link in page.links if link.startswith("#context-")]
    contexts = {one.partition(".")[0] for one in operations} - {"sheets"}
    assert len(named) == len(set(named)) == len(contexts)
    assert "#sheets" in page.links


def test_the_reference_says_which_columns_are_in_no_digest_and_why(live: Live) -> None:
    page = get(live, "/docs").body.decode()
    for view in VIEWS:
        _, _, rest = page.partition(f'id="view-{view.name}"')
        table = rest[: rest.index("</table>")]
        assert table.count("depends on the day asked for") == len(view.computed), view.name
        assert table.count("beside the records, in no digest") == len(view.beside), view.name


def test_a_problem_leads_to_what_it_means(live: Live) -> None:
    page, kind = Page(get(live, "/docs")), get(live, "/v1/nothing").json["type"]
    assert kind.removeprefix("/docs#") in page.ids


@pytest.mark.parametrize("address", ["/", "/docs"])
def test_pages_run_nothing_and_are_framed_by_nobody(live: Live, address: str) -> None:
    headers = get(live, address).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"


def test_what_every_command_takes_is_told_once(live: Live) -> None:
    page = get(live, "/docs").body.decode()
    commands = page[page.index('id="start"') : page.index('id="authority"')]
    for name in Envelope.__dataclass_fields__:
        assert commands.count(f'<th scope="row"><code>{name}</code></th>') == 1, name
    assert (
        "<code>ends_on</code> (required)</th>\n<td>year, month or day (2030, 2030-06, 2030-06-30), or unknown<" in page
    )
    assert "If left out: <code>yes</code>" in page
    assert page.count("/history</code></h3>") == 1


def test_the_doctor_knows_us_by_the_first_page_which_needs_no_database(live: Live) -> None:
    here = replace(live.services.config, host="127.0.0.1", port=urlsplit(live.url).port or 0)
    for config, found in ((here, "served by a running Subsidia"), (replace(here, origin="other.example/x"), "in use")):
        assert found in live.run(_port(config)).said


def test_names_of_schemas_are_names_in_every_language(live: Live) -> None:
    document = get(live, "/v1/openapi.json").json
    assert [name for name in document["components"]["schemas"] if not name.isidentifier()] == []
