"""What views across contexts ask of the row of any one thing, whatever context it belongs to."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that waits: what is to be done, by whom (None: somebody from outside), about which number, since when.

    `turn`: the name of the command that is waited for, as a word of the thing's context.
    """

    turn: str
    unit: UUID | None
    number: int
    since: date


@dataclass(frozen=True, slots=True)
class Owed:
    """A deadline that is not met: still running, or missed and not made good."""

    number: int
    kind: str
    unit: UUID | None
    starts_on: date
    due_on: date
    missed: bool = False


class Thing(Protocol):
    """The row of one thing in the view that its context names as its own: one row a stream, keyed by its id.

    `name`: its title, in English if there is an English one. `matters`: everything that waits, and for whom. `owed`:
    the deadlines that are not met.
    """

    @property
    def name(self) -> str: ...

    @property
    def matters(self) -> tuple[Matter, ...]: ...

    @property
    def owed(self) -> tuple[Owed, ...]: ...

    def heard(self, unit: UUID | None) -> date | None:
        """When that unit last said anything of this thing; None where it never did."""
