"""What a territory lies in: parents, bodies for the days of a membership; and what moves with it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from domain.kernel import StreamId, Today, UnitFacts
from domain.mandates import MANDATES
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.words import Beside, Pause, Scope
from tests.domain.mandate_stories import (
    BODY,
    CHILD,
    CITY,
    END,
    OTHER,
    PARENT,
    REGION,
    START,
    STATE,
    STREAM,
    VILLAGE,
    accept,
    activate,
    ask,
    draft,
    elsewhere,
    estimate,
    fund,
    holding,
    lands,
    mandate,
    mandate_facts,
    member,
    offer,
    revoke,
    story,
    sub_delegate,
    unit,
)
from tests.domain.scenario import Given

OVER_BODY = mandate_facts(territory=BODY)
LATER = date(2027, 1, 1)
ALONE = Scope("07.3", CITY, None, (REGION, STATE))
"""What the mandate of these stories holds exclusively."""


def exclusive(where: tuple[UnitFacts, ...] | None = None) -> Given:
    """An exclusive mandate over City, in force."""
    begun = activate if where is None else replace(activate, lands=where)
    return story(draft(exclusive=True), estimate, fund, offer, accept, begun)


def follow(where: tuple[UnitFacts, ...], on: date = LATER, *others: Any) -> asked.FollowTerritory:
    beside = tuple(one.id for one in others)
    found = ask(asked.FollowTerritory, on, lands=where, beside=beside, beside_facts=others)
    assert isinstance(found, asked.FollowTerritory)
    return found


# --- a body and its members ---


def test_a_body_passes_on_what_it_has_for_the_territory_of_a_member() -> None:
    [drafted] = story().when(sub_delegate(OVER_BODY, lands=member())).events
    assert (drafted.territory, drafted.depth) == (CITY, 1)


def test_and_not_for_the_territory_of_another_unit() -> None:
    refused = story().when(sub_delegate(OVER_BODY)).then_refused("beyond-territory")
    assert refused.facts["territory"] == BODY


@pytest.mark.parametrize(
    ("first", "last", "lies"),
    [
        (None, None, True), (START, END, True), (START, None, True), (None, END, True),
        (date(2026, 4, 2), None, False), (None, date(2030, 3, 30), False), (None, date(2020, 1, 1), False),
        (date(2031, 1, 1), None, False),
    ],
)  # fmt: skip
def test_for_the_whole_term_it_is_a_member(first: date | None, last: date | None, lies: bool) -> None:
    outcome = story().when(sub_delegate(OVER_BODY, lands=member(BODY, first, last)))
    if lies:
        assert outcome.refused is None
        return
    refused = outcome.then_refused("beyond-territory")
    in_part = first is not None and first <= END and (last is None or last >= START)
    in_part = in_part or (first is None and last is not None and last >= START)
    assert ("a member there for a part of it" in refused.reason) is in_part


def test_who_left_before_it_begins_is_looked_at_again_when_it_comes_into_force() -> None:
    above: dict[str, Any] = {"parents": (OVER_BODY,)}
    asked_again = [replace(offer, lands=member(), **above), accept]
    agreed = story(sub_delegate(OVER_BODY, lands=member()), estimate, fund, *asked_again)
    gone = replace(activate, lands=member(last=date(2026, 12, 31)), **above)
    agreed.when(gone).then_refused("beyond-territory")
    assert agreed.when(replace(gone, lands=member())).refused is None


def test_a_body_of_bodies_has_the_territory_of_their_members() -> None:
    city, body, *above = member()
    nested = (city, replace(body, parent=None, memberships=member(VILLAGE)[0].memberships), unit(VILLAGE), *above)
    assert story().when(sub_delegate(mandate_facts(territory=VILLAGE), lands=nested)).refused is None


def test_what_a_body_holds_by_law_it_gives_for_a_member_alone() -> None:
    held = (holding(BODY, "07", BODY),)
    given: dict[str, Any] = {"giver": BODY, "recipient": VILLAGE, "holdings": held, "others": held}
    assert story().when(draft(**given, lands=member())).refused is None
    story().when(draft(**given)).then_refused("nemo-plus-iuris")


def test_what_the_law_gives_a_body_alone_nobody_else_gives_for_a_member() -> None:
    alone = holding(BODY, "07", BODY, manner="exclusive")
    held: dict[str, Any] = {"others": (holding(), alone)}
    refused = story().when(draft(**held, lands=member(first=LATER))).then_refused("held-exclusively-by-another")
    assert refused.facts["holder"] == BODY
    assert story().when(draft(**held, lands=member(last=date(2026, 3, 31)))).refused is None, "it left before"
    begun = {"others": (holding(), replace(alone, held_from=LATER))}
    story().when(draft(**begun, lands=member(last=LATER))).then_refused("held-exclusively-by-another")
    left = member(last=date(2026, 12, 31))
    assert story().when(draft(**begun, lands=left)).refused is None, "it left before the law began"


def test_a_body_that_is_no_more_keeps_nobody_out_by_what_it_held() -> None:
    held: dict[str, Any] = {"others": (holding(), holding(BODY, "07", BODY, manner="exclusive"))}
    town, body, *above = member()
    for until, refused in ((LATER, True), (START, False)):
        lies = (town, replace(body, alive_until=until), *above)
        outcome = story().when(draft(**held, lands=lies))
        assert (outcome.refused is not None and outcome.refused.code == "held-exclusively-by-another") is refused


# --- what is held exclusively ---


def words(at: Given) -> dict[str, bool]:
    """The words that a story's claims come to, and whether each is shared, by the unit they are about."""
    held: dict[str, bool] = {}
    for event in at.history:
        claims = MANDATES.claims(event)
        for claim in (one for one in claims if not one.taken):
            del held[claim.word]
        held |= {claim.word: claim.shared for claim in claims if claim.taken}
    return held


