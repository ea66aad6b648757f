"""Later days, other terms, and leaving: what parties change together, and what one may do alone."""

from collections.abc import Sequence
from datetime import date
from typing import TypeAlias

from domain.commitments import checks, clocks
from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.commitments.agreeing import stays_checkable, take_on
from domain.commitments.events import Event
from domain.commitments.evolve import evolve
from domain.commitments.state import Commitment, DeadlineState, ExtensionState, SourceStanding, State
from domain.commitments.words import AGREEING, ENDED, Answer, Changes, Due, Part
from domain.deadlines import Standing, numbers, the_one
from domain.guards import counted, fields_of, reachable
from domain.kernel import PartialDate, Refused, UnitId

Amending: TypeAlias = asked.ProposeAmendment | asked.AgreeAmendment
EXTENDABLE = frozenset({Due.PLAN, Due.MONITORING, Due.INVENTORY, Due.MILESTONE})


def request_extension(command: asked.RequestExtension, state: State) -> Sequence[Event]:
    found, unit = checks.running(state), command.acting.id
    party = checks.bound(found, unit)
    reachable(command.until, "until")
    if command.deadline is None:
        if party.part not in (Part.OWNER, Part.CO_OWNER):
            raise Refused("not-yours", "The end of the whole is for the owner and the co-owners.", fields=("deadline",))
        _may_end_later(command, found)
    else:
        _may_move(command, found, command.deadline)
    if any(wish.open and wish.deadline == command.deadline for wish in found.extensions):
        raise Refused("already-requested", "An extension of it waits for its answers already.", fields=("deadline",))
    others = tuple(p for p in found.parties if p.answer is Answer.ACCEPTED and p.unit != unit)
    granting = tuple(p.unit for p in others if p.required) or tuple(p.unit for p in others)
    if not granting:
        reason = "No other party can grant it. An amendment changes the date, and shows that it was moved."
        raise Refused("nobody-to-grant", reason)
    number = len(found.extensions) + 1
    return [happened.ExtensionRequested(number, unit, command.until, granting, command.deadline)]


def _may_end_later(command: asked.RequestExtension, state: Commitment) -> None:
    last = state.ends_on.latest()
    if last is None or command.until <= last:
        raise Refused("not-later", "An extension moves a known day to a later one.", fields=("until",))
    granted = sum(wish.granted and wish.deadline is None for wish in state.extensions)
    if command.today > last:
        raise Refused("deadline-passed", "More time is asked for before the end, not after.")
    _not_too_often(command, granted)


def _may_move(command: asked.RequestExtension, state: Commitment, number: int) -> None:
    one = the_one(state, number)
    if one.kind not in EXTENDABLE:
        raise Refused(
            "not-extendable", "This clock runs by itself and is not extended.", kind=one.kind, fields=("deadline",)
        )
    if one.unit != command.acting.id:
        raise Refused("not-yours", "The unit that owes it asks for more time.", fields=("deadline",))
    if one.standing is not Standing.OPEN:
        raise Refused("deadline-passed", "The deadline is no longer open.", fields=("deadline",))
    if command.today > one.due_on:
        raise Refused("deadline-passed", "More time is asked for before the deadline, not after.", fields=("deadline",))
    if command.until <= one.due_on:
        raise Refused("not-later", "An extension moves a known day to a later one.", fields=("until",))
    if one.kind is Due.MILESTONE:
        checks.within(command.until, state.ends_on, "until")
    _not_too_often(command, one.extensions)


def _not_too_often(command: asked.RequestExtension, granted: int) -> None:
    """The Covenant of Mayors extends once (eumayors.eu, FAQ); how often, the policy says."""
    if granted >= command.policy.whole("max_extensions"):
        grounds = command.policy.grounds("max_extensions")
        raise Refused("already-extended", "It has been extended as often as the policy allows.", policy=grounds)


def grant_extension(command: asked.GrantExtension, state: State) -> Sequence[Event]:
    found, unit = checks.running(state), command.acting.id
    wish = _asked_extension(found, command.extension, unit)
    agreed = happened.ExtensionAgreed(command.extension, unit)
    if wish.deadline is not None:
        _still_open(found.deadlines[wish.deadline - 1], command.today)
    if wish.asked != (unit,):
        return [agreed]
    if wish.deadline is None:
        _still_later(wish, found)
        granted = happened.ExtensionGranted(command.extension, wish.until)
        again = clocks.review(PartialDate(wish.until), command.policy, command.calendar)
        return [agreed, granted, *clocks.void(found, (Due.RESULTS_REVIEW,)), *again]
    one = found.deadlines[wish.deadline - 1]
    step = one.about if one.kind is Due.MILESTONE else None
    if step is not None:
        checks.within(wish.until, found.ends_on, "extension")
    moved = happened.DeadlineMoved(wish.deadline, wish.until)
    return [agreed, happened.ExtensionGranted(command.extension, wish.until, wish.deadline, step), moved]


