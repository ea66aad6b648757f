"""What an officer types survives the browser's tab, in that browser alone, until it is recorded or they sign out."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.api.client import get, head
from tests.api.conftest import Live
from tests.api.test_officers import PROPOSE, Form, page, pressed, promise
from tests.api.test_officers_acting import officers_of
from tests.api.test_officers_keyboard import Keys
from tests.browser import Tab, tab

POLICY = "content-security-policy"
KEPT = "Object.keys(localStorage).filter(key => key.startsWith('subsidia-draft:'))"
ASKS = "document.getElementById('draft')?.hidden === false"


class Officer:
    """Somebody at a browser whose pages run the register's script."""

    def __init__(self, live: Live, shown: Tab) -> None:
        self._live, self.tab, self.keys = live, shown, Keys(shown)

    async def signs_in(self, token: str) -> None:
        await self.opens("/sign-in", "document.querySelector('[name=token]') !== null")
        await self.tab.said(f"document.querySelector('[name=token]').value = {token!r}")
        await self.does("document.querySelector('[name=token]').form.submit()", "location.pathname === '/give'")

    async def comes_back(self, token: str) -> None:
        """After the browser was closed, and forgot who was signed in."""
        await self.tab.forgets()
        await self.signs_in(token)
        await self.opens(PROPOSE)

    async def signs_out(self) -> None:
        press = "document.querySelector('form[action=\"/sign-out\"] button').click()"
        await self.does(press, "location.pathname === '/sign-in'")

    async def opens(self, address: str, done: str = "document.getElementById('command') !== null") -> None:
        await self.tab.said("document.body.dataset.left = ''")
        await self.tab.visited(self._live.url + address, scripted=True)
        await self.keys.there(f"location.pathname === {address!r} && !('left' in document.body.dataset) && {done}")

    async def does(self, what: str, done: str) -> None:
        """Does what leads to another page, and waits for that page."""
        await self.tab.said(f"document.body.dataset.left = ''; {what}")
        await self.keys.there(f"!('left' in document.body.dataset) && {done}")

    async def presses(self, does: str, done: str) -> None:
        await self.does(f"document.querySelector('#command [name=_do][value=\"{does}\"]:not(.unseen)').click()", done)

    async def types(self, name: str, text: str) -> None:
        await self.tab.said("for (const one of document.querySelectorAll('details')) one.open = true")
        await self.tab.said(f"document.querySelector('[name=\"{name}\"]').focus()")
        await self.tab.typed(text)

    async def keeps(self, text: str) -> None:
        await self.keys.there(f"{KEPT}.some(key => localStorage.getItem(key).includes({text!r}))")

    async def field(self, name: str) -> Any:
        return await self.tab.said(f"document.querySelector('[name=\"{name}\"]').value")


@asynccontextmanager
async def proposing(live: Live, folder: Path, title: str = "") -> AsyncIterator[tuple[Officer, Tab]]:
    """An officer who proposes a commitment, in a browser of their own that keeps its title if there is one by now."""
    async with tab(folder) as shown:
        ada = Officer(live, shown)
        await ada.signs_in(live.officer)
        await ada.opens(PROPOSE)
        if title:
            await ada.types("title.0.text", title)
            await ada.keeps(title)
        yield ada, shown


@pytest.fixture
def title() -> str:
    return f"A long day's work {uuid4()}"


async def test_what_was_typed_is_taken_up_again_and_gone_once_it_is_recorded(
    live: Live, tmp_path: Path, title: str
) -> None:
    async with proposing(live, tmp_path) as (ada, shown):
        assert await shown.said(f"{KEPT}.length") == 0
        await ada.types("title.0.text", title)
        await ada.presses("more:parties", "document.getElementById('f-parties-1') !== null")
        await ada.types("parties.1.unit", "cerema")
        await ada.keeps("cerema")
        key = await ada.field("_key")
        await ada.opens("/give", "document.getElementById('waits') !== null")
        await ada.opens(PROPOSE)
        assert await shown.said(ASKS)
        assert await ada.field("title.0.text") == ""
        await ada.does(
            "document.getElementById('draft-take').click()", "document.getElementById('f-parties-1') !== null"
        )
        assert await ada.field("title.0.text") == title
        assert await shown.said("document.getElementById('f-parties-1-unit-called').innerText") == "Cerema"
        assert await ada.field("_key") == key, (
            "what was recorded before the browser broke down is recorded no second time"
        )
        assert not await shown.said(ASKS)
        for name, text in {
            "description.0.text": "For all.",
            "ends_on": "2031",
            "parties.1.part": "beneficiary",
        }.items():
            await shown.said(f"document.querySelector('[name=\"{name}\"]').value = {text!r}")
        await ada.presses("record", "document.querySelector('[data-recorded]') !== null")
        await ada.keys.there(f"{KEPT}.length === 0")
    found = await asyncio.to_thread(get, live, "/v1/commitments", q=title, wait_for=await _of(lambda: head(live) - 1))
    assert [row["name"] for row in found.items] == [title]


async def test_it_waits_for_whoever_typed_it_and_whoever_signs_out_leaves_nothing_behind(
    live: Live, tmp_path: Path, title: str
) -> None:
    region, _ = await _of(lambda: officers_of(live, "Auvergne-Rhône-Alpes"))
    async with proposing(live, tmp_path, title) as (ada, shown):
        await ada.comes_back(region)
        assert not await shown.said(ASKS), "it is nobody else's"
        await ada.comes_back(live.officer)
        assert await shown.said(ASKS)
        await ada.signs_out()
        assert await shown.said(f"{KEPT}.length") == 0