def word(land: Any, group: str = "07.3") -> str:
    return f"exclusive-mandate:law:{group}:{land}"


def test_an_exclusive_mandate_shares_what_the_bodies_of_its_territory_are() -> None:
    held = words(exclusive(member()))
    assert held == {word(CITY): False, word(BODY): True, word(REGION): True, word(STATE): True}


def test_but_for_the_days_of_the_membership_only() -> None:
    for where in (member(first=date(2026, 4, 2)), member(last=date(2026, 3, 31))):
        assert word(BODY) not in words(exclusive(where))
    assert word(BODY) in words(exclusive(member(first=START, last=START)))


# --- when a territory moves ---


def test_an_exclusive_mandate_follows_its_territory() -> None:
    moved = happened.MandateTerritoryMoved(LATER, ALONE, replace(ALONE, within=(BODY, REGION, STATE)))
    exclusive().when(follow(member())).then(moved)
    after = exclusive().given(moved)
    assert words(after) == {word(CITY): False, word(BODY): True, word(REGION): True, word(STATE): True}
    after.when(follow(member(last=LATER))).then_nothing_happens()
    left = after.when(follow(member(last=LATER), date(2027, 1, 2))).events
    assert words(after.given(*left)) == words(exclusive())


def test_where_it_lies_as_before_nothing_moves() -> None:
    exclusive().when(follow(lands(CITY))).then_nothing_happens()
    exclusive().when(follow(member(first=date(2027, 1, 2)))).then_nothing_happens()


def test_what_is_not_exclusive_or_not_in_force_follows_nothing() -> None:
    story(draft(), estimate, fund, offer, accept, activate).when(follow(member())).then_nothing_happens()
    story(draft(exclusive=True)).when(follow(member())).then_nothing_happens()
    over = ask(asked.ReturnMandate, date(2026, 9, 1), acting=unit(CITY), ground="incapacity", settlement=SETTLED)
    exclusive().after(over).when(follow(member())).then_nothing_happens()


