"""A territory: a unit and everything that lies in it, with its commitments as one card, counted when somebody asks.

What lies where changes with parents and memberships: a fold would count whole trees anew with each such record, so this
is a question to the views of units and commitments (deploy/decisions/0022).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Annotated, Any, Protocol
from uuid import UUID

from domain.commitments.words import Answer
from domain.kernel import Says, Sphere
from domain.ledger.records import canonical
from domain.units import Stage
from domain.units.events import MembershipRecorded
from projections.commitment_row import CommitmentRow
from projections.engagements import GONE
from projections.figures import STANDARD, Rule, in_a_hundred
from projections.scorecards import COUNTS, ENDS, of_territory


class Placed(Protocol):
    """What of a unit's row says where it lies, and whether it still exists."""

    @property
    def title(self) -> str: ...
    @property
    def sphere(self) -> Sphere: ...
    @property
    def state(self) -> Stage: ...
    @property
    def parent(self) -> UUID | None: ...
    @property
    def memberships(self) -> Sequence[MembershipRecorded]: ...


@dataclass(frozen=True, slots=True)
class TerritoryInputs:
    """What figures of a territory were made from, by which rule."""

    rule: Annotated[str, Says("The rule by which is counted, and its version.")]
    units: Annotated[int, Says("How many units lie in it, those that are no more included.")]
    commitments: Annotated[int, Says("How many commitments were counted.")]
    digest: Annotated[str, Says("SHA-256 over the rule, the units, and as what each commitment was counted.")]


@dataclass(frozen=True, slots=True)
class TerritoryRow:
    """What a territory is, and what its card was made from."""

    unit: Annotated[UUID, Says("The unit whose territory it is.")]
    title: Annotated[str, Says("What it is called.")]
    sphere: Annotated[Sphere, Says("Its sphere.")]
    inputs: Annotated[TerritoryInputs, Says("By which rule these figures were made, and from what.")]


@dataclass(frozen=True, slots=True)
class Card:
    """The commitments of a unit and of everything below it. `figures`: columns of a scorecard, `kept` among them."""

    row: TerritoryRow
    figures: Mapping[str, int | None]


def bodies(row: Placed, day: date) -> Iterator[UUID]:
    """The bodies of which it is a member that day. A partial date is given the benefit of the doubt."""
    for one in row.memberships:
        first, last = one.member_from.earliest(), None if one.member_until is None else one.member_until.latest()
        if (first is None or first <= day) and (last is None or day <= last):
            yield one.body


def below(of: UUID, units: Mapping[UUID, Placed], day: date) -> Mapping[UUID, Placed]:
    """The unit and everything that lies in it, directly or not; empty where there is no such unit."""
    lying = defaultdict[UUID, list[UUID]](list)
    for unit, row in units.items():
        for one in (row.parent, *bodies(row, day)):
            if one is not None:
                lying[one].append(unit)
    found, waiting = dict[UUID, Placed](), [of]
    while waiting:
        unit = waiting.pop()
        if unit in units and unit not in found:
            found[unit] = units[unit]
            waiting += lying[unit]
    return found


@dataclass(slots=True)
class Counting:
    """Counts commitments of a territory, one after the other, each once."""

    of: UUID
    units: Mapping[UUID, Placed]
    rule: Rule = STANDARD
    _counted: dict[str, Mapping[str, int]] = field(default_factory=dict)
    _taking_part: set[UUID] = field(default_factory=set)

    def add(self, commitments: Iterable[tuple[str, CommitmentRow]]) -> None:
        """Commitments by their keys; those of others do not count."""
        for key, row in commitments:
            counts = of_territory(row, self.units, self.rule)
            if counts is not None:
                self._counted[key] = {name: number for name, number in counts.items() if number}
                self._taking_part.update(one.unit for one in row.parties if one.answer is Answer.ACCEPTED)

    def card(self) -> Card:
        unit = self.units[self.of]
        return Card(TerritoryRow(self.of, unit.title, unit.sphere, self._inputs()), self._figures())

    def _figures(self) -> Mapping[str, int | None]:
        alive = {unit for unit, row in self.units.items() if row.state not in GONE}
        found: dict[str, Any] = dict.fromkeys(COUNTS, 0)
        found |= {"units": len(alive), "with_commitments": len(alive & self._taking_part)}
        for counts in self._counted.values():
            for name, number in counts.items():
                found[name] += number
        ended = [found[name] for name in ENDS]
        return {**found, "kept": in_a_hundred(ended[0], sum(ended))}

    def _inputs(self) -> TerritoryInputs:
        said: dict[str, Any] = {
            "rule": self.rule.ref, "unit": str(self.of), "units": sorted(map(str, self.units)),
            "commitments": self._counted,
        }  # fmt: skip
        digest = sha256(canonical(said)).hexdigest()
        return TerritoryInputs(self.rule.ref, len(self.units), len(self._counted), digest)
