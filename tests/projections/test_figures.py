"""Rules of counting: as what a commitment counts by each, and what a figure says of how it was made."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.commitments import commands as asked
from domain.commitments.words import Outcome, Stage
from domain.kernel import EventName, Level, PartialDate
from domain.ledger.records import canonical
from projections.commitment_row import CommitmentRow
from projections.figures import (
    CONTESTED_LEFT_OUT,
    LATE_AS_FAILED,
    RULES,
    STANDARD,
    Rule,
    in_a_hundred,
    late,
    no_inputs,
    said_of,
)
from projections.scorecards import COUNTS, ScorecardRow, of_commitment, of_engagement, scorecards
from projections.views import VIEWS
from tests.domain.commitment_stories import (
    CITY,
    REGION,
    STREAM,
    adopted,
    adopted_alone,
    ask,
    histories,
    miss,
    propose_shared,
    report,
)
from tests.domain.moves import Move
from tests.projections.register import LEDGER, Register, directory, opened

BY_RULE = {rule.name: scorecards(rule, f"scorecards-{rule.name}") for rule in RULES.values()}


def told() -> Register:
    """A directory whose scorecards are kept by every rule."""
    register = directory()
    every = Register((*VIEWS, *BY_RULE.values()), spheres=register.spheres)
    for record in register.told:
        every.tell(record.stream, record.event, on=record.at.date())
    return every


def cards(register: Register, rule: Rule) -> dict[str, ScorecardRow]:
    return register.of(BY_RULE[rule.name].name)


def city(register: Register, rule: Rule) -> ScorecardRow:
    return cards(register, rule)[f"unit:{CITY}"]


def the_row(register: Register) -> CommitmentRow:
    found = register.one("commitments", str(STREAM))
    assert isinstance(found, CommitmentRow)
    return found


def missed(register: Register) -> date:
    """Its first report does not come; gives the day after."""
    deadline = next(one for one in the_row(register).owed if one.kind == "progress")
    day = deadline.due_on + timedelta(days=1)
    register.given(miss(deadline.number, day), on=day)
    return day


# --- the rules ---


def test_what_is_late_counts_as_not_met_by_one_rule_until_it_is_made_good() -> None:
    register = told().given(*adopted)
    day = missed(register)
    assert late(the_row(register))
    assert (city(register, STANDARD).adopted, city(register, STANDARD).kept) == (1, None)
    assert (city(register, LATE_AS_FAILED).not_met, city(register, LATE_AS_FAILED).kept) == (1, 0)
    register.given(report(40, on=day), on=day)
    assert (city(register, LATE_AS_FAILED).not_met, city(register, LATE_AS_FAILED).in_progress) == (0, 1)


@pytest.mark.parametrize(
    ("closed_on", "ends_on", "is_late"),
    [
        ("2031-01-01", "2030-12-31", True), ("2030-12-31", "2030-12-31", False), ("2030-06-01", "2030", False),
        ("2031", "2030", True), ("2030", "2030-03-01", False), ("unknown", "2030", False),
        ("2031-01-01", "unknown", False),
    ],
)  # fmt: skip
def test_what_was_fulfilled_after_its_end_is_late_and_doubt_speaks_for_it(
    closed_on: str, ends_on: str, is_late: bool
) -> None:
    row = the_row(told().given(*adopted_alone))
    done = replace(row, state=Stage.COMPLETED, closed_on=PartialDate(closed_on), ends_on=PartialDate(ends_on))
    assert late(done) is is_late
    counted = LATE_AS_FAILED.counted(done)
    assert counted is not None
    assert counted.state is (Stage.NOT_MET if is_late else Stage.COMPLETED)


def test_what_was_withdrawn_is_not_turned_into_a_failure() -> None:
    row = replace(the_row(told().given(*adopted_alone)), state=Stage.WITHDRAWN, delayed=True)
    assert LATE_AS_FAILED.counted(row) == row


def test_what_a_party_contests_is_left_out_by_one_rule() -> None:
    register = told().given(*adopted, report(50), ask(asked.ContestReport, REGION, report=1, percent=10))
    assert (city(register, STANDARD).contested, city(register, STANDARD).commitments) == (1, 1)
    left = city(register, CONTESTED_LEFT_OUT)
    assert (left.contested, left.commitments, left.in_progress, left.units) == (0, 0, 0, 1)


@settings(max_examples=40)
@given(histories())
def test_cards_by_every_rule_are_what_counting_the_rows_anew_gives(moves: list[Move]) -> None:
    register = told()
    for move in moves:
        register.tell(STREAM, *move.events, on=move.day, by=move.unit)
    for rule in RULES.values():
        found = cards(register, rule)
        counted = {key: dict.fromkeys(COUNTS, 0) for key in found}
        ours = [of_commitment(row, rule) for row in register.all("commitments")]
        for one in (*ours, *map(of_engagement, register.all("engagements"))):
            for key, counts in one.by_key.items():
                for name, number in counts.items():
                    counted[key][name] += number
        assert {key: {name: getattr(row, name) for name in COUNTS} for key, row in found.items()} == counted


# --- a share ---


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_a_share_is_whole_percent_with_halves_rounded_up(part: int, rest: int) -> None:
    share = in_a_hundred(part, part + rest)
    if part + rest == 0:
        assert share is None
    else:
        assert share is not None
        assert -(part + rest) < 2 * (share * (part + rest) - 100 * part) <= part + rest


def test_what_was_kept_is_a_share_of_what_ended() -> None:
    closing = ask(asked.CloseCommitment, outcome=Outcome.COMPLETED, level=Level.SELF_REPORTED, evidence=())
    register = told().given(*adopted_alone, report(100), closing)
    assert city(register, STANDARD).kept == 100


# --- how a figure was made ---


def test_a_card_names_its_rule_and_the_records_that_changed_it() -> None:
    register = told()
    first = city(register, STANDARD).inputs
    assert first is not None
    assert (first.rule, first.records, first.first == first.last) == ("standard@1", 1, True), "its unit was registered"
    begun = register.position
    register.given(propose_shared)
    before = city(register, STANDARD).inputs
    assert before is not None
    assert before.last is not None
    assert before.first == first.first
    assert begun < before.last <= register.position
    register.given(*adopted[1:])
    after = city(register, STANDARD).inputs
    assert after is not None
    assert after.records > before.records
    assert (after.first, after.digest != before.digest) == (before.first, True)
    other = city(register, LATE_AS_FAILED).inputs
    assert other is not None
    assert (other.rule, other.records) == ("late-as-failed@1", after.records)
    assert other.digest != after.digest


def test_a_record_that_changes_no_figure_is_no_input() -> None:
    register = told().given(*adopted, report(50))
    before = city(register, STANDARD)
    register.given(report(60))
    assert city(register, STANDARD) is before


def test_a_digest_tells_key_rule_order_record_and_change() -> None:
    record: Any = Register(VIEWS).tell(LEDGER, opened).told[0]
    named = replace(record, stream=EventName.at(CITY, 1).stream)
    base = no_inputs("unit:a", STANDARD)
    digests = [
        base, no_inputs("unit:b", STANDARD), no_inputs("unit:a", LATE_AS_FAILED), base.then(record, {"owned": 1}),
        base.then(named, {"owned": 1}), base.then(record, {"owned": 2}), base.then(record, {"shared": 1}),
        base.then(record, {"owned": 1}).then(named, {"owned": 1}),
        base.then(named, {"owned": 1}).then(record, {"owned": 1}),
    ]  # fmt: skip
    assert len({one.digest for one in digests}) == len(digests)
    assert base.then(record, {}) is base


@given(changes=st.dictionaries(st.sampled_from(COUNTS), st.integers(-99, 99)))
def test_what_a_digest_hashes_is_canonical_json(changes: dict[str, int]) -> None:
    record = directory().told[-1]
    assert said_of(record, changes) == canonical({"changes": dict(changes), "record": str(record.name)})