SETTLED = revoke.settlement


def test_who_holds_it_where_it_came_to_lie_stands_beside_it_and_is_named() -> None:
    other = elsewhere(function="07")
    [moved] = exclusive().when(follow(member(), LATER, other)).events
    assert moved.exclusive.beside == (Beside(OTHER, "07", BODY),)
    after = exclusive().given(moved)
    assert words(after) == {word(CITY): False, word(REGION): True, word(STATE): True}
    after.when(follow(member(), LATER, other)).then_nothing_happens()
    [alone] = after.when(follow(member())).events
    assert alone.exclusive == replace(ALONE, within=(BODY, REGION, STATE)), "the other one has ended"
    assert words(after.given(alone))[word(BODY)] is True


def test_of_a_wider_function_it_shares_what_the_other_one_leaves() -> None:
    wide = story(draft(exclusive=True, function="07"), estimate, fund, offer, accept, activate)
    [moved] = wide.when(follow(member(), LATER, elsewhere(function="07.3"))).events
    held = words(wide.given(moved))
    assert word(BODY) not in held
    assert held[word(BODY, "07.1")] is True


@pytest.mark.parametrize(
    "changed",
    [
        {"exclusive": False}, {"activated_on": None}, {"ended": True}, {"function": "08"}, {"territory": VILLAGE},
        {"under": StreamId(STREAM)}, {"exists": False, "exclusive": False, "activated_on": None},
    ],
)  # fmt: skip
def test_nobody_is_named_who_holds_nothing_there(changed: dict[str, Any]) -> None:
    exclusive().when(follow(member(), LATER, elsewhere(**changed))).then_refused("no-clash")


def test_a_suspended_mandate_follows_too_and_frees_all_when_it_ends() -> None:
    paused = exclusive().after(ask(asked.SuspendMandate, date(2026, 7, 1), ground=Pause.BREACH))
    [moved] = paused.when(follow(member(), LATER, elsewhere())).events
    after = paused.given(moved)
    assert mandate(after).freed == moved.exclusive
    ended = after.after(ask(asked.LapseMandate, LATER, holdings=()))
    assert words(ended) == {}


def test_the_day_of_what_moved_never_lies_ahead() -> None:
    late = replace(follow(member()), today=Today(date(2026, 12, 1)))
    [moved] = exclusive().when(late).events
    assert moved.moved_on == date(2026, 12, 1)


# --- when one of two that clash is superseded ---

WHOLE = elsewhere(function="07")
TAKES_PLACE = elsewhere(id=CHILD, function="07", activated_on=None, in_force=False, stage="accepted")
"""Agreed in the place of that one, and not in force yet."""
GONE = replace(WHOLE, ended=True, in_force=False, superseded_by=CHILD)


def clashing() -> Given:
    [moved] = exclusive().when(follow(member(), LATER, WHOLE)).events
    return exclusive().given(moved)


def test_what_is_agreed_in_its_place_finds_the_room_that_it_left() -> None:
    [moved] = clashing().when(replace(follow(member()), line=(GONE, TAKES_PLACE))).events
    assert moved.exclusive.beside == (Beside(CHILD, "07", BODY),)
    after = clashing().given(moved)
    assert words(after) == {word(CITY): False, word(REGION): True, word(STATE): True}
    begun = replace(TAKES_PLACE, activated_on=LATER, in_force=True, stage="active")
    after.when(follow(member(), LATER, begun)).then_nothing_happens()


@pytest.mark.parametrize(
    "changed", [{"ended": True}, {"exclusive": False}, {"function": "08"}, {"territory": VILLAGE}, {"exists": False}]
)
def test_what_never_comes_to_hold_it_there_leaves_no_room(changed: dict[str, Any]) -> None:
    [alone] = clashing().when(replace(follow(member()), line=(GONE, replace(TAKES_PLACE, **changed)))).events
    assert alone.exclusive.beside is None
    assert words(clashing().given(alone))[word(BODY)] is True


