"""What each command means: one line each, exhaustive."""

from collections.abc import Sequence
from typing import assert_never

from domain.mandates import checks, clocks, correcting, emergencies, ending, entrusting, exercising, funding, territory
from domain.mandates import commands as asked
from domain.mandates.commands import Command
from domain.mandates.events import Event
from domain.mandates.state import State


def decide(command: Command, state: State) -> Sequence[Event]:
    """The events a command makes, or Refused. New deadlines are numbered on from those there are."""
    if isinstance(command, asked.ByUnit):
        checks.after_draft(state, command.effective_on, command.today)
    if isinstance(command, asked.Standing):
        command = correcting.as_drafted(command, state)
    return checks.numbered(state, _decided(command, state))


def _decided(command: Command, state: State) -> Sequence[Event]:
    match command:
        case asked.DraftMandate() | asked.SubDelegate():
            return entrusting.draft(command, state)
        case asked.RecordConsultation():
            return entrusting.consult(command, state)
        case asked.AttachCostEstimate():
            return funding.attach(command, state)
        case asked.CommitFunding():
            return funding.commit(command, state)
        case asked.CorrectMandate():
            return correcting.correct(command, state)
        case asked.OfferMandate():
            return entrusting.offer(command, state)
        case asked.AcceptMandate():
            return entrusting.accept(command, state)
        case asked.AcceptWithReservations():
            return entrusting.accept_with_reservations(command, state)
        case asked.AgreeReservations():
            return entrusting.agree_reservations(command, state)
        case asked.DeclineMandate():
            return entrusting.decline(command, state)
        case asked.WithdrawMandate():
            return entrusting.withdraw(command, state)
        case asked.ActivateMandate():
            return exercising.activate(command, state)
        case asked.ReportExercise():
            return exercising.report(command, state)
        case asked.SuspendMandate():
            return exercising.suspend(command, state)
        case asked.ProlongSuspension():
            return emergencies.prolong(command, state)
        case asked.AgreeSuspension():
            return exercising.agree_suspension(command, state)
        case asked.RestoreMandate():
            return exercising.restore(command, state)
        case asked.GiveRevocationNotice():
            return ending.give_notice(command, state)
        case asked.WithdrawNotice():
            return ending.withdraw_notice(command, state)
        case asked.AgreeRevocation():
            return ending.agree_revocation(command, state)
        case asked.RecordHearing():
            return ending.hear(command, state)
        case asked.RevokeMandate():
            return ending.revoke(command, state)
        case asked.ReturnMandate():
            return ending.give_back(command, state)
        case asked.RenewMandate():
            return exercising.renew(command, state)
        case asked.AcceptRenewal():
            return exercising.accept_renewal(command, state)
        case asked.SupersedeMandate():
            return ending.supersede(command, state)
        case asked.PassDeadline():
            return clocks.passed(command, state)
        case asked.RecordSubDelegation():
            return exercising.record_sub_delegation(command, state)
        case asked.FollowParent():
            return ending.follow(command, state)
        case asked.LapseMandate():
            return ending.lapse(command, state)
        case asked.SucceedParty():
            return ending.succeed(command, state)
        case asked.FollowTerritory():
            return territory.follow(command, state)
        case _:
            assert_never(command)
