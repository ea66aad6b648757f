"""A mandate is agreed on: consultation, offer, answer."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from domain.kernel import PartialDate
from domain.mandates import MANDATES
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.state import Consultation
from domain.mandates.words import Due, Instrument, Kind, Stage
from tests.domain.mandate_stories import (
    CITY,
    CLOSED,
    DAY,
    DISTRICT,
    END,
    NOWHERE,
    OPENED,
    REGION,
    START,
    VILLAGE,
    accept,
    accepted,
    activate,
    active,
    agree,
    ask,
    consult,
    decline,
    draft,
    drafted,
    facts_after,
    funded,
    law,
    mandate,
    met,
    offer,
    offered,
    reserve,
    starts,
    story,
    unit,
    withdraw,
    words,
)

ANSWER_BY = date(2026, 5, 1)


# --- consultation ---


def test_a_consultation_is_recorded() -> None:
    recorded = happened.MandateConsultationRecorded(1, (CITY, VILLAGE), OPENED, CLOSED, words("They agreed"), None)
    story(law).when(consult).then(recorded)
    found = mandate(story(law, consult))
    assert (found.stage, found.consultations) == (Stage.CONSULTED, (Consultation((CITY, VILLAGE), OPENED, CLOSED),))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"closed_on": date(2026, 1, 14)}, "ends-before-start"),
        ({"closed_on": date(2026, 3, 3)}, "in-the-future"),
        ({"consulted": (CITY, CITY)}, "unit-repeated"),
        ({"consulted": (CITY, REGION)}, "consults-itself"),
        ({"consulted_units": (unit(CITY, alive_from=date(2026, 1, 16)),)}, "unit-not-alive"),
        ({"consulted_units": (unit(NOWHERE),)}, "unit-unknown"),
    ],
)
def test_a_consultation_that_cannot_have_been_is_refused(said: dict[str, Any], code: str) -> None:
    story(law).when(replace(consult, **said)).then_refused(code)


def test_a_further_consultation_moves_nothing_back() -> None:
    found = mandate(story(*offered, replace(consult, consulted=(VILLAGE,))))
    assert (found.stage, len(found.consultations)) == (Stage.OFFERED, 1)


# --- offer and answer ---


def test_an_offer_starts_the_clock_of_its_answer() -> None:
    answer = starts(1, Due.ANSWER, DAY, ANSWER_BY, CITY)
    story(*funded).when(offer).then(happened.MandateOffered(REGION, CITY), answer)
    story(*offered).when(offer).then_nothing_happens()


def test_an_offer_is_judged_on_what_is_held_that_day() -> None:
    refused = story(*funded).when(replace(offer, holdings=())).then_refused("nemo-plus-iuris")
    assert not refused.fields, "its terms were said with the draft"


def test_nothing_is_offered_where_nobody_is_asked() -> None:
    story(law, consult).when(offer).then_refused("no-offer-needed")
    within = draft(kind=Kind.DECONCENTRATION, recipient=DISTRICT)
    story(within).when(replace(offer, recipient_unit=unit(DISTRICT))).then_refused("no-offer-needed")


def test_a_devolution_by_agreement_is_offered() -> None:
    story(draft(kind=Kind.DEVOLUTION, instrument=Instrument.AGREEMENT), offer, accept)


def test_the_recipient_accepts() -> None:
    story(*offered).when(accept).then(happened.MandateAccepted(CITY), met(1, CITY))
    story(*accepted).when(accept).then_nothing_happens()
    story(*drafted).when(accept).then_refused("wrong-stage")


def test_only_the_recipient_answers_and_only_the_giver_offers() -> None:
    state = story(*offered).state
    for name in ("accept", "accept-with-reservations", "decline", "report-exercise", "return", "accept-renewal"):
        acting_for = MANDATES.commands[name].acting_for
        assert callable(acting_for)
        assert acting_for(None, state) == {CITY}, "who delegates cannot accept for the delegate"
    for name in ("offer", "activate", "withdraw", "suspend", "revoke", "renew", "commit-funding", "agree-reservations"):
        acting_for = MANDATES.commands[name].acting_for
        assert callable(acting_for)
        assert acting_for(None, state) == {REGION}


def test_reasons_are_due_where_something_is_overridden_ended_extended_or_put_right() -> None:
    with_reasons = {name for name, by in MANDATES.commands.items() if by.reasons}
    assert with_reasons == {
        "correct", "decline", "withdraw", "suspend", "prolong-suspension", "give-notice", "revoke", "return", "renew",
        "supersede",
    }  # fmt: skip


def test_reservations_bind_nobody_until_the_giver_agrees() -> None:
    reserved = happened.MandateAcceptedWithReservations(CITY, words("Only with the staff"))
    story(*offered).when(reserve).then(reserved, met(1, CITY))
    story(*offered, reserve).when(activate).then_refused("reservations-open")
    story(*offered, reserve).when(agree).then(happened.ReservationsAgreed(REGION))
    story(*offered, reserve, agree).when(agree).then_nothing_happens()
    story(*offered, reserve, accept).when(agree).then_nothing_happens()
    assert mandate(story(*offered, reserve, agree, activate)).stage is Stage.ACTIVE


def test_who_is_not_bound_yet_may_still_decline() -> None:
    reserved = story(*funded, offer, reserve)
    reserved.when(decline).then(happened.MandateDeclined(CITY))
    reserved.after(agree).when(decline).then_refused("wrong-stage")
    story(*accepted).when(decline).then_refused("wrong-stage")


def test_the_recipient_declines() -> None:
    story(*offered).when(decline).then(happened.MandateDeclined(CITY), met(1, CITY))
    story(*offered, decline).when(decline).then_nothing_happens()
    story(*offered, decline).when(accept).then_refused("mandate-ended")
    story(*accepted).when(decline).then_refused("wrong-stage")


def test_a_late_answer_counts_and_is_late() -> None:
    late = replace(accept, effective_on=PartialDate("2026-05-02"), today=date(2026, 5, 2))
    story(*offered).when(late).then(happened.MandateAccepted(CITY), met(1, CITY, late=True))


def test_the_giver_takes_an_offer_back() -> None:
    story(*offered).when(withdraw).then(happened.MandateWithdrawn(REGION), happened.DeadlineVoided(1))
    story(*offered, withdraw).when(withdraw).then_nothing_happens()
    story(*offered, withdraw).when(accept).then_refused("mandate-ended")
    story(*active).when(withdraw).then_refused("wrong-stage")


def test_others_may_know_how_it_stands() -> None:
    known = facts_after(story(*active))
    assert (known.exists, known.in_force, known.ended, known.stage, known.depth) == (True, True, False, "active", 0)
    assert (known.starts_on, known.ends_on, known.function, known.territory) == (START, END, "07.3", CITY)
    assert not facts_after(story()).exists


def test_an_officer_of_a_unit_that_is_no_more_does_nothing() -> None:
    gone = unit(REGION, alive_until=date(2026, 3, 1))
    for command in (offer, withdraw, consult):
        story(*funded).when(replace(command, acting=gone)).then_refused("unit-not-alive")
    assert ask(asked.OfferMandate).acting.id == REGION


def test_the_givers_place_and_day_apply() -> None:
    assert MANDATES.home(draft(), MANDATES.decider.initial) == REGION
    assert MANDATES.home(accept, story(*offered).state) == REGION
