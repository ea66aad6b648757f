"""What parties do on a commitment, and what they say of it."""

from dataclasses import replace
from datetime import date
from typing import get_type_hints

import pytest

from domain.commitments import COMMITMENTS
from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.commitments.words import Delivery, Due, Outcome, Stage
from domain.kernel import EventName, Level, PartialDate, Role, StreamId, UnitId, Whole
from tests.domain.commitment_stories import (
    CITY,
    PLAN,
    REGION,
    STATE,
    STEP,
    STREAM,
    VILLAGE,
    adopted,
    adopted_alone,
    agreed,
    agreed_alone,
    ask,
    commitment,
    deliver,
    from_source,
    met,
    miss,
    report,
    starts,
    story,
    words,
)

YEAR_ON = date(2027, 3, 2)
IN_MAY = date(2026, 5, 4)
SAID = words("Going on")
complete = ask(asked.CompleteMilestone, milestone=1)
confirm_milestone = ask(asked.ConfirmMilestone, REGION, milestone=1)
confirm_report = ask(asked.ConfirmReport, REGION, report=1)
contest_report = ask(asked.ContestReport, REGION, report=1, percent=10)
attach = ask(asked.AttachEvidence, document=PLAN)


def correction(percent: int, version: int, unit: UnitId = CITY, stream: StreamId = STREAM) -> asked.CorrectProgress:
    """The correction of the report that was recorded as that version of a stream."""
    command = ask(asked.CorrectProgress, unit, percent=percent, corrects=EventName.at(stream, version))
    assert isinstance(command, asked.CorrectProgress)
    return command


# --- progress ---


def test_the_owner_reports_and_the_next_year_begins() -> None:
    story(*adopted_alone).when(report(20, on=IN_MAY)).then(
        happened.ProgressReported(1, CITY, 20, SAID),
        met(1),
        starts(5, Due.PROGRESS, date(2027, 5, 4), on=IN_MAY),
    )
    assert commitment(story(*adopted_alone, report(20))).stage is Stage.IN_PROGRESS


def test_a_report_after_its_day_is_late_and_counts() -> None:
    late = date(2027, 3, 3)
    assert story(*adopted_alone).when(report(20, on=late)).events[1] == met(1, late=True)


def test_a_report_on_its_last_day_is_in_time() -> None:
    assert story(*adopted_alone).when(report(20, on=YEAR_ON)).events[1] == met(1)


def test_another_partys_report_says_how_far_it_is_and_does_not_stand_in_for_the_owners() -> None:
    story(*adopted).when(report(20, REGION)).then(happened.ProgressReported(1, REGION, 20, SAID))


def test_a_report_may_be_about_one_milestone() -> None:
    events = story(*adopted_alone).when(report(20, milestone=1)).events
    assert events[0] == happened.ProgressReported(1, CITY, 20, SAID, 1)


def test_a_report_of_days_before_the_clock_does_not_meet_it() -> None:
    early = replace(report(20, on=IN_MAY), effective_on=PartialDate("2026-02-01"))
    story(*adopted_alone).when(early).then(happened.ProgressReported(1, CITY, 20, SAID))


def test_progress_does_not_fall_by_a_report() -> None:
    refused = story(*adopted, report(40)).when(report(39)).then_refused("progress-falls")
    assert refused.facts == {"reported": 40}
    story(*adopted, report(40)).when(report(39, REGION)).then_refused("progress-falls")


def test_progress_may_stay_where_it_is_or_rise() -> None:
    for percent in (40, 41):
        assert story(*adopted, report(40)).when(report(percent)).refused is None


def test_each_milestone_has_a_progress_of_its_own() -> None:
    assert story(*adopted, report(40)).when(report(10, milestone=1)).refused is None
    story(*adopted, report(40, milestone=1)).when(report(10, milestone=1)).then_refused("progress-falls")


def test_percentages_lie_between_0_and_100() -> None:
    for kind in (asked.ReportProgress, asked.CorrectProgress, asked.ContestReport):
        notes = get_type_hints(kind, include_extras=True)["percent"].__metadata__
        assert Whole(0, 100) in notes


def test_nothing_is_reported_of_what_was_not_adopted() -> None:
    for command in (report(10), complete, deliver(Delivery.PLAN), attach):
        story(*agreed_alone).when(command).then_refused("not-adopted")


