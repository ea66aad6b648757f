"""Single rows: those asked for at the same time share one query, and are kept while the view stands still."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

Batch = TypeVar("Batch")
Found: TypeAlias = Mapping[str, bytes]
Load: TypeAlias = Callable[[Batch, Sequence[str]], Awaitable[tuple[Found, int]]]

IN_FLIGHT = 2
AT_ONCE = 500
KEPT_BYTES = 64 << 20
"""Of all views together, in one process."""

_One: TypeAlias = "asyncio.Future[tuple[bytes | None, int]]"
_Waiting: TypeAlias = dict[str, list[_One]]


class Loader(Generic[Batch]):
    """Coalesces look-ups of one kind (`batch`: view and day): while two queries are under way, others gather."""

    def __init__(self, load: Load[Batch]) -> None:
        self._load = load
        self._waiting: dict[Batch, _Waiting] = {}
        self._running: dict[Batch, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def get(self, batch: Batch, key: str) -> tuple[bytes | None, int]:
        """The row and the position it speaks for."""
        # A future for each who waits: who gives up does not take the row from the others.
        future: _One = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(batch, {}).setdefault(key, []).append(future)
        self._start(batch)
        return await future

    def _start(self, batch: Batch) -> None:
        if self._running.get(batch, 0) < IN_FLIGHT:
            self._running[batch] = self._running.get(batch, 0) + 1
            task = asyncio.create_task(self._run(batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, batch: Batch) -> None:
        try:
            while waiting := self._waiting.pop(batch, None):
                keys = list(waiting)
                if len(keys) > AT_ONCE:
                    self._waiting[batch] = {key: waiting.pop(key) for key in keys[AT_ONCE:]}
                await self._answer(batch, waiting)
        finally:
            self._running[batch] -= 1
            if not self._running[batch]:
                del self._running[batch]

    async def _answer(self, batch: Batch, waiting: "_Waiting") -> None:
        try:
            found, position = await self._load(batch, list(waiting))
        except BaseException as error:
            said = RuntimeError("stopped") if isinstance(error, asyncio.CancelledError) else error
            for future in (future for futures in waiting.values() for future in futures if not future.done()):
                future.set_exception(said)
            if not isinstance(error, Exception):
                raise
        else:
            for key, futures in waiting.items():
                answer = found.get(key), position
                for future in futures:
                    if not future.done():
                        future.set_result(answer)

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


@dataclass(slots=True)
class _Shelf(Generic[Batch]):
    """Rows of one view at one position, and how much they take, about."""

    at: object
    rows: dict[Batch, dict[str, bytes | None]] = field(default_factory=dict)
    size: int = 0


class Kept(Generic[Batch]):
    """Rendered rows, those of each view as of one position. Another position, forwards or back, empties that view's.

    All views share one budget. Where it is used up, the view that takes most begins anew.
    """

    def __init__(self, at_most: int = KEPT_BYTES) -> None:
        self._at_most, self._bytes = at_most, 0
        self._shelves: dict[str, _Shelf[Batch]] = {}

    def get(self, view: str, at: object, batch: Batch, key: str) -> tuple[bool, bytes | None]:
        """(whether it is here, the row)"""
        shelf = self._shelves.get(view)
        if shelf is None or shelf.at != at:
            return False, None
        rows = shelf.rows.get(batch, {})
        found = rows.get(key)
        return found is not None or key in rows, found

    def put(self, view: str, at: object, batch: Batch, key: str, row: bytes | None) -> None:
        shelf = self._shelves.get(view)
        if shelf is None or shelf.at != at:
            self._clear(view)
            shelf = self._shelves[view] = _Shelf(at)
        shelf.rows.setdefault(batch, {})[key] = row
        took = len(key) + len(row or b"") + 300  # what the entry itself takes, about
        shelf.size += took
        self._bytes += took
        if self._bytes > self._at_most:
            self._clear(max(self._shelves, key=lambda name: self._shelves[name].size))

    def _clear(self, view: str) -> None:
        if (shelf := self._shelves.pop(view, None)) is not None:
            self._bytes -= shelf.size
