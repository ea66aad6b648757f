"""What later decisions need to know of a commitment."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from domain.commitments.words import (
    ENDED,
    Answer,
    Changes,
    Completion,
    Due,
    Judged,
    Milestone,
    Outcome,
    Part,
    Stage,
    Target,
)
from domain.deadlines import Standing
from domain.kernel import CommitmentFacts, Dependency, PartialDate, Sphere, StreamId, UnitId, Words
from domain.replacing import quick


class SourceStanding(StrEnum):
    """What the unit says of what was recorded of it from a published source."""

    RECORDED = "recorded"
    CONFIRMED = "confirmed"
    CONTESTED = "contested"


@quick
@dataclass(frozen=True, slots=True)
class PartyState:
    """`orphaned`: the unit is no more, and nobody stands in its place."""

    unit: UnitId
    sphere: Sphere
    part: Part
    required: bool
    answer: Answer
    orphaned: bool = False


@dataclass(frozen=True, slots=True)
class MilestoneState:
    terms: Milestone
    standing: Standing = Standing.OPEN
    confirmed: bool = False


@quick
@dataclass(frozen=True, slots=True)
class ReportState:
    """`version` of the stream at which it was recorded; a correction names it by that, or one of its `corrections`."""

    version: int
    unit: UnitId
    milestone: int | None
    percent: int
    confirmed_by: tuple[UnitId, ...] = ()
    contested_by: tuple[UnitId, ...] = ()
    corrections: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AssessmentState:
    judged: Judged
    assessor: UnitId
    completion: Completion | None = None
    milestone: int | None = None
    contested_by: tuple[UnitId, ...] = ()


@dataclass(frozen=True, slots=True)
class ExtensionState:
    unit: UnitId
    until: date
    deadline: int | None
    asked: tuple[UnitId, ...]
    open: bool = True
    granted: bool = False


@dataclass(frozen=True, slots=True)
class AmendmentState:
    unit: UnitId
    changes: Changes
    asked: tuple[UnitId, ...]
    open: bool = True


@quick
@dataclass(frozen=True, slots=True)
class DeadlineState:
    kind: Due
    unit: UnitId | None
    starts_on: date
    due_on: date
    about: int | None
    standing: Standing = Standing.OPEN
    extensions: int = 0

    @property
    def waits(self) -> bool:
        """Whether somebody still has to do what it is for: in time, or late."""
        return self.standing in (Standing.OPEN, Standing.MISSED)


@dataclass(frozen=True, slots=True)
class SourceState:
    name: str
    row_key: str
    updated: str
    standing: SourceStanding = SourceStanding.RECORDED


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing was proposed yet."""


@quick
@dataclass(frozen=True, slots=True)
class Commitment:
    """Numbered things (targets, milestones, ...) are tuples: number n is the item at n - 1.

    `version` is the number of events so far. `verifiable`: as adopted, then as last assessed. `on_hold`: the missed
    deadlines for which it is on hold. `rests_on`: mandates that have not ended. `resources`,
    `evidence`: how many there are. `dependencies`: numbered, too; None in the place of one that was withdrawn.
    """

    owner: UnitId
    title: Words
    description: Words
    starts_on: PartialDate | None
    ends_on: PartialDate
    parties: tuple[PartyState, ...]
    version: int = 1
    stage: Stage = Stage.PROPOSED
    verifiable: bool = False
    source: SourceState | None = None
    targets: tuple[Target, ...] = ()
    milestones: tuple[MilestoneState, ...] = ()
    resources: int = 0
    evidence: int = 0
    deadlines: tuple[DeadlineState, ...] = ()
    reports: tuple[ReportState, ...] = ()
    assessments: tuple[AssessmentState, ...] = ()
    extensions: tuple[ExtensionState, ...] = ()
    amendments: tuple[AmendmentState, ...] = ()
    on_hold: tuple[int, ...] = ()
    inactive: bool = False
    window_open: bool = False
    rests_on: tuple[StreamId, ...] = ()
    dependencies: tuple[Dependency | None, ...] = ()
    outcome: Outcome | None = None

    def party(self, unit: UnitId) -> PartyState | None:
        return next((party for party in self.parties if party.unit == unit), None)

    def accepted(self) -> tuple[UnitId, ...]:
        """The units that are bound: the owner, and those that accepted and did not withdraw."""
        return tuple(party.unit for party in self.parties if party.answer is Answer.ACCEPTED)

    def present(self) -> tuple[PartyState, ...]:
        """The parties that are bound and still there, or in whose place somebody stands."""
        return tuple(party for party in self.parties if party.answer is Answer.ACCEPTED and not party.orphaned)

    def depends_on(self) -> tuple[Dependency, ...]:
        """What it waits for, as far as anybody said and did not take back."""
        return tuple(one for one in self.dependencies if one is not None)

    def last_report(self, milestone: int | None) -> ReportState | None:
        """The report that gives today's figure for a milestone, or for the whole."""
        return next((report for report in reversed(self.reports) if report.milestone == milestone), None)

    def last_assessment(self, judged: Judged, milestone: int | None = None) -> AssessmentState | None:
        found = (one for one in reversed(self.assessments) if one.judged is judged and one.milestone == milestone)
        return next(found, None)


State: TypeAlias = Absent | Commitment


def facts(state: State, id: StreamId) -> CommitmentFacts:
    """What others may know of a commitment. `exists` is False for one that was never proposed."""
    if isinstance(state, Absent):
        return CommitmentFacts(id, exists=False)
    ended = state.stage in ENDED
    return CommitmentFacts(
        id, exists=True, bound=state.accepted(), owner=state.owner, name=state.title.best(), ended=ended,
        milestones=len(state.milestones), depends_on=() if ended else state.depends_on(),
    )  # fmt: skip


def settled(answers: "tuple[tuple[bool, Answer], ...]") -> bool:
    """Whether the parties, given as (required, answer), came to terms: two at least, and all who are required."""
    accepted = sum(answer is Answer.ACCEPTED for _, answer in answers)
    return accepted > 1 and all(answer is Answer.ACCEPTED for required, answer in answers if required)
