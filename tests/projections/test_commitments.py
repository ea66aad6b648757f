"""Commitments as they stand: whose turn it is, how far what is shown is to be believed, and what both sides say."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from domain.commitments import commands as asked
from domain.commitments.events import TargetSet
from domain.commitments.words import (
    Answer,
    Breadth,
    Completion,
    NewTarget,
    Outcome,
    Part,
    Quantity,
    ResourceKind,
    Stage,
)
from domain.kernel import EventName, Level, Money, PartialDate, Sphere, UnitId
from projections.commitment_row import CommitmentRow, Turn
from projections.commitments import COMMITMENTS
from tests.domain.commitment_stories import (
    CITY,
    DAY,
    END,
    INSTITUTE,
    REGION,
    STATE,
    STREAM,
    accept,
    add_milestone,
    adopt,
    adopted,
    adopted_alone,
    amend,
    ask,
    from_source,
    fund,
    miss,
    pledge,
    propose_alone,
    propose_shared,
    report,
)
from tests.projections.register import Register, directory

LATER = DAY + timedelta(days=30)
REVIEWED = date(2031, 5, 2)
verifiable = ask(asked.AssessVerifiability, INSTITUTE, verifiable=True)
complete = ask(asked.AssessCompletion, INSTITUTE, REVIEWED, completion=Completion.COMPLETE)
confirm = ask(asked.ConfirmReport, REGION, report=1)


def row(register: Register) -> CommitmentRow:
    found = register.one("commitments", str(STREAM))
    assert isinstance(found, CommitmentRow)
    return found


def turn(register: Register) -> tuple[Turn | None, object, date | None]:
    found = row(register)
    return found.waits_for, found.waits_on, found.waits_since


def test_a_proposal_shows_who_promised_what() -> None:
    found = row(directory().given(propose_shared))
    assert (found.owner_name, found.owner_sphere, found.name) == ("City", Sphere.LOCAL, "A tram by 2030")
    assert (found.state, found.breadth) == (Stage.PROPOSED, Breadth.SHARED)
    assert found.spheres == (Sphere.LOCAL, Sphere.NATIONAL, Sphere.REGIONAL)
    assert [(one.name, one.part, one.answer) for one in found.parties] == [
        ("City", Part.OWNER, Answer.ACCEPTED), ("Region", Part.CO_OWNER, Answer.INVITED),
        ("State", Part.FUNDER, Answer.INVITED),
    ]  # fmt: skip


# --- whose turn it is ---


def test_it_waits_for_those_invited_then_for_the_owner_to_adopt_then_for_nobody() -> None:
    register = directory().given(propose_shared)
    assert turn(register) == (Turn.ACCEPT, REGION, DAY)
    register.given(accept, on=LATER)
    assert turn(register) == (Turn.ACCEPT, STATE, DAY)
    assert {one.turn for one in row(register).matters} == {Turn.ACCEPT, Turn.ADOPT}
    register.given(fund, on=LATER)
    assert turn(register) == (Turn.ADOPT, CITY, LATER)
    register.given(add_milestone, adopt, on=LATER)
    assert turn(register) == (None, None, None)


def test_one_invited_more_takes_the_turn_to_adopt_back() -> None:
    register = directory().given(propose_alone)
    assert turn(register)[:2] == (Turn.ADOPT, CITY)
    register.given(ask(asked.AddParty, unit=REGION, part=Part.CO_OWNER, required=True))
    assert turn(register)[:2] == (Turn.ACCEPT, REGION)


def test_who_declined_is_waited_for_no_longer() -> None:
    register = directory().given(propose_shared, accept, ask(asked.DeclineParticipation, STATE))
    assert turn(register)[:2] == (Turn.ADOPT, CITY)
    assert row(register).spheres == (Sphere.LOCAL, Sphere.REGIONAL)


def test_a_missed_report_makes_it_the_owners_turn_since_the_day_it_was_due() -> None:
    register = directory().given(*adopted)
    progress = row(register).owed[0]
    late = progress.due_on + timedelta(days=40)
    register.given(miss(progress.number, late), on=late)
    assert turn(register) == (Turn.REPORT, CITY, progress.due_on)
    assert row(register).delayed
    register.given(report(20, on=late), on=late)
    assert turn(register) == (None, None, None)
    assert not row(register).delayed


def test_an_amendment_waits_for_each_of_those_asked() -> None:
    register = directory().given(*adopted).given(amend(ends_on=PartialDate("2032")), on=LATER)
    assert {(one.turn, one.unit) for one in row(register).matters} == {
        (Turn.ANSWER_AMENDMENT, REGION), (Turn.ANSWER_AMENDMENT, STATE)
    }  # fmt: skip
    register.given(ask(asked.AgreeAmendment, REGION, amendment=1), on=LATER)
    assert turn(register)[:2] == (Turn.ANSWER_AMENDMENT, STATE)
    assert row(register).ends_on == "2030"
    register.given(ask(asked.AgreeAmendment, STATE, amendment=1), on=LATER)
    assert turn(register) == (None, None, None)
    assert (row(register).first_ends_on, row(register).ends_on) == ("2030", "2032")


def test_a_closed_commitment_owes_nothing_and_waits_for_an_assessor_alone() -> None:
    closing = ask(asked.CloseCommitment, outcome=Outcome.COMPLETED, level=Level.SELF_REPORTED, evidence=())
    found = row(directory().given(*adopted_alone, report(100), closing))
    assert (found.state, found.owed, found.waits_for, found.waits_on) == (Stage.COMPLETED, (), Turn.ASSESS, None)


# --- how far it is to be believed ---


def test_what_was_read_in_a_source_stays_so_until_the_unit_stands_by_it() -> None:
    register = directory().given(from_source)
    found = row(register)
    assert (found.level, found.source_row, found.source_standing) == (
        Level.RECORDED_FROM_SOURCE, "CIT-0012", "recorded"
    )  # fmt: skip
    assert turn(register)[:2] == (Turn.CONFIRM_SOURCE, CITY)
    register.given(ask(asked.ConfirmSource))
    assert (row(register).level, row(register).source_standing) == (Level.SELF_REPORTED, "confirmed")
    assert Turn.CONFIRM_SOURCE not in {one.turn for one in row(register).matters}


def test_a_contested_source_is_still_only_a_source_and_shown_as_contested() -> None:
    found = row(directory().given(from_source, ask(asked.ContestSource)))
    assert (found.level, found.contested, found.source_standing) == (Level.RECORDED_FROM_SOURCE, True, "contested")


def test_levels_rise_with_another_partys_word_and_with_an_independent_assessment() -> None:
    register = directory().given(*adopted, report(30))
    assert row(register).level is Level.SELF_REPORTED
    register.given(confirm)
    assert row(register).level is Level.CONFIRMED
    register.given(verifiable).given(complete, on=REVIEWED)
    assert row(register).level is Level.VERIFIED


def test_an_assessment_that_does_not_bear_the_outcome_out_verifies_nothing() -> None:
    closing = ask(asked.CloseCommitment, outcome=Outcome.COMPLETED, level=Level.SELF_REPORTED, evidence=())
    register = directory().given(*adopted_alone, report(100), closing)
    limited = ask(asked.AssessCompletion, INSTITUTE, LATER, completion=Completion.LIMITED)
    register.given(limited, on=LATER)
    assert (row(register).level, row(register).completion) == (Level.SELF_REPORTED, Completion.LIMITED)
    register.given(replace(limited, completion=Completion.COMPLETE), on=LATER)
    assert row(register).level is Level.VERIFIED


def test_a_corrected_report_loses_what_others_said_to_the_old_figure() -> None:
    register = directory().given(*adopted, report(30), confirm)
    version = next(one.version for one in register.all("activity") if one.type == "ProgressReported")
    register.given(ask(asked.CorrectProgress, percent=20, corrects=EventName.at(STREAM, version)))
    found = row(register)
    assert (found.progress, found.level, found.reports[0].corrected) == (20, Level.SELF_REPORTED, True)


# --- two accounts ---


def test_a_contested_figure_shows_both_and_never_their_mean() -> None:
    contested = ask(asked.ContestReport, REGION, report=1, percent=40)
    found = row(directory().given(*adopted, report(100), contested))
    assert (found.progress, found.progress_low, found.progress_high, found.contested) == (100, 40, 100, True)
    assert found.level is Level.SELF_REPORTED


def test_a_contested_assessment_keeps_the_assessors_finding_and_the_partys() -> None:
    register = directory().given(*adopted, verifiable).given(complete, on=REVIEWED)
    register.given(ask(asked.ContestAssessment, assessment=2, completion=Completion.SUBSTANTIAL), on=REVIEWED)
    found = row(register)
    assert (found.completion, found.contested) == (Completion.COMPLETE, True)
    judged = next(one for one in found.assessments if one.number == 2)
    assert [(one.unit, one.completion) for one in judged.contested] == [(CITY, Completion.SUBSTANTIAL)]


# --- terms ---


def test_pledges_are_summed_by_currency_and_never_across() -> None:
    dollars = replace(pledge, money=Money(Decimal("7"), "USD"))
    found = row(
        directory().given(propose_alone, pledge, pledge, dollars, replace(pledge, kind=ResourceKind.STAFF, money=None))
    )
    assert found.pledged == (Money(Decimal("2000"), "EUR"), Money(Decimal("7"), "USD"))
    assert len(found.resources) == 4


def test_an_amended_target_keeps_the_first_one_beside_it() -> None:
    easier = replace(END, value=Quantity("40", "t CO2e"))
    register = directory().given(*adopted_alone)
    register.given(amend(targets=(NewTarget(1, easier),)))
    target = row(register).targets[0]
    assert (target.first, target.current, target.moves) == (END, easier, 1)


def test_a_hold_a_notice_and_silence_are_flags_of_their_own() -> None:
    register = directory().given(*adopted_alone)
    plan = next(one for one in row(register).owed if one.kind == "plan")
    day = plan.due_on + timedelta(days=1)
    register.given(miss(plan.number, day), on=day)
    notice = next(one for one in row(register).owed if one.kind == "hold_notice")
    day = notice.due_on + timedelta(days=1)
    register.given(miss(notice.number, day), on=day)
    assert row(register).on_hold
    assert turn(register)[:2] == (Turn.DELIVER, CITY)


def test_the_last_word_is_the_last_day_on_which_a_party_spoke_not_the_clock() -> None:
    register = directory().given(*adopted_alone)
    progress = row(register).owed[0]
    late = progress.due_on + timedelta(days=1)
    register.given(miss(progress.number, late), on=late)
    assert row(register).last_word_on == DAY
    assert row(register).heard(CITY) == DAY
    assert row(register).heard(UnitId(STREAM)) is None


def test_in_the_order_of_the_law_what_precedes_the_proposal_leaves_no_row() -> None:
    register = directory().given(*adopted_alone)
    key, own = str(STREAM), [one for one in register.told if one.stream == STREAM]
    first, target = own[0], next(one for one in own if isinstance(one.event, TargetSet))
    assert COMMITMENTS.fold(key, None, target, register.looking(COMMITMENTS)) is None
    assert COMMITMENTS.fold(key, None, first, register.looking(COMMITMENTS)) is not None
