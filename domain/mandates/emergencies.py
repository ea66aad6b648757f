"""Power that is taken over in an emergency: for a time that is said at once, longer only by a majority, then back.

What Siracusa principles and constitutions agree on: an emergency has an end (Spain 15 days, art. 116; South Africa 21,
s. 37), is prolonged before that by those who represent the people, with a majority that may rise, and what was taken
over returns by itself. The numbers are those of the policy `emergency`.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from domain.guards import alive, counted
from domain.kernel import Policy, Refused
from domain.mandates import clocks
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.checks import in_force
from domain.mandates.events import Event
from domain.mandates.state import Mandate, State, Suspension
from domain.mandates.words import Due, Pause

NO_MOST = "none"


def ends_in_time(state: Mandate, day: date, until: date | None) -> None:
    """Refused `ends-before-start` unless a suspension that begins on that day has its last day within the term."""
    if until is not None and not day <= until <= (state.ends_on or date.max):
        raise Refused("ends-before-start", "A suspension ends after it begins, and not after the mandate.")


def for_a_time(command: asked.SuspendMandate, day: date) -> None:
    """Refused `end-missing` or `emergency-too-long`: the first span is short, both days included."""
    if command.until is None:
        raise Refused("end-missing", "What is taken over in an emergency returns by itself: say on which last day.")
    for law in command.emergency:
        most = law.whole("initial_days")
        if (command.until - day).days >= most:
            last = day + timedelta(days=most - 1)
            reason = f"In an emergency it is suspended until {last} at most; the legislature or council may prolong it."
            raise Refused("emergency-too-long", reason, policy=law.grounds("initial_days"), latest=last)


def prolong(command: asked.ProlongSuspension, state: State) -> Sequence[Event]:
    """Before its end, and each time anew."""
    found = in_force(state)
    alive(command.acting, command.effective_on)
    day = counted(command.effective_on, command.today)
    suspension = _emergency(found)
    last = suspension.until
    assert last is not None, "what is prolonged has a last day"
    if command.until == last:
        return []
    _in_time(command, max(day, command.today), last)
    ends_in_time(found, suspension.since, command.until)
    for law in command.emergency:
        _not_too_long(command, law, last)
        _by_majority(command, law, suspension.prolonged)
    prolonged = happened.SuspensionProlonged(
        suspension.prolonged + 1, command.until, command.resolution, command.in_favour, command.members
    )
    moved = [
        happened.DeadlineMoved(number, command.until)
        for number, _ in clocks.numbers(found, (Due.SUSPENSION,), clocks.RUNNING)
    ]
    return [prolonged, *moved]


def _emergency(state: Mandate) -> Suspension:
    if state.suspension is None or state.suspension.ground is not Pause.EMERGENCY:
        raise Refused("no-emergency", "Only what is suspended in an emergency is prolonged by a majority.")
    if state.suspension.until is None:
        raise Refused("nothing-to-prolong", "It is suspended without a last day; its giver restores it.")
    return state.suspension


def _in_time(command: asked.ProlongSuspension, day: date, last: date) -> None:
    if command.until < last:
        raise Refused("nothing-to-prolong", f"It is suspended until {last} already; it can be restored before.")
    if day > last:
        reason = f"Its last day, {last}, has passed: what was taken over has come back."
        raise Refused("prolonged-too-late", reason)


def _not_too_long(command: asked.ProlongSuspension, law: Policy, last: date) -> None:
    most = law.text("max_extension_days")
    if most != NO_MOST and (command.until - last).days > int(most):
        latest = last + timedelta(days=int(most))
        grounds = law.grounds("max_extension_days")
        raise Refused("prolonged-too-long", f"It is prolonged until {latest} at most.", policy=grounds, latest=latest)


def _by_majority(command: asked.ProlongSuspension, law: Policy, times: int) -> None:
    """More than half of the members, and at least the share that the law asks for at that time."""
    if command.in_favour > command.members:
        raise Refused("votes-do-not-add-up", "No more members vote for it than there are.")
    shares = [part.strip() for part in law.text("majorities").split(",")]
    share = shares[min(times, len(shares) - 1)]
    if 2 * command.in_favour <= command.members or command.in_favour < Fraction(share) * command.members:
        reason = f"To prolong it takes more than half of the members, and a share of at least {share} of them."
        raise Refused("majority-missing", reason, policy=law.grounds("majorities"))
