"""How a commitment comes about: proposed or recorded from a source, joined, specified, adopted."""

from collections.abc import Sequence

from domain import sdg
from domain.commitments import checks, clocks, succession
from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.commitments.events import Event
from domain.commitments.evolve import evolve
from domain.commitments.state import Absent, Commitment, SourceStanding, State
from domain.commitments.words import (
    AGREEING,
    Aim,
    Answer,
    Breadth,
    Changes,
    Due,
    Instrument,
    NewTarget,
    Part,
    Reporting,
    ResourceKind,
)
from domain.deadlines import numbers
from domain.guards import alive, counted
from domain.kernel import PartialDate, Policy, Refused, Sphere, UnitFacts

MOST_MANDATES = 50


def propose(command: asked.ProposeCommitment, state: State) -> Sequence[Event]:
    if not isinstance(state, Absent):
        raise Refused("commitment-exists", "This commitment has already been proposed.")
    owner = _owner(command.owner_facts, command)
    checks.sound_span(command.starts_on, command.ends_on, "ends_on")
    sdg.check(command.sdg)
    named = [party.unit for party in command.parties]
    if len({owner.id, *named}) != len(named) + 1:
        raise Refused(
            "party-twice",
            "Each unit has one part in a commitment; the owner is not named again.",
            fields=("parties",),
        )
    events: list[Event] = [
        happened.CommitmentProposed(
            owner.id, owner.sphere, command.title, command.description, command.ends_on, command.sdg,
            command.starts_on, command.document,
        )
    ]  # fmt: skip
    for at, (party, facts) in enumerate(zip(command.parties, command.units, strict=True)):
        events += _invite(facts, party.part, party.required, command, f"parties.{at}.")
    return events


def _owner(facts: UnitFacts, command: asked.ProposeCommitment | asked.RecordFromSource) -> UnitFacts:
    """The unit that is to answer for the whole; a community takes part, and proposes by way of participation."""
    owner = alive(facts, command.effective_on, "owner")
    if owner.sphere is Sphere.COMMUNITY:
        raise Refused(
            "owner-is-community",
            "A unit of government owns a commitment; a community takes part in it.",
            fields=("owner",),
        )
    return owner


def _invite(
    facts: UnitFacts, part: Part, required: bool, command: asked.ProposeCommitment | asked.AddParty, at: str = ""
) -> list[Event]:
    """`at`: where the command names the party."""
    alive(facts, command.effective_on, f"{at}unit")
    alive(facts, PartialDate(command.today), f"{at}unit")  # whoever is no more by now answers no invitation
    if part is Part.OWNER:
        raise Refused(
            "one-owner", "A commitment has one owner; others who answer for it are co-owners.", fields=(f"{at}part",)
        )
    answer = clocks.clock(Due.ANSWER, facts.id, command.today, command.policy, command.calendar)
    return [happened.PartyInvited(facts.id, facts.sphere, part, required), answer]


def record_from_source(command: asked.RecordFromSource, state: State) -> Sequence[Event]:
    if not isinstance(state, Absent):
        if state.source is not None and state.source.updated == command.updated:
            return []
        raise Refused("recorded-before", "This row has been recorded before; its newer edition is an update.")
    owner = _owner(command.owner_facts, command)
    checks.sound_span(None, command.ends_on, "ends_on")
    sdg.check(command.sdg)
    proposed = happened.CommitmentProposed(
        owner.id, owner.sphere, command.title, command.description, command.ends_on, command.sdg
    )
    recorded = happened.CommitmentRecordedFromSource(
        command.source, command.updated, command.instrument, command.status_on, command.reporting, command.has_plan
    )
    found = evolve(state, proposed)
    assert isinstance(found, Commitment)
    targets = []
    for number, target in enumerate(command.targets, start=1):
        checks.sound_target(found, target, command, f"targets.{number - 1}")
        targets.append(happened.TargetSet(number, target))
    return [proposed, recorded, *targets, *_adopted_there(command), *_left_since(found, command)]


