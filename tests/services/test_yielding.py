"""Views that rest while many commands come and cores are short: each trial in a process of its own."""

import os
import subprocess
import sys

import pytest

from services.views.yielding import LAG, MANY, OF_LAG, REST, REST_AT_MOST, OnCores

LINUX = pytest.mark.skipif(not os.path.exists("/proc/thread-self/schedstat"), reason="the kernel tells of no waits")

ALONE = """
import os
from services.views import yielding
os.nice({nice})
rests = yielding.Rests({lag})
rests.after(0, 0.0)
"""
BESIDE = (
    ALONE
    + """
import subprocess, sys, time
os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:1])  # handed on to whoever is started from here
other = subprocess.Popen([sys.executable, "-c", "while True: pass"])
try:
    until = time.monotonic() + 1.0
    while time.monotonic() < until:
        pass
finally:
    other.kill()
    other.wait()
"""
)


def said(script: str, *expressions: str, nice: int = 10, lag: float = LAG) -> list[float]:
    """What each expression comes to, one after the other, at the end of a script."""
    lines = "".join(f"print({one})\n" for one in expressions)
    done = subprocess.run(
        [sys.executable, "-c", script.format(nice=nice, lag=lag) + lines], capture_output=True, text=True, check=True
    )
    return [float(line) for line in done.stdout.split()]


@LINUX
def test_where_many_come_and_the_core_is_shared_views_rest_for_longer_than_they_worked() -> None:
    [rest] = said(BESIDE, f"rests.after({MANY}, 0.5)")
    assert rest == 0.5 * REST


@LINUX
def test_a_rest_has_an_end_however_long_the_work_was() -> None:
    [rest] = said(BESIDE, f"rests.after({MANY}, 60.0)")
    assert rest == REST_AT_MOST


@LINUX
def test_few_records_are_followed_at_once_however_short_cores_are() -> None:
    assert said(BESIDE, f"rests.after({MANY - 1}, 0.5)") == [0.0]


@LINUX
@pytest.mark.skipif(os.getpriority(os.PRIO_PROCESS, 0) > 0, reason="these tests are nicer than others themselves")
def test_who_is_no_nicer_than_others_does_not_rest() -> None:
    assert said(BESIDE, f"rests.after({MANY}, 0.5)", nice=0) == [0.0]


def test_cores_are_short_for_who_waits_more_than_a_quarter_of_the_time_it_has_one() -> None:
    begun = OnCores(had=2.0, waited=1.0)
    assert not begun.short_since(begun)
    assert not OnCores(had=3.0, waited=1.2).short_since(begun)
    assert OnCores(had=3.0, waited=1.3).short_since(begun)


@LINUX
def test_a_burst_without_end_is_followed_after_a_while() -> None:
    assert said(BESIDE, f"rests.after({MANY}, 0.5)", lag=0.0) == [0.0]


@LINUX
def test_views_rest_for_no_longer_than_they_may_be_behind() -> None:
    [rest] = said(BESIDE, f"rests.after({MANY}, 60.0)", lag=2.0)
    assert rest == pytest.approx(2.0 * OF_LAG)
