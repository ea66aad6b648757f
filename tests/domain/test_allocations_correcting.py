"""A question is put right by whoever asked: its name at any time, what has to be done until somebody has answered."""

from dataclasses import replace
from typing import Any

import pytest

from domain.kernel import EventName
from domain.subsidiarity.allocations import commands as asked
from domain.subsidiarity.allocations.events import RequestCorrected
from domain.subsidiarity.allocations.words import QuestionWording
from domain.subsidiarity.words import Document
from tests.domain.allocation_stories import (
    MANDATE,
    allocation,
    ask,
    local_grids,
    propose,
    proposed,
    request,
    stays,
    story,
    upward,
    words,
)

STREAM = MANDATE
FIRST = EventName.at(STREAM, 1)
PAPER = Document(words("Green paper"), "https://example.org/river.pdf", "a" * 64)
MOVED = replace(PAPER, url="https://example.org/archive/river.pdf")
OTHER = replace(PAPER, sha256="b" * 64)
MATTER, DESCRIPTION = words("Who keeps the river Wye from flooding"), words("Dams, meadows, warnings, insurance")
withdraw = ask(asked.WithdrawRequest)


def correct(**changes: Any) -> asked.CorrectRequest:
    found = ask(asked.CorrectRequest, corrects=FIRST, stream=STREAM, changes=QuestionWording(**changes))
    assert isinstance(found, asked.CorrectRequest)
    return found


def test_a_question_that_nobody_answered_is_put_right() -> None:
    told = story(replace(request, document=PAPER)).after(
        correct(matter=MATTER, description=DESCRIPTION, document=OTHER)
    )
    state = allocation(told)
    assert (state.matter, state.description, state.document) == (MATTER, DESCRIPTION, OTHER)


@pytest.mark.parametrize(
    ("told", "instead"),
    [
        ((request, local_grids[0]), "withdraw it"),
        ((request, propose), "withdraw it"),
        (proposed, "withdraw it"),
        ((*proposed, upward), "revisited"),
        ((*proposed, stays), "revisited"),
        ((request, withdraw), "ask anew"),
    ],
)  # fmt: skip
def test_what_was_answered_keeps_what_has_to_be_done(told: tuple[Any, ...], instead: str) -> None:
    refused = story(*told).when(correct(description=DESCRIPTION)).then_refused("relied-on")
    assert instead in refused.reason
    story(*told).when(correct(matter=MATTER)).then(
        RequestCorrected(FIRST, QuestionWording(matter=request.matter), QuestionWording(matter=MATTER))
    )


def test_the_paper_stays_the_one_on_which_it_was_answered() -> None:
    told = story(replace(request, document=PAPER), *proposed[1:])
    told.when(correct(document=OTHER)).then_refused("other-document")
    assert allocation(told.after(correct(document=MOVED))).document == MOVED


def test_a_correction_changes_nothing_else() -> None:
    before, after = allocation(story(*proposed)), allocation(story(*proposed, correct(matter=MATTER)))
    assert replace(after, matter=before.matter, version=before.version) == before