def test_nothing_is_reported_of_what_nobody_took_on() -> None:
    story(from_source).when(report(10)).then_refused("confirm-source-first")
    story(from_source).when(attach).then_refused("confirm-source-first")


def test_nothing_is_reported_of_what_has_ended() -> None:
    ended = story(*adopted_alone, ask(asked.WithdrawFromCommitment))
    for command in (report(10), complete, deliver(Delivery.PLAN), attach):
        ended.when(command).then_refused("commitment-ended")


def test_only_parties_report() -> None:
    story(*adopted).when(report(10, VILLAGE)).then_refused("not-a-party")


def test_what_is_to_come_is_not_reported() -> None:
    tomorrow = PartialDate("2026-03-03")
    for command in (report(10), complete, deliver(Delivery.PLAN)):
        story(*adopted_alone).when(replace(command, effective_on=tomorrow)).then_refused("in-the-future")


def test_a_report_of_this_year_counts_from_today_at_the_latest() -> None:
    this_year = replace(report(10, on=IN_MAY), effective_on=PartialDate("2026"))
    assert story(*adopted_alone).when(this_year).events[2] == starts(5, Due.PROGRESS, date(2027, 5, 4), on=IN_MAY)


def test_a_report_of_an_unknown_day_counts_from_today() -> None:
    some_day = replace(report(10, on=IN_MAY), effective_on=PartialDate("unknown"))
    assert story(*adopted_alone).when(some_day).events[2] == starts(5, Due.PROGRESS, date(2027, 5, 4), on=IN_MAY)


def test_a_report_names_a_milestone_that_is_there() -> None:
    story(*adopted_alone).when(report(10, milestone=2)).then_refused("no-such-milestone")


# --- corrections, confirmations, other accounts ---


def test_a_unit_corrects_its_own_report_and_the_figure_may_fall() -> None:
    told = story(*adopted, report(40))
    version = len(told.history) - 2
    told.when(correction(15, version)).then(happened.ProgressCorrected(1, CITY, 15, EventName.at(STREAM, version)))
    assert told.after(correction(15, version)).when(report(20)).refused is None


def test_a_correction_that_corrects_nothing_changes_nothing() -> None:
    told = story(*adopted, report(40))
    told.when(correction(40, len(told.history) - 2)).then_nothing_happens()


def test_a_correction_that_was_wrong_is_corrected_by_its_own_name_too() -> None:
    told = story(*adopted_alone, report(40))
    first = next(n for n, one in enumerate(told.history, 1) if isinstance(one, happened.ProgressReported))
    wrong = told.after(correction(15, first))
    name = len(wrong.history)
    wrong.when(correction(25, name)).then(happened.ProgressCorrected(1, CITY, 25, EventName.at(STREAM, name)))
    wrong.when(correction(25, first)).then(happened.ProgressCorrected(1, CITY, 25, EventName.at(STREAM, first)))


def test_a_wrong_figure_is_corrected_and_contested_after_the_end_too() -> None:
    closed = story(
        *adopted, report(100), ask(asked.CloseCommitment, outcome=Outcome.COMPLETED, level=Level.SELF_REPORTED)
    )
    first = next(n for n, one in enumerate(closed.history, 1) if isinstance(one, happened.ProgressReported))
    closed.when(correction(60, first)).then(happened.ProgressCorrected(1, CITY, 60, EventName.at(STREAM, first)))
    closed.when(contest_report).then(happened.ReportContested(1, REGION, 10))
    closed.when(confirm_report).then_refused("commitment-ended")
    left = story(*adopted, report(100), ask(asked.WithdrawFromCommitment))
    left.when(correction(60, first)).then_refused("commitment-ended")


def test_only_a_report_of_this_commitment_is_corrected() -> None:
    told = story(*adopted, report(40))
    told.when(correction(15, 1)).then_refused("no-such-report")
    other = StreamId(STEP.responsible)
    told.when(correction(15, len(told.history) - 2, stream=other)).then_refused("no-such-report")


def test_a_unit_does_not_correct_the_report_of_another() -> None:
    told = story(*adopted, report(40))
    told.when(correction(15, len(told.history) - 2, REGION)).then_refused("other-units-report")


def test_another_party_confirms_a_report_once() -> None:
    told = story(*adopted, report(40))
    told.when(confirm_report).then(happened.ReportConfirmed(1, REGION))
    told.after(confirm_report).when(confirm_report).then_nothing_happens()


