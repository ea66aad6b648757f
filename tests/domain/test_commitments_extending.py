"""More time: asked for, granted by others, and what it cannot do."""

from dataclasses import replace
from datetime import date

import pytest

from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.commitments.words import Due, Part, Party
from domain.kernel import PartialDate, UnitId
from tests.domain.commitment_stories import (
    CITY,
    DAY,
    REGION,
    STATE,
    VILLAGE,
    accept,
    add_milestone,
    adopt,
    adopted,
    adopted_alone,
    agreed,
    amend,
    ask,
    commitment,
    facts,
    miss,
    pledge,
    policy,
    propose_shared,
    set_target,
    starts,
    story,
)

PLAN_DEADLINE, STEP_DEADLINE, REVIEW = 4, 5, 6
"""Numbers of the deadlines of `adopted`; before them come two invitations and the first report."""
IN_2029 = date(2029, 3, 5)
IN_2032 = date(2032, 1, 1)


def request(until: date, deadline: int | None = None, unit: UnitId = CITY, on: date = DAY) -> asked.RequestExtension:
    command = ask(asked.RequestExtension, unit, on, until=until, deadline=deadline)
    assert isinstance(command, asked.RequestExtension)
    return command


def grant(unit: UnitId, extension: int = 1, on: date = DAY) -> asked.GrantExtension:
    command = ask(asked.GrantExtension, unit, on, extension=extension)
    assert isinstance(command, asked.GrantExtension)
    return command


ask_for_plan = request(IN_2029, PLAN_DEADLINE)
ask_for_end = request(IN_2032)
refuse_extension = ask(asked.RefuseExtension, REGION, extension=1)
agree = ask(asked.AgreeAmendment, REGION, amendment=1)


# Without the funder, who is not required: the region alone grants what the city asks for.
two = replace(propose_shared, parties=(Party(REGION, Part.CO_OWNER),), units=(facts(REGION),))
adopted_by_two = (two, set_target, add_milestone, pledge, accept, adopt)


def test_who_owes_a_deadline_asks_the_required_parties_for_more_time() -> None:
    story(*adopted).when(ask_for_plan).then(happened.ExtensionRequested(1, CITY, IN_2029, (REGION,), PLAN_DEADLINE))


def test_where_no_other_party_is_required_the_others_are_asked() -> None:
    funder = replace(propose_shared, parties=(Party(STATE, Part.FUNDER, False),), units=(facts(STATE),))
    told = story(funder, set_target, add_milestone, pledge, ask(asked.AcceptParticipation, STATE), adopt)
    assert told.when(request(IN_2029, 3)).events == [happened.ExtensionRequested(1, CITY, IN_2029, (STATE,), 3)]


def test_who_is_alone_has_nobody_to_grant_more_time() -> None:
    story(*adopted_alone).when(request(IN_2029, 2)).then_refused("nobody-to-grant")


def test_the_last_of_those_asked_grants_and_the_deadline_moves() -> None:
    told = story(*adopted, ask_for_plan)
    told.when(grant(REGION)).then(
        happened.ExtensionAgreed(1, REGION),
        happened.ExtensionGranted(1, IN_2029, PLAN_DEADLINE),
        happened.DeadlineMoved(PLAN_DEADLINE, IN_2029),
    )
    assert commitment(told.after(grant(REGION))).deadlines[PLAN_DEADLINE - 1].due_on == IN_2029


def test_the_others_agree_one_by_one() -> None:
    third = replace(propose_shared, parties=(Party(REGION, Part.CO_OWNER), Party(STATE, Part.FUNDER)))
    told = story(third, *agreed[1:], adopt, ask_for_plan)
    told.when(grant(STATE)).then(happened.ExtensionAgreed(1, STATE))
    told.after(grant(STATE)).when(grant(REGION)).then(
        happened.ExtensionAgreed(1, REGION),
        happened.ExtensionGranted(1, IN_2029, PLAN_DEADLINE),
        happened.DeadlineMoved(PLAN_DEADLINE, IN_2029),
    )


