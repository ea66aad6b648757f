"""The question is put, and units of every sphere concerned say how they see it."""

from dataclasses import replace
from datetime import date

import pytest

from domain.kernel import PartialDate, Sphere, UnitFacts
from domain.subsidiarity import ALLOCATIONS
from domain.subsidiarity.allocations import commands as asked
from domain.subsidiarity.allocations import events as happened
from domain.subsidiarity.allocations.words import Asked, Due, Mode, Stage
from tests.domain.allocation_stories import (
    AFTER,
    CITY,
    DAY,
    GRIDS_UNTIL,
    REGION,
    REQUEST,
    STATE,
    VILLAGE,
    allocation,
    ask,
    facts,
    grid,
    local_grids,
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

withdraw = ask(asked.WithdrawRequest)


def requesting(**said: object) -> asked.RequestDecision:
    found = ask(asked.RequestDecision, **{**REQUEST, **said})
    assert isinstance(found, asked.RequestDecision)
    return found


def test_a_question_is_put_and_each_unit_asked_has_thirty_days() -> None:
    first, *clocks = story().when(request).events
    assert isinstance(first, happened.AllocationRequested)
    assert first.candidates == (Sphere.LOCAL, Sphere.REGIONAL, Sphere.NATIONAL), "nearest to the citizen first"
    assert first.asked[0] == Asked(CITY, Sphere.LOCAL)
    units = (CITY, VILLAGE, REGION, STATE)
    assert clocks == [
        happened.AllocationDeadlineSet(n, Due.GRID, DAY, GRIDS_UNTIL, "subsidiarity@1", "test", unit)
        for n, unit in enumerate(units, start=1)
    ]


def test_it_is_put_once() -> None:
    story(request).when(request).then_refused("allocation-exists")


def test_the_local_sphere_is_always_asked() -> None:
    story().when(requesting(candidates=(Sphere.REGIONAL, Sphere.NATIONAL))).then_refused("local-sphere-missing")
    story().when(requesting(affected=(REGION, STATE))).then_refused("nobody-asked")


def test_spheres_without_authority_are_no_candidates() -> None:
    for sphere in (Sphere.SUPRANATIONAL, Sphere.COMMUNITY):
        story().when(requesting(candidates=(Sphere.LOCAL, sphere))).then_refused("no-authority")
    story().when(requesting(candidates=(Sphere.LOCAL, Sphere.LOCAL))).then_refused("sphere-repeated")


def test_a_unit_of_government_puts_the_question_and_one_with_authority_settles_it() -> None:
    neighbours = facts(REGION, sphere=Sphere.COMMUNITY)
    story().when(requesting(acting=neighbours)).then_refused("requester-is-community")
    assert story().when(requesting(acting=facts(REGION, sphere=Sphere.SUPRANATIONAL))).refused is None, "as a party"
    for sphere in (Sphere.COMMUNITY, Sphere.SUPRANATIONAL):
        refused = story().when(requesting(decider_facts=facts(STATE, sphere=sphere))).then_refused("no-authority")
        assert refused.facts["unit"] == STATE


def test_units_asked_are_of_the_candidates_and_named_once() -> None:
    two = (Sphere.LOCAL, Sphere.REGIONAL)
    story().when(requesting(candidates=two)).then_refused("not-a-candidate")
    story().when(requesting(affected=(CITY, CITY, REGION, STATE))).then_refused("unit-repeated")


@pytest.mark.parametrize("field", ["acting", "decider_facts", "territory_facts"])
def test_units_exist_on_that_day(field: str) -> None:
    gone = facts(REGION, until=date(2020, 1, 1))
    story().when(requesting(**{field: gone})).then_refused("unit-not-alive")


def test_every_unit_asked_exists() -> None:
    gone: tuple[UnitFacts, ...] = (facts(CITY, until=date(2020, 1, 1)), *request.affected_facts[1:])
    story().when(requesting(affected_facts=gone)).then_refused("unit-not-alive")


def test_functions_are_of_cofog_and_days_are_not_to_come() -> None:
    story().when(requesting(function="05.9")).then_refused("unknown-function")
    story().when(requesting(effective_on=PartialDate("2026-03-03"))).then_refused("in-the-future")


# --- grids ---


def test_a_grid_meets_its_deadline() -> None:
    story(request).when(regional_grid).then(
        happened.GridSubmitted(1, REGION, Sphere.REGIONAL, grid(Sphere.REGIONAL)),
        happened.AllocationDeadlineMet(3, late=False, unit=REGION),
    )


def test_a_grid_after_its_time_is_taken_and_late() -> None:
    late = submit(CITY, Sphere.LOCAL, AFTER)
    assert story(request, passes(1, AFTER)).when(late).events[1] == happened.AllocationDeadlineMet(
        1, late=True, unit=CITY
    )


def test_a_later_grid_takes_the_place_of_the_earlier() -> None:
    told = story(request, regional_grid)
    told.when(regional_grid).then(happened.GridSubmitted(2, REGION, Sphere.REGIONAL, grid(Sphere.REGIONAL)))
    latest = allocation(told.after(regional_grid)).latest_grid(REGION)
    assert latest is not None
    assert latest[0] == 2


def test_who_was_not_asked_submits_no_grid() -> None:
    two = requesting(candidates=(Sphere.LOCAL, Sphere.REGIONAL), affected=(CITY, REGION))
    story(two).when(submit(VILLAGE, Sphere.LOCAL)).then_refused("not-asked")
    story(two).when(submit(CITY, Sphere.NATIONAL)).then_refused("not-a-candidate")
    story().when(regional_grid).then_refused("no-such-allocation")
    story(request).when(submit(CITY, Sphere.LOCAL, date(2026, 3, 1))).then_refused("before-its-cause")


def test_it_is_assessed_when_all_have_answered_or_let_their_time_pass() -> None:
    three = story(request, *local_grids, regional_grid)
    assert allocation(three).stage is Stage.REQUESTED
    assert allocation(three.after(submit(STATE, Sphere.REGIONAL))).stage is Stage.ASSESSED
    assert allocation(three.after(passes(4, AFTER))).stage is Stage.ASSESSED


def test_who_lets_the_time_pass_is_recorded_and_not_taken_to_agree() -> None:
    told = story(request)
    told.when(passes(1, GRIDS_UNTIL)).then_refused("not-due-yet")
    told.when(passes(1, AFTER)).then(happened.AllocationDeadlineMissed(1, Due.GRID, GRIDS_UNTIL, CITY))
    told.after(passes(1, AFTER)).when(passes(1, AFTER)).then_nothing_happens()
    told.when(passes(9, AFTER)).then_refused("no-such-deadline")


def test_the_policy_says_how_long_they_have() -> None:
    longer = requesting(policy=policy(min_consultation_days="60"))
    assert story().when(longer).events[1].due_on == date(2026, 5, 1)


# --- proposals and objections ---


def test_a_sphere_is_proposed_and_a_unit_that_was_asked_objects() -> None:
    told = story(request)
    told.when(propose).then(
        happened.AllocationProposed(1, REGION, Sphere.REGIONAL, Mode.OWN, words("The river is long"))
    )
    told.after(propose).when(object_to).then(happened.ObjectionLodged(1, CITY, 1, words("We know the meadows")))


def test_refused_proposals_and_objections() -> None:
    two = requesting(candidates=(Sphere.LOCAL, Sphere.REGIONAL), affected=(CITY, REGION))
    story(two).when(replace(propose, sphere=Sphere.NATIONAL)).then_refused("not-a-candidate")
    story(*proposed, stays).when(propose).then_refused("decided-already")
    story(request).when(object_to).then_refused("no-such-proposal")
    story(request, propose).when(replace(object_to, acting=facts(REGION))).then_refused("own-proposal")
    story(two, propose).when(replace(object_to, acting=facts(VILLAGE))).then_refused("not-asked")
    story(*proposed, upward).when(object_to).then_refused("decided-already")


def test_a_capacity_plan_is_attached_at_any_time() -> None:
    told = story(request)
    told.when(plan).then(happened.CapacityPlanAttached(1, CITY, words("Train four engineers by 2028")))
    assert story(*proposed, upward).when(plan).refused is None


# --- taking it back ---


def test_a_question_is_taken_back_before_it_is_decided() -> None:
    told = story(request, regional_grid)
    told.when(withdraw).then(
        happened.RequestWithdrawn(REGION), *(happened.AllocationDeadlineVoided(n) for n in (1, 2, 4))
    )
    told.after(withdraw).when(withdraw).then_nothing_happens()
    told.after(withdraw).when(propose).then_refused("request-withdrawn")
    told.after(withdraw).when(passes(1, AFTER)).then_nothing_happens()
    story(*proposed, stays).when(withdraw).then_refused("decided-already")
    assert ALLOCATIONS.commands["withdraw"].reasons


def test_who_may_give_what() -> None:
    state = story(request).state
    assert _allowed("submit-grid", state) == {CITY, VILLAGE, REGION, STATE}
    assert _allowed("decide", state) == {STATE}
    assert _allowed("withdraw", state) == {REGION}
    assert _allowed("propose", state) == {CITY, VILLAGE, REGION, STATE}
    assert _allowed("decide", ALLOCATIONS.decider.initial) == frozenset()


def _allowed(name: str, state: object) -> frozenset[object]:
    acting_for = ALLOCATIONS.commands[name].acting_for
    assert callable(acting_for)
    return frozenset(acting_for(None, state))
