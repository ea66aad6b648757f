"""How units end and what comes after them: mergers, splits, abolition, restoration, successors."""

from dataclasses import replace
from datetime import date

from domain.kernel import PartialDate
from domain.units import UNITS, Stage
from domain.units.commands import AbolishUnit, RestoreUnit
from domain.units.events import UnitAbolished, UnitRestored, UnitSplit
from tests.domain.unit_stories import (
    BELGIUM,
    DRONGEN,
    FLANDERS,
    GENT,
    NIS,
    NOBODY,
    abolish,
    abolished,
    assign,
    assigned,
    belgium,
    drongen,
    flanders,
    gent,
    given,
    merge_away,
    merged_away,
    nobody,
    proposed,
    registered,
    restore,
    restored,
    split,
    state_after,
    take_in,
    taken_in,
    was_split,
)

# --- mergers and splits ---


def test_a_unit_merges_into_another() -> None:
    given(registered).when(merge_away).then(merged_away)
    state = state_after(registered, merged_away)
    assert state.stage is Stage.MERGING
    assert state.successors == (DRONGEN,)


def test_the_same_merger_is_recorded_in_what_they_become() -> None:
    given(registered).when(take_in).then(taken_in)
    assert state_after(registered, taken_in).stage is Stage.ACTIVE


def test_a_merger_recorded_twice_changes_nothing() -> None:
    given(registered, merged_away).when(merge_away).then_nothing_happens()
    given(registered, merged_away, abolished).when(merge_away).then_nothing_happens()
    given(registered, taken_in).when(take_in).then_nothing_happens()


def test_a_unit_merges_into_one_unit_only() -> None:
    elsewhere = replace(merge_away, into=BELGIUM, into_unit=belgium)
    given(registered, merged_away).when(elsewhere).then_refused("unit-not-active")


def test_what_is_only_proposed_does_not_merge() -> None:
    given(proposed).when(merge_away).then_refused("unit-not-active")


def test_a_unit_does_not_merge_into_itself() -> None:
    both = replace(merge_away, merged=(GENT, DRONGEN), merged_units=(gent, drongen))
    given(registered).when(both).then_refused("unit-on-both-sides", "into", "merged")


def test_a_unit_is_named_once_in_a_merger() -> None:
    twice = replace(merge_away, merged=(GENT, GENT), merged_units=(gent, gent))
    given(registered).when(twice).then_refused("unit-repeated")


def test_a_merger_is_recorded_where_it_happens() -> None:
    elsewhere = replace(merge_away, merged=(FLANDERS,), merged_units=(flanders,))
    given(registered).when(elsewhere).then_refused("not-a-party")


def test_a_merger_is_between_registered_units() -> None:
    unknown = replace(merge_away, into=NOBODY, into_unit=nobody)
    assert given(registered).when(unknown).then_refused("unit-unknown", "into").facts["units"] == [NOBODY]
    more = replace(merge_away, merged=(GENT, NOBODY), merged_units=(gent, nobody))
    given(registered).when(more).then_refused("unit-unknown")


def test_a_unit_merges_into_one_that_is_there() -> None:
    gone = replace(drongen, alive_until=date(2026, 1, 1))
    given(registered).when(replace(merge_away, into_unit=gone)).then_refused("unit-not-alive")


def test_a_merging_unit_is_abolished() -> None:
    given(registered, merged_away).when(abolish).then(abolished)


def test_an_annulled_merger_restores_the_unit_with_the_codes_it_never_lost() -> None:
    annulled = UnitRestored(PartialDate("2026-01-01"), ())
    given(registered, merged_away).when(restore).then(annulled)
    state = state_after(registered, merged_away, annulled)
    assert (state.stage, state.identifiers, state.successors) == (Stage.RESTORED, (NIS,), ())
    assert state.alive_from == "1977"


def test_a_unit_is_split_and_goes_on() -> None:
    given(registered).when(split).then(was_split)
    state = state_after(registered, was_split)
    assert (state.stage, state.successors) == (Stage.ACTIVE, ())


def test_a_unit_is_split_and_its_parts_succeed_it() -> None:
    ended = replace(was_split, continues=False)
    given(registered).when(replace(split, continues=False)).then(ended)
    assert state_after(registered, ended).successors == (DRONGEN,)


def test_a_split_is_recorded_in_the_part_too() -> None:
    other_way = replace(split, whole=DRONGEN, parts=(GENT,), whole_unit=drongen, part_units=(gent,))
    given(registered).when(other_way).then(UnitSplit(DRONGEN, (GENT,), True))
    assert state_after(registered, UnitSplit(DRONGEN, (GENT,), False)).successors == ()


def test_a_split_recorded_twice_changes_nothing() -> None:
    given(registered, was_split).when(split).then_nothing_happens()


