"""What is promised, before a commitment is adopted and after: targets, steps and resources."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.commitments.words import (
    Aim,
    Breadth,
    Due,
    Quantity,
    ResourceKind,
    Share,
    Target,
)
from domain.kernel import Money
from tests.domain.commitment_stories import (
    CITY,
    END,
    FUNDS,
    REGION,
    STATE,
    STEP,
    VILLAGE,
    accept,
    add_milestone,
    adopt,
    adopted,
    adopted_alone,
    agreed_alone,
    ask,
    decline,
    invite_village,
    pledge,
    propose_alone,
    propose_shared,
    set_target,
    starts,
    story,
    words,
)


def test_a_party_sets_a_target() -> None:
    story(propose_alone).when(set_target).then(happened.TargetSet(1, END))


def test_a_target_may_answer_for_a_unit_that_is_still_to_accept() -> None:
    target = replace(END, responsible=REGION)
    story(propose_shared).when(ask(asked.SetTarget, target=target)).then(happened.TargetSet(1, target))


def test_who_has_not_accepted_sets_no_target() -> None:
    story(propose_shared).when(ask(asked.SetTarget, REGION, target=END)).then_refused("not-a-party")


def test_a_target_rests_on_parties_only() -> None:
    story(propose_alone).when(ask(asked.SetTarget, target=replace(END, responsible=VILLAGE))).then_refused(
        "not-a-party"
    )


def test_nobody_burdens_a_unit_that_has_accepted() -> None:
    burden = ask(asked.SetTarget, target=replace(END, responsible=REGION))
    story(propose_shared, accept).when(burden).then_refused("agreed-already")
    step = ask(asked.AddMilestone, milestone=replace(STEP, responsible=REGION))
    story(*adopted).when(step).then_refused("agreed-already")


def test_after_adoption_nobody_burdens_a_unit_that_is_still_to_answer() -> None:
    told = story(*adopted_alone, invite_village)
    told.when(ask(asked.AddMilestone, milestone=replace(STEP, responsible=VILLAGE))).then_refused("agreed-already")
    own = ask(asked.AddMilestone, VILLAGE, milestone=replace(STEP, responsible=VILLAGE))
    assert told.after(ask(asked.AcceptParticipation, VILLAGE)).when(own).refused is None


def test_nobody_burdens_a_unit_that_declined() -> None:
    burden = ask(asked.SetTarget, target=replace(END, responsible=REGION))
    story(propose_shared, decline).when(burden).then_refused("not-a-party")


def test_a_group_shares_a_target() -> None:
    shared = replace(END, responsible=None, shares=(Share(CITY, 60), Share(REGION, 40)))
    story(propose_shared).when(ask(asked.SetTarget, target=shared)).then(happened.TargetSet(1, shared))


def test_a_target_with_shares_says_who_answers_for_it() -> None:
    shared = replace(END, responsible=None, shares=(Share(CITY, 60), Share(REGION, 40)))
    told = story(propose_shared, ask(asked.SetTarget, target=shared), add_milestone, pledge, accept)
    assert told.when(adopt).events[0] == happened.CommitmentAdopted(Breadth.SHARED, True, ())


@pytest.mark.parametrize("value", ["", "1,5", "1.", "01", "1e3", "NaN", "1.0000000001"])
def test_a_quantity_is_a_decimal_number(value: str) -> None:
    assert str(Quantity("-12.50", "t CO2e")) == "-12.50 t CO2e"
    with pytest.raises(ValueError, match="decimal number"):
        Quantity(value, "t CO2e")


@pytest.mark.parametrize("percent", [39, 41])
def test_the_shares_of_a_group_sum_to_100(percent: int) -> None:
    shared = replace(END, responsible=None, shares=(Share(CITY, 60), Share(REGION, percent)))
    story(propose_shared).when(ask(asked.SetTarget, target=shared)).then_refused("shares-not-100")


def test_a_unit_has_one_share_of_a_target() -> None:
    shared = replace(END, responsible=None, shares=(Share(CITY, 60), Share(CITY, 40)))
    story(propose_shared).when(ask(asked.SetTarget, target=shared)).then_refused("share-twice")


def test_before_adoption_a_target_may_be_vague() -> None:
    vague = Target(Aim.END, words("Riders"), responsible=CITY)
    story(*agreed_alone).when(ask(asked.SetTarget, target=vague)).then(happened.TargetSet(2, vague))


def test_a_target_set_after_adoption_can_be_checked_as_well_as_the_others() -> None:
    vague = Target(Aim.END, words("Riders"), responsible=CITY)
    refused = story(*adopted_alone).when(ask(asked.SetTarget, target=vague)).then_refused("less-verifiable")
    assert refused.facts == {"missing": ("baseline", "target_value", "target_date")}
    story(*adopted_alone).when(set_target).then(happened.TargetSet(2, END))


def test_a_party_adds_a_milestone() -> None:
    story(propose_alone).when(add_milestone).then(happened.MilestoneAdded(1, STEP))


def test_a_milestone_added_after_adoption_runs_at_once() -> None:
    later = date(2027, 1, 4)
    added = ask(asked.AddMilestone, CITY, later, milestone=STEP)
    story(*adopted_alone).when(added).then(
        happened.MilestoneAdded(2, STEP), starts(5, Due.MILESTONE, STEP.due_on, on=later, about=2)
    )


def test_a_milestone_comes_at_the_latest_on_the_last_day() -> None:
    last = replace(STEP, due_on=date(2030, 12, 31))
    story(propose_alone).when(ask(asked.AddMilestone, milestone=last)).then(happened.MilestoneAdded(1, last))
    after = replace(STEP, due_on=date(2031, 1, 1))
    story(propose_alone).when(ask(asked.AddMilestone, milestone=after)).then_refused("after-the-end")


def test_a_milestone_rests_on_a_party() -> None:
    step = replace(STEP, responsible=VILLAGE)
    story(propose_alone).when(ask(asked.AddMilestone, milestone=step)).then_refused("not-a-party")


def test_who_has_not_accepted_adds_no_milestone() -> None:
    story(propose_shared).when(ask(asked.AddMilestone, REGION, milestone=STEP)).then_refused("not-a-party")


def test_a_party_pledges_money() -> None:
    story(propose_alone).when(pledge).then(
        happened.ResourcePledged(1, CITY, ResourceKind.MONEY, words("Tracks"), Money(Decimal("1000"), "EUR"))
    )


def test_staff_are_pledged_without_an_amount() -> None:
    staff = ask(asked.PledgeResource, kind=ResourceKind.STAFF, what=words("Two engineers"))
    story(propose_alone).when(staff).then(happened.ResourcePledged(1, CITY, ResourceKind.STAFF, words("Two engineers")))


def test_a_pledge_of_money_names_its_amount() -> None:
    nothing_said = ask(asked.PledgeResource, kind=ResourceKind.MONEY, what=words("Money"))
    story(propose_alone).when(nothing_said).then_refused("amount-missing")


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_a_pledge_is_worth_more_than_nothing(amount: str) -> None:
    worthless = ask(asked.PledgeResource, **{**FUNDS, "money": Money(Decimal(amount), "EUR")})
    story(propose_alone).when(worthless).then_refused("amount-not-positive")


def test_who_has_not_accepted_pledges_nothing() -> None:
    story(propose_shared).when(ask(asked.PledgeResource, STATE, **FUNDS)).then_refused("not-a-party")