def test_another_party_contests_a_report_with_its_own_figure() -> None:
    told = story(*adopted, report(40))
    told.when(contest_report).then(happened.ReportContested(1, REGION, 10))


def test_to_contest_is_to_give_another_figure() -> None:
    same = replace(contest_report, percent=40)
    story(*adopted, report(40)).when(same).then_refused("same-figure")


def test_a_unit_answers_a_report_in_one_way() -> None:
    contested = story(*adopted, report(40), contest_report)
    contested.when(confirm_report).then_refused("answered-already")
    contested.when(replace(contest_report, percent=5)).then_refused("answered-already")
    story(*adopted, report(40), confirm_report).when(contest_report).then_refused("answered-already")


def test_a_corrected_report_is_answered_anew() -> None:
    told = story(*adopted, report(40), contest_report)
    corrected = told.after(correction(15, len(told.history) - 3))
    corrected.when(confirm_report).then(happened.ReportConfirmed(1, REGION))


def test_a_report_that_is_not_there_is_neither_confirmed_nor_contested() -> None:
    story(*adopted).when(confirm_report).then_refused("no-such-report")
    story(*adopted).when(contest_report).then_refused("no-such-report")


def test_nobody_confirms_or_contests_their_own_report() -> None:
    told = story(*adopted, report(40))
    told.when(ask(asked.ConfirmReport, report=1)).then_refused("own-report")
    told.when(ask(asked.ContestReport, report=1, percent=10)).then_refused("own-report")


def test_only_parties_answer_a_report() -> None:
    told = story(*adopted, report(40))
    told.when(ask(asked.ConfirmReport, VILLAGE, report=1)).then_refused("not-a-party")


# --- milestones ---


def test_whoever_answers_for_a_milestone_completes_it() -> None:
    story(*adopted_alone).when(complete).then(happened.MilestoneCompleted(1, CITY), met(3))


def test_a_milestone_completed_after_its_day_is_late() -> None:
    late = date(2028, 7, 3)
    told = story(*adopted_alone, miss(3, late))
    told.when(ask(asked.CompleteMilestone, CITY, late, milestone=1)).then(
        happened.MilestoneCompleted(1, CITY), met(3, late=True)
    )


def test_a_milestone_completed_on_its_day_is_in_time() -> None:
    on_the_day = ask(asked.CompleteMilestone, CITY, STEP.due_on, milestone=1)
    story(*adopted_alone).when(on_the_day).then(happened.MilestoneCompleted(1, CITY), met(3))


def test_a_milestone_is_completed_once() -> None:
    story(*adopted_alone, complete).when(complete).then_nothing_happens()


def test_nobody_completes_the_milestone_of_another() -> None:
    story(*adopted).when(ask(asked.CompleteMilestone, REGION, milestone=1)).then_refused("not-yours")


def test_a_unit_that_withdrew_completes_nothing() -> None:
    step = ask(asked.AddMilestone, REGION, milestone=replace(STEP, responsible=REGION))
    told = story(*agreed, step, adopted[-1], ask(asked.WithdrawFromCommitment, REGION))
    told.when(ask(asked.CompleteMilestone, REGION, milestone=2)).then_refused("not-a-party")


def test_another_party_confirms_that_a_milestone_was_completed() -> None:
    told = story(*adopted, complete)
    told.when(confirm_milestone).then(happened.MilestoneConfirmed(1, REGION))
    told.after(confirm_milestone).when(confirm_milestone).then_nothing_happens()


def test_what_nobody_completed_is_not_confirmed() -> None:
    story(*adopted).when(confirm_milestone).then_refused("milestone-open")


def test_nobody_confirms_their_own_milestone() -> None:
    story(*adopted, complete).when(ask(asked.ConfirmMilestone, milestone=1)).then_refused("own-report")


def test_only_a_milestone_that_is_there_is_completed_or_confirmed() -> None:
    story(*adopted).when(ask(asked.CompleteMilestone, milestone=2)).then_refused("no-such-milestone")
    story(*adopted).when(ask(asked.ConfirmMilestone, REGION, milestone=2)).then_refused("no-such-milestone")


# --- plan, monitoring, inventory ---


