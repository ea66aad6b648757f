"""What caused a record and what it caused: one tree from where it began, whoever in it is asked about."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from domain.kernel import EventName, PartialDate
from projections import causes as module
from projections.activity import ActivityRow
from projections.causes import Act, CausesRow, How, causes

A, B, C = (UUID(int=n) for n in (1, 2, 3))


def line(position: int, stream: UUID, version: int, command: int = -1, **said: Any) -> ActivityRow:
    """A record; `command`: the first record of the command that made it, if that is another one."""
    return ActivityRow(
        position=position, type=f"happened-{position}.1", context="mandates", stream=stream, version=version,
        title=None, unit=None, unit_name="", sphere=None, role=None, because="", at=date(2026, 1, 1),
        effective_on=PartialDate("2026-01-01"), time="12:00", backdated=0, jurisdiction="", time_zone="",
        **{"cause": None, "corrects": None, "command": position if command < 0 else command, **said},
    )  # fmt: skip


def name(stream: UUID, version: int) -> EventName:
    return EventName.at(stream, version)


LINES = [
    line(0, A, 1),
    line(1, A, 2, command=0),
    line(2, B, 1, cause=name(A, 2)),
    line(3, B, 2, command=2, cause=name(A, 2)),
    line(4, A, 3),
    line(5, C, 1, cause=name(B, 1)),
    line(6, A, 4, corrects=name(A, 1)),
    line(7, A, 5, corrects=name(A, 4)),
    line(8, C, 2, cause=name(A, 2), corrects=name(C, 1)),
]


def tree(position: int, lines: Sequence[ActivityRow] = LINES) -> CausesRow | None:
    asking = causes(position)
    try:
        wanted = next(asking)
        while True:
            found = [one for one in lines if all(getattr(one, name) in said for name, said in wanted.items())]
            wanted = asking.send(found[: module.LINES])
    except StopIteration as ended:
        result: CausesRow | None = ended.value
        return result


def told(row: CausesRow | None) -> list[tuple[int | None, How | None, list[int]]]:
    assert row is not None
    return [(one.under, one.how, [each.position for each in one.records]) for one in row.acts]


WHOLE = [
    (None, None, [0, 1]),
    (1, How.REACTION, [2, 3]),
    (2, How.REACTION, [5]),
    (1, How.CORRECTION, [6]),
    (4, How.CORRECTION, [7]),
    (1, How.REACTION, [8]),
]


@pytest.mark.parametrize("position", [0, 1, 2, 3, 5, 6, 7, 8])
def test_whoever_is_asked_about_the_tree_is_the_same(position: int) -> None:
    row = tree(position)
    assert row is not None
    assert (row.position, row.whole) == (position, True)
    assert told(row) == WHOLE


def test_what_nothing_caused_and_nothing_followed_stands_alone() -> None:
    assert told(tree(4)) == [(None, None, [4])]
    assert tree(9) is None


def test_of_very_many_those_nearest_to_the_beginning_are_shown_and_the_one_that_is_asked_about() -> None:
    many = [line(0, A, 1), *(line(n, B, n, cause=name(A, 1)) for n in range(1, 5_000))]
    row = tree(4_700, many)
    assert row is not None
    assert (row.whole, len(row.acts)) == (False, module.FOLLOWED)
    assert sorted(one.records[0].position for one in row.acts) == [*range(module.FOLLOWED - 1), 4_700]


def test_the_one_that_is_asked_about_is_shown_behind_however_many_others() -> None:
    many = [line(0, A, 1), *(line(n, B, n, cause=name(A, 1)) for n in range(1, 500))]
    deep = [line(500 + n, C, n + 1, corrects=name(C, n) if n else name(B, 400)) for n in range(4)]
    row = tree(502, [*many, *deep])
    assert row is not None
    acts = {one.records[0].position: one for one in row.acts}
    assert (row.whole, len(acts)) == (False, module.FOLLOWED + 3)
    way = [acts[position] for position in (400, 500, 501, 502)]
    assert [after.under for after in way[1:]] == [before.number for before in way[:-1]]
    assert 503 not in acts


def test_a_way_that_is_too_long_is_followed_a_part_of_it_and_says_so() -> None:
    long = [line(0, A, 1), *(line(n, A, n + 1, corrects=name(A, n)) for n in range(1, 100))]
    row = tree(99, long)
    assert row is not None
    assert not row.whole
    assert 99 in {made.position for act in row.acts for made in act.records}


def test_records_that_name_one_another_in_a_circle_end_the_question() -> None:
    """No register writes them, and whoever forges one hangs no auditor."""
    row = tree(0, [line(0, A, 1, cause=name(A, 2)), line(1, A, 2, cause=name(A, 1))])
    assert row is not None
    assert sorted(made.position for act in row.acts for made in act.records) == [0, 1]


def test_each_act_stands_behind_the_one_that_it_follows_from() -> None:
    row = tree(0)
    assert row is not None
    acts: Sequence[Act] = row.acts
    assert [one.number for one in acts] == list(range(1, len(acts) + 1))
    assert all(one.under is None or one.under < one.number for one in acts)
