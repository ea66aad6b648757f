"""Bodies that have members: who joins, who leaves, and what was never so."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from domain.kernel import EventName, Membership, PartialDate, Sphere, UnitFacts
from domain.units import facts, holdings
from domain.units.commands import AnnulEntry
from domain.units.events import CompetenceAnnulled, MembershipAnnulled, ParentSet
from domain.units.memberships import MOST_MEMBERSHIPS
from tests.domain.unit_stories import (
    BELGIUM,
    DRONGEN,
    GENT,
    METROPOLIS,
    NOBODY,
    TODAY,
    abolished,
    belgium,
    competence,
    drongen,
    gent,
    given,
    join,
    joined,
    leave,
    left,
    metropolis,
    nobody,
    registered,
    renamed,
    set_parent,
    unit_id,
)


def annul(version: int) -> AnnulEntry:
    return AnnulEntry(corrects=EventName.at(GENT, version))


def in_gent(until: date) -> UnitFacts:
    """The metropolis, as a member of Gent itself up to that day."""
    return replace(metropolis, memberships=(Membership(GENT, None, until),))


def test_a_unit_is_a_member_of_a_body_of_its_own_sphere() -> None:
    given(registered).when(join).then(joined)
    given(registered, joined).when(join).then_nothing_happens()
    assert facts(given(registered, joined).state, GENT).memberships == (
        Membership(METROPOLIS, date(2019, 1, 1), None),
    )  # fmt: skip


def test_and_of_several_at_a_time_beside_its_parent() -> None:
    other = replace(join, body=DRONGEN, above=(drongen,), member_from=PartialDate("2020"))
    given(registered, joined).when(other).then(replace(joined, body=DRONGEN, member_from=PartialDate("2020")))


def test_who_leaves_a_body_is_a_member_up_to_the_last_day() -> None:
    given(registered, joined).when(leave).then(left)
    given(registered, joined, left).when(leave).then_nothing_happens()
    found = facts(given(registered, joined, left).state, GENT).memberships
    assert found == (Membership(METROPOLIS, date(2019, 1, 1), date(2026, 12, 31)),)
    assert found[0].throughout(date(2019, 1, 1), date(2026, 12, 31))
    assert not found[0].throughout(date(2019, 1, 1), None)
    assert found[0].touches(date(2026, 12, 31), None)
    assert not found[0].touches(date(2027, 1, 1), None)
    assert not found[0].touches(date(2018, 1, 1), date(2018, 12, 31))


def test_who_left_may_join_again() -> None:
    again = replace(join, member_from=PartialDate("2027-01-01"))
    given(registered, joined, left).when(again).then(replace(joined, member_from=PartialDate("2027-01-01")))
    given(registered, joined, left).when(replace(again, member_from=PartialDate("2026-12-31"))).then_refused(
        "membership-recorded"
    )


def test_only_a_member_leaves_and_on_a_known_day() -> None:
    given(registered).when(leave).then_refused("not-a-member")
    given(registered, joined).when(replace(leave, member_until=PartialDate("2018-12-31"))).then_refused("not-a-member")
    given(registered, joined).when(replace(leave, member_until=PartialDate("unknown"))).then_refused("date-unknown")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"body": NOBODY, "above": (nobody,)}, "unit-unknown"),
        ({"above": (replace(metropolis, sphere=Sphere.COMMUNITY),)}, "no-authority"),
        ({"above": (replace(metropolis, alive_until=date(2019, 1, 1)),)}, "unit-not-alive"),
        ({"body": GENT, "above": (gent,)}, "membership-cycle"),
        ({"above": (replace(metropolis, parent=GENT), gent)}, "membership-cycle"),
        ({"above": (in_gent(date(2026, 12, 31)), gent)}, "membership-cycle"),
        ({"member_until": PartialDate("2018")}, "period-reversed"),
    ],
)
def test_a_membership_that_cannot_be_is_refused(change: dict[str, Any], code: str) -> None:
    given(registered).when(replace(join, **change)).then_refused(code)


def test_a_unit_does_not_lie_in_a_member_of_its_own() -> None:
    """`above` has the bodies of the parent, too."""
    lies = replace(belgium, memberships=(Membership(GENT),))
    given(registered).when(replace(set_parent, above=(lies, gent))).then_refused("parent-cycle")


def test_who_was_a_member_once_may_take_the_other_one_in_later() -> None:
    given(registered).when(replace(join, above=(in_gent(date(2018, 12, 31)), gent))).then(joined)
    was = replace(belgium, memberships=(Membership(GENT, None, TODAY - timedelta(days=1)),))
    given(registered).when(replace(set_parent, above=(was, gent))).then(ParentSet(BELGIUM))


def test_a_membership_that_never_was_is_taken_back_with_its_last_day() -> None:
    told = given(registered, renamed, joined)
    annulled = MembershipAnnulled(EventName.at(GENT, 3), joined)
    told.when(annul(3)).then(annulled)
    told.given(left).when(annul(3)).then(replace(annulled, membership=replace(joined, member_until=left.member_until)))
    for history in (told, told.given(left)):
        assert facts(history.after(annul(3)).state, GENT).memberships == ()
    right = replace(join, member_from=PartialDate("2021"))
    after = told.after(annul(3), right)
    assert facts(after.state, GENT).memberships == (Membership(METROPOLIS, date(2021, 1, 1), None),)
    after.when(annul(5)).then(MembershipAnnulled(EventName.at(GENT, 5), replace(joined, member_from=right.member_from)))


def test_a_competence_that_no_law_ever_gave_is_taken_back_alone() -> None:
    other = replace(competence, function="07")
    told = given(registered, competence, joined, other)
    told.when(annul(2)).then(CompetenceAnnulled(EventName.at(GENT, 2), competence))
    after = told.after(annul(2))
    assert [one.function for one in holdings(after.state)] == ["07"]
    assert facts(after.state, GENT).memberships
    assert isinstance(told.given(abolished).when(annul(2)).events[0], CompetenceAnnulled)


def test_only_an_entry_of_the_unit_itself_is_taken_back_and_once() -> None:
    told = given(registered, renamed, joined)
    refused = told.when(annul(2)).then_refused("nothing-to-annul")
    assert refused.facts["entered"] == [f"{GENT}/3"]
    told.after(annul(3)).when(annul(3)).then_refused("nothing-to-annul")
    told.when(AnnulEntry(corrects=EventName.at(DRONGEN, 3))).then_refused("nothing-to-annul")


def test_a_unit_has_a_bounded_number_of_memberships() -> None:
    many = [replace(joined, body=unit_id(100 + number)) for number in range(MOST_MEMBERSHIPS)]
    given(registered, *many).when(join).then_refused("too-many-memberships")
    assert given(registered, *many[1:]).when(join).refused is None


def test_what_is_no_more_joins_nothing_and_may_be_said_to_have_left() -> None:
    given(registered, abolished).when(join).then_refused("unit-abolished")
    given(registered, joined, abolished).when(leave).then(left)
