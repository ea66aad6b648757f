"""Who owes whom: how commitments stand, by the sphere that owes them and the spheres to which they are owed.

A row is what it was, less what the touched commitment counted for before the record, plus what it counts for now, as
scorecards are. Each commitment counts once among what its owner's sphere owes in all.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Annotated, Any, TypeAlias

from domain.commitments import COMMITMENTS as COMMITMENT_CONTEXT
from domain.commitments.words import ENDED, Stage
from domain.kernel import Indexed, Recorded, Says, Sphere
from domain.opening import LedgerOpened
from domain.replacing import quick, replace
from projections.commitment_row import CommitmentRow
from projections.kernel import Look, OfRecord, Subject, View

ALL = "all"
"""What stands in a key for whoever it is owed to, or nobody else."""
CONTESTED, SILENT = "contested", "silent"
CLASSES = (*(stage.value for stage in Stage), CONTESTED, SILENT)
"""What every commitment is exactly one of."""


@quick
@dataclass(frozen=True, slots=True)
class SphereRow:
    """Commitments that one sphere owes: in all, or to others of one sphere. They are of one class each."""

    owner_sphere: Annotated[Sphere, Indexed(), Says("The sphere of the units that own them.")]
    counterpart: Annotated[
        Sphere | None, Indexed(), Says("The sphere of others who take part; empty: whoever does, or nobody else.")
    ] = None
    commitments: Annotated[int, Says("How many they are: the denominator of the classes.")] = 0
    going_on: Annotated[int, Says("How many of them have not ended.")] = 0
    delayed: Annotated[int, Says("How many of those have something missed and not made good.")] = 0
    proposed: Annotated[int, Says("Proposed, neither contested nor silent.")] = 0
    negotiated: Annotated[int, Says("Agreed by all, not yet adopted, neither contested nor silent.")] = 0
    adopted: Annotated[int, Says("Adopted, neither contested nor silent.")] = 0
    adopted_not_verifiable: Annotated[
        int, Says("Adopted, and nobody could check them; neither contested nor silent.")
    ] = 0
    in_progress: Annotated[int, Says("In progress, neither contested nor silent.")] = 0
    completed: Annotated[int, Says("Completed, not contested.")] = 0
    partially_completed: Annotated[int, Says("Partially completed, not contested.")] = 0
    not_met: Annotated[int, Says("Not met, not contested.")] = 0
    withdrawn: Annotated[int, Says("Withdrawn, not contested.")] = 0
    contested: Annotated[int, Says("Contested by a party, whatever their state.")] = 0
    silent: Annotated[int, Says("Inactive, since nothing was heard of them for too long, and not contested.")] = 0


_Changes: TypeAlias = Mapping[str, Mapping[str, int]]
_NOTHING: Mapping[str, int] = {}
_UNCHANGED: _Changes = {}


_told_of: Callable[[CommitmentRow], tuple[Any, ...]] = attrgetter(
    "owner_sphere", "counterparts", "state", "contested", "inactive", "delayed"
)
"""All that figures are made from: after most records it is the same."""


def class_of(state: Stage, contested: bool, inactive: bool) -> str:
    """What it is told as where it is told once: that it is contested, or silent, says more than its state."""
    if contested:
        return CONTESTED
    return SILENT if inactive else state.value


def _counts(
    owner_sphere: Sphere,
    counterparts: Sequence[Sphere],
    state: Stage,
    contested: bool,
    inactive: bool,
    delayed: bool,
) -> tuple[Sequence[str], Mapping[str, int]]:
    """The rows in which a commitment counts, and for what."""
    goes_on = state not in ENDED
    return [f"{owner_sphere}/{one}" for one in (ALL, *counterparts)], {
        "commitments": 1,
        "going_on": int(goes_on),
        "delayed": int(goes_on and delayed),
        class_of(state, contested, inactive): 1,
    }


def _of_record(record: Recorded, look: Look) -> _Changes:
    """By how much each figure of each row changes."""
    before, after = look.both("commitments", record.key)
    if before is after:
        return _UNCHANGED
    was, now = (None if row is None else _told_of(row) for row in (before, after))
    return _UNCHANGED if was == now else _step(was, now)


@lru_cache(10_000)
def _step(was: tuple[Any, ...] | None, now: tuple[Any, ...] | None) -> _Changes:
    """The same, of what a commitment was told as and what it is told as now: there are few kinds of steps."""
    found: dict[str, dict[str, int]] = {}
    for sign, told in ((-1, was), (1, now)):
        keys, counts = ((), _NOTHING) if told is None else _counts(*told)
        for key in keys:
            changes = found.setdefault(key, {})
            for name, number in counts.items():
                changes[name] = changes.get(name, 0) + sign * number
    changed = {key: {name: by for name, by in one.items() if by} for key, one in found.items()}
    return {key: one for key, one in changed.items() if one}


_changes = OfRecord(_of_record)


def every() -> Iterator[str]:
    """The keys of all rows: a sphere that owes nothing is there with 0."""
    for owes in Sphere:
        yield from (f"{owes}/{whom}" for whom in (ALL, *Sphere))


def keys(record: Recorded, look: Look) -> Iterable[str]:
    return every() if isinstance(record.event, LedgerOpened) else _changes.anew(record, look)


def fold(key: str, before: SphereRow | None, record: Recorded, look: Look) -> SphereRow | None:
    row = before or blank(key)
    if isinstance(record.event, LedgerOpened):
        return row
    changes = _changes.found(record, look).get(key, _NOTHING)
    new: dict[str, Any] = {name: getattr(row, name) + by for name, by in changes.items()}
    return replace(row, **new)


def blank(key: str) -> SphereRow:
    owes, whom = key.split("/")
    return SphereRow(Sphere(owes), None if whom == ALL else Sphere(whom))


SPHERES = View(
    name="spheres",
    version=1,
    says="Who owes whom: how the commitments of each sphere stand, in all and to others of each sphere.",
    subject=Subject.FIGURES,
    shows=(
        "owner_sphere",
        "counterpart",
        "commitments",
        "going_on",
        "delayed",
        "contested",
        "silent",
        "completed",
        "not_met",
    ),
    row=SphereRow,
    key_says=f"The owner's sphere and that of the others: <sphere>/<sphere>, or <sphere>/{ALL}.",
    touched_by=(LedgerOpened, *COMMITMENT_CONTEXT.events),
    keys=keys,
    fold=fold,
    reads=("commitments",),
)
