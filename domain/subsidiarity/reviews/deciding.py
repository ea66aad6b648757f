"""After scrutiny: what the author makes of the draft, whether those who adopt it let it fall, who goes to court."""

from collections.abc import Sequence
from typing import assert_never

from domain.deadlines import Standing
from domain.guards import alive
from domain.kernel import EventName, Refused, Sphere
from domain.subsidiarity.reviews import clocks
from domain.subsidiarity.reviews import commands as asked
from domain.subsidiarity.reviews import events as happened
from domain.subsidiarity.reviews.checks import open_on, standing, there
from domain.subsidiarity.reviews.events import Event
from domain.subsidiarity.reviews.protocol import listed, overrides
from domain.subsidiarity.reviews.state import Review, State
from domain.subsidiarity.reviews.words import BEFORE_CLOSING, Card, Claimant, Due, Outcome, Stage


def decide_after(command: asked.DecideAfterReview, state: State) -> Sequence[Event]:
    """An author may always withdraw; to maintain or to amend takes a review that came to a card."""
    found = there(state)
    if found.stage is Stage.WITHDRAWN and command.outcome is Outcome.WITHDRAW:
        return []
    found = standing(found)
    day = open_on(command, found)
    if command.outcome is Outcome.WITHDRAW:
        return [happened.DraftWithdrawn(found.card), *clocks.void(found)]
    if found.stage in BEFORE_CLOSING:
        raise Refused("scrutiny-open", "The author decides when scrutiny is closed.")
    if found.stage is not Stage.UNDER_REVIEW:
        raise Refused("nothing-to-decide", f"No decision is due on a draft that is {found.stage}.", stage=found.stage)
    match command.outcome:
        case Outcome.MAINTAIN:
            waits = found.clock(Due.STANDSTILL)
            if waits is not None and waits[1].standing is not Standing.VOID and day <= waits[1].due_on:
                grounds = command.policy.grounds("standstill_days")
                reason = f"Nothing is decided against the objection before {waits[1].due_on} is over."
                raise Refused("standstill", reason, policy=grounds, due_on=waits[1].due_on)
            return [_maintained(command, found), *clocks.void(found)]
        case Outcome.AMEND:
            if command.summary is None:
                raise Refused("summary-missing", "Say what is amended.", fields=("summary",))
            return [happened.DraftAmended(command.summary, command.widens, command.document), *clocks.void(found)]
        case _:
            assert_never(command.outcome)


def _maintained(command: asked.DecideAfterReview, state: Review) -> Event:
    wanted = state.card is Card.ORANGE and command.policy.text("orange.own_opinion") == "yes"
    if wanted and command.opinion is None:
        reason = "Who maintains a draft after an orange card gives a reasoned opinion of their own."
        raise Refused(
            "own-opinion-missing", reason, policy=command.policy.grounds("orange.own_opinion"), fields=("opinion",)
        )
    return happened.DraftMaintained(state.card, command.opinion)


def override(command: asked.RecordOverrideVote, state: State) -> Sequence[Event]:
    found = there(state) if command.corrects else standing(state)
    open_on(command, found)
    body = next((one.body for one in found.legislators if one.unit == command.acting.id), None)
    if body is None:
        raise Refused("not-a-legislator", "Only a body that is to adopt the draft votes on whether it complies.")
    if found.stage not in (Stage.MAINTAINED, Stage.ENDED) or found.card is not Card.ORANGE:
        raise Refused("no-override", "Those who adopt vote on a draft that was maintained after an orange card.")
    _first_or_corrected(command, [version for voted, version in found.recorded if voted is body])
    if not command.against <= command.cast <= command.members:
        raise Refused(
            "votes-do-not-add-up",
            "No more votes are counted than were cast, and no more cast than members.",
            fields=("against", "cast", "members"),
        )
    ends, grounds = overrides(command.policy, body, command.against, command.cast, command.members)
    if command.policy.text(grounds.parameter) == "none":
        raise Refused("no-override", "No vote of this body ends a draft here.", policy=grounds)
    vote = happened.OverrideVoteRecorded(command.acting.id, body, command.against, command.cast, command.members, ends)
    return [vote]


