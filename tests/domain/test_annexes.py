"""Annexes: sealed by a party until a day that is fixed with them, and released on it, whatever else happened."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.annexes import (
    ANNEXES,
    AnnexDeadlineMet,
    AnnexDeadlineSet,
    AnnexDeadlineVoided,
    AnnexLapsed,
    AnnexReleased,
    AnnexSealed,
    Due,
    ReleaseAnnex,
    SealAnnex,
    fits,
)
from domain.kernel import CommitmentFacts, CommitmentId, OpenedText, Sealed, StreamId, Today, UnitId, Words
from domain.ledger.records import sealed_hash
from tests.domain.scenario import scenario

CITY, STATE = UnitId(UUID(int=1)), UnitId(UUID(int=2))
CONTRACT = CommitmentId(StreamId(UUID(int=9)))
SALT = b"s" * 32
TEXT = "What the cabinet will decide."
HASH = Sealed(sealed_hash(SALT, TEXT))
TODAY = Today(date(2026, 11, 27))
DAY = date(2027, 3, 1)
TITLE = Words({"en": "Side letter"})

seal = SealAnnex(
    unit=CITY, commitment=CONTRACT, title=TITLE, text=HASH, language="en", release_on=DAY, today=TODAY,
    parties=CommitmentFacts(CONTRACT, exists=True, bound=(STATE, CITY)),
)  # fmt: skip
release = ReleaseAnnex(deadline=1, text=OpenedText(TEXT, SALT.hex()), today=Today(DAY))
sealed = AnnexSealed(CITY, CONTRACT, TITLE, HASH, "en", DAY)
embargo = AnnexDeadlineSet(1, Due.RELEASE, TODAY, date(2027, 2, 28), "", "")
released = AnnexReleased(TEXT, SALT.hex())
met = AnnexDeadlineMet(1, late=False)

annex = scenario(ANNEXES)


def test_an_annex_is_sealed_with_its_day() -> None:
    annex.when(seal).then(sealed, embargo)


def test_nothing_is_sealed_for_ever() -> None:
    annex.when(replace(seal, release_on=None)).then_refused("release-day-missing")


@pytest.mark.parametrize("day", [date(2026, 11, 27), date(2020, 1, 1)])
def test_the_day_is_to_come(day: date) -> None:
    annex.when(replace(seal, release_on=day)).then_refused("release-day-past")


def test_an_embargo_lasts_ten_years_at_most() -> None:
    last = date(2036, 11, 27)
    assert annex.when(replace(seal, release_on=last)).refused is None
    annex.when(replace(seal, release_on=last + timedelta(days=1))).then_refused("release-day-too-far")
    annex.when(replace(seal, release_on=date.max)).then_refused("release-day-too-far")


def test_only_a_party_that_is_bound_seals_an_annex() -> None:
    unbound = CommitmentFacts(CONTRACT, exists=True, bound=(STATE,))
    annex.when(replace(seal, parties=unbound)).then_refused("not-a-party")
    annex.when(replace(seal, parties=CommitmentFacts(CONTRACT, exists=False))).then_refused("no-commitment")


def test_an_annex_is_sealed_once() -> None:
    annex.given(sealed, embargo).when(seal).then_refused("annex-sealed")


def test_it_is_released_on_its_day_with_its_salt() -> None:
    annex.given(sealed, embargo).when(release).then(released, met)


def test_after_its_day_it_is_released_late() -> None:
    late = replace(release, today=Today(date(2027, 3, 2)))
    annex.given(sealed, embargo).when(late).then(released, replace(met, late=True))


def test_no_hour_earlier() -> None:
    refused = (
        annex.given(sealed, embargo).when(replace(release, today=Today(date(2027, 2, 28)))).then_refused("not-due-yet")
    )
    assert refused.facts["due_on"] == date(2027, 2, 28)


def test_it_is_released_once() -> None:
    annex.given(sealed, embargo, released, met).when(release).then_nothing_happens()


def test_what_was_erased_lapses_on_its_day() -> None:
    told = annex.given(sealed, embargo)
    told.when(replace(release, text=None)).then(AnnexLapsed(), AnnexDeadlineVoided(1))
    told.given(AnnexLapsed(), AnnexDeadlineVoided(1)).when(release).then_nothing_happens()


@pytest.mark.parametrize(
    "text", [OpenedText("Another text.", SALT.hex()), OpenedText(TEXT, "00" * 32), OpenedText(TEXT, "no salt")]
)
def test_another_text_is_never_released(text: OpenedText) -> None:
    annex.given(sealed, embargo).when(replace(release, text=text)).then_refused("opening-differs")


def test_what_is_not_there_is_not_released() -> None:
    annex.when(release).then_refused("annex-unknown")
    annex.given(sealed, embargo).when(replace(release, deadline=2)).then_refused("no-such-deadline")


@given(st.text(st.characters(exclude_categories=["Cs"])), st.binary(min_size=32, max_size=32))
def test_a_text_fits_its_own_hash(text: str, salt: bytes) -> None:
    digest = sealed_hash(salt, text)
    assert fits(text, salt.hex(), digest)
    assert not fits(f"{text}.", salt.hex(), digest)
