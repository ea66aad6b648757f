"""Several things that wait for the same are answered on one page: each is recorded by itself, or it is said why not."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.api.client import Said, get, give, head, proposed
from tests.api.conftest import Live
from tests.api.test_officers import Form, page, post, told
from tests.api.test_officers_acting import officers_of
from tests.api.test_officers_keyboard import Keys
from tests.api.test_pages import Page
from tests.browser import tab

ACCEPT = "/give/several/commitments/accept"


@pytest.fixture
def region(live: Live) -> tuple[str, str]:
    return officers_of(live, "Auvergne-Rhône-Alpes")


def invited(live: Live, many: int) -> list[str]:
    """So many commitments that wait for the region's signature."""
    unit = get(live, "/v1/units", q="Auvergne-Rhône-Alpes").items[0]["key"]
    parties = [{"unit": unit, "part": "co_owner"}]
    found = [proposed(live, f"Waits {uuid4()}", parties=parties)["stream"] for _ in range(many)]
    live.run(live.services.views.reached("turns", head(live) - 1, 30))
    return found


def sent(live: Live, token: str, form: Form, does: str, ticked: list[str], **typed: str) -> Said:
    """What a browser sends: the boxes that are ticked, and no others."""
    boxes = {f"things.{stream}.tick": "1" for stream in ticked}
    fields = {name: text for name, text in form.fields.items() if not name.endswith(".tick")}
    return post(live, ACCEPT, fields | boxes | typed | {"_do": does}, token, Accept_Language="en")


def answers(live: Live, stream: str) -> list[Any]:
    found = get(live, "/v1/records", stream=stream).items
    return [one["record"] for one in found if one["record"]["type"].startswith("participation-accepted")]


def why(live: Live, stream: str) -> list[str]:
    return [one.get("because", "") for one in answers(live, stream)]


def test_the_desk_leads_to_what_can_be_answered_together(live: Live, region: tuple[str, str]) -> None:
    streams = invited(live, 2)
    assert ACCEPT in Page(page(live, "/give", region[1])).links
    assert ACCEPT not in Page(page(live, "/give", region[0])).links, "a liaison officer does not sign"
    form = Form(page(live, ACCEPT, region[1]))
    assert {f"things.{stream}.tick" for stream in streams} <= form.fields.keys()


def test_each_is_recorded_by_itself_with_its_reason_and_once(live: Live, region: tuple[str, str]) -> None:
    first, second, third = invited(live, 3)
    form = Form(page(live, ACCEPT, region[1]))
    typed = {"because": "The assembly voted.", "lang": "en", f"things.{second}.because": "Its own vote."}
    said = sent(live, region[1], form, "record", [first, second], **typed)
    assert said.status == 200
    assert "Recorded: 2 of 2" in told(said)
    assert [why(live, one) for one in (first, second, third)] == [["The assembly voted."], ["Its own vote."], []]
    assert f"things.{third}.tick" in Form(said).fields
    assert f"things.{first}.tick" not in Form(said).fields
    before = head(live)
    assert "Recorded: 2 of 2" in told(sent(live, region[1], form, "record", [first, second], **typed))
    assert head(live) == before, "pressed twice, recorded once"


def test_what_cannot_be_is_named_and_takes_nothing_with_it(live: Live, region: tuple[str, str]) -> None:
    first, second = invited(live, 2)
    form = Form(page(live, ACCEPT, region[1]))
    withdrawn = give(live, f"commitments/{first}/withdraw", {"because": "Not now."}, token=live.signatory)
    assert withdrawn.status == 201, withdrawn.body
    typed = {"because": "Voted.", f"things.{first}.because": "Mine."}
    said = sent(live, region[1], form, "record", [first, second], **typed)
    assert said.status == 200
    assert "Recorded: 1 of 2" in told(said)
    assert "not recorded, " in told(said)
    assert "Look at what others recorded meanwhile" in told(said)
    assert "Party withdrew" in told(said)
    assert (why(live, first), why(live, second)) == ([], ["Voted."])
    again = Form(said)
    assert again.fields[f"things.{first}.because"] == "Mine."
    assert again.fields["because"] == "Voted."
    said = sent(live, region[1], again, "record", [first])
    assert said.status == 409, "of all that was asked nothing came"
    assert "Recorded: 0 of 1" in told(said)


def test_trying_records_nothing_and_says_what_would_be(live: Live, region: tuple[str, str]) -> None:
    first, second = invited(live, 2)
    form, before = Form(page(live, ACCEPT, region[1])), head(live)
    said = sent(live, region[1], form, "try", [first])
    assert head(live) == before
    assert "Nothing has been recorded." in told(said)
    assert f'id="t-{first}" name="things.{first}.tick" value="1" checked' in said.body.decode()
    assert f'name="things.{second}.tick" value="1" checked' not in said.body.decode()
    every = sent(live, region[1], form, "all", [])
    assert every.body.decode().count(" checked") == every.body.decode().count('type="checkbox"')
    assert "Nothing is ticked." in told(sent(live, region[1], form, "record", []))


def test_who_may_not_is_refused_and_whose_sign_in_ended_keeps_what_was_typed(
    live: Live, region: tuple[str, str]
) -> None:
    (stream,) = invited(live, 1)
    assert page(live, ACCEPT, region[0]).status == 403
    form = Form(page(live, ACCEPT, region[1]))
    said = sent(live, "sub_of_yesterday", form, "record", [stream], **{f"things.{stream}.because": "Kept."})
    assert said.status == 401
    assert Form(said).fields[f"things.{stream}.because"] == "Kept."
    assert "checked" in said.body.decode()
    assert answers(live, stream) == []
    assert get(live, "/give/several/commitments/propose", {"Cookie": f"subsidia-officer={region[1]}"}).status == 404


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_several_are_answered_by_keyboard_without_a_script(
    live: Live, region: tuple[str, str], tmp_path: Path, language: str
) -> None:
    first, second = await asyncio.to_thread(invited, live, 2)
    async with tab(tmp_path) as shown:
        keys = Keys(shown)
        await shown.as_wide_as(320)
        await shown.visited(f"{live.url}{ACCEPT}?lang={language}")
        await keys.until("document.activeElement.name === 'token'")
        await shown.typed(region[1])
        await shown.pressed("Enter")
        await keys.there(f"document.getElementById('t-{first}') !== null")
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await shown.said(wide) == 0
        for stream in (first, second):
            await keys.until(f"document.activeElement.id === 't-{stream}'")
            await shown.pressed(" ")
        await keys.filled("because", "By keyboard.")
        await keys.to("_do", "record")
        await shown.pressed("Enter")
        await keys.there("document.querySelectorAll('.outcomes li').length === 2")
        assert await shown.said(wide) == 0
    for stream in (first, second):
        assert await asyncio.to_thread(why, live, stream) == ["By keyboard."]
