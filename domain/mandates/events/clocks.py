"""The clocks of a mandate."""

from dataclasses import dataclass
from typing import TypeAlias

from domain import deadlines
from domain.mandates.words import Due


@dataclass(frozen=True, slots=True)
class DeadlineSet(deadlines.DeadlineSet):
    """A clock of a mandate starts. `about`: the number of the notice or report it is for, where there is one."""

    kind: Due


@dataclass(frozen=True, slots=True)
class DeadlineMet(deadlines.DeadlineMet):
    """What was owed under a mandate is there, or its clock has run out as it should."""


@dataclass(frozen=True, slots=True)
class DeadlineMissed(deadlines.DeadlineMissed):
    """What was owed under a mandate was not there on its day."""

    kind: Due


@dataclass(frozen=True, slots=True)
class DeadlineVoided(deadlines.DeadlineVoided):
    """Nobody owes it under the mandate any longer."""


@dataclass(frozen=True, slots=True)
class DeadlineSuspended(deadlines.DeadlineSuspended):
    """While a mandate is suspended, nobody owes a report."""


@dataclass(frozen=True, slots=True)
class DeadlineMoved(deadlines.DeadlineMoved):
    """It was renewed, or restored after a suspension."""


Moving: TypeAlias = DeadlineMet | DeadlineMissed | DeadlineVoided | DeadlineSuspended | DeadlineMoved
Clocks: TypeAlias = DeadlineSet | Moving
