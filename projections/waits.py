"""For how many days each actor was waited for, thing by thing, in the past and now: days on which anything waited."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from domain.kernel import Indexed, Recorded, Says, Searched, Sphere, Words
from domain.replacing import quick, replace
from projections.kernel import Computed, Look, Subject, View, text_of
from projections.things import HAPPENINGS, THINGS, Matter, Thing, context_of, renamed, thing, thing_both
from projections.turns import OUTSIDE
from projections.units import UnitRow


@quick
@dataclass(frozen=True, slots=True)
class WaitRow:
    """One thing and one unit that it waits for, or waited for. Matters that wait at the same time count once."""

    context: Annotated[str, Indexed(), Says("The subject of the thing: commitments, mandates, ...")]
    stream: Annotated[UUID, Indexed(), Says("The thing that waits.")]
    title: Annotated[Words, Searched(), Says("What the thing is called, in its languages.")]
    unit: Annotated[UUID | None, Indexed(), Says("The unit that is waited for; empty for somebody from outside.")]
    unit_name: Annotated[str, Searched(), Says("Its name.")]
    sphere: Annotated[Sphere | None, Indexed(), Says("Its sphere.")]
    waiting: Annotated[int, Says("How many matters wait for it now.")] = 0
    waits_since: Annotated[date | None, Indexed(), Says("Since when anything has waited without a break.")] = None
    settled: Annotated[int, Says("How many matters waited for it, and wait no more.")] = 0
    days_before: Annotated[int, Says("For how many days it was waited for, up to the last day without a matter.")] = 0
    waited_until: Annotated[date | None, Says("The day on which nothing waited for it any more, the last time.")] = None


def _by_unit(whole: Thing | None) -> Mapping[str, list[Matter]]:
    found: dict[str, list[Matter]] = {}
    for one in whole.matters if whole is not None else ():
        found.setdefault(text_of(one.unit) if one.unit else OUTSIDE, []).append(one)
    return found


def keys(record: Recorded, look: Look) -> Iterable[str]:
    """Whoever is waited for otherwise than before; all that are waited for where the thing has another name."""
    before, after = thing_both(record, look)
    otherwise = before is not None and after is not None and renamed(before, after)
    if before is not None and after is not None and not otherwise and before.matters == after.matters:
        return ()
    was, now = _by_unit(before), _by_unit(after)
    return [
        f"{record.key}/{unit}" for unit in dict.fromkeys((*was, *now)) if otherwise or was.get(unit) != now.get(unit)
    ]


def fold(key: str, before: WaitRow | None, record: Recorded, look: Look) -> WaitRow | None:
    whole = thing(record, look)
    assert whole is not None, "what waits is a thing of its context"
    _, _, unit = key.partition("/")
    was, now = (_by_unit(one).get(unit, []) for one in thing_both(record, look))
    waited_for = None if unit == OUTSIDE else UUID(unit)
    row = before or WaitRow(context_of(record), record.stream, whole.called, waited_for, "", None)
    named: UnitRow | None = look.row("units", unit) if waited_for else None
    row = replace(
        row, title=whole.called, unit_name=named.title if named else "", sphere=named.sphere if named else None
    )
    began = [one.since for one in now if one not in was]
    return _after(row, began, sum(one not in now for one in was), record.at.date())


def _after(row: WaitRow, began: list[date], ended: int, day: date) -> WaitRow:
    """What began counts from its own day, but no day counts twice; what ended, up to the day it was recorded."""
    left = row.waiting + len(began) - ended
    since = row.waits_since
    if began:
        since = min(*began, *([since] if since else []), day)
        since = max(since, row.waited_until) if row.waited_until else since
    row = replace(row, waiting=left, settled=row.settled + ended, waits_since=since)
    if left or since is None:
        return row
    return replace(row, waits_since=None, days_before=row.days_before + (day - since).days, waited_until=day)


def days_waited(row: WaitRow, day: date) -> int:
    """For how many days it was waited for until then."""
    return row.days_before + ((day - row.waits_since).days if row.waits_since else 0)


WAITS = View(
    name="waits",
    version=1,
    says="For how many days each thing waited for whom, in the past and now.",
    subject=Subject.TURNS,
    shows=("unit_name", "sphere", "waiting", "waits_since", "days_waited", "settled", "context"),
    row=WaitRow,
    key_says=f"<thing>/<unit>; the unit is '{OUTSIDE}' where somebody from outside is waited for.",
    touched_by=HAPPENINGS,
    keys=keys,
    fold=fold,
    reads=("units", *THINGS.values()),
    sort="stream",
    computed=(
        Computed(
            name="days_waited",
            type=int,
            says="For how many days it was waited for, until that day.",
            of=days_waited,
            sql="(days_before + coalesce({day} - waits_since, 0))",
        ),
    ),
)
