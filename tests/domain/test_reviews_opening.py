"""A review begins: who drafts, who votes, what a draft says of itself, and which law governs."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from domain.kernel import PartialDate, ReviewFacts, Today, UnitId
from domain.subsidiarity.reviews import commands as asked
from domain.subsidiarity.reviews import events as happened
from domain.subsidiarity.reviews.words import AuthorKind, Body, Card, Competence, Legislator, Needed, Seat, SeatKind
from tests.domain.review_stories import (
    BODIES,
    CITY,
    COMMISSION,
    COMMITTEE,
    COUNCIL,
    DAY,
    DRAFT,
    EARLIER,
    HOUSE,
    LEAGUE,
    OPENING,
    REGION,
    ROLL,
    SENATE,
    SMALL,
    STATE,
    STATEMENT,
    UNION,
    amended,
    ask,
    close,
    facts,
    open_review,
    opened,
    review,
    shipped,
    story,
    transmit,
    words,
)


def opening(**said: object) -> asked.OpenReview:
    found = ask(asked.OpenReview, **{**OPENING, **said})
    assert isinstance(found, asked.OpenReview)
    return found


def test_a_review_freezes_the_roll_with_its_votes_and_the_policy_that_governs_it() -> None:
    found = review(story(open_review))
    assert found.total == 54
    assert found.policy == "scrutiny/EU@1"
    votes = {one.unit: one.votes for one in found.roll}
    assert (votes[SMALL], votes[SENATE], votes[HOUSE]) == (2, 1, 1)


def test_what_is_opened_is_recorded_whole() -> None:
    outcome = story().when(open_review)
    first, second = outcome.events
    assert isinstance(first, happened.ReviewOpened)
    assert (first.draft, first.opened_on, first.legislators) == (DRAFT, DAY, BODIES)
    assert first.needed == (Needed(Card.YELLOW, 18), Needed(Card.ORANGE, 28))
    assert second == happened.JustificationAttached(1, STATEMENT)


def test_a_review_is_opened_once() -> None:
    story(open_review).when(open_review).then_refused("review-exists")


def test_the_membership_of_the_day_counts() -> None:
    """54 votes until June 2013, 56 with Croatia, 54 again without the United Kingdom."""
    croatia = Seat(COUNCIL, SeatKind.UNICAMERAL)
    more = opening(roll=(*ROLL, croatia), rules=(amended(2),))
    voters = (*more.voters[:-1], replace(facts(STATE), id=COUNCIL))
    assert review(story(replace(more, voters=voters))).total == 56
    refused = story().when(opening(rules=(amended(2),))).then_refused("roll-incomplete")
    assert refused.policy is not None
    assert (refused.policy.policy, refused.policy.parameter) == ("scrutiny/EU@2", "votes.total")
    assert review(story(opening(rules=(amended(4),)))).total == 54


def test_a_roll_that_lacks_a_chamber_is_refused() -> None:
    refused = story().when(opening(roll=ROLL[1:])).then_refused("roll-incomplete")
    assert refused.facts == {"total": 52}


def test_each_body_is_on_the_roll_once() -> None:
    story().when(opening(roll=(*ROLL, ROLL[0]))).then_refused("seat-repeated")


def test_nobody_votes_on_their_own_draft() -> None:
    story().when(opening(author=SENATE)).then_refused("author-on-the-roll")
    group = opening(author=STATE, author_kind=AuthorKind.MEMBER_STATES, jointly=(SENATE,))
    story().when(group).then_refused("author-on-the-roll")


def test_a_seat_belongs_to_its_sphere() -> None:
    story().when(opening(roll=(*ROLL, Seat(CITY, SeatKind.CHAMBER)))).then_refused(
        "seat-of-other-sphere", f"roll.{len(ROLL)}.kind"
    )


def test_a_regional_parliament_has_no_vote_under_protocol_2() -> None:
    refused = story().when(opening(roll=(*ROLL, Seat(REGION, SeatKind.REGIONAL)))).then_refused("seat-without-vote")
    assert refused.policy is not None
    assert (refused.policy.parameter, refused.policy.basis) == ("votes.regional", "law")


@pytest.mark.parametrize("kind", list(AuthorKind)[:6])
def test_six_authors_draft_for_the_union(kind: AuthorKind) -> None:
    others = (STATE,) if kind is AuthorKind.MEMBER_STATES else ()
    assert story().when(opening(author_kind=kind, jointly=others)).refused is None


@pytest.mark.parametrize("kind", list(AuthorKind)[6:])
def test_nobody_else_does(kind: AuthorKind) -> None:
    refused = story().when(opening(author_kind=kind)).then_refused("not-an-author")
    assert refused.policy is not None
    assert refused.policy.parameter == "authors"


def test_a_group_of_states_is_more_than_one() -> None:
    alone = opening(author=STATE, author_kind=AuthorKind.MEMBER_STATES)
    story().when(alone).then_refused("one-state-no-group")
    twice = opening(author=STATE, author_kind=AuthorKind.MEMBER_STATES, jointly=(STATE,))
    story().when(twice).then_refused("author-repeated")


def test_exclusive_competence_is_not_reviewed() -> None:
    refused = story().when(opening(competence=Competence.EXCLUSIVE)).then_refused("exclusive-competence")
    assert refused.policy is not None
    assert refused.policy.citation == "unread: TEU, art. 5(3)"
    reviewed = shipped(exclusive_competence="review")
    assert story().when(opening(competence=Competence.EXCLUSIVE, rules=(reviewed,))).refused is None


def test_where_no_policy_says_how_nothing_is_scrutinised() -> None:
    story().when(opening(rules=())).then_refused("no-scrutiny-policy")


def test_units_exist_on_that_day() -> None:
    gone = date(2010, 1, 1)
    story().when(opening(author_facts=facts(COMMISSION, until=gone))).then_refused("unit-not-alive")
    story().when(opening(polity_facts=facts(UNION, until=gone))).then_refused("unit-not-alive")
    dead = (facts(ROLL[0].unit, until=gone), *open_review.voters[1:])
    story().when(opening(voters=dead)).then_refused("unit-not-alive", "roll.0.unit")
    story().when(opening(advisers=(facts(COMMITTEE, until=gone),))).then_refused("unit-not-alive", "must_consult.0")
    unknown = facts(UnitId(UUID(int=0xDEAD)))
    story().when(opening(author_facts=unknown)).then_refused("unit-unknown")


def test_what_is_to_come_cannot_be_recorded() -> None:
    tomorrow = opening(effective_on=PartialDate("2012-03-22"))
    story().when(tomorrow).then_refused("in-the-future")
    story().when(opening(effective_on=PartialDate("9001"), today=Today(DAY))).then_refused("date-too-far")


def test_languages_and_legislators_are_named_once() -> None:
    story().when(opening(languages=("en", "en"))).then_refused("language-repeated")
    story().when(opening(legislators=(BODIES[0], BODIES[0]))).then_refused("legislator-repeated")
    two = (BODIES[0], Legislator(LEAGUE, Body.COUNCIL))
    story().when(opening(legislators=two)).then_refused("legislator-repeated")


# --- the detailed statement ---

attach = ask(asked.AttachJustification, justification=STATEMENT)
no_statement = opening(justification=None)


def test_nothing_is_sent_without_the_detailed_statement() -> None:
    refused = story(no_statement).when(transmit).then_refused("justification-missing")
    assert refused.policy is not None
    assert refused.policy.parameter == "justification"
    story(no_statement).when(attach).then(happened.JustificationAttached(1, STATEMENT))
    assert story(no_statement, attach).when(transmit).refused is None
    story(open_review).when(attach).then(happened.JustificationAttached(2, STATEMENT))


def test_where_it_is_optional_a_draft_is_sent_without() -> None:
    assert story(no_statement).when(replace(transmit, policy=shipped(justification="optional"))).refused is None


def test_only_exceptional_urgency_with_reasons_excuses_from_consulting() -> None:
    unheard = replace(STATEMENT, consulted=None)
    story().when(opening(justification=unheard)).then_refused("consultation-missing")
    story(no_statement).when(replace(attach, justification=unheard)).then_refused("consultation-missing")
    urgent = opening(justification=unheard, urgent=words("The border is closed"))
    assert story().when(urgent).refused is None
    assert story(opening(justification=None, urgent=words("Now"))).when(replace(attach, justification=unheard)).events


def test_after_scrutiny_a_statement_comes_too_late() -> None:
    late = ask(asked.AttachJustification, COMMISSION, date(2012, 6, 1), justification=STATEMENT)
    story(*opened, close).when(late).then_refused("scrutiny-closed")


# --- a draft that was widened ---

widened = ReviewFacts(EARLIER, exists=True, author=COMMISSION, polity=UNION, widened=True)


def test_a_widened_draft_is_reviewed_anew() -> None:
    outcome = story().when(opening(follows=EARLIER, followed=widened))
    assert outcome.events[0].follows == EARLIER


@pytest.mark.parametrize(
    ("before", "code"),
    [
        (replace(widened, exists=False), "nothing-to-follow"),
        (replace(widened, widened=False), "nothing-to-follow"),
        (replace(widened, author=STATE), "other-draft"),
        (replace(widened, polity=STATE), "other-draft"),
    ],
)
def test_it_follows_a_review_of_the_same_draft(before: ReviewFacts, code: str) -> None:
    story().when(opening(follows=EARLIER, followed=before)).then_refused(code)
