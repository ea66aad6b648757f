"""Territories: what lies in which unit on a day, and one card of it all, on which each commitment counts once."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.commitments.words import Answer
from domain.kernel import PartialDate, StreamId, UnitId
from domain.units.events import MembershipEnded, MembershipRecorded, ParentSet, UnitAbolished
from projections.figures import RULES
from projections.scorecards import COUNTS, SCORECARDS, ScorecardRow
from projections.territories import Card, Counting, below
from projections.units import UNITS
from services.audit.replaying import group_of
from tests.domain.commitment_stories import (
    CITY,
    DAY,
    NAMES,
    REGION,
    STATE,
    VILLAGE,
    accept,
    adopted,
    adopted_alone,
    histories,
    propose_shared,
)
from tests.domain.moves import Move
from tests.projections.register import Register, directory

OTHER = StreamId(UUID(int=0xC1))
FIGURES = (*COUNTS, "kept")
COUNTED = group_of(SCORECARDS)
"""Scorecards, and the views that they are made from."""


def lying(register: Register, of: UnitId, day: date = DAY) -> set[UUID]:
    return set(below(of, {UUID(key): row for key, row in register.of("units").items()}, day))


def territory(register: Register, of: UnitId, rule: str = "standard") -> Card:
    units = {UUID(key): row for key, row in register.of("units").items()}
    counting = Counting(of, below(of, units, DAY), RULES[rule])
    counting.add(register.of("commitments").items())
    return counting.card()


def figures(row: ScorecardRow) -> dict[str, int | None]:
    return {name: getattr(row, name) for name in FIGURES}


def nation() -> Register:
    """A state, its region, and the region's city and village."""
    register = directory().tell(REGION, ParentSet(STATE))
    for unit in (CITY, VILLAGE):
        register.tell(unit, ParentSet(REGION))
    return register


def member(first: str, last: str | None = None) -> MembershipRecorded:
    return MembershipRecorded(REGION, "Act 5", PartialDate(first), None if last is None else PartialDate(last))


# --- what lies where ---


def test_below_a_unit_lies_whatever_lies_below_what_lies_in_it() -> None:
    register = nation()
    assert lying(register, STATE) == {STATE, REGION, CITY, VILLAGE}
    assert lying(register, REGION) == {REGION, CITY, VILLAGE}
    assert lying(register, CITY) == {CITY}
    assert lying(register, UnitId(UUID(int=99))) == set()


def test_what_lies_below_a_unit_that_moves_moves_with_it() -> None:
    """Though no record of theirs says so."""
    register = nation().tell(REGION, ParentSet(None))
    assert lying(register, STATE) == {STATE}


def test_members_lie_in_a_body_on_the_days_of_their_membership() -> None:
    register = directory().tell(CITY, member("2026-03", "2026-05-10")).tell(VILLAGE, member("unknown"))
    assert lying(register, REGION, date(2026, 2, 28)) == {REGION, VILLAGE}
    assert lying(register, REGION, date(2026, 3, 1)) == lying(register, REGION, date(2026, 5, 10))
    assert lying(register, REGION, date(2026, 3, 1)) == {REGION, CITY, VILLAGE}
    assert lying(register, REGION, date(2026, 5, 11)) == {REGION, VILLAGE}
    register.tell(VILLAGE, MembershipEnded(REGION, PartialDate("2026-03-31")))
    assert lying(register, REGION, date(2026, 4, 1)) == {REGION, CITY}


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from(list(NAMES)), st.sampled_from([None, *NAMES])))
def test_however_units_lie_in_one_another_the_question_ends(parents: dict[UnitId, UnitId | None]) -> None:
    """No rule allows circles; as it held in law on a day, corrections may leave one all the same."""
    register = directory([UNITS])
    for unit, parent in parents.items():
        register.tell(unit, ParentSet(parent))
    for unit in NAMES:
        found = lying(register, unit)
        assert unit in found
        assert {one for one in NAMES if parents.get(one) in found} <= found


# --- what counts ---


def test_a_commitment_of_several_units_in_it_counts_once() -> None:
    register = nation().given(*adopted).given(replace(adopted_alone[0], sdg=()), stream=OTHER)
    local, region = territory(register, CITY).figures, territory(register, REGION).figures
    assert (local["commitments"], local["owned"], local["shared"]) == (2, 2, 1)
    assert (region["commitments"], region["owned"], region["shared"]) == (2, 2, 1)
    assert (region["units"], region["with_commitments"]) == (3, 2)
    assert territory(register, VILLAGE).figures == {**dict.fromkeys(COUNTS, 0), "units": 1, "kept": None}


def test_who_was_only_invited_does_not_take_part_and_others_own_what_is_owned() -> None:
    register = directory().given(propose_shared)
    assert territory(register, REGION).figures["commitments"] == 0
    register.given(accept)
    found = territory(register, REGION).figures
    assert (found["commitments"], found["owned"], found["with_commitments"]) == (1, 0, 1)


def test_who_is_no_more_is_in_the_territory_and_not_in_the_denominator() -> None:
    register = nation().given(*adopted_alone).tell(CITY, UnitAbolished(PartialDate(DAY), ()))
    found = territory(register, REGION)
    assert (found.figures["units"], found.figures["with_commitments"], found.figures["commitments"]) == (2, 0, 1)
    assert (found.row.inputs.units, found.row.inputs.commitments) == (3, 1)


def test_what_went_in_is_told_by_the_digest() -> None:
    register = nation().given(*adopted_alone)
    digests = {territory(register, unit).row.inputs.digest for unit in (STATE, REGION, CITY)}
    digests |= {territory(register, STATE, rule).row.inputs.digest for rule in RULES}
    assert len(digests) == 3 + len(RULES) - 1
    assert territory(register, STATE) == territory(register, STATE)
    was = territory(register, STATE).row.inputs.digest
    register.tell(VILLAGE, ParentSet(None))
    assert territory(register, STATE).row.inputs.digest != was, "another unit less"


@settings(max_examples=15)
@given(histories())
def test_of_everything_it_is_the_card_of_the_register_and_of_one_unit_that_of_the_unit(moves: list[Move]) -> None:
    """But for what nobody takes part in any more, as a proposal that was withdrawn, and for owners who left."""
    register = directory(COUNTED)
    for unit in NAMES:
        if unit != STATE:
            register.tell(unit, ParentSet(STATE))
    for move in moves:
        register.tell(OTHER, *move.events, on=move.day + timedelta(days=1), by=move.unit)
    for unit in (CITY, VILLAGE):
        assert territory(register, unit).figures == figures(register.one("scorecards", f"unit:{unit}"))
    found = territory(register, STATE)
    bound = {
        one.unit: row for row in register.all("commitments") for one in row.parties if one.answer is Answer.ACCEPTED
    }
    assert found.row.inputs.commitments == int(bool(bound))
    if bound:
        owned = int(any(unit == row.owner for unit, row in bound.items()))
        assert found.figures == {**figures(register.one("scorecards", "register:all")), "owned": owned}
