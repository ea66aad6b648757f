"""Guards that decisions on an allocation share. Each refuses, or gives back what it found."""

from collections.abc import Sequence
from datetime import date

from domain import deadlines
from domain.guards import alive, counted
from domain.kernel import Refused, Sphere, UnitId
from domain.subsidiarity.allocations import commands as asked
from domain.subsidiarity.allocations.events import Event
from domain.subsidiarity.allocations.state import Absent, Allocation, State
from domain.subsidiarity.allocations.words import DECIDED, UNDECIDED, Asked, Stage


def there(state: State) -> Allocation:
    """The allocation; Refused `no-such-allocation` if nobody asked."""
    if isinstance(state, Absent):
        raise Refused("no-such-allocation", "Nobody asked for such a decision.")
    return state


def standing(state: State) -> Allocation:
    """The question, decided or not; Refused `request-withdrawn` if it was taken back."""
    found = there(state)
    if found.stage is Stage.WITHDRAWN:
        raise Refused("request-withdrawn", "The question was taken back.")
    return found


def undecided(state: State) -> Allocation:
    """The question while it is open; Refused `decided-already` afterwards."""
    found = standing(state)
    if found.stage not in UNDECIDED:
        raise Refused("decided-already", "This has been decided; the decision can be revisited.")
    return found


def decided(state: State) -> Allocation:
    """The question once it is decided; Refused `not-decided` before."""
    found = standing(state)
    if found.stage not in DECIDED:
        raise Refused("not-decided", "This has not been decided yet.")
    return found


def act_on(command: asked.ByUnit, since: date) -> date:
    """The day an act counts from; Refused if the unit was not there, or if it is to come or before what it follows."""
    alive(command.acting, command.effective_on)
    day = counted(command.effective_on, command.today)
    if day < since:
        raise Refused(
            "before-its-cause",
            f"What it follows counts from {since}, after that day.",
            since=since,
            fields=("effective_on",),
        )
    return day


def asked_for(state: Allocation, unit: UnitId) -> Asked:
    """The unit among those asked; Refused `not-asked` otherwise."""
    found = next((one for one in state.asked if one.unit == unit), None)
    if found is None:
        raise Refused("not-asked", "This is for the units that were asked.", unit=unit)
    return found


def candidate(state: Allocation, sphere: Sphere, field: str = "sphere") -> Sphere:
    """Refused `not-a-candidate` if nobody asked whether the sphere that a field names should act."""
    if sphere not in state.candidates:
        raise Refused(
            "not-a-candidate",
            f"The question is not whether the {sphere} sphere should act.",
            sphere=sphere,
            fields=(field,),
        )
    return sphere


def numbered(state: State, events: Sequence[Event]) -> Sequence[Event]:
    """The events with their new deadlines numbered on from those there are."""
    return deadlines.numbered(0 if isinstance(state, Absent) else len(state.deadlines), events)
