"""A mandate comes into force, and takes what is exclusive."""

from dataclasses import replace
from datetime import date
from typing import Any

from domain.kernel import Claim, PartialDate, UnitId
from domain.mandates import MANDATES
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.words import Due, Instrument, Kind, ReturnGround, Scope, Settlement, Stage
from tests.domain.mandate_stories import (
    CITY,
    DISTRICT,
    END,
    PARENT,
    REGION,
    START,
    STATE,
    VILLAGE,
    accept,
    accepted,
    activate,
    active,
    ask,
    consult,
    draft,
    estimate,
    euros,
    fund,
    give_back,
    law,
    mandate,
    offer,
    offered,
    policy,
    restore,
    starts,
    story,
    suspend,
    unit,
)

EXPIRY = 2


# --- activation ---


def test_what_was_accepted_comes_into_force() -> None:
    story(*accepted).when(activate).then(happened.MandateActivated(START), starts(EXPIRY, Due.EXPIRY, START, END))
    story(*active).when(activate).then_nothing_happens()


def test_it_comes_into_force_on_its_first_day_or_later_and_not_after_its_last() -> None:
    early = ask(asked.ActivateMandate, date(2026, 3, 31))
    story(*accepted).when(early).then_refused("day-not-come")
    story(*accepted).when(ask(asked.ActivateMandate, date(2030, 4, 1))).then_refused("term-over")


def test_a_delegation_needs_acceptance() -> None:
    story(*offered).when(activate).then_refused("not-accepted")


def test_power_that_was_lost_since_is_not_given() -> None:
    story(*accepted).when(replace(activate, holdings=())).then_refused("nemo-plus-iuris")


def test_a_unit_that_ended_since_neither_gives_nor_takes() -> None:
    gone = unit(CITY, alive_until=date(2026, 3, 15))
    story(*accepted).when(replace(activate, recipient_unit=gone)).then_refused("unit-not-alive")
    story(*accepted).when(replace(activate, lands=(gone,))).then_refused("unit-not-alive")


def test_a_devolution_by_law_needs_a_consultation_of_thirty_days() -> None:
    begun = (law, estimate, fund)
    story(*begun).when(activate).then_refused("not-consulted")
    story(*begun, replace(consult, consulted=(VILLAGE,))).when(activate).then_refused("not-consulted")
    short = replace(consult, opened_on=date(2026, 1, 23))
    refused = story(*begun, short).when(activate).then_refused("consultation-too-short")
    assert refused.policy == policy().grounds("min_consultation_days")
    enough = replace(consult, opened_on=date(2026, 1, 22))
    assert mandate(story(*begun, enough, activate)).stage is Stage.ACTIVE


def test_a_consultation_that_was_too_short_is_said_to_be_when_it_is_recorded() -> None:
    short = replace(consult, opened_on=date(2026, 1, 23))
    recorded, fell_short = story(law).when(short).events
    assert fell_short == happened.ConsultationFellShort(1, 29, 30, "mandate@1")
    assert len(story(law).when(replace(consult, opened_on=date(2026, 1, 22))).events) == 1, "thirty days will do"
    assert len(story(law).when(replace(short, consulted=(VILLAGE,))).events) == 1, "others have no such right"
    assert len(story(draft()).when(short).events) == 1, "where it has to be accepted, nothing hangs on it"
    assert isinstance(recorded, happened.MandateConsultationRecorded)


def test_a_consultation_after_the_day_came_too_late() -> None:
    late = replace(activate, effective_on=PartialDate("2026-04-01"), today=date(2026, 6, 1))
    held = replace(consult, opened_on=date(2026, 4, 1), closed_on=date(2026, 5, 15), today=date(2026, 6, 1))
    story(law, estimate, fund, held).when(late).then_refused("not-consulted")


def test_what_was_agreed_on_needs_no_consultation() -> None:
    agreed = draft(kind=Kind.DEVOLUTION, instrument=Instrument.AGREEMENT)
    assert mandate(story(agreed, estimate, fund, offer, accept, activate)).stage is Stage.ACTIVE


def test_within_one_person_nobody_is_asked() -> None:
    within = draft(kind=Kind.DECONCENTRATION, recipient=DISTRICT)
    story(within).when(replace(activate, recipient_unit=unit(DISTRICT))).then(
        happened.MandateActivated(START), starts(1, Due.EXPIRY, START, END)
    )


