"""Figures made again from a bundle: by the rule that the register shows them by, and by others beside it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.ledger.findings import Finding
from projections.commitment_row import CommitmentRow
from projections.commitments import COMMITMENTS
from projections.figures import STANDARD, Rule
from projections.kernel import View
from projections.scorecards import ScorecardRow, of_commitment, scorecards
from projections.views import VIEWS
from services.audit.bundle import Bundle, Unfit
from services.audit.replaying import Progress, Replay, group_of
from services.views.rows import Form

COUNTED: Mapping[str, Callable[[Rule, str], View]] = {"scorecards": scorecards}
"""The views whose figures are counted by a rule, and how each is made by another one."""


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
    otherwise = {rule.ref: _otherwise(key, commitments, rule) for rule in wanted[1:]}
    return Figured(replay.position, replay.at, rows, otherwise)


def _otherwise(key: str, rows: Sequence[tuple[str, Any]], rule: Rule) -> list[Otherwise]:
    """The commitments that count in this card by one of the two rules, and not alike."""
    found = []
    for stream, row in rows:
        standard, other = (of_commitment(row, one).to(key) for one in (STANDARD, rule))
        if standard != other:
            found.append(Otherwise(stream, row.name, _state(row, STANDARD), _state(row, rule)))
    return found


def _state(row: CommitmentRow, rule: Rule) -> str | None:
    counted = rule.counted(row)
    return None if counted is None else counted.state.value
