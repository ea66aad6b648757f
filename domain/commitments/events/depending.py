"""What a commitment waits for, beyond its parties: other commitments, and steps of its own."""

from dataclasses import dataclass
from typing import TypeAlias

from domain.kernel import StreamId, UnitId


@dataclass(frozen=True, slots=True)
class DependencyDeclared:
    """The whole, or one `milestone`, waits for another commitment, or for a milestone of it.

    `owner`: the unit that answered for the other one on that day.
    """

    number: int
    commitment: StreamId
    owner: UnitId
    commitment_milestone: int | None = None
    milestone: int | None = None


@dataclass(frozen=True, slots=True)
class DependencyWithdrawn:
    number: int


Depended: TypeAlias = DependencyDeclared | DependencyWithdrawn
