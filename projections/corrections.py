"""Corrections: what was recorded wrongly, what it was corrected by, why, and on what evidence."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from domain.correcting import Corrected
from domain.kernel import EventName, Indexed, PartialDate, Recorded, Says, Searched, Words
from projections.activity import ActivityRow, key_of
from projections.kernel import Look, View
from projections.things import context_of


@dataclass(frozen=True, slots=True)
class Changed:
    """One text or value that was wrong; a text in each of its languages by itself, as `purpose.fr`."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """One correction. The record it corrects stands as it was; both are shown, and so are both times."""

    corrects: Annotated[EventName, Indexed(), Says("The record that was wrong: <stream>/<version>.")]
    by: Annotated[EventName, Says("The record that corrects it.")]
    position: Annotated[int, Indexed(), Says("Where the correction lies in the ledger.")]
    context: Annotated[str, Indexed(), Says("The subject it belongs to.")]
    stream: Annotated[UUID, Indexed(), Says("The thing whose history was wrong.")]
    title: Annotated[Words | None, Searched(), Says("What the thing is called, in its languages.")]
    type: Annotated[str, Says("What the correction recorded, by its stored name.")]
    unit: Annotated[UUID | None, Indexed(), Says("The unit that corrected it.")]
    unit_name: Annotated[str, Searched(), Says("Its name.")]
    because: Annotated[str, Searched(), Says("Why.")]
    basis: Annotated[str, Says("The legal basis it rests on.")]
    documents: Annotated[tuple[str, ...], Says("The documents it rests on, each by name and SHA-256.")]
    at: Annotated[date, Indexed(), Says("The day on which it was recorded (UTC).")]
    effective_on: Annotated[PartialDate, Indexed(), Says("From when it counts in law.")]
    changed: Annotated[
        tuple[Changed, ...], Says("What it said before and says now; of `correct`, field by field.")
    ] = ()


def keys(record: Recorded, look: Look) -> Iterable[str]:
    """The last record of a command speaks for the command: each says what it corrects."""
    return (key_of(record.position),) if record.corrects and record.of[0] == record.of[1] else ()


def fold(key: str, before: CorrectionRow | None, record: Recorded, look: Look) -> CorrectionRow | None:
    assert record.corrects is not None, "`keys` names only corrections"
    line: ActivityRow = look.row("activity", key)
    return CorrectionRow(
        corrects=record.corrects,
        by=record.name,
        position=record.position,
        context=context_of(record),
        stream=record.corrects.stream,
        title=line.title,
        type=record.type,
        unit=line.unit,
        unit_name=line.unit_name,
        because=record.because,
        basis=record.basis,
        documents=tuple(f"{one.name} ({one.sha256})" for one in record.documents),
        at=line.at,
        effective_on=record.effective_on,
        changed=_changed(record.event) if isinstance(record.event, Corrected) else (),
    )


def _changed(event: Corrected) -> tuple[Changed, ...]:
    before, after = dict(_told("", event.before)), dict(_told("", event.after))
    return tuple(Changed(name, was, now) for name, was, now in _both(before, after) if was != now)


def _both(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    return ((name, before.get(name, ""), after.get(name, "")) for name in dict.fromkeys((*after, *before)))


def _told(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """What a value says, piece by piece, each under its name."""
    if is_dataclass(value):
        for one in fields(value):
            yield from _told(f"{name}.{one.name}".lstrip("."), getattr(value, one.name))
    elif isinstance(value, Words):
        yield from ((f"{name}.{language}", text) for language, text in value.items())
    elif value is not None:
        yield name, str(value)


CORRECTIONS = View(
    name="corrections",
    version=2,
    says="What was recorded wrongly, what it was corrected by, why, and on what evidence.",
    shows=("type", "unit_name", "because", "basis", "at", "effective_on", "context"),
    row=CorrectionRow,
    key_says="The position of the correction in the ledger, as 16 digits.",
    touched_by=(),
    keys=keys,
    fold=fold,
    reads=("activity",),
    sort="key",
    once=True,
)
