"""The views of allocations, of what moved away from the citizen, and of decisions that wait for a mandate."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, settings

from domain.deadlines import Standing
from domain.kernel import Sphere, StreamId, Today
from domain.subsidiarity import ALLOCATIONS as CONTEXT
from domain.subsidiarity.allocations import commands as asked
from domain.subsidiarity.allocations.state import Allocation
from domain.subsidiarity.allocations.words import DECIDED, Due, Ground, Mode, Reply, Stage
from projections.allocation_row import AllocationRow, PowerRow, Turn
from projections.allocations import ALLOCATIONS
from projections.shifts import AWAITING_MANDATE, UPWARD_SHIFTS, AwaitingRow, Shift, ShiftRow, days_left, days_to_revisit
from projections.things import Thing
from tests.domain.allocation_stories import (
    AFTER,
    CITY,
    DAY,
    GRIDS_UNTIL,
    MANDATE,
    REGION,
    STATE,
    VILLAGE,
    again,
    ask,
    by_law,
    for_a_time,
    histories,
    local_grids,
    mandate,
    not_by_law,
    object_to,
    passes,
    plan,
    proposed,
    regional_grid,
    request,
    stays,
    story,
    submit,
    upward,
    words,
)
from tests.domain.moves import Move
from tests.domain.scenario import scenario
from tests.projections.telling import Told

STREAM = StreamId(UUID(int=0xB0))
VIEWS = (ALLOCATIONS, UPWARD_SHIFTS, AWAITING_MANDATE)


def told(*commands: Any, because: str = "as told") -> Told:
    """The views after these commands, each recorded on the day on which it was given."""
    telling, at = Told(VIEWS), scenario(CONTEXT)
    for command in commands:
        outcome = at.when(command)
        assert outcome.refused is None, outcome.refused
        acting = getattr(command, "acting", None)
        telling.tell(STREAM, *outcome.events, on=command.today, by=acting.id if acting else None, because=because)
        at = at.given(*outcome.events)
    return telling


def row(telling: Told) -> AllocationRow:
    found = telling.one("allocations", str(STREAM))
    assert isinstance(found, AllocationRow)
    return found


def shift(telling: Told) -> ShiftRow | None:
    found: ShiftRow | None = telling.one("upward-shifts", str(STREAM))
    return found


def waiting(telling: Told) -> AwaitingRow | None:
    found: AwaitingRow | None = telling.one("decisions-awaiting-mandate", str(STREAM))
    return found


def turns(telling: Told) -> Sequence[tuple[str, object]]:
    return [(one.turn, one.unit) for one in row(telling).matters]


def test_a_question_waits_for_a_grid_from_each_unit_asked() -> None:
    telling = told(request)
    assert turns(telling) == [(Turn.SUBMIT_GRID, unit) for unit in (CITY, VILLAGE, REGION, STATE)]
    assert (row(telling).owed[0].unit, row(telling).owed[0].due_on) == (CITY, GRIDS_UNTIL)
    assert row(telling).nearest is Sphere.LOCAL
    after = told(request, local_grids[0])
    assert turns(after) == [(Turn.SUBMIT_GRID, unit) for unit in (VILLAGE, REGION, STATE)]
    grid = row(after).grids[0]
    assert (grid.unit, grid.favours, grid.necessity, grid.indicators) == (CITY, Sphere.LOCAL, False, 1)
    assert (row(after).heard(CITY), row(after).heard(VILLAGE)) == (DAY, None)


def test_when_all_have_answered_or_lapsed_the_decider_proposes_and_then_decides() -> None:
    telling = told(request, *local_grids, regional_grid, passes(4, AFTER))
    assert (row(telling).state, row(telling).lapsed) == (Stage.ASSESSED, (STATE,))
    assert turns(telling) == [(Turn.PROPOSE, STATE)]
    assert [one.missed for one in row(telling).owed] == [True]
    late = told(request, *local_grids, regional_grid, passes(4, AFTER), submit(STATE, Sphere.REGIONAL, AFTER))
    assert row(late).owed == ()
    put = told(*proposed)
    assert turns(put)[-1] == (Turn.DECIDE, STATE)
    assert row(put).proposals[0].sphere is Sphere.REGIONAL


def test_a_decision_shows_its_reasons_and_what_it_said_to_objections() -> None:
    reply = Reply(1, words("Each spring they are asked"))
    telling = told(*proposed, object_to, replace(upward, replies=(reply,)), because="The river is one")
    found = row(telling)
    assert (found.state, found.sphere, found.mode, found.upward) == (Stage.DECIDED, Sphere.REGIONAL, Mode.OWN, True)
    assert (found.because, found.grounds, found.policy) == ("The river is one", (Ground.EXTENT,), "subsidiarity@1")
    assert found.objections[0].reply == reply.reply
    assert found.matters == ()
    assert [(one.kind, one.unit) for one in found.owed] == [(Due.MANDATE, STATE)]


def test_what_moved_away_from_the_citizen_is_listed() -> None:
    found = shift(told(*proposed, upward, because="The river is one"))
    assert found is not None
    assert (found.nearest, found.sphere, found.rests_on) == (Sphere.LOCAL, Sphere.REGIONAL, REGION)
    assert (found.state, found.shifted_on, found.because) == (Shift.STANDS, DAY, "The river is one")
    assert days_to_revisit(found, DAY) is None
    assert shift(told(*proposed, stays)) is None


def test_one_for_want_of_capacity_says_when_it_is_looked_at_again() -> None:
    found = shift(told(*proposed, plan, for_a_time))
    assert found is not None
    assert (found.provisional, found.revisit_on) == (True, date(2029, 3, 2))
    assert days_to_revisit(found, date(2029, 3, 1)) == 1
    sooner = ask(asked.ScheduleRevisit, STATE, revisit_on=date(2028, 1, 10))
    moved = told(*proposed, plan, for_a_time, sooner)
    assert (row(moved).revisit_on, row(moved).owed[-1].due_on) == (date(2028, 1, 10), date(2028, 1, 10))
    moved_shift = shift(moved)
    assert moved_shift is not None
    assert moved_shift.revisit_on == date(2028, 1, 10)


def test_a_second_look_that_is_overdue_is_the_deciders_turn() -> None:
    overdue = (*proposed, plan, for_a_time, passes(6, date(2029, 3, 3)))
    telling = told(*overdue)
    assert row(telling).revisit_due
    assert turns(telling) == [(Turn.REVISIT, STATE)]
    back = told(*overdue, again(Sphere.LOCAL, date(2029, 4, 1)))
    assert (row(back).revisit_due, row(back).state, turns(back)) == (False, Stage.DECIDED, [])
    returned = shift(back)
    assert returned is not None
    assert (returned.state, returned.returned_on) == (Shift.RETURNED, date(2029, 4, 1))


def test_a_decision_waits_for_its_mandate() -> None:
    found = waiting(told(*proposed, upward))
    assert found is not None
    assert (found.sphere, found.decider, found.due_on) == (Sphere.REGIONAL, STATE, date(2026, 9, 2))
    assert (days_left(found, date(2026, 9, 1)), found.unresolved) == (1, False)
    followed = told(*proposed, upward, mandate())
    assert waiting(followed) is None
    assert (row(followed).state, row(followed).mandates, row(followed).owed) == (Stage.IN_FORCE, (MANDATE,), ())


def test_where_none_follows_in_time_it_is_unresolved() -> None:
    passed = (*proposed, upward, passes(5, date(2026, 9, 3)))
    telling = told(*passed)
    found = waiting(telling)
    assert found is not None
    assert found.unresolved
    assert row(telling).unresolved
    assert turns(telling) == [(Turn.RECORD_MANDATE, STATE)]
    late = told(*passed, mandate(date(2026, 12, 1)))
    assert (waiting(late), turns(late), row(late).unresolved) == (None, [], False)


def test_what_is_held_by_law_already_waits_for_no_mandate() -> None:
    telling = told(*proposed, upward, passes(5, date(2026, 9, 3)), by_law(date(2026, 12, 1)))
    assert (waiting(telling), turns(telling), row(telling).owed) == (None, [], ())
    assert (row(telling).state, row(telling).unresolved) == (Stage.IN_FORCE, False)
    assert row(telling).powers == (PowerRow(REGION, "05", REGION, "Constitution, art. 2"),)


def test_what_was_wrongly_said_to_be_held_by_law_waits_again() -> None:
    given = (*proposed, upward, by_law())
    version = len(story(*proposed, upward).history) + 1
    telling = told(*given, not_by_law(version, date(2026, 6, 1)))
    found = waiting(telling)
    assert found is not None
    assert (found.due_on, found.unresolved) == (date(2026, 9, 2), False)
    assert (row(telling).state, row(telling).powers) == (Stage.DECIDED, ())
    entrusted = told(*given, mandate(), not_by_law(version, date(2026, 6, 1)))
    assert (waiting(entrusted), row(entrusted).state, row(entrusted).powers) == (None, Stage.IN_FORCE, ())


def test_who_learns_of_a_question_when_its_time_is_over_is_shown_until_it_answers() -> None:
    dated_back = replace(request, today=Today(GRIDS_UNTIL))
    late = [replace(one, today=Today(GRIDS_UNTIL)) for one in local_grids]
    assert row(told(dated_back)).unseen == (CITY, VILLAGE, REGION, STATE)
    assert row(told(dated_back, *late)).unseen == (REGION, STATE)
    a_day = replace(request, today=Today(GRIDS_UNTIL - timedelta(days=1)))
    assert row(told(a_day)).unseen == ()


def test_decided_otherwise_it_waits_anew() -> None:
    shared = again(Sphere.REGIONAL, date(2027, 3, 1), Mode.SHARED, grounds=(Ground.EXTENT,), rests_on=3)
    telling = told(*proposed, upward, mandate(), shared)
    found = waiting(telling)
    assert found is not None
    assert (found.mode, found.due_on) == (Mode.SHARED, date(2027, 9, 1))
    assert row(telling).mandates == ()


def test_decided_otherwise_nobody_waits_for_the_mandate_of_before() -> None:
    missed = (*proposed, upward, passes(5, date(2026, 9, 3)))
    telling = told(*missed, again(Sphere.LOCAL, date(2027, 3, 1)))
    assert turns(telling) == []
    found = waiting(telling)
    assert found is not None
    assert (found.sphere, found.due_on, found.unresolved) == (Sphere.LOCAL, date(2027, 9, 1), False)


def test_a_mandate_in_force_before_the_decision_is_shown_with_it() -> None:
    early = mandate()
    before = row(told(*proposed, early))
    assert (before.state, before.mandates) == (Stage.PROPOSED, (MANDATE,))
    telling = told(*proposed, early, replace(upward, mandates=(early.mandate_facts,)))
    assert (row(telling).state, row(telling).mandates, waiting(telling)) == (Stage.IN_FORCE, (MANDATE,), None)


def test_a_question_that_was_taken_back_waits_for_nobody() -> None:
    telling = told(request, ask(asked.WithdrawRequest))
    assert (row(telling).state, turns(telling), row(telling).owed) == (Stage.WITHDRAWN, [], ())


def test_what_precedes_the_request_in_law_leaves_no_row() -> None:
    events = story(request).when(regional_grid).events
    assert Told((ALLOCATIONS,)).tell(STREAM, *events, on=DAY, by=REGION).one("allocations", str(STREAM)) is None


@given(histories())
@settings(max_examples=150)
def test_the_views_say_what_the_rules_say(moves: list[Move]) -> None:
    telling, state = Told(VIEWS), CONTEXT.decider.initial
    for move in moves:
        telling.tell(STREAM, *move.events, on=move.day, by=move.unit)
        state = CONTEXT.decider.fold(move.events, state)
    found = row(telling)
    assert isinstance(state, Allocation)
    assert found.state is state.stage
    assert (found.sphere, found.mode) == (
        (state.decision.sphere, state.decision.mode) if state.decision else (None, None)
    )
    owed = (Standing.OPEN, Standing.MISSED)
    due = {(n, one.due_on) for n, one in enumerate(state.deadlines, start=1) if one.standing in owed}
    assert {(one.number, one.due_on) for one in found.owed} == due
    assert found.mandates == state.mandates
    assert tuple(one.holder for one in found.powers) == state.held_by
    awaited = bool(state.waiting(Due.MANDATE, Standing.OPEN, Standing.MISSED)) and state.stage in DECIDED
    assert (waiting(telling) is not None) == awaited
    stands = shift(telling)
    assert (stands is not None and stands.state is Shift.STANDS) == found.upward
    if found.upward:
        assert stands is not None
        assert stands.revisit_on == found.revisit_on


def test_days_are_counted_from_the_day_that_is_asked() -> None:
    found = waiting(told(*proposed, upward))
    assert found is not None
    assert days_left(found, found.due_on + timedelta(days=3)) == -3


def test_an_allocation_is_a_thing_as_any_other() -> None:
    thing: Thing = row(told(request))
    assert thing.called.best() == "Who keeps the river from flooding"