def _left_since(state: Commitment, command: asked.RecordFromSource) -> Sequence[Event]:
    """A source may tell of a unit that has ended since: nothing will follow from its abolition any more."""
    gone = command.line[0].alive_until
    if gone is None or gone > command.today:
        return []  # or it will, on that day
    return succession.followed(state, state.parties[0], command.line, gone, command.today)


def _adopted_there(command: asked.RecordFromSource | asked.UpdateFromSource) -> list[Event]:
    """What a source calls proposed or in discussion stays proposed; anything stronger was adopted where it was made."""
    if command.instrument is Instrument.PROPOSED:
        return []
    missing = _unchecked(command)
    return [happened.CommitmentAdopted(Breadth.SINGLE_SPHERE, not missing, missing)]


def _unchecked(command: asked.RecordFromSource | asked.UpdateFromSource) -> tuple[str, ...]:
    """A published pledge can be checked if it has a plan and is reported on."""
    plan = () if command.has_plan else ("plan",)
    silent = command.reporting in (Reporting.NONE, Reporting.UNKNOWN)
    return (*plan, "reporting_mechanism") if silent else plan


def update_from_source(command: asked.UpdateFromSource, state: State) -> Sequence[Event]:
    found = checks.not_ended(checks.there(state))
    if found.source is None or (found.source.name, found.source.row_key) != (
        command.source.name,
        command.source.row_key,
    ):
        raise Refused(
            "other-source", "This commitment was not recorded from that row of that source.", fields=("source",)
        )
    if found.source.updated == command.updated:
        return []
    if command.updated < found.source.updated:
        raise Refused("older-edition", "A newer edition of the row has been recorded already.", fields=("updated",))
    if found.source.standing is SourceStanding.CONFIRMED:
        raise Refused("taken-over", "The unit keeps this commitment itself since it confirmed or amended it.")
    checks.sound_span(None, command.ends_on, "ends_on")
    for at, target in enumerate(command.targets):
        checks.sound_target(found, target, command, f"targets.{at}")
    return _newer_edition(command, found)


def _newer_edition(command: asked.UpdateFromSource, state: Commitment) -> Sequence[Event]:
    missing = _unchecked(command)
    updated = happened.SourceUpdated(
        command.source, command.updated, command.instrument, command.status_on, command.reporting, not missing, missing,
        command.has_plan,
    )  # fmt: skip
    both = list(zip(state.targets, command.targets, strict=False))
    changes = Changes(
        title=command.title if command.title != state.title else None,
        description=command.description if command.description != state.description else None,
        ends_on=command.ends_on if command.ends_on != state.ends_on else None,
        targets=tuple(NewTarget(n, new) for n, (old, new) in enumerate(both, start=1) if old != new),
    )
    events: list[Event] = [updated]
    if changes != Changes():
        events.append(happened.CommitmentAmended(changes))
    events += [happened.TargetSet(n, one) for n, one in enumerate(command.targets, start=1) if n > len(both)]
    return [*events, *(_adopted_there(command) if state.stage in AGREEING else ())]


def confirm_source(command: asked.ConfirmSource, state: State) -> Sequence[Event]:
    found = checks.not_ended(_sourced(state))
    assert found.source is not None
    if found.source.standing is SourceStanding.CONFIRMED:
        return []
    return take_on(found, command, command.policy)


def take_on(
    state: Commitment, command: asked.ConfirmSource | asked.ProposeAmendment | asked.AgreeAmendment, policy: Policy
) -> list[Event]:
    """The unit stands by what was recorded of it. Its clocks run from today: before, it owed this register nothing.

    `policy`: of today, whatever day the act counts from.
    """
    confirmed: list[Event] = [happened.SourceConfirmed(command.acting.id)]
    if state.stage in AGREEING:
        return confirmed
    return confirmed + clocks.at_adoption(state, command.today, policy, command.calendar)