def in_its_place(beside: tuple[Any, ...] = (WHOLE,), /, **changed: Any) -> asked.ActivateMandate:
    """This mandate comes into force in the place of one that stood beside another."""
    was = {"id": OTHER, "territory": CITY, "function": "07.3", "ended": True, "superseded_by": STREAM, **changed}
    before = mandate_facts(**{"beside": (WHOLE.id,), **was, "id": CHILD})
    named = tuple(one.id for one in beside)
    told = {"replaces": CHILD, "replaced": before, "beside": named, "beside_facts": beside}
    found = ask(asked.ActivateMandate, START, lands=member(), **told)
    assert isinstance(found, asked.ActivateMandate)
    return found


agreed = (draft(exclusive=True), estimate, fund, offer, accept)


def test_what_takes_the_place_of_one_that_stood_beside_another_stands_there_too() -> None:
    begun = story(*agreed, in_its_place())
    assert words(begun) == {word(CITY): False, word(REGION): True, word(STATE): True}
    assert mandate(begun).clashing == (OTHER,)
    alone = story(*agreed, in_its_place(()))
    assert words(alone)[word(BODY)] is True, "that one has ended meanwhile"


def test_and_beside_what_took_that_ones_place_meanwhile() -> None:
    anew = replace(WHOLE, id=PARENT)
    gone = replace(WHOLE, ended=True, superseded_by=PARENT)
    begun = story(*agreed, replace(in_its_place((anew,)), line=(gone, anew)))
    assert mandate(begun).clashing == (PARENT,)
    to_come = replace(anew, activated_on=None, in_force=False, stage="accepted")
    before_it = story(*agreed, replace(in_its_place(()), line=(gone, to_come)))
    assert words(before_it) == words(begun), "room is left for what is agreed already"
    story(*agreed).when(in_its_place((anew,))).then_refused("no-clash")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"superseded_by": PARENT}, "not-its-place"),
        ({"superseded_by": None}, "not-its-place"),
        ({"territory": VILLAGE}, "not-its-place"),
        ({"function": "07.31"}, "not-its-place"),
        ({"function": "08"}, "not-its-place"),
        ({"beside": ()}, "no-clash"),
    ],
)
def test_and_only_as_far_as_that_one_did(changed: dict[str, Any], code: str) -> None:
    story(*agreed).when(in_its_place(**changed)).then_refused(code)


def test_nobody_stands_beside_another_of_their_own_accord() -> None:
    lone = replace(in_its_place(), replaces=None, replaced=None)
    story(*agreed).when(lone).then_refused("not-its-place")
    ended = replace(WHOLE, ended=True)
    story(*agreed).when(in_its_place((ended,))).then_refused("no-clash")
    wide = story(draft(exclusive=True, function="07"), estimate, fund, offer, accept)
    wide.when(in_its_place()).then_refused("not-its-place")


def test_what_came_into_force_in_its_place_unnamed_is_told_where_that_one_stood() -> None:
    before = mandate_facts(
        id=CHILD, territory=CITY, function="07.3", exclusive=True, superseded_by=STREAM, beside=(OTHER,),
        activated_on=START, stage="superseded", in_force=False, ended=True,
    )  # fmt: skip
    coming = elsewhere(activated_on=None, stage="accepted", in_force=False)
    told = replace(follow(member()), replaces=CHILD, replaced=before, left=(coming,))
    [moved] = exclusive(member()).when(told).events
    assert moved.exclusive.beside == (Beside(OTHER, "07", BODY),)
    other = replace(told, replaced=replace(before, superseded_by=PARENT))
    exclusive(member()).when(other).then_refused("not-its-place")
    gone = replace(told, replaced=replace(before, territory=VILLAGE))
    exclusive(member()).when(gone).then_refused("not-its-place")
    story(draft(), estimate, fund, offer, accept, activate).when(other).then_nothing_happens()
