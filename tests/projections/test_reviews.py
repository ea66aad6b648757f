"""The views of reviews and opinions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings

from domain.deadlines import Standing
from domain.kernel import EventName, Today
from domain.subsidiarity import REVIEWS as CONTEXT
from domain.subsidiarity.reviews import commands as asked
from domain.subsidiarity.reviews.state import Review
from domain.subsidiarity.reviews.words import BEFORE_CLOSING, Card, Due, Ground, Outcome, Stage
from projections.opinions import OPINIONS, Heard, OpinionRow
from projections.review_row import Clock, ReviewRow, Turn
from projections.reviews import REVIEWS, days_left
from projections.things import Thing
from tests.domain.moves import Move
from tests.domain.review_stories import (
    CITY,
    COMMISSION,
    COUNCIL,
    DAY,
    EARLIER,
    HOUSE,
    LAST,
    OTHERS,
    PARLIAMENT,
    SENATE,
    STREAM,
    ask,
    close,
    histories,
    maintain,
    open_review,
    opened,
    opine,
    opinions,
    orange,
    own_opinion,
    story,
    transmit,
    withdraw_opinion,
    words,
    yellow,
)
from tests.domain.scenario import scenario
from tests.projections.telling import Told


def told(*commands: Any, because: str = "as told") -> Told:
    """The views after these commands, each recorded on the day on which it was given."""
    telling, at = Told((REVIEWS, OPINIONS)), scenario(CONTEXT)
    for command in commands:
        outcome = at.when(command)
        assert outcome.refused is None, outcome.refused
        acting = getattr(command, "acting", None) or getattr(command, "author_facts", None)
        telling.tell(STREAM, *outcome.events, on=command.today, by=acting.id if acting else None, because=because)
        at = at.given(*outcome.events)
    return telling


def row(telling: Told) -> ReviewRow:
    found = telling.one("reviews", str(STREAM))
    assert isinstance(found, ReviewRow)
    return found


def opinion(telling: Told, key: object) -> OpinionRow:
    found = telling.one("opinions", f"{STREAM}/{key}")
    assert isinstance(found, OpinionRow)
    return found


def turns(telling: Told) -> Sequence[tuple[str, object]]:
    return [(one.turn, one.unit) for one in row(telling).matters]


def test_a_review_shows_roll_total_and_what_brings_a_card() -> None:
    found = row(told(open_review))
    assert (found.name, found.reference) == ("The right to take collective action", "COM(2012) 130")
    assert (found.total, found.needed_yellow, found.needed_orange, len(found.roll)) == (54, 18, 28, 28)
    assert (found.state, found.clock, found.card) == (Stage.OPENED, Clock.NOT_STARTED, Card.NONE)
    assert found.justified
    assert turns(told(open_review)) == [(Turn.COMPLETE_TRANSMISSION, COMMISSION)]
    bare = told(replace(open_review, justification=None))
    assert turns(bare) == [(Turn.ATTACH_JUSTIFICATION, COMMISSION)]


def test_the_clock_and_the_days_that_are_left() -> None:
    telling = told(*opened)
    found = row(telling)
    assert (found.clock, found.starts_on, found.due_on, found.calendar) == (Clock.RUNNING, DAY, LAST, "test")
    assert [days_left(found, day) for day in (DAY, LAST, LAST + timedelta(days=1))] == [56, 0, -1]
    assert [(one.kind, one.due_on, one.unit) for one in found.owed] == [(Due.SCRUTINY, LAST, None)]
    assert turns(telling) == []


def test_a_clock_that_stands_still_says_why_and_keeps_its_days() -> None:
    stop = ask(asked.SuspendClock, COMMISSION, date(2012, 4, 2))
    found = row(told(*opened, stop, because="The annex was missing"))
    assert (found.clock, found.clock_because) == (Clock.SUSPENDED, "The annex was missing")
    assert days_left(found, date(2012, 7, 1)) == days_left(found, date(2012, 4, 2)) == 44
    go = ask(asked.ResumeClock, COMMISSION, date(2012, 4, 11))
    again = row(told(*opened, stop, go))
    assert (again.clock, again.suspended_on) == (Clock.RUNNING, None)
    assert (again.due_on, again.first_due_on) == (LAST + timedelta(days=9), LAST)
    assert again.owed[0].due_on == again.due_on
    assert days_left(again, date(2012, 4, 11)) == 44


def test_the_card_and_the_very_opinion_that_brought_it() -> None:
    telling = told(*opened, *opinions(16), opine(SENATE), opine(HOUSE), opine(OTHERS[20]))
    found = row(telling)
    assert (found.votes, found.opinions, found.card, found.card_brought_by) == (20, 11, Card.YELLOW, HOUSE)
    assert [one.unit for one in telling.all("opinions") if one.brought is Card.YELLOW] == [HOUSE]
    assert opinion(telling, SENATE).votes == 1


def test_a_late_opinion_is_shown_and_counts_nothing() -> None:
    telling = told(*opened, opine(SENATE, LAST + timedelta(days=1)))
    found = opinion(telling, SENATE)
    assert (found.kind, found.votes, found.grounds) == (Heard.LATE, 0, (Ground.NECESSITY,))
    assert (row(telling).votes, row(telling).late, row(telling).opinions) == (0, 1, 0)


def test_a_contribution_is_shown_and_counts_nothing() -> None:
    contribute = ask(asked.SubmitContribution, CITY, unit=CITY, reasons=words("Ask us"), to=SENATE)
    telling = told(*opened, contribute)
    found = opinion(telling, "contribution-1")
    assert (found.kind, found.unit, found.to, found.votes) == (Heard.CONTRIBUTION, CITY, SENATE, 0)
    assert row(telling).contributions == 1
    assert row(telling).heard(CITY) == DAY
    assert row(telling).heard(SENATE) is None


def test_a_withdrawn_opinion_loses_the_card_and_says_why() -> None:
    telling = told(*opened, *opinions(18), withdraw_opinion(OTHERS[8]), because="The House was misled")
    assert (row(telling).votes, row(telling).card, row(telling).card_brought_by) == (16, Card.NONE, None)
    found = opinion(telling, OTHERS[8])
    assert (found.kind, found.votes, found.brought) == (Heard.WITHDRAWN, 0, Card.NONE)
    assert found.withdrawn_because == "The House was misled"


def test_after_a_card_it_is_the_authors_turn() -> None:
    telling = told(*yellow)
    assert (row(telling).state, row(telling).clock) == (Stage.UNDER_REVIEW, Clock.RAN_OUT)
    assert turns(telling) == [(Turn.DECIDE, COMMISSION)]
    assert row(telling).owed == ()
    assert days_left(row(telling), LAST) is None
    assert turns(told(*opened, close)) == []


def test_what_the_author_decides_with_its_reasons() -> None:
    withdrawn = replace(maintain, outcome=Outcome.WITHDRAW)
    found = row(told(*yellow, withdrawn, because="It divides"))
    assert (found.state, found.decision, found.because) == (Stage.WITHDRAWN, Outcome.WITHDRAW, "It divides")
    assert found.matters == ()
    amended = replace(maintain, outcome=Outcome.AMEND, summary=words("Less"))
    assert row(told(*yellow, amended)).amended == words("Less")


def test_those_who_adopt_vote_after_an_orange_card() -> None:
    kept = told(*orange, replace(maintain, opinion=own_opinion))
    assert row(kept).own_opinion == own_opinion.reasons
    assert turns(kept) == [(Turn.RECORD_OVERRIDE_VOTE, COUNCIL), (Turn.RECORD_OVERRIDE_VOTE, PARLIAMENT)]
    vote = ask(asked.RecordOverrideVote, COUNCIL, date(2012, 10, 1), against=10, cast=27, members=27)
    failed = told(*orange, replace(maintain, opinion=own_opinion), vote)
    assert turns(failed) == [(Turn.RECORD_OVERRIDE_VOTE, PARLIAMENT)]
    ended = row(told(*orange, replace(maintain, opinion=own_opinion), replace(vote, against=20)))
    assert (ended.state, ended.overrides[0].ends, ended.matters) == (Stage.ENDED, True, ())


def test_a_draft_that_fell_by_wrong_figures_stands_again_and_the_others_may_vote() -> None:
    vote = ask(asked.RecordOverrideVote, COUNCIL, date(2012, 10, 1), against=20, cast=27, members=27)
    fallen = (*orange, replace(maintain, opinion=own_opinion), vote)
    right = replace(vote, against=10, corrects=EventName.at(STREAM, len(story(*fallen).history)))
    telling = told(*fallen, right)
    found = row(telling)
    assert (found.state, [one.against for one in found.overrides]) == (Stage.MAINTAINED, [10])
    assert turns(telling) == [(Turn.RECORD_OVERRIDE_VOTE, PARLIAMENT)]


def test_a_late_opinion_that_is_withdrawn_takes_no_votes_with_it() -> None:
    """The clock is found to have stood still by then: it is withdrawn, and given anew."""
    withdrawn = (*opened, opine(HOUSE), opine(SENATE, LAST + timedelta(days=1)), withdraw_opinion(SENATE))
    telling = told(*withdrawn)
    assert (row(telling).votes, row(telling).opinions, row(telling).late) == (1, 1, 0)
    again = told(*withdrawn, opine(SENATE))
    assert (row(again).votes, row(again).opinions, row(again).late) == (2, 2, 0)


def test_another_opinion_counts_in_the_place_of_one_that_was_withdrawn() -> None:
    telling = told(*opened, opine(SENATE), withdraw_opinion(SENATE), opine(SENATE))
    assert (row(telling).votes, row(telling).opinions) == (1, 1)


def test_a_widened_draft_waits_for_its_new_review() -> None:
    from domain.kernel import ReviewFacts

    widen = replace(maintain, outcome=Outcome.AMEND, summary=words("More"), widens=True)
    assert turns(told(*yellow, widen)) == [(Turn.OPEN, COMMISSION)]
    telling = told(*yellow, widen)
    follow = asked.RecordNewReview(
        review=EARLIER, review_facts=ReviewFacts(EARLIER, exists=True, follows=STREAM), stream=STREAM
    )
    state = scenario(CONTEXT).after(*yellow, widen).when(follow)
    telling.tell(STREAM, *state.events, on=date(2012, 10, 1), by=None)
    assert (turns(telling), row(telling).followed_by) == ([], EARLIER)


def test_what_precedes_the_opening_in_law_leaves_no_row() -> None:
    earlier = Told((REVIEWS,))
    events = scenario(CONTEXT).after(open_review).when(transmit).events
    assert earlier.tell(STREAM, *events, on=DAY, by=COMMISSION).one("reviews", str(STREAM)) is None


@given(histories())
@settings(max_examples=150)
def test_the_view_says_what_the_rules_say(moves: list[Move]) -> None:
    telling, state = Told((REVIEWS, OPINIONS)), CONTEXT.decider.initial
    for move in moves:
        telling.tell(STREAM, *move.events, on=Today(move.day), by=move.unit)
        state = CONTEXT.decider.fold(move.events, state)
    found = row(telling)
    assert isinstance(state, Review)
    assert (found.state, found.votes, found.card, found.total) == (state.stage, state.votes, state.card, state.total)
    runs = (Standing.OPEN, Standing.SUSPENDED)
    due = {(number, one.due_on) for number, one in enumerate(state.deadlines, start=1) if one.standing in runs}
    assert {(one.number, one.due_on) for one in found.owed} == due
    counted = [one for one in telling.all("opinions") if one.kind is Heard.OPINION]
    assert (sum(one.votes for one in counted), len(counted)) == (state.votes, found.opinions)
    if state.stage in BEFORE_CLOSING and state.card is not Card.NONE and found.card_brought_by is not None:
        assert found.card_brought_by in {one.unit for one in telling.all("opinions")}


def test_a_review_is_a_thing_as_any_other() -> None:
    thing: Thing = row(told(open_review))
    assert thing.called.best() == "The right to take collective action"
