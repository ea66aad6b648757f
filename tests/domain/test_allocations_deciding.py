"""Deciding who acts: near the citizen by default, further away only on what carries that; and looking at it again."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.kernel import Sphere
from domain.subsidiarity import ALLOCATIONS
from domain.subsidiarity.allocations import commands as asked
from domain.subsidiarity.allocations import events as happened
from domain.subsidiarity.allocations.words import Due, Ground, Mode, Reply, Stage
from tests.domain.allocation_stories import (
    AFTER,
    CITY,
    DAY,
    GRIDS_UNTIL,
    REGION,
    STATE,
    again,
    allocation,
    ask,
    choose,
    facts,
    for_a_time,
    local_grids,
    mandate,
    mandate_owed,
    object_to,
    passes,
    plan,
    policy,
    propose,
    proposed,
    regional_grid,
    request,
    stays,
    story,
    submit,
    upward,
    words,
)

REVISIT = date(2029, 3, 2)
"""36 months after the decision."""


# --- near the citizen ---


def test_it_stays_with_the_nearest_sphere_without_further_grounds() -> None:
    made, *rest = story(request, propose).when(stays).events
    assert (made.upward, made.provisional, made.decided_on) == (False, False, DAY)
    assert rest == [*(happened.AllocationDeadlineVoided(n) for n in (1, 2, 3, 4)), mandate_owed]


def test_what_is_decided_was_proposed_and_asked() -> None:
    story(request).when(stays).then_refused("nothing-proposed")
    two = replace(request, candidates=(Sphere.LOCAL, Sphere.REGIONAL), affected=(CITY, REGION))
    both = replace(two, affected_facts=(facts(CITY), facts(REGION)))
    story(both, propose).when(choose(Sphere.NATIONAL)).then_refused("not-a-candidate")
    story(*proposed, stays).when(stays).then_refused("decided-already")
    assert ALLOCATIONS.commands["decide"].reasons


# --- further away ---


def test_it_goes_further_away_on_both_tests_an_indicator_and_a_ground() -> None:
    made, *_ = story(*proposed).when(upward).events
    assert isinstance(made, happened.AllocationDecided)
    assert (made.sphere, made.upward, made.provisional, made.rests_on) == (Sphere.REGIONAL, True, False, 3)


@pytest.mark.parametrize(
    ("necessity", "added_value", "indicators"), [(False, True, 1), (True, False, 1), (True, True, 0)]
)
def test_necessity_added_value_and_an_indicator_are_all_needed(
    necessity: bool, added_value: bool, indicators: int
) -> None:
    weak = submit(REGION, Sphere.REGIONAL, necessity=necessity, added_value=added_value, indicators=indicators)
    refused = story(request, *local_grids, weak, propose).when(upward).then_refused("tests-not-met")
    assert refused.policy is not None
    assert refused.policy.parameter == "min_indicators"


def test_the_policy_says_how_many_indicators() -> None:
    two = replace(upward, policy=policy(min_indicators="2"))
    story(*proposed).when(two).then_refused("tests-not-met")
    more = submit(REGION, Sphere.REGIONAL, indicators=2)
    assert story(*proposed, more).when(replace(two, rests_on=4)).refused is None


def test_it_rests_on_a_grid_that_stands_and_speaks_for_that_sphere() -> None:
    told = story(*proposed)
    told.when(replace(upward, rests_on=None)).then_refused("grid-missing")
    told.when(replace(upward, rests_on=9)).then_refused("grid-missing")
    told.when(replace(upward, rests_on=1)).then_refused("grid-favours-another")
    told.after(submit(REGION, Sphere.NATIONAL)).when(upward).then_refused("grid-replaced")


def test_it_takes_a_ground() -> None:
    refused = story(*proposed).when(replace(upward, grounds=())).then_refused("grounds-missing")
    assert refused.policy is not None
    assert refused.policy.parameter == "upward_grounds"
    fewer = replace(upward, policy=policy(upward_grounds="nature, economy"))
    story(*proposed).when(fewer).then_refused("ground-not-lawful")
    for ground in (Ground.EXTENT, Ground.NATURE, Ground.EFFICIENCY, Ground.ECONOMY):
        assert story(*proposed).when(replace(upward, grounds=(ground,))).refused is None


def test_nearer_spheres_are_heard_first_or_have_had_their_time() -> None:
    city_silent = story(request, local_grids[1], regional_grid, propose)
    choice = replace(upward, rests_on=2)
    refused = city_silent.when(choice).then_refused("nearer-sphere-unheard")
    assert refused.facts == {"unit": CITY, "due_on": GRIDS_UNTIL}
    assert refused.policy is not None
    assert (refused.policy.parameter, refused.policy.basis) == ("min_consultation_days", "default")
    on_last = choose(Sphere.REGIONAL, GRIDS_UNTIL, grounds=(Ground.EXTENT,), rests_on=2)
    city_silent.when(on_last).then_refused("nearer-sphere-unheard")
    lapsed = choose(Sphere.REGIONAL, AFTER, grounds=(Ground.EXTENT,), rests_on=2)
    assert city_silent.when(lapsed).refused is None, "the clock may not have recorded it yet"
    assert city_silent.after(passes(1, AFTER)).when(lapsed).refused is None


def test_a_decision_that_it_stays_does_not_take_away_the_time_to_be_heard_before_it_moves() -> None:
    unheard = story(request, submit(STATE, Sphere.NATIONAL), propose, stays)
    taken = again(Sphere.NATIONAL, DAY, grounds=(Ground.EXTENT,), rests_on=1)
    refused = unheard.when(taken).then_refused("nearer-sphere-unheard")
    assert refused.facts == {"unit": CITY, "due_on": GRIDS_UNTIL}
    unheard.when(again(Sphere.NATIONAL, GRIDS_UNTIL, grounds=(Ground.EXTENT,), rests_on=1)).then_refused(
        "nearer-sphere-unheard"
    )
    lapsed = again(Sphere.NATIONAL, AFTER, grounds=(Ground.EXTENT,), rests_on=1)
    assert unheard.when(lapsed).refused is None, "their time is over"
    heard = unheard.after(*local_grids, regional_grid)
    assert heard.when(taken).refused is None, "an answer after the first decision is an answer"


def test_nothing_moves_away_from_the_citizen_that_nobody_proposed() -> None:
    local = replace(propose, sphere=Sphere.LOCAL)
    told = story(request, *local_grids, regional_grid, local)
    refused = told.when(upward).then_refused("not-proposed")
    assert refused.facts == {"sphere": Sphere.REGIONAL}
    assert told.after(propose).when(upward).refused is None
    assert story(*proposed).when(stays).refused is None, "that it stays takes no proposal of its own"


def test_for_the_national_sphere_the_region_is_nearer_too() -> None:
    told = story(request, *local_grids, submit(STATE, Sphere.NATIONAL), propose)
    national = choose(Sphere.NATIONAL, grounds=(Ground.EXTENT,), rests_on=3)
    refused = told.when(national).then_refused("nearer-sphere-unheard")
    assert refused.facts["unit"] == REGION


def test_every_objection_gets_its_reply() -> None:
    told = story(*proposed, object_to)
    told.when(upward).then_refused("objection-unanswered")
    reply = Reply(1, words("They are consulted each spring"))
    assert told.when(replace(upward, replies=(reply,))).events[0].replies == (reply,)
    told.when(replace(upward, replies=(reply, reply))).then_refused("reply-repeated")
    told.when(replace(upward, replies=(reply, replace(reply, objection=2)))).then_refused("no-such-objection")
    told.when(stays).then_refused("objection-unanswered")


# --- want of capacity ---


def test_want_of_capacity_alone_moves_it_for_a_time_with_a_plan() -> None:
    made, *_, scheduled, clock = story(*proposed, plan).when(for_a_time).events
    assert (made.upward, made.provisional) == (True, True)
    assert scheduled == happened.RevisitScheduled(REVISIT)
    assert clock == happened.AllocationDeadlineSet(6, Due.REVISIT, DAY, REVISIT, "", "", STATE)


def test_want_of_capacity_alone_never_moves_it_for_good() -> None:
    told = story(*proposed, plan)
    refused = told.when(replace(for_a_time, revisit_on=None)).then_refused("capacity-alone")
    assert refused.facts == {"latest": REVISIT}
    assert refused.policy is not None
    assert refused.policy.parameter == "revisit_months"
    told.when(replace(for_a_time, revisit_on=REVISIT + timedelta(days=1))).then_refused("capacity-alone")
    story(*proposed).when(for_a_time).then_refused("capacity-plan-missing")
    beside = replace(for_a_time, grounds=(Ground.CAPACITY, Ground.ECONOMY), revisit_on=None)
    assert not story(*proposed).when(beside).events[0].provisional


def test_a_second_look_is_after_the_first() -> None:
    story(*proposed).when(replace(upward, revisit_on=DAY)).then_refused("revisit-in-the-past")
    story(*proposed).when(replace(upward, revisit_on=date(9500, 1, 1))).then_refused("date-too-far")


# --- looking at it again ---

schedule = ask(asked.ScheduleRevisit, STATE, revisit_on=date(2028, 1, 10))


def test_a_second_look_is_scheduled_and_moved() -> None:
    told = story(*proposed, upward)
    told.when(schedule).then(
        happened.RevisitScheduled(date(2028, 1, 10)),
        happened.AllocationDeadlineSet(6, Due.REVISIT, DAY, date(2028, 1, 10), "", "", STATE),
    )
    later = replace(schedule, revisit_on=date(2030, 1, 10))
    told.after(schedule).when(later).then(
        happened.RevisitScheduled(date(2030, 1, 10)), happened.AllocationDeadlineMoved(6, date(2030, 1, 10))
    )
    told.after(schedule).when(schedule).then_nothing_happens()
    told.when(replace(schedule, revisit_on=DAY)).then_refused("revisit-in-the-past")
    story(*proposed).when(schedule).then_refused("not-decided")


def test_one_that_rests_on_want_of_capacity_does_not_slip_away() -> None:
    told = story(*proposed, plan, for_a_time)
    told.when(replace(schedule, revisit_on=REVISIT + timedelta(days=1))).then_refused("capacity-alone")
    assert told.when(schedule).refused is None


def test_when_its_day_has_passed_it_is_due_and_no_longer_moved() -> None:
    told = story(*proposed, plan, for_a_time)
    told.when(passes(6, REVISIT)).then_refused("not-due-yet")
    passed = passes(6, REVISIT + timedelta(days=1))
    told.when(passed).then(
        happened.AllocationDeadlineMissed(6, Due.REVISIT, REVISIT, STATE), happened.RevisitDue(REVISIT)
    )
    overdue = told.after(passed)
    assert told.when(passes(6, date(2031, 1, 1))).events == told.when(passed).events, "recorded late, dated the same"
    overdue.when(passed).then_nothing_happens()
    much_later = ask(asked.ScheduleRevisit, STATE, date(2029, 4, 1), revisit_on=date(2029, 5, 1))
    overdue.when(replace(much_later, policy=policy(revisit_months="60"))).then_refused("revisit-overdue")
    back = again(Sphere.LOCAL, date(2029, 4, 1))
    made, met, *_ = overdue.when(back).events
    assert (made.before, made.sphere, made.upward) == (Sphere.REGIONAL, Sphere.LOCAL, False)
    assert met == happened.AllocationDeadlineMet(6, late=True, unit=STATE)


def test_left_as_it_is_on_want_of_capacity_it_needs_a_new_plan_and_a_new_day() -> None:
    told = story(*proposed, plan, for_a_time)
    on = date(2029, 3, 1)
    kept = again(Sphere.REGIONAL, on, grounds=(Ground.CAPACITY,), rests_on=3, revisit_on=date(2031, 1, 1))
    told.when(kept).then_refused("capacity-plan-missing")
    with_plan = told.after(replace(plan, plan=words("Two more")))
    with_plan.when(replace(kept, revisit_on=None)).then_refused("capacity-alone")
    made, met, scheduled, clock = with_plan.when(kept).events
    assert isinstance(made, happened.AllocationRevisited)
    assert made.provisional
    assert met == happened.AllocationDeadlineMet(6, late=False, unit=STATE)
    assert (scheduled.revisit_on, clock.number) == (date(2031, 1, 1), 7)
    assert allocation(with_plan.after(kept)).stage is Stage.REVISITED


def test_decided_otherwise_mandates_have_to_follow_anew() -> None:
    told = story(*proposed, upward, mandate())
    on = date(2027, 3, 1)
    shared = again(Sphere.REGIONAL, on, Mode.SHARED, grounds=(Ground.EXTENT,), rests_on=3)
    made, clock = told.when(shared).events
    assert isinstance(made, happened.AllocationReversed)
    assert (clock.kind, clock.due_on) == (Due.MANDATE, date(2027, 9, 1))
    found = allocation(told.after(shared))
    assert (found.stage, found.mandates) == (Stage.DECIDED, ())
    waiting = story(*proposed, upward).when(again(Sphere.LOCAL, on)).events
    assert happened.AllocationDeadlineVoided(5) in waiting


def test_refused_second_looks() -> None:
    story(*proposed).when(again(Sphere.LOCAL, DAY)).then_refused("not-decided")
    told = story(*proposed, choose(Sphere.LOCAL, GRIDS_UNTIL))
    told.when(again(Sphere.LOCAL, DAY)).then_refused("before-its-cause")
    told.when(again(Sphere.REGIONAL, AFTER)).then_refused("grid-missing")
