"""Reactions: what a record in one context means for streams of another. Pure; a worker gives what they say.

A reaction sees the record, the state of its stream, and the streams that lean on something, with their states. How
leaning is found, see `services.working.leaning`. A reaction's name is a part of its commands' ids: it never changes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from domain import cofog
from domain.commitments.state import Commitment
from domain.guards import FARTHEST
from domain.kernel import PartialDate, Recorded, StreamId, UnitId
from domain.mandates import events as mandates
from domain.mandates.state import Mandate
from domain.mandates.territory import no_wider
from domain.subsidiarity.reviews import events as reviews
from domain.units import events as units
from domain.units import facts as unit_facts
from domain.units.state import first_day, last_day
from services.working.leaning import Manner

FIRST_TO_BEGIN = timedelta(hours=14)
"""So much earlier than by UTC a day begins somewhere."""
ENDINGS = (mandates.MandateRevoked, mandates.MandateReturned, mandates.MandateSuperseded, mandates.MandateExpired)


@dataclass(frozen=True, slots=True)
class Then:
    """One command that follows, for one stream. `on`: not before that day where the stream is at home."""

    context: str
    command: str
    stream: StreamId
    effective_on: PartialDate
    fields: Mapping[str, Any] = field(default_factory=dict)
    on: date | None = None


@dataclass(frozen=True, slots=True)
class LookAgain:
    """On that day, where the record's stream is at home, it is asked anew what follows: more may lean on it by then."""

    on: date


