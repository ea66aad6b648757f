"""What was asked wrongly is put right by whoever asked; what was recorded wrongly of the law, by whoever decided."""

from collections.abc import Sequence

from domain.correcting import not_relied_on, put_right, same_document
from domain.deadlines import Standing
from domain.guards import alive, counted
from domain.kernel import EventName, PartialDate, Refused
from domain.subsidiarity.allocations import commands as asked
from domain.subsidiarity.allocations.checks import decided, there
from domain.subsidiarity.allocations.events import (
    AllocationDeadlineSet,
    Event,
    PowerByLawCorrected,
    RequestCorrected,
)
from domain.subsidiarity.allocations.state import Allocation, State
from domain.subsidiarity.allocations.words import UNDECIDED, Due


def correct(command: asked.CorrectRequest, state: State) -> Sequence[Event]:
    """The matter only names the question; grids, proposals and the decision answer to what has to be done."""
    found = there(state)
    alive(command.acting, PartialDate(command.today))
    counted(command.effective_on, command.today)
    before, after = put_right(command.corrects, command.changes, found, command.stream)
    if found.grids or found.proposals or found.stage not in UNDECIDED:
        instead = "withdraw it, and ask anew" if found.stage in UNDECIDED else "ask anew; a decision can be revisited"
        not_relied_on(after, ("description",), f"The question was answered as it stood: {instead}.")
        same_document(before.document, after.document, "The question was answered on that paper.")
    return [RequestCorrected(command.corrects, before, after)]


def correct_power(command: asked.CorrectPowerByLaw, state: State) -> Sequence[Event]:
    """A power that nobody held carried nothing out: unless something else does, a mandate is due as it was before."""
    found = decided(state)
    alive(command.acting, PartialDate(command.today))
    counted(command.effective_on, command.today)
    named = {EventName.at(command.stream, one.version): one for one in found.powers}
    wrong = named.get(command.corrects)
    if wrong is None:
        stands = ", ".join(named) or "none does, as things stand"
        reason = f"No record of that name says who holds the power by law; those that do: {stands}."
        raise Refused("no-such-power", reason, fields=("corrects",))
    corrected = PowerByLawCorrected(command.corrects, wrong.holder)
    carried_out = len(found.powers) > 1 or bool(found.mandates)
    return [corrected] if carried_out else [corrected, *_due_again(found)]


def _due_again(state: Allocation) -> Sequence[Event]:
    """On the day that was set when it was decided; if that has passed, the clock says so."""
    met = state.waiting(Due.MANDATE, Standing.MET)
    return [
        AllocationDeadlineSet(0, one.kind, one.starts_on, one.due_on, one.policy, one.calendar, one.unit)
        for _, one in met[-1:]
    ]
