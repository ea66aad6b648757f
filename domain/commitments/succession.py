"""A party is no more: who stands in its place, what passes to them, and what shows until somebody does."""

from collections.abc import Sequence
from datetime import date
from typing import TypeAlias

from domain.commitments import checks, clocks
from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.commitments.events import Event
from domain.commitments.state import Commitment, PartyState, State
from domain.commitments.words import ENDED, Answer, Changes, Due, NewMilestone, NewTarget, Part, Share, Target
from domain.deadlines import numbers
from domain.kernel import PartialDate, Refused, Sphere, UnitFacts, UnitId
from domain.replacing import replace

Place: TypeAlias = tuple[Part, bool, Answer]
"""(part, required, answer): what one party is in a commitment."""

TAKES_PART = frozenset({Answer.INVITED, Answer.ACCEPTED})
STRONGEST = (Answer.ACCEPTED, Answer.INVITED, Answer.DECLINED, Answer.WITHDRAWN)
"""Which word stands where one unit has given two: whoever succeeds to a party is bound as that party was."""


def succeed(command: asked.SucceedParty, state: State) -> Sequence[Event]:
    """The first in line that is there stands in the place of a unit that is no more; until then it is orphaned.

    What has ended stays with those who promised it, and whoever declined or withdrew leaves nothing.
    """
    found = checks.there(state)
    party = found.party(command.former)
    if found.stage in ENDED or party is None or party.answer not in TAKES_PART:
        return []
    former, gone = command.line[0], command.line[0].alive_until
    if gone is None or gone > command.today:
        if not party.orphaned:
            raise Refused("unit-alive", f"{former.name} is still there.", unit=former.id)
        return [happened.PartyRestored(former.id)]
    day = max(gone, min(command.effective_on.latest() or gone, command.today))
    return followed(found, party, command.line, day, command.today)


def followed(
    state: Commitment, party: PartyState, line: Sequence[UnitFacts], day: date, today: date
) -> Sequence[Event]:
    """What becomes of the place of a unit that is no more: the first of `line`, from that `day` on the next in it."""
    former, *heirs = line
    heir = next((one for one in heirs if _can_follow(one, party, today)), None)
    if heir is None:
        return [] if party.orphaned else [happened.PartyOrphaned(former.id, former.alive_until or day)]
    return [happened.PartySucceeded(former.id, heir.id, heir.sphere, day), *_settles(state, party, heir.id)]


def _can_follow(unit: UnitFacts, party: PartyState, today: date) -> bool:
    """Whoever is there today; a community takes part in a commitment and never owns one."""
    owns = party.part is Part.OWNER and unit.sphere is Sphere.COMMUNITY
    return unit.alive_on(PartialDate(today)) and not owns


def _settles(state: Commitment, party: PartyState, heir: UnitId) -> Sequence[Event]:
    """Where the successor is a party already: nobody is asked for a word twice, nor grants time to itself."""
    other = state.party(heir)
    if other is None:
        return []
    both = (party.unit, heir)
    _, _, answer = joined(_place(party), _place(other))
    answers = numbers(state, (Due.ANSWER,), clocks.OPEN) if answer is Answer.ACCEPTED else ()
    wishes = enumerate(state.extensions, start=1)
    return [
        *(happened.DeadlineVoided(number) for number, one in answers if one.unit in both),
        *(
            happened.ExtensionRefused(number, heir)
            for number, one in wishes
            if one.open and one.unit in both and not set(one.asked).isdisjoint(both)
        ),
    ]


def joined(one: Place, other: Place) -> Place:
    """What a unit is that has come to stand in two places: the stronger part, the word that binds more."""
    parts, answers = list(Part), STRONGEST
    return (
        min(one[0], other[0], key=parts.index),
        one[1] or other[1],
        min(one[2], other[2], key=answers.index),
    )


def _place(party: PartyState) -> Place:
    return party.part, party.required, party.answer


# --- what passes to the successor ---


def in_its_place(state: Commitment, former: UnitId, successor: UnitId, sphere: Sphere) -> Commitment:
    """The commitment in which one unit stands wherever the other one stood: what it owes, and what it has said.

    Words count as the successor's own, so that it corrects them, and confirms none of them as if from outside.
    """

    def now(unit: UnitId) -> UnitId:
        return successor if unit == former else unit

    def all_now(units: tuple[UnitId, ...]) -> tuple[UnitId, ...]:
        return tuple(dict.fromkeys(now(unit) for unit in units))

    return replace(
        state,
        owner=now(state.owner),
        parties=_parties(state.parties, former, successor, sphere),
        targets=tuple(handed_over(one, former, successor) for one in state.targets),
        milestones=tuple(
            replace(one, terms=replace(one.terms, responsible=now(one.terms.responsible))) for one in state.milestones
        ),
        deadlines=tuple(
            replace(one, unit=successor) if one.unit == former and one.waits else one for one in state.deadlines
        ),
        reports=tuple(
            replace(
                one, unit=now(one.unit), confirmed_by=all_now(one.confirmed_by), contested_by=all_now(one.contested_by)
            )
            for one in state.reports
        ),
        assessments=tuple(replace(one, contested_by=all_now(one.contested_by)) for one in state.assessments),
        extensions=tuple(replace(one, unit=now(one.unit), asked=all_now(one.asked)) for one in state.extensions),
        amendments=tuple(
            replace(one, unit=now(one.unit), asked=all_now(one.asked), changes=_changes(one.changes, former, successor))
            for one in state.amendments
        ),
    )


def _parties(
    parties: tuple[PartyState, ...], former: UnitId, successor: UnitId, sphere: Sphere
) -> tuple[PartyState, ...]:
    """One place, where the first of the two stood."""
    places = [_place(one) for one in parties if one.unit in (former, successor)]
    part, required, answer = places[0] if len(places) == 1 else joined(*places)
    new = PartyState(successor, sphere, part, required, answer)
    kept = [new if one.unit in (former, successor) else one for one in parties]
    return tuple(dict.fromkeys(kept))


def handed_over(target: Target, former: UnitId, successor: UnitId) -> Target:
    """A target for which the successor answers, with both shares where it had one of its own."""
    percents: dict[UnitId, int] = {}
    for share in target.shares:
        unit = successor if share.unit == former else share.unit
        percents[unit] = percents.get(unit, 0) + share.percent
    shares = tuple(Share(unit, percent) for unit, percent in percents.items())
    responsible = successor if target.responsible == former else target.responsible
    return replace(target, responsible=responsible, shares=shares)


def _changes(changes: Changes, former: UnitId, successor: UnitId) -> Changes:
    """Terms under discussion, with the successor wherever they name the unit that is no more."""
    targets = tuple(NewTarget(one.number, handed_over(one.terms, former, successor)) for one in changes.targets)
    milestones = tuple(
        NewMilestone(one.number, replace(one.terms, responsible=successor)) if one.terms.responsible == former else one
        for one in changes.milestones
    )
    return replace(changes, targets=targets, milestones=milestones)