def test_the_end_of_the_whole_moves_and_so_does_the_day_of_review() -> None:
    told = story(*adopted, ask_for_end)
    told.when(grant(REGION)).then(
        happened.ExtensionAgreed(1, REGION),
        happened.ExtensionGranted(1, IN_2032),
        happened.DeadlineVoided(REVIEW),
        starts(7, Due.RESULTS_REVIEW, date(2032, 5, 3), None, on=IN_2032),
    )
    assert commitment(told.after(grant(REGION))).ends_on == PartialDate(IN_2032)


def test_the_day_of_a_milestone_moves_in_its_terms_too() -> None:
    told = story(*adopted, request(IN_2029, STEP_DEADLINE), grant(REGION))
    granted, moved = told.history[-2:]
    assert granted == happened.ExtensionGranted(1, IN_2029, STEP_DEADLINE, 1)
    assert moved == happened.DeadlineMoved(STEP_DEADLINE, IN_2029)
    assert commitment(told).milestones[0].terms.due_on == IN_2029


def test_a_refusal_ends_the_request_and_another_may_follow() -> None:
    told = story(*adopted, ask_for_plan)
    told.when(refuse_extension).then(happened.ExtensionRefused(1, REGION))
    told.after(refuse_extension).when(ask_for_plan).then(
        happened.ExtensionRequested(2, CITY, IN_2029, (REGION,), PLAN_DEADLINE)
    )


def test_one_refusal_is_enough() -> None:
    third = replace(propose_shared, parties=(Party(REGION, Part.CO_OWNER), Party(STATE, Part.FUNDER)))
    told = story(third, *agreed[1:], adopt, ask_for_plan, refuse_extension)
    told.when(grant(STATE)).then_refused("not-asked")


def test_a_deadline_is_extended_once_as_the_covenant_has_it() -> None:
    again = request(date(2030, 3, 4), PLAN_DEADLINE)
    refused = story(*adopted, ask_for_plan, grant(REGION)).when(again).then_refused("already-extended")
    assert refused.policy is not None
    assert (refused.policy.parameter, refused.policy.basis) == ("max_extensions", "default")


def test_the_end_is_extended_as_often_as_the_policy_says() -> None:
    again = request(date(2033, 1, 1))
    told = story(*adopted, ask_for_end, grant(REGION))
    told.when(again).then_refused("already-extended")
    assert told.when(replace(again, policy=policy(max_extensions="2"))).refused is None


def test_only_what_was_granted_for_the_end_itself_counts_against_it() -> None:
    refused = story(*adopted, ask_for_end, refuse_extension)
    assert refused.when(ask_for_end).refused is None
    of_the_plan = story(*adopted, ask_for_plan, grant(REGION))
    assert of_the_plan.when(ask_for_end).refused is None


def test_who_has_not_accepted_is_not_asked() -> None:
    invited = story(*adopted, ask(asked.AddParty, unit=VILLAGE, part=Part.CO_OWNER))
    invited.when(ask_for_end).then(happened.ExtensionRequested(1, CITY, IN_2032, (REGION,)))


def test_one_request_at_a_time_for_one_thing() -> None:
    told = story(*adopted, ask_for_plan)
    told.when(request(date(2029, 6, 4), PLAN_DEADLINE)).then_refused("already-requested")
    assert told.when(request(IN_2029, STEP_DEADLINE)).refused is None


def test_more_time_is_asked_for_before_the_deadline() -> None:
    day = date(2028, 3, 2)
    assert story(*adopted).when(request(IN_2029, PLAN_DEADLINE, on=day)).refused is None
    late = request(IN_2029, PLAN_DEADLINE, on=date(2028, 3, 3))
    story(*adopted).when(late).then_refused("deadline-passed")


def test_more_time_for_the_whole_is_asked_for_before_its_end() -> None:
    assert story(*adopted).when(request(IN_2032, on=date(2030, 12, 31))).refused is None
    story(*adopted).when(request(IN_2032, on=date(2031, 1, 1))).then_refused("deadline-passed")


def test_what_was_missed_meanwhile_is_not_extended() -> None:
    missed = date(2028, 3, 3)
    told = story(*adopted, ask_for_plan, miss(PLAN_DEADLINE, missed))
    told.when(grant(REGION, on=missed)).then_refused("deadline-passed")


