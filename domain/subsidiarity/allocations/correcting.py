"""What was asked wrongly is put right by whoever asked."""

from collections.abc import Sequence

from domain.correcting import not_relied_on, put_right, same_document
from domain.guards import alive, counted
from domain.kernel import PartialDate
from domain.subsidiarity.allocations import commands as asked
from domain.subsidiarity.allocations.checks import there
from domain.subsidiarity.allocations.events import Event, RequestCorrected
from domain.subsidiarity.allocations.state import State
from domain.subsidiarity.allocations.words import UNDECIDED


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
