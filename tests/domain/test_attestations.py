"""Attesting a view: never backwards, never ahead of the ledger, and nothing new where nothing has changed."""

from dataclasses import replace

import pytest

from domain.attestations import ATTESTATIONS, AttestView, ViewAttested, attestation_stream
from tests.domain.scenario import Given, scenario

command = AttestView("commitments", 2, position=41, rows=7, digest="ab" * 32, size=42)
attested = ViewAttested("commitments", 2, position=41, rows=7, digest="ab" * 32)


def given(*events: ViewAttested) -> Given:
    return scenario(ATTESTATIONS).given(*events)


def test_what_a_view_comes_to_is_recorded() -> None:
    given().when(command).then(attested)
    later = replace(command, position=50, rows=8, digest="cd" * 32, size=60)
    given(attested).when(later).then(replace(attested, position=50, rows=8, digest="cd" * 32))


def test_a_view_that_has_not_changed_is_not_attested_again() -> None:
    given(attested).when(replace(command, position=50, size=60)).then_nothing_happens()


def test_another_version_is_another_claim_though_the_rows_are_the_same() -> None:
    given(attested).when(replace(command, version=3)).then(replace(attested, version=3))


def test_another_digest_of_the_same_position_contradicts_the_first_and_is_recorded_all_the_same() -> None:
    given(attested).when(replace(command, digest="cd" * 32)).then(replace(attested, digest="cd" * 32))


def test_nothing_is_attested_of_an_earlier_position() -> None:
    given(attested).when(replace(command, position=40, digest="cd" * 32)).then_refused("position-passed")


@pytest.mark.parametrize("position", [42, 1000, -1])
def test_no_view_is_ahead_of_the_ledger(position: int) -> None:
    given().when(replace(command, position=position)).then_refused("position-ahead")


@pytest.mark.parametrize("digest", ["", "ab" * 31, "AB" * 32, "zz" * 32, "ab" * 32 + "\n"])
def test_a_digest_is_sixty_four_hexadecimal_digits(digest: str) -> None:
    given().when(replace(command, digest=digest)).then_refused("digest-malformed")


def test_each_view_has_a_stream_of_its_own() -> None:
    assert attestation_stream("units") != attestation_stream("commitments")
    given(attested).when(replace(command, view="units")).then_refused("another-view")