def test_an_extension_moves_to_a_later_day() -> None:
    story(*adopted).when(request(date(2028, 3, 2), PLAN_DEADLINE)).then_refused("not-later")
    story(*adopted).when(request(date(2030, 12, 31))).then_refused("not-later")


def test_an_end_that_is_unknown_is_not_extended() -> None:
    endless = replace(two, ends_on=PartialDate("unknown"))
    story(endless, *adopted_by_two[1:]).when(ask_for_end).then_refused("not-later")


def test_an_extension_is_not_granted_once_an_amendment_went_further() -> None:
    for end in ("2035", "2032-01-01"):
        told = story(*adopted_by_two, ask_for_end, amend(ends_on=PartialDate(end)), agree)
        told.when(grant(REGION)).then_refused("not-later")


def test_what_was_to_end_on_a_day_does_not_come_to_be_without_end() -> None:
    never = amend(ends_on=PartialDate("unknown"))
    refused = story(*adopted_alone).when(never).then_refused("less-verifiable")
    assert refused.facts == {"missing": ("end",)}
    told = story(*adopted_by_two, never)
    told.when(agree).then_refused("less-verifiable")
    assert story(*adopted_alone[:-1]).when(never).refused is None, "while terms are agreed, anything may change"


def test_what_is_granted_too_late_is_late_whether_the_clock_has_said_so_or_not() -> None:
    told = story(*adopted, ask_for_plan)
    assert told.when(grant(REGION, on=date(2028, 3, 2))).refused is None
    told.when(grant(REGION, on=date(2028, 3, 3))).then_refused("deadline-passed")


def test_a_step_is_not_extended_past_an_end_that_came_nearer() -> None:
    nearer = amend(ends_on=PartialDate("2028"))
    told = story(*adopted_by_two, request(IN_2029, 4), nearer, agree)
    told.when(grant(REGION)).then_refused("after-the-end")


def test_what_is_done_needs_no_more_time() -> None:
    done = ask(asked.CompleteMilestone, milestone=1)
    story(*adopted, done).when(request(IN_2029, STEP_DEADLINE)).then_refused("deadline-passed")


def test_a_milestone_is_not_extended_past_the_end() -> None:
    story(*adopted).when(request(date(2031, 1, 1), STEP_DEADLINE)).then_refused("after-the-end")


def test_no_extension_reaches_beyond_the_calendar() -> None:
    story(*adopted).when(request(date(9000, 1, 1))).then_refused("date-too-far")


@pytest.mark.parametrize("deadline", [1, 3, REVIEW])
def test_answers_reports_and_reviews_are_not_extended(deadline: int) -> None:
    story(*adopted).when(request(date(2040, 1, 2), deadline)).then_refused("not-extendable")


def test_a_deadline_that_is_not_there_is_not_extended() -> None:
    story(*adopted).when(request(IN_2029, 7)).then_refused("no-such-deadline")


def test_only_who_owes_a_deadline_asks_for_more_time() -> None:
    story(*adopted).when(request(IN_2029, PLAN_DEADLINE, REGION)).then_refused("not-yours")


def test_the_end_of_the_whole_is_for_the_owners() -> None:
    assert story(*adopted).when(request(IN_2032, unit=REGION)).refused is None
    story(*adopted).when(request(IN_2032, unit=STATE)).then_refused("not-yours")


def test_only_who_was_asked_answers_a_request() -> None:
    told = story(*adopted, ask_for_plan)
    told.when(grant(STATE)).then_refused("not-asked")
    told.when(grant(CITY)).then_refused("not-asked")
    told.after(grant(REGION)).when(grant(REGION)).then_refused("not-asked")
    told.when(ask(asked.RefuseExtension, STATE, extension=1)).then_refused("not-asked")


def test_a_request_that_is_not_there_is_not_answered() -> None:
    story(*adopted).when(grant(REGION)).then_refused("no-such-extension")
    story(*adopted).when(refuse_extension).then_refused("no-such-extension")
