"""A mandate comes about: who may give what to whom, on which terms."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from domain.kernel import PartialDate, Sphere, Today, UnitId
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.words import Instrument, Kind, Stage
from tests.domain.mandate_stories import (
    CITY,
    DAY,
    DISTRICT,
    END,
    NOWHERE,
    PARENT,
    REGION,
    STATE,
    TERMS,
    UNION,
    VILLAGE,
    accept,
    activate,
    condition,
    consult,
    draft,
    funded,
    holding,
    mandate,
    mandate_facts,
    offer,
    policy,
    story,
    sub_delegate,
    unit,
    withdraw,
)


def drafts(of: asked.Drafting, **more: Any) -> happened.MandateDrafted:
    return happened.MandateDrafted(
        **{name: getattr(of, name) for name in TERMS},
        **{"giver_sphere": Sphere.REGIONAL, "recipient_sphere": Sphere.LOCAL, "drafted_on": DAY, **more},
    )


# --- drafting ---


def test_a_giver_drafts_what_it_holds_by_law() -> None:
    story().when(draft()).then(drafts(draft()))
    assert mandate(story(draft())).stage is Stage.DRAFTED


def test_a_mandate_is_drafted_once() -> None:
    story(draft()).when(draft()).then_refused("mandate-exists")


def test_nothing_befalls_a_mandate_that_was_not_drafted() -> None:
    for command in (offer, accept, withdraw, activate, consult):
        story().when(command).then_refused("no-such-mandate")


def test_nobody_gives_more_than_they_hold() -> None:
    refused = story().when(draft(holdings=())).then_refused("nemo-plus-iuris", "function", "territory")
    assert refused.facts == {"function": "07.3", "territory": CITY}


@pytest.mark.parametrize(
    "held",
    [
        holding(function="08"),
        holding(function="07.2"),
        holding(territory=VILLAGE),
        holding(held_from=date(2026, 3, 3)),
        holding(held_until=date(2026, 3, 31)),
    ],
    ids=["another function", "a part of the division", "another territory", "from tomorrow", "until before its start"],
)
def test_another_function_place_or_time_is_not_held(held: Any) -> None:
    story().when(draft(holdings=(held,))).then_refused("nemo-plus-iuris")


def test_nobody_gives_it_for_longer_than_they_hold_it() -> None:
    refused = story().when(draft(holdings=(holding(held_until=date(2029, 1, 1)),))).then_refused("beyond-time")
    assert refused.facts == {"held_until": date(2029, 1, 1)}
    story().when(draft(holdings=(holding(held_until=END),))).then(drafts(draft()))


def test_one_law_may_follow_another_as_long_as_no_day_is_without_either() -> None:
    first, then = holding(held_until=date(2027, 12, 31)), holding(held_from=date(2028, 1, 1), legal_basis="Act of 2027")
    story().when(draft(holdings=(first, then))).then(drafts(draft()))
    gap = replace(then, held_from=date(2028, 1, 2))
    refused = story().when(draft(holdings=(first, gap))).then_refused("beyond-time")
    assert refused.facts == {"held_until": date(2027, 12, 31)}
    until = replace(then, held_until=date(2029, 12, 31))
    assert story().when(draft(holdings=(first, until))).then_refused("beyond-time").facts == {
        "held_until": date(2029, 12, 31)
    }
    later_shared = (first, replace(then, manner="shared"))
    story().when(draft(exclusive=True, holdings=later_shared)).then_refused("not-exclusive-to-give")


def test_an_open_end_needs_an_open_title() -> None:
    story().when(draft(ends_on=None, holdings=(holding(held_until=END),))).then_refused("beyond-time")


def test_a_shared_competence_is_not_given_exclusively() -> None:
    shared = (holding(manner="shared"),)
    story().when(draft(exclusive=True, holdings=shared)).then_refused("not-exclusive-to-give")
    story().when(draft(holdings=shared)).then(drafts(draft()))


@pytest.mark.parametrize("function", ["07.3", "07"])
def test_what_the_law_gives_to_another_alone_is_given_by_nobody_else(function: str) -> None:
    other = holding(CITY, function, CITY, manner="exclusive")
    refused = story().when(draft(others=(other,))).then_refused("held-exclusively-by-another")
    assert refused.facts == {"holder": CITY}


@pytest.mark.parametrize(
    "other",
    [
        holding(CITY, "07.3", CITY),
        holding(CITY, "07.2", CITY, manner="exclusive"),
        holding(CITY, "07.3", CITY, manner="exclusive", held_until=date(2026, 3, 31)),
        holding(CITY, "07.3", CITY, manner="exclusive", held_from=date(2030, 4, 1)),
    ],
    ids=["not alone", "another function", "before", "after"],
)
def test_what_another_holds_otherwise_is_in_nobody_s_way(other: Any) -> None:
    story().when(draft(others=(other,))).then(drafts(draft()))


def test_a_unit_entrusts_nothing_to_itself() -> None:
    story().when(draft(recipient=REGION)).then_refused("self-mandate", "recipient")


def test_dates_before_a_unit_existed_are_refused() -> None:
    young = unit(CITY, alive_from=date(2026, 5, 1))
    story().when(draft(date(2026, 6, 1), recipient_unit=young)).then_refused("unit-not-alive")
    story().when(draft(recipient_unit=unit(CITY, alive_from=date(2026, 3, 20)))).then_refused("unit-not-alive")
    story().when(draft(giver_unit=unit(REGION, alive_until=DAY))).then_refused("unit-not-alive")
    story().when(draft(lands=(unit(CITY, alive_from=date(2027, 1, 1)),))).then_refused("unit-not-alive")


def test_a_unit_that_nobody_registered_is_refused() -> None:
    story().when(draft(recipient=NOWHERE)).then_refused("unit-unknown")
    story().when(draft(territory=NOWHERE)).then_refused("unit-unknown")


def test_who_takes_part_without_authority_neither_gives_nor_takes() -> None:
    story().when(draft(recipient=UNION)).then_refused("no-authority", "recipient")
    story().when(draft(giver=UNION)).then_refused("no-authority", "giver")


def test_deconcentration_cannot_cross_spheres() -> None:
    story().when(draft(kind=Kind.DECONCENTRATION)).then_refused("crosses-spheres")
    within = draft(kind=Kind.DECONCENTRATION, recipient=DISTRICT)
    story().when(within).then(drafts(within, recipient_sphere=Sphere.REGIONAL))


def test_a_policy_bars_spheres_and_is_named() -> None:
    german = policy(barred="national>local, regional>local")
    refused = story().when(draft(policy=german)).then_refused("spheres-barred")
    assert refused.policy == german.grounds("barred")
    other = draft(policy=policy(barred="national>local"))
    story().when(other).then(drafts(other))


def test_a_mandate_does_not_end_before_it_begins() -> None:
    story().when(draft(ends_on=date(2026, 3, 31))).then_refused("ends-before-start")
    story().when(draft(ends_on=date(9000, 1, 1))).then_refused("date-too-far")


def test_what_is_to_come_is_not_recorded_as_done() -> None:
    story().when(replace(draft(), effective_on=PartialDate("2026-03-03"))).then_refused("in-the-future")


def test_nothing_counts_from_a_day_before_the_draft() -> None:
    story(*funded).when(replace(offer, effective_on=PartialDate("2026-03-01"))).then_refused("before-draft")
    story(*funded).when(replace(offer, effective_on=PartialDate("2026-02"))).then_refused("before-draft")
    assert mandate(story(*funded, replace(offer, effective_on=PartialDate("unknown")))).stage is Stage.OFFERED


def test_a_condition_cites_its_law() -> None:
    bare = draft(conditions=(condition("Open on Sundays", "Health Act, s. 14"), condition("Paint it blue")))
    assert story().when(bare).then_refused("condition-without-basis", "conditions.1.legal_basis").facts == {
        "condition": 2
    }
    story().when(draft(conditions=(condition("Paint it blue", "  "),))).then_refused("condition-without-basis")


# --- terms that the law of the place limits ---


def test_an_agreement_lasts_no_longer_than_its_law_allows() -> None:
    spanish = {"instrument": Instrument.AGREEMENT, "convenio": (policy("es_convenio"),)}
    story().when(draft(**spanish, ends_on=date(2030, 4, 1))).then_refused("term-too-long")
    story().when(draft(**spanish, ends_on=None)).then_refused("term-needed")
    fits, longer = draft(**spanish), draft(**spanish, ends_on=date(2035, 1, 1), longer_term_rule="LBRL, art. 27")
    story().when(fits).then(drafts(fits))
    story().when(longer).then(drafts(longer))


def test_a_delegation_to_a_local_unit_is_not_too_short() -> None:
    spanish = policy(delegation__min_years_to_local="5")
    assert story().when(draft(policy=spanish)).then_refused("term-too-short").policy == spanish.grounds(
        "delegation.min_years_to_local"
    )
    fits = draft(policy=spanish, ends_on=date(2031, 3, 31))
    story().when(fits).then(drafts(fits))


def test_a_delegation_by_the_state_is_not_too_long() -> None:
    french = policy(delegation__max_years_by_state="6")
    by_state = {"giver": STATE, "function": "09.1", "policy": french}
    story().when(draft(**by_state, ends_on=date(2032, 4, 1))).then_refused("term-too-long")
    fits = draft(**by_state, ends_on=date(2032, 3, 31))
    story().when(fits).then(drafts(fits, giver_sphere=Sphere.NATIONAL))


def test_a_term_of_years_from_the_29th_of_february_ends_on_the_28th() -> None:
    spanish = policy(delegation__min_years_to_local="5")
    leap = {"starts_on": date(2028, 2, 29), "policy": spanish}
    story().when(draft(**leap, ends_on=date(2033, 2, 27))).then_refused("term-too-short")
    assert story().when(draft(**leap, ends_on=date(2033, 2, 28))).refused is None


# --- passing on ---


def test_what_is_held_by_mandate_is_passed_on() -> None:
    story().when(sub_delegate()).then(drafts(sub_delegate(), under=PARENT, depth=1))


@pytest.mark.parametrize(
    ("parent", "code"),
    [
        ({"exists": False}, "no-such-mandate"),
        ({"recipient": VILLAGE}, "nemo-plus-iuris"),
        ({"in_force": False, "stage": "suspended"}, "nemo-plus-iuris"),
        ({"kind": "tasks"}, "nemo-plus-iuris"),
        ({"function": "07.2"}, "beyond-scope"),
        ({"territory": VILLAGE}, "beyond-territory"),
        ({"starts_on": date(2026, 4, 2)}, "beyond-time"),
        ({"ends_on": date(2030, 3, 30)}, "beyond-time"),
        ({"may_subdelegate": False}, "subdelegation-not-allowed"),
        ({"depth": 1}, "too-deep"),
    ],
)
def test_a_sub_delegation_never_exceeds_its_parent(parent: dict[str, Any], code: str) -> None:
    story().when(sub_delegate(mandate_facts(**parent))).then_refused(code)


def test_nobody_passes_on_what_came_into_force_only_later() -> None:
    later = (mandate_facts(activated_on=date(2026, 5, 1)),)
    told = sub_delegate(later[0], starts_on=date(2026, 5, 1))
    story().when(told).then(drafts(told, under=PARENT, depth=1))
    refused = story().when(sub_delegate(later[0])).then_refused("nemo-plus-iuris")
    assert refused.facts == {"under": PARENT, "activated_on": date(2026, 5, 1)}
    begin = replace(activate, parents=later, holdings=(), today=Today(date(2026, 6, 1)))
    agreed = story(sub_delegate(), replace(offer, parents=(mandate_facts(),), holdings=()), accept)
    agreed.when(begin).then_refused("nemo-plus-iuris")
    assert agreed.when(replace(begin, effective_on=PartialDate("2026-05-01"))).refused is None


def test_the_end_of_the_parent_is_the_end_of_what_rests_on_it() -> None:
    story().when(sub_delegate(ends_on=None)).then_refused("beyond-time")
    on_open = sub_delegate(mandate_facts(ends_on=None), ends_on=None)
    story().when(on_open).then(drafts(on_open, under=PARENT, depth=1))


def test_own_power_is_passed_on_without_leave_and_counts_anew() -> None:
    devolved = mandate_facts(kind="devolution", may_subdelegate=False, depth=0)
    story().when(sub_delegate(devolved)).then(drafts(sub_delegate(), under=PARENT, depth=0))


def test_who_exercises_a_power_for_another_does_not_give_it_away() -> None:
    story().when(sub_delegate(kind=Kind.DEVOLUTION, instrument=Instrument.LAW)).then_refused("beyond-title")


def test_what_is_not_held_exclusively_is_not_passed_on_exclusively() -> None:
    story().when(sub_delegate(exclusive=True)).then_refused("not-exclusive-to-give")
    alone = sub_delegate(mandate_facts(exclusive=True), exclusive=True)
    story().when(alone).then(drafts(alone, under=PARENT, depth=1))


@pytest.mark.parametrize("recipient", [STATE, DISTRICT])
def test_a_chain_never_comes_back_to_who_stands_above(recipient: UnitId) -> None:
    above = (mandate_facts(giver=DISTRICT), mandate_facts(giver=STATE, recipient=DISTRICT))
    story().when(sub_delegate(parents=above, recipient=recipient)).then_refused("mandate-cycle")


def test_more_depth_is_a_policy() -> None:
    deep = sub_delegate(mandate_facts(depth=1), policy=policy(max_subdelegation_depth="2"))
    story().when(deep).then(drafts(deep, under=PARENT, depth=2))