def test_the_plan_is_delivered_and_from_then_monitoring_and_inventory_run() -> None:
    story(*adopted_alone).when(deliver(Delivery.PLAN, IN_MAY)).then(
        happened.ReportDelivered(Delivery.PLAN, CITY, PLAN),
        met(2),
        starts(5, Due.MONITORING, date(2028, 5, 4), on=IN_MAY),
        starts(6, Due.INVENTORY, date(2030, 5, 6), on=IN_MAY),
    )


def test_a_second_plan_starts_no_second_clock() -> None:
    told = story(*adopted_alone, deliver(Delivery.PLAN, IN_MAY))
    told.when(deliver(Delivery.PLAN, date(2026, 6, 1))).then(happened.ReportDelivered(Delivery.PLAN, CITY, PLAN))


@pytest.mark.parametrize("kind", [Delivery.MONITORING, Delivery.INVENTORY])
def test_the_plan_comes_first(kind: Delivery) -> None:
    story(*adopted_alone).when(deliver(kind)).then_refused("plan-first")


def test_the_next_monitoring_counts_from_the_day_the_last_was_due() -> None:
    told = story(*adopted_alone, deliver(Delivery.PLAN, IN_MAY))
    told.when(deliver(Delivery.MONITORING, date(2028, 3, 1))).then(
        happened.ReportDelivered(Delivery.MONITORING, CITY, PLAN),
        met(5),
        starts(7, Due.MONITORING, date(2030, 5, 6), on=date(2028, 5, 4)),
    )


@pytest.mark.parametrize("kind", [Delivery.MONITORING, Delivery.INVENTORY])
def test_what_is_handed_in_meets_no_period_that_has_not_begun(kind: Delivery) -> None:
    monitored = story(*adopted_alone, deliver(Delivery.PLAN), deliver(kind, IN_MAY))
    monitored.when(deliver(kind, date(2026, 5, 5))).then(happened.ReportDelivered(kind, CITY, PLAN))
    begins = date(2028, 3, 2) if kind is Delivery.MONITORING else date(2030, 3, 2)
    _, met_then, following = monitored.when(deliver(kind, begins)).events
    assert met_then == met(7)
    assert following.starts_on > begins


def test_the_next_inventory_is_due_four_years_on() -> None:
    told = story(*adopted_alone, deliver(Delivery.PLAN, IN_MAY))
    told.when(deliver(Delivery.INVENTORY, date(2030, 5, 7))).then(
        happened.ReportDelivered(Delivery.INVENTORY, CITY, PLAN),
        met(6, late=True),
        starts(7, Due.INVENTORY, date(2034, 5, 4), on=date(2030, 5, 4)),
    )


def test_only_parties_deliver() -> None:
    story(*adopted).when(deliver(Delivery.PLAN, unit=VILLAGE)).then_refused("not-a-party")


def test_owners_and_co_owners_deliver() -> None:
    acting_for = COMMITMENTS.commands["deliver-report"].acting_for
    assert callable(acting_for)
    assert acting_for(deliver(Delivery.PLAN), story(*adopted).state) == {CITY, REGION}


# --- evidence ---


def test_a_party_attaches_evidence() -> None:
    told = story(*adopted)
    told.when(attach).then(happened.EvidenceAttached(1, CITY, PLAN))
    told.after(attach).when(ask(asked.AttachEvidence, STATE, document=PLAN, milestone=1)).then(
        happened.EvidenceAttached(2, STATE, PLAN, 1)
    )


def test_evidence_is_attached_to_a_milestone_that_is_there() -> None:
    story(*adopted).when(ask(asked.AttachEvidence, document=PLAN, milestone=2)).then_refused("no-such-milestone")


def test_only_parties_attach_evidence() -> None:
    story(*adopted).when(ask(asked.AttachEvidence, VILLAGE, document=PLAN)).then_refused("not-a-party")


def test_evidence_may_follow_the_closing() -> None:
    close = ask(asked.CloseCommitment, outcome=Outcome.COMPLETED, level=Level.SELF_REPORTED)
    story(*adopted, close).when(attach).then(happened.EvidenceAttached(1, CITY, PLAN))


def test_officers_of_the_parties_report() -> None:
    by = COMMITMENTS.commands["report-progress"]
    assert by.roles == (Role.LIAISON_OFFICER, Role.AUTHORISED_SIGNATORY)
    assert callable(by.acting_for)
    assert by.acting_for(report(1), story(*adopted).state) == {CITY, REGION, STATE}
