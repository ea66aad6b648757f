"""What is said of a draft is put right by its author; how it is cited, until somebody has cited it."""

from dataclasses import replace
from typing import Any

import pytest

from domain.kernel import EventName
from domain.subsidiarity.reviews import commands as asked
from domain.subsidiarity.reviews.events import ReviewCorrected
from domain.subsidiarity.reviews.words import DraftWording, Ground, Outcome
from domain.subsidiarity.words import Document
from tests.domain.review_stories import (
    CITY,
    DRAFT,
    OPENING,
    SENATE,
    STREAM,
    ask,
    close,
    maintain,
    open_review,
    opened,
    opine,
    review,
    story,
    transmit,
    withdraw_opinion,
    words,
    yellow,
)

FIRST = EventName.at(STREAM, 1)
PROPOSAL = Document(words("Proposal"), "https://example.org/com-2012-130.pdf", "a" * 64)
MOVED = replace(PROPOSAL, url="https://example.org/archive/com-2012-130.pdf")
OTHER = replace(PROPOSAL, sha256="b" * 64)
TITLE = words("The right to take collective action, within the freedom to provide services")
REFERENCE = "COM(2012) 131"
contribute = ask(asked.SubmitContribution, CITY, unit=CITY, reasons=words("Why"))
with_document = ask(asked.OpenReview, **{**OPENING, "draft": replace(DRAFT, document=PROPOSAL)})


def correct(**changes: Any) -> asked.CorrectReview:
    found = ask(asked.CorrectReview, corrects=FIRST, changes=DraftWording(**changes))
    assert isinstance(found, asked.CorrectReview)
    return found


@pytest.mark.parametrize("told", [(open_review,), opened], ids=["opened", "sent"])
def test_reference_and_title_are_put_right(told: tuple[Any, ...]) -> None:
    changed = story(*told).after(correct(title=TITLE, reference=REFERENCE))
    assert review(changed).draft == replace(DRAFT, title=TITLE, reference=REFERENCE)
    assert review(changed).stage is review(story(*told)).stage


@pytest.mark.parametrize(
    "told",
    [
        (*opened, opine(SENATE)),
        (*opened, opine(SENATE, grounds=(Ground.MERITS,))),
        (*opened, opine(SENATE), withdraw_opinion(SENATE)),
        (open_review, contribute),
        (*opened, close),
        yellow,
        (*yellow, maintain),
        (open_review, ask(asked.DecideAfterReview, outcome=Outcome.WITHDRAW)),
    ],
)  # fmt: skip
def test_what_opinions_cite_keeps_its_name(told: tuple[Any, ...]) -> None:
    refused = story(*told).when(correct(reference=REFERENCE)).then_refused("relied-on")
    assert "open it anew" in refused.reason
    story(*told).when(correct(title=TITLE)).then(
        ReviewCorrected(FIRST, DraftWording(title=DRAFT.title), DraftWording(title=TITLE))
    )


def test_the_text_that_was_sent_stays_the_one_that_was_sent() -> None:
    story(with_document).when(correct(document=OTHER)).then(
        ReviewCorrected(FIRST, DraftWording(document=PROPOSAL), DraftWording(document=OTHER))
    )
    sent = story(with_document, transmit)
    sent.when(correct(document=OTHER)).then_refused("other-document")
    assert review(sent.after(correct(document=MOVED))).draft.document == MOVED


def test_a_correction_starts_no_clock_anew_and_counts_no_vote() -> None:
    before = review(story(*opened, opine(SENATE)))
    after = review(story(*opened, opine(SENATE), correct(title=TITLE)))
    assert replace(after, draft=before.draft, version=before.version) == before
