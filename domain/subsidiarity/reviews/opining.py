"""Opinions, with votes, and contributions, without; and the cards that votes bring."""

from collections.abc import Sequence
from datetime import date
from math import ceil

from domain.calendars import Calendar
from domain.kernel import Policy, Refused
from domain.subsidiarity.reviews import clocks
from domain.subsidiarity.reviews import commands as asked
from domain.subsidiarity.reviews import events as happened
from domain.subsidiarity.reviews.checks import before_closing, open_on, standing
from domain.subsidiarity.reviews.events import Event
from domain.subsidiarity.reviews.protocol import NONE, fraction
from domain.subsidiarity.reviews.state import Review, State
from domain.subsidiarity.reviews.words import BEFORE_CLOSING, ON_SUBSIDIARITY, Card, Due, Voter


def submit(command: asked.SubmitReasonedOpinion, state: State) -> Sequence[Event]:
    found = standing(state)
    day = open_on(command, found)
    voter = found.voter(command.chamber)
    if voter is None:
        raise Refused(
            "not-on-the-roll",
            f"{command.acting.name} has no seat on the roll of this draft; it contributes.",
            fields=("chamber",),
        )
    if not ON_SUBSIDIARITY & set(command.grounds):
        return [_without_vote(command, found)]
    late = _late(found, day)
    _one_only(found, voter, again=not late)
    _majority(command)
    if late:
        return [
            happened.OpinionReceivedLate(
                chamber=voter.unit, votes=voter.votes, grounds=command.grounds, reasons=command.reasons,
                document=command.document, tally=command.tally,
            )
        ]  # fmt: skip
    opinion = happened.ReasonedOpinionSubmitted(
        chamber=voter.unit, votes=voter.votes, grounds=command.grounds, reasons=command.reasons,
        document=command.document, tally=command.tally,
    )  # fmt: skip
    return [opinion, *_brought(found, found.votes + voter.votes, day, command.policy, command.calendar)]


def _without_vote(command: asked.SubmitReasonedOpinion, state: Review) -> Event:
    """What speaks of other things than subsidiarity is heard, and has no vote."""
    return happened.ContributionSubmitted(
        number=state.contributions + 1, unit=command.chamber, sphere=command.acting.sphere, reasons=command.reasons,
        grounds=command.grounds, document=command.document,
    )  # fmt: skip


def _one_only(state: Review, voter: Voter, *, again: bool) -> None:
    """One opinion stands; `again`: another may be given in the place of one that was withdrawn."""
    before = state.opinion(voter.unit)
    if before is None or (before.withdrawn and again):
        return
    if before.withdrawn:
        reason = "This body withdrew its opinion; another one is given while the clock runs, and no later."
    else:
        instead = " Withdraw it to give another instead." if again else ""
        reason = f"A body gives one opinion on a draft, and this one's stands.{instead}"
    raise Refused("opinion-given", reason)


def _majority(command: asked.SubmitReasonedOpinion) -> None:
    """Where the law asks for a majority within the body, its vote is told, and suffices."""
    text, grounds = command.policy.text("opinion.majority"), command.policy.grounds("opinion.majority")
    tally = command.tally
    if tally is not None and tally.in_favour > tally.cast:
        raise Refused(
            "more-than-cast",
            "There cannot be more votes in favour than were cast.",
            fields=("tally.in_favour", "tally.cast"),
        )
    if text == NONE:
        return
    if tally is None:
        raise Refused(
            "tally-missing",
            f"Such an opinion takes {text} of the votes cast; say how many.",
            policy=grounds,
            fields=("tally",),
        )
    needed = ceil(fraction(text) * tally.cast)
    if tally.in_favour < needed:
        reason = f"Such an opinion takes {text} of the votes cast: {needed} of {tally.cast}."
        raise Refused("majority-too-small", reason, policy=grounds, needed=needed, fields=("tally.in_favour",))


def _late(state: Review, day: date) -> bool:
    """Whether scrutiny is closed, or its last day was over; a clock that stands still lets nobody be late."""
    if state.stage not in BEFORE_CLOSING:
        return True
    clock = state.clock(Due.SCRUTINY)
    return clock is not None and clock[1].suspended_on is None and day > clock[1].due_on


def _brought(state: Review, votes: int, day: date, policy: Policy, calendar: Calendar) -> list[Event]:
    """The cards that so many votes bring, each once."""
    cards = list(Card)
    reached: list[Event] = [
        happened.ThresholdReached(one.card, votes, state.total, one.votes)
        for one in state.needed
        if votes >= one.votes and cards.index(one.card) > cards.index(state.card)
    ]
    return [*reached, *clocks.standstill(state, day, policy, calendar)] if reached else []


def contribute(command: asked.SubmitContribution, state: State) -> Sequence[Event]:
    found = standing(state)
    open_on(command, found)
    if command.to is not None and found.voter(command.to) is None:
        raise Refused(
            "not-on-the-roll", "A contribution helps a body that is on the roll.", unit=command.to, fields=("to",)
        )
    return [
        happened.ContributionSubmitted(
            number=found.contributions + 1, unit=command.unit, sphere=command.acting.sphere, reasons=command.reasons,
            grounds=command.grounds, document=command.document, to=command.to,
        )
    ]  # fmt: skip


def withdraw(command: asked.WithdrawOpinion, state: State) -> Sequence[Event]:
    """While the clock runs. What was reached with that opinion is lost if the others do not suffice."""
    found = before_closing(state)
    day = open_on(command, found)
    before = found.opinion(command.chamber)
    if before is None:
        raise Refused(
            "no-such-opinion", f"{command.acting.name} has given no opinion on this draft.", fields=("chamber",)
        )
    if before.withdrawn:
        raise Refused("withdrawn-already", "This opinion has been withdrawn already.", fields=("chamber",))
    if _late(found, day):
        raise Refused("deadline-passed", "An opinion is withdrawn while the clock runs.")
    counted = before.votes if before.counts else 0
    return [happened.OpinionWithdrawn(before.chamber, counted), *_lost(found, found.votes - counted)]


def _lost(state: Review, votes: int) -> list[Event]:
    cards = list(Card)
    held = [one for one in state.needed if cards.index(one.card) <= cards.index(state.card)]
    lost = [one for one in reversed(held) if votes < one.votes]
    events: list[Event] = [happened.ThresholdLost(one.card, votes, state.total, one.votes) for one in lost]
    return [*events, *clocks.void(state, Due.STANDSTILL)] if held and len(lost) == len(held) else events