def _first_or_corrected(command: asked.RecordOverrideVote, recorded: Sequence[int]) -> None:
    """A vote is recorded once; its figures may be corrected, also where the draft has fallen by them."""
    voted = bool(recorded)
    if voted and command.corrects is None:
        reason = (
            "This body's vote has been recorded already. If its figures were wrong, name that record in `corrects`."
        )
        raise Refused("voted-already", reason, fields=("corrects",))
    if not voted and command.corrects is not None:
        raise Refused("nothing-to-correct", "This body's vote has not been recorded yet.", fields=("corrects",))
    if command.corrects is not None and command.corrects not in [
        EventName.at(command.stream, version) for version in recorded
    ]:
        latest = EventName.at(command.stream, recorded[-1])
        raise Refused(
            "no-such-vote", f"That is no record of this body's vote; the last one is {latest}.", fields=("corrects",)
        )


def go_to_court(command: asked.RecordCourtAction, state: State) -> Sequence[Event]:
    """Against the adopted act, thus never during scrutiny or once the draft has fallen (Protocol No 2, Art. 8)."""
    found = standing(state)
    open_on(command, found)
    if found.stage in BEFORE_CLOSING or found.stage is Stage.UNDER_REVIEW:
        raise Refused("not-adopted-yet", "A court hears of the act that was adopted, not of a draft under review.")
    claimant = _claimant(command, found)
    if claimant.value not in listed(command.policy, "court.claimants"):
        grounds = command.policy.grounds("court.claimants")
        raise Refused("no-standing", "The law gives nobody in that capacity this action.", policy=grounds)
    return [
        happened.CourtActionRecorded(
            number=found.actions + 1, unit=command.acting.id, claimant=claimant, act=command.court.act,
            case=command.court.case, grounds=command.grounds, chamber=command.chamber,
        )
    ]  # fmt: skip


def _claimant(command: asked.RecordCourtAction, state: Review) -> Claimant:
    """In which capacity: an advisory body where it must be consulted, a State, or a State for one of its chambers."""
    unit = command.acting
    if unit.id in state.must_consult and command.chamber is None:
        return Claimant.ADVISORY_BODY
    grounds = command.policy.grounds("court.claimants")
    if state.voter(unit.id) is not None:
        raise Refused("through-its-state", "A chamber goes to court through its State, on its behalf.", policy=grounds)
    if unit.sphere is not Sphere.NATIONAL:
        reason = "States go to court, and advisory bodies against acts on which they must be consulted."
        raise Refused("no-standing", reason, policy=grounds)
    if command.chamber is None:
        return Claimant.STATE
    _own_chamber(command, state)
    return Claimant.CHAMBER_BY_STATE


def _own_chamber(command: asked.RecordCourtAction, state: Review) -> None:
    facts = command.chamber_facts
    assert facts is not None, "what is named is looked up"
    alive(facts, command.effective_on, "chamber")
    if state.voter(facts.id) is None:
        raise Refused(
            "not-on-the-roll",
            f"{facts.name} has no seat on the roll of this draft.",
            unit=facts.id,
            fields=("chamber",),
        )
    if facts.jurisdiction[:2] != command.acting.jurisdiction[:2]:
        raise Refused(
            "other-states-chamber", "A State acts on behalf of a chamber of its own parliament.", fields=("chamber",)
        )


def follow(command: asked.RecordNewReview, state: State) -> Sequence[Event]:
    found = there(state)
    if found.followed_by == command.review:
        return []
    if not found.widened or command.review_facts.follows != command.stream or found.followed_by is not None:
        raise Refused("nothing-to-follow", "That review does not follow this one.")
    return [happened.NewReviewOpened(command.review)]
