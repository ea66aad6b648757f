"""The officers' pages in French, in a real browser: from the door to a refused form, whose errors stand in French."""

import asyncio
import re
from pathlib import Path

from api.tongues import TONGUES
from tests.api.client import give, proposed
from tests.api.conftest import Live
from tests.api.test_officers_keyboard import Keys
from tests.browser import beyond, tab
from tests.waiting import until

LABELS = """[...document.querySelectorAll('form#command label[for]')].map(one => one.innerText).join('|')"""
WRONG = """[...document.querySelectorAll('.wrong')].map(one => one.innerText).join('|')"""
LEFT_TO_RIGHT = """(() => {
  const text = document.querySelector('footer p').firstChild, range = document.createRange()
  const at = text.data.search(/[0-9]{4}-[0-9]{2}-[0-9]{2}[^0-9T]/)
  const from = one => (range.setStart(text, at + one), range.setEnd(text, at + one + 1), range.getBoundingClientRect())
  const left = one => from(one).left
  return [...Array(10).keys()].sort((a, b) => left(a) - left(b)).map(one => text.data[at + one]).join('')
})()"""
UNFOLDED = """(() => {
  for (const one of document.querySelectorAll('details')) one.open = true
  const kinds = ['[name=function]', '[type=file]'].map(one => document.querySelector(one).type)
  return [...kinds, document.documentElement.scrollWidth - document.documentElement.clientWidth]
})()"""
OPENED = """(() => {
  for (const one of document.querySelectorAll('details')) one.open = true
  const said = [...document.querySelectorAll('[name=milestone] option')].some(one => one.text.length > 100)
  return [said, document.documentElement.scrollWidth - document.documentElement.clientWidth]
})()"""
MARKED = "document.querySelectorAll('main [lang=en]').length"


async def test_an_officer_is_refused_in_french_and_stays_in_french(live: Live, tmp_path: Path) -> None:
    async with tab(tmp_path) as shown:
        keys = Keys(shown)
        await shown.visited(f"{live.url}/give/commitments/propose?lang=fr")
        await keys.comes("Votre jeton")
        await keys.filled("token", live.officer)
        await keys.entered("Engagements\u00a0: proposer")
        assert await shown.said("document.documentElement.lang") == "fr"
        labels = (await shown.said(LABELS)).split("|")
        assert "Se termine le (obligatoire)" in labels
        await keys.filled("ends_on", "bientôt")
        await keys.to("_do", "try")
        await keys.entered("Rien n’a été enregistré, et rien de votre saisie n’est perdu.")
        assert await shown.said("document.documentElement.lang") == "fr"
        assert await shown.said("new URLSearchParams(location.search).get('lang')") == "fr"
        wrong = await shown.said(WRONG)
        assert "Il faut une année, un mois, un jour ou le mot unknown" in wrong
        assert "Ce champ manque." in wrong
        assert await shown.said(MARKED) == 0


async def test_in_arabic_names_and_days_stand_as_they_are_written(live: Live, tmp_path: Path) -> None:
    """Where the letters of a day stand on the page tells in which order they are read."""
    async with tab(tmp_path) as shown:
        await shown.visited(f"{live.url}/read/units?as_of=3&lang=ar")

        async def comes() -> bool:
            there = "document.documentElement.lang === 'ar' && document.readyState === 'complete'"
            return await shown.said(there) is True

        await until(comes)
        assert await shown.said("getComputedStyle(document.querySelector('h1')).direction") == "rtl"
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", await shown.said(LEFT_TO_RIGHT))


async def test_a_list_with_its_conditions_fits_a_phone_in_every_language(live: Live, tmp_path: Path) -> None:
    async with tab(tmp_path) as shown:
        await shown.as_wide_as(320)
        for tag in TONGUES:
            assert (tag, await beyond(shown, f"{live.url}/read/commitments?state=proposed", tag, "details[open]")) == (
                tag,
                0,
            )


async def test_a_form_with_long_choices_and_files_fits_a_phone_in_every_language(live: Live, tmp_path: Path) -> None:
    async with tab(tmp_path) as shown:
        keys = Keys(shown)
        await shown.as_wide_as(320)
        await shown.visited(f"{live.url}/give/mandates/draft?lang=en")
        await keys.comes("Your token")
        await keys.filled("token", live.officer)
        await keys.entered("Mandates: draft")
        for tag in TONGUES:
            assert (tag, await beyond(shown, f"{live.url}/give/mandates/draft", tag, "select")) == (tag, 0)
            assert await shown.said(UNFOLDED) == ["select-one", "file", 0], "and with all that may be said besides"


async def test_choices_with_long_names_are_no_wider_than_any_page(live: Live, tmp_path: Path) -> None:
    stream = await asyncio.to_thread(_with_a_long_step, live)
    address = f"/give/commitments/{stream}/depend-on"
    async with tab(tmp_path) as shown:
        keys = Keys(shown)
        await shown.visited(f"{live.url}{address}?lang=en")
        await keys.comes("Your token")
        await keys.filled("token", live.officer)
        await keys.entered("Commitments: depend on")
        for width in (320, 640, 956):
            await shown.as_wide_as(width)
            for tag in ("en", "ar"):
                assert (tag, await beyond(shown, live.url + address, tag, "select[name=milestone]")) == (tag, 0)
                assert await shown.said(OPENED) == [True, 0]


def _with_a_long_step(live: Live) -> str:
    stream: str = proposed(live)["stream"]
    step = {"title": {"en": "A step with a very long name, " * 6}, "due_on": "2030-03-01"}
    step["responsible"] = str(live.story.city)
    said = give(live, f"commitments/{stream}/add-milestone", {"milestone": step})
    assert said.status == 201, said.body
    return stream
