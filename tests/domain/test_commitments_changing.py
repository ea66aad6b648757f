"""Other terms, and leaving."""

from dataclasses import replace
from datetime import date

from domain.commitments import COMMITMENTS
from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.commitments.words import Aim, Changes, Due, NewMilestone, NewTarget, Part, Quantity, Share, Stage
from domain.deadlines import Standing
from domain.kernel import PartialDate, Role
from tests.domain.commitment_stories import (
    CITY,
    END,
    REGION,
    STATE,
    STEP,
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
    from_source,
    miss,
    propose_alone,
    propose_shared,
    report,
    set_target,
    starts,
    story,
    words,
)
from tests.domain.test_commitments_extending import (
    IN_2029,
    adopted_by_two,
    agree,
    ask_for_plan,
    grant,
    refuse_extension,
)

agree_too = ask(asked.AgreeAmendment, STATE, amendment=1)
refuse_amendment = ask(asked.RefuseAmendment, STATE, amendment=1)
new_title = amend(title=words("A tram by 2031"))
withdraw = ask(asked.WithdrawFromCommitment)


# --- amendments ---


def test_a_party_proposes_other_terms_to_all_others() -> None:
    story(*adopted).when(new_title).then(
        happened.AmendmentProposed(1, CITY, Changes(title=words("A tram by 2031")), (REGION, STATE))
    )


def test_terms_hold_once_every_party_has_agreed() -> None:
    told = story(*adopted, new_title)
    told.when(agree).then(happened.AmendmentAgreed(1, REGION))
    told.after(agree).when(agree_too).then(
        happened.AmendmentAgreed(1, STATE),
        happened.CommitmentAmended(Changes(title=words("A tram by 2031")), 1),
    )
    assert commitment(told.after(agree)).title == words("A tram by 2030")
    assert commitment(told.after(agree, agree_too)).title == words("A tram by 2031")


def test_one_party_that_refuses_ends_the_amendment() -> None:
    told = story(*adopted, new_title, agree)
    told.when(refuse_amendment).then(happened.AmendmentRefused(1, STATE))
    told.after(refuse_amendment).when(agree_too).then_refused("not-asked")


def test_who_leaves_later_takes_back_no_terms_that_hold() -> None:
    told = story(*adopted, amend(REGION, title=words("A tram by 2031")))
    agreed_by_all = told.after(ask(asked.AgreeAmendment, amendment=1), agree_too)
    agreed_by_all.when(ask(asked.WithdrawFromCommitment, REGION)).then(happened.PartyWithdrew(REGION, False))


def test_who_is_alone_amends_alone() -> None:
    story(*adopted_alone).when(new_title).then(
        happened.AmendmentProposed(1, CITY, new_title.changes, ()),
        happened.CommitmentAmended(new_title.changes, 1),
    )


def test_terms_can_be_amended_while_they_are_agreed() -> None:
    new_day = replace(STEP, due_on=IN_2029)
    told = story(propose_alone, add_milestone).when(amend(milestones=(NewMilestone(1, new_day),)))
    changes = Changes(milestones=(NewMilestone(1, new_day),))
    told.then(happened.AmendmentProposed(1, CITY, changes, ()), happened.CommitmentAmended(changes, 1))


def test_a_target_that_moves_keeps_its_first_terms_in_the_records() -> None:
    moved = replace(END, value=Quantity("40", "t CO2e"))
    told = story(*adopted_alone, amend(targets=(NewTarget(1, moved),)))
    assert commitment(told).targets == (moved,)
    assert happened.TargetSet(1, END) in told.history
    assert told.history[-1] == happened.CommitmentAmended(Changes(targets=(NewTarget(1, moved),)), 1)


def test_the_clock_of_a_step_that_moves_starts_anew() -> None:
    later = date(2027, 1, 4)
    moved = NewMilestone(1, replace(STEP, due_on=IN_2029))
    story(*adopted_alone).when(amend(CITY, later, milestones=(moved,))).then(
        happened.AmendmentProposed(1, CITY, Changes(milestones=(moved,)), ()),
        happened.CommitmentAmended(Changes(milestones=(moved,)), 1),
        happened.DeadlineVoided(3),
        starts(5, Due.MILESTONE, IN_2029, on=later, about=1),
    )


