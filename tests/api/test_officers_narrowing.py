"""An officer's desk narrowed down: what each choice counts is what it lists, and what leaves nothing says so."""

import re
from datetime import date
from html import unescape
from typing import Any

import pytest

from api.figures import Figure
from api.officers.desk import FACETS, Desk, Line, Part, line
from tests.api.client import Said, head
from tests.api.conftest import Live
from tests.api.test_officers import page, told
from tests.api.test_officers_acting import officers_of

TODAY = date(2026, 12, 22)
owed: dict[str, Any] = {
    "key": "a/1", "context": "commitments", "stream": "a", "title": {"en": "Trees"}, "kind": "answer", "state": "open",
    "due_on": "2026-12-29", "days_left": 7, "calendar": "FR",
}  # fmt: skip


def lines(said: Said) -> int:
    """How many lines the four lists have."""
    found = re.findall(r'<ul class="waits">.*?</ul>', said.body.decode(), re.DOTALL)
    return sum(one.count("<li>") for one in found)


def choices(said: Said) -> list[tuple[str, int]]:
    """Where each choice leads, and how many lines it says are there."""
    found = re.findall(r'<li><a href="(/give\?[^"]*)">[^<]*: ([0-9]+)</a></li>', said.body.decode())
    return [(unescape(address), int(number)) for address, number in found]


@pytest.mark.parametrize("unit", ["Lyon", "France"])
def test_every_choice_counts_the_lines_that_it_leads_to(live: Live, unit: str) -> None:
    live.run(live.services.views.reached("turns", head(live) - 1, 30))
    officer = officers_of(live, unit)[0]
    offered = choices(page(live, "/give", officer))
    assert {address.partition("?")[2].partition("=")[0] for address, _ in offered} == {one.name for one in FACETS}
    for address, number in offered:
        narrowed = page(live, address, officer)
        assert (address, lines(narrowed)) == (address, number)
        assert choices(narrowed) or "take away" in told(narrowed)


def test_two_choices_hold_together_and_each_can_be_taken_away(live: Live) -> None:
    officer = officers_of(live, "France")[0]
    both = page(live, "/give?urgency=overdue&other_side=local", officer)
    assert 0 < lines(both) < lines(page(live, "/give?other_side=local", officer))
    assert 'href="/give?other_side=local"' in both.body.decode()


def test_what_leaves_nothing_says_which_condition_it_is(live: Live) -> None:
    said = page(live, "/give?other_side=national&urgency=overdue", live.officer)
    assert "Nothing on your desk answers to all of these conditions." in told(said)
    without = re.findall(r'”: <a href="(/give[^"]*)">([0-9]+) line', said.body.decode())
    assert [address for address, _ in without] == ["/give?other_side=national", "/give?urgency=overdue"]
    for address, number in without:
        assert lines(page(live, address, live.officer)) == int(number)


def test_a_condition_that_there_is_not_is_refused_in_words(live: Live) -> None:
    said = page(live, "/give?urgency=never", live.officer)
    assert said.status == 400
    assert "It is one of overdue, within_7_days, later." in told(said)


def test_working_days_are_counted_by_the_calendar_that_the_deadline_was_computed_with() -> None:
    # Wednesday to Tuesday, less the weekend, and Christmas in France.
    assert line("obligations", owed, (), TODAY).working == 4
    assert line("obligations", owed | {"calendar": "weekends-only"}, (), TODAY).working == 5
    assert line("obligations", owed | {"calendar": ""}, (), TODAY).working is None, "the parties named the day"
    late = owed | {"due_on": "2026-12-18", "days_left": -4}
    assert line("obligations", late, (), TODAY).working == 2, "Monday and today"


def test_what_stands_still_is_not_urgent() -> None:
    still = {name: value for name, value in owed.items() if name != "days_left"} | {"state": "suspended"}
    suspended = line("obligations", still, (), TODAY)
    assert suspended.urgency == frozenset()
    assert suspended.stands == {"standing_still"}
    assert line("obligations", owed, (), TODAY).urgency == {"within_7_days"}
    assert line("obligations", owed | {"days_left": 8}, (), TODAY).urgency == {"later"}
    assert line("obligations", owed | {"days_left": -1}, (), TODAY).urgency == {"overdue"}


def test_choices_of_a_facet_are_counted_under_the_other_conditions_and_not_under_its_own() -> None:
    def about(sphere: str, left: int) -> Line:
        found = line("obligations", owed | {"days_left": left}, (), TODAY)
        found.spheres = frozenset({sphere})
        return found

    part = Part("owed", Figure(3, "/read/obligations"), [about("local", 1), about("national", 1), about("local", 9)])
    desk = Desk([part], {"other_side": "local"})
    found = {name: {one.value: one.number for one in several} for name, several in desk.facets}
    assert found["other_side"] == {"local": 2, "national": 1}
    assert found["urgency"] == {"within_7_days": 1, "later": 1}
    assert (desk.left, desk.number("owed", "late")) == (2, 2)
