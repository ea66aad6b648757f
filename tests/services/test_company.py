"""Whom a writer expects beside itself, and for how long."""

from itertools import pairwise

from services.store.company import LEAST, MOST, Company


class _Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _expects_for(company: Company, clock: _Clock) -> float:
    """Seconds until others are no longer expected; the clock stands there afterwards."""
    begun = clock.now
    while company.expected:
        clock.now += LEAST / 8
    return clock.now - begun


def _near(seconds: float, wanted: float) -> bool:
    return abs(seconds - wanted) <= LEAST / 4


def test_nobody_is_expected_who_was_never_met() -> None:
    assert not Company(_Clock()).expected


def test_others_are_expected_for_a_while_after_they_were_met() -> None:
    company = Company(clock := _Clock())
    company.met()
    assert _near(_expects_for(company, clock), LEAST)


def test_who_never_finds_itself_alone_expects_others_ever_longer() -> None:
    company = Company(clock := _Clock())
    expected = []
    for _ in range(12):
        company.met()
        expected.append(_expects_for(company, clock))
        clock.now += 100  # it writes seldom, and each time others were there meanwhile
    assert all(_near(later, min(2 * one, MOST)) for one, later in pairwise(expected))
    assert _near(expected[-1], MOST)


def test_who_writes_in_turns_with_others_expects_them_ever_longer() -> None:
    company = Company(clock := _Clock())
    expected = []
    for _ in range(12):
        company.met()
        expected.append(_expects_for(company, clock))
        company.found_nobody()
        clock.now += LEAST / 2
    assert _near(expected[-1], MOST)


def test_who_was_alone_for_long_expects_whoever_comes_once_for_the_shortest_time() -> None:
    company = Company(clock := _Clock())
    for _ in range(6):
        company.met()
        _expects_for(company, clock)
    company.found_nobody()
    clock.now += 2 * MOST
    company.met()
    assert _near(_expects_for(company, clock), LEAST)
