"""How a commitment comes about: proposed and joined."""

import csv
from dataclasses import replace
from datetime import date
from uuid import UUID

from domain import sdg
from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.commitments.words import (
    Due,
    Part,
    Party,
    Stage,
)
from domain.kernel import PartialDate, Sphere, UnitId
from tests.data import published
from tests.domain.commitment_stories import (
    CITY,
    PLAN,
    REGION,
    STATE,
    VILLAGE,
    accept,
    add_milestone,
    adopt,
    adopted_alone,
    agreed,
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
    propose_alone,
    propose_shared,
    proposed,
    set_target,
    starts,
    story,
    update,
)

NOBODY = UnitId(UUID(int=99))
ANSWER_BY = date(2026, 4, 1)


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
