"""How a commitment comes about: proposed, joined, specified, adopted."""

import csv
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from domain import sdg
from domain.commitments import COMMITMENTS
from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.commitments.words import (
    Aim,
    Breadth,
    Due,
    Part,
    Party,
    Quantity,
    ResourceKind,
    Share,
    Stage,
    Target,
)
from domain.kernel import Money, PartialDate, Role, Sphere, UnitId
from tests.data import published
from tests.domain.commitment_stories import (
    CITY,
    END,
    FUNDS,
    INSTITUTE,
    PLAN,
    REGION,
    STATE,
    STEP,
    VILLAGE,
    accept,
    add_milestone,
    adopt,
    adopted,
    adopted_alone,
    agreed,
    agreed_alone,
    ask,
    commitment,
    confirm_source,
    decline,
    facts,
    from_source,
    fund,
    invite_village,
    met,
    miss,
    pledge,
    policy,
    propose_alone,
    propose_shared,
    proposed,
    set_target,
    starts,
    story,
    update,
    words,
)

NOBODY = UnitId(UUID(int=99))
ANSWER_BY = date(2026, 4, 1)
at_adoption = (
    starts(1, Due.PROGRESS, date(2027, 3, 2)),
    starts(2, Due.PLAN, date(2028, 3, 2)),
    starts(3, Due.MILESTONE, date(2028, 6, 30), about=1),
    starts(4, Due.RESULTS_REVIEW, date(2031, 4, 30), None, on=date(2030, 12, 31)),
)


# --- proposing ---


def test_a_unit_proposes_a_commitment_of_its_own() -> None:
    story().when(propose_alone).then(proposed)


def test_a_proposal_invites_the_others_and_their_time_to_answer_runs() -> None:
    story().when(propose_shared).then(
        replace(proposed, sdg=("11.2",)),
        happened.PartyInvited(REGION, Sphere.REGIONAL, Part.CO_OWNER, True),
        starts(1, Due.ANSWER, ANSWER_BY, REGION),
        happened.PartyInvited(STATE, Sphere.NATIONAL, Part.FUNDER, False),
        starts(2, Due.ANSWER, ANSWER_BY, STATE),
    )


def test_a_proposal_says_when_work_begins_and_from_which_document_it_comes() -> None:
    begun = PartialDate("2026-09")
    story().when(replace(propose_alone, starts_on=begun, document=PLAN)).then(
        replace(proposed, starts_on=begun, document=PLAN)
    )


def test_a_stream_holds_one_proposal() -> None:
    story(propose_alone).when(propose_alone).then_refused("commitment-exists")


def test_an_owner_that_is_not_in_the_register_cannot_propose() -> None:
    story().when(replace(propose_alone, owner_facts=facts(NOBODY))).then_refused("unit-unknown")


def test_an_owner_that_was_abolished_cannot_propose() -> None:
    gone = facts(CITY, until=date(2025, 1, 1))
    story().when(replace(propose_alone, owner_facts=gone)).then_refused("unit-not-alive")


def test_an_abolished_unit_cannot_be_invited() -> None:
    units = (facts(REGION, until=date(2025, 1, 1)), facts(STATE))
    story().when(replace(propose_shared, units=units)).then_refused("unit-not-alive")


def test_a_community_takes_part_but_does_not_own() -> None:
    community = facts(CITY, sphere=Sphere.COMMUNITY)
    story().when(replace(propose_alone, owner_facts=community)).then_refused("owner-is-community")
    story().when(replace(from_source, owner_facts=community)).then_refused("owner-is-community")


def test_a_supranational_unit_may_propose() -> None:
    events = story().when(replace(propose_alone, owner_facts=facts(CITY, sphere=Sphere.SUPRANATIONAL))).events
    assert events == [replace(proposed, sphere=Sphere.SUPRANATIONAL)]


def test_a_commitment_does_not_end_before_it_begins() -> None:
    story().when(replace(propose_alone, starts_on=PartialDate("2031"))).then_refused("ends-before-start")


def test_a_commitment_may_begin_and_end_in_the_same_year() -> None:
    story().when(replace(propose_alone, starts_on=PartialDate("2030-06"))).then(
        replace(proposed, starts_on=PartialDate("2030-06"))
    )


def test_a_commitment_may_last_one_day() -> None:
    day = PartialDate("2026-05-04")
    assert story().when(replace(propose_alone, starts_on=day, ends_on=day)).refused is None


def test_an_end_may_be_unknown() -> None:
    endless = replace(propose_alone, starts_on=PartialDate("2026"), ends_on=PartialDate("unknown"))
    assert story().when(endless).refused is None


def test_no_date_lies_beyond_the_calendar() -> None:
    for end in ("9999", "9000-01-01"):
        story().when(replace(propose_alone, ends_on=PartialDate(end))).then_refused("date-too-far")
    story().when(replace(propose_alone, effective_on=PartialDate("9000"))).then_refused("date-too-far")


def test_an_sdg_code_that_is_not_of_the_2030_agenda_is_refused_by_name() -> None:
    refused = story().when(replace(propose_alone, sdg=("13.2", "13.4", "18"))).then_refused("sdg-unknown")
    assert refused.facts == {"codes": ("13.4", "18")}


def test_goals_and_targets_are_the_17_and_169_published_ones() -> None:
    with published("sdg/sdg_targets.csv").open(encoding="utf-8-sig", newline="") as file:
        targets = [row["code"] for row in csv.DictReader(file)]
    assert len(targets) == 169
    assert sorted(sdg.TARGETS) == sorted(targets)
    assert story().when(replace(propose_alone, sdg=(*sdg.GOALS, *targets))).refused is None


