from services.tries import Tries

WAITS = (1.0, 2.0, 3.0)
LONG = 3600.0


def test_each_failure_in_a_row_is_waited_for_longer_and_the_last_wait_is_repeated() -> None:
    assert waits(Tries(WAITS, well=LONG), 5) == [1.0, 2.0, 3.0, 3.0, 3.0]


def test_after_one_that_went_well_for_long_enough_the_waits_begin_anew() -> None:
    assert waits(Tries(WAITS, well=0.0), 3) == [1.0, 1.0, 1.0]


def waits(tries: Tries, count: int) -> list[float]:
    found = []
    for _ in range(count):
        tries.begin()
        found.append(tries.failed())
    return found
