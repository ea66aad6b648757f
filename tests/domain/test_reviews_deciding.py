"""After scrutiny: maintained, amended, withdrawn; overridden; in court; reviewed anew."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from domain.kernel import EventName, ReviewFacts, ReviewId, Role, StreamId, Today, UnitId
from domain.subsidiarity import REVIEWS, review_facts
from domain.subsidiarity.reviews import commands as asked
from domain.subsidiarity.reviews import events as happened
from domain.subsidiarity.reviews.state import Absent
from domain.subsidiarity.reviews.words import AuthorKind, Body, Card, Claimant, Outcome, Stage
from tests.domain.review_stories import (
    CITY,
    COMMISSION,
    COMMITTEE,
    COUNCIL,
    COURT,
    EARLIER,
    HOUSE,
    OPENING,
    PARLIAMENT,
    SENATE,
    SMALL,
    STATE,
    STREAM,
    ask,
    close,
    facts,
    maintain,
    open_review,
    opened,
    orange,
    own_opinion,
    review,
    shipped,
    story,
    words,
    yellow,
)

LATER = date(2012, 10, 1)
amend = replace(maintain, outcome=Outcome.AMEND, summary=words("Without strikes"))
withdraw = replace(maintain, outcome=Outcome.WITHDRAW)
kept = (*orange, replace(maintain, opinion=own_opinion))


def vote(unit: UnitId, against: int, cast: int, members: int) -> asked.RecordOverrideVote:
    said = {"against": against, "cast": cast, "members": members}
    found = ask(asked.RecordOverrideVote, unit, LATER, **said)
    assert isinstance(found, asked.RecordOverrideVote)
    return found


def sue(unit: UnitId, **said: object) -> asked.RecordCourtAction:
    found = ask(asked.RecordCourtAction, unit, LATER, court=COURT, grounds=words("Why"), **said)
    assert isinstance(found, asked.RecordCourtAction)
    return found


# --- the author ---


def test_after_a_yellow_card_the_author_maintains_amends_or_withdraws_with_reasons() -> None:
    told = story(*yellow)
    told.when(maintain).then(happened.DraftMaintained(Card.YELLOW))
    told.when(amend).then(happened.DraftAmended(words("Without strikes"), widens=False))
    told.when(withdraw).then(happened.DraftWithdrawn(Card.YELLOW))
    assert REVIEWS.commands["decide"].reasons
    assert REVIEWS.commands["decide"].roles == (Role.AUTHORISED_SIGNATORY,)


def test_after_an_orange_card_who_maintains_gives_an_opinion_of_their_own() -> None:
    told = story(*orange)
    refused = told.when(maintain).then_refused("own-opinion-missing")
    assert refused.policy is not None
    assert (refused.policy.parameter, refused.policy.basis) == ("orange.own_opinion", "law")
    told.when(replace(maintain, opinion=own_opinion)).then(happened.DraftMaintained(Card.ORANGE, own_opinion))
    told.when(replace(maintain, policy=shipped(orange__own_opinion="no"))).then(happened.DraftMaintained(Card.ORANGE))
    assert told.when(amend).refused is None


def test_amending_says_what_is_amended() -> None:
    story(*yellow).when(replace(amend, summary=None)).then_refused("summary-missing")


def test_nothing_is_decided_while_the_clock_runs_but_a_withdrawal() -> None:
    early = replace(maintain, today=Today(LATER))
    story(*opened).when(early).then_refused("scrutiny-open")
    story(*opened).when(withdraw).then(happened.DraftWithdrawn(Card.NONE), happened.ScrutinyDeadlineVoided(1))
    story(open_review).when(withdraw).then(happened.DraftWithdrawn(Card.NONE))


def test_without_a_card_nothing_is_to_be_decided() -> None:
    story(*opened, close).when(maintain).then_refused("nothing-to-decide")
    assert story(*opened, close).when(withdraw).refused is None


def test_a_decision_is_made_once() -> None:
    story(*yellow, maintain).when(amend).then_refused("nothing-to-decide")
    story(*yellow, withdraw).when(withdraw).then_nothing_happens()
    story(*yellow, withdraw).when(amend).then_refused("draft-fallen")
    story(*yellow).when(replace(maintain, acting=facts(COMMISSION, until=date(2000, 1, 1)))).then_refused(
        "unit-not-alive"
    )


def test_each_author_of_a_group_may_speak_for_it() -> None:
    group = {"author": STATE, "author_kind": AuthorKind.MEMBER_STATES, "jointly": (COMMITTEE,)}
    state = story(ask(asked.OpenReview, STATE, **{**OPENING, **group})).state
    acting_for = REVIEWS.commands["decide"].acting_for
    assert callable(acting_for)
    assert acting_for(maintain, state) == {STATE, COMMITTEE}
    assert acting_for(maintain, Absent()) == frozenset()


# --- a draft that was widened ---

widen = replace(amend, widens=True)
follow = asked.RecordNewReview(
    review=EARLIER, review_facts=ReviewFacts(EARLIER, exists=True, follows=STREAM), stream=STREAM
)


def test_a_draft_that_was_widened_waits_for_its_new_review() -> None:
    told = story(*yellow, widen)
    found = review_facts(told.state, STREAM)
    assert (found.widened, found.author) == (True, COMMISSION)
    told.when(follow).then(happened.NewReviewOpened(EARLIER))
    told.after(follow).when(follow).then_nothing_happens()


def test_only_a_review_that_names_it_follows() -> None:
    story(*yellow, amend).when(follow).then_refused("nothing-to-follow")
    other = replace(follow, review_facts=replace(follow.review_facts, follows=None))
    story(*yellow, widen).when(other).then_refused("nothing-to-follow")
    second = replace(follow, review=ReviewId(StreamId(UUID(int=0xA2))))
    story(*yellow, widen, follow).when(second).then_refused("nothing-to-follow")
    assert not review_facts(Absent(), STREAM).exists


# --- those who adopt ---


@pytest.mark.parametrize(
    ("unit", "against", "cast", "members", "ends"),
    [
        (COUNCIL, 15, 27, 27, True),  # 55 % of 27 is 14.85
        (COUNCIL, 14, 27, 27, False),
        (COUNCIL, 11, 20, 20, True),  # exactly 55 %
        (PARLIAMENT, 301, 600, 705, True),
        (PARLIAMENT, 300, 600, 705, False),  # half is no majority
    ],
)
def test_a_vote_ends_a_draft_that_was_maintained_after_an_orange_card(
    unit: UnitId, against: int, cast: int, members: int, ends: bool
) -> None:
    told = story(*kept)
    body = Body.COUNCIL if unit == COUNCIL else Body.PARLIAMENT
    one = vote(unit, against, cast, members)
    told.when(one).then(happened.OverrideVoteRecorded(unit, body, against, cast, members, ends))
    assert review(told.after(one)).stage is (Stage.ENDED if ends else Stage.MAINTAINED)


def test_a_majority_of_members_counts_members() -> None:
    strict = shipped(override__parliament="majority_members")
    one = replace(vote(PARLIAMENT, 301, 600, 705), policy=strict)
    assert not story(*kept).when(one).events[0].ends
    assert story(*kept).when(replace(one, against=353)).events[0].ends


VOTED = EventName.at(STREAM, len(story(*kept).history) + 1)
"""The record of the first vote that follows."""


def after(name: EventName, by: int) -> EventName:
    return EventName.at(name.stream, name.version + by)


def test_wrong_figures_of_a_vote_are_corrected_also_after_the_draft_fell_by_them() -> None:
    fallen = story(*kept, vote(COUNCIL, 27, 27, 27))
    right = replace(vote(COUNCIL, 7, 27, 27), corrects=VOTED)
    stands = fallen.after(right)
    assert review(stands).stage is Stage.MAINTAINED
    stands.when(vote(COUNCIL, 7, 27, 27)).then_refused("voted-already")
    assert review(stands.after(vote(PARLIAMENT, 301, 600, 705))).stage is Stage.ENDED
    story(*kept).when(right).then_refused("nothing-to-correct")
    again = fallen.after(right).when(replace(right, against=8, corrects=after(VOTED, 1)))
    assert again.refused is None, "a correction is corrected in turn"


@pytest.mark.parametrize(
    "named", [after(VOTED, -1), after(VOTED, 1), EventName.at(STREAM, 1), EventName.at(EARLIER, VOTED.version)]
)
def test_what_is_corrected_is_the_record_of_that_body_s_own_vote(named: EventName) -> None:
    both = story(*kept, vote(COUNCIL, 7, 27, 27), vote(PARLIAMENT, 300, 600, 705))
    refused = both.when(replace(vote(COUNCIL, 8, 27, 27), corrects=named)).then_refused("no-such-vote")
    assert VOTED in refused.reason


def test_a_draft_that_another_body_let_fall_has_fallen_whatever_is_corrected() -> None:
    both = story(*kept, vote(COUNCIL, 7, 27, 27), vote(PARLIAMENT, 301, 600, 705))
    corrected = both.after(replace(vote(COUNCIL, 8, 27, 27), corrects=VOTED))
    assert review(corrected).stage is Stage.ENDED


def test_refused_override_votes() -> None:
    one = vote(COUNCIL, 10, 27, 27)
    story(*kept).when(vote(CITY, 1, 1, 1)).then_refused("not-a-legislator")
    story(*yellow, maintain).when(one).then_refused("no-override")
    story(*orange).when(one).then_refused("no-override")
    story(*kept, one).when(one).then_refused("voted-already")
    story(*kept).when(vote(COUNCIL, 28, 27, 27)).then_refused("votes-do-not-add-up")
    story(*kept).when(vote(COUNCIL, 1, 28, 27)).then_refused("votes-do-not-add-up")
    none = shipped(override__council="none")
    refused = story(*kept).when(replace(one, policy=none)).then_refused("no-override")
    assert refused.policy is not None
    story(*kept, vote(COUNCIL, 27, 27, 27)).when(vote(PARLIAMENT, 1, 1, 1)).then_refused("draft-fallen")


# --- in court ---


def test_states_chambers_through_them_and_a_body_that_must_be_consulted_go_to_court() -> None:
    told = story(*yellow, maintain)
    (by_state,) = told.when(sue(STATE)).events
    assert (by_state.claimant, by_state.case) == (Claimant.STATE, "C-1/13")
    (for_chamber,) = told.when(sue(STATE, chamber=HOUSE)).events
    assert (for_chamber.claimant, for_chamber.chamber) == (Claimant.CHAMBER_BY_STATE, HOUSE)
    (by_committee,) = told.when(sue(COMMITTEE)).events
    assert by_committee.claimant is Claimant.ADVISORY_BODY
    assert told.after(sue(STATE)).when(sue(COMMITTEE)).events[0].number == 2


def test_who_has_no_standing_is_refused() -> None:
    told = story(*yellow, maintain)
    refused = told.when(sue(CITY)).then_refused("no-standing")
    assert refused.policy is not None
    assert (refused.policy.parameter, refused.policy.basis) == ("court.claimants", "law")
    told.when(sue(SENATE)).then_refused("through-its-state")
    told.when(sue(STATE, chamber=CITY)).then_refused("not-on-the-roll")
    told.when(sue(STATE, chamber=SMALL)).then_refused("other-states-chamber")
    not_consulted = ask(asked.OpenReview, **{**OPENING, "must_consult": ()})
    plain = story(not_consulted, *yellow[1:], maintain)
    plain.when(sue(COMMITTEE)).then_refused("no-standing")
    only_states = shipped(court__claimants="state")
    told.when(replace(sue(COMMITTEE), policy=only_states)).then_refused("no-standing")


def test_a_court_hears_of_adopted_acts() -> None:
    story(*opened).when(sue(STATE)).then_refused("not-adopted-yet")
    story(*yellow).when(sue(STATE)).then_refused("not-adopted-yet")
    story(*yellow, withdraw).when(sue(STATE)).then_refused("draft-fallen")
    assert story(*opened, close).when(sue(STATE)).refused is None, "no card, and adopted"
