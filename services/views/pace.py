"""Work that lets others have their turn."""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

TURN = 0.004
"""Seconds of work at a stretch: the loop is shared with those who answer requests."""
COLLECT_AFTER = 50_000
"""New objects until garbage is collected."""


def forget_start() -> None:
    """For a process that has started: what was made so far lives as long as it does, and is never looked at again.

    A full collection of garbage goes through all of it, a tenth of a second in which nobody has a turn. Of what is made
    from now on little is left behind that only a collection can free.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)


@contextmanager
def undisturbed(*, once: bool = False) -> Iterator[None]:
    """Without collections of garbage: for a long work that makes millions of values, none of which hold each other.

    Each collection would go through all of them, and find nothing. So would the first one behind a work that is done
    `once` in a process: what was made is taken for old then, and only a collection of everything looks at it. To ask
    whether somebody froze anything takes as long as there is much of it: too long for each of many batches.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            if once and not gc.get_freeze_count():  # what somebody froze stays frozen
                gc.freeze()
                gc.unfreeze()
            gc.enable()


class Pace:
    """`await pace.breathe()` between two small pieces of work."""

    def __init__(self) -> None:
        self._since = monotonic()

    async def breathe(self) -> None:
        if monotonic() - self._since > TURN:
            await asyncio.sleep(0)
            self._since = monotonic()
