"""Guards that decisions on a review share. Each refuses, or gives back what it found."""

from collections.abc import Sequence
from datetime import date

from domain import deadlines
from domain.deadlines import Standing
from domain.guards import alive, counted
from domain.kernel import Refused
from domain.subsidiarity.reviews import commands as asked
from domain.subsidiarity.reviews.events import Event
from domain.subsidiarity.reviews.state import Absent, DeadlineState, Review, State
from domain.subsidiarity.reviews.words import BEFORE_CLOSING, FALLEN, Due, Stage


def there(state: State) -> Review:
    """The review; Refused `no-such-review` if nothing was opened."""
    if isinstance(state, Absent):
        raise Refused("no-such-review", "No such review has been opened.")
    return state


def standing(state: State) -> Review:
    """The review of a draft that still stands; Refused `draft-fallen` if it was withdrawn or ended by a vote."""
    found = there(state)
    if found.stage in FALLEN:
        raise Refused("draft-fallen", f"The draft has fallen: it was {found.stage}.", stage=found.stage)
    return found


def before_closing(state: State) -> Review:
    """The review while opinions still count; Refused `scrutiny-closed` afterwards."""
    found = standing(state)
    if found.stage not in BEFORE_CLOSING:
        raise Refused("scrutiny-closed", "Scrutiny of this draft is closed.", stage=found.stage)
    return found


def running(state: State) -> tuple[Review, int, DeadlineState]:
    """The review whose clock has started, with the number and state of that clock."""
    found = before_closing(state)
    clock = found.clock(Due.SCRUTINY)
    if found.stage is Stage.OPENED or clock is None:
        raise Refused("not-transmitted", "The clock starts when the last language version has been sent.")
    return found, *clock


def open_on(command: asked.ByUnit, state: Review) -> date:
    """The day an act counts from; Refused if the unit was not there, or if it is to come or before the opening."""
    alive(command.acting, command.effective_on)
    day = counted(command.effective_on, command.today)
    if day < state.opened_on:
        raise Refused(
            "before-opening", f"The review was opened on {state.opened_on}, after that day.", fields=("effective_on",)
        )
    return day


def not_over(one: DeadlineState, day: date) -> None:
    """Refused `deadline-passed` if the clock has already run out by that day."""
    if one.standing is not Standing.SUSPENDED and day > one.due_on:
        raise Refused("deadline-passed", f"The clock ran out on {one.due_on}.", due_on=one.due_on)


def numbered(state: State, events: Sequence[Event]) -> Sequence[Event]:
    """The events with their new deadlines numbered on from those there are."""
    return deadlines.numbered(0 if isinstance(state, Absent) else len(state.deadlines), events)
