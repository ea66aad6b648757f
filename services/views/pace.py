"""Work that lets others have their turn."""

import asyncio
from time import monotonic

TURN = 0.004
"""Seconds of work at a stretch: the loop is shared with those who answer requests."""


class Pace:
    """`await pace.breathe()` between two small pieces of work."""

    def __init__(self) -> None:
        self._since = monotonic()

    async def breathe(self) -> None:
        if monotonic() - self._since > TURN:
            await asyncio.sleep(0)
            self._since = monotonic()