def contest_source(command: asked.ContestSource, state: State) -> Sequence[Event]:
    found = checks.not_ended(_sourced(state))
    assert found.source is not None
    if found.source.standing is SourceStanding.CONTESTED:
        return []
    if found.source.standing is SourceStanding.CONFIRMED:
        raise Refused("taken-over", "Your unit has already confirmed or amended it.")
    return [happened.SourceContested(command.acting.id)]


def _sourced(state: State) -> Commitment:
    found = checks.there(state)
    if found.source is None:
        raise Refused("not-from-source", "This commitment was proposed here, not recorded from a source.")
    return found


def add_party(command: asked.AddParty, state: State) -> Sequence[Event]:
    found = checks.taken_on(checks.not_ended(checks.there(state)))
    there = found.party(command.unit)
    if there is not None and there.answer in (Answer.INVITED, Answer.ACCEPTED):
        raise Refused("party-twice", "This unit has been invited already.", fields=("unit",))
    return _invite(command.unit_facts, command.part, command.required, command)


def accept(command: asked.AcceptParticipation, state: State) -> Sequence[Event]:
    found, unit = checks.not_ended(checks.there(state)), command.acting.id
    party = found.party(unit)
    if party is not None and party.answer is Answer.ACCEPTED:
        return []
    _invited(found, command)
    return [happened.ParticipationAccepted(unit), *_answered(found, command)]


def decline(command: asked.DeclineParticipation, state: State) -> Sequence[Event]:
    found, unit = checks.not_ended(checks.there(state)), command.acting.id
    party = found.party(unit)
    if party is not None and party.answer is Answer.DECLINED:
        return []
    _invited(found, command)
    return [happened.ParticipationDeclined(unit), *_answered(found, command)]


def _invited(state: Commitment, command: asked.AcceptParticipation | asked.DeclineParticipation) -> None:
    party = state.party(command.acting.id)
    if party is None or party.answer is not Answer.INVITED:
        raise Refused("not-invited", "No invitation to this commitment waits for your unit's answer.")


def _answered(state: Commitment, command: asked.AcceptParticipation | asked.DeclineParticipation) -> Sequence[Event]:
    """The unit has answered its invitation, in time or late."""
    unit, day = command.acting.id, counted(command.effective_on, command.today)
    owed = numbers(state, (Due.ANSWER,), clocks.WAITING)
    return [happened.DeadlineMet(number, day > one.due_on, unit) for number, one in owed if one.unit == unit]


def set_target(command: asked.SetTarget, state: State) -> Sequence[Event]:
    found, unit = checks.taken_on(checks.not_ended(checks.there(state))), command.acting.id
    checks.bound(found, unit)
    checks.sound_target(found, command.target, command, "target", acting=unit)
    said = happened.TargetSet(len(found.targets) + 1, command.target)
    stays_checkable(found, said)
    return [said]


def add_milestone(command: asked.AddMilestone, state: State) -> Sequence[Event]:
    found, unit = checks.taken_on(checks.not_ended(checks.there(state))), command.acting.id
    checks.bound(found, unit)
    terms = command.milestone
    checks.may_burden(found, terms.responsible, unit, "milestone.responsible")
    checks.within(terms.due_on, found.ends_on, "milestone.due_on")
    number = len(found.milestones) + 1
    added = happened.MilestoneAdded(number, terms)
    if found.stage in AGREEING:
        return [added]
    return [added, clocks.step(number, terms.responsible, command.today, terms.due_on)]


def pledge(command: asked.PledgeResource, state: State) -> Sequence[Event]:
    found, unit = checks.taken_on(checks.not_ended(checks.there(state))), command.acting.id
    checks.bound(found, unit)
    if command.kind is ResourceKind.MONEY and command.money is None:
        raise Refused("amount-missing", "A pledge of money names its amount and currency.", fields=("money",))
    if command.money is not None and command.money.amount <= 0:
        raise Refused("amount-not-positive", "A pledge is worth more than nothing.", fields=("money.amount",))
    return [happened.ResourcePledged(found.resources + 1, unit, command.kind, command.what, command.money)]


