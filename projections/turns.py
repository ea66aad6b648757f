"""Whose turn it is: everything that waits for somebody, of every context. Asked for one unit, it is its inbox."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from domain.kernel import Indexed, Recorded, Says, Searched, Sphere, Words
from domain.replacing import quick
from projections.kernel import Computed, Look, Subject, View, text_of
from projections.things import HAPPENINGS, THINGS, Matter, Thing, context_of, renamed, thing, thing_both
from projections.units import UnitRow

OUTSIDE = "outside"
"""Stands in a key for the unit where the matter waits for somebody from outside."""


@quick
@dataclass(frozen=True, slots=True)
class TurnRow:
    """One matter that waits. It leaves the list when it is settled; as of an earlier position it is still there."""

    context: Annotated[str, Indexed(), Says("The subject of the thing: commitments, mandates, ...")]
    stream: Annotated[UUID, Indexed(), Says("The thing that waits.")]
    title: Annotated[Words, Searched(), Says("What the thing is called, in its languages.")]
    turn: Annotated[str, Indexed(), Says("What it waits for.")]
    unit: Annotated[UUID | None, Indexed(), Says("The unit whose turn it is; empty for somebody from outside.")]
    unit_name: Annotated[str, Searched(), Says("Its name.")]
    sphere: Annotated[Sphere | None, Indexed(), Says("Its sphere.")]
    number: Annotated[int, Says("The number, within the thing, of what it is about; 0 for the whole.")]
    waits_since: Annotated[date, Indexed(), Says("Since when.")]


def key_of(stream: str, matter: Matter) -> str:
    return f"{stream}/{matter.turn}/{matter.number}/{text_of(matter.unit) if matter.unit else OUTSIDE}"


def _waiting(stream: str, whole: Thing | None) -> dict[str, Matter]:
    return {key_of(stream, one): one for one in whole.matters} if whole is not None else {}


def keys(record: Recorded, look: Look) -> Iterable[str]:
    """What begins to wait and what is settled by the record; all that waits where the thing has another name."""
    before, after = thing_both(record, look)
    otherwise = before is not None and after is not None and renamed(before, after)
    if before is not None and after is not None and not otherwise and before.matters == after.matters:
        return ()
    was, now = _waiting(record.key, before), _waiting(record.key, after)
    return [key for key in dict.fromkeys((*was, *now)) if otherwise or was.get(key) != now.get(key)]


def fold(key: str, before: TurnRow | None, record: Recorded, look: Look) -> TurnRow | None:
    whole = thing(record, look)
    matter = _waiting(record.key, whole).get(key)
    if whole is None or matter is None:
        return None
    unit: UnitRow | None = look.row("units", text_of(matter.unit)) if matter.unit else None
    return TurnRow(
        context=context_of(record),
        stream=record.stream,
        title=whole.called,
        turn=str(matter.turn),
        unit=matter.unit,
        unit_name=unit.title if unit else "",
        sphere=unit.sphere if unit else None,
        number=matter.number,
        waits_since=matter.since,
    )


def days_waiting(row: TurnRow, day: date) -> int:
    """For how many days it has waited."""
    return (day - row.waits_since).days


TURNS = View(
    name="turns",
    version=3,
    says="Whose turn it is: everything that waits for somebody, in every subject, and for how long.",
    subject=Subject.TURNS,
    shows=("turn", "unit_name", "sphere", "waits_since", "days_waiting", "context"),
    row=TurnRow,
    key_says=f"<thing>/<turn>/<number>/<unit>; the unit is '{OUTSIDE}' where somebody from outside is waited for.",
    touched_by=HAPPENINGS,
    keys=keys,
    fold=fold,
    reads=("units", *THINGS.values()),
    sort="waits_since",
    computed=(
        Computed(
            name="days_waiting",
            type=int,
            says="For how many days it has waited.",
            of=days_waiting,
            sql="({day} - waits_since)",
        ),
    ),
)