# --- exclusive ---

exclusive = (draft(exclusive=True), estimate, fund, offer, accept, activate)
SCOPE = Scope("07.3", CITY, within=(REGION, STATE))
RETURNED = date(2026, 9, 1)


def word(land: UnitId) -> str:
    return f"exclusive-mandate:law:07.3:{land}"


def held(*, taken: bool = True) -> list[Claim]:
    """The city alone; what it lies in shared."""
    return [Claim(word(CITY), taken), *(Claim(word(land), taken, shared=True) for land in (REGION, STATE))]


def claims(*commands: Any) -> list[Claim]:
    return [claim for event in story(*commands).history for claim in MANDATES.claims(event)]


def test_what_is_exclusive_is_taken_while_it_is_in_force() -> None:
    assert claims(*exclusive[:-1]) == []
    assert claims(*exclusive, suspend, restore) == held()
    assert claims(*exclusive, give_back_settled()) == [*held(), *held(taken=False)]
    assert claims(*active, give_back_settled()) == []


def give_back_settled() -> asked.ReturnMandate:
    found = replace(give_back, settlement=Settlement(euros(0), "Account 12"))
    assert isinstance(found, asked.ReturnMandate)
    return found


def test_a_division_meets_each_of_its_groups() -> None:
    whole, part = Scope("07", CITY).words(CITY), Scope("07.3", CITY).words(CITY)
    assert set(part) < set(whole)
    assert len(whole) == 6
    assert not set(part) & set(Scope("07.3", VILLAGE).words(VILLAGE))
    assert not set(part) & set(Scope("07.3", CITY, PARENT).words(CITY)), "within a mandate, its own recipients only"


def test_the_record_names_what_the_territory_lies_in_that_day() -> None:
    begun = story(*exclusive[:-1])
    begun.when(activate).then(happened.MandateActivated(START, SCOPE), starts(EXPIRY, Due.EXPIRY, START, END))
    moved = replace(activate, lands=(unit(CITY), unit(REGION)))
    begun.when(moved).then(
        happened.MandateActivated(START, replace(SCOPE, within=(REGION,))), starts(EXPIRY, Due.EXPIRY, START, END)
    )


def test_a_territory_meets_what_lies_in_it_and_neighbours_meet_only_as_those_who_share() -> None:
    city, village = (dict(kinds(Scope("07.3", land, within=(REGION, STATE)))) for land in (CITY, VILLAGE))
    region = dict(kinds(Scope("07.3", REGION, within=(STATE,))))
    for part in (city, village):
        assert (region[word(REGION)], part[word(REGION)]) == ("alone", "shared")
    assert {(city[one], village[one]) for one in city.keys() & village.keys()} == {("shared", "shared")}


def kinds(scope: Scope) -> list[tuple[str, str]]:
    found = MANDATES.claims(happened.MandateActivated(START, scope))
    return [(claim.word, "shared" if claim.shared else "alone") for claim in found]


def test_the_sentence_says_what_is_held_and_where() -> None:
    here, above, *_ = MANDATES.claims(happened.MandateActivated(START, SCOPE))
    assert (here.place, above.place) == (CITY, REGION)
    assert here.says == "Somebody else is entrusted with 07.3 exclusively in {place}, or in a part of it."
    assert (
        above.says == "Somebody else is entrusted with 07.3 exclusively in all of {place}, where this territory lies."
    )


def test_what_ends_frees_what_was_taken_wherever_the_territory_lies_by_then() -> None:
    """What the record of its beginning says counts; one of before names no territories above."""
    ended = happened.MandateReturned(RETURNED, ReturnGround.INCAPACITY, Settlement(euros(0), "Account 12"), SCOPE)
    assert story(*exclusive).when(give_back_settled()).events[0] == ended
    before = story(*exclusive[:-1]).given(happened.MandateActivated(START, Scope("07.3", CITY)))
    earlier = replace(ended, exclusive=Scope("07.3", CITY))
    assert before.when(give_back_settled()).events[0] == earlier
    assert MANDATES.claims(earlier) == (Claim(word(CITY), taken=False),)
