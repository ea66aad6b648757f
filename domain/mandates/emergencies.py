"""Power that is taken over in an emergency: for a time that is said at once, longer only by a majority, then back.

What Siracusa principles and constitutions agree on: an emergency has an end (Spain 15 days, art. 116; South Africa 21,
s. 37), is prolonged before that by those who represent the people, with a majority that may rise, and what was taken
over returns by itself. The numbers are those of the policy `emergency`.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from domain.deadlines import numbers
from domain.guards import alive, counted
from domain.kernel import Policy, Refused
from domain.mandates import clocks
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.checks import in_force
from domain.mandates.events import Event
from domain.mandates.state import Mandate, State, Suspension
from domain.mandates.words import Due, Pause, Vote

NO_MOST = "none"


def ends_in_time(state: Mandate, day: date, until: date | None, *fields: str) -> None:
    """Refused `ends-before-start` unless a suspension that begins on that day has its last day within the term."""
    if until is not None and not day <= until <= (state.ends_on or date.max):
        raise Refused(
            "ends-before-start", "A suspension ends after it begins, and not after the mandate.", fields=fields
        )


def for_a_time(command: asked.SuspendMandate, state: Mandate, day: date) -> Sequence[Event]:
    """The first days are few, and are the giver's alone once until the emergency is reviewed; else it takes a majority.

    What was said of days that are over counts, also where it came back before: what is declared anew goes on from it.
    Refused `end-missing`, `emergency-too-long`, `emergency-again`.
    """
    if command.ground is not Pause.EMERGENCY:
        if command.vote is not None:
            raise Refused("no-emergency", "Only what is suspended in an emergency takes a majority.", fields=("vote",))
        return []
    if command.until is None:
        raise Refused(
            "end-missing",
            "What is taken over in an emergency returns by itself: say on which last day.",
            fields=("until",),
        )
    times = _times(state, command.emergency, day)
    for law in command.emergency:
        last = _alone_until(state, law, day)
        if command.vote is not None:
            _not_too_long(command.until, law, last)
            _by_majority(command.vote, law, times, "vote.in_favour", "vote.members")
        elif command.until > last:
            raise _too_long(state, law, day, last)
    if command.vote is None:
        return []
    vote = command.vote
    return [happened.SuspensionProlonged(times + 1, command.until, vote.resolution, vote.in_favour, vote.members)]


def _going_on(state: Mandate, law: Policy, day: date) -> Sequence[Suspension]:
    """The emergencies that are the same as one declared on that day: each began before the one before was reviewed."""
    found = []
    for one in sorted(state.emergencies, key=_last_day, reverse=True):
        if day <= _on(_last_day(one), law.whole("review_days")):
            found.append(one)
            day = min(day, one.since)
    return found


def _last_day(one: Suspension) -> date:
    assert one.until is not None, "what is over had a last day"
    return one.until


def _on(day: date, days: int) -> date:
    """So many days later, or the end of the calendar: a policy may name any number."""
    return day + timedelta(days=min(days, (date.max - day).days))


def _times(state: Mandate, laws: Sequence[Policy], day: date) -> int:
    """How often the legislature or council has prolonged it by now."""
    return max((one.prolonged for law in laws for one in _going_on(state, law, day)), default=0)


def _alone_until(state: Mandate, law: Policy, day: date) -> date:
    """The last day up to which the giver decides alone; the day before where none of the first days is left."""
    declared = sum((_last_day(one) - one.since).days + 1 for one in _going_on(state, law, day))
    return _on(day, max(law.whole("initial_days") - declared, 0) - 1)


def _too_long(state: Mandate, law: Policy, day: date, last: date) -> Refused:
    grounds = law.grounds("initial_days")
    if last < day:
        over = max(map(_last_day, _going_on(state, law, day)))
        earliest = _on(over, law.whole("review_days") + 1)
        reason = (
            "It was suspended in an emergency for as many days as the giver has alone, and that is not reviewed yet: "
            f"before {earliest} only the legislature or council suspends it again. Name what it agreed to in `vote`."
        )
        return Refused("emergency-again", reason, policy=grounds, earliest=earliest, fields=("vote",))
    reason = f"In an emergency it is suspended until {last} at most; the legislature or council may prolong it."
    return Refused("emergency-too-long", reason, policy=grounds, latest=last, fields=("until",))


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
    ends_in_time(found, suspension.since, command.until, "until")
    times = max(suspension.prolonged, _times(found, command.emergency, suspension.since))
    vote = Vote(command.resolution, command.in_favour, command.members)
    for law in command.emergency:
        _not_too_long(command.until, law, last)
        _by_majority(vote, law, times, "in_favour", "members")
    prolonged = happened.SuspensionProlonged(
        times + 1, command.until, command.resolution, command.in_favour, command.members
    )
    moved = [
        happened.DeadlineMoved(number, command.until) for number, _ in numbers(found, (Due.SUSPENSION,), clocks.RUNNING)
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
        raise Refused(
            "nothing-to-prolong", f"It is suspended until {last} already; it can be restored before.", fields=("until",)
        )
    if day > last:
        reason = f"Its last day, {last}, has passed: what was taken over has come back."
        raise Refused("prolonged-too-late", reason)


def _not_too_long(until: date, law: Policy, last: date) -> None:
    most = law.text("max_extension_days")
    if most != NO_MOST and (until - last).days > int(most):
        latest = last + timedelta(days=int(most))
        grounds = law.grounds("max_extension_days")
        raise Refused(
            "prolonged-too-long",
            f"It is prolonged until {latest} at most.",
            policy=grounds,
            latest=latest,
            fields=("until",),
        )


def _by_majority(vote: Vote, law: Policy, times: int, *fields: str) -> None:
    """More than half of the members, and at least the share that the law asks for at that time."""
    if vote.in_favour > vote.members:
        raise Refused("votes-do-not-add-up", "No more members vote for it than there are.", fields=fields)
    shares = [part.strip() for part in law.text("majorities").split(",")]
    share = shares[min(times, len(shares) - 1)]
    if 2 * vote.in_favour <= vote.members or vote.in_favour < Fraction(share) * vote.members:
        reason = f"To prolong it takes more than half of the members, and a share of at least {share} of them."
        raise Refused("majority-missing", reason, policy=law.grounds("majorities"), fields=fields)
