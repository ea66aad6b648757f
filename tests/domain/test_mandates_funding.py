"""Connexity: who decides a task pays. Estimates, funding, the gap and its arithmetic, the public flag."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel import Money, PartialDate, Today
from domain.mandates import events as happened
from domain.mandates.funding import cover
from domain.mandates.state import Estimate
from domain.mandates.words import Kind, Stage
from tests.domain.mandate_stories import (
    DISTRICT,
    accept,
    accepted,
    activate,
    active,
    draft,
    drafted,
    estimate,
    euros,
    fund,
    funded,
    hear,
    mandate,
    notify,
    offer,
    policy,
    revoke,
    revoked,
    story,
    unit,
    words,
)

strict = policy(connexity__mode="refuse")
estimated = (*drafted, estimate, offer, accept)
short = replace(fund, yearly=euros(600))


def flag(
    amount: int, paid: int, threshold: str = "250", required: int | None = None
) -> happened.MandateFlaggedUnfunded:
    needed = amount if required is None else required
    return happened.MandateFlaggedUnfunded(
        euros(amount), euros(threshold), euros(needed), euros(paid), euros(needed - paid)
    )


def flags(at: Any) -> list[Any]:
    wanted = (happened.MandateFlaggedUnfunded, happened.UnfundedFlagLifted)
    return [event for event in at.events if isinstance(event, wanted)]


# --- estimates and lines ---


def test_a_cost_is_estimated_beside_the_recipient_s_revenue() -> None:
    attached = happened.CostEstimateAttached(1, euros(1000), euros(100_000), words("Last year's cost"), None)
    story(*drafted).when(estimate).then(attached)
    story(*drafted, estimate).when(estimate).then_nothing_happens()


def test_a_later_estimate_replaces_an_earlier_one() -> None:
    state = mandate(story(*drafted, estimate, replace(estimate, yearly=euros(2000))))
    assert (state.estimates, state.estimate) == (2, Estimate(euros(2000), euros(100_000)))


def test_money_is_committed_by_budget_line() -> None:
    story(*drafted).when(fund).then(happened.FundingCommitted("08.2", 2026, euros(1000)))
    story(*drafted, fund).when(fund).then_nothing_happens()
    assert mandate(story(*drafted, fund, replace(fund, budget_line="08.3"))).funded == 2000
    assert mandate(story(*drafted, fund, short)).funded == 600, "the later word on one line counts"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (replace(estimate, yearly=euros(-1)), "negative-amount"),
        (replace(estimate, revenue=euros(-1)), "negative-amount"),
        (replace(fund, yearly=euros(-1)), "negative-amount"),
        (replace(estimate, revenue=Money(Decimal(1), "CHF")), "currency-mismatch"),
        (replace(estimate, yearly=Money(Decimal(1), "EUR", "2020")), "price-basis-mismatch"),
        (replace(fund, budget_line="x", yearly=Money(Decimal(1), "CHF")), "currency-mismatch"),
        (replace(fund, budget_line="x", yearly=Money(Decimal(1), "EUR", "2020")), "price-basis-mismatch"),
        (replace(fund, budget_line="x", yearly=euros(10**18 - 1)), "amount-too-large"),
    ],
)
def test_amounts_that_cannot_be_compared_or_kept_are_refused(command: Any, code: str) -> None:
    story(*funded).when(command).then_refused(code)


changeover = replace(estimate, yearly=Money(Decimal(1900), "BGN"), revenue=Money(Decimal(190_000), "BGN"))
"""What was reckoned in euros before; a country goes the other way."""


def in_leva(line: str, amount: int) -> Any:
    return replace(fund, budget_line=line, yearly=Money(Decimal(amount), "BGN"))


def test_an_estimate_moves_to_another_currency_and_the_lines_follow_one_by_one() -> None:
    """Nothing is added across currencies: a line pays nothing of the cost until it is said in the new one."""
    told = story(*funded, changeover)
    assert mandate(told).funded == 0
    assert mandate(told).paid_from(2026) == 0
    told.when(replace(fund, yearly=euros(2))).then_refused("currency-mismatch")
    moved = told.after(in_leva("08.2", 1000), in_leva("08.3", 900))
    assert mandate(moved).funded == 1900


def test_in_force_the_gap_shows_until_the_lines_are_said_anew() -> None:
    told = story(*active).when(replace(changeover, policy=strict)).events
    assert [type(one) for one in told] == [happened.CostEstimateAttached, happened.MandateFlaggedUnfunded]
    moving = story(*active, changeover, replace(in_leva("08.2", 1000), policy=strict))
    assert mandate(moving).flagged, "a part is said anew, though a strict policy refuses to let it fall"
    assert not mandate(moving.after(in_leva("08.3", 900))).flagged
    moving.when(replace(in_leva("08.2", 10), policy=strict)).then_refused("unfunded")


def test_what_was_committed_in_the_old_currency_is_settled_still() -> None:
    told = story(*active, changeover, notify, hear)
    told.when(replace(revoke, settlement=None)).then_refused("funds-unsettled")
    assert isinstance(told.when(revoke).events[0], happened.MandateRevoked)


def test_money_is_no_matter_of_what_is_over() -> None:
    story(*revoked).when(fund).then_refused("mandate-ended")


# --- activation ---


def test_what_is_covered_is_not_flagged() -> None:
    assert flags(story(*accepted).when(activate)) == []


def test_what_is_not_covered_is_flagged_with_its_arithmetic() -> None:
    assert flags(story(*estimated, short).when(activate)) == [flag(1000, 600)]


def test_a_strict_policy_refuses_instead_and_says_what_is_missing() -> None:
    refused = story(*estimated, short).when(replace(activate, policy=strict)).then_refused("unfunded")
    assert refused.policy == strict.grounds("connexity.mode")
    assert (refused.facts["required"], refused.facts["funded"], refused.facts["gap"]) == (
        euros(1000), euros(600), euros(400),
    )  # fmt: skip


def test_what_is_not_material_needs_no_cover() -> None:
    small = replace(estimate, yearly=euros(250))
    assert flags(story(*drafted, small, offer, accept).when(activate)) == []
    more = replace(estimate, yearly=euros("250.01"))
    assert flags(story(*drafted, more, offer, accept).when(activate)) == [
        happened.MandateFlaggedUnfunded(euros("250.01"), euros(250), euros("250.01"), euros(0), euros("250.01"))
    ]


def test_where_cover_is_only_to_be_regulated_nothing_is_missing() -> None:
    relative = policy(connexity__cover_ratio="0")
    assert flags(story(*estimated).when(replace(activate, policy=relative))) == []
    half = policy(connexity__cover_ratio="0.5")
    assert flags(story(*estimated).when(replace(activate, policy=half))) == [flag(1000, 0, required=500)]


def test_without_an_estimate_nobody_knows_that_it_is_covered() -> None:
    bare = (*drafted, offer, accept)
    assert flags(story(*bare).when(activate)) == [happened.MandateFlaggedUnfunded()]
    story(*bare).when(replace(activate, policy=strict)).then_refused("estimate-missing")


def test_within_one_person_no_cost_is_passed_on() -> None:
    within = draft(kind=Kind.DECONCENTRATION, recipient=DISTRICT)
    begin = replace(activate, recipient_unit=unit(DISTRICT), policy=strict)
    assert mandate(story(within, begin)).stage is Stage.ACTIVE


def test_where_the_law_voids_a_delegation_without_funds_none_begins() -> None:
    spanish = policy(delegation__needs_funding="yes")
    refused = story(*estimated, short).when(replace(activate, policy=spanish)).then_refused("funding-missing")
    assert refused.policy == spanish.grounds("delegation.needs_funding")
    story(*drafted, offer, accept).when(replace(activate, policy=spanish)).then_refused("funding-missing")
    assert mandate(story(*accepted, replace(activate, policy=spanish))).stage is Stage.ACTIVE


# --- in force ---


def test_the_flag_is_lifted_when_the_money_is_there() -> None:
    unfunded = story(*estimated, activate)
    assert mandate(unfunded).flagged
    unfunded.when(short).then(happened.FundingCommitted("08.2", 2026, euros(600)), flag(1000, 600))
    paid = unfunded.after(short).when(replace(fund, budget_line="08.3", yearly=euros(400)))
    assert flags(paid) == [happened.UnfundedFlagLifted()]


def test_a_cost_that_rises_shows_at_once() -> None:
    dearer = story(*active).when(replace(estimate, yearly=euros(1500)))
    assert flags(dearer) == [flag(1500, 1000)]
    assert flags(story(*active).when(replace(estimate, yearly=euros(900)))) == []


def test_funding_does_not_fall_below_the_cost_where_the_policy_refuses_that() -> None:
    story(*active).when(replace(short, policy=strict)).then_refused("unfunded")
    assert flags(story(*active).when(short)) == [flag(1000, 600)]


def test_money_of_a_later_budget_covers_nothing_before_it() -> None:
    promised = replace(fund, budget_year=2031)
    told = story(*estimated, promised)
    assert flags(told.when(activate)) == [flag(1000, 0)]
    told.when(replace(activate, policy=strict)).then_refused("unfunded")
    spanish = policy(delegation__needs_funding="yes")
    told.when(replace(activate, policy=spanish)).then_refused("funding-missing")
    flagged = told.after(activate)
    flagged.when(promised).then_nothing_happens()
    flagged.when(replace(promised, effective_on=PartialDate("2031-01-02"))).then_nothing_happens()
    its_year = replace(promised, effective_on=PartialDate("2031-01-02"), today=Today(date(2031, 1, 2)))
    flagged.when(its_year).then(happened.UnfundedFlagLifted())


def test_a_line_pays_what_was_said_of_it_until_the_year_of_the_next_word() -> None:
    dearer = replace(fund, budget_year=2027, yearly=euros(1200))
    assert flags(story(*active).when(dearer)) == [], "this year it pays what it paid"
    cheaper = replace(fund, budget_year=2027, yearly=euros(900))
    assert flags(story(*active).when(cheaper)) == [flag(1000, 900)], "from next year on something is missing"
    story(*active).when(replace(cheaper, policy=strict)).then_refused("unfunded")
    again = mandate(story(*active, cheaper, fund))
    assert again.funded == 1000, "what is said of all years takes the place of later ones"


amounts = st.decimals(0, 10**12, places=2).map(lambda amount: Money(amount, "EUR"))
shares = st.fractions(0, 1, max_denominator=999_999).filter(lambda share: share > 0).map(str)


@given(amounts, amounts, st.fractions(0, 10**12), shares, shares)
def test_the_gap_is_exactly_what_is_missing(yearly: Money, revenue: Money, paid: Any, share: str, ratio: str) -> None:
    found = cover(Estimate(yearly, revenue), paid, policy(connexity__materiality=share, connexity__cover_ratio=ratio))
    assert found.gap >= 0
    assert found.material is (yearly.amount > 0 and found.threshold < yearly.amount)
    if found.gap:
        assert found.material
        assert found.funded + found.gap == found.required
    elif found.material:
        assert found.funded >= found.required
