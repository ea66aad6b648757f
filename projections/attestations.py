"""Attestations of views: what each came to as of which position, as the register said it in a record."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from domain.attestations import ATTESTATIONS as CONTEXT
from domain.attestations import ViewAttested
from domain.kernel import Indexed, Recorded, Says
from projections.kernel import Look, View


@dataclass(frozen=True, slots=True)
class AttestationRow:
    """A view's digest at a position. Whoever folds the records up to there comes to the same, or has found a lie."""

    view: Annotated[str, Indexed(), Says("The view.")]
    version: Annotated[int, Says("The version of its fold.")]
    position: Annotated[int, Indexed(), Says("The last position whose record it held.")]
    rows: Annotated[int, Says("How many rows it had.")]
    digest: Annotated[str, Indexed(), Says("The digest of its dump: SHA-256, 64 hexadecimal digits.")]
    recorded: Annotated[int, Says("The position of the record that says so.")]
    recorded_on: Annotated[date, Says("The day on which it was recorded (UTC).")]


def keys(record: Recorded, look: Look) -> Iterable[str]:
    return (str(record.name),)


def fold(key: str, before: AttestationRow | None, record: Recorded, look: Look) -> AttestationRow | None:
    event: ViewAttested = record.event
    return AttestationRow(
        view=event.view, version=event.version, position=event.position, rows=event.rows, digest=event.digest,
        recorded=record.position, recorded_on=record.at.date(),
    )  # fmt: skip


ATTESTATIONS = View(
    name="attestations",
    version=1,
    says="What each view came to as of which position, for whoever folds the records again and compares.",
    shows=("version", "position", "rows", "recorded_on", "digest"),
    row=AttestationRow,
    key_says="The record that says so: <stream>/<version>.",
    touched_by=CONTEXT.events,
    keys=keys,
    fold=fold,
    sort="recorded",
)
