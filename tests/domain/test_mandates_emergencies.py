"""What is taken over in an emergency: for how long, who prolongs it, and that it comes back by itself."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from domain.kernel import PartialDate, Today
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.words import Due, Pause, Stage, Vote
from tests.domain.mandate_stories import (
    END,
    active,
    ask,
    devolved,
    mandate,
    met,
    passes,
    policy,
    restore,
    starts,
    story,
    suspend,
)

DAY = date(2026, 7, 1)
LAST = date(2026, 7, 15)
"""Fifteen days, the first and the last included."""
urgent = replace(suspend, ground=Pause.EMERGENCY, until=LAST)
suspended = (*active, urgent)
CLOCK = 3


def prolong(until: date, on: date = LAST, /, **said: Any) -> asked.ProlongSuspension:
    voted = {"resolution": "Resolution 7", "in_favour": 60, "members": 100, **said}
    found = ask(asked.ProlongSuspension, on, until=until, **voted)
    assert isinstance(found, asked.ProlongSuspension)
    return found


def test_it_is_suspended_for_a_time_that_is_said_at_once() -> None:
    for begun in (active, devolved):
        story(*begun).when(replace(urgent, until=None)).then_refused("end-missing")
        assert story(*begun).when(urgent).events[0] == happened.MandateSuspended(DAY, Pause.EMERGENCY, LAST)


def test_and_no_longer_than_the_law_says() -> None:
    longer = replace(urgent, until=LAST + timedelta(days=1))
    refused = story(*active).when(longer).then_refused("emergency-too-long")
    assert refused.facts["latest"] == LAST
    assert refused.policy is not None
    assert refused.policy.parameter == "initial_days"
    spanish = (policy("emergency", initial_days="30"),)
    assert story(*active).when(replace(longer, emergency=spanish)).refused is None
    for ground in (Pause.BREACH, Pause.COURT, Pause.LAW):
        other = replace(suspend, ground=ground, legal_basis="Judgment 7/26")
        assert story(*active).when(other).refused is None, "others may be open-ended"


def test_what_was_taken_over_comes_back_by_itself() -> None:
    back = LAST + timedelta(days=1)
    assert story(*suspended).history[-1] == starts(CLOCK, Due.SUSPENSION, DAY, LAST)
    story(*suspended).when(passes(CLOCK, back)).then(happened.MandateRestored(back), met(CLOCK))


def test_the_legislature_prolongs_it_before_its_end() -> None:
    until = LAST + timedelta(days=30)
    prolonged = happened.SuspensionProlonged(1, until, "Resolution 7", 60, 100)
    story(*suspended).when(prolong(until)).then(prolonged, happened.DeadlineMoved(CLOCK, until))
    after = story(*suspended, prolong(until))
    after.when(prolong(until)).then_nothing_happens()
    after.when(passes(CLOCK, LAST + timedelta(days=1))).then_refused("not-due-yet")
    back = until + timedelta(days=1)
    assert mandate(after.after(passes(CLOCK, back))).stage is Stage.ACTIVE
    assert mandate(after.after(restore)).suspension is None, "its giver may give it back before"


@pytest.mark.parametrize(
    ("times", "in_favour", "members", "code"),
    [
        (0, 51, 100, None), (0, 50, 100, "majority-missing"), (0, 101, 100, "votes-do-not-add-up"),
        (1, 60, 100, None), (1, 59, 100, "majority-missing"), (2, 59, 100, "majority-missing"), (2, 3, 5, None),
    ],
)  # fmt: skip
def test_the_majority_of_members_rises(times: int, in_favour: int, members: int, code: str | None) -> None:
    days = [LAST + timedelta(days=10 * number) for number in range(times + 2)]
    *before, again = [prolong(until, on) for on, until in pairwise(days)]
    outcome = story(*suspended, *before).when(replace(again, in_favour=in_favour, members=members))
    if code is None:
        assert outcome.refused is None
        return
    refused = outcome.then_refused(code)
    assert code != "majority-missing" or (refused.policy is not None and refused.policy.parameter == "majorities")


def test_a_prolongation_is_bounded_unless_the_law_knows_no_bound() -> None:
    far = LAST + timedelta(days=31)
    story(*suspended).when(prolong(far)).then_refused("prolonged-too-long")
    spanish = (policy("emergency", max_extension_days="none"),)
    assert story(*suspended).when(prolong(far, emergency=spanish)).refused is None
    beyond = END + timedelta(days=1)
    story(*suspended).when(prolong(beyond, emergency=spanish)).then_refused("ends-before-start")


def test_refused_prolongations() -> None:
    until = LAST + timedelta(days=9)
    story(*active).when(prolong(until)).then_refused("no-emergency")
    story(*active, replace(suspend, until=LAST)).when(prolong(until)).then_refused("no-emergency")
    story(*suspended).when(prolong(until, LAST + timedelta(days=1))).then_refused("prolonged-too-late")
    story(*suspended).when(prolong(LAST - timedelta(days=1))).then_refused("nothing-to-prolong")


def test_one_that_began_without_a_last_day_under_the_rules_before_is_restored_by_its_giver() -> None:
    told = story(*active).given(happened.MandateSuspended(DAY, Pause.EMERGENCY, None))
    told.when(prolong(LAST)).then_refused("nothing-to-prolong")
    assert mandate(told.after(restore)).stage is Stage.ACTIVE


def test_what_is_cited_for_a_suspension_that_stands_already_is_not_passed_over() -> None:
    by_law = replace(suspend, ground=Pause.LAW, legal_basis="Act 7, art. 2")
    story(*active, by_law).when(by_law).then_nothing_happens()
    story(*active, by_law).when(replace(by_law, legal_basis="Act 8")).then_refused("already-suspended")
    before = story(*active).given(happened.MandateSuspended(DAY, Pause.LAW))
    before.when(by_law).then_refused("already-suspended")


def again(on: date, until: date, /, **said: Any) -> asked.SuspendMandate:
    found = replace(urgent, until=until, effective_on=PartialDate(on), today=Today(on), **said)
    assert isinstance(found, asked.SuspendMandate)
    return found


BACK = passes(CLOCK, LAST + timedelta(days=1))
REVIEWED = LAST + timedelta(days=90)
VOTED = ("Resolution 8", 60, 100)
vote = Vote(*VOTED)


def test_what_is_declared_anew_before_it_is_reviewed_takes_a_majority() -> None:
    over = story(*suspended, BACK)
    for day in (LAST + timedelta(days=1), REVIEWED):
        refused = over.when(again(day, day)).then_refused("emergency-again")
        assert refused.policy is not None
        assert refused.policy.parameter == "initial_days"
        assert refused.facts["earliest"] == REVIEWED + timedelta(days=1)
        over.when(again(day, day, vote=replace(vote, in_favour=50))).then_refused("majority-missing")
        until = day + timedelta(days=29)
        events = over.when(again(day, until, vote=vote)).events
        assert happened.MandateSuspended(day, Pause.EMERGENCY, until) in events
        assert happened.SuspensionProlonged(1, until, "Resolution 8", 60, 100) in events
        longer = again(day, until + timedelta(days=1), vote=vote)
        over.when(longer).then_refused("prolonged-too-long")
    later = REVIEWED + timedelta(days=1)
    assert over.when(again(later, later + timedelta(days=14))).refused is None


def test_days_that_were_not_said_the_first_time_are_left_for_the_next() -> None:
    few = replace(urgent, until=DAY + timedelta(days=2))
    day = DAY + timedelta(days=9)
    over = story(*active, few, passes(CLOCK, DAY + timedelta(days=3)))
    assert over.when(again(day, day + timedelta(days=11))).refused is None
    refused = over.when(again(day, day + timedelta(days=12))).then_refused("emergency-too-long")
    assert refused.facts["latest"] == day + timedelta(days=11)


def test_what_came_back_before_its_last_day_was_declared_all_the_same() -> None:
    early = replace(restore, effective_on=PartialDate(DAY), today=Today(DAY + timedelta(days=1)))
    story(*suspended, early).when(again(DAY + timedelta(days=2), LAST)).then_refused("emergency-again")


def test_the_majority_goes_on_rising_from_one_declaration_to_the_next() -> None:
    day, until = LAST + timedelta(days=5), LAST + timedelta(days=10)
    second = story(*suspended, BACK, again(day, until, vote=vote))
    second.when(prolong(until + timedelta(days=1), until, in_favour=59)).then_refused("majority-missing")
    assert mandate(second.after(prolong(until + timedelta(days=1), until))).suspension is not None
    third = second.after(passes(CLOCK + 1, until + timedelta(days=1)))
    day = until + timedelta(days=3)
    third.when(again(day, day, vote=replace(vote, in_favour=59))).then_refused("majority-missing")
    assert third.when(again(day, day, vote=vote)).events[-1] == happened.SuspensionProlonged(2, day, *VOTED)


def test_a_legislature_may_agree_to_more_than_the_first_days_at_once() -> None:
    until = LAST + timedelta(days=30)
    events = story(*active).when(replace(urgent, until=until, vote=vote)).events
    assert events[0] == happened.MandateSuspended(DAY, Pause.EMERGENCY, until)
    assert events[-1] == happened.SuspensionProlonged(1, until, *VOTED)
    story(*active).when(replace(suspend, vote=vote)).then_refused("no-emergency")


def test_one_that_had_no_last_day_counts_to_the_day_on_which_it_came_back() -> None:
    told = story(*active).given(happened.MandateSuspended(DAY, Pause.EMERGENCY, None)).after(restore)
    day = date(2026, 8, 10)
    told.when(again(day, day)).then_refused("emergency-again")


def test_what_goes_on_counts_whole_until_the_last_of_it_is_reviewed() -> None:
    day = LAST + timedelta(days=60)
    second = story(*suspended, BACK, again(day, day, vote=vote), passes(CLOCK + 1, day + timedelta(days=1)))
    reviewed = day + timedelta(days=90)
    for later in (REVIEWED + timedelta(days=1), reviewed):
        refused = second.when(again(later, later)).then_refused("emergency-again")
        assert refused.facts["earliest"] == reviewed + timedelta(days=1)
        events = second.when(again(later, later, vote=vote)).events
        assert events[-1] == happened.SuspensionProlonged(2, later, *VOTED)
    assert second.when(again(reviewed + timedelta(days=1), reviewed + timedelta(days=15))).refused is None


def test_a_day_in_the_past_is_no_way_around_what_was_declared_since() -> None:
    over = story(*suspended, BACK)
    before = DAY - timedelta(days=80)
    told = replace(again(before, before), today=Today(LAST + timedelta(days=1)))
    over.when(told).then_refused("emergency-again")


def test_a_policy_may_name_any_number_of_days() -> None:
    ages = (policy("emergency", initial_days="15", max_extension_days="none", review_days="999999999"),)
    told = story(*suspended, BACK)
    day = LAST + timedelta(days=1)
    refused = told.when(again(day, day, emergency=ages)).then_refused("emergency-again")
    assert refused.facts["earliest"] == date.max
    endless = (policy("emergency", initial_days="999999999"),)
    assert story(*active).when(replace(urgent, until=END, emergency=endless)).refused is None


def test_a_vote_on_what_stands_already_is_not_passed_over() -> None:
    story(*suspended).when(replace(urgent, vote=vote)).then_refused("already-suspended")
    voted = replace(urgent, vote=vote)
    story(*active, voted).when(voted).then_nothing_happens()
