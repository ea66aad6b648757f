"""Scorecards: exact sums with denominators; who promised nothing is there as 0, and a merger counts nobody twice."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hypothesis import given, settings

from domain import sdg
from domain.commitments import commands as asked
from domain.commitments.words import Completion, Outcome
from domain.kernel import Level, PartialDate, Sphere, StreamId, UnitId
from domain.units.events import UnitAbolished, UnitRestored, UnitsMerged
from projections.engagements import EngagementRow
from projections.scorecards import COUNTS, Scope, ScorecardRow, of_commitment, of_engagement
from projections.views import VIEWS
from tests.domain.commitment_stories import (
    CITY,
    DAY,
    INSTITUTE,
    REGION,
    STATE,
    STREAM,
    VILLAGE,
    accept,
    adopted,
    adopted_alone,
    ask,
    from_source,
    histories,
    miss,
    propose_shared,
    report,
    words,
)
from tests.domain.moves import Move
from tests.projections.register import LEDGER, Register, directory, opened, registered

OTHER = StreamId(UUID(int=0xC1))
TOWN = UnitId(UUID(int=9))


def card(register: Register, key: str) -> ScorecardRow:
    found = register.one("scorecards", key)
    assert isinstance(found, ScorecardRow)
    return found


def unit_card(register: Register, unit: UUID) -> ScorecardRow:
    return card(register, f"unit:{unit}")


def engaged(register: Register, unit: UUID) -> int:
    found = register.one("engagements", str(unit))
    assert isinstance(found, EngagementRow)
    return found.commitments


# --- denominators ---


def test_when_the_ledger_opens_every_sphere_every_goal_and_the_register_are_there_with_0() -> None:
    cards = Register(VIEWS).tell(LEDGER, opened).of("scorecards")
    assert set(cards) == {*(f"sphere:{one}" for one in Sphere), *(f"sdg:{goal}" for goal in sdg.GOALS), "register:all"}
    assert all(getattr(row, name) == 0 for row in cards.values() for name in COUNTS)


def test_units_that_promised_nothing_are_there_as_0_and_in_the_denominator() -> None:
    register = directory().given(*adopted_alone)
    nothing = unit_card(register, VILLAGE)
    assert (nothing.title, nothing.sphere, nothing.units, nothing.commitments) == ("Village", Sphere.LOCAL, 1, 0)
    local = card(register, "sphere:local")
    assert (local.units, local.with_commitments, local.commitments) == (2, 1, 1)
    national = card(register, "sphere:national")
    assert (national.units, national.with_commitments, national.commitments) == (2, 0, 0)


def test_who_was_only_invited_does_not_take_part_yet() -> None:
    register = directory().given(propose_shared)
    assert (engaged(register, CITY), engaged(register, REGION)) == (1, 0)
    register.given(accept)
    assert (engaged(register, REGION), card(register, "sphere:regional").with_commitments) == (1, 1)


def test_a_commitment_of_two_units_of_one_sphere_counts_once_in_it() -> None:
    register = directory().given(*adopted)
    register.given(replace(adopted_alone[0], sdg=()), stream=OTHER)
    assert card(register, "sphere:local").commitments == 2
    assert card(register, "sphere:local").owned == 2
    regional = card(register, "sphere:regional")
    assert (regional.commitments, regional.owned, regional.shared) == (1, 0, 1)


def test_a_target_counts_for_its_goal_and_a_goal_named_twice_counts_once() -> None:
    register = directory().given(replace(propose_shared, sdg=("11.2", "11.6", "13")))
    assert {key: row.commitments for key, row in register.of("scorecards").items() if row.commitments} == {
        f"unit:{CITY}": 1, "sphere:local": 1, "sdg:11": 1, "sdg:13": 1, "register:all": 1,
    }  # fmt: skip


def test_a_commitment_that_spheres_share_counts_once_in_the_register() -> None:
    register = directory().given(*adopted)
    register.given(replace(adopted_alone[0], sdg=()), stream=OTHER)
    whole = card(register, "register:all")
    spheres = [card(register, f"sphere:{sphere}") for sphere in Sphere]
    assert sum(one.commitments for one in spheres) > whole.commitments == whole.owned == 2
    assert (whole.shared, whole.adopted, whole.proposed) == (1, 1, 1)
    assert (whole.title, whole.sphere) == ("The whole register", None)
    assert [whole.units, whole.with_commitments] == [
        sum(getattr(one, name) for one in spheres) for name in ("units", "with_commitments")
    ]


# --- what stands where ---


def test_each_commitment_is_in_one_state_and_at_one_level() -> None:
    register = directory().given(*adopted).given(from_source, stream=OTHER)
    city = unit_card(register, CITY)
    states = ("proposed", "negotiated", "adopted", "adopted_not_verifiable", "in_progress", "completed",
              "partially_completed", "not_met", "withdrawn")  # fmt: skip
    levels = ("recorded_from_source", "self_reported", "confirmed", "verified")
    assert sum(getattr(city, name) for name in states) == city.commitments == 2
    assert [getattr(city, name) for name in levels] == [1, 1, 0, 0]
    assert (city.milestones, city.milestones_completed) == (1, 0)


def test_completed_and_completed_and_verified_are_told_apart() -> None:
    closing = ask(asked.CloseCommitment, outcome=Outcome.COMPLETED, level=Level.SELF_REPORTED, evidence=())
    register = directory().given(*adopted_alone, report(100), closing)
    assert (unit_card(register, CITY).completed, unit_card(register, CITY).completed_verified) == (1, 0)
    day = DAY + timedelta(days=1)
    register.given(ask(asked.AssessCompletion, INSTITUTE, day, completion=Completion.COMPLETE), on=day)
    assert (unit_card(register, CITY).completed, unit_card(register, CITY).completed_verified) == (1, 1)


def test_a_missed_report_and_a_contested_figure_are_counted_and_uncounted() -> None:
    register = directory().given(*adopted, report(50), ask(asked.ContestReport, REGION, report=1, percent=10))
    assert unit_card(register, REGION).contested == 1
    deadline = next(one for one in register.one("commitments", str(STREAM)).owed if one.kind == "progress")
    late = deadline.due_on + timedelta(days=1)
    register.given(miss(deadline.number, late), on=late)
    assert card(register, "sphere:local").delayed == 1
    register.given(report(60, on=late), on=late)
    assert (card(register, "sphere:local").delayed, unit_card(register, REGION).contested) == (0, 0)


def test_what_a_party_left_is_counted_for_those_who_stay() -> None:
    register = directory().given(*adopted)
    register.given(ask(asked.WithdrawFromCommitment, STATE), because="The budget was cut.")
    assert (engaged(register, STATE), engaged(register, CITY)) == (0, 1)
    national = card(register, "sphere:national")
    assert (national.commitments, national.with_commitments, national.units) == (0, 0, 2)


# --- units that end ---


def test_a_merged_unit_leaves_the_denominator_and_its_commitments_stay_counted_once() -> None:
    register = directory().given(*adopted_alone)
    register.tell(TOWN, replace(registered, unit=TOWN, name=words("Town"), sphere=Sphere.LOCAL))
    for unit in (CITY, VILLAGE, TOWN):
        register.tell(unit, UnitsMerged((CITY, VILLAGE), TOWN))
    for unit in (CITY, VILLAGE):
        register.tell(unit, UnitAbolished(PartialDate(DAY), ()))
    local = card(register, "sphere:local")
    assert (local.units, local.with_commitments, local.commitments) == (1, 0, 1)
    assert (unit_card(register, CITY).units, unit_card(register, CITY).commitments) == (0, 1)
    assert all(getattr(row, name) >= 0 for row in register.all("scorecards") for name in COUNTS)


def test_a_restored_unit_is_in_the_denominator_again() -> None:
    register = directory().given(*adopted_alone).tell(CITY, UnitAbolished(PartialDate(DAY), ()))
    assert card(register, "sphere:local").units == 1
    register.tell(CITY, UnitRestored(PartialDate(DAY), ()))
    local = card(register, "sphere:local")
    assert (local.units, local.with_commitments) == (2, 1)


# --- exact, whatever happens ---


@settings(max_examples=60)
@given(histories())
def test_cards_are_what_counting_the_rows_anew_gives(moves: list[Move]) -> None:
    register = directory()
    for move in moves:
        register.tell(STREAM, *move.events, on=move.day, by=move.unit)
    assert {key: _figures(row) for key, row in register.of("scorecards").items()} == _counted(register)


def _counted(register: Register) -> dict[str, dict[str, int]]:
    cards = {key: dict.fromkeys(COUNTS, 0) for key in register.of("scorecards")}
    contributions: Iterable[object] = (
        *map(of_commitment, register.all("commitments")), *map(of_engagement, register.all("engagements"))
    )  # fmt: skip
    for one in contributions:
        for key, counts in one.by_key.items():  # type: ignore[attr-defined]
            for name, number in counts.items():
                cards[key][name] += number
    return cards


def _figures(row: ScorecardRow) -> dict[str, int]:
    return {name: getattr(row, name) for name in COUNTS}


def test_titles_say_of_what_a_card_is() -> None:
    register = directory()
    assert {row.scope for row in register.all("scorecards") if not row.title} == set()
    assert card(register, "sdg:13").title == "Climate action"
    assert card(register, "sphere:local").title == "Local sphere"
    assert card(register, f"unit:{CITY}").scope is Scope.UNIT
