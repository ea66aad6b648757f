"""What was entered wrongly of a unit is put right by the registrar, and takes from nobody what they still had."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from domain.kernel import EventName, PartialDate, Sphere, Today
from domain.units import Kind, Stage, facts, holdings
from domain.units.commands import AnnulEntry
from domain.units.events import (
    CompetenceAnnulled,
    CompetenceCorrected,
    MembershipCorrected,
    Particulars,
    UnitActivated,
    UnitCorrected,
    UnitRestored,
)
from tests.domain.test_correcting import unit
from tests.domain.unit_stories import (
    GENT,
    TODAY,
    abolished,
    activate,
    activated,
    competence,
    given,
    joined,
    officer_accredited,
    proposed,
    registered,
    restored,
    state_after,
    withdrawn,
)

FIRST = EventName.at(GENT, 1)
TOMORROW, YESTERDAY = Today(date(2026, 11, 25)), Today(date(2026, 11, 23))


def correct(on: Today = TODAY, corrects: EventName = FIRST, there: Today | None = None, **changes: Any) -> Any:
    return unit(corrects=corrects, changes=Particulars(**changes), today=on, there=there or on)


def corrected(before: Particulars, after: Particulars, since: str = "1977") -> UnitCorrected:
    return UnitCorrected(FIRST, before, after, PartialDate(since))


def test_kind_sphere_and_time_zone_are_put_right_together() -> None:
    was = Particulars(Sphere.LOCAL, Kind.MUNICIPALITY, "Europe/Brussels")
    now = Particulars(Sphere.SUPRANATIONAL, Kind.FORUM, "Europe/Paris")
    asked = correct(sphere=now.sphere, kind=now.kind, time_zone=now.time_zone)
    given(registered).when(asked).then(corrected(was, now))
    after = state_after(registered, corrected(was, now))
    found = facts(after, GENT)
    assert (found.sphere, after.kind, found.time_zone) == (Sphere.SUPRANATIONAL, Kind.FORUM, "Europe/Paris")
    assert after.version == 2


def test_a_unit_that_is_no_more_is_put_right_as_well() -> None:
    given(registered, abolished).when(correct(kind=Kind.COUNTY)).then(
        corrected(Particulars(kind=Kind.MUNICIPALITY), Particulars(kind=Kind.COUNTY))
    )


# --- sphere ---


def test_a_unit_does_not_come_to_lie_in_its_own_sphere() -> None:
    refused = given(registered).when(correct(sphere=Sphere.REGIONAL)).then_refused("parent-same-sphere")
    assert "set-parent" in refused.reason
    alone = replace(correct(sphere=Sphere.REGIONAL), above=())
    assert given(replace(registered, parent=None)).when(alone).refused is None
    given(registered).when(correct(sphere=Sphere.NATIONAL)).then(
        corrected(Particulars(sphere=Sphere.LOCAL), Particulars(sphere=Sphere.NATIONAL))
    )


@pytest.mark.parametrize("sphere", [Sphere.SUPRANATIONAL, Sphere.COMMUNITY])
def test_what_is_held_by_law_is_not_lost_by_a_correction(sphere: Sphere) -> None:
    told = given(registered, competence)
    refused = told.when(correct(sphere=sphere)).then_refused("authority-in-use")
    assert "07.3" in refused.reason
    last = correct(Today(date(2026, 12, 31)), sphere=sphere)
    told.given(withdrawn).when(last).then_refused("authority-in-use")
    after = correct(Today(date(2027, 1, 1)), sphere=sphere)
    assert told.given(withdrawn).when(after).refused is None


def test_what_is_held_by_law_goes_along_into_another_sphere_with_authority() -> None:
    told = given(registered, competence).after(correct(sphere=Sphere.NATIONAL))
    assert holdings(told.state) == holdings(state_after(registered, competence))


# --- time zone ---


def test_nobody_loses_what_is_left_of_the_day() -> None:
    ahead = correct(time_zone="Pacific/Auckland", there=TOMORROW)
    refused = given(registered).when(ahead).then_refused("day-cut-short")
    assert "2026-11-25" in refused.reason
    assert "2026-11-24" in refused.reason


@pytest.mark.parametrize("there", [TODAY, YESTERDAY])
def test_a_day_that_is_as_long_or_longer_takes_nothing(there: Today) -> None:
    given(registered).when(correct(time_zone="Pacific/Honolulu", there=there)).then(
        corrected(Particulars(time_zone="Europe/Brussels"), Particulars(time_zone="Pacific/Honolulu"))
    )


def test_another_day_elsewhere_stops_no_other_correction() -> None:
    assert given(registered).when(correct(kind=Kind.COUNTY, there=TOMORROW)).refused is None


# --- first day ---


@pytest.mark.parametrize("day", ["1830", "1978-06-01", "2026-11-24", "2026", "unknown"])
def test_a_first_day_is_put_right(day: str) -> None:
    told = given(registered).after(correct(alive_from=PartialDate(day)))
    assert told.state.alive_from == told.state.entered_from == day
    assert told.history[-1] == corrected(
        Particulars(alive_from=PartialDate("1977")), Particulars(alive_from=PartialDate(day)), day
    )


def test_a_unit_that_is_there_stays_there() -> None:
    given(registered).when(correct(alive_from=PartialDate("2026-11-25"))).then_refused("day-not-come")
    given(registered, abolished).when(correct(alive_from=PartialDate("2025-01-02"))).then_refused(
        "ends-before-it-begins"
    )


@pytest.mark.parametrize(("done", "since"), [(officer_accredited, "2026-01-01"), (competence, "2019-01-01")])
def test_what_it_did_and_held_it_did_as_a_unit(done: Any, since: str) -> None:
    told = given(registered, done)
    refused = told.when(correct(alive_from=PartialDate("2026-01-02"))).then_refused("there-before")
    assert since in refused.reason
    for day in (since, "1900", "unknown"):
        assert told.when(correct(alive_from=PartialDate(day))).refused is None


def test_what_is_held_since_nobody_knows_when_says_nothing_of_the_first_day() -> None:
    held = replace(competence, held_from=PartialDate("unknown"))
    assert given(registered, held).when(correct(alive_from=PartialDate("2020"))).refused is None


def test_a_unit_that_is_proposed_is_proposed_for_another_day() -> None:
    told = given(proposed).after(correct(alive_from=PartialDate("2028-01-01")))
    assert (told.state.stage, told.state.alive_from) == (Stage.PROPOSED, "2028-01-01")
    told.when(correct(alive_from=PartialDate("unknown"))).then_refused("date-unknown")


def test_the_record_that_began_the_present_life_says_its_first_day() -> None:
    again = UnitRestored(PartialDate("2026-01-01"), ())
    for history in ((proposed, activated), (registered, abolished, restored)):
        there = EventName.at(GENT, len(history))
        on = Today(date(2027, 2, 1))
        refused = given(*history).when(correct(on, alive_from=PartialDate("2027-02-01"))).then_refused("not-said-there")
        assert refused.facts["said"] == there
        [event] = given(*history).when(correct(on, there, alive_from=PartialDate("2027-02-01"))).events
        assert event.since is None, "the entry stays what it was"
        assert state_after(*history, event).entered_from == history[0].alive_from
    # A merger that was annulled, or a life taken up on the day of its end, is the same life.
    told = given(registered, abolished, replace(again, alive_from=PartialDate("2025-01-01")))
    assert told.when(correct(alive_from=PartialDate("1976"))).refused is None


def test_a_present_life_began_after_the_end_of_the_one_before_whatever_was_done_in_that() -> None:
    told = given(
        registered, officer_accredited, replace(competence, held_until=PartialDate("2020")), abolished, restored
    )
    there = EventName.at(GENT, 5)
    told.when(correct(TODAY, there, alive_from=PartialDate("2024-12-31"))).then_refused("restored-too-early")
    for day in ("2025-01-01", "2025-06-01", "2026-03-01"):
        assert told.when(correct(TODAY, there, alive_from=PartialDate(day))).refused is None
    again = replace(officer_accredited, valid_from=date(2026, 2, 1))
    told.given(again).when(correct(TODAY, there, alive_from=PartialDate("2026-03-01"))).then_refused("there-before")


def test_of_a_unit_that_was_restored_the_entry_is_still_put_right() -> None:
    told = given(registered, abolished, restored).after(correct(kind=Kind.COUNTY))
    assert told.history[-1].since == "1977"


# --- coming into being ---


def test_a_unit_comes_into_being_on_the_day_for_which_it_was_registered() -> None:
    """An earlier or a later day is said by a correction first, and is not moved without a word."""
    for day, said in (("2027-01-01", "2026-12-31"), ("2027-01-01", "2027-01-02"), ("2027-02", "2027-01-31")):
        history = replace(proposed, alive_from=PartialDate(day))
        late = replace(activate, today=Today(date(2027, 6, 1)), effective_on=PartialDate(said))
        refused = given(history).when(late).then_refused("other-first-day")
        assert refused.facts["alive_from"] == day
        assert "correct" in refused.reason


@pytest.mark.parametrize(("day", "said"), [("2027", "2027-03-01"), ("2027-03", "2027-03-01"), ("2027-03-01", "2027")])
def test_it_may_be_said_more_precisely(day: str, said: str) -> None:
    told = given(replace(proposed, alive_from=PartialDate(day)))
    after = replace(activate, today=Today(date(2027, 6, 1)), effective_on=PartialDate(said))
    told.when(after).then(UnitActivated(PartialDate(said)))


def test_after_a_correction_it_does() -> None:
    told = given(proposed).after(correct(alive_from=PartialDate("2026-11-24")))
    on_the_day = replace(activate, today=TODAY, effective_on=PartialDate("2026-11-24"))
    assert told.after(on_the_day).state.stage is Stage.ACTIVE


# --- the law of what it holds, and of what it is a member of ---

LAW = "Municipalities Act, art. 31"


def test_a_law_that_was_cited_wrongly_is_put_right_and_what_rests_on_it_stays() -> None:
    was, now = Particulars(legal_basis=competence.legal_basis), Particulars(legal_basis=LAW)
    told = given(registered, competence, joined)
    held, member = (correct(corrects=EventName.at(GENT, version), legal_basis=LAW) for version in (2, 3))
    told.when(held).then(CompetenceCorrected(held.corrects, was, now, competence))
    was = Particulars(legal_basis=joined.legal_basis)
    told.when(member).then(MembershipCorrected(member.corrects, was, now, joined))
    after = told.after(held, member)
    assert [one.legal_basis for one in holdings(after.state)] == [LAW]
    assert [one.legal_basis for one in after.state.memberships] == [LAW]
    after.when(held).then_refused("nothing-to-correct")
    right = replace(competence, legal_basis=LAW)
    after.when(AnnulEntry(corrects=held.corrects)).then(CompetenceAnnulled(held.corrects, right))
    ended = told.given(withdrawn).after(held)
    assert ended.state.competences == (replace(right, held_until=withdrawn.held_until),)


def test_each_record_is_corrected_in_what_it_said() -> None:
    told = given(registered, competence)
    second = EventName.at(GENT, 2)
    told.when(correct(corrects=second, kind=Kind.COUNTY)).then_refused("not-said-there")
    told.when(correct(corrects=second, kind=Kind.COUNTY, legal_basis=LAW)).then_refused("not-said-there")
    refused = told.when(correct(legal_basis=LAW)).then_refused("never-said")
    assert refused.facts["entered"] == [str(second)]
    annulled = told.after(AnnulEntry(corrects=second))
    annulled.when(correct(corrects=second, legal_basis=LAW)).then_refused("never-said")
