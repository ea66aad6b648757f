"""Work in a thread that ends soon after nobody waits for it any more: no thread can be stopped from outside."""

import asyncio
from collections.abc import Callable
from threading import Event
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Still: TypeAlias = Callable[[], None]
"""Asked between two steps of the work. Raises Unwanted."""


class Unwanted(Exception):
    """Whoever asked for the work has gone: their time is over, or they were cancelled."""


def always() -> None:
    """Of work that is wanted to its end."""


async def while_wanted(work: Callable[[Still], T]) -> T:
    """What the work comes to, in a thread of its own."""
    gone = Event()

    def still() -> None:
        if gone.is_set():
            raise Unwanted

    try:
        return await asyncio.to_thread(work, still)
    finally:
        gone.set()
