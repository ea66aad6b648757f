from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import chain, pairwise
from typing import Any

import pytest
from hypothesis import given, settings

from domain.kernel import Money, PartialDate, UnitId, Words
from domain.mandates import MANDATES as CONTEXT
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.words import Ground, Instrument, Kind, Pause, Stage
from projections.mandate_row import MandateRow, Period, Prolongation, Side, Turn
from projections.mandate_stages import REACHED, stage_after
from projections.mandates import MANDATES
from projections.things import Matter, Owed, Thing
from tests.domain.mandate_histories import histories
from tests.domain.mandate_stories import (
    CHILD,
    CITY,
    DAY,
    DISTRICT,
    END,
    NOTICE_ENDS,
    OTHER,
    REGION,
    START,
    STREAM,
    VILLAGE,
    accept,
    accept_renewal,
    accepted,
    activate,
    active,
    agree,
    ask,
    consult,
    decline,
    draft,
    drafted,
    elsewhere,
    estimate,
    euros,
    fund,
    funded,
    give_back,
    hear,
    law,
    mandate_facts,
    member,
    noticed,
    notify,
    offer,
    offered,
    passes,
    renew,
    reports,
    reserve,
    restore,
    revoked,
    suspend,
    unit,
    withdraw,
)
from tests.domain.moves import Move
from tests.projections.mandate_ledger import Ledger, ledger


def told(*commands: Any) -> Ledger:
    return ledger().tell(*commands)


def row_of(*commands: Any) -> MandateRow:
    return told(*commands).mandate()


def turns(row: Thing) -> list[tuple[str, UnitId | None]]:
    return [(one.turn, UnitId(one.unit) if one.unit else None) for one in row.matters]


def test_a_draft_shows_its_terms_and_its_parties() -> None:
    row = row_of(*drafted)
    assert (row.name, row.state, row.state_since) == ("Run the clinic", Stage.DRAFTED, PartialDate(DAY))
    assert (row.giver_name, row.recipient_name, row.territory_name) == ("Region", "City", "City")
    assert (row.starts_on, row.ends_on, row.first_ends_on, row.depth, row.under) == (START, END, END, 0, None)
    assert [(party.unit, party.side) for party in row.parties] == [(REGION, Side.GIVER), (CITY, Side.RECIPIENT)]


def test_a_long_purpose_is_shortened_to_a_name() -> None:
    assert row_of(draft(purpose=Words({"en": "x" * 300}))).name == "x" * 200


@pytest.mark.parametrize(
    ("commands", "state"),
    [
        (drafted, Stage.DRAFTED),
        ((law, consult), Stage.CONSULTED),
        (offered, Stage.OFFERED),
        ((*offered, replace(consult, consulted=(VILLAGE,))), Stage.OFFERED),
        (accepted, Stage.ACCEPTED),
        ((*offered, reserve), Stage.ACCEPTED),
        ((*offered, decline), Stage.DECLINED),
        ((*offered, withdraw), Stage.WITHDRAWN),
        (active, Stage.ACTIVE),
        ((*active, suspend), Stage.SUSPENDED),
        ((*active, suspend, restore), Stage.ACTIVE),
        (revoked, Stage.REVOKED),
        ((*active, passes(2, date(2030, 4, 1))), Stage.EXPIRED),
    ],
)
def test_it_stands_as_the_rules_say(commands: Any, state: Stage) -> None:
    found = told(*commands)
    assert found.mandate().state is state
    assert found.states[STREAM].stage is state


def test_who_succeeds_to_a_recipient_that_was_consulted_is_consulted() -> None:
    over = unit(CITY, alive_until=date(2026, 3, 2))
    succeed = ask(
        asked.SucceedParty, date(2026, 3, 5), former=CITY, successor=VILLAGE, former_unit=over, line=(unit(VILLAGE),)
    )
    assert turns(row_of(law, consult, succeed)) == [(Turn.RECORD_CONSULTATION, REGION)]
    assert turns(row_of(law, consult, succeed, replace(consult, consulted=(VILLAGE,)))) == [(Turn.ACTIVATE, REGION)]


