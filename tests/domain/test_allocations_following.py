"""What carries a decision out: mandates that follow it, and powers that the law has given already."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.kernel import EventName, MandateId, Membership, Sphere, StreamId
from domain.subsidiarity.allocations import commands as asked
from domain.subsidiarity.allocations import events as happened
from domain.subsidiarity.allocations.words import Due, Mode, Stage
from tests.domain.allocation_stories import (
    CITY,
    DAY,
    FOLLOWS_BY,
    LAW,
    MANDATE,
    REGION,
    STATE,
    VILLAGE,
    again,
    allocation,
    ask,
    by_law,
    facts,
    lands,
    mandate,
    mandate_owed,
    not_by_law,
    passes,
    policy,
    proposed,
    story,
    upward,
)
from tests.domain.scenario import Given

# --- mandates follow ---


def test_a_mandate_that_names_the_decision_resolves_it() -> None:
    told = story(*proposed, upward)
    told.when(mandate()).then(
        happened.MandateFollowed(MANDATE), happened.AllocationDeadlineMet(5, late=False, unit=STATE)
    )
    in_force = told.after(mandate())
    assert allocation(in_force).stage is Stage.IN_FORCE
    in_force.when(mandate()).then_nothing_happens()
    second = MandateId(StreamId(UUID(int=0xB2)))
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
