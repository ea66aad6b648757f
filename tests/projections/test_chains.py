"""Chains: the one whose turn it is in all that a commitment waits for, and for how long each was waited for."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from domain.commitments import commands as asked
from domain.commitments.state import facts
from domain.commitments.words import Due, Milestone, Outcome
from domain.kernel import Level, PartialDate, StreamId, UnitId, Words
from projections.chains import FOLLOWED, NAMED, TITLES, Chain, ChainRow, Place, Standing
from projections.commitment_row import CommitmentRow, DependencyRow
from tests.domain.commitment_stories import CITY, DAY, REGION, STATE, STREAM, ask, miss, words
from tests.projections.register import Register, directory

TRAM, PERMIT, SURVEY = STREAM, StreamId(UUID(int=0xC1)), StreamId(UUID(int=0xC2))
PERMIT_DUE, DESIGN_DUE, TRACKS_DUE = date(2026, 5, 1), date(2026, 6, 1), date(2028, 6, 30)
WINTER = date(2026, 12, 1)
DESIGN, TRACKS = 1, 2


def propose(owner: UnitId, title: str) -> Any:
    said = {"title": words(title), "description": words(title), "ends_on": PartialDate("2030"), "sdg": ()}
    return ask(asked.ProposeCommitment, owner, owner=owner, **said)


def step(owner: UnitId, title: str, due_on: date) -> Any:
    return ask(asked.AddMilestone, owner, milestone=Milestone(words(title), due_on, owner))


def complete(owner: UnitId, number: int, on: date) -> Any:
    return ask(asked.CompleteMilestone, owner, on, milestone=number)


def begun() -> Register:
    """A tram stop of the city in two steps, and a permit that the state is to give; nobody waits for the other."""
    steps = (step(CITY, "Design", DESIGN_DUE), step(CITY, "Tracks", TRACKS_DUE))
    register = directory().given(propose(CITY, "A tram stop"), *steps, ask(asked.AdoptCommitment))
    register.given(
        propose(STATE, "Permit"), step(STATE, "Permit given", PERMIT_DUE), ask(asked.AdoptCommitment, STATE),
        stream=PERMIT,
    )  # fmt: skip
    return register


def depends(register: Register, of: StreamId, on: StreamId, step_of: int | None = None, own: int | None = None) -> None:
    chain = [facts(register.states[on], on)]
    for one in chain:
        chain += (facts(register.states[other.commitment], other.commitment) for other in one.depends_on)
    unit = register.states[of].owner
    said = {"chain": tuple(chain), "commitment_milestone": step_of, "milestone": own, "stream": of}
    register.given(ask(asked.DependOn, unit, **said), stream=of)


def late(register: Register, of: StreamId, on: date, milestone: int) -> None:
    """The clock says that the day of a milestone has passed."""
    deadlines = enumerate(register.states[of].deadlines, start=1)
    number = next(n for n, one in deadlines if (one.kind, one.about) == (Due.MILESTONE, milestone))
    register.given(miss(number, on), on=on, stream=of)


def chain(register: Register, day: date = WINTER, of: UUID = TRAM) -> ChainRow:
    found = Chain(of)
    while missing := found.missing():
        found.add({one: register.one("commitments", str(one)) for one in missing})
    steps = register.all("milestones")
    found.milestones |= {Place(one.commitment, one.number): one for one in steps if one.commitment in found.commitments}
    found.waits += (one for one in register.all("waits") if one.stream in found.commitments)
    found.dependents += ((UUID(key), row) for key, row in register.of("commitments").items())
    return found.row(day)


def turn(register: Register, day: date = WINTER) -> tuple[str, UUID, int | None, int]:
    found = chain(register, day).turn
    assert found is not None
    return found.unit_name, found.commitment, found.milestone, found.days


@pytest.fixture
def register() -> Register:
    found = begun()
    depends(found, TRAM, PERMIT, step_of=1, own=TRACKS)
    return found


def test_a_delayed_tram_stop_waits_for_the_permit_and_waited_for_its_design(register: Register) -> None:
    late(register, PERMIT, date(2026, 5, 2), 1)
    late(register, TRAM, date(2026, 6, 2), DESIGN)
    register.given(complete(CITY, DESIGN, date(2026, 7, 2)), on=date(2026, 7, 2))
    found = chain(register)
    assert turn(register) == ("State", PERMIT, 1, 214)
    assert found.turn is not None
    assert (found.turn.waits_for, found.turn.waits_since) == ("complete-milestone", PERMIT_DUE)
    assert found.turn.way == (TRAM, PERMIT)
    assert [(one.commitment, one.unit_name, one.days, one.now) for one in found.waited] == [
        (PERMIT, "State", 214, True),
        (TRAM, "City", 31, False),
    ]


def test_both_sides_name_one_another(register: Register) -> None:
    [link] = chain(register).links
    assert (link.waiting, link.milestone, link.commitment, link.commitment_milestone) == (TRAM, TRACKS, PERMIT, 1)
    assert (link.owner_name, link.title, link.state) == ("State", words("Permit"), Standing.WAITING)
    [needed] = chain(register, of=PERMIT).needed_by
    assert (needed.commitment, needed.title, needed.milestone, needed.commitment_milestone) == (
        TRAM, words("A tram stop"), TRACKS, 1,
    )  # fmt: skip


def test_where_nobody_is_late_it_is_the_turn_of_whoever_comes_next(register: Register) -> None:
    assert turn(register, DAY) == ("State", PERMIT, 1, 0)
    assert chain(register, DAY).turn.waits_for is None  # type: ignore[union-attr]
    register.given(complete(STATE, 1, DAY), stream=PERMIT)
    assert turn(register, DAY) == ("City", TRAM, DESIGN, 0)
    register.given(complete(CITY, DESIGN, DAY))
    assert turn(register, DAY) == ("City", TRAM, TRACKS, 0)


def test_what_has_come_is_there_and_keeps_nobody_waiting(register: Register) -> None:
    late(register, PERMIT, date(2026, 5, 2), 1)
    register.given(complete(STATE, 1, date(2026, 6, 1)), on=date(2026, 6, 1), stream=PERMIT)
    assert [one.state for one in chain(register).links] == [Standing.THERE]
    assert turn(register)[:2] == ("City", TRAM)
    assert [(one.unit_name, one.days, one.now) for one in chain(register).waited] == [("State", 31, False)]


def test_a_step_that_is_late_because_of_another_one_waits_for_that(register: Register) -> None:
    """Nobody is told to lay tracks without a permit, however late the tracks are."""
    register.given(complete(CITY, DESIGN, DAY))
    late(register, PERMIT, date(2028, 7, 1), 1)
    late(register, TRAM, date(2028, 7, 1), TRACKS)
    assert turn(register, date(2028, 7, 2))[:3] == ("State", PERMIT, 1)


def test_it_is_followed_to_the_end_through_others(register: Register) -> None:
    register.given(
        propose(REGION, "Survey"), step(REGION, "Ground surveyed", date(2026, 4, 1)),
        ask(asked.AdoptCommitment, REGION), stream=SURVEY,
    )  # fmt: skip
    depends(register, PERMIT, SURVEY)
    late(register, PERMIT, date(2026, 5, 2), 1)
    late(register, SURVEY, date(2026, 4, 2), 1)
    found = chain(register)
    assert found.turn is not None
    # The permit's own step was declared to wait for nothing: only the whole of it does.
    assert turn(register) == ("State", PERMIT, 1, 214)
    depends(register, PERMIT, SURVEY, own=1)
    assert turn(register) == ("Region", SURVEY, 1, 244)
    assert chain(register).turn.way == (TRAM, PERMIT, SURVEY)  # type: ignore[union-attr]


def test_what_ended_and_had_not_come_is_for_the_owner_of_what_waits(register: Register) -> None:
    register.given(
        ask(asked.CloseCommitment, STATE, outcome=Outcome.NOT_MET, level=Level.SELF_REPORTED), stream=PERMIT
    )  # fmt: skip
    assert [one.state for one in chain(register).links] == [Standing.ENDED]
    found = chain(register).turn
    assert found is not None
    assert (found.unit_name, found.commitment, found.milestone) == ("City", TRAM, TRACKS)
    assert (found.waits_for, found.waits_since) == ("withdraw-dependency", DAY)
    register.given(ask(asked.WithdrawDependency, dependency=1))
    assert chain(register).links == ()
    assert turn(register)[2] == DESIGN


def test_what_is_still_being_agreed_waits_for_whoever_is_to_agree() -> None:
    register = begun()
    register.given(propose(REGION, "Survey"), step(REGION, "Ground surveyed", date(2026, 4, 1)), stream=SURVEY)
    depends(register, TRAM, SURVEY, step_of=1, own=DESIGN)
    found = chain(register, DAY).turn
    assert found is not None
    assert (found.unit_name, found.commitment, found.waits_for) == ("Region", SURVEY, "adopt")


def test_nothing_is_waited_for_once_it_has_ended(register: Register) -> None:
    register.given(ask(asked.CloseCommitment, outcome=Outcome.NOT_MET, level=Level.SELF_REPORTED))
    assert chain(register).turn is None


def test_without_dependencies_it_is_its_own_turn() -> None:
    assert turn(begun(), DAY) == ("City", TRAM, DESIGN, 0)
    assert chain(begun(), DAY, of=PERMIT).turn.unit_name == "State"  # type: ignore[union-attr]


def line(length: int) -> Register:
    """Declared from the first one on, so that each one waits for one other when it is said."""
    register, streams = directory(), [TRAM, *(StreamId(UUID(int=0xD000 + number)) for number in range(1, length))]
    for number, stream in enumerate(streams):
        a_step = step(CITY, "All of it", TRACKS_DUE)
        register.given(propose(CITY, f"Part {number}"), a_step, ask(asked.AdoptCommitment), stream=stream)
    for of, on in pairwise(streams):
        depends(register, of, on)
    return register


@pytest.mark.parametrize(("length", "whole"), [(FOLLOWED, True), (FOLLOWED + 1, False)])
def test_a_chain_that_grew_for_ever_is_followed_so_far_and_says_so(length: int, whole: bool) -> None:
    found = chain(line(length))
    assert (found.whole, len(found.links)) == (whole, FOLLOWED - 1)
    assert found.turn is not None


def wide(title: Words, many: int = 60, each: int = 20) -> dict[UUID, CommitmentRow]:
    """Each waits for the twenty behind it, and the last ones for whoever is left."""
    one: CommitmentRow = begun().one("commitments", str(TRAM))
    ids = [UUID(int=0xF000 + 7919 * number % many) for number in range(many)]
    return {
        of: replace(one, title=title, depends_on=tuple(
            DependencyRow(number, None, on, None, one.owner, PartialDate("2026"))
            for number, on in enumerate(ids[place + 1 : place + 1 + each], start=1)
        ))
        for place, of in enumerate(ids)
    }  # fmt: skip


def gathered(rows: dict[UUID, CommitmentRow], turned: bool = False) -> Chain:
    """`turned`: whoever looks finds the rows of each step in another order."""
    found = Chain(next(iter(rows)))
    steps = [one for one in begun().all("milestones") if one.commitment == TRAM]
    while missing := found.missing():
        order: Iterable[UUID] = reversed(missing) if turned else missing
        found.add({one: rows[one] for one in order})
        found.milestones |= {Place(one, step.number): step for one in missing for step in steps}
    return found


def test_of_a_wide_chain_so_many_links_are_named_and_the_way_on_leads_to_all_of_them() -> None:
    made = gathered(wide(words("A part")))
    every = made.row(DAY, bounded=False)
    assert (len(every.links), every.links_left) == (990, None)
    first = made.row(DAY)
    assert (len(first.links), first.links_left) == (NAMED, 990 - NAMED)
    rest = made.row(DAY, NAMED)
    assert (first.links + rest.links, rest.links_left) == (every.links, None)
    assert (made.row(DAY, 990).links, made.row(DAY, 10**6).links_left) == ((), None)
    assert replace(first, links=(), links_left=None) == replace(every, links=())


def test_titles_in_forty_languages_are_bounded_too() -> None:
    long = Words({f"{one}{other}": "ش" * 200 for one in "abcdefgh" for other in "abcde"})
    made, size = gathered(wide(long)), sum(len(text.encode()) for text in long.values())
    seen = list(made.row(DAY).links)
    assert TITLES <= size * len(seen) < TITLES + size
    while more := made.row(DAY, len(seen)).links:
        seen += more
    assert tuple(seen) == made.row(DAY, bounded=False).links


def test_who_gathers_the_rows_in_another_order_makes_the_same() -> None:
    rows = wide(words("A part"))
    assert gathered(rows, turned=True).row(DAY) == gathered(rows).row(DAY)
