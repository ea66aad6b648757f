"""A mandate's text is put right as long as nobody else was asked about it; and a corrected sphere ends no agreement."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from domain.kernel import EventName, Sphere
from domain.mandates.commands import CorrectMandate
from domain.mandates.events import MandateActivated, MandateCorrected
from domain.mandates.words import Document, Instrument, Kind, MandateWording, Stage
from tests.domain.mandate_stories import (
    CITY,
    END,
    REGION,
    STREAM,
    accepted,
    activate,
    active,
    ask,
    consult,
    decline,
    devolved,
    draft,
    drafted,
    law,
    mandate,
    offered,
    policy,
    renew,
    revoked,
    story,
    suspend,
    unit,
    withdraw,
    words,
)

FIRST = EventName.at(STREAM, 1)
DEED = Document(words("Agreement"), "https://example.org/agreement.pdf", "a" * 64)
MOVED = replace(DEED, url="https://example.org/archive/agreement.pdf")
OTHER = replace(DEED, sha256="b" * 64)


def correct(**changes: Any) -> CorrectMandate:
    found = ask(CorrectMandate, corrects=FIRST, changes=MandateWording(**changes))
    assert isinstance(found, CorrectMandate)
    return found


def test_a_draft_is_its_givers_own() -> None:
    purpose, law_ = words("Run the clinic in Northside"), "Health Act, s. 21"
    told = story(draft(document=DEED)).after(correct(purpose=purpose, legal_basis=law_, document=OTHER))
    terms = mandate(told).terms
    assert (terms.purpose, terms.legal_basis, terms.document) == (purpose, law_, OTHER)
    assert mandate(told).version == 2


@pytest.mark.parametrize(
    ("told", "instead"),
    [
        ((*drafted, consult), "withdraw it"),
        ((law, consult), "withdraw it"),
        (offered, "withdraw it"),
        (accepted, "withdraw it"),
        (active, "supersede"),
        (devolved, "supersede"),
        ((*active, suspend), "supersede"),
        (revoked, "stays as it was"),
        ((*drafted, withdraw), "stays as it was"),
        ((*offered, decline), "stays as it was"),
    ],
)  # fmt: skip
def test_what_others_were_asked_about_or_agreed_to_is_not_changed_under_their_hands(
    told: tuple[Any, ...], instead: str
) -> None:
    for changes in ({"purpose": words("Close the clinic")}, {"legal_basis": "Health Act, s. 13"}):
        refused = story(*told).when(correct(**changes)).then_refused("relied-on")
        assert instead in refused.reason
        assert refused.fields == [f"changes.{name}" for name in changes]


@pytest.mark.parametrize("further", [(), active[1:], revoked[1:]], ids=["drafted", "active", "revoked"])
def test_where_the_document_is_found_can_always_be_put_right(further: tuple[Any, ...]) -> None:
    told = story(draft(document=DEED), *further)
    told.when(correct(document=MOVED)).then(
        MandateCorrected(FIRST, MandateWording(document=DEED), MandateWording(document=MOVED))
    )
    assert mandate(told.after(correct(document=MOVED))).stage is mandate(told).stage


def test_another_document_is_no_correction_once_somebody_was_asked() -> None:
    told = story(draft(document=DEED), *active[1:])
    told.when(correct(document=OTHER)).then_refused("other-document")
    unpinned = story(draft(document=replace(DEED, sha256=None)), *active[1:])
    unpinned.when(correct(document=DEED)).then_refused("other-document")
    refused = unpinned.when(correct(document=replace(MOVED, sha256=None))).then_refused("other-document")
    assert "only its address" in refused.reason, "no hash says that it is the same one elsewhere"
    named = replace(DEED, sha256=None, title=words("Agreement on health"))
    assert unpinned.when(correct(document=named)).refused is None


def test_it_counts_from_no_day_before_the_draft() -> None:
    early = ask(CorrectMandate, corrects=FIRST, changes=MandateWording(legal_basis="x"), today=draft().today)
    early = replace(early, effective_on=type(early.effective_on)("2025-01-01"))
    story(*drafted).when(early).then_refused("before-draft")


# --- a sphere that was corrected in the directory ---


def test_a_corrected_sphere_undoes_nothing_that_was_agreed() -> None:
    """As drafted, a region entrusts a city; since then the directory says that the recipient takes part only."""
    for wrong in (Sphere.SUPRANATIONAL, Sphere.REGIONAL):
        moved = unit(CITY, sphere=wrong)
        barred = policy(barred="regional>regional")
        after = replace(activate, recipient_unit=moved, policy=barred)
        outcome = story(*accepted).when(after)
        assert outcome.refused is None
        assert isinstance(outcome.events[0], MandateActivated)
        again = replace(renew, recipient_unit=moved, giver_unit=unit(REGION, sphere=Sphere.COMMUNITY))
        assert story(*active).when(again).refused is None


def test_a_new_draft_is_for_the_sphere_that_is_right() -> None:
    story().when(replace(draft(), recipient_unit=unit(CITY, sphere=Sphere.SUPRANATIONAL))).then_refused("no-authority")


def test_a_deconcentration_stays_within_the_sphere_in_which_it_was_drafted() -> None:
    inside = draft(kind=Kind.DECONCENTRATION, instrument=Instrument.ACT, recipient=CITY, ends_on=END)
    same = replace(inside, recipient_unit=unit(CITY, sphere=Sphere.REGIONAL))
    moved = replace(activate, recipient_unit=unit(CITY))
    assert story(same).when(moved).refused is None
    assert mandate(story(same).after(moved)).stage is Stage.ACTIVE
    assert date(2030, 3, 31) == END
