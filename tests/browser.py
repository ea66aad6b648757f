"""A real browser, for pages that check themselves: headless Chromium, without a network. `.ci/run` installs it."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.waiting import until

NAMES = ("chromium", "chromium-browser", "google-chrome")


class Tab:
    """One tab. A file is opened offline: what it would fetch fails."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._numbers = socket, count(1)

    async def opened(self, file: Path, done: str) -> None:
        """Opens a file, and waits until an expression of JavaScript is true of it."""
        await self._ask("Network.enable")
        offline = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        await self._ask("Network.emulateNetworkConditions", **offline)
        await self._ask("Page.navigate", url=file.as_uri())

        async def holds() -> bool:
            return (
                await self.said(f"location.protocol === 'file:' && document.readyState === 'complete' && {done}")
                is True
            )

        await until(holds)

    async def as_wide_as(self, width: int) -> None:
        """Has a window of that many pixels from now on."""
        await self._ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
        )

    async def visited(self, address: str, *, scripted: bool = False) -> None:
        """Opens an address. `scripted`: the page may run a script of its own."""
        await self._ask("Emulation.setScriptExecutionDisabled", value=not scripted)
        await self._ask("Page.navigate", url=address)

    async def forgets(self) -> None:
        """Has no cookie any more, as a browser that was closed has none of those that end with it."""
        await self._ask("Network.clearBrowserCookies")

    async def typed(self, text: str) -> None:
        """Types into what has the focus."""
        await self._ask("Input.insertText", text=text)

    async def pressed(self, key: str) -> None:
        """Presses a key: Tab, Enter, ArrowDown or the space bar."""
        code, text = {"Tab": (9, ""), "Enter": (13, "\r"), "ArrowDown": (40, ""), " ": (32, " ")}[key]
        await self._ask("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, text=text)
        await self._ask("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    async def given(self, selector: str, file: Path) -> None:
        """Chooses a file for a field, in the place of the dialogue of an operating system that is not there."""
        root = (await self._ask("DOM.getDocument"))["root"]["nodeId"]
        node = (await self._ask("DOM.querySelector", nodeId=root, selector=selector))["nodeId"]
        await self._ask("DOM.setFileInputFiles", nodeId=node, files=[str(file)])

    async def said(self, expression: str) -> Any:
        """What an expression comes to."""
        answer = await self._ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        return answer["result"].get("value")

    async def _ask(self, method: str, **words: Any) -> Any:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": words})
        while True:
            answer = await self._socket.receive_json()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]


async def beyond(shown: Tab, address: str, tag: str, part: str) -> int:
    """Pixels by which a page is wider than its window, once it is there in this language with this part of it."""
    await shown.visited(f"{address}{'&' if '?' in address else '?'}lang={tag}")

    async def comes() -> bool:
        there = f"document.readyState === 'complete' && document.documentElement.lang === '{tag}'"
        return await shown.said(f"{there} && document.querySelector('{part}') !== null") is True

    await until(comes)
    return int(await shown.said("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@asynccontextmanager
async def tab(folder: Path) -> AsyncIterator[Tab]:
    """Skips the test where there is no browser. `folder`: what it keeps while it runs."""
    found = next((path for path in map(shutil.which, NAMES) if path is not None), None)
    if found is None:
        pytest.skip("Chromium is absent: apt install chromium")
    words = [found, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
             f"--user-data-dir={folder}", "about:blank"]  # fmt: skip
    running = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    told = folder / "DevToolsActivePort"

    async def listens() -> bool:
        assert running.poll() is None, "the browser ended at once"
        return told.is_file() and len(told.read_text().split()) == 2

    try:
        await until(listens)
        home = f"http://127.0.0.1:{told.read_text().split()[0]}"
        async with aiohttp.ClientSession() as session:
            async with session.put(f"{home}/json/new?about:blank") as answer:
                address = (await answer.json(content_type=None))["webSocketDebuggerUrl"]
            async with session.ws_connect(address, max_msg_size=0) as socket:
                yield Tab(socket)
    finally:
        running.terminate()
        await asyncio.to_thread(running.wait)
