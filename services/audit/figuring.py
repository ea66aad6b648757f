"""Figures made again from a bundle: by the rule that the register shows them by, and by others beside it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from domain.ledger.findings import Finding
from projections.commitment_row import CommitmentRow
from projections.commitments import COMMITMENTS
from projections.figures import STANDARD, Rule
from projections.kernel import View
from projections.scorecards import ScorecardRow, of_commitment, of_territory, scorecards
from projections.territories import Counting, below
from projections.units import UNITS
from projections.views import VIEWS
from services.audit.bundle import Bundle, Unfit
from services.audit.replaying import Progress, Replay, group_of
from services.cards import written
from services.views.rows import Form

COUNTED: Mapping[str, Callable[[Rule, str], View]] = {"scorecards": scorecards}
"""The views whose figures are counted by a rule, and how each is made by another one."""
TERRITORIES = "territories"
"""No view: its figures are counted when somebody asks for them."""


class Counts(Protocol):
    """What a commitment adds to a card by a rule."""

    def __call__(self, row: CommitmentRow, *, rule: Rule) -> Mapping[str, int] | None: ...


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A commitment that counts otherwise by another rule: in which state by each; None: it is left out."""

    key: str
    name: str
    standard: str | None
    other: str | None


@dataclass(frozen=True, slots=True)
class Figured:
    """One row as JSON by each rule, the standard one first, as of a position; and what makes the difference."""

    position: int
    at: datetime
    rows: Mapping[str, bytes]
    otherwise: Mapping[str, Sequence[Otherwise]]


def figure(
    bundle: Bundle, view: str, key: str, moment: int | datetime, rules: Sequence[Rule], progress: Progress
) -> Figured:
    """Counts the figures of one key of a view by the standard rule and by each of these. Raises Unfit."""
    wanted = [STANDARD, *(rule for rule in rules if rule is not STANDARD)]
    made = {rule: COUNTED[view](rule, view if rule is STANDARD else f"{view}-{rule.name}") for rule in wanted}
    plain = next(one for one in VIEWS if one.name == view)
    replay = Replay(bundle, [*(one for one in group_of(plain) if one is not plain), *made.values()])
    replay.until(moment, progress)
    assert replay.at is not None, "until refuses a moment before the first record"
    found = {rule: replay.row(one, key) for rule, one in made.items()}
    if any(row is None for row in found.values()):
        says = f"There is no {view} of the key {key} as of position {replay.position}."
        raise Unfit(Finding("key-unknown", says, None, plain.key_says, key))
    form = Form(ScorecardRow)
    rows = {rule.ref: form.encode(key, row) for rule, row in found.items()}
    commitments = list(replay.rows(COMMITMENTS))

    def counts(row: CommitmentRow, rule: Rule) -> Mapping[str, int]:
        return of_commitment(row, rule).to(key)

    otherwise = {rule.ref: _otherwise(counts, commitments, rule) for rule in wanted[1:]}
    return Figured(replay.position, replay.at, rows, otherwise)


def of_a_territory(
    bundle: Bundle, key: str, moment: int | datetime, day: date | None, rules: Sequence[Rule], progress: Progress
) -> Figured:
    """Counts the card of a unit and of everything below it. Raises Unfit.

    `day`: on which memberships count; None: that of the last record.
    """
    replay = Replay(bundle, group_of(COMMITMENTS))
    replay.until(moment, progress)
    assert replay.at is not None, "until refuses a moment before the first record"
    units = {UUID(unit): row for unit, row in replay.rows(UNITS)}
    of = next((unit for unit in units if str(unit) == key), None)
    if of is None:
        says = f"There is no unit of the key {key} as of position {replay.position}."
        raise Unfit(Finding("key-unknown", says, None, UNITS.key_says, key))
    lying, commitments = below(of, units, day or replay.at.date()), list(replay.rows(COMMITMENTS))
    rows = dict[str, bytes]()
    for rule in dict.fromkeys((STANDARD, *rules)):
        counting = Counting(of, lying, rule)
        counting.add(commitments)
        rows[rule.ref] = written(counting.card())
    counts = partial(of_territory, units=lying)
    otherwise = {rule.ref: _otherwise(counts, commitments, rule) for rule in rules if rule is not STANDARD}
    return Figured(replay.position, replay.at, rows, otherwise)


def _otherwise(counts: Counts, rows: Sequence[tuple[str, Any]], rule: Rule) -> list[Otherwise]:
    """The commitments that count in this card by one of the two rules, and not alike."""
    found = []
    for stream, row in rows:
        standard, other = (counts(row, rule=one) for one in (STANDARD, rule))
        if standard != other:
            found.append(Otherwise(stream, row.name, _state(row, STANDARD), _state(row, rule)))
    return found


def _state(row: CommitmentRow, rule: Rule) -> str | None:
    counted = rule.counted(row)
    return None if counted is None else counted.state.value
