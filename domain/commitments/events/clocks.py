"""Deadlines, and what follows when they pass."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from domain import deadlines
from domain.commitments.words import Due, Pause
from domain.kernel import UnitId
from domain.replacing import quick


@quick
@dataclass(frozen=True, slots=True)
class DeadlineSet(deadlines.DeadlineSet):
    """A clock of a commitment starts. `about`: the milestone, or the deadline whose miss a notice follows."""

    kind: Due


@quick
@dataclass(frozen=True, slots=True)
class DeadlineMet(deadlines.DeadlineMet):
    """What was owed under a commitment is there."""


@dataclass(frozen=True, slots=True)
class DeadlineMissed(deadlines.DeadlineMissed):
    """Its last day passed, and nobody did it."""

    kind: Due


@dataclass(frozen=True, slots=True)
class DeadlineVoided(deadlines.DeadlineVoided):
    """Nobody owes it any longer: its thing ended, moved, or was done in another way."""


@dataclass(frozen=True, slots=True)
class DeadlineMoved(deadlines.DeadlineMoved):
    """An extension gave it another last day."""


@dataclass(frozen=True, slots=True)
class HoldNoticeGiven:
    """Written notice that the commitment will be put on hold unless the missed deadline is made good by `until`."""

    unit: UnitId
    deadline: int
    until: date


@dataclass(frozen=True, slots=True)
class CommitmentPutOnHold:
    deadline: int


@dataclass(frozen=True, slots=True)
class CommitmentResumed:
    """`unit` delivered, or reported, and the commitment is no longer on hold, or inactive."""

    unit: UnitId
    after: Pause


@dataclass(frozen=True, slots=True)
class CommitmentMarkedInactive:
    silent_since: date


@dataclass(frozen=True, slots=True)
class AssessmentWindowOpened:
    deadline: int


Timed: TypeAlias = (
    DeadlineSet
    | DeadlineMet
    | DeadlineMissed
    | DeadlineVoided
    | DeadlineMoved
    | HoldNoticeGiven
    | CommitmentPutOnHold
    | CommitmentResumed
    | CommitmentMarkedInactive
    | AssessmentWindowOpened
)