def test_whose_turn_it_is_from_draft_to_activation() -> None:
    assert turns(row_of(*drafted)) == [(Turn.OFFER, REGION)]
    assert turns(row_of(law)) == [(Turn.RECORD_CONSULTATION, REGION)]
    assert turns(row_of(law, consult)) == [(Turn.ACTIVATE, REGION)]
    short = replace(consult, opened_on=date(2026, 1, 30))
    again = row_of(law, short)
    assert turns(again) == [(Turn.RECORD_CONSULTATION, REGION)]
    assert (again.consultation_too_short, again.heard_in_time) == ("22 of at least 30", 0)
    assert turns(row_of(law, replace(consult, consulted=(VILLAGE,)))) == [(Turn.RECORD_CONSULTATION, REGION)]
    heard = row_of(law, short, consult)
    assert (turns(heard), heard.consultation_too_short) == ([(Turn.ACTIVATE, REGION)], None)
    enough = row_of(law, consult, short)
    assert turns(enough) == [(Turn.ACTIVATE, REGION)], "once it had its time, that is enough"
    assert enough.consultation_too_short is None
    assert turns(row_of(draft(kind=Kind.DECONCENTRATION, recipient=DISTRICT))) == [(Turn.ACTIVATE, REGION)]
    agreed = draft(kind=Kind.DEVOLUTION, instrument=Instrument.AGREEMENT)
    assert turns(row_of(agreed)) == [(Turn.OFFER, REGION)]
    assert turns(row_of(*offered)) == [(Turn.ACCEPT, CITY)]
    assert turns(row_of(*offered, reserve)) == [(Turn.AGREE_RESERVATIONS, REGION)]
    assert turns(row_of(*offered, reserve, agree)) == [(Turn.ACTIVATE, REGION)]
    assert turns(row_of(*active)) == []
    assert turns(row_of(*offered, decline)) == []


def test_a_turn_is_waited_for_since_it_began() -> None:
    row = row_of(*accepted, ask(asked.CommitFunding, date(2026, 3, 20), budget_line="y", budget_year=2026,
                                yearly=euros(5)))  # fmt: skip
    assert row.matters == (Matter(Turn.ACTIVATE, REGION, 0, DAY),)
    assert (row.waits_on, row.waits_for, row.waits_since) == (REGION, Turn.ACTIVATE, DAY)


def test_whose_turn_it_is_on_the_way_to_a_revocation() -> None:
    assert turns(row_of(*noticed)) == [(Turn.RECORD_HEARING, REGION)]
    assert turns(row_of(*noticed, hear)) == []
    over = passes(3, date(2026, 12, 1))
    assert turns(row_of(*noticed, hear, over)) == [(Turn.REVOKE, REGION)]
    mutual = (*active, replace(notify, ground=Ground.MUTUAL), hear, over)
    assert turns(row_of(*mutual)) == [(Turn.AGREE_REVOCATION, CITY)]
    agreed = ask(asked.AgreeRevocation, date(2026, 12, 2), acting=unit(CITY))
    assert turns(row_of(*mutual, agreed)) == [(Turn.REVOKE, REGION)]
    back = ask(asked.WithdrawNotice, date(2026, 10, 5))
    row = row_of(*noticed, hear, back)
    assert (row.notice_for, row.heard_on, turns(row)) == (None, None, [])


def test_a_suspension_shows_the_law_behind_it_and_who_prolonged_it() -> None:
    by_court = row_of(*active, replace(suspend, ground=Pause.COURT, legal_basis="Judgment 7/26"))
    assert (by_court.suspended_for, by_court.suspended_by) == (Pause.COURT, "Judgment 7/26")
    urgent = replace(suspend, ground=Pause.EMERGENCY, until=date(2026, 7, 15))
    voted: dict[str, Any] = {"resolution": "Resolution 7", "in_favour": 60, "members": 100}
    longer = ask(asked.ProlongSuspension, date(2026, 7, 15), until=date(2026, 8, 14), **voted)
    found = row_of(*active, urgent, longer)
    assert found.prolongations == (Prolongation(date(2026, 8, 14), **voted),)
    assert found.suspended_by is None
    back = ask(asked.RestoreMandate, date(2026, 8, 1))
    restored = row_of(*active, urgent, longer, back)
    assert (restored.suspended_for, restored.prolongations) == (None, ())


def test_whose_turn_it_is_while_suspended_or_renewed() -> None:
    assert turns(row_of(*active, suspend)) == [(Turn.RESTORE, REGION)]
    assert turns(row_of(*active, replace(suspend, until=date(2026, 9, 1)))) == []
    urgent = replace(suspend, ground=Pause.EMERGENCY, until=date(2026, 7, 15))
    voted: dict[str, Any] = {"resolution": "Resolution 7", "in_favour": 60, "members": 100}
    longer = ask(asked.ProlongSuspension, date(2026, 7, 15), until=date(2026, 8, 14), **voted)
    found = row_of(*active, urgent, longer)
    assert (found.suspended_until, found.next_due_on, turns(found)) == (date(2026, 8, 14), date(2026, 8, 14), [])
    mutual = replace(suspend, ground=Pause.MUTUAL)
    agreed = ask(asked.AgreeSuspension, date(2026, 7, 20), acting=unit(CITY))
    assert turns(row_of(*active, mutual)) == [(Turn.AGREE_SUSPENSION, CITY)]
    assert turns(row_of(*active, mutual, agreed)) == [(Turn.RESTORE, REGION)]
    assert turns(row_of(*active, renew)) == [(Turn.ACCEPT_RENEWAL, CITY)]
    renewed = row_of(*active, renew, accept_renewal)
    assert (renewed.ends_on, renewed.first_ends_on, renewed.renewals, turns(renewed)) == (
        date(2032, 3, 31), END, 1, [],
    )  # fmt: skip