def _still_open(one: DeadlineState, today: date) -> None:
    """What is granted too late is late, whether or not the clock has said so by then."""
    if one.standing is not Standing.OPEN or today > one.due_on:
        raise Refused("deadline-passed", "The deadline is no longer open.", fields=("extension",))


def _still_later(wish: ExtensionState, state: Commitment) -> None:
    """An amendment may have moved the end past the day asked for in the meantime."""
    last = state.ends_on.latest()
    if last is None or wish.until <= last:
        raise Refused("not-later", "An extension moves a known day to a later one.", fields=("extension",))


def refuse_extension(command: asked.RefuseExtension, state: State) -> Sequence[Event]:
    found, unit = checks.running(state), command.acting.id
    _asked_extension(found, command.extension, unit)
    return [happened.ExtensionRefused(command.extension, unit)]


def _asked_extension(state: Commitment, number: int, unit: UnitId) -> ExtensionState:
    if number > len(state.extensions):
        raise Refused("no-such-extension", f"There is no request {number}.", fields=("extension",))
    wish = state.extensions[number - 1]
    if not wish.open or unit not in wish.asked:
        raise Refused("not-asked", "This request does not wait for your unit's answer.", fields=("extension",))
    return wish


def propose_amendment(command: asked.ProposeAmendment, state: State) -> Sequence[Event]:
    found, unit = checks.not_ended(checks.there(state)), command.acting.id
    checks.bound(found, unit)
    _sound(command.changes, found, command)
    number = len(found.amendments) + 1
    others = tuple(one for one in found.accepted() if one != unit)
    proposed = happened.AmendmentProposed(number, unit, command.changes, others)
    return [proposed] if others else [proposed, *_amend(command, found, number, command.changes)]


def agree_amendment(command: asked.AgreeAmendment, state: State) -> Sequence[Event]:
    found, unit = checks.not_ended(checks.there(state)), command.acting.id
    changes, awaited = _asked_amendment(found, command.amendment, unit)
    agreed = happened.AmendmentAgreed(command.amendment, unit)
    if awaited != (unit,):
        return [agreed]
    _sound(changes, found, command)
    return [agreed, *_amend(command, found, command.amendment, changes)]


def refuse_amendment(command: asked.RefuseAmendment, state: State) -> Sequence[Event]:
    found, unit = checks.not_ended(checks.there(state)), command.acting.id
    _asked_amendment(found, command.amendment, unit)
    return [happened.AmendmentRefused(command.amendment, unit)]


def _asked_amendment(state: Commitment, number: int, unit: UnitId) -> tuple[Changes, tuple[UnitId, ...]]:
    if number > len(state.amendments):
        raise Refused("no-such-amendment", f"There is no amendment {number}.", fields=("amendment",))
    terms = state.amendments[number - 1]
    if not terms.open or unit not in terms.asked:
        raise Refused("not-asked", "This amendment does not wait for your unit's answer.", fields=("amendment",))
    return terms.changes, terms.asked


def _sound(changes: Changes, state: Commitment, command: Amending) -> None:
    """The terms as amended would be as sound as those they replace."""
    _names_what_changes(changes, state, command)
    ends_on = changes.ends_on or state.ends_on
    checks.sound_span(state.starts_on, ends_on, *fields_of(command, "changes.ends_on"))
    for at, target in enumerate(changes.targets):
        checks.sound_target(state, target.terms, command, f"changes.targets.{at}.terms")
    for at, step in enumerate(changes.milestones):
        fields = fields_of(command, f"changes.milestones.{at}.number")
        if checks.milestone(state, step.number, *fields).standing is Standing.MET:
            reason = f"Milestone {step.number} is completed, and stays as it was."
            raise Refused("milestone-completed", reason, fields=fields)
        answers = fields_of(command, f"changes.milestones.{at}.terms.responsible")
        checks.bound(state, step.terms.responsible, *answers)
    moved = {step.number: (step.terms.due_on, at) for at, step in enumerate(changes.milestones)}
    for number, one in enumerate(state.milestones, 1):
        if number in moved:
            day, at = moved[number]
            checks.within(day, ends_on, *fields_of(command, f"changes.milestones.{at}.terms.due_on"))
        elif one.standing is Standing.OPEN:
            checks.within(one.terms.due_on, ends_on, *fields_of(command, "changes.ends_on"))


