"""What strangers may do is counted by whence they do it, and nobody else waits for it."""

import pytest

from api.often import Often, TooOften


def counted(often: Often, whence: str | None) -> int:
    try:
        often.count(whence)
    except TooOften as error:
        return error.seconds
    return 0


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    clock = [1000.0]
    monkeypatch.setattr("api.often.monotonic", lambda: clock[0])
    return clock


def test_from_one_place_it_is_done_so_often(now: list[float]) -> None:
    often = Often(3, 60.0)
    assert [counted(often, "10.0.0.1/32") for _ in range(5)] == [0, 0, 0, 60, 60]
    assert counted(often, "10.0.0.2/32") == 0
    assert not any(counted(often, None) for _ in range(10)), "everybody may be behind a proxy"


def test_who_waits_waits_no_longer_because_others_try(now: list[float]) -> None:
    often = Often(2, 60.0)
    for passed, waits in ((0, 0), (20, 0), (10, 30), (10, 20), (19.5, 1), (0.5, 0), (0, 20)):
        now[0] += passed
        assert counted(often, "10.0.0.1/32") == waits


def test_what_ended_well_counts_no_more(now: list[float]) -> None:
    often = Often(2, 60.0)
    for _ in range(10):
        assert counted(often, "10.0.0.1/32") == 0
        often.well("10.0.0.1/32")
    assert [counted(often, "10.0.0.1/32") for _ in range(3)] == [0, 0, 60]
    often.well("10.0.0.2/32")
    often.well(None)


def test_so_many_places_are_remembered(now: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.often.REMEMBERED", 2)
    often = Often(1, 60.0)
    assert [counted(often, place) for place in ("a", "b", "a", "c", "a", "b")] == [0, 0, 60, 0, 60, 0]
