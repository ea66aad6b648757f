"""A commitment is adopted: whose word it takes, what makes it verifiable, which clocks start; and who may do it."""

from dataclasses import replace
from datetime import date

import pytest

from domain.commitments import COMMITMENTS
from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.commitments.words import (
    Aim,
    Breadth,
    Due,
    Part,
    Party,
    Share,
    Stage,
    Target,
)
from domain.kernel import PartialDate, Role, UnitId
from tests.domain.commitment_stories import (
    CITY,
    END,
    INSTITUTE,
    REGION,
    STATE,
    STEP,
    VILLAGE,
    accept,
    add_milestone,
    adopt,
    adopted_alone,
    agreed,
    agreed_alone,
    ask,
    commitment,
    facts,
    fund,
    pledge,
    policy,
    propose_alone,
    propose_shared,
    set_target,
    starts,
    story,
)

at_adoption = (
    starts(1, Due.PROGRESS, date(2027, 3, 2)),
    starts(2, Due.PLAN, date(2028, 3, 2)),
    starts(3, Due.MILESTONE, date(2028, 6, 30), about=1),
    starts(4, Due.RESULTS_REVIEW, date(2031, 4, 30), None, on=date(2030, 12, 31)),
)


# --- adopting ---


def test_a_commitment_of_one_unit_is_adopted_and_its_clocks_start() -> None:
    story(*agreed_alone).when(adopt).then(happened.CommitmentAdopted(Breadth.SINGLE_SPHERE, True, ()), *at_adoption)
    assert commitment(story(*adopted_alone)).stage is Stage.ADOPTED


def test_a_commitment_of_two_spheres_is_shared() -> None:
    first = story(*agreed).when(adopt).events[0]
    assert first == happened.CommitmentAdopted(Breadth.SHARED, True, ())


def test_two_units_of_one_sphere_do_not_make_it_shared() -> None:
    towns = replace(propose_shared, parties=(Party(VILLAGE, Part.CO_OWNER),), units=(facts(VILLAGE),))
    told = story(towns, set_target, add_milestone, pledge, ask(asked.AcceptParticipation, VILLAGE))
    assert told.when(adopt).events[0].breadth is Breadth.SINGLE_SPHERE


def test_it_is_not_shared_with_a_unit_that_was_invited_and_did_not_accept() -> None:
    funder = replace(propose_shared, parties=(Party(STATE, Part.FUNDER, False),), units=(facts(STATE),))
    told = story(funder, set_target, add_milestone, pledge)
    assert told.when(adopt).events[0].breadth is Breadth.SINGLE_SPHERE


def test_adoption_needs_the_word_of_every_required_party() -> None:
    waiting = story(propose_shared, set_target, add_milestone, pledge, fund)
    refused = waiting.when(adopt).then_refused("acceptance-missing")
    assert refused.facts == {"units": [REGION]}


def test_adoption_does_not_wait_for_a_party_that_is_not_required() -> None:
    events = story(propose_shared, set_target, add_milestone, pledge, accept).when(adopt).events
    assert events[0] == happened.CommitmentAdopted(Breadth.SHARED, True, ())


def test_adoption_needs_a_milestone() -> None:
    story(propose_alone, set_target, pledge).when(adopt).then_refused("no-milestone")


def test_nobody_answers_for_a_milestone_without_their_word() -> None:
    step = ask(asked.AddMilestone, milestone=replace(STEP, responsible=STATE))
    refused = story(propose_shared, set_target, step, pledge, accept).when(adopt).then_refused("responsible-missing")
    assert refused.facts == {"unit": STATE}


def test_nobody_answers_for_a_target_without_their_word() -> None:
    target = ask(asked.SetTarget, target=replace(END, responsible=STATE))
    story(propose_shared, target, add_milestone, pledge, accept).when(adopt).then_refused("responsible-missing")
    shares = ask(asked.SetTarget, target=replace(END, responsible=None, shares=(Share(CITY, 50), Share(STATE, 50))))
    story(propose_shared, shares, add_milestone, pledge, accept).when(adopt).then_refused("responsible-missing")