def test_splits_keep_the_rules_of_mergers() -> None:
    for command, code in (
        (replace(split, parts=(GENT, DRONGEN), part_units=(gent, drongen)), "unit-on-both-sides"),
        (replace(split, parts=(DRONGEN, DRONGEN), part_units=(drongen, drongen)), "unit-repeated"),
        (replace(split, whole=BELGIUM, whole_unit=belgium), "not-a-party"),
        (replace(split, parts=(NOBODY,), part_units=(nobody,)), "unit-unknown"),
    ):
        given(registered).when(command).then_refused(code)


# --- the end, and after it ---


def test_a_unit_is_abolished() -> None:
    given(registered).when(abolish).then(abolished)
    assert state_after(registered, abolished).stage is Stage.ABOLISHED


def test_a_unit_is_abolished_once() -> None:
    given(registered, abolished).when(abolish).then_nothing_happens()
    given(registered, abolished).when(AbolishUnit(effective_on=PartialDate("2024"))).then_refused("unit-abolished")


def test_the_year_of_an_end_is_known() -> None:
    given(registered).when(AbolishUnit(effective_on=PartialDate("unknown"))).then_refused("date-unknown")


def test_a_unit_does_not_end_before_it_begins() -> None:
    given(registered).when(AbolishUnit(effective_on=PartialDate("1976"))).then_refused("ends-before-it-begins")
    given(registered).when(AbolishUnit(effective_on=PartialDate("1977"))).then(
        UnitAbolished(PartialDate("1977"), (NIS,))
    )


def test_a_unit_may_end_on_its_first_day() -> None:
    first = PartialDate("1977-01-01")
    given(replace(registered, alive_from=first)).when(AbolishUnit(effective_on=first)).then(
        UnitAbolished(first, (NIS,))
    )


def test_what_was_only_proposed_is_given_up_before_its_day() -> None:
    given(proposed).when(abolish).then(abolished)


def test_an_abolished_unit_is_restored() -> None:
    given(registered, abolished).when(restore).then(restored)
    state = state_after(registered, abolished, restored)
    assert (state.stage, state.alive_from, state.alive_until) == (Stage.RESTORED, "2026-01-01", None)


def test_a_unit_is_restored_without_the_codes_that_it_lost() -> None:
    given(registered, abolished).when(replace(restore, without=(NIS,))).then(replace(restored, identifiers=()))
    assert state_after(registered, abolished, replace(restored, identifiers=())).identifiers == ()


def test_a_life_taken_up_on_the_day_of_its_end_has_no_gap() -> None:
    state = state_after(registered, abolished, UnitRestored(PartialDate("2025-01-01"), (NIS,)))
    assert (state.alive_from, state.alive_until) == ("1977", None)


def test_a_unit_is_restored_on_the_day_of_its_end() -> None:
    same_day = RestoreUnit(effective_on=PartialDate("2025-01-01"))
    given(registered, abolished).when(same_day).then(UnitRestored(PartialDate("2025-01-01"), (NIS,)))


def test_only_what_ended_is_restored() -> None:
    given(registered).when(restore).then_refused("unit-not-abolished")
    given(registered, abolished, restored).when(restore).then_refused("unit-not-abolished")


def test_a_unit_is_restored_on_a_known_day_after_its_end() -> None:
    given(registered, abolished).when(RestoreUnit(effective_on=PartialDate("unknown"))).then_refused("date-unknown")
    given(registered, abolished).when(RestoreUnit(effective_on=PartialDate("2024"))).then_refused("restored-too-early")


def test_restoring_needs_reasons_and_so_do_correction_revocation_and_withdrawal() -> None:
    needing = {name for name, by in UNITS.commands.items() if by.reasons}
    assert needing == {"annul-entry", "correct", "restore", "revoke-accreditation", "withdraw-competence"}


def test_a_successor_is_assigned() -> None:
    for history in ([registered], [registered, abolished]):
        given(*history).when(assign).then(assigned)
        given(*history, assigned).when(assign).then_nothing_happens()


def test_what_a_unit_merged_into_succeeds_it_already() -> None:
    given(registered, merged_away).when(assign).then_nothing_happens()


def test_a_unit_does_not_succeed_itself() -> None:
    given(registered).when(replace(assign, successor=GENT, successor_unit=gent)).then_refused("own-successor")


def test_a_successor_is_registered_and_there() -> None:
    given(registered).when(replace(assign, successor=NOBODY, successor_unit=nobody)).then_refused("unit-unknown")
    gone = replace(drongen, alive_until=date(2020, 1, 1))
    given(registered).when(replace(assign, successor_unit=gone)).then_refused("unit-not-alive")