def test_nobody_is_named_twice_in_a_proposal() -> None:
    twice = (Party(REGION, Part.CO_OWNER), Party(REGION, Part.FUNDER))
    story().when(replace(propose_shared, parties=twice)).then_refused("party-twice")
    owner = (Party(CITY, Part.FUNDER),)
    story().when(replace(propose_shared, parties=owner, units=(facts(CITY),))).then_refused("party-twice")


def test_a_commitment_has_one_owner() -> None:
    second = (Party(REGION, Part.OWNER),)
    story().when(replace(propose_shared, parties=second, units=(facts(REGION),))).then_refused("one-owner")


def test_nothing_can_be_done_on_what_was_never_proposed() -> None:
    for command in (accept, decline, set_target, add_milestone, pledge, adopt, invite_village, confirm_source, update):
        story().when(command).then_refused("no-commitment")


def test_a_unit_that_no_longer_exists_can_do_nothing() -> None:
    gone = facts(REGION, until=date(2026, 3, 2))
    story(propose_shared).when(replace(accept, acting=gone)).then_refused("unit-not-alive")


# --- who takes part ---


def test_an_owner_invites_another_unit() -> None:
    story(propose_alone).when(invite_village).then(
        happened.PartyInvited(VILLAGE, Sphere.LOCAL, Part.SUPPORTER, False), starts(1, Due.ANSWER, ANSWER_BY, VILLAGE)
    )


def test_a_unit_may_join_after_adoption() -> None:
    late = date(2027, 1, 4)
    joined = story(*adopted_alone, ask(asked.AddParty, CITY, late, unit=VILLAGE, part=Part.SUPPORTER))
    joined.when(ask(asked.AcceptParticipation, VILLAGE, late)).then(
        happened.ParticipationAccepted(VILLAGE), met(5, VILLAGE)
    )


def test_a_unit_is_invited_once_until_it_declines() -> None:
    again = ask(asked.AddParty, unit=REGION, part=Part.SUPPORTER)
    story(propose_shared).when(again).then_refused("party-twice")
    story(propose_shared, accept).when(again).then_refused("party-twice")
    story(propose_shared, decline).when(again).then(
        happened.PartyInvited(REGION, Sphere.REGIONAL, Part.SUPPORTER, True), starts(3, Due.ANSWER, ANSWER_BY, REGION)
    )


def test_only_a_unit_of_the_register_is_invited() -> None:
    story(propose_alone).when(ask(asked.AddParty, unit=NOBODY, part=Part.FUNDER)).then_refused("unit-unknown")


def test_a_second_owner_is_not_invited() -> None:
    story(propose_alone).when(ask(asked.AddParty, unit=REGION, part=Part.OWNER)).then_refused("one-owner")


def test_an_invited_unit_accepts_in_time() -> None:
    story(propose_shared).when(accept).then(happened.ParticipationAccepted(REGION), met(1, REGION))


def test_an_answer_on_its_last_day_is_in_time() -> None:
    yes, no = ask(asked.AcceptParticipation, REGION, ANSWER_BY), ask(asked.DeclineParticipation, REGION, ANSWER_BY)
    story(propose_shared).when(yes).then(happened.ParticipationAccepted(REGION), met(1, REGION))
    story(propose_shared).when(no).then(happened.ParticipationDeclined(REGION), met(1, REGION))


def test_an_acceptance_after_its_day_is_late_but_counts() -> None:
    late = date(2026, 4, 2)
    answered = story(propose_shared, miss(1, late)).when(ask(asked.AcceptParticipation, REGION, late))
    answered.then(happened.ParticipationAccepted(REGION), met(1, REGION, late=True))


def test_accepting_twice_changes_nothing() -> None:
    story(propose_shared, accept).when(accept).then_nothing_happens()


def test_an_acceptance_is_not_dated_ahead() -> None:
    ahead = replace(accept, effective_on=PartialDate("2026-03-03"))
    story(propose_shared).when(ahead).then_refused("in-the-future")


def test_who_was_not_invited_accepts_nothing() -> None:
    story(propose_shared).when(ask(asked.AcceptParticipation, VILLAGE)).then_refused("not-invited")
    story(propose_shared, decline).when(accept).then_refused("not-invited")
    story(propose_shared).when(ask(asked.DeclineParticipation, VILLAGE)).then_refused("not-invited")


def test_an_invited_unit_declines() -> None:
    story(propose_shared).when(decline).then(happened.ParticipationDeclined(REGION), met(1, REGION))


def test_a_refusal_after_its_day_is_late_too() -> None:
    late = ask(asked.DeclineParticipation, REGION, date(2026, 4, 2))
    story(propose_shared).when(late).then(happened.ParticipationDeclined(REGION), met(1, REGION, late=True))


def test_declining_twice_changes_nothing() -> None:
    story(propose_shared, decline).when(decline).then_nothing_happens()


def test_who_has_accepted_withdraws_rather_than_declines() -> None:
    story(propose_shared, accept).when(decline).then_refused("not-invited")


def test_silence_is_no_acceptance() -> None:
    silent = story(*(one for one in agreed if one is not accept), miss(1, date(2026, 4, 2)))
    silent.when(adopt).then_refused("acceptance-missing")


def test_it_is_negotiated_once_every_required_party_has_accepted() -> None:
    assert commitment(story(propose_shared)).stage is Stage.PROPOSED
    assert commitment(story(propose_shared, fund)).stage is Stage.PROPOSED
    assert commitment(story(propose_shared, accept)).stage is Stage.NEGOTIATED
    joined = story(propose_shared, accept, ask(asked.AddParty, unit=VILLAGE, part=Part.CO_OWNER))
    assert commitment(joined).stage is Stage.PROPOSED


# --- targets, steps and resources ---


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
