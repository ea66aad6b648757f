"""What is under way, each by itself, so that one that is slow or gone holds nobody else up."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import partial

import structlog

from services.tries import WAITS, Tries

log = structlog.get_logger()


class Errands:
    """Runs errands, one at a time of each name. `interrupted`: how the log calls one that failed.

    `waits`: seconds after which one that failed may begin again; see `Tries`.
    """

    def __init__(self, interrupted: str, waits: Sequence[float] = WAITS) -> None:
        self._interrupted, self._waits = interrupted, tuple(waits)
        self._under_way: dict[Hashable, asyncio.Task[None]] = {}
        self._tries: dict[Hashable, Tries] = {}

    def begin(self, name: Hashable, errand: Callable[[], Awaitable[None]]) -> None:
        """Unless one of this name is under way."""
        if name not in self._under_way:
            task = asyncio.create_task(self._run(name, errand), name=f"errand-{name}")
            self._under_way[name] = task
            task.add_done_callback(partial(self._ended, name))

    async def stop(self) -> None:
        """What is under way ends; what was not done is done by whoever leads next."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _ended(self, name: Hashable, task: asyncio.Task[None]) -> None:
        del self._under_way[name]

    async def _run(self, name: Hashable, errand: Callable[[], Awaitable[None]]) -> None:
        tries = self._tries.setdefault(name, Tries(self._waits))
        tries.begin()
        try:
            await errand()
        except Exception as error:  # above all a database that went away; whoever leads then begins where it stands
            wait = tries.failed()
            log.warning(self._interrupted, errand=str(name), error=repr(error), again_in=wait)
            # What could not be saved as taken is sent again: not as fast as we can, where it cannot be for long.
            await asyncio.sleep(wait)
        else:
            del self._tries[name]
