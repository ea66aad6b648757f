"""Guards that many decisions share. Each refuses, or gives back what it found."""

from collections.abc import Sequence
from datetime import date

from domain import deadlines
from domain.commitments.events import Event
from domain.commitments.state import Absent, Commitment, MilestoneState, PartyState, SourceStanding, State
from domain.commitments.words import AGREEING, ENDED, RUNNING, Answer, Stage, Target, check_target
from domain.guards import fields_of, reachable
from domain.kernel import PartialDate, Refused, UnitId


def there(state: State) -> Commitment:
    """The commitment; Refused `no-commitment` if nothing was proposed."""
    if isinstance(state, Absent):
        raise Refused("no-commitment", "No such commitment has been proposed.")
    return state


def not_ended(state: Commitment) -> Commitment:
    """Refused `commitment-ended` if it is closed or withdrawn."""
    if state.stage in ENDED:
        raise Refused(
            "commitment-ended", f"The commitment is {state.stage.value.replace('_', ' ')}.", stage=state.stage
        )
    return state


def taken_on(state: Commitment) -> Commitment:
    """Refused `confirm-source-first` while nobody of the unit has confirmed what was recorded from a source."""
    if state.source is not None and state.source.standing is not SourceStanding.CONFIRMED:
        reason = "It was recorded from a published source: the unit confirms or amends it before anything else."
        raise Refused("confirm-source-first", reason)
    return state


def running(state: State) -> Commitment:
    """The adopted commitment that has not ended."""
    found = taken_on(not_ended(there(state)))
    if found.stage not in RUNNING:
        raise Refused("not-adopted", "The commitment has not been adopted yet.")
    return found


def agreeing(state: State) -> Commitment:
    """The commitment that is still being agreed."""
    found = taken_on(not_ended(there(state)))
    if found.stage not in AGREEING:
        raise Refused("already-adopted", "The commitment has already been adopted.")
    return found


def bound(state: Commitment, unit: UnitId, *fields: str) -> PartyState:
    """The party; Refused `not-a-party` unless it has accepted and not withdrawn. `fields`: which name it."""
    party = state.party(unit)
    if party is None or party.answer is not Answer.ACCEPTED:
        raise Refused(
            "not-a-party", "This is for the commitment's parties, once they have accepted.", unit=unit, fields=fields
        )
    return party


def may_burden(state: Commitment, unit: UnitId, acting: UnitId, *fields: str) -> None:
    """Nobody is bound without their word: what was accepted grows only by a unit's own hand, or by amendment."""
    party = state.party(unit)
    if party is None or party.answer not in (Answer.INVITED, Answer.ACCEPTED):
        raise Refused(
            "not-a-party", "Whoever answers for it has to be a party of the commitment.", unit=unit, fields=fields
        )
    if unit != acting and (party.answer is Answer.ACCEPTED or state.stage not in AGREEING):
        raise Refused(
            "agreed-already",
            "What was agreed grows only by a unit's own hand: its own officer adds to what it promised.",
            fields=fields,
        )


def sound_target(state: Commitment, target: Target, command: object, field: str, acting: UnitId | None = None) -> None:
    """Shares sum to 100, and whoever answers is bound (or, with `acting`, may be burdened).

    `field`: where the target stands in the command, if it says one itself.
    """
    check_target(target, *fields_of(command, f"{field}.shares"))
    places = {target.responsible: "responsible"} if target.responsible else {}
    places |= {share.unit: f"shares.{at}.unit" for at, share in enumerate(target.shares)}
    for unit, place in sorted(places.items(), key=lambda one: str(one[0])):
        fields = fields_of(command, f"{field}.{place}")
        if acting is not None:
            may_burden(state, unit, acting, *fields)
        else:
            bound(state, unit, *fields)


def within(day: date, ends_on: PartialDate, *fields: str) -> None:
    """Refused `after-the-end` if a step would come after the commitment's end. `fields`: where the command says so."""
    last = ends_on.latest()
    if last is not None and day > last:
        raise Refused(
            "after-the-end", f"A milestone comes at the latest at the end, {ends_on}.", fields=fields, ends_on=ends_on
        )


def sound_span(starts_on: PartialDate | None, ends_on: PartialDate, *fields: str) -> None:
    """Refused if it ends before it begins, or so late that no calendar reaches it. `fields`: which say when it ends."""
    last = ends_on.latest()
    reachable(last, *fields)
    first = starts_on.earliest() if starts_on else None
    if first is not None and last is not None and last < first:
        raise Refused("ends-before-start", "A commitment does not end before it begins.", fields=fields)


def milestone(state: Commitment, number: int, *fields: str) -> MilestoneState:
    """The milestone of that number; Refused `no-such-milestone`. `fields`: which name it."""
    if number > len(state.milestones):
        raise Refused("no-such-milestone", f"There is no milestone {number}.", fields=fields)
    return state.milestones[number - 1]


def past_agreeing(state: State) -> Commitment:
    """The commitment, adopted or closed, but not withdrawn: what an assessor can judge."""
    found = there(state)
    if found.stage in AGREEING:
        raise Refused("not-adopted", "The commitment has not been adopted yet.")
    if found.stage is Stage.WITHDRAWN:
        raise Refused("commitment-ended", "The commitment is withdrawn.", stage=found.stage)
    return found


def numbered(state: State, events: Sequence[Event]) -> Sequence[Event]:
    """The events with their new deadlines numbered on from those there are."""
    return deadlines.numbered(0 if isinstance(state, Absent) else len(state.deadlines), events)