async def test_it_is_thrown_away_for_good(live: Live, tmp_path: Path, title: str) -> None:
    async with proposing(live, tmp_path, title) as (ada, shown):
        assert not await shown.said("document.getElementById('kept').hidden"), "the page says so"
        await ada.opens(PROPOSE)
        await ada.types("description.0.text", "Typed beside it.")
        await shown.said("document.getElementById('draft-drop').click()")
        assert await shown.said("document.getElementById('draft').hidden")
        assert await ada.field("description.0.text") == "Typed beside it."
        await ada.keeps("Typed beside it.")
        assert title not in await shown.said("JSON.stringify(localStorage)")
        await ada.does("document.getElementById('forget').click()", "document.getElementById('command') !== null")
        assert await shown.said(f"[{KEPT}.length, {ASKS}]") == [0, False]
        assert await ada.field("title.0.text") == ""


async def test_what_is_tried_and_recorded_beside_an_old_draft_takes_it_from_nobody(
    live: Live, tmp_path: Path, title: str
) -> None:
    async with proposing(live, tmp_path, title) as (ada, shown):
        await ada.opens(PROPOSE)
        for name, text in promise().items():
            await shown.said(f"document.querySelector('[name=\"{name.replace('__', '.')}\"]').value = {text!r}")
        await ada.presses("try", "document.getElementById('tried') !== null")
        assert await shown.said(ASKS), "nothing is written over it"
        await ada.presses("record", "document.querySelector('[data-recorded]') !== null")
        await ada.opens(PROPOSE)
        assert await shown.said(ASKS)
        await ada.does("document.getElementById('draft-take').click()", "!('fresh' in document.forms.command.dataset)")
        assert await ada.field("title.0.text") == title


async def test_a_tab_in_which_nothing_was_typed_takes_nothing_from_another(
    live: Live, tmp_path: Path, title: str
) -> None:
    async with proposing(live, tmp_path) as (ada, shown):
        of_another_tab = f"{{at: Date.now(), said: [['_key', '{uuid4()}'], ['title.0.text', {title!r}]]}}"
        place = "`subsidia-draft:${document.forms.command.dataset.draft}:${location.pathname}`"
        await shown.said(f"localStorage.setItem({place}, JSON.stringify({of_another_tab}))")
        await ada.opens("/give", "document.getElementById('waits') !== null")
        assert title in await shown.said("JSON.stringify(localStorage)")


async def test_what_nobody_came_back_to_for_two_weeks_is_gone(live: Live, tmp_path: Path, title: str) -> None:
    async with proposing(live, tmp_path, title) as (ada, shown):
        await ada.opens("/give", "document.getElementById('waits') !== null")
        days = "(days, key = Object.keys(localStorage)[0], one = JSON.parse(localStorage.getItem(key))) =>"
        aged = f"({days} localStorage.setItem(key, JSON.stringify({{...one, at: one.at - days * 86400000}})))"
        await shown.said(f"{aged}(13)")
        await ada.opens(PROPOSE)
        assert await shown.said(ASKS)
        await shown.said(f"{aged}(1)")
        await ada.opens(PROPOSE)
        assert await shown.said(f"[{KEPT}.length, {ASKS}]") == [0, False]


async def test_what_is_sealed_is_not_kept(live: Live, tmp_path: Path, title: str) -> None:
    city = live.story.city
    async with tab(tmp_path) as shown:
        ada = Officer(live, shown)
        await ada.signs_in(live.signatory)
        await ada.opens(f"/give/units/{city}/accredit")
        await ada.types("name", "Ada Lovelace")
        await ada.types("valid_from", "2026")
        await ada.types("because", title)
        await ada.keeps(title)
        assert "Lovelace" not in await shown.said("JSON.stringify(localStorage)")


def test_no_script_runs_but_the_one_that_keeps_drafts_and_none_on_pages_for_everybody(live: Live) -> None:
    for address in ("/give", PROPOSE, "/give/sheets/commitments"):
        said = page(live, address, live.officer)
        assert re.findall("script-src[^;]*", said.headers[POLICY]) == ["script-src 'self'"]
        assert re.findall("<script[^>]*>", said.body.decode()) == ['<script src="/drafts.js" defer>']
    for address in ("/", "/sign-in", "/read/commitments", "/docs", "/give/nothing"):
        said = get(live, address)
        assert "script" not in said.headers.get(POLICY, ""), address
        assert "<script" not in said.body.decode()
    script = get(live, "/drafts.js")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["x-content-type-options"] == "nosniff"


def test_a_page_of_which_nobody_knows_whose_it_is_keeps_nothing(live: Live) -> None:
    form = Form(page(live, PROPOSE, live.officer))
    ended = pressed(live, PROPOSE, "sub_of_yesterday", "try", form, **promise())
    assert ended.status == 401
    assert "data-draft" not in ended.body.decode()
    assert "data-fresh" not in pressed(live, PROPOSE, live.officer, "try", form, **promise()).body.decode()


async def _of(asked: Callable[[], Any]) -> Any:
    return await asyncio.to_thread(asked)
