"""Rules by which commitments are counted, and what a figure carries so that anybody can count again.

A rule says as what a commitment counts; the register shows figures by the standard one. An auditor counts by any of
them, or by one of their own, from the records alone, and sees both.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Annotated

from domain.commitments.words import Stage
from domain.kernel import Recorded, Says
from domain.ledger.records import canonical
from domain.replacing import quick, replace
from projections.commitment_row import CommitmentRow


@dataclass(frozen=True, slots=True)
class Rule:
    """How a commitment is counted: `counted(row)` is the row that stands for it, None where it is left out.

    `version` is raised when what it means changes.
    """

    name: str
    version: int
    says: str
    counted: Callable[[CommitmentRow], CommitmentRow | None]

    @property
    def ref(self) -> str:
        """How figures name it: `standard@1`."""
        return f"{self.name}@{self.version}"


def late(row: CommitmentRow) -> bool:
    """Whether something of it was missed and not made good, or it was fulfilled after the day on which it was due.

    A day that is partly known is given the benefit of the doubt.
    """
    closed = row.closed_on.earliest() if row.closed_on else None
    due = row.ends_on.latest()
    fulfilled = row.state in (Stage.COMPLETED, Stage.PARTIALLY_COMPLETED)
    return row.delayed or (fulfilled and closed is not None and due is not None and closed > due)


def _late_as_failed(row: CommitmentRow) -> CommitmentRow:
    return replace(row, state=Stage.NOT_MET) if late(row) and row.state is not Stage.WITHDRAWN else row


STANDARD = Rule("standard", 1, "Every commitment counts as it stands.", lambda row: row)
LATE_AS_FAILED = Rule("late-as-failed", 1, "A commitment that is late counts as not met.", _late_as_failed)
CONTESTED_LEFT_OUT = Rule(
    "contested-left-out",
    1,
    "A commitment that a party contests is left out.",
    lambda row: None if row.contested else row,
)
RULES: Mapping[str, Rule] = {rule.name: rule for rule in (STANDARD, LATE_AS_FAILED, CONTESTED_LEFT_OUT)}


def in_a_hundred(part: int, whole: int) -> int | None:
    """A share in whole percent, halves rounded up; None of nothing."""
    return (200 * part + whole) // (2 * whole) if whole else None


@quick
@dataclass(frozen=True, slots=True)
class Inputs:
    """From which records the figures of one key were made, by which rule."""

    rule: Annotated[str, Says("The rule by which is counted, and its version.")]
    records: Annotated[int, Says("How many records changed a figure.")]
    first: Annotated[int | None, Says("The position of the first of them.")]
    last: Annotated[int | None, Says("The position of the last of them.")]
    digest: Annotated[str, Says("SHA-256 over them, one after the other: their names, and by how much each counted.")]

    def then(self, record: Recorded, changes: Mapping[str, int]) -> "Inputs":
        """With one more record, and by how much it changed which figure. What changes nothing is no input."""
        if not changes:
            return self
        digest = sha256(bytes.fromhex(self.digest) + said_of(record, changes)).hexdigest()
        first = record.position if self.first is None else self.first
        return Inputs(self.rule, self.records + 1, first, record.position, digest)


def said_of(record: Recorded, changes: Mapping[str, int]) -> bytes:
    """What goes into the digest for one record: canonical JSON, by hand, since names of figures need no care."""
    return f'{{"changes":{{{_told(tuple(changes.items()))}}},"record":"{record.key}/{record.version}"}}'.encode()


@lru_cache(10_000)
def _told(changes: tuple[tuple[str, int], ...]) -> str:
    """Many records change figures alike, and one record those of several cards."""
    return ",".join([f'"{name}":{number}' for name, number in sorted(changes)])


def no_inputs(key: str, rule: Rule) -> Inputs:
    """Of figures for which nothing counts yet."""
    return Inputs(rule.ref, 0, None, None, sha256(canonical({"key": key, "rule": rule.ref})).hexdigest())
