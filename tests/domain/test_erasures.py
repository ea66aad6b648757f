"""Erasures: once for each subject, of all that was sealed, under a law that is named."""

from dataclasses import replace
from uuid import UUID

import pytest

from domain.erasures import ERASURES, EraseSubject, SealedField, SubjectErased, SubjectId, erasure_stream
from domain.kernel import EventName, Role
from tests.domain.scenario import scenario

SUBJECT = SubjectId(UUID(int=7))
NAME = SealedField(EventName.at(UUID(int=1), 4), "/name")
GDPR = "Regulation (EU) 2016/679, art. 17(1)(a)"

erase = EraseSubject(subject=SUBJECT, basis=GDPR, fields=(NAME,))
erased = SubjectErased(SUBJECT, (NAME,), GDPR)


def test_all_that_was_sealed_is_erased_at_once() -> None:
    contact = replace(NAME, path="/contact")
    scenario(ERASURES).when(replace(erase, fields=(NAME, contact))).then(replace(erased, fields=(NAME, contact)))


def test_erasing_again_changes_nothing() -> None:
    scenario(ERASURES).given(erased).when(replace(erase, basis="Another law")).then_nothing_happens()


def test_where_nothing_was_sealed_there_is_nothing_to_erase() -> None:
    scenario(ERASURES).when(replace(erase, fields=())).then_refused("nothing-sealed")


@pytest.mark.parametrize("basis", ["", " ", "\t\n"])
def test_an_erasure_names_its_law(basis: str) -> None:
    scenario(ERASURES).when(replace(erase, basis=basis)).then_refused("basis-required")


def test_only_a_registrar_erases() -> None:
    assert ERASURES.commands["erase"].roles == (Role.REGISTRAR,)


def test_a_subject_has_one_stream() -> None:
    by = ERASURES.commands["erase"]
    assert by.stream is not None
    assert by.stream(erase) == erasure_stream(SUBJECT) != erasure_stream(UUID(int=8))