def _names_what_changes(changes: Changes, state: Commitment, command: Amending) -> None:
    """Each thing once, and nothing that stays as it is: what did not move must not show as moved."""
    for at, target in enumerate(changes.targets):
        if target.number > len(state.targets):
            fields = fields_of(command, f"changes.targets.{at}.number")
            raise Refused("no-such-target", f"There is no target {target.number}.", fields=fields)
    named = {
        "targets": [one.number for one in changes.targets],
        "milestones": [one.number for one in changes.milestones],
    }
    for name, all_of_them in named.items():
        if len(set(all_of_them)) != len(all_of_them):
            reason = "An amendment names each target and each milestone once."
            raise Refused("changed-twice", reason, fields=fields_of(command, f"changes.{name}"))
    same = (
        changes == Changes(),
        changes.title == state.title,
        changes.description == state.description,
        changes.ends_on == state.ends_on,
        *(target.terms == state.targets[target.number - 1] for target in changes.targets),
        *(
            step.terms
            == checks.milestone(state, step.number, *fields_of(command, f"changes.milestones.{at}.number")).terms
            for at, step in enumerate(changes.milestones)
        ),
    )
    if any(same):
        reason = "An amendment changes something, and names nothing that stays as it is."
        raise Refused("nothing-changed", reason, fields=fields_of(command, "changes"))


def _amend(command: Amending, state: Commitment, number: int, changes: Changes) -> list[Event]:
    """The amendment holds; clocks of steps and end that moved start anew, and a source's pledge is taken on."""
    amended = happened.CommitmentAmended(changes, number)
    if state.source is not None and state.source.standing is not SourceStanding.CONFIRMED:
        after = evolve(state, happened.CommitmentAmended(changes))
        assert isinstance(after, Commitment)
        return [amended, *take_on(after, command, command.current)]
    if state.stage in AGREEING:
        return [amended]
    stays_checkable(state, happened.CommitmentAmended(changes))
    events: list[Event] = [amended]
    for step in changes.milestones:
        open_ones = numbers(state, (Due.MILESTONE,), clocks.OPEN)
        events += [happened.DeadlineVoided(n) for n, one in open_ones if one.about == step.number]
        events.append(clocks.step(step.number, step.terms.responsible, command.today, step.terms.due_on))
    if changes.ends_on is not None:
        events += clocks.void(state, (Due.RESULTS_REVIEW,))
        events += clocks.review(changes.ends_on, command.policy, command.calendar)
    return events


def withdraw(command: asked.WithdrawFromCommitment, state: State) -> Sequence[Event]:
    """The owner's withdrawal ends the commitment; anybody else's ends their part, and what waited for their word."""
    found, unit = checks.not_ended(checks.there(state)), command.acting.id
    checks.bound(found, unit)
    counted(command.effective_on, command.today)
    ends = unit == found.owner
    lapsed = _waiting_for(found, unit)
    return [happened.PartyWithdrew(unit, ends), *lapsed, *clocks.void(found, unit=None if ends else unit)]


def _waiting_for(state: Commitment, unit: UnitId) -> Sequence[Event]:
    wishes = enumerate(state.extensions, start=1)
    terms = enumerate(state.amendments, start=1)
    return [
        *(happened.ExtensionRefused(n, unit) for n, one in wishes if one.open and unit in (one.unit, *one.asked)),
        *(happened.AmendmentRefused(n, unit) for n, one in terms if one.open and unit in (one.unit, *one.asked)),
    ]


def lose_mandate(command: asked.LoseMandate, state: State) -> Sequence[Event]:
    """Whatever a commitment rested on, it stands until its parties say otherwise."""
    found = checks.there(state)
    if found.stage in ENDED or command.mandate not in found.rests_on:
        return []
    if not command.mandate_facts.ended:
        raise Refused("mandate-stands", "The mandate has not ended.", mandate=command.mandate)
    return [happened.MandateLost(command.mandate)]
