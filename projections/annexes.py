"""Annexes of commitments: which texts are under embargo until when, and what those say that were released."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, assert_never
from uuid import UUID

from domain.annexes import ANNEXES as CONTEXT
from domain.annexes import (
    AnnexDeadlineMet,
    AnnexDeadlineSet,
    AnnexDeadlineVoided,
    AnnexLapsed,
    AnnexReleased,
    AnnexSealed,
    Event,
)
from domain.kernel import Indexed, Recorded, Says, Searched, Sphere, Words
from domain.replacing import replace
from projections.commitment_row import CommitmentRow
from projections.kernel import Look, Subject, View, own_stream
from projections.units import unit_name


class Stage(StrEnum):
    """Lapsed: erased before its day came; the record of the erasure says under which law."""

    SEALED = "sealed"
    RELEASED = "released"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class AnnexRow:
    """One annex."""

    commitment: Annotated[UUID, Indexed(), Says("The commitment that it belongs to.")]
    commitment_name: Annotated[str, Says("What that was called when this one was sealed.")]
    title: Annotated[Words, Searched(), Says("What it is.")]
    name: Annotated[str, Says("Its title, in English if there is an English one.")]
    unit: Annotated[UUID, Indexed(), Says("The party whose text it is.")]
    unit_name: Annotated[str, Searched(), Says("Its name.")]
    sphere: Annotated[Sphere | None, Indexed(), Says("Its sphere.")]
    state: Annotated[Stage, Indexed(), Says("Under embargo, released, or erased before its day.")]
    sealed_on: Annotated[date, Indexed(), Says("The day on which it was sealed (UTC).")]
    release_on: Annotated[date, Indexed(), Says("The day on which it is released.")]
    hash: Annotated[str, Says("The salted hash that was recorded when it was sealed.")]
    language: Annotated[str, Indexed(), Says("The language of the text.")]
    text: Annotated[str | None, Searched(), Says("The text, once it is released.")] = None
    salt: Annotated[str | None, Says("The salt by which the text leads to the hash (hexadecimal).")] = None
    released_on: Annotated[date | None, Says("The day on which it was released (UTC).")] = None
    late: Annotated[bool, Says("Whether it was released after its day, since the register did not run.")] = False


def fold(key: str, before: AnnexRow | None, record: Recorded, look: Look) -> AnnexRow | None:
    event: Event = record.event
    if isinstance(event, AnnexSealed):
        return _sealed(event, record, look)
    assert before is not None, "an annex's first event seals it"
    match event:
        case AnnexReleased():
            return replace(
                before, state=Stage.RELEASED, text=event.value, salt=event.salt, released_on=record.at.date()
            )
        case AnnexLapsed():
            return replace(before, state=Stage.LAPSED)
        case AnnexDeadlineMet():
            return replace(before, late=event.late)
        case AnnexDeadlineSet() | AnnexDeadlineVoided():
            return before
        case _:
            assert_never(event)


def _sealed(event: AnnexSealed, record: Recorded, look: Look) -> AnnexRow:
    commitment: CommitmentRow | None = look.row("commitments", str(event.commitment))
    return AnnexRow(
        commitment=event.commitment,
        commitment_name=commitment.name if commitment else "",
        title=event.title,
        name=event.title.best(),
        unit=event.unit,
        unit_name=unit_name(look, event.unit),
        sphere=record.actor.sphere,
        state=Stage.SEALED,
        sealed_on=record.at.date(),
        release_on=event.release_on,
        hash=str(event.text),
        language=event.language,
    )


ANNEXES = View(
    name="annexes",
    version=1,
    says="Texts of commitments under embargo: until when, and what they say once they are released.",
    subject=Subject.PROMISES,
    shows=("state", "commitment_name", "unit_name", "release_on", "sealed_on", "released_on", "language"),
    row=AnnexRow,
    key_says="The annex's id.",
    touched_by=CONTEXT.events,
    keys=own_stream,
    fold=fold,
    reads=("units", "commitments"),
    sort="release_on",
)