def test_a_missed_step_gets_a_new_day_by_amendment() -> None:
    after = date(2028, 7, 3)
    moved = NewMilestone(1, replace(STEP, due_on=IN_2029))
    told = story(*adopted_alone, miss(3, after), amend(CITY, after, milestones=(moved,)))
    assert commitment(told).milestones[0].standing is Standing.OPEN
    assert told.history[-1] == starts(5, Due.MILESTONE, IN_2029, on=after, about=1)


def test_the_day_of_review_moves_with_the_end() -> None:
    changes = Changes(ends_on=PartialDate("2032"))
    story(*adopted_alone).when(amend(ends_on=PartialDate("2032"))).then(
        happened.AmendmentProposed(1, CITY, changes, ()),
        happened.CommitmentAmended(changes, 1),
        happened.DeadlineVoided(4),
        starts(5, Due.RESULTS_REVIEW, date(2033, 5, 2), None, on=date(2032, 12, 31)),
    )


def test_an_end_that_moves_closes_the_window_of_assessment_until_its_day() -> None:
    open_again = story(*adopted_alone, miss(4, date(2031, 5, 1)))
    assert commitment(open_again).window_open
    moved = open_again.after(amend(CITY, date(2031, 5, 2), ends_on=PartialDate("2035")))
    assert not commitment(moved).window_open


def test_an_amendment_names_what_it_changes_and_nothing_else() -> None:
    for changes in (
        {},
        {"title": words("A tram by 2030")},
        {"description": words("A tram for all quarters"), "title": words("Another")},
        {"ends_on": PartialDate("2030")},
        {"targets": (NewTarget(1, END),)},
        {"milestones": (NewMilestone(1, STEP),)},
    ):
        story(*adopted_alone).when(amend(**changes)).then_refused("nothing-changed")


def test_an_amendment_names_each_thing_once() -> None:
    first, second = replace(STEP, due_on=IN_2029), replace(STEP, due_on=date(2029, 9, 3))
    twice = amend(milestones=(NewMilestone(1, first), NewMilestone(1, second)))
    story(*adopted_alone).when(twice).then_refused("changed-twice", "changes.milestones")


def test_an_amendment_names_what_is_there() -> None:
    story(*adopted_alone).when(amend(targets=(NewTarget(2, END),))).then_refused(
        "no-such-target", "changes.targets.0.number"
    )
    story(*adopted_alone).when(amend(milestones=(NewMilestone(2, STEP),))).then_refused(
        "no-such-milestone", "changes.milestones.0.number"
    )


def test_a_completed_step_stays_as_it_was() -> None:
    done = ask(asked.CompleteMilestone, milestone=1)
    moved = amend(milestones=(NewMilestone(1, replace(STEP, due_on=IN_2029)),))
    story(*adopted_alone, done).when(moved).then_refused("milestone-completed", "changes.milestones.0.number")


def test_an_amended_step_still_comes_before_the_end() -> None:
    moved = amend(milestones=(NewMilestone(1, replace(STEP, due_on=date(2031, 1, 1))),))
    story(*adopted_alone).when(moved).then_refused("after-the-end", "changes.milestones.0.terms.due_on")
    story(*adopted_alone).when(amend(ends_on=PartialDate("2027"))).then_refused("after-the-end", "changes.ends_on")


def test_an_amended_end_is_not_before_the_beginning() -> None:
    begun = replace(propose_alone, starts_on=PartialDate("2026"))
    story(begun).when(amend(ends_on=PartialDate("2025"))).then_refused("ends-before-start", "changes.ends_on")
    story(begun).when(amend(ends_on=PartialDate("9001"))).then_refused("date-too-far")


