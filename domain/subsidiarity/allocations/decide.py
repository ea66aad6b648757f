"""What each command means: one line each, exhaustive."""

from collections.abc import Sequence
from typing import assert_never

from domain.subsidiarity.allocations import asking, checks, clocks, correcting, deciding
from domain.subsidiarity.allocations import commands as asked
from domain.subsidiarity.allocations.commands import Command
from domain.subsidiarity.allocations.events import Event
from domain.subsidiarity.allocations.state import State


def decide(command: Command, state: State) -> Sequence[Event]:
    """The events a command makes, or Refused. New deadlines are numbered on from those there are."""
    return checks.numbered(state, _decided(command, state))


def _decided(command: Command, state: State) -> Sequence[Event]:
    match command:
        case asked.RequestDecision():
            return asking.request(command, state)
        case asked.CorrectRequest():
            return correcting.correct(command, state)
        case asked.SubmitGrid():
            return asking.submit(command, state)
        case asked.ProposeAllocation():
            return asking.propose(command, state)
        case asked.ObjectToAllocation():
            return asking.object_to(command, state)
        case asked.AttachCapacityPlan():
            return asking.plan(command, state)
        case asked.DecideAllocation():
            return deciding.decide(command, state)
        case asked.ScheduleRevisit():
            return deciding.schedule(command, state)
        case asked.RevisitDecision():
            return deciding.revisit(command, state)
        case asked.RecordPowerByLaw():
            return deciding.held_by_law(command, state)
        case asked.CorrectPowerByLaw():
            return correcting.correct_power(command, state)
        case asked.WithdrawRequest():
            return asking.withdraw(command, state)
        case asked.RecordMandate():
            return clocks.follow(command, state)
        case asked.PassDeadline():
            return clocks.passed(command, state)
        case _:
            assert_never(command)