reporting = (draft(reporting_months=12), estimate, fund, offer, accept, activate)


def test_a_report_waits_while_the_mandate_is_suspended_and_moves_alone() -> None:
    row = row_of(*reporting, suspend, restore)
    assert row.owed == (
        Owed(2, "expiry", None, START, END), Owed(3, "report", CITY, START, date(2027, 5, 4)),
    )  # fmt: skip


def test_a_missed_report_is_owed_until_it_comes() -> None:
    assert row_of(*reporting).owed == (
        Owed(2, "expiry", None, START, END), Owed(3, "report", CITY, START, date(2027, 4, 1)),
    )  # fmt: skip
    late = told(*reporting, passes(3, date(2027, 4, 2)))
    row = late.mandate()
    assert (turns(row), row.next_due_on) == ([(Turn.REPORT, CITY)], date(2028, 4, 3))
    row = late.tell(reports(date(2027, 3, 31), date(2027, 4, 9))).mandate()
    assert (turns(row), row.reports, row.reported_to) == ([], 1, date(2027, 3, 31))


def test_what_is_over_waits_for_nobody_and_owes_nothing() -> None:
    row = row_of(*revoked)
    assert (row.matters, row.owed, row.over_on, row.ended_by) == ((), (), date(2026, 12, 1), "persistent_breach")
    assert row.unspent == euros(100)
    last = reports(date(2026, 11, 30), date(2027, 1, 15))
    assert row_of(*revoked, last).reports == 1


def test_money_is_summed_line_by_line() -> None:
    row = row_of(*drafted, estimate, fund, replace(fund, budget_line="08.3", yearly=euros(5)))
    assert (row.funded, row.estimate, row.revenue, row.unfunded) == (euros(1005), euros(1000), euros(100_000), False)
    row = row_of(*drafted, fund, replace(fund, yearly=euros(7)))
    assert (row.funded, len(row.lines)) == (euros(7), 1)


def test_lines_in_another_currency_than_the_estimate_are_shown_and_not_added() -> None:
    leva = Money(Decimal(1900), "BGN")
    row = row_of(*funded, replace(estimate, yearly=leva, revenue=leva))
    assert (row.funded, len(row.lines)) == (replace(leva, amount=Decimal(0)), 1)
    row = row_of(*funded, replace(estimate, yearly=leva, revenue=leva), replace(fund, budget_line="2", yearly=leva))
    assert (row.funded, len(row.lines)) == (leva, 2)


def test_an_unfunded_mandate_shows_its_gap_and_whose_turn_it_is() -> None:
    row = row_of(*drafted, estimate, offer, accept, activate)
    assert (row.unfunded, row.gap, turns(row)) == (True, euros(1000), [(Turn.COMMIT_FUNDING, REGION)])
    row = row_of(*drafted, estimate, offer, accept, activate, replace(fund, effective_on=PartialDate(START)))
    assert (row.unfunded, row.gap, turns(row)) == (False, None, [])


def test_who_said_something_was_heard() -> None:
    row = row_of(*accepted)
    assert (row.heard(REGION), row.heard(CITY), row.heard(VILLAGE), row.last_word_on) == (DAY, DAY, None, DAY)
    assert row_of(*drafted).heard(CITY) is None


def test_a_mandate_answers_what_is_asked_of_any_one_thing() -> None:
    thing: Thing = row_of(*offered)
    assert (thing.called.best(), turns(thing)) == ("Run the clinic", [(Turn.ACCEPT, CITY)])
    assert [(one.kind, one.unit, one.due_on) for one in thing.owed] == [("answer", CITY, date(2026, 5, 1))]
    assert thing.heard(REGION) == DAY


def test_periods_say_when_it_was_in_force() -> None:
    assert row_of(*accepted).periods == ()
    first = Period(START, None, REGION, CITY)
    assert row_of(*active).periods == (first,)
    row = row_of(*active, suspend, restore)
    assert row.periods == (replace(first, last=date(2026, 6, 30)), Period(date(2026, 8, 3), None, REGION, CITY))
    assert row_of(*revoked).periods == (replace(first, last=NOTICE_ENDS),)


def test_an_end_that_counts_from_an_earlier_day_takes_later_periods_away() -> None:
    back = replace(give_back, effective_on=PartialDate("2026-05-02"), settlement=revoked[-1].settlement)
    row = row_of(*active, suspend, restore, back)
    assert row.periods == (Period(START, date(2026, 5, 1), REGION, CITY),)


