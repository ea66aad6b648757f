"""A party of a commitment is no more: its successor stands in its place, or nobody does and that is shown."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.commitments.words import (
    Aim,
    Answer,
    Changes,
    Completion,
    Delivery,
    Due,
    Milestone,
    NewMilestone,
    Outcome,
    Part,
    Party,
    Share,
    Target,
)
from domain.kernel import Level, Sphere, Today
from tests.domain.commitment_stories import (
    CITY,
    DAY,
    INSTITUTE,
    REGION,
    STATE,
    STEP,
    VILLAGE,
    accept,
    add_milestone,
    adopted,
    adopted_alone,
    agreed,
    amend,
    ask,
    commitment,
    deliver,
    facts,
    from_source,
    gone,
    met,
    miss,
    propose_alone,
    propose_shared,
    report,
    story,
    words,
)

LATER = DAY + timedelta(days=100)
merged = gone(CITY, facts(VILLAGE), on=LATER)
"""The city became a part of the village."""
handed_over = happened.PartySucceeded(CITY, VILLAGE, Sphere.LOCAL, LATER)
vanished = gone(CITY, on=LATER)
orphaned = happened.PartyOrphaned(CITY, LATER)


@pytest.mark.parametrize("before", [(propose_alone,), agreed, adopted_alone, adopted])
def test_the_successor_owns_what_the_former_unit_owned(before: tuple[object, ...]) -> None:
    told = story(*before)
    told.when(merged).then(handed_over)
    after = commitment(told.after(merged))
    assert (after.owner, after.stage) == (VILLAGE, commitment(told).stage)
    assert CITY not in {party.unit for party in after.parties}


def test_to_say_so_twice_changes_nothing() -> None:
    story(*adopted, merged).when(merged).then_nothing_happens()


def test_it_owes_what_was_owed_on_the_same_days_under_the_same_numbers() -> None:
    told = story(*adopted_alone)
    before, after = commitment(told), commitment(told.after(merged))
    assert [replace(one, unit=one.unit and VILLAGE) for one in before.deadlines] == list(after.deadlines)
    reported = told.after(merged).when(report(30, VILLAGE, LATER))
    assert met(1, VILLAGE) in reported.events


def test_what_was_missed_is_made_good_by_the_successor() -> None:
    told = story(*adopted_alone)
    plan = next(n for n, one in enumerate(commitment(told).deadlines, 1) if one.kind is Due.PLAN)
    late = commitment(told).deadlines[plan - 1].due_on + timedelta(days=1)
    missed = told.after(miss(plan, late), gone(CITY, facts(VILLAGE), on=late))
    assert met(plan, VILLAGE, late=True) in missed.when(deliver(Delivery.PLAN, late, VILLAGE)).events


def test_it_takes_the_steps_and_the_former_unit_takes_none() -> None:
    told = story(*adopted_alone, merged)
    told.when(ask(asked.CompleteMilestone, CITY, LATER, milestone=1)).then_refused("not-a-party")
    done = told.when(ask(asked.CompleteMilestone, VILLAGE, LATER, milestone=1))
    assert done.events[0] == happened.MilestoneCompleted(1, VILLAGE)


def test_the_words_of_the_former_unit_are_its_own_which_it_corrects_and_does_not_confirm() -> None:
    told = story(*adopted, report(40), merged)
    told.when(ask(asked.ConfirmReport, VILLAGE, LATER, report=1)).then_refused("own-report")
    assert commitment(told).reports[0].unit == VILLAGE
    step = story(*adopted, ask(asked.CompleteMilestone, milestone=1), merged)
    step.when(ask(asked.ConfirmMilestone, VILLAGE, LATER, milestone=1)).then_refused("own-report")


def test_an_invitation_waits_for_the_successors_answer_instead() -> None:
    told = story(propose_shared, gone(REGION, facts(VILLAGE), on=LATER))
    told.when(accept).then_refused("not-invited")
    accepted = told.when(ask(asked.AcceptParticipation, VILLAGE, DAY))
    assert accepted.events == [happened.ParticipationAccepted(VILLAGE), met(1, VILLAGE)]


def test_terms_under_discussion_name_the_successor() -> None:
    step = Milestone(words("Tracks laid"), STEP.due_on, CITY)
    moved = replace(step, due_on=date(2028, 9, 30))
    told = story(*adopted, amend(REGION, milestones=(NewMilestone(1, moved),)), merged)
    told.when(ask(asked.AgreeAmendment, CITY, LATER, amendment=1)).then_refused("not-asked")
    agreed_by_all = told.after(ask(asked.AgreeAmendment, VILLAGE, LATER, amendment=1)).when(
        ask(asked.AgreeAmendment, STATE, LATER, amendment=1)
    )
    changes = Changes(milestones=(NewMilestone(1, replace(moved, responsible=VILLAGE)),))
    assert happened.CommitmentAmended(changes, 1) in agreed_by_all.events


def test_what_the_successor_has_asked_of_itself_has_lapsed() -> None:
    wish = ask(asked.RequestExtension, until=date(2031, 6, 30))
    told = story(*adopted, wish)
    told.when(gone(REGION, facts(CITY), on=LATER)).then(
        happened.PartySucceeded(REGION, CITY, Sphere.LOCAL, LATER), happened.ExtensionRefused(1, CITY)
    )


# --- a successor that is a party already ---


def test_two_places_of_one_unit_become_one_the_stronger_part_and_the_word_that_binds() -> None:
    told = story(*adopted, gone(CITY, facts(REGION), on=LATER))
    (owner, _) = commitment(told).parties
    assert (owner.unit, owner.part, owner.required, owner.answer) == (REGION, Part.OWNER, True, Answer.ACCEPTED)


def test_who_succeeds_to_a_bound_party_is_not_asked_again() -> None:
    told = story(propose_shared, accept)
    waiting = next(n for n, one in enumerate(commitment(told).deadlines, 1) if one.unit == STATE)
    told.when(gone(REGION, facts(STATE), on=LATER)).then(
        happened.PartySucceeded(REGION, STATE, Sphere.NATIONAL, LATER), happened.DeadlineVoided(waiting)
    )
    both = commitment(told.after(gone(REGION, facts(STATE), on=LATER))).party(STATE)
    assert both is not None
    assert (both.part, both.answer) == (Part.CO_OWNER, Answer.ACCEPTED)


def test_both_shares_of_a_target_are_its_own() -> None:
    shares = (Share(CITY, 30), Share(REGION, 50), Share(STATE, 20))
    group = ask(asked.SetTarget, target=Target(Aim.INTERIM, words("Riders"), shares=shares))
    told = story(propose_shared, group, accept, gone(REGION, facts(CITY), on=LATER))
    assert commitment(told).targets[0].shares == (Share(CITY, 80), Share(STATE, 20))


def test_parties_that_became_one_have_come_to_no_terms_with_one_another() -> None:
    pair = ask(
        asked.ProposeCommitment, owner=CITY, title=words("A tram"), description=words("A tram"),
        ends_on=propose_alone.ends_on, parties=(Party(REGION, Part.CO_OWNER),),
    )  # fmt: skip
    told = story(pair, accept)
    assert commitment(told).stage == "negotiated"
    assert commitment(told.after(gone(REGION, facts(CITY), on=LATER))).stage == "proposed"


# --- who stands next in line ---


def test_a_successor_that_is_no_more_itself_is_passed_over_for_its_own() -> None:
    line = (facts(VILLAGE, until=LATER), facts(REGION))
    story(*adopted_alone).when(gone(CITY, *line, on=LATER)).then(
        happened.PartySucceeded(CITY, REGION, Sphere.REGIONAL, LATER)
    )


def test_a_community_takes_part_and_never_comes_to_own() -> None:
    community = facts(VILLAGE, sphere=Sphere.COMMUNITY)
    story(*adopted).when(gone(CITY, community, on=LATER)).then(orphaned)
    story(*adopted).when(gone(REGION, community, on=LATER)).then(
        happened.PartySucceeded(REGION, VILLAGE, Sphere.COMMUNITY, LATER)
    )


def test_it_counts_from_the_day_the_unit_was_no_more() -> None:
    since = DAY + timedelta(days=10)
    found = story(*adopted_alone).when(gone(CITY, facts(VILLAGE), on=LATER, since=since))
    found.then(replace(handed_over, succeeded_on=since))


# --- nobody ---


def test_without_a_successor_it_is_orphaned_and_stands() -> None:
    told = story(*adopted)
    told.when(vanished).then(orphaned)
    after = told.after(vanished)
    assert commitment(after).stage == commitment(told).stage
    after.when(vanished).then_nothing_happens()
    after.when(report(10, REGION, LATER)).then(happened.ProgressReported(1, REGION, 10, words("Going on")))


def test_nothing_is_adopted_in_the_name_of_a_unit_that_is_no_more() -> None:
    adopt = ask(asked.AdoptCommitment, CITY, LATER)
    lost = story(*agreed, gone(REGION, on=LATER))
    refused = lost.when(adopt).then_refused("acceptance-missing")
    assert refused.facts == {"units": [REGION]}
    assert lost.after(gone(REGION, facts(VILLAGE), on=LATER)).when(adopt).refused is None, "somebody took its place"
    step = ask(asked.AddMilestone, STATE, milestone=replace(STEP, responsible=STATE))
    story(*agreed, step, gone(STATE, on=LATER)).when(adopt).then_refused("responsible-missing")
    alone = story(*agreed, gone(STATE, on=LATER)).when(adopt).events[0]
    assert alone.breadth == "shared", "of city and region still"


def test_somebody_takes_over_later_from_the_day_that_counts() -> None:
    told = story(*adopted_alone, vanished)
    named = replace(merged, today=merged.today + timedelta(days=60), effective_on=type(merged.effective_on)(
        LATER + timedelta(days=50)))  # fmt: skip
    told.when(named).then(replace(handed_over, succeeded_on=LATER + timedelta(days=50)))
    assert not any(party.orphaned for party in commitment(told.after(named)).parties)


def test_a_unit_that_is_there_again_answers_for_its_part_as_before() -> None:
    back = replace(merged, line=(facts(CITY),))
    story(*adopted_alone, vanished).when(back).then(happened.PartyRestored(CITY))
    story(*adopted_alone, vanished, back).when(report(10, CITY, LATER)).then(
        *story(*adopted_alone).when(report(10, CITY, LATER)).events
    )


# --- where it makes no sense ---


def test_nobody_stands_in_the_place_of_a_unit_that_is_there() -> None:
    told = story(*adopted_alone)
    told.when(replace(merged, line=(facts(CITY), facts(VILLAGE)))).then_refused("unit-alive")
    tomorrow = (facts(CITY, until=LATER + timedelta(days=1)), facts(VILLAGE))
    told.when(replace(merged, line=tomorrow)).then_refused("unit-alive")


def test_there_is_nothing_to_take_over_where_nothing_was_promised() -> None:
    story().when(merged).then_refused("no-commitment")
    story(*adopted).when(gone(INSTITUTE, facts(VILLAGE), on=LATER)).then_nothing_happens()
    declined = ask(asked.DeclineParticipation, REGION)
    story(propose_shared, declined).when(gone(REGION, facts(VILLAGE), on=LATER)).then_nothing_happens()
    left = ask(asked.WithdrawFromCommitment, REGION)
    story(*adopted, left).when(gone(REGION, facts(VILLAGE), on=LATER)).then_nothing_happens()


def test_what_has_ended_stays_with_those_who_promised_it() -> None:
    closed = ask(asked.CloseCommitment, outcome=Outcome.NOT_MET, level=Level.SELF_REPORTED)
    story(*adopted_alone, closed).when(merged).then_nothing_happens()
    story(*adopted_alone, closed).when(vanished).then_nothing_happens()


def test_the_former_unit_is_still_no_independent_assessor_of_the_successors_commitment() -> None:
    told = story(*adopted_alone, merged)
    judge = ask(asked.AssessCompletion, VILLAGE, LATER, completion=Completion.LIMITED, milestone=1)
    told.when(judge).then_refused("own-assessment")


def test_a_second_succession_hands_on_what_was_handed_over() -> None:
    told = story(*adopted_alone, merged, gone(VILLAGE, facts(REGION), on=LATER + timedelta(days=9)))
    assert commitment(told).owner == REGION
    assert {one.unit for one in commitment(told).deadlines} <= {REGION, None}
    assert add_milestone.milestone.responsible == CITY
    assert commitment(told).milestones[0].terms.responsible == REGION


# --- units that had ended before ---


def test_a_pledge_that_a_source_tells_of_a_unit_that_has_ended_since_is_the_successors() -> None:
    """The register hears of it after the abolition, from which nothing follows any more."""
    ended = facts(CITY, until=LATER)
    told = replace(from_source, today=Today(LATER), owner_facts=ended, line=(ended, facts(VILLAGE)))
    assert story().when(told).events[-1] == handed_over
    assert commitment(story(told)).owner == VILLAGE
    alone = replace(told, line=(ended,))
    assert story().when(alone).events[-1] == orphaned
    will_end = replace(told, today=Today(LATER - timedelta(days=1)))
    assert commitment(story(will_end)).owner == CITY


def test_nobody_is_invited_who_is_no_more_by_now() -> None:
    invite = ask(asked.AddParty, CITY, DAY, unit=VILLAGE, part=Part.SUPPORTER)
    late = replace(invite, unit_facts=facts(VILLAGE, until=LATER), today=Today(LATER))
    story(propose_alone).when(late).then_refused("unit-not-alive")
    gone_since = tuple(replace(one, alive_until=LATER) for one in propose_shared.units)
    story().when(replace(propose_shared, units=gone_since, today=Today(LATER))).then_refused("unit-not-alive")
