"""Waits for what a register does in its own time, however loaded the machine is."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from time import monotonic, sleep

PATIENCE = 60.0
"""Seconds after which what has not come does not come: it is no measure of speed."""


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await holds():
            await asyncio.sleep(0.01)


def until_shown(home: str, view: str) -> None:
    """The view has all that was recorded before we asked: `serve` waits only so long for it at the start."""
    with urllib.request.urlopen(f"{home}/checkpoint") as answer:
        size = int(answer.read().splitlines()[1])
    ends = monotonic() + PATIENCE
    while not _has(f"{home}/v1/{view}?limit=1&wait_for={size - 1}"):
        assert monotonic() < ends, f"{view} has not come to position {size - 1}"
        sleep(0.05)


def _has(address: str) -> bool:
    try:
        with urllib.request.urlopen(address):
            return True
    except urllib.error.HTTPError as error:
        if error.code != 503:  # behind
            raise
        error.close()
        return False
