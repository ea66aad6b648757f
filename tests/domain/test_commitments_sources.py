"""Commitments that are recorded from a published source, until the unit takes them over."""

from dataclasses import replace
from datetime import date

import pytest

from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.commitments import source_stream
from domain.commitments.words import (
    Aim,
    Breadth,
    Changes,
    Due,
    Instrument,
    NewTarget,
    Quantity,
    Reporting,
    Stage,
)
from domain.kernel import PartialDate
from tests.domain.commitment_stories import (
    CITY,
    END,
    REGION,
    ROW,
    add_milestone,
    adopt,
    amend,
    ask,
    commitment,
    confirm_source,
    facts,
    from_source,
    invite_village,
    pledge,
    propose_alone,
    proposed,
    set_target,
    starts,
    story,
    update,
    words,
)

recorded = happened.CommitmentRecordedFromSource(
    ROW, "2022-06-01", Instrument.IN_POLICY, PartialDate("2020"), Reporting.ANNUAL, True
)


updated = happened.SourceUpdated(
    ROW, "2023-01-10", Instrument.IN_LAW, PartialDate("2023"), Reporting.ANNUAL, True, (), True
)
contest_source = ask(asked.ContestSource)


def test_the_registrar_records_a_pledge_from_a_published_source() -> None:
    pledged = replace(proposed, title=words("Net zero by 2050"), description=words("Net zero"), sdg=())
    story().when(from_source).then(
        replace(pledged, ends_on=PartialDate("2050")),
        recorded,
        happened.TargetSet(1, END),
        happened.CommitmentAdopted(Breadth.SINGLE_SPHERE, True, ()),
    )


def test_a_pledge_that_its_maker_only_proposed_is_not_adopted() -> None:
    told = story(replace(from_source, instrument=Instrument.PROPOSED))
    assert commitment(told).stage is Stage.PROPOSED


@pytest.mark.parametrize(
    ("has_plan", "reporting", "missing"),
    [
        (True, Reporting.LESS_THAN_ANNUAL, ()),
        (False, Reporting.ANNUAL, ("plan",)),
        (None, Reporting.ANNUAL, ("plan",)),
        (True, Reporting.NONE, ("reporting_mechanism",)),
        (None, Reporting.UNKNOWN, ("plan", "reporting_mechanism")),
    ],
)
def test_a_published_pledge_can_be_checked_by_its_plan_and_reports(
    has_plan: bool | None, reporting: Reporting, missing: tuple[str, ...]
) -> None:
    events = story().when(replace(from_source, has_plan=has_plan, reporting=reporting)).events
    assert events[-1] == happened.CommitmentAdopted(Breadth.SINGLE_SPHERE, not missing, missing)


def test_the_same_row_recorded_again_changes_nothing() -> None:
    story(from_source).when(from_source).then_nothing_happens()


def test_a_newer_edition_is_an_update_not_a_second_record() -> None:
    story(from_source).when(replace(from_source, updated="2023-01-10")).then_refused("recorded-before")
    story(propose_alone).when(from_source).then_refused("recorded-before")


def test_a_row_has_one_stream_of_its_own() -> None:
    assert source_stream(ROW.name, ROW.row_key) == source_stream("Net Zero Tracker", "CIT-0012")
    assert source_stream(ROW.name, ROW.row_key) != source_stream("Net Zero Tracker", "CIT-0013")


def test_a_pledge_is_recorded_only_of_a_unit_that_lived_then() -> None:
    gone = facts(CITY, until=date(2020, 1, 1))
    story().when(replace(from_source, owner_facts=gone)).then_refused("unit-not-alive")


def test_a_pledge_binds_nobody_but_its_maker() -> None:
    foreign = replace(END, responsible=REGION)
    story().when(replace(from_source, targets=(foreign,))).then_refused("not-a-party")


def test_an_update_that_changes_no_terms_is_only_a_newer_edition() -> None:
    story(from_source).when(update).then(updated)


