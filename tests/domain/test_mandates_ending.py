"""A mandate ends: notice, hearing, revocation, return, replacement, lapse."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from domain.kernel import PartialDate, Today
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.words import Due, Ending, Ground, ReturnGround, Settlement, Stage
from tests.domain.mandate_stories import (
    CITY,
    END,
    NOTICE_ENDS,
    OTHER,
    REGION,
    START,
    STREAM,
    UNION,
    VILLAGE,
    accept,
    accepted,
    activate,
    active,
    ask,
    devolved,
    draft,
    estimate,
    euros,
    fund,
    give_back,
    hear,
    holding,
    mandate,
    mandate_facts,
    met,
    noticed,
    notify,
    offer,
    passes,
    policy,
    replace_settlement,
    revoke,
    revoked,
    starts,
    story,
    sub_delegate,
    suspend,
    unit,
    words,
)

EXPIRY, THIRD = 2, 3
GIVEN = date(2026, 9, 1)
SETTLED = Settlement(euros(100), "Account 12")
unpaid = (draft(), offer, accept, activate)


# --- notice ---


def test_notice_is_ninety_days() -> None:
    given = happened.RevocationNoticeGiven(Ground.PERSISTENT_BREACH, GIVEN, NOTICE_ENDS, None)
    story(*active).when(notify).then(given, starts(THIRD, Due.NOTICE, GIVEN, NOTICE_ENDS))
    story(*noticed).when(notify).then_refused("notice-given")


def test_a_shorter_notice_is_refused_with_the_policy() -> None:
    refused = story(*active).when(replace(notify, ends_on=date(2026, 11, 29))).then_refused("notice-too-short")
    assert refused.policy == policy().grounds("revocation_notice_days")
    assert refused.facts == {"earliest": NOTICE_ENDS}


def test_a_notice_dated_back_runs_from_the_day_on_which_it_can_be_seen() -> None:
    seen = date(2026, 12, 1)
    late = replace(notify, today=Today(seen))
    notice = story(*active).when(late).events[0]
    assert (notice.given_on, notice.ends_on) == (GIVEN, date(2027, 3, 1))
    sooner = story(*active).when(replace(late, ends_on=NOTICE_ENDS)).then_refused("notice-too-short")
    assert sooner.facts == {"earliest": date(2027, 3, 1)}
    at_once = ask(asked.RevokeMandate, seen, settlement=SETTLED)
    heard = ask(asked.RecordHearing, seen, held_on=GIVEN, account=words("In the council"))
    story(*active, late, heard).when(at_once).then_refused("notice-running")


def test_the_terms_may_ask_for_longer_notice() -> None:
    patient = story(draft(notice_days=120), estimate, fund, offer, accept, activate)
    assert patient.when(notify).events[0].ends_on == date(2026, 12, 30)


def test_in_an_emergency_there_is_no_notice_but_still_a_hearing() -> None:
    urgent = story(*active, replace(notify, ground=Ground.EMERGENCY))
    same_day = ask(asked.RevokeMandate, GIVEN, settlement=SETTLED)
    urgent.when(same_day).then_refused("not-heard")
    heard = ask(asked.RecordHearing, GIVEN, held_on=GIVEN, account=words("By telephone"))
    assert urgent.after(heard).when(same_day).events[0].revoked_on == GIVEN
    later = replace(heard, held_on=GIVEN + timedelta(days=1), today=Today(GIVEN + timedelta(days=1)))
    backdated = replace(same_day, today=later.today)
    urgent.after(later).when(backdated).then_refused("not-heard")


@pytest.mark.parametrize("ground", [Ground.PURPOSE_EXPIRED, Ground.PERSISTENT_BREACH, Ground.EMERGENCY])
def test_own_power_is_only_taken_back_by_law_or_by_consent(ground: Ground) -> None:
    story(*devolved).when(replace(notify, ground=ground)).then_refused("ground-not-open")


def test_a_law_is_cited() -> None:
    story(*devolved).when(replace(notify, ground=Ground.LAW)).then_refused("law-not-cited")
    cited = replace(notify, ground=Ground.LAW, legal_basis="Act of 2026, s. 3")
    assert story(*devolved).when(cited).events[0].legal_basis == "Act of 2026, s. 3"


def test_a_notice_is_taken_back() -> None:
    back = ask(asked.WithdrawNotice, date(2026, 9, 15))
    story(*noticed).when(back).then(happened.RevocationNoticeWithdrawn(REGION), happened.DeadlineVoided(THIRD))
    story(*active).when(back).then_nothing_happens()
    story(*noticed, back, notify)


def test_notice_is_given_of_what_is_in_force() -> None:
    story(*accepted).when(notify).then_refused("not-in-force")
    story(*revoked).when(notify).then_refused("mandate-ended")


# --- hearing and revocation ---


def test_a_revocation_needs_notice_hearing_and_settlement() -> None:
    story(*active).when(revoke).then_refused("no-notice")
    story(*noticed).when(revoke).then_refused("not-heard")
    early = ask(asked.RevokeMandate, NOTICE_ENDS, settlement=SETTLED)
    story(*noticed, hear).when(early).then_refused("notice-running")
    story(*noticed, hear).when(replace(revoke, settlement=None)).then_refused("funds-unsettled")
    story(*noticed, hear).when(revoke).then(
        happened.MandateRevoked(date(2026, 12, 1), Ending.PERSISTENT_BREACH, SETTLED),
        happened.DeadlineVoided(EXPIRY),
        happened.DeadlineVoided(THIRD),
    )
    story(*revoked).when(revoke).then_nothing_happens()


def test_what_was_not_spent_is_a_sum_in_the_currency_of_what_was_committed() -> None:
    heard = story(*noticed, hear)
    heard.when(replace_settlement(revoke, euros(-1))).then_refused("negative-amount")
    francs = replace(euros(1), currency="CHF")
    heard.when(replace_settlement(revoke, francs)).then_refused("currency-mismatch")


def test_where_no_money_was_committed_none_is_settled() -> None:
    story(*unpaid, notify, hear).when(replace(revoke, settlement=None)).then(
        happened.MandateRevoked(date(2026, 12, 1), Ending.PERSISTENT_BREACH),
        happened.DeadlineVoided(EXPIRY),
        happened.DeadlineVoided(THIRD),
    )


def test_a_hearing_is_on_the_notice() -> None:
    story(*active).when(hear).then_refused("no-notice")
    story(*noticed).when(replace(hear, held_on=date(2026, 8, 31))).then_refused("hearing-before-notice")
    story(*noticed).when(replace(hear, held_on=date(2026, 10, 2))).then_refused("in-the-future")
    heard = happened.HearingRecorded(date(2026, 9, 30), words("They were heard"), None)
    story(*noticed).when(hear).then(heard)


def test_a_new_notice_needs_a_new_hearing() -> None:
    back = ask(asked.WithdrawNotice, date(2026, 10, 2))
    again = ask(asked.GiveRevocationNotice, date(2026, 10, 5), ground=Ground.PURPOSE_EXPIRED)
    late = ask(asked.RevokeMandate, date(2027, 6, 1), settlement=SETTLED)
    story(*noticed, hear, back, again).when(late).then_refused("not-heard")


def test_mutual_consent_takes_two() -> None:
    mutual = (*active, replace(notify, ground=Ground.MUTUAL), hear)
    story(*mutual).when(revoke).then_refused("not-agreed")
    agree = ask(asked.AgreeRevocation, date(2026, 10, 2), acting=unit(CITY))
    story(*mutual).when(agree).then(happened.RevocationAgreed(CITY))
    story(*mutual, agree).when(agree).then_nothing_happens()
    assert mandate(story(*mutual, agree, revoke)).stage is Stage.REVOKED


# --- return and replacement ---


def test_the_recipient_gives_it_back() -> None:
    settled = replace(give_back, settlement=SETTLED)
    story(*active).when(give_back).then_refused("funds-unsettled")
    story(*active).when(settled).then(
        happened.MandateReturned(GIVEN, ReturnGround.INCAPACITY, SETTLED), happened.DeadlineVoided(EXPIRY)
    )
    story(*active, settled).when(settled).then_nothing_happens()


def test_what_is_not_paid_for_is_given_back_on_that_ground() -> None:
    unfunded = replace(give_back, ground=ReturnGround.UNFUNDED)
    story(*active).when(unfunded).then_refused("not-unfunded")
    assert story(*unpaid).when(unfunded).events[0] == happened.MandateReturned(GIVEN, ReturnGround.UNFUNDED)


def test_a_return_by_consent_needs_the_giver_s_word() -> None:
    by_consent = replace(give_back, ground=ReturnGround.MUTUAL, settlement=SETTLED)
    story(*active).when(by_consent).then_refused("not-agreed")
    story(*active).after(notify).when(by_consent).then_refused("not-agreed")
    agreeing = replace(notify, ground=Ground.MUTUAL)
    returned = story(*active).after(agreeing).when(by_consent).events[0]
    assert returned == happened.MandateReturned(GIVEN, ReturnGround.MUTUAL, SETTLED)


def test_what_a_law_gave_only_a_law_lets_return() -> None:
    story(*devolved).when(give_back).then_refused("not-returnable")
    by_law = replace(give_back, ground=ReturnGround.LAW, settlement=SETTLED)
    story(*devolved).when(by_law).then_refused("law-not-cited")
    assert story(*devolved).when(replace(by_law, legal_basis="s. 3")).events[0].returned_on == GIVEN


def replacing(**changed: Any) -> asked.SupersedeMandate:
    new = {"id": OTHER, "giver": REGION, "recipient": CITY, "stage": "accepted", "function": "07.3", "territory": CITY}
    facts = mandate_facts(**{**new, **changed})
    found = ask(asked.SupersedeMandate, GIVEN, by=facts.id, replacement=facts, settlement=SETTLED)
    assert isinstance(found, asked.SupersedeMandate)
    return found


def test_a_new_mandate_of_the_same_parties_takes_its_place() -> None:
    story(*active).when(replacing()).then(happened.MandateSuperseded(GIVEN, OTHER), happened.DeadlineVoided(EXPIRY))
    story(*active, replacing()).when(replacing()).then_nothing_happens()
    story(*active).when(replacing(function="07")).then(
        happened.MandateSuperseded(GIVEN, OTHER), happened.DeadlineVoided(EXPIRY)
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"recipient": VILLAGE}, {"giver": CITY}, {"kind": "devolution"}, {"function": "08"}, {"stage": "offered"},
        {"id": STREAM},
    ],
)  # fmt: skip
def test_another_mandate_is_no_replacement(changed: dict[str, Any]) -> None:
    story(*active).when(replacing(**changed)).then_refused("not-a-replacement")
    story(*active).when(replacing(exists=False)).then_refused("no-such-mandate")


# --- the law takes the competence back ---


def lapse(on: date, *held: Any) -> asked.LapseMandate:
    found = ask(asked.LapseMandate, on, holdings=held)
    assert isinstance(found, asked.LapseMandate)
    return found


TAKEN = date(2026, 12, 31)
GONE = date(2027, 1, 1)


def test_with_the_competence_the_mandate_ends_dated_from_that_day() -> None:
    lost = lapse(date(2027, 2, 10), holding(held_until=TAKEN))
    story(*active).when(lost).then(
        happened.MandateRevoked(GONE, Ending.COMPETENCE_LOST), happened.DeadlineVoided(EXPIRY)
    )
    story(*active, lost).when(lost).then_nothing_happens()
    assert story(*active).when(lapse(date(2026, 5, 5))).events[0].revoked_on == date(2026, 5, 5)


def test_what_the_law_will_take_ends_the_mandate_on_its_day() -> None:
    coming = lapse(date(2026, 6, 1), holding(held_until=TAKEN))
    story(*active).when(coming).then(starts(THIRD, Due.LAPSE, date(2026, 6, 1), TAKEN))
    warned = story(*active, coming)
    warned.when(coming).then_nothing_happens()
    warned.when(passes(THIRD, TAKEN)).then_refused("not-due-yet")
    warned.when(passes(THIRD, date(2027, 2, 1), holdings=(holding(held_until=TAKEN),))).then(
        happened.MandateRevoked(GONE, Ending.COMPETENCE_LOST), met(THIRD), happened.DeadlineVoided(EXPIRY)
    )


def test_what_the_law_gave_back_meanwhile_goes_on() -> None:
    warned = story(*active, lapse(date(2026, 6, 1), holding(held_until=TAKEN)))
    warned.when(passes(THIRD, GONE, holdings=(holding(),))).then(met(THIRD))
    again = holding(held_from=GONE, held_until=date(2028, 12, 31))
    warned.when(passes(THIRD, GONE, holdings=(holding(held_until=TAKEN), again))).then(
        met(THIRD), starts(4, Due.LAPSE, GONE, date(2028, 12, 31))
    )


def test_another_last_day_takes_the_place_of_the_one_that_was_known() -> None:
    warned = story(*active, lapse(date(2026, 6, 1), holding(held_until=TAKEN)))
    warned.when(lapse(date(2026, 6, 2), holding(held_until=date(2027, 6, 30)))).then(
        happened.DeadlineVoided(THIRD), starts(4, Due.LAPSE, date(2026, 6, 2), date(2027, 6, 30))
    )
    warned.when(lapse(date(2026, 6, 2), holding())).then(happened.DeadlineVoided(THIRD))


def test_what_is_still_held_or_held_by_mandate_does_not_lapse() -> None:
    story(*active).when(lapse(date(2026, 6, 1), holding())).then_nothing_happens()
    story(*active).when(lapse(date(2026, 6, 1), holding(held_until=END))).then_nothing_happens()
    story(sub_delegate()).when(lapse(date(2026, 6, 1))).then_nothing_happens()


# --- its own last day has passed, and the clock has not said so yet ---

AFTER_END = END + timedelta(days=1)


def test_what_ended_by_itself_is_neither_revoked_nor_returned_nor_suspended() -> None:
    later = ask(asked.RevokeMandate, AFTER_END, settlement=Settlement(euros(100), "Account 12"))
    told = story(*noticed, hear)
    assert told.when(replace(later, effective_on=PartialDate(END))).refused is None
    refused = told.when(later).then_refused("term-over")
    assert refused.facts == {"ends_on": END}
    for command in (
        replace(give_back, effective_on=PartialDate(AFTER_END), today=Today(AFTER_END)),
        replace(suspend, effective_on=PartialDate(AFTER_END), today=Today(AFTER_END)),
    ):
        story(*active).when(command).then_refused("term-over")
    over = ask(asked.ReportExercise, AFTER_END, acting=unit(CITY), period_from=START, period_to=AFTER_END,
               account=words("The clinic was open"))  # fmt: skip
    story(*active).when(over).then_refused("after-the-end")
    assert story(*active).when(replace(over, period_to=END)).refused is None


def test_what_befalls_others_after_its_last_day_does_not_end_it_otherwise() -> None:
    """Its parent and itself may end on one day, and whoever is told first says how: by expiry."""
    expired = (happened.MandateExpired(END), met(EXPIRY))
    above = (mandate_facts(ended=True, in_force=False, ends_on=END),)
    parent_gone = ask(asked.FollowParent, AFTER_END, parents=above)
    story(*active).when(parent_gone).then(*expired)
    at_its_end = replace(parent_gone, effective_on=PartialDate(END))
    assert story(*active).when(at_its_end).events[0] == happened.MandateRevoked(END, Ending.PARENT_ENDED)
    story(*active).when(lapse(date(2031, 1, 1), holding(held_until=END))).then(*expired)
    merged = ask(
        asked.SucceedParty, date(2031, 1, 1), former=CITY, successor=VILLAGE,
        former_unit=unit(CITY, alive_until=date(2031, 1, 1)), line=(unit(VILLAGE),),
    )  # fmt: skip
    story(*active).when(merged).then(*expired)


def test_whoever_takes_part_without_authority_does_not_succeed_to_a_power() -> None:
    gone = date(2027, 1, 1)
    taken = ask(
        asked.SucceedParty, gone, former=CITY, successor=UNION, former_unit=unit(CITY, alive_until=gone),
        line=(unit(UNION),),
    )  # fmt: skip
    assert story(*active).when(taken).events[0] == happened.MandateRevoked(gone, Ending.UNIT_ABOLISHED)


def test_what_was_not_spent_is_told_in_the_prices_in_which_it_was_committed() -> None:
    told = story(*noticed, hear)
    constant = replace_settlement(revoke, replace(euros(100), price_basis="2020"))
    told.when(constant).then_refused("price-basis-mismatch")
