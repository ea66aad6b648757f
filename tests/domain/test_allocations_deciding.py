"""Deciding who acts: near the citizen by default, further away only on what carries that; and looking at it again."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.kernel import EventName, Membership, Sphere, StreamId
from domain.subsidiarity import ALLOCATIONS
from domain.subsidiarity.allocations import commands as asked
from domain.subsidiarity.allocations import events as happened
from domain.subsidiarity.allocations.words import Due, Ground, Mode, Reply, Stage
from tests.domain.allocation_stories import (
    AFTER,
    CITY,
    DAY,
    GRIDS_UNTIL,
    LAW,
    MANDATE,
    REGION,
    STATE,
    VILLAGE,
    again,
    allocation,
    ask,
    by_law,
    choose,
    facts,
    for_a_time,
    lands,
    local_grids,
    mandate,
    not_by_law,
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
from tests.domain.scenario import Given

FOLLOWS_BY = date(2026, 9, 2)
"""Six months after the decision."""
REVISIT = date(2029, 3, 2)
"""36 months after the decision."""
mandate_owed = happened.AllocationDeadlineSet(
    5, Due.MANDATE, DAY, FOLLOWS_BY, "subsidiarity@1", "test", STATE
)  # fmt: skip


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


# --- mandates follow ---


def test_a_mandate_that_names_the_decision_resolves_it() -> None:
    told = story(*proposed, upward)
    told.when(mandate()).then(
        happened.MandateFollowed(MANDATE), happened.AllocationDeadlineMet(5, late=False, unit=STATE)
    )
    in_force = told.after(mandate())
    assert allocation(in_force).stage is Stage.IN_FORCE
    in_force.when(mandate()).then_nothing_happens()
    second = StreamId(UUID(int=0xB2))
    in_force.when(mandate(DAY, second)).then(happened.MandateFollowed(second))


def test_a_mandate_in_force_before_the_decision_resolves_it_at_once() -> None:
    early = mandate()
    told = story(*proposed, early)
    assert allocation(told).stage is Stage.PROPOSED
    told.when(early).then_nothing_happens()
    made, *others = told.when(replace(upward, mandates=(early.mandate_facts,))).events
    assert isinstance(made, happened.AllocationDecided)
    assert happened.MandateFollowed(MANDATE) in others
    assert mandate_owed not in others
    found = allocation(told.after(replace(upward, mandates=(early.mandate_facts,))))
    assert (found.stage, found.mandates) == (Stage.IN_FORCE, (MANDATE,))


@pytest.mark.parametrize("changed", [{"in_force": False}, {"recipient_sphere": Sphere.NATIONAL}])
def test_one_that_is_over_by_then_or_for_another_sphere_resolves_nothing(changed: dict[str, Any]) -> None:
    early = mandate()
    gone = replace(early.mandate_facts, **changed)
    found = allocation(story(*proposed, early, replace(upward, mandates=(gone,))))
    assert (found.stage, found.mandates) == (Stage.DECIDED, ())


def test_what_was_taken_back_waits_for_no_mandate() -> None:
    story(*proposed, ask(asked.WithdrawRequest)).when(mandate()).then_nothing_happens()


def test_refused_mandates() -> None:
    told = story(*proposed, upward)
    told.when(mandate(exists=False)).then_refused("no-such-mandate")
    told.when(mandate(function="07.3")).then_refused("other-function")
    refused = told.when(mandate(recipient=STATE, recipient_sphere=Sphere.NATIONAL)).then_refused("other-sphere")
    assert refused.facts == {"sphere": Sphere.REGIONAL}
    near = told.after(again(Sphere.LOCAL, DAY))
    near.when(mandate()).then_refused("other-sphere")
    assert near.when(mandate(recipient=CITY, recipient_sphere=Sphere.LOCAL)).refused is None
    assert told.when(mandate(function="05", territory=CITY)).refused is None, "a wider one, in a part of the territory"


# --- what the law has given already ---


def test_a_power_that_is_held_by_law_already_resolves_the_decision() -> None:
    told = story(*proposed, upward)
    held = happened.PowerHeldByLaw(REGION, "05", REGION, "Constitution, art. 2", DAY)
    told.when(by_law()).then(held, happened.AllocationDeadlineMet(5, late=False, unit=STATE))
    found = told.after(by_law())
    assert (allocation(found).stage, allocation(found).held_by) == (Stage.IN_FORCE, (REGION,))
    found.when(by_law()).then_nothing_happens()
    found.when(passes(5, FOLLOWS_BY + timedelta(days=1))).then_nothing_happens()


def test_also_when_its_time_has_passed_and_with_a_power_that_is_shared() -> None:
    shared = story(*proposed, replace(upward, mode=Mode.SHARED), passes(5, FOLLOWS_BY + timedelta(days=1)))
    assert shared.when(by_law(date(2026, 12, 1))).events[1] == happened.AllocationDeadlineMet(5, late=True, unit=STATE)


def test_what_is_decided_otherwise_waits_anew() -> None:
    back = again(Sphere.LOCAL, date(2027, 3, 1))
    found = story(*proposed, upward, by_law(), back)
    assert (allocation(found).stage, allocation(found).held_by) == (Stage.DECIDED, ())
    found.when(by_law(date(2027, 3, 2))).then_refused("other-sphere")


@pytest.mark.parametrize(
    "over",
    [
        {"held": (replace(LAW, territory=CITY),), "territory": CITY},
        {"held": (replace(LAW, territory=STATE),), "territory": STATE},
        {"held": (replace(LAW, function="05.2"),)},
        {"held": (replace(LAW, held_until=date(2025, 12, 31)), replace(LAW, held_from=date(2026, 1, 1)))},
    ],
)
def test_it_is_held_over_all_or_a_part_of_the_territory_and_function(over: dict[str, Any]) -> None:
    assert story(*proposed, upward).when(by_law(**over)).refused is None


@pytest.mark.parametrize(
    "said",
    [
        {"held": ()},
        {"held": (replace(LAW, function="07"),)},
        {"held": (replace(LAW, held_from=date(2026, 3, 3)),)},
        {"held": (replace(LAW, held_until=date(2026, 3, 1)),)},
        {"territory": CITY},
        {"territory": VILLAGE, "held": (replace(LAW, territory=VILLAGE),)},
    ],
)
def test_what_the_directory_does_not_show_resolves_nothing(said: dict[str, Any]) -> None:
    story(*proposed, upward).when(by_law(**said)).then_refused("not-held-by-law")


@pytest.mark.parametrize(
    ("first", "last", "lies"),
    [
        (None, None, True),
        (DAY, DAY, True),
        (None, DAY - timedelta(days=1), False),
        (DAY + timedelta(days=1), None, False),
    ],
)  # fmt: skip
def test_what_is_held_in_the_territory_of_a_body_counts_on_the_days_of_the_membership(
    first: date | None, last: date | None, *, lies: bool
) -> None:
    body = facts(VILLAGE)
    region, *above = lands(REGION)
    around = (replace(region, memberships=(Membership(VILLAGE, first, last),)), body, *above)
    over_body = by_law(territory=VILLAGE, held=(replace(LAW, territory=VILLAGE),), lands=(body,), around=around)
    found = story(*proposed, upward).when(over_body)
    assert (found.refused is None) is lies
    if not lies:
        found.then_refused("not-held-by-law")


def test_refused_powers() -> None:
    told = story(*proposed, upward)
    story(*proposed).when(by_law()).then_refused("not-decided")
    told.when(by_law(holder=CITY)).then_refused("other-sphere")
    told.when(by_law(holder_facts=facts(REGION, until=DAY))).then_refused("unit-not-alive")
    told.when(by_law(DAY - timedelta(days=1))).then_refused("before-its-cause")
    delegated = story(*proposed, replace(upward, mode=Mode.DELEGATED))
    delegated.when(by_law()).then_refused("mandate-needed")


def held(*more: Any) -> tuple[Given, int]:
    """The region is recorded as holding the power by law; and the version of that record."""
    decided_on = story(*proposed, upward)
    return story(*proposed, upward, by_law(), *more), len(decided_on.history) + 1


def test_a_power_that_was_recorded_wrongly_carries_nothing_out() -> None:
    told, version = held()
    corrected = happened.PowerByLawCorrected(EventName.at(MANDATE, version), REGION)
    owed = replace(mandate_owed, number=6)
    told.when(not_by_law(version)).then(corrected, owed)
    found = told.after(not_by_law(version))
    assert (allocation(found).stage, allocation(found).held_by) == (Stage.DECIDED, ())
    missed = found.when(passes(6, FOLLOWS_BY + timedelta(days=1))).events
    assert happened.NoMandateFollowed(FOLLOWS_BY) in missed
    assert allocation(found.after(mandate())).stage is Stage.IN_FORCE
    assert allocation(found.after(by_law())).held_by == (REGION,), "the same unit, once the law says so"


def test_the_day_on_which_a_mandate_was_due_stays_though_it_has_passed() -> None:
    told, version = held()
    late = told.when(not_by_law(version, date(2027, 1, 1))).events
    assert late[1] == replace(mandate_owed, number=6), "the clock says that it passed"


def test_what_is_carried_out_otherwise_stays_in_force() -> None:
    told, version = held(mandate())
    found = told.after(not_by_law(version))
    assert (allocation(found).stage, allocation(found).mandates) == (Stage.IN_FORCE, (MANDATE,))
    told.when(not_by_law(version)).then(happened.PowerByLawCorrected(EventName.at(MANDATE, version), REGION))


def test_only_a_record_that_says_so_is_taken_back_and_once() -> None:
    told, version = held()
    refused = told.when(not_by_law(version - 1)).then_refused("no-such-power")
    assert f"{MANDATE}/{version}" in refused.reason
    told.after(not_by_law(version)).when(not_by_law(version)).then_refused("no-such-power")
    reversed_ = told.after(again(Sphere.LOCAL, date(2027, 3, 1)))
    reversed_.when(not_by_law(version, date(2027, 3, 2))).then_refused("no-such-power")
    story(*proposed).when(not_by_law(1)).then_refused("not-decided")


@pytest.mark.parametrize("stage", ["revoked", "suspended"])
def test_what_was_over_before_the_decision_does_not_carry_it_out(stage: str) -> None:
    """A reaction may be given again long afterwards, to a decision that is newer than what it is about."""
    told = story(*proposed, upward)
    early: dict[str, Any] = {"activated_on": DAY - timedelta(days=1), "in_force": False, "stage": stage}
    told.when(mandate(**early)).then_refused("not-in-force")
    assert allocation(told.after(mandate(**{**early, "in_force": True}))).stage is Stage.IN_FORCE
    since = told.after(mandate(**{**early, "activated_on": DAY}))
    assert allocation(since).stage is Stage.IN_FORCE, "it was entrusted, though that is over by now"


def test_where_none_follows_in_six_months_the_decision_is_unresolved() -> None:
    told = story(*proposed, upward)
    told.when(passes(5, FOLLOWS_BY)).then_refused("not-due-yet")
    passed = passes(5, FOLLOWS_BY + timedelta(days=1))
    told.when(passed).then(
        happened.AllocationDeadlineMissed(5, Due.MANDATE, FOLLOWS_BY, STATE), happened.NoMandateFollowed(FOLLOWS_BY)
    )
    told.after(passed).when(passed).then_nothing_happens()
    late = mandate(date(2026, 12, 1))
    assert told.after(passed).when(late).events[1] == happened.AllocationDeadlineMet(5, late=True, unit=STATE)


def test_the_policy_says_how_long_that_is() -> None:
    sooner = replace(upward, policy=policy(mandate_follow_months="1"))
    clock = story(*proposed).when(sooner).events[-1]
    assert clock.due_on == date(2026, 4, 2)