def test_an_update_moves_title_end_and_targets_openly() -> None:
    moved = replace(END, value=Quantity("30", "t CO2e"))
    more = replace(END, aim=Aim.INTERIM)
    newer = replace(update, title=words("Net zero by 2060"), ends_on=PartialDate("2060"), targets=(moved, more))
    story(from_source).when(newer).then(
        updated,
        happened.CommitmentAmended(
            Changes(title=words("Net zero by 2060"), ends_on=PartialDate("2060"), targets=(NewTarget(1, moved),))
        ),
        happened.TargetSet(2, more),
    )


def test_a_proposal_that_became_law_is_adopted_with_its_newer_edition() -> None:
    told = story(replace(from_source, instrument=Instrument.PROPOSED))
    told.when(update).then(updated, happened.CommitmentAdopted(Breadth.SINGLE_SPHERE, True, ()))


def test_an_edition_without_a_plan_is_not_verifiable_any_more() -> None:
    told = story(from_source, replace(update, has_plan=False))
    assert commitment(told).stage is Stage.ADOPTED_NOT_VERIFIABLE
    assert not commitment(told).verifiable


def test_the_same_edition_again_changes_nothing() -> None:
    story(from_source, update).when(update).then_nothing_happens()


def test_an_older_edition_is_refused() -> None:
    story(from_source, update).when(replace(update, updated="2022-12-31")).then_refused("older-edition")


def test_another_row_does_not_update_it() -> None:
    other = replace(update, source=replace(ROW, row_key="CIT-0013"))
    story(from_source).when(other).then_refused("other-source")
    story(propose_alone).when(update).then_refused("other-source")


def test_a_source_does_not_update_what_the_unit_has_taken_over() -> None:
    story(from_source, confirm_source).when(update).then_refused("taken-over")


def test_the_unit_confirms_and_its_clocks_run_from_that_day() -> None:
    day = date(2026, 5, 4)
    story(from_source).when(ask(asked.ConfirmSource, CITY, day)).then(
        happened.SourceConfirmed(CITY),
        starts(1, Due.PROGRESS, date(2027, 5, 4), on=day),
        starts(2, Due.PLAN, date(2028, 5, 4), on=day),
        starts(3, Due.RESULTS_REVIEW, date(2051, 5, 1), None, on=date(2050, 12, 31)),
    )


def test_a_confirmed_proposal_is_still_to_be_adopted() -> None:
    told = story(replace(from_source, instrument=Instrument.PROPOSED))
    told.when(confirm_source).then(happened.SourceConfirmed(CITY))
    assert told.after(confirm_source, add_milestone).when(adopt).refused is None


def test_confirming_twice_changes_nothing() -> None:
    story(from_source, confirm_source).when(confirm_source).then_nothing_happens()


def test_before_the_unit_confirms_nothing_else_is_done() -> None:
    for command in (set_target, add_milestone, pledge, invite_village, adopt):
        story(from_source).when(command).then_refused("confirm-source-first")


def test_the_unit_contests_what_was_recorded_and_may_still_confirm_it() -> None:
    story(from_source).when(contest_source).then(happened.SourceContested(CITY))
    story(from_source, contest_source).when(contest_source).then_nothing_happens()
    assert story(from_source, contest_source).when(confirm_source).events[0] == happened.SourceConfirmed(CITY)


def test_what_was_confirmed_is_not_contested() -> None:
    story(from_source, confirm_source).when(contest_source).then_refused("taken-over")


def test_an_amendment_takes_a_recorded_pledge_over() -> None:
    told = story(from_source).when(amend(title=words("Net zero by 2045")))
    assert happened.SourceConfirmed(CITY) in told.events


def test_what_was_proposed_here_is_not_confirmed_or_contested_as_a_source() -> None:
    story(propose_alone).when(confirm_source).then_refused("not-from-source")
    story(propose_alone).when(contest_source).then_refused("not-from-source")
