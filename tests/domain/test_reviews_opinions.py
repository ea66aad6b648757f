"""Opinions and contributions, and the cards that votes bring and lose."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.kernel import PartialDate, Role, Today, UnitId
from domain.subsidiarity import REVIEWS
from domain.subsidiarity.reviews import commands as asked
from domain.subsidiarity.reviews import events as happened
from domain.subsidiarity.reviews.protocol import fraction, least, thresholds, votes_of
from domain.subsidiarity.reviews.words import (
    Area,
    AuthorKind,
    Card,
    Due,
    Ground,
    Outcome,
    Procedure,
    Seat,
    SeatKind,
    Tally,
)
from tests.domain.review_stories import (
    CITY,
    COMMISSION,
    DAY,
    HOUSE,
    LAST,
    LEAGUE,
    OPENING,
    OTHERS,
    REGION,
    SENATE,
    SMALL,
    STATE,
    ask,
    close,
    facts,
    open_review,
    opened,
    opine,
    opinions,
    passes,
    review,
    shipped,
    story,
    transmit,
    withdraw_opinion,
    words,
)

contribute = ask(asked.SubmitContribution, CITY, unit=CITY, reasons=words("Ask us"), to=SENATE)
AFTER = LAST + timedelta(days=1)


def opinion(chamber: UnitId, votes: int, *grounds: Ground) -> happened.ReasonedOpinionSubmitted:
    return happened.ReasonedOpinionSubmitted(
        chamber=chamber, votes=votes, grounds=grounds or (Ground.NECESSITY,), reasons=words("Why")
    )


# --- opinions ---


def test_a_chamber_has_one_vote_and_a_parliament_of_one_chamber_two() -> None:
    story(*opened).when(opine(SENATE)).then(opinion(SENATE, 1))
    story(*opened).when(opine(SMALL)).then(opinion(SMALL, 2))


def test_the_clerk_of_the_chamber_gives_it() -> None:
    by = REVIEWS.commands["submit-opinion"]
    assert by.acting_for == "chamber"
    assert Role.PARLIAMENT_CLERK in by.roles
    assert Role.LIAISON_OFFICER not in by.roles


def test_who_is_not_on_the_roll_has_no_opinion_to_give() -> None:
    story(*opened).when(opine(CITY)).then_refused("not-on-the-roll")


def test_a_body_gives_one_opinion() -> None:
    story(*opened, opine(SENATE)).when(opine(SENATE)).then_refused("opinion-given")
    late = opine(SENATE, AFTER)
    story(*opened, late).when(late).then_refused("opinion-given")


def test_who_withdrew_a_wrong_opinion_gives_another_one_while_the_clock_runs() -> None:
    withdrawn = story(*opened, opine(SENATE), withdraw_opinion(SENATE))
    again = withdrawn.after(opine(SENATE))
    assert review(again).votes == review(story(*opened, opine(SENATE))).votes
    again.when(opine(SENATE)).then_refused("opinion-given")
    again.after(withdraw_opinion(SENATE)).when(withdraw_opinion(SENATE)).then_refused("withdrawn-already")
    withdrawn.when(opine(SENATE, AFTER)).then_refused("opinion-given")
    withdrawn.after(close).when(opine(SENATE, AFTER)).then_refused("opinion-given")


def test_an_opinion_on_other_grounds_is_heard_as_a_contribution() -> None:
    """And leaves the body free to give its opinion on subsidiarity."""
    on_merits = opine(SENATE, grounds=(Ground.MERITS, Ground.PROPORTIONALITY))
    told = story(*opened)
    (event,) = told.when(on_merits).events
    assert isinstance(event, happened.ContributionSubmitted)
    assert (event.unit, event.grounds) == (SENATE, (Ground.MERITS, Ground.PROPORTIONALITY))
    assert review(told.after(on_merits)).votes == 0
    assert told.after(on_merits).when(opine(SENATE)).refused is None


def test_an_opinion_may_come_before_the_last_language_version() -> None:
    story(open_review).when(opine(SENATE)).then(opinion(SENATE, 1))


def test_an_opinion_on_the_last_day_counts_and_one_on_the_next_is_kept_and_not_counted() -> None:
    told = story(*opened)
    told.when(opine(SENATE, LAST)).then(opinion(SENATE, 1))
    told.when(opine(SENATE, AFTER)).then(
        happened.OpinionReceivedLate(chamber=SENATE, votes=1, grounds=(Ground.NECESSITY,), reasons=words("Why"))
    )
    assert review(told.after(opine(SENATE, AFTER))).votes == 0


def test_once_scrutiny_is_closed_every_opinion_is_late() -> None:
    backdated = replace(opine(SENATE, AFTER), effective_on=PartialDate(LAST))
    (event,) = story(*opened, close).when(backdated).events
    assert isinstance(event, happened.OpinionReceivedLate)


def test_nobody_opines_on_a_draft_that_has_fallen() -> None:
    gone = ask(asked.DecideAfterReview, COMMISSION, outcome=Outcome.WITHDRAW)
    told = story(*opened, gone)
    told.when(opine(SENATE)).then_refused("draft-fallen")
    told.when(contribute).then_refused("draft-fallen")


def test_a_unit_that_is_no_more_gives_no_opinion() -> None:
    gone = facts(SENATE, until=date(2010, 1, 1))
    story(*opened).when(replace(opine(SENATE), acting=gone)).then_refused("unit-not-alive")
    story(*opened).when(opine(SENATE, DAY - timedelta(days=1))).then_refused("before-opening")


# --- contributions ---


def test_a_contribution_has_no_vote() -> None:
    told = story(*opened)
    (event,) = told.when(contribute).events
    assert (event.unit, event.to, event.number) == (CITY, SENATE, 1)
    assert review(told.after(contribute)).votes == 0
    told.when(replace(contribute, to=REGION)).then_refused("not-on-the-roll")
    assert told.after(contribute).when(contribute).events[0].number == 2


# --- thresholds ---


@pytest.mark.parametrize(
    ("share", "test", "total", "votes"),
    [
        ("1/3", "at_least", 54, 18),
        ("1/3", "at_least", 56, 19),
        ("1/4", "at_least", 54, 14),
        ("1/2", "more_than", 54, 28),
        ("1/2", "more_than", 55, 28),
        ("0", "at_least", 7, 1),
        ("1", "at_least", 7, 7),
    ],
)
def test_the_smallest_number_that_suffices(share: str, test: str, total: int, votes: int) -> None:
    assert least(fraction(share), test, total) == votes


def test_which_cards_there_are_follows_from_area_and_procedure() -> None:
    policy = shipped()
    assert thresholds(policy, Area.GENERAL, Procedure.ORDINARY, 54) == {Card.YELLOW: 18, Card.ORANGE: 28}
    assert thresholds(policy, Area.GENERAL, Procedure.SPECIAL, 54) == {Card.YELLOW: 18}
    assert thresholds(policy, Area.AFSJ_ART76, Procedure.SPECIAL, 54) == {Card.YELLOW: 14}
    assert thresholds(shipped("FR"), Area.AFSJ_ART76, Procedure.ORDINARY, 1) == {Card.YELLOW: 1}


def test_the_card_falls_with_the_very_opinion_that_brings_it() -> None:
    told = story(*opened, *opinions(16))
    told.when(opine(SENATE)).then(opinion(SENATE, 1))
    told.after(opine(SENATE)).when(opine(HOUSE)).then(
        opinion(HOUSE, 1), happened.ThresholdReached(Card.YELLOW, 18, 54, 18)
    )
    story(*opened, *opinions(18)).when(opine(SENATE)).then(opinion(SENATE, 1))


def test_an_orange_card_takes_more_than_half() -> None:
    told = story(*opened, *opinions(26))
    told.when(opine(SENATE)).then(opinion(SENATE, 1))
    told.when(opine(SMALL)).then(opinion(SMALL, 2), happened.ThresholdReached(Card.ORANGE, 28, 54, 28))


def test_there_is_no_orange_card_outside_the_listed_procedures() -> None:
    special = ask(asked.OpenReview, **{**OPENING, "procedure": Procedure.SPECIAL})
    told = story(special, transmit, *opinions(26))
    told.when(opine(SMALL)).then(opinion(SMALL, 2))
    assert review(told).card is Card.YELLOW


def test_police_and_justice_need_a_quarter() -> None:
    justice = ask(asked.OpenReview, **{**OPENING, "area": Area.AFSJ_ART76, "procedure": Procedure.SPECIAL})
    told = story(justice, transmit, *opinions(12))
    told.when(opine(SMALL)).then(opinion(SMALL, 2), happened.ThresholdReached(Card.YELLOW, 14, 54, 14))


def test_one_opinion_may_bring_both_cards() -> None:
    roll = (Seat(SMALL, SeatKind.UNICAMERAL), Seat(SENATE, SeatKind.CHAMBER))
    small = ask(asked.OpenReview, **{**OPENING, "roll": roll}, rules=(shipped(votes__total="none"),))
    story(small, transmit).when(opine(SMALL)).then(
        opinion(SMALL, 2),
        happened.ThresholdReached(Card.YELLOW, 2, 3, 1),
        happened.ThresholdReached(Card.ORANGE, 2, 3, 2),
    )


# --- withdrawing ---


def test_an_opinion_withdrawn_while_the_clock_runs_may_lose_the_card() -> None:
    told = story(*opened, *opinions(18))
    told.when(withdraw_opinion(OTHERS[0])).then(
        happened.OpinionWithdrawn(OTHERS[0], 2), happened.ThresholdLost(Card.YELLOW, 16, 54, 18)
    )
    lost = told.after(withdraw_opinion(OTHERS[0]))
    assert review(lost).card is Card.NONE
    lost.when(opine(SMALL)).then(opinion(SMALL, 2), happened.ThresholdReached(Card.YELLOW, 18, 54, 18))


def test_an_orange_card_that_is_lost_leaves_the_yellow_one() -> None:
    told = story(*opened, *opinions(28), withdraw_opinion(OTHERS[0]))
    assert review(told).card is Card.YELLOW
    told.when(opine(SMALL)).then(opinion(SMALL, 2), happened.ThresholdReached(Card.ORANGE, 28, 54, 28))


def test_enough_opinions_keep_the_card() -> None:
    told = story(*opened, *opinions(20))
    told.when(withdraw_opinion(OTHERS[0])).then(happened.OpinionWithdrawn(OTHERS[0], 2))


def test_refused_withdrawals() -> None:
    told = story(*opened, opine(SENATE))
    told.when(withdraw_opinion(HOUSE)).then_refused("no-such-opinion")
    told.after(withdraw_opinion(SENATE)).when(withdraw_opinion(SENATE)).then_refused("withdrawn-already")
    told.when(withdraw_opinion(SENATE, AFTER)).then_refused("deadline-passed")
    told.after(close).when(withdraw_opinion(SENATE, AFTER)).then_refused("scrutiny-closed")
    assert REVIEWS.commands["withdraw-opinion"].reasons


# --- a state is a configuration ---


def test_belgium_one_parliament_by_three_quarters_brings_a_standstill_of_sixty_days() -> None:
    policy = shipped("BE")
    roll = (Seat(HOUSE, SeatKind.CHAMBER), Seat(REGION, SeatKind.REGIONAL))
    begin = {
        "polity": STATE, "author": STATE, "author_kind": AuthorKind.GOVERNMENT, "roll": roll, "justification": None,
    }  # fmt: skip
    draft = ask(asked.OpenReview, STATE, **{**OPENING, **begin}, rules=(policy,))
    sent = replace(transmit, policy=policy, acting=facts(STATE))
    told = story(draft, sent)
    assert review(told).deadlines[0].due_on == date(2012, 4, 20), "thirty days"
    refused = told.when(opine(REGION, policy=policy)).then_refused("tally-missing")
    assert refused.policy is not None
    assert (refused.policy.policy, refused.policy.basis) == ("scrutiny/BE@1", "default")
    told.when(opine(REGION, policy=policy, tally=Tally(74, 100))).then_refused("majority-too-small")
    told.when(opine(REGION, policy=policy, tally=Tally(101, 100))).then_refused("more-than-cast")
    enough = opine(REGION, policy=policy, tally=Tally(75, 100))
    _, card, waits = told.when(enough).events
    assert card == happened.ThresholdReached(Card.YELLOW, 1, 2, 1)
    assert waits == happened.ScrutinyDeadlineSet(
        2, Due.STANDSTILL, DAY, date(2012, 5, 21), "scrutiny/BE@1", "test", STATE
    )
    back = replace(withdraw_opinion(REGION), policy=policy)
    told.after(enough).when(back).then(
        happened.OpinionWithdrawn(REGION, 1),
        happened.ThresholdLost(Card.YELLOW, 0, 2, 1),
        happened.ScrutinyDeadlineVoided(2),
    )
    closed = told.after(enough, passes(1, date(2012, 4, 21)))
    maintain = ask(asked.DecideAfterReview, STATE, date(2012, 5, 21), outcome=Outcome.MAINTAIN, policy=policy)
    waiting = closed.when(maintain).then_refused("standstill")
    assert waiting.policy is not None
    assert waiting.policy.parameter == "standstill_days"
    over = closed.after(passes(2, date(2012, 5, 22)))
    later = replace(maintain, effective_on=PartialDate("2012-05-22"), today=Today(date(2012, 5, 22)))
    over.when(later).then(happened.DraftMaintained(Card.YELLOW))
    closed.when(replace(maintain, outcome=Outcome.WITHDRAW)).then(
        happened.DraftWithdrawn(Card.YELLOW), happened.ScrutinyDeadlineVoided(2)
    )


@pytest.mark.parametrize(
    ("place", "seat", "unit", "end"),
    [
        ("DE-NW", SeatKind.ASSOCIATION, LEAGUE, date(2012, 4, 18)),
        ("FR", SeatKind.ASSOCIATION, LEAGUE, date(2012, 5, 2)),
        ("IT", SeatKind.REGIONAL, REGION, date(2012, 4, 10)),
    ],
)
def test_a_federal_a_unitary_and_a_quasi_federal_state(place: str, seat: SeatKind, unit: UnitId, end: date) -> None:
    policy = shipped(place)
    begin = {
        "polity": STATE, "author": STATE, "author_kind": AuthorKind.GOVERNMENT, "roll": (Seat(unit, seat),),
    }  # fmt: skip
    draft = ask(asked.OpenReview, STATE, **{**OPENING, **begin}, rules=(policy,))
    told = story(draft, replace(transmit, policy=policy))
    assert votes_of(seat, policy) == 1
    assert review(told).deadlines[0].due_on == end
    (_, card) = told.when(opine(unit, policy=policy)).events
    assert card == happened.ThresholdReached(Card.YELLOW, 1, 1, 1)


def test_italian_regions_speak_by_a_majority() -> None:
    assert thresholds(shipped("IT"), Area.GENERAL, Procedure.ORDINARY, 20) == {Card.YELLOW: 11}
