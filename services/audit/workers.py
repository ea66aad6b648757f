"""Processes that help with an audit. Whatever one of them does not answer can be done without it."""

import gc
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from multiprocessing.sharedctypes import Synchronized
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_counted: "list[Synchronized[int]]" = []
"""In a worker: where it counts."""


@dataclass(frozen=True, slots=True)
class Workers:
    """`jobs` processes. What they `count` can be seen while they are at it."""

    jobs: int
    _pool: ProcessPoolExecutor
    _counter: "Synchronized[int]"

    def ask(self, what: Callable[P, T], *args: P.args, **more: P.kwargs) -> "Future[T] | None":
        try:
            return self._pool.submit(what, *args, **more)
        except BrokenProcessPool:
            return None

    # Without its lock: one that is killed while it counts does not give it back.

    @property
    def counted(self) -> int:
        return self._counter.get_obj().value

    def count_anew(self) -> None:
        self._counter.get_obj().value = 0


@contextmanager
def workers(jobs: int) -> Iterator[Workers | None]:
    """So many processes, or None where this one is enough. At the end, what they have not begun is dropped.

    Whoever is interrupted, or fails, does not wait for what they are at: that may take minutes.
    """
    if jobs < 2:
        yield None
        return
    # Started anew, not forked: whoever audits may have threads.
    context = get_context("spawn")
    counter = context.Value("q", 0)
    pool, others = ProcessPoolExecutor(jobs, context, _begin, (counter,)), active_children()
    try:
        yield Workers(jobs, pool, counter)
    except BaseException:
        for process in active_children():
            if process not in others:
                process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def answer(future: "Future[T] | None") -> T | None:
    """None where the process was killed."""
    try:
        return None if future is None else future.result()
    except BrokenProcessPool:
        return None


def count(number: int) -> None:
    """In a worker: so much more is done."""
    for counter in _counted:
        with counter.get_lock():
            counter.value += number


def _begin(counter: "Synchronized[int]") -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that asks is interrupted, and stops us
    gc.disable()  # see `undisturbed`
    _counted.append(counter)