def test_amended_shares_still_sum_to_100() -> None:
    shared = replace(END, responsible=None, shares=(Share(CITY, 50), Share(REGION, 40)))
    story(*adopted).when(amend(targets=(NewTarget(1, shared),))).then_refused(
        "shares-not-100", "changes.targets.0.terms.shares"
    )


def test_an_amendment_burdens_only_units_that_are_bound() -> None:
    target = amend(targets=(NewTarget(1, replace(END, responsible=VILLAGE)),))
    story(*adopted).when(target).then_refused("not-a-party")
    invited = ask(asked.AddParty, unit=VILLAGE, part=Part.SUPPORTER)
    story(*adopted, invited).when(target).then_refused("not-a-party")
    step = amend(milestones=(NewMilestone(1, replace(STEP, responsible=VILLAGE)),))
    story(*adopted, invited).when(step).then_refused("not-a-party")


def test_an_amendment_does_not_take_away_what_it_could_be_checked_with() -> None:
    vague = amend(targets=(NewTarget(1, replace(END, baseline=None)),))
    refused = story(*adopted_alone).when(vague).then_refused("less-verifiable")
    assert refused.facts == {"missing": ("baseline",)}
    on_the_way = amend(targets=(NewTarget(1, replace(END, aim=Aim.INTERIM)),))
    story(*adopted_alone).when(on_the_way).then_refused("less-verifiable")
    story(*adopted, vague, agree).when(agree_too).then_refused("less-verifiable")


def test_before_adoption_terms_may_become_vaguer() -> None:
    vague = amend(targets=(NewTarget(1, replace(END, baseline=None)),))
    assert story(propose_alone, set_target).when(vague).refused is None


def test_terms_that_no_longer_fit_are_refused_when_the_last_agrees() -> None:
    moved = amend(milestones=(NewMilestone(1, replace(STEP, due_on=IN_2029)),))
    done = ask(asked.CompleteMilestone, milestone=1)
    refused = story(*adopted, moved, done, agree).when(agree_too).then_refused("milestone-completed")
    assert not refused.fields, "who agrees has said none of them"


def test_only_parties_amend() -> None:
    story(*adopted).when(amend(VILLAGE, title=words("No tram"))).then_refused("not-a-party")


def test_only_who_was_asked_answers_an_amendment() -> None:
    told = story(*adopted, new_title)
    told.when(ask(asked.AgreeAmendment, amendment=1)).then_refused("not-asked")
    told.after(agree).when(agree).then_refused("not-asked")
    told.when(ask(asked.RefuseAmendment, VILLAGE, amendment=1)).then_refused("not-asked")


def test_an_amendment_that_is_not_there_is_not_answered() -> None:
    story(*adopted).when(agree).then_refused("no-such-amendment")
    story(*adopted).when(refuse_amendment).then_refused("no-such-amendment")


def test_what_was_recorded_from_a_source_is_amended_by_its_maker() -> None:
    changes = Changes(ends_on=PartialDate("2045"))
    story(from_source).when(amend(ends_on=PartialDate("2045"))).then(
        happened.AmendmentProposed(1, CITY, changes, ()),
        happened.CommitmentAmended(changes, 1),
        happened.SourceConfirmed(CITY),
        starts(1, Due.PROGRESS, date(2027, 3, 2)),
        starts(2, Due.PLAN, date(2028, 3, 2)),
        starts(3, Due.RESULTS_REVIEW, date(2046, 4, 30), None, on=date(2045, 12, 31)),
    )


def test_what_was_confirmed_before_is_not_confirmed_again_by_an_amendment() -> None:
    story(from_source, ask(asked.ConfirmSource)).when(new_title).then(
        happened.AmendmentProposed(1, CITY, new_title.changes, ()), happened.CommitmentAmended(new_title.changes, 1)
    )


def test_what_has_ended_is_not_changed() -> None:
    ended = story(*adopted, ask_for_plan, new_title, withdraw)
    for command in (ask_for_plan, grant(REGION), refuse_extension, new_title, agree, refuse_amendment, withdraw):
        ended.when(command).then_refused("commitment-ended")


