"""A mandate in force: reports, suspension, renewal, succession, what rests on it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from domain.kernel import Today
from domain.mandates import MANDATES
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.words import Due, Ending, Instrument, Pause
from tests.domain.mandate_stories import (
    CHILD,
    CITY,
    DISTRICT,
    OTHER,
    REGION,
    START,
    STATE,
    STREAM,
    VILLAGE,
    accept,
    accept_renewal,
    accepted,
    activate,
    active,
    ask,
    devolved,
    draft,
    estimate,
    fund,
    holding,
    mandate,
    mandate_facts,
    met,
    notify,
    offer,
    policy,
    renew,
    reporting,
    reports,
    restore,
    revoked,
    starts,
    story,
    sub_delegate,
    suspend,
    unit,
    words,
)

EXPIRY, REPORT = 2, 3
YEAR_ON = date(2027, 4, 1)
subordinate = (
    sub_delegate(), estimate, fund, replace(offer, parents=(mandate_facts(),), holdings=()), accept,
    replace(activate, parents=(mandate_facts(),), holdings=()),
)  # fmt: skip


# --- reports ---


def test_a_report_is_due_a_year_after_the_start() -> None:
    assert mandate(story(*reporting)).deadlines[REPORT - 1].due_on == YEAR_ON
    assert len(mandate(story(*active)).deadlines) == EXPIRY, "where the terms ask for none, none is due"


def test_a_report_meets_what_was_due_and_the_next_is_counted_from_its_last_day() -> None:
    report = reports(date(2027, 2, 26), date(2027, 3, 5))
    reported = happened.ExerciseReported(1, CITY, START, date(2027, 2, 26), words("The clinic was open"), None, None)
    following = starts(4, Due.REPORT, date(2027, 2, 26), date(2028, 2, 28), CITY)
    story(*reporting).when(report).then(reported, met(REPORT, CITY), following)


def test_a_late_report_on_an_old_period_leaves_the_running_clock_alone() -> None:
    missed = story(*reporting, ask(asked.PassDeadline, date(2027, 4, 2), deadline=REPORT))
    outcome = missed.when(reports(date(2027, 3, 31), date(2027, 4, 20)))
    assert outcome.events[1:] == [met(REPORT, CITY, late=True)]
    later = missed.when(reports(date(2027, 6, 30)))
    assert later.events[1:] == [
        met(REPORT, CITY, late=True),
        met(4, CITY),
        starts(5, Due.REPORT, date(2027, 6, 30), date(2028, 6, 30), CITY),
    ]


def test_a_report_is_on_what_was_done_while_in_force() -> None:
    story(*accepted).when(reports(date(2026, 5, 1))).then_refused("not-in-force")
    story(*active).when(reports(date(2026, 3, 1), date(2026, 5, 1))).then_refused("ends-before-start")
    story(*active).when(reports(date(2026, 5, 2), date(2026, 5, 1))).then_refused("in-the-future")
    story(*active).when(reports(date(2026, 5, 1), period_from=date(2026, 3, 31))).then_refused("before-activation")


def test_the_last_report_comes_after_the_end() -> None:
    last = reports(date(2026, 11, 30), date(2027, 1, 15))
    assert len(story(*revoked).when(last).events) == 1
    story(*revoked).when(reports(date(2026, 12, 1), date(2027, 1, 15))).then_refused("after-the-end")


# --- suspension ---


def test_a_suspended_mandate_is_not_in_force_and_owes_no_report() -> None:
    day = date(2026, 7, 1)
    story(*reporting).when(suspend).then(
        happened.MandateSuspended(day, Pause.BREACH, None), happened.DeadlineSuspended(REPORT, day)
    )
    story(*reporting, suspend).when(suspend).then_nothing_happens()
    other = replace(suspend, ground=Pause.EMERGENCY)
    story(*reporting, suspend).when(other).then_refused("already-suspended")


def test_when_it_is_restored_the_clock_runs_on() -> None:
    story(*reporting, suspend).when(restore).then(
        happened.MandateRestored(date(2026, 8, 3)), happened.DeadlineMoved(REPORT, date(2027, 5, 4))
    )
    story(*reporting).when(restore).then_nothing_happens()


def test_a_suspension_with_a_last_day_ends_by_itself() -> None:
    until = date(2026, 7, 31)
    timed = story(*active, replace(suspend, until=until))
    assert timed.history[-1] == starts(3, Due.SUSPENSION, date(2026, 7, 1), until)
    timed.when(restore).then(happened.MandateRestored(date(2026, 8, 3)), happened.DeadlineVoided(3))
    story(*active).when(replace(suspend, until=date(2026, 6, 30))).then_refused("ends-before-start")
    story(*active).when(replace(suspend, until=date(2030, 4, 1))).then_refused("ends-before-start")


def test_own_power_is_not_suspended_at_will() -> None:
    story(*devolved).when(suspend).then_refused("ground-not-open")
    for ground in (Pause.COURT, Pause.LAW):
        cited = replace(suspend, ground=ground, legal_basis="Judgment 7/26")
        story(*devolved).when(cited).then(happened.MandateSuspended(date(2026, 7, 1), ground, None, "Judgment 7/26"))
        for nothing in (None, " "):
            story(*devolved).when(replace(cited, legal_basis=nothing)).then_refused("law-not-cited")


def test_a_suspension_by_mutual_consent_takes_the_word_of_both() -> None:
    until = date(2026, 12, 31)
    offered, agreed = replace(suspend, ground=Pause.MUTUAL, until=until), ask(asked.AgreeSuspension, date(2026, 7, 20))
    story(*reporting).when(offered).then(happened.SuspensionOffered(until))
    story(*reporting, offered).when(offered).then_nothing_happens()
    story(*reporting, offered).when(agreed).then(
        happened.MandateSuspended(date(2026, 7, 20), Pause.MUTUAL, until),
        happened.DeadlineSuspended(REPORT, date(2026, 7, 20)),
        starts(4, Due.SUSPENSION, date(2026, 7, 20), until),
    )
    story(*reporting, offered, agreed).when(agreed).then_nothing_happens()
    story(*reporting).when(agreed).then_refused("no-suspension-offered")
    story(*reporting, suspend).when(agreed).then_refused("already-suspended")
    late = ask(asked.AgreeSuspension, until + timedelta(days=1))
    story(*reporting, offered).when(late).then_refused("ends-before-start")
    assert mandate(story(*reporting, offered, suspend)).suspension_offered is None


def test_only_the_recipient_agrees_to_what_the_giver_offers() -> None:
    state, by = story(*active).state, MANDATES.commands["agree-suspension"]
    assert callable(by.acting_for)
    assert by.acting_for(None, state) == frozenset({CITY})


def test_only_the_register_says_that_the_mandate_above_is_suspended() -> None:
    story(*active).when(replace(suspend, ground=Pause.PARENT_SUSPENDED)).then_refused("ground-not-open")


def test_nothing_is_restored_before_it_was_suspended_or_without_power() -> None:
    early = ask(asked.RestoreMandate, date(2026, 6, 30))
    story(*active, suspend).when(early).then_refused("restored-too-early")
    story(*active, suspend).when(replace(restore, holdings=())).then_refused("nemo-plus-iuris")


# --- the mandate above ---


def follow(on: date, **parent: Any) -> asked.FollowParent:
    found = ask(asked.FollowParent, on, parents=(mandate_facts(**parent),))
    assert isinstance(found, asked.FollowParent)
    return found


PAUSED = follow(date(2026, 7, 1), in_force=False, stage="suspended")
AGAIN = follow(date(2026, 8, 1))


def test_what_rests_on_a_mandate_is_suspended_and_restored_with_it() -> None:
    story(*subordinate).when(PAUSED).then(happened.MandateSuspended(date(2026, 7, 1), Pause.PARENT_SUSPENDED, None))
    story(*subordinate, PAUSED).when(PAUSED).then_nothing_happens()
    story(*subordinate, PAUSED).when(AGAIN).then(happened.MandateRestored(date(2026, 8, 1)))
    story(*subordinate).when(AGAIN).then_nothing_happens()
    story(*subordinate, PAUSED).when(restore).then_refused("parent-suspended")


def test_a_suspension_of_its_own_outlasts_that_of_the_mandate_above() -> None:
    story(*subordinate, suspend, PAUSED).when(AGAIN).then_nothing_happens()
    story(*subordinate, suspend).when(replace(restore, parents=PAUSED.parents)).then_refused("nemo-plus-iuris")


def test_with_the_mandate_above_it_ends() -> None:
    over = follow(date(2026, 9, 1), in_force=False, ended=True, stage="revoked")
    revoked = happened.MandateRevoked(date(2026, 9, 1), Ending.PARENT_ENDED)
    story(*subordinate).when(over).then(revoked, happened.DeadlineVoided(EXPIRY))
    story(*subordinate, over).when(over).then_nothing_happens()
    story(*subordinate[:4]).when(over).then(revoked, happened.DeadlineVoided(1))


def test_what_the_register_finds_late_is_dated_from_what_happened() -> None:
    late = replace(follow(date(2026, 9, 1), in_force=False, ended=True), today=Today(date(2026, 12, 24)))
    assert story(*subordinate).when(late).events[0] == happened.MandateRevoked(date(2026, 9, 1), Ending.PARENT_ENDED)
    ahead = replace(late, today=Today(date(2026, 8, 31)))
    assert story(*subordinate).when(ahead).events[0] == happened.MandateRevoked(date(2026, 8, 31), Ending.PARENT_ENDED)


def test_a_mandate_knows_what_rests_on_it() -> None:
    child = mandate_facts(id=CHILD, under=STREAM, recipient=VILLAGE)
    record = ask(asked.RecordSubDelegation, child=CHILD, child_facts=child)
    story(*active).when(record).then(happened.MandateSubDelegated(CHILD, VILLAGE))
    story(*active, record).when(record).then_nothing_happens()
    story(*active).when(replace(record, child_facts=replace(child, under=OTHER))).then_refused("not-its-child")
    story(*active).when(replace(record, child_facts=replace(child, stage="offered"))).then_refused("not-in-force")


# --- renewal ---


def test_a_renewal_needs_consent_where_the_mandate_did() -> None:
    new_end = date(2032, 3, 31)
    story(*active).when(renew).then(happened.RenewalOffered(1, new_end))
    story(*active, renew).when(renew).then_nothing_happens()
    story(*active, renew).when(accept_renewal).then(
        happened.MandateRenewed(1, new_end), happened.DeadlineMoved(EXPIRY, new_end)
    )
    assert mandate(story(*active, renew, accept_renewal)).ends_on == new_end
    story(*active).when(accept_renewal).then_refused("no-renewal-offered")
    story(*devolved).when(renew).then(happened.MandateRenewed(1, new_end), happened.DeadlineMoved(1, new_end))


def test_a_mandate_is_renewed_before_its_end_and_for_longer() -> None:
    story(*active).when(ask(asked.RenewMandate, date(2030, 4, 1), ends_on=date(2032, 1, 1))).then_refused(
        "renewed-too-late"
    )
    story(*active).when(replace(renew, ends_on=date(2030, 1, 1))).then_refused("nothing-to-renew")
    story(*active, notify).when(renew).then_refused("notice-given")


def test_a_renewal_stays_within_what_the_giver_holds() -> None:
    story(*active).when(replace(renew, holdings=(holding(held_until=date(2031, 1, 1)),))).then_refused(
        "beyond-time", "ends_on"
    )
    above = replace(renew, parents=(mandate_facts(ends_on=date(2031, 1, 1)),))
    story(*subordinate).when(above).then_refused("beyond-time")


def test_all_renewals_together_are_capped() -> None:
    spanish = {"convenio": (policy("es_convenio"),)}
    by_agreement = (draft(instrument=Instrument.AGREEMENT, **spanish), estimate, fund, offer, accept, activate)
    first = replace(renew, ends_on=date(2034, 3, 31), **spanish)
    more = replace(renew, ends_on=date(2034, 4, 1), **spanish)
    story(*by_agreement).when(first).then(happened.RenewalOffered(1, date(2034, 3, 31)))
    story(*by_agreement).when(more).then_refused("renewed-too-long")


def test_a_renewal_by_the_state_lasts_as_long_as_the_first_term_may() -> None:
    french = {"policy": policy(delegation__max_years_by_state="6")}
    parties = {"giver": STATE, "function": "09.1"}
    by_state = (
        draft(**parties, ends_on=date(2032, 3, 31), **french), ask(asked.OfferMandate, **parties, **french), accept,
        ask(asked.ActivateMandate, START, **parties, **french),
    )  # fmt: skip
    again = ask(asked.RenewMandate, date(2032, 1, 5), ends_on=date(2038, 3, 31), **parties, **french)
    story(*by_state).when(again).then(happened.RenewalOffered(1, date(2038, 3, 31)))
    story(*by_state).when(replace(again, ends_on=date(2038, 4, 1))).then_refused("term-too-long")


# --- succession ---


def succeed(former: Any = CITY, successor: Any = VILLAGE, gone: date = date(2026, 9, 1), **said: Any) -> Any:
    return ask(
        asked.SucceedParty, date(2026, 9, 5), former=former, successor=successor,
        former_unit=unit(former, alive_until=gone), **{"line": (unit(successor),) if successor else (), **said},
    )  # fmt: skip


def test_a_successor_stands_in_the_place_of_a_party_and_owes_what_it_owed() -> None:
    story(*reporting).when(succeed()).then(
        happened.PartySucceeded(CITY, VILLAGE, date(2026, 9, 1)),
        happened.DeadlineVoided(REPORT),
        starts(4, Due.REPORT, START, YEAR_ON, VILLAGE),
    )
    story(*reporting, succeed()).when(succeed()).then_nothing_happens()
    assert mandate(story(*reporting, succeed(REGION, VILLAGE))).giver == VILLAGE


def test_a_clock_that_stands_still_stands_still_for_the_successor() -> None:
    events = story(*reporting, suspend).when(succeed()).events
    assert events[-1] == happened.DeadlineSuspended(4, date(2026, 7, 1))
    mandate(story(*reporting, suspend, succeed(), replace(restore, recipient_unit=unit(VILLAGE))))


def test_a_successor_need_not_have_been_there_when_the_mandate_began() -> None:
    young = unit(VILLAGE, alive_from=date(2026, 9, 1))
    merged = story(*active, succeed())
    merged.when(replace(renew, recipient_unit=young)).then(happened.RenewalOffered(1, date(2032, 3, 31)))


def test_without_a_successor_it_ends_and_says_why() -> None:
    day = date(2026, 9, 1)
    story(*active).when(succeed(successor=None)).then(
        happened.MandateRevoked(day, Ending.UNIT_ABOLISHED), happened.DeadlineVoided(EXPIRY)
    )
    story(*active).when(succeed(successor=REGION)).then(
        happened.MandateRevoked(day, Ending.PARTIES_MERGED), happened.DeadlineVoided(EXPIRY)
    )


def test_a_successor_that_is_no_more_itself_is_passed_over_for_its_own() -> None:
    line = (unit(VILLAGE, alive_until=date(2026, 9, 2)), unit(DISTRICT))
    (handed, *_) = story(*active).when(succeed(line=line)).events
    assert handed == happened.PartySucceeded(CITY, DISTRICT, date(2026, 9, 1))
    alone = succeed(line=line[:1])
    assert story(*active).when(alone).events[0] == happened.MandateRevoked(date(2026, 9, 1), Ending.UNIT_ABOLISHED)


def test_nobody_succeeds_to_who_is_still_there_or_takes_no_part() -> None:
    story(*active).when(succeed(gone=date(2026, 9, 6))).then_refused("unit-alive")
    story(*active).when(succeed(VILLAGE, REGION)).then_nothing_happens()
    story(*revoked).when(succeed()).then_nothing_happens()


@pytest.mark.parametrize("name", ["pass-deadline", "record-sub-delegation", "follow-parent", "lapse", "succeed"])
def test_what_the_register_finds_by_itself_nobody_else_says(name: str) -> None:
    assert MANDATES.commands[name].roles == ()