def test_a_successor_holds_from_its_own_day() -> None:
    succeed = ask(
        asked.SucceedParty, date(2026, 9, 5), former=CITY, successor=VILLAGE,
        former_unit=unit(CITY, alive_until=date(2026, 9, 1)), line=(unit(VILLAGE),),
    )  # fmt: skip
    row = row_of(*active, suspend, restore, succeed)
    assert (row.recipient, row.recipient_name, row.parties[1].unit) == (VILLAGE, "Village", VILLAGE)
    assert [(one.first, one.last, one.recipient) for one in row.periods] == [
        (START, date(2026, 6, 30), CITY),
        (date(2026, 8, 3), date(2026, 8, 31), CITY),
        (date(2026, 9, 1), None, VILLAGE),
    ]


def test_what_rests_on_it_and_what_took_its_place_are_named() -> None:
    child = ask(asked.RecordSubDelegation, child=CHILD, child_facts=mandate_facts(id=CHILD, under=STREAM))
    assert row_of(*active, child).children == (CHILD,)
    new = mandate_facts(id=OTHER, giver=REGION, stage="accepted", function="07.3", recipient=CITY)
    over = ask(asked.SupersedeMandate, date(2026, 9, 1), by=OTHER, replacement=new, settlement=revoked[-1].settlement)
    assert row_of(*active, over).superseded_by == OTHER


def test_what_takes_the_place_of_one_that_stood_beside_another_shows_whom_it_clashes_with() -> None:
    other = elsewhere()
    before = mandate_facts(id=CHILD, territory=CITY, function="07.3", ended=True, superseded_by=STREAM, beside=(OTHER,))
    begun = ask(
        asked.ActivateMandate, START, lands=member(), replaces=CHILD, replaced=before, beside=(OTHER,),
        beside_facts=(other,),
    )  # fmt: skip
    row = row_of(draft(exclusive=True), *offered[1:], accept, begun)
    assert (row.clashes_with, turns(row)) == ((OTHER,), [(Turn.SETTLE_CLASH, REGION)])


# --- in the order in which it counts in law ---


def test_what_held_in_law_on_a_day() -> None:
    found = told(*active, suspend, restore)
    days = {
        date(2026, 3, 1): None, DAY: Stage.ACCEPTED, START: Stage.ACTIVE, date(2026, 7, 1): Stage.SUSPENDED,
        date(2026, 8, 3): Stage.ACTIVE,
    }  # fmt: skip
    for day, state in days.items():
        row = found.in_law(MANDATES, day)
        assert (row and row.state) == state


def test_an_end_recorded_late_counts_from_its_day_and_nothing_comes_after_it() -> None:
    back = replace(give_back, effective_on=PartialDate("2026-05-02"), settlement=revoked[-1].settlement)
    found = told(*active, suspend, back)
    assert found.in_law(MANDATES, date(2026, 5, 1)).state is Stage.ACTIVE
    row = found.in_law(MANDATES, date(2026, 12, 1))
    assert (row.state, row.suspended_for) == (Stage.RETURNED, None)


def test_an_answer_that_counts_before_its_offer_stands() -> None:
    late = ask(asked.OfferMandate, date(2026, 3, 10))
    early = ask(asked.AcceptMandate, date(2026, 3, 12), acting=unit(CITY), effective_on=PartialDate("2026-03-05"))
    found = told(draft(), late, early)
    assert found.in_law(MANDATES, date(2026, 3, 12)).state is Stage.ACCEPTED
    assert found.mandate().state is Stage.ACCEPTED


def test_every_event_that_moves_a_stage_is_named_once() -> None:
    assert set(REACHED.values()) == set(Stage) - {Stage.DRAFTED}
    assert stage_after(Stage.REVOKED, happened.MandateRestored(DAY)) is Stage.REVOKED


@given(histories())
@settings(max_examples=60)
def test_any_history_gives_a_row_that_stands_as_the_rules_say(moves: list[Move]) -> None:
    found = ledger()
    for move in moves:
        for event in move.events:
            found.record(STREAM, event, PartialDate(move.day), move.unit, move.day)
    row = found.mandate()
    state = CONTEXT.decider.fold(tuple(chain.from_iterable(move.events for move in moves)))
    assert (row.state, row.giver, row.recipient, row.ends_on) == (
        state.stage, state.giver, state.recipient, state.ends_on,
    )  # fmt: skip
    assert row.unfunded == (state.flagged and row.over_on is None)
    assert bool(row.periods and row.periods[-1].last is None) == (state.stage is Stage.ACTIVE)
    spans = [(one.first, one.last) for one in row.periods]
    for (_, last), (first, _) in pairwise(spans):
        assert last is not None
        assert last < first
    assert found.in_law(MANDATES, date.max).state is state.stage
    assert row.suspended_for is None or row.state is Stage.SUSPENDED
