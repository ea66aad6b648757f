"""Moved goalposts: every target and day that was changed, with what was first promised still to be seen."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from domain.commitments import events as happened
from domain.commitments.words import Changes, Due, Target
from domain.kernel import Indexed, PartialDate, Recorded, Says, Searched
from projections.commitment_row import CommitmentRow
from projections.kernel import Look, Subject, View
from projections.milestones import MilestoneRow
from projections.obligations import ObligationRow


class Post(StrEnum):
    """What was moved."""

    END = "end"
    TARGET = "target"
    MILESTONE = "milestone"
    DEADLINE = "deadline"


class Way(StrEnum):
    """How it came to be moved."""

    AMENDMENT = "amendment"
    EXTENSION = "extension"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class GoalpostRow:
    """One thing that was promised and now reads otherwise."""

    commitment: Annotated[UUID, Indexed(), Says("The commitment.")]
    commitment_name: Annotated[str, Searched(), Says("Its title.")]
    owner: Annotated[UUID, Indexed(), Says("The unit that answered for it when it was moved last.")]
    what: Annotated[Post, Indexed(), Says("What was moved.")]
    number: Annotated[int, Says("The number of the target, milestone or deadline; 0 for the end of the whole.")]
    first: Annotated[str, Says("What was first promised.")]
    now: Annotated[str, Says("What is promised now.")]
    first_on: Annotated[PartialDate | None, Says("By when it was first promised.")]
    now_on: Annotated[PartialDate | None, Says("By when it is promised now.")]
    moves: Annotated[int, Says("How often it was moved.")]
    way: Annotated[Way, Indexed(), Says("How it was moved last.")]
    moved_by: Annotated[UUID | None, Indexed(), Says("The unit whose word moved it last.")]
    moved_on: Annotated[PartialDate, Says("When it was moved last.")]
    because: Annotated[str, Searched(), Says("The reasons recorded with it.")]


def keys(record: Recorded, look: Look) -> Iterable[str]:
    """The posts that a record moves. An amendment that leaves a thing's value and day as they were moves nothing."""
    event, stream = record.event, record.key
    match event:
        case happened.ExtensionGranted() if event.deadline is None:
            return [_key(stream, Post.END, 0)]
        case happened.ExtensionGranted():
            return [] if event.milestone is None else [_key(stream, Post.MILESTONE, event.milestone)]
        case happened.DeadlineMoved():
            owed: ObligationRow = look.row("obligations", f"{stream}/{event.number}")
            # A step's deadline is shown as the step itself, which the extension named before it.
            return [] if owed.kind == Due.MILESTONE else [_key(stream, Post.DEADLINE, event.number)]
        case _:
            return _amended(stream, event.changes, look)


def _amended(stream: str, changes: Changes, look: Look) -> list[str]:
    whole: CommitmentRow = look.both("commitments", stream)[0]
    targets = {one.number: one.current for one in whole.targets}
    moved = []
    if changes.ends_on is not None and changes.ends_on != whole.ends_on:
        moved.append(_key(stream, Post.END, 0))
    moved.extend(
        _key(stream, Post.TARGET, target.number)
        for target in changes.targets
        if target.number in targets and _aims(target.terms) != _aims(targets[target.number])
    )
    for step in changes.milestones:
        milestone: MilestoneRow | None = look.both("milestones", f"{stream}/{step.number}")[0]
        if milestone is not None and milestone.due_on != step.terms.due_on:
            moved.append(_key(stream, Post.MILESTONE, step.number))
    return moved


def _key(stream: str, what: Post, number: int) -> str:
    return f"{stream}/{what.value}" if what is Post.END else f"{stream}/{what.value}/{number}"


def _aims(target: Target) -> tuple[object, ...]:
    return target.measure, target.baseline, target.baseline_on, target.value, target.due_on


def fold(key: str, before: GoalpostRow | None, record: Recorded, look: Look) -> GoalpostRow | None:
    stream, what, *rest = key.split("/")
    number = int(rest[0]) if rest else 0
    whole: CommitmentRow = look.row("commitments", stream)
    first, first_on, now, now_on = _sides(Post(what), number, whole, stream, look)
    return GoalpostRow(
        commitment=record.stream,
        commitment_name=whole.name,
        owner=whole.owner,
        what=Post(what),
        number=number,
        first=first,
        now=now,
        first_on=first_on,
        now_on=now_on,
        moves=before.moves + 1 if before else 1,
        way=_way(record.event),
        moved_by=record.actor.unit,
        moved_on=record.effective_on,
        because=record.because,
    )


def _sides(
    what: Post, number: int, whole: CommitmentRow, stream: str, look: Look
) -> tuple[str, PartialDate | None, str, PartialDate | None]:
    """What was first promised and by when, and what is promised now and by when."""
    if what is Post.END:
        return "", whole.first_ends_on, "", whole.ends_on
    if what is Post.TARGET:
        target = next(one for one in whole.targets if one.number == number)
        first, now = target.first, target.current
        return _said(first), first.due_on, _said(now), now.due_on
    if what is Post.MILESTONE:
        step: MilestoneRow = look.row("milestones", f"{stream}/{number}")
        return step.name, PartialDate(step.first_due_on), step.name, PartialDate(step.due_on)
    owed: ObligationRow = look.row("obligations", f"{stream}/{number}")
    return owed.kind, PartialDate(owed.first_due_on), owed.kind, PartialDate(owed.due_on)


def _said(target: Target) -> str:
    return f"{target.measure.best()}: {target.value}" if target.value else target.measure.best()


def _way(event: object) -> Way:
    if isinstance(event, happened.ExtensionGranted | happened.DeadlineMoved):
        return Way.EXTENSION
    assert isinstance(event, happened.CommitmentAmended)
    return Way.SOURCE if event.number is None else Way.AMENDMENT


GOALPOSTS = View(
    name="moved-goalposts",
    version=1,
    says="Targets and days that were changed: what was first promised, what is promised now, who moved it and why.",
    subject=Subject.PROMISES,
    shows=("what", "first", "now", "first_on", "now_on", "moves", "way", "moved_on", "moved_by"),
    row=GoalpostRow,
    key_says="The commitment's id and what was moved: <commitment>/end, or <commitment>/target/<number> and the like.",
    touched_by=(happened.CommitmentAmended, happened.ExtensionGranted, happened.DeadlineMoved),
    keys=keys,
    fold=fold,
    reads=("commitments", "milestones", "obligations"),
    sort="moved_on",
)
