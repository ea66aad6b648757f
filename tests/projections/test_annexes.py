"""Annexes as a view: sealed until their day, then there to be read and found."""

from datetime import date
from uuid import UUID

import pytest

from domain.annexes import AnnexDeadlineVoided, AnnexLapsed, fits
from projections.annexes import ANNEXES, AnnexRow, Stage
from services.views.rows import Form
from tests.domain.test_annexes import CITY, CONTRACT, DAY, HASH, TEXT, embargo, met, released, sealed
from tests.projections.register import directory
from tests.projections.telling import Told

ANNEX = UUID(int=0xA)
TODAY = date(2026, 11, 27)


@pytest.fixture
def register() -> Told:
    return directory().tell(ANNEX, sealed, embargo, on=TODAY, by=CITY)


def row(register: Told) -> AnnexRow:
    found: AnnexRow = register.one("annexes", str(ANNEX))
    return found


def test_a_sealed_annex_is_known_with_its_day_and_its_hash_alone(register: Told) -> None:
    annex = row(register)
    assert (annex.commitment, annex.unit, annex.name) == (CONTRACT, CITY, "Side letter")
    assert (annex.state, annex.sealed_on, annex.release_on) == (Stage.SEALED, TODAY, DAY)
    assert (annex.hash, annex.text, annex.salt) == (HASH, None, None)


@pytest.mark.parametrize("late", [False, True])
def test_a_released_annex_says_its_text_and_the_salt_that_leads_to_the_hash(register: Told, late: bool) -> None:
    annex = row(register.tell(ANNEX, released, type(met)(1, late=late), on=DAY))
    assert (annex.state, annex.released_on, annex.text, annex.late) == (Stage.RELEASED, DAY, TEXT, late)
    assert annex.salt is not None
    assert fits(annex.text or "", annex.salt, HASH)


def test_an_annex_that_was_erased_before_its_day_has_lapsed(register: Told) -> None:
    annex = row(register.tell(ANNEX, AnnexLapsed(), AnnexDeadlineVoided(1), on=DAY))
    assert (annex.state, annex.text, annex.released_on) == (Stage.LAPSED, None, None)


def test_a_row_that_is_read_back_is_the_same(register: Told) -> None:
    form = Form(ANNEXES.row)
    for annex in (row(register), row(register.tell(ANNEX, released, met, on=DAY))):
        assert form.decode(form.encode(str(ANNEX), annex)) == annex