def rest_on(command: asked.RestOnMandate, state: State) -> Sequence[Event]:
    """Named while the mandate can still end, so that its end is heard of here."""
    found, mandate = checks.not_ended(checks.there(state)), command.mandate_facts
    if command.mandate in found.rests_on:
        return []
    if not mandate.exists:
        raise Refused(
            "no-such-mandate", "No such mandate has been drafted.", mandate=command.mandate, fields=("mandate",)
        )
    if mandate.ended:
        raise Refused(
            "mandate-ended",
            f"The mandate is {mandate.stage}; nothing can rest on it.",
            stage=mandate.stage,
            fields=("mandate",),
        )
    if mandate.recipient not in found.accepted():
        raise Refused(
            "mandate-of-others",
            "A commitment rests on a mandate that one of its parties exercises.",
            fields=("mandate",),
        )
    if len(found.rests_on) >= MOST_MANDATES:
        raise Refused("too-many-mandates", f"A commitment rests on at most {MOST_MANDATES} mandates.")
    return [happened.CommitmentRestedOnMandate(command.mandate)]


def adopt(command: asked.AdoptCommitment, state: State) -> Sequence[Event]:
    found = checks.agreeing(state)
    start = counted(command.effective_on, command.today)
    present = found.present()
    awaited = [party.unit for party in found.parties if party.required and party not in present]
    if awaited:
        raise Refused(
            "acceptance-missing",
            "Whoever declined can be invited anew, as not required; it cannot be adopted before these units accept.",
            units=awaited,
        )
    if not found.milestones:
        raise Refused("no-milestone", "A commitment is adopted with at least one milestone.")
    _all_gave_their_word(found)
    missing = not_smart(found)
    if missing and command.policy.text("smart_mode") == "strict":
        said = ", ".join(name.replace("_", " ") for name in missing)
        grounds = command.policy.grounds("smart_mode")
        raise Refused("not-verifiable", f"Nobody could check it: {said} missing.", policy=grounds, missing=missing)
    spheres = {party.sphere for party in present}
    breadth = Breadth.SHARED if len(spheres) > 1 else Breadth.SINGLE_SPHERE
    adopted = happened.CommitmentAdopted(breadth, verifiable=not missing, missing=missing)
    return [adopted, *clocks.at_adoption(found, start, command.policy, command.calendar)]


def _all_gave_their_word(state: Commitment) -> None:
    """Refused `responsible-missing` if a target or a milestone rests on a unit that has not accepted."""
    named = [one.terms.responsible for one in state.milestones]
    for target in state.targets:
        named += [*(share.unit for share in target.shares), *([target.responsible] if target.responsible else ())]
    present = {party.unit for party in state.present()}
    absent = [unit for unit in named if unit not in present]
    if absent:
        reason = "A unit that answers for a milestone or a target has not accepted."
        raise Refused("responsible-missing", reason, unit=absent[0])


def stays_checkable(state: Commitment, change: Event) -> None:
    """Refused `less-verifiable` if, once adopted, it would lack what an outsider has had to check it with."""
    if state.stage in AGREEING:
        return
    after = evolve(state, change)
    assert isinstance(after, Commitment)
    lost = [name for name in not_smart(after) if name not in not_smart(state)]
    if state.ends_on.known and not after.ends_on.known:
        lost.append("end")
    if lost:
        said = ", ".join(name.replace("_", " ") for name in lost)
        raise Refused("less-verifiable", f"It could be checked so far; from now on nobody would know its {said}.",
                      missing=tuple(lost))  # fmt: skip


def not_smart(state: Commitment) -> tuple[str, ...]:
    """What keeps it from being specific, measurable, resourced and dated; in a fixed order, empty if nothing does."""
    ends = [target for target in state.targets if target.aim is Aim.END]
    lacks = {name for target in ends for name in target.lacks}
    if not ends:
        lacks = {"measure", "baseline", "target_value", "target_date", "responsible_unit"}
    if not state.resources:
        lacks.add("resource")
    order = ("measure", "baseline", "target_value", "target_date", "resource", "responsible_unit")
    return tuple(name for name in order if name in lacks)
