"""What was read in a published source, and what the unit said to it."""

from dataclasses import dataclass
from typing import TypeAlias

from domain.commitments.words import Instrument, Reporting, Source
from domain.kernel import PartialDate, UnitId


@dataclass(frozen=True, slots=True)
class CommitmentRecordedFromSource:
    """Nobody signed here: the registrar read it in a published source. `updated` is that row's own edition."""

    source: Source
    updated: str
    instrument: Instrument
    status_on: PartialDate
    reporting: Reporting
    has_plan: bool | None = None


@dataclass(frozen=True, slots=True)
class SourceUpdated:
    """A newer edition of the row; what it changes in targets and end follows as CommitmentAmended."""

    source: Source
    updated: str
    instrument: Instrument
    status_on: PartialDate
    reporting: Reporting
    verifiable: bool
    missing: tuple[str, ...]
    has_plan: bool | None = None


@dataclass(frozen=True, slots=True)
class SourceConfirmed:
    """The unit's own officer stands by what was recorded; from here on it is self-reported, and clocks run."""

    unit: UnitId


@dataclass(frozen=True, slots=True)
class SourceContested:
    unit: UnitId


Sourced: TypeAlias = CommitmentRecordedFromSource | SourceUpdated | SourceConfirmed | SourceContested
