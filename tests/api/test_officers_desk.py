"""An officer's desk: what waits, what is overdue and due, whom others keep waiting; each leads to its whole list."""

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest

from api.tongues import TONGUES
from tests.api.client import Said, get, give, head, proposed
from tests.api.conftest import Live
from tests.api.test_officers import PROPOSE, Form, page, pressed, promise, told
from tests.api.test_officers_acting import officers_of
from tests.api.test_pages import Page

SECTIONS = {"waits": "turns", "late": "obligations", "due": "obligations", "others": "commitments"}


def section(said: Said, name: str) -> str:
    """The markup of one of its parts."""
    found = re.search(rf'<h2 id="{name}">.*?(?=<h2|</main>)', said.body.decode(), re.DOTALL)
    assert found is not None
    return found[0]


def counter(said: Said, name: str) -> int:
    found = re.search(rf'<a href="#{name}">[^<]*: ([0-9]+)</a>', said.body.decode())
    assert found is not None
    return int(found[1])


def led_to(live: Live, part: str) -> list[str]:
    """What the lists say to which a part of the page leads, by their keys."""
    found = list[str]()
    for address in map(unescape, re.findall(r'<a href="(/read/[a-z]+\?[^"]*)">The same list', part)):
        asked = urlsplit(address)
        assert get(live, address).status == 200
        rows = get(live, asked.path.replace("/read/", "/v1/"), **dict(parse_qsl(asked.query)), limit=200)
        found += [row["key"] for row in rows.items]
    return found


@pytest.mark.parametrize("unit", ["Lyon", "France", "Auvergne-Rhône-Alpes"])
def test_every_counter_is_what_its_part_lists_and_its_list_holds(live: Live, unit: str) -> None:
    live.run(live.services.views.reached("turns", head(live) - 1, 30))
    said = page(live, "/give", officers_of(live, unit)[0])
    for name in SECTIONS:
        part = section(said, name)
        lines = part.count("<li>")
        assert (name, counter(said, name), len(led_to(live, part))) == (name, lines, lines)


def test_what_was_missed_is_overdue_and_not_merely_gone(live: Live) -> None:
    said = page(live, "/give", officers_of(live, "France")[0])
    late = section(said, "late")
    assert counter(said, "late") > 0
    assert "days ago" in late
    missed = get(live, "/v1/obligations", state="missed", unit_name="France").items
    assert missed
    assert all(one["due_on"] in late for one in missed)
    assert not any(one["due_on"] in section(said, "due") for one in missed)


def test_whoever_keeps_the_city_waiting_is_named(live: Live) -> None:
    others = section(page(live, "/give", live.officer), "others")
    assert f'<a href="/read/commitments/{live.story.climate}">' in others
    assert ">France</a>" in others
    assert str(live.story.invitation) not in others, "that is the city's own turn"


def test_where_another_role_has_to_act_it_is_named(live: Live) -> None:
    assert "another role of your unit does it: authorised signatory" in told(page(live, "/give", live.officer))


def test_with_nothing_to_do_the_next_last_day_is_said(live: Live) -> None:
    said = page(live, "/give", officers_of(live, "Paris")[1])
    assert counter(said, "waits") == 0
    first = get(live, "/v1/obligations", unit_name="Paris", state="open", sort="due_on").items[0]
    assert f"Nothing waits for your unit. The next last day is {first['due_on']}:" in told(said)


@pytest.mark.parametrize("language", TONGUES)
def test_the_desk_reads_well_in_every_language(live: Live, language: str) -> None:
    said = get(live, "/give", {"Cookie": f"subsidia-officer={live.officer}", "Accept-Language": language})
    shown = Page(said)
    assert '<span lang="en" dir="ltr">' not in said.body.decode(), "what is translated is not marked as English"
    assert shown.headings.count(1) == 1
    assert len(shown.ids) == len(set(shown.ids))
    assert {f"#{name}" for name in SECTIONS} <= set(shown.links)


def test_whoever_composes_is_told_what_is_there_already(live: Live) -> None:
    title = f"Trees along {uuid4()}"
    stream = proposed(live, title)["stream"]
    live.run(live.services.views.reached("commitments", head(live) - 1, 30))
    form = Form(page(live, PROPOSE, live.officer))
    said = pressed(live, PROPOSE, live.officer, "try", form, **promise(title))
    assert "Is it there already?" in told(said)
    assert f"/read/commitments/{stream}" in Page(said).links
    other = pressed(live, PROPOSE, live.officer, "try", form, **promise())
    assert other.status == 200
    assert "Is it there already?" not in told(other)


def test_who_is_accredited_no_more_is_told_who_can_give_it_again(live: Live) -> None:
    signatory = officers_of(live, "Villeurbanne")
    assert signatory
    mandate = get(live, "/v1/representatives", unit_name="Villeurbanne", role="liaison_officer").items[0]
    ended = give(
        live, f"units/{mandate['unit']}/revoke-accreditation",
        {"accreditation": mandate["key"], "because": "She has left."}, token=signatory[1],
    )  # fmt: skip
    assert ended.status == 201, ended.body
    said = told(page(live, "/give", signatory[0]))
    assert "It is given by: authorised signatory, registrar." in said