# --- withdrawing ---


def test_nobody_leaves_on_a_day_to_come() -> None:
    story(*adopted).when(replace(withdraw, effective_on=PartialDate("2027"))).then_refused("in-the-future")


def test_the_owners_withdrawal_ends_the_commitment_and_all_its_clocks() -> None:
    told = story(*adopted_alone)
    told.when(withdraw).then(
        happened.PartyWithdrew(CITY, True), *(happened.DeadlineVoided(number) for number in (1, 2, 3, 4))
    )
    assert commitment(told.after(withdraw)).stage is Stage.WITHDRAWN


def test_another_partys_withdrawal_ends_its_part_only() -> None:
    step = ask(asked.AddMilestone, REGION, milestone=replace(STEP, responsible=REGION))
    told = story(*agreed, step, adopt)
    told.when(ask(asked.WithdrawFromCommitment, REGION)).then(
        happened.PartyWithdrew(REGION, False), happened.DeadlineVoided(6)
    )
    assert commitment(told.after(ask(asked.WithdrawFromCommitment, REGION))).stage is Stage.ADOPTED


def test_what_waited_for_the_word_of_who_leaves_lapses() -> None:
    told = story(*adopted, ask_for_plan, new_title)
    told.when(ask(asked.WithdrawFromCommitment, REGION)).then(
        happened.PartyWithdrew(REGION, False),
        happened.ExtensionRefused(1, REGION),
        happened.AmendmentRefused(1, REGION),
    )


def test_what_does_not_wait_for_who_leaves_goes_on() -> None:
    leave = ask(asked.WithdrawFromCommitment, STATE)
    story(*adopted, ask_for_plan).when(leave).then(happened.PartyWithdrew(STATE, False))
    settled = story(*adopted, ask_for_plan, refuse_extension, new_title, refuse_amendment)
    settled.when(ask(asked.WithdrawFromCommitment, REGION)).then(happened.PartyWithdrew(REGION, False))
    joined = story(*adopted_by_two, ask(asked.AddParty, unit=VILLAGE, part=Part.FUNDER), new_title)
    joined = joined.after(ask(asked.AcceptParticipation, VILLAGE))
    joined.when(ask(asked.WithdrawFromCommitment, VILLAGE)).then(happened.PartyWithdrew(VILLAGE, False))


def test_a_proposal_can_be_withdrawn_too() -> None:
    story(propose_alone).when(withdraw).then(happened.PartyWithdrew(CITY, True))


def test_who_leaves_before_adoption_takes_the_agreement_along() -> None:
    told = story(propose_shared, accept, ask(asked.WithdrawFromCommitment, REGION))
    assert commitment(told).stage is Stage.PROPOSED
    told.when(adopt).then_refused("acceptance-missing")


def test_who_was_only_invited_declines_rather_than_withdraws() -> None:
    story(propose_shared).when(ask(asked.WithdrawFromCommitment, REGION)).then_refused("not-a-party")


def test_who_left_can_be_invited_again() -> None:
    left = story(*adopted, ask(asked.WithdrawFromCommitment, REGION))
    left.when(report(10, REGION)).then_refused("not-a-party")
    assert left.when(ask(asked.AddParty, unit=REGION, part=Part.FUNDER)).refused is None


def test_whatever_overrides_ends_or_extends_needs_reasons() -> None:
    needed = {name for name, by in COMMITMENTS.commands.items() if by.reasons}
    assert needed == {
        "contest-source", "decline", "correct-progress", "contest-report", "request-extension", "refuse-extension",
        "propose-amendment", "refuse-amendment", "withdraw", "contest-assessment", "close", "withdraw-dependency",
    }  # fmt: skip


def test_signatories_bind_their_units() -> None:
    for name in ("grant-extension", "refuse-extension", "agree-amendment", "refuse-amendment", "withdraw"):
        assert COMMITMENTS.commands[name].roles == (Role.AUTHORISED_SIGNATORY,)
