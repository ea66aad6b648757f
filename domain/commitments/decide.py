"""What each command means: one line each, exhaustive."""

from collections.abc import Sequence
from typing import assert_never

from domain.commitments import agreeing, changing, checks, clocks, depending, doing, judging, succession
from domain.commitments import commands as asked
from domain.commitments.commands import Command
from domain.commitments.events import Event
from domain.commitments.state import State
from domain.guards import alive

BY_NO_UNIT = (
    asked.ProposeCommitment,
    asked.RecordFromSource,
    asked.UpdateFromSource,
    asked.MissDeadline,
    asked.LoseMandate,
    asked.SucceedParty,
)
"""Commands that speak of a unit rather than for one, or that the register gives itself."""


def decide(command: Command, state: State) -> Sequence[Event]:
    """The events a command makes, or Refused. New deadlines are numbered on from those there are."""
    if not isinstance(command, BY_NO_UNIT):
        alive(command.acting, command.effective_on)
    return checks.numbered(state, _decided(command, state))


def _decided(command: Command, state: State) -> Sequence[Event]:
    match command:
        case asked.ProposeCommitment():
            return agreeing.propose(command, state)
        case asked.RecordFromSource():
            return agreeing.record_from_source(command, state)
        case asked.UpdateFromSource():
            return agreeing.update_from_source(command, state)
        case asked.ConfirmSource():
            return agreeing.confirm_source(command, state)
        case asked.ContestSource():
            return agreeing.contest_source(command, state)
        case asked.AddParty():
            return agreeing.add_party(command, state)
        case asked.AcceptParticipation():
            return agreeing.accept(command, state)
        case asked.DeclineParticipation():
            return agreeing.decline(command, state)
        case asked.SetTarget():
            return agreeing.set_target(command, state)
        case asked.AddMilestone():
            return agreeing.add_milestone(command, state)
        case asked.PledgeResource():
            return agreeing.pledge(command, state)
        case asked.RestOnMandate():
            return agreeing.rest_on(command, state)
        case asked.AdoptCommitment():
            return agreeing.adopt(command, state)
        case asked.ReportProgress():
            return doing.report(command, state)
        case asked.CorrectProgress():
            return doing.correct(command, state)
        case asked.ConfirmReport():
            return doing.confirm_report(command, state)
        case asked.ContestReport():
            return doing.contest_report(command, state)
        case asked.CompleteMilestone():
            return doing.complete_milestone(command, state)
        case asked.ConfirmMilestone():
            return doing.confirm_milestone(command, state)
        case asked.DeliverReport():
            return doing.deliver(command, state)
        case asked.AttachEvidence():
            return doing.attach(command, state)
        case asked.RequestExtension():
            return changing.request_extension(command, state)
        case asked.GrantExtension():
            return changing.grant_extension(command, state)
        case asked.RefuseExtension():
            return changing.refuse_extension(command, state)
        case asked.ProposeAmendment():
            return changing.propose_amendment(command, state)
        case asked.AgreeAmendment():
            return changing.agree_amendment(command, state)
        case asked.RefuseAmendment():
            return changing.refuse_amendment(command, state)
        case asked.WithdrawFromCommitment():
            return changing.withdraw(command, state)
        case asked.AssessVerifiability():
            return judging.assess_verifiability(command, state)
        case asked.AssessPotential():
            return judging.assess_potential(command, state)
        case asked.AssessCompletion():
            return judging.assess_completion(command, state)
        case asked.AssessEarlyResults():
            return judging.assess_early_results(command, state)
        case asked.ContestAssessment():
            return judging.contest_assessment(command, state)
        case asked.CloseCommitment():
            return judging.close(command, state)
        case asked.DependOn():
            return depending.depend_on(command, state)
        case asked.WithdrawDependency():
            return depending.withdraw(command, state)
        case asked.MissDeadline():
            return clocks.miss(command, state)
        case asked.LoseMandate():
            return changing.lose_mandate(command, state)
        case asked.SucceedParty():
            return succession.succeed(command, state)
        case _:
            assert_never(command)
