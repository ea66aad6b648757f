"""Opinions and contributions: who said what of which draft, whether it counts, and which one brought the card."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from domain.kernel import Indexed, PartialDate, Recorded, Says, Searched, Sphere, Words
from domain.replacing import replace
from domain.subsidiarity.reviews import events as happened
from domain.subsidiarity.reviews.words import Card, Ground
from projections.kernel import Look, Subject, View
from projections.review_row import ReviewRow
from projections.units import unit_name


class Heard(StrEnum):
    """As what it is heard."""

    OPINION = "opinion"
    LATE = "late"
    WITHDRAWN = "withdrawn"
    CONTRIBUTION = "contribution"


@dataclass(frozen=True, slots=True)
class OpinionRow:
    """What one unit said of one draft."""

    review: Annotated[UUID, Indexed(), Says("The review.")]
    review_name: Annotated[str, Searched(), Says("What the draft is called.")]
    reference: Annotated[str, Indexed(), Says("How the draft is cited.")]
    unit: Annotated[UUID, Indexed(), Says("The unit that spoke.")]
    unit_name: Annotated[str, Searched(), Says("Its name.")]
    sphere: Annotated[Sphere | None, Indexed(), Says("Its sphere.")]
    kind: Annotated[Heard, Indexed(), Says("An opinion, one that came late or was withdrawn, or a contribution.")]
    votes: Annotated[int, Says("The votes that it counts for.")]
    grounds: Annotated[tuple[Ground, ...], Says("What it rests on.")]
    reasons: Annotated[Words, Searched(), Says("Its reasons.")]
    submitted_on: Annotated[PartialDate, Indexed(), Says("When it was submitted.")]
    document_url: Annotated[str | None, Says("Where it can be read.")] = None
    to: Annotated[UUID | None, Indexed(), Says("The chamber that a contribution is to help.")] = None
    brought: Annotated[Card, Indexed(), Says("The card that fell with this very opinion.")] = Card.NONE
    withdrawn_on: Annotated[PartialDate | None, Says("When it was withdrawn.")] = None
    withdrawn_because: Annotated[str, Says("Why.")] = ""


def keys(record: Recorded, look: Look) -> Iterable[str]:
    event = record.event
    match event:
        case happened.ReasonedOpinionSubmitted() | happened.OpinionReceivedLate() | happened.OpinionWithdrawn():
            return (f"{record.key}/{event.chamber}",)
        case happened.ContributionSubmitted():
            return (f"{record.key}/contribution-{event.number}",)
        case happened.ReviewCorrected():
            return _all(record.key, look.row("reviews", record.key))
        case _:
            whole: ReviewRow = look.row("reviews", record.key)
            return (f"{record.key}/{whole.last_opinion_by}",)


def _all(review: str, whole: ReviewRow) -> list[str]:
    """Every row that there may be of a review: those of the roll, and the contributions."""
    spoken = (*(str(one.unit) for one in whole.roll), *(f"contribution-{n + 1}" for n in range(whole.contributions)))
    return [f"{review}/{one}" for one in spoken]


def fold(key: str, before: OpinionRow | None, record: Recorded, look: Look) -> OpinionRow | None:
    event = record.event
    match event:
        case happened.ReasonedOpinionSubmitted():
            return _said(event, event.chamber, Heard.OPINION, event.votes, record, look)
        case happened.OpinionReceivedLate():
            return _said(event, event.chamber, Heard.LATE, 0, record, look)
        case happened.ContributionSubmitted():
            return replace(_said(event, event.unit, Heard.CONTRIBUTION, 0, record, look), to=event.to)
        case happened.OpinionWithdrawn():
            assert before is not None, "an opinion is given before it is withdrawn"
            gone = replace(before, kind=Heard.WITHDRAWN, votes=0, brought=Card.NONE)
            return replace(gone, withdrawn_on=record.effective_on, withdrawn_because=record.because)
        case happened.ReviewCorrected():
            whole: ReviewRow = look.row("reviews", record.key)
            return before and replace(before, review_name=whole.name, reference=whole.reference)
        case happened.ThresholdReached():
            assert before is not None, "a card falls with an opinion"
            return replace(before, brought=event.card)
        case _:
            return before


_Said = happened.ReasonedOpinionSubmitted | happened.OpinionReceivedLate | happened.ContributionSubmitted


def _said(event: _Said, unit: UUID, kind: Heard, votes: int, record: Recorded, look: Look) -> OpinionRow:
    whole: ReviewRow = look.row("reviews", record.key)
    return OpinionRow(
        review=record.stream,
        review_name=whole.name,
        reference=whole.reference,
        unit=unit,
        unit_name=unit_name(look, unit),
        sphere=record.actor.sphere,
        kind=kind,
        votes=votes,
        grounds=event.grounds,
        reasons=event.reasons,
        submitted_on=record.effective_on,
        document_url=event.document.url if event.document else None,
    )


OPINIONS = View(
    name="opinions",
    version=1,
    says="Reasoned opinions and contributions on drafts, whether each counts, and which one brought a card.",
    subject=Subject.SUBSIDIARITY,
    shows=("kind", "review_name", "reference", "sphere", "votes", "grounds", "submitted_on", "brought"),
    row=OpinionRow,
    key_says="The review's id and the body's: <review>/<unit>; for a contribution, <review>/contribution-<number>.",
    touched_by=(
        happened.ReviewCorrected,
        happened.ReasonedOpinionSubmitted,
        happened.OpinionReceivedLate,
        happened.ContributionSubmitted,
        happened.OpinionWithdrawn,
        happened.ThresholdReached,
    ),
    keys=keys,
    fold=fold,
    reads=("units", "reviews"),
    sort="submitted_on",
)
