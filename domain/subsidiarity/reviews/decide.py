"""What each command means: one line each, exhaustive."""

from collections.abc import Sequence
from typing import assert_never

from domain.subsidiarity.reviews import checks, clocks, correcting, deciding, opening, opining
from domain.subsidiarity.reviews import commands as asked
from domain.subsidiarity.reviews.commands import Command
from domain.subsidiarity.reviews.events import Event
from domain.subsidiarity.reviews.state import State


def decide(command: Command, state: State) -> Sequence[Event]:
    """The events a command makes, or Refused. New deadlines are numbered on from those there are."""
    return checks.numbered(state, _decided(command, state))


def _decided(command: Command, state: State) -> Sequence[Event]:
    match command:
        case asked.OpenReview():
            return opening.open_review(command, state)
        case asked.AttachJustification():
            return opening.attach(command, state)
        case asked.CorrectReview():
            return correcting.correct(command, state)
        case asked.CompleteTransmission():
            return clocks.transmit(command, state)
        case asked.ExtendForTranslation():
            return clocks.extend(command, state)
        case asked.SuspendClock():
            return clocks.suspend(command, state)
        case asked.ResumeClock():
            return clocks.resume(command, state)
        case asked.SubmitReasonedOpinion():
            return opining.submit(command, state)
        case asked.SubmitContribution():
            return opining.contribute(command, state)
        case asked.WithdrawOpinion():
            return opining.withdraw(command, state)
        case asked.DecideAfterReview():
            return deciding.decide_after(command, state)
        case asked.RecordOverrideVote():
            return deciding.override(command, state)
        case asked.RecordCourtAction():
            return deciding.go_to_court(command, state)
        case asked.PassDeadline():
            return clocks.passed(command, state)
        case asked.RecordNewReview():
            return deciding.follow(command, state)
        case _:
            assert_never(command)
