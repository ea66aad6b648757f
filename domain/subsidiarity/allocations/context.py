"""The one value that the context of allocations exports."""

from typing import Any, get_args

from domain.kernel import By, Context, Decider, Role, UnitId, officers_of
from domain.subsidiarity.allocations import commands as asked
from domain.subsidiarity.allocations.decide import decide
from domain.subsidiarity.allocations.events import Event
from domain.subsidiarity.allocations.state import Absent, Allocation, evolve

OFFICER = (Role.LIAISON_OFFICER, Role.AUTHORISED_SIGNATORY)
SIGNATORY = (Role.AUTHORISED_SIGNATORY,)
NOBODY: frozenset[UnitId] = frozenset()


def _home(command: Any, state: Any) -> UnitId | None:
    """The law, the calendar and the day of the territory apply."""
    return state.territory if isinstance(state, Allocation) else command.territory


@officers_of("the unit that asked")
def _requester(command: Any, state: Any) -> frozenset[UnitId]:
    return frozenset({state.requester}) if isinstance(state, Allocation) else NOBODY


@officers_of("the unit that decides")
def _decider(command: Any, state: Any) -> frozenset[UnitId]:
    return frozenset({state.decider}) if isinstance(state, Allocation) else NOBODY


@officers_of("a unit that was asked for its grid")
def _asked(command: Any, state: Any) -> frozenset[UnitId]:
    return frozenset(one.unit for one in state.asked) if isinstance(state, Allocation) else NOBODY


@officers_of("the unit that asked, of the one that decides, or of one that was asked for its grid")
def _concerned(command: Any, state: Any) -> frozenset[UnitId]:
    return _requester(command, state) | _decider(command, state) | _asked(command, state)


ALLOCATIONS = Context(
    name="allocations",
    says="Which sphere should act on a matter in a territory: grids, proposals, objections, decisions, second looks.",
    rules="allocations.3",
    decider=Decider(initial=Absent(), decide=decide, evolve=evolve),
    commands={
        "request": By(asked.RequestDecision, OFFICER, acting_for="requester", starts=True),
        "correct": By(asked.CorrectRequest, OFFICER, acting_for=_requester, reasons=True),
        "submit-grid": By(asked.SubmitGrid, OFFICER, acting_for=_asked),
        "propose": By(asked.ProposeAllocation, OFFICER, acting_for=_concerned),
        "object": By(asked.ObjectToAllocation, OFFICER, acting_for=_asked),
        "attach-capacity-plan": By(asked.AttachCapacityPlan, OFFICER, acting_for=_concerned),
        "decide": By(asked.DecideAllocation, SIGNATORY, acting_for=_decider, reasons=True),
        "schedule-revisit": By(asked.ScheduleRevisit, OFFICER, acting_for=_decider),
        "revisit": By(asked.RevisitDecision, SIGNATORY, acting_for=_decider, reasons=True),
        "record-power-by-law": By(asked.RecordPowerByLaw, SIGNATORY, acting_for=_decider),
        "correct-power-by-law": By(asked.CorrectPowerByLaw, SIGNATORY, acting_for=_decider, reasons=True),
        "withdraw": By(asked.WithdrawRequest, OFFICER, acting_for=_requester, reasons=True),
        "record-mandate": By(asked.RecordMandate),
        "pass-deadline": By(asked.PassDeadline),
    },
    events=get_args(Event),
    home=_home,
    clock="pass-deadline",
)
