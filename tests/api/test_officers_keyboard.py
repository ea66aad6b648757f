"""The officers' pages in a real browser, by keyboard alone and without a script: from the door to a receipt."""

import asyncio
from pathlib import Path
from uuid import uuid4

from tests.api.client import get
from tests.api.conftest import Live
from tests.browser import Tab, tab
from tests.waiting import until


class Keys:
    """Somebody at a keyboard. Nothing is clicked, and no element is focused but by Tab."""

    def __init__(self, shown: Tab) -> None:
        self._tab = shown

    async def to(self, name: str, value: str = "") -> None:
        """Tabs on to the field or button that is called so."""
        at = "document.activeElement"
        await self.until(f"{at}.name === {name!r} && (!{value!r} || {at}.value === {value!r})")

    async def until(self, wanted: str) -> None:
        for _ in range(300):
            await self._tab.pressed("Tab")
            if await self._tab.said(wanted):
                return
        raise AssertionError(f"Tab never comes to {wanted}")

    async def opened(self) -> None:
        """Unfolds what may be said besides."""
        await self.until("document.activeElement.tagName === 'SUMMARY'")
        await self._tab.pressed("Enter")

    async def chosen(self, name: str, value: str) -> None:
        await self.to(name)
        for _ in range(20):
            await self._tab.pressed("ArrowDown")
            if await self._tab.said(f"document.activeElement.value === {value!r}"):
                return
        raise AssertionError(f"{name} has no choice {value}")

    async def filled(self, name: str, text: str) -> None:
        await self.to(name)
        await self._tab.typed(text)

    async def entered(self, done: str) -> None:
        """Presses Enter, and waits for the page that follows."""
        await self._tab.pressed("Enter")
        await self.comes(done)

    async def comes(self, text: str) -> None:
        await self.there(f"document.body.innerText.includes({text!r})")

    async def there(self, wanted: str) -> None:
        """Waits until a page is there of which that is true."""

        async def holds() -> bool:
            return await self._tab.said(f"document.readyState === 'complete' && {wanted}") is True

        await until(holds)


async def test_an_officer_logs_a_commitment_without_mouse_or_script(live: Live, tmp_path: Path) -> None:
    title = f"A promise by keyboard {uuid4()}"
    async with tab(tmp_path) as shown:
        keys = Keys(shown)
        await shown.visited(f"{live.url}/give/commitments/propose")
        await keys.comes("Your token")
        await keys.filled("token", live.officer)
        await keys.entered("Commitments: propose")
        await keys.filled("title.0.text", title)
        await keys.filled("description.0.text", "For everybody.")
        await keys.filled("ends_on", "2031")
        await keys.opened()
        await keys.filled("parties.0.unit", "iso3166-2:FR-ARA")
        await keys.chosen("parties.0.part", "funder")
        await keys.to("_do", "more:parties")
        await keys.entered("Parties 2")
        await keys.filled("parties.1.unit", "cerema")
        await keys.chosen("parties.1.part", "beneficiary")
        await keys.to("_do", "try")
        await keys.entered("Nothing has been recorded")
        await keys.to("_do", "record")
        await keys.entered("on record at position")
    found = await asyncio.to_thread(get, live, "/v1/commitments", q=title, wait_for=await _head(live))
    assert [(row["name"], len(row["parties"])) for row in found.items] == [(title, 3)]


async def _head(live: Live) -> int:
    return await asyncio.to_thread(lambda: int(live.run(live.services.store.head()).size) - 1)
