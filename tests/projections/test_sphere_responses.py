"""Response times by sphere: always the sum of what the rows of its units say."""

from collections import Counter

from hypothesis import given, settings

from projections.responses import ResponseRow
from projections.sphere_responses import SUMS, SphereResponseRow
from tests.domain.commitment_stories import REGION, STREAM, accept, histories, propose_shared
from tests.domain.moves import Move
from tests.projections.register import Register, directory


def added_up(register: Register) -> None:
    units: list[ResponseRow] = list(register.all("response-times"))
    rows: list[SphereResponseRow] = list(register.all("sphere-response-times"))
    assert {(one.sphere, one.kind) for one in units} <= {(one.sphere, one.kind) for one in rows}
    for found in rows:
        of = [one for one in units if (one.sphere, one.kind) == (found.sphere, found.kind)]
        assert found.units == len(of)
        assert [getattr(found, name) for name in SUMS] == [sum(getattr(one, name) for one in of) for name in SUMS]
        days = sorted(took.days for one in of for took in one.spread for _ in range(took.times))
        assert list(Counter(days).items()) == [(took.days, took.times) for took in found.spread]
        assert found.median_days == (days[(len(days) - 1) // 2] if days else None)
        assert found.longest_days == (days[-1] if days else None)


def test_an_answer_counts_in_the_sphere_of_the_unit_that_owed_it() -> None:
    register = directory().given(propose_shared)
    waiting = register.one("sphere-response-times", "regional/answer")
    assert (waiting.units, waiting.owed, waiting.unanswered, waiting.median_days) == (1, 1, 1, None)
    register.given(accept)
    answered = register.one("sphere-response-times", "regional/answer")
    assert (answered.units, answered.unanswered, answered.answered, answered.median_days) == (1, 0, 1, 0)
    assert register.one("response-times", f"{REGION}/answer").answered == 1


@settings(max_examples=25)
@given(histories())
def test_after_every_history_a_sphere_is_the_sum_of_its_units(moves: list[Move]) -> None:
    register = directory()
    for move in moves:
        register.tell(STREAM, *move.events, on=move.day, by=move.unit)
    added_up(register)