@pytest.mark.parametrize(
    ("target", "missing"),
    [
        (replace(END, baseline=None), ("baseline",)),
        (replace(END, value=None), ("target_value",)),
        (replace(END, due_on=None), ("target_date",)),
        (replace(END, due_on=PartialDate("unknown")), ("target_date",)),
        (replace(END, responsible=None), ("responsible_unit",)),
        (replace(END, aim=Aim.INTERIM), ("measure", "baseline", "target_value", "target_date", "responsible_unit")),
    ],
)
def test_what_is_not_smart_is_adopted_as_not_verifiable(target: Target, missing: tuple[str, ...]) -> None:
    told = story(propose_alone, ask(asked.SetTarget, target=target), add_milestone, pledge)
    assert told.when(adopt).events[0] == happened.CommitmentAdopted(Breadth.SINGLE_SPHERE, False, missing)
    assert commitment(told.after(adopt)).stage is Stage.ADOPTED_NOT_VERIFIABLE


def test_without_a_named_resource_it_is_not_verifiable() -> None:
    events = story(propose_alone, set_target, add_milestone).when(adopt).events
    assert events[0] == happened.CommitmentAdopted(Breadth.SINGLE_SPHERE, False, ("resource",))


def test_a_strict_policy_adopts_only_what_can_be_verified() -> None:
    strict = replace(adopt, policy=policy(smart_mode="strict"))
    refused = story(propose_alone, add_milestone, pledge).when(strict).then_refused("not-verifiable")
    assert refused.policy is not None
    assert (refused.policy.parameter, refused.policy.basis) == ("smart_mode", "default")
    assert refused.facts == {"missing": ("measure", "baseline", "target_value", "target_date", "responsible_unit")}
    assert story(*agreed_alone).when(strict).refused is None


def test_it_is_adopted_once() -> None:
    story(*adopted_alone).when(adopt).then_refused("already-adopted")


def test_clocks_run_from_the_day_it_counts_from_in_law() -> None:
    decided = replace(adopt, effective_on=PartialDate("2026-01-15"))
    assert story(*agreed_alone).when(decided).events[1] == starts(
        1, Due.PROGRESS, date(2027, 1, 15), on=date(2026, 1, 15)
    )


def test_what_was_adopted_some_time_this_year_was_so_by_today_and_nothing_is_adopted_on_a_day_to_come() -> None:
    this_year = story(*agreed_alone).when(replace(adopt, effective_on=PartialDate("2026"))).events
    assert this_year == story(*agreed_alone).when(adopt).events
    last_year = story(*agreed_alone).when(replace(adopt, effective_on=PartialDate("2025"))).events
    assert last_year[1].starts_on == date(2025, 12, 31)
    story(*agreed_alone).when(replace(adopt, effective_on=PartialDate("2026-03-03"))).then_refused("in-the-future")


def test_clocks_of_an_adoption_of_an_unknown_day_run_from_today() -> None:
    some_day = replace(adopt, effective_on=PartialDate("unknown"))
    assert story(*agreed_alone).when(some_day).events[1] == starts(1, Due.PROGRESS, date(2027, 3, 2))


# --- who may give these commands ---


def test_each_partys_signatory_accepts_and_the_owners_adopts() -> None:
    by, state = COMMITMENTS.commands, commitment(story(propose_shared))
    assert by["accept"].roles == by["decline"].roles == by["adopt"].roles == (Role.AUTHORISED_SIGNATORY,)
    assert _acting(by["accept"].acting_for, accept, state) == {REGION, STATE}
    assert _acting(by["adopt"].acting_for, adopt, state) == {CITY}
    assert by["record-from-source"].roles == (Role.REGISTRAR,)


def _acting(acting_for: object, command: object, state: object) -> frozenset[UnitId]:
    assert callable(acting_for)
    found = acting_for(command, state)
    assert isinstance(found, frozenset)
    return found


def test_the_owners_place_and_day_apply() -> None:
    assert COMMITMENTS.home(propose_shared, COMMITMENTS.decider.initial) == CITY
    assert COMMITMENTS.home(ask(asked.AcceptParticipation, INSTITUTE), story(propose_shared).state) == CITY