@dataclass(frozen=True, slots=True)
class Found:
    """What was looked up: the state of the record's own stream, and the streams that lean on it, with theirs."""

    state: Any
    leaning: Mapping[StreamId, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reaction:
    """`to`: which events. `manner`: who leans in which manner on the record's stream is looked up; None: nobody.

    `fair`: codes with which the rules may say no and all is well; any other refusal is kept for people to look at.
    `beside`: the field in which the command names who holds already what it would claim. It is first given without any,
    and who it meets at the append is named to it; the rules look at each, and auditors at what is claimed in the end.
    """

    name: str
    to: tuple[type, ...]
    then: Callable[[Recorded, Found], Sequence[Then | LookAgain]]
    manner: Manner | None = None
    fair: frozenset[str] = frozenset()
    beside: str = ""


def sub_delegated(record: Recorded, found: Found) -> Sequence[Then]:
    """A mandate came into force: the one it rests on is told."""
    state: Mandate = found.state
    if state.under is None:
        return ()
    return (Then("mandates", "record-sub-delegation", state.under, record.effective_on, {"child": record.stream}),)


def children_follow(record: Recorded, found: Found) -> Sequence[Then]:
    """A mandate ended, was suspended or is in force again: those that rest on it follow."""
    return tuple(Then("mandates", "follow-parent", child, record.effective_on) for child in found.leaning)


def competence_withdrawn(record: Recorded, found: Found) -> Sequence[Then]:
    """The law took a competence back: what its holder entrusted of it lapses, now or on its last day.

    If the law never gave it, the registrar has the rest of the day to enter what it gave, before anything lapses.
    """
    event: units.CompetenceWithdrawn | units.CompetenceAnnulled = record.event
    if isinstance(event, units.CompetenceWithdrawn):
        return _lapse(found, event.function, record.effective_on)
    over = (record.at + FIRST_TO_BEGIN).date() + timedelta(days=1)
    return _lapse(found, event.competence.function, PartialDate(over), over)


def _lapse(found: Found, function: str, effective_on: PartialDate, on: date | None = None) -> Sequence[Then]:
    return tuple(
        Then("mandates", "lapse", stream, effective_on, on=on)
        for stream, state in found.leaning.items()
        if isinstance(state, Mandate) and cofog.covers(function, state.terms.function)
    )


def _recorded_on(record: Recorded) -> PartialDate:
    """Until then others could rely on what is annulled, though the annulment counts from the day of the entry."""
    return PartialDate(record.at.date())


def unit_abolished(record: Recorded, found: Found) -> Sequence[Then | LookAgain]:
    """A unit is no more: the successor that was named first stands in its place, from the day after its last one."""
    former = UnitId(record.stream)
    facts = unit_facts(found.state, former)
    gone = facts.alive_until
    if gone is None:
        return ()  # restored in the meantime
    heir = {} if facts.successor is None else {"successor": facts.successor}
    thens: list[Then | LookAgain] = [LookAgain(gone)]
    for stream, state in found.leaning.items():
        # Who takes over from a party of a commitment is looked up when it is recorded.
        context, said = ("mandates", heir) if isinstance(state, Mandate) else ("commitments", {})
        thens.append(Then(context, "succeed", stream, PartialDate(gone), {"former": former, **said}, on=gone))
    return thens


def successor_named(record: Recorded, found: Found) -> Sequence[Then]:
    """Somebody takes over from a unit that is no more: its commitments, if nobody stands in its place yet."""
    former = UnitId(record.stream)
    gone = unit_facts(found.state, former).alive_until
    if gone is None:
        return ()
    begins = max(gone, record.effective_on.latest() or gone)
    return tuple(
        Then("commitments", "succeed", stream, PartialDate(begins), {"former": former}, on=begins)
        for stream in _orphans(former, found)
    )


def unit_restored(record: Recorded, found: Found) -> Sequence[Then]:
    """A unit is there again: it answers for its part wherever nobody has come to stand in its place."""
    former = UnitId(record.stream)
    return tuple(
        Then("commitments", "succeed", stream, record.effective_on, {"former": former})
        for stream in _orphans(former, found)
    )


def _orphans(former: UnitId, found: Found) -> Sequence[StreamId]:
    """The commitments in which a unit is shown as orphaned."""
    commitments = ((stream, state) for stream, state in found.leaning.items() if isinstance(state, Commitment))
    parties = ((stream, state.party(former)) for stream, state in commitments)
    return [stream for stream, party in parties if party is not None and party.orphaned]


def territory_moved(record: Recorded, found: Found) -> Sequence[Then | LookAgain]:
    """A unit lies in another one, now or from the first day of a membership: exclusive mandates that stand in it do."""
    event: units.ParentSet | units.MembershipRecorded | units.MembershipAnnulled = record.event
    if isinstance(event, units.MembershipAnnulled):
        return _follow(found, _recorded_on(record))
    if isinstance(event, units.ParentSet):
        return _follow(found, record.effective_on)
    return _on(first_day(event.member_from), event.member_from, record, found)


def membership_over(record: Recorded, found: Found) -> Sequence[Then | LookAgain]:
    """From the day after the last one of a membership, exclusive mandates that stand in the unit lie there no more."""
    event: units.MembershipRecorded | units.MembershipEnded = record.event
    last = last_day(event.member_until)
    if last >= FARTHEST:
        return ()
    over = last + timedelta(days=1)
    return _on(over, PartialDate(over), record, found)


def clash_over(record: Recorded, found: Found) -> Sequence[Then]:
    """An exclusive mandate ended, or what was to take its place did: those that stood beside it hold alone by now."""
    return _follow(found, record.effective_on)


def in_its_place(record: Recorded, found: Found) -> Sequence[Then]:
    """It came into force in the place of one that clashed: it stands where that one stood, named or not.

    It may have taken the place of others besides, over which it says nothing.
    """
    held = found.state.freed
    for before, state in found.leaning.items():
        if held is not None and isinstance(state, Mandate) and state.clashing and no_wider(held, state.terms):
            fields = {"replaces": before}
            return (Then("mandates", "follow-territory", record.stream, record.effective_on, fields),)
    return ()


def _on(day: date, effective_on: PartialDate, record: Recorded, found: Found) -> Sequence[Then | LookAgain]:
    """What follows on a day: at once, if it had come when it was recorded."""
    if day >= FARTHEST:
        return ()
    if day < record.at.date():
        return _follow(found, effective_on)
    return [LookAgain(day), *_follow(found, effective_on, day)]


def _follow(found: Found, effective_on: PartialDate, on: date | None = None) -> Sequence[Then]:
    return [Then("mandates", "follow-territory", stream, effective_on, on=on) for stream in found.leaning]


def mandate_lost(record: Recorded, found: Found) -> Sequence[Then]:
    """A mandate ended: commitments that rest on it say so, and it is their owners' turn."""
    return tuple(
        Then("commitments", "lose-mandate", stream, record.effective_on, {"mandate": record.stream})
        for stream, state in found.leaning.items()
        if isinstance(state, Commitment)
    )


def decision_followed(record: Recorded, found: Found) -> Sequence[Then]:
    """A mandate in force carries out a decision on an allocation: the decision is told."""
    decided = found.state.terms.implements
    if decided is None:
        return ()
    return (Then("allocations", "record-mandate", decided, record.effective_on, {"mandate": record.stream}),)


def review_followed(record: Recorded, found: Found) -> Sequence[Then]:
    """A review was opened of a draft that was widened: the review of the first draft is told."""
    event: reviews.ReviewOpened = record.event
    if event.follows is None:
        return ()
    return (Then("reviews", "record-new-review", event.follows, record.effective_on, {"review": record.stream}),)


REACTIONS: tuple[Reaction, ...] = (
    Reaction("sub-delegated", (mandates.MandateActivated,), sub_delegated),
    Reaction(
        "children-follow",
        (*ENDINGS, mandates.MandateSuspended, mandates.MandateRestored),
        children_follow,
        Manner.UNDER,
    ),
    Reaction(
        "competence-withdrawn",
        (units.CompetenceWithdrawn, units.CompetenceAnnulled),
        competence_withdrawn,
        Manner.GIVEN_BY,
    ),
    Reaction("unit-abolished", (units.UnitAbolished,), unit_abolished, Manner.PARTY, frozenset({"unit-alive"})),
    Reaction("successor-named", (units.SuccessorAssigned,), successor_named, Manner.PARTY, frozenset({"unit-alive"})),
    Reaction("unit-restored", (units.UnitRestored,), unit_restored, Manner.PARTY),
    Reaction("review-followed", (reviews.ReviewOpened,), review_followed, fair=frozenset({"nothing-to-follow"})),
    Reaction("decision-followed", (mandates.MandateActivated,), decision_followed, fair=frozenset({"not-in-force"})),
    # One that was suspended when it was decided what it is to carry out. Whom it was not for, it is not for again.
    Reaction(
        "decision-resumed",
        (mandates.MandateRestored,),
        decision_followed,
        fair=frozenset({"other-sphere", "other-function", "not-in-force"}),
    ),
    Reaction(
        "territory-moved",
        (units.ParentSet, units.MembershipRecorded, units.MembershipAnnulled),
        territory_moved,
        Manner.STANDS_IN,
        beside="beside",
    ),
    Reaction(
        "membership-over",
        (units.MembershipRecorded, units.MembershipEnded),
        membership_over,
        Manner.STANDS_IN,
        beside="beside",
    ),
    Reaction(
        "clash-over",
        (*ENDINGS, mandates.MandateDeclined, mandates.MandateWithdrawn),
        clash_over,
        Manner.BESIDE,
        beside="beside",
    ),
    Reaction(
        "in-its-place",
        (mandates.MandateActivated,),
        in_its_place,
        Manner.GAVE_WAY,
        beside="beside",
    ),
    Reaction("mandate-lost", ENDINGS, mandate_lost, Manner.RESTS_ON),
)
"""In the order in which they are given."""


def only(thens: Sequence[Then | LookAgain], stream: UUID) -> Then | None:
    """That of one stream: a reaction says one thing to each."""
    return next((then for then in thens if isinstance(then, Then) and then.stream == stream), None)
