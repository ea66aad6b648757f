"""What may be recorded of a unit, and what is refused."""

from collections.abc import Sequence
from typing import assert_never

from domain import cofog
from domain.kernel import PartialDate, Refused, UnitFacts, UnitId
from domain.units import memberships
from domain.units.annulling import annul
from domain.units.commands import (
    AbolishUnit,
    AccreditRepresentative,
    ActivateUnit,
    AnnulEntry,
    AssignSuccessor,
    AttachIdentifier,
    Command,
    CorrectUnit,
    DetachIdentifier,
    EndMembership,
    RecordCompetence,
    RecordMembership,
    RecordMerger,
    RecordSplit,
    RegisterUnit,
    RenameUnit,
    RestoreUnit,
    RevokeAccreditation,
    SetParent,
    WithdrawCompetence,
)
from domain.units.correcting import check_parent, correct
from domain.units.events import (
    CompetenceRecorded,
    CompetenceWithdrawn,
    Event,
    ParentSet,
    Stage,
    SuccessorAssigned,
    UnitAbolished,
    UnitActivated,
    UnitIdentifierAttached,
    UnitIdentifierDetached,
    UnitRegistered,
    UnitRenamed,
    UnitRestored,
    UnitsMerged,
    UnitSplit,
)
from domain.units.representatives import accredit, revoke
from domain.units.state import Absent, State, Unit, first_day, is_withdrawn, last_day

MOST_IDENTIFIERS = 50


def decide(command: Command, state: State) -> Sequence[Event]:
    if isinstance(command, RegisterUnit):
        return _register(command, state)
    if isinstance(state, Absent):
        raise Refused("unit-unknown", "This unit was never registered.")
    match command:
        case CorrectUnit():
            return correct(command, state)
        case ActivateUnit():
            return _activate(command, state)
        case RenameUnit():
            return [] if command.name == _living(state).name else [UnitRenamed(command.name)]
        case AttachIdentifier():
            return _attach(command, _living(state))
        case DetachIdentifier():
            known = command.identifier in _living(state).identifiers
            return [UnitIdentifierDetached(command.identifier)] if known else []
        case SetParent():
            return _set_parent(command, _living(state))
        case RecordMerger():
            return _merge(command, state)
        case RecordSplit():
            return _split(command, state)
        case AbolishUnit():
            return _abolish(command, state)
        case RestoreUnit():
            return _restore(command, state)
        case AssignSuccessor():
            return _assign_successor(command, state)
        case AccreditRepresentative():
            return accredit(command, _living(state))
        case RevokeAccreditation():
            return revoke(command, state)
        case RecordCompetence():
            return _record_competence(command, _living(state))
        case WithdrawCompetence():
            return _withdraw_competence(command, state)
        case RecordMembership():
            return memberships.record(command, _living(state))
        case EndMembership():
            return memberships.end(command, state)
        case AnnulEntry():
            return annul(command, state)
        case _:
            assert_never(command)


def _living(state: Unit) -> Unit:
    if state.stage is Stage.ABOLISHED:
        raise Refused("unit-abolished", f"The unit is no more since {state.alive_until}.")
    return state


def _register(command: RegisterUnit, state: State) -> Sequence[Event]:
    if not isinstance(state, Absent):
        raise Refused("unit-exists", "This unit has already been registered.")
    if len(set(command.identifiers)) < len(command.identifiers):
        raise Refused("identifier-repeated", "A code is named twice.", fields=("identifiers",))
    if command.parent is not None:
        check_parent(UnitId(command.unit), command.sphere, command.above, command.alive_from)
    begins = command.alive_from.earliest()
    return [
        UnitRegistered(
            unit=UnitId(command.unit),
            name=command.name,
            sphere=command.sphere,
            kind=command.kind,
            jurisdiction=command.jurisdiction,
            time_zone=command.time_zone,
            stage=Stage.PROPOSED if begins is not None and begins > command.today else Stage.ACTIVE,
            alive_from=command.alive_from,
            parent=command.parent,
            identifiers=command.identifiers,
            source=command.source,
        )
    ]


def _activate(command: ActivateUnit, state: Unit) -> Sequence[Event]:
    if state.stage in (Stage.ACTIVE, Stage.RESTORED):
        return []
    if state.stage is not Stage.PROPOSED:
        raise Refused("unit-not-proposed", f"Only a proposed unit comes into being; this one is {state.stage}.")
    if first_day(command.effective_on) > command.today:
        raise Refused("day-not-come", "A unit comes into being on the day, not before it.", fields=("effective_on",))
    if not _is_on(command.effective_on, state.alive_from):
        reason = (
            f"It was registered to come into being on {state.alive_from}. If that is so, say it in `effective_on`; "
            "if not, correct that day first (`correct`)."
        )
        raise Refused("other-first-day", reason, alive_from=state.alive_from, fields=("effective_on",))
    return [UnitActivated(command.effective_on)]


def _is_on(day: PartialDate, said: PartialDate) -> bool:
    """Whether a day can be the one that was said, which may be a month or a year."""
    return first_day(said) <= last_day(day) and first_day(day) <= last_day(said)


def _attach(command: AttachIdentifier, state: Unit) -> Sequence[Event]:
    if command.identifier in state.identifiers:
        return []
    if len(state.identifiers) >= MOST_IDENTIFIERS:
        raise Refused("too-many-identifiers", f"A unit has at most {MOST_IDENTIFIERS} codes at a time.")
    return [UnitIdentifierAttached(command.identifier)]


def _set_parent(command: SetParent, state: Unit) -> Sequence[Event]:
    if command.parent == state.parent:
        return []
    if command.parent is not None:
        check_parent(state.id, state.sphere, command.above, command.effective_on)
    return [ParentSet(command.parent)]


def _merge(command: RecordMerger, state: Unit) -> Sequence[Event]:
    merger = UnitsMerged(command.merged, command.into)
    if merger in state.acts:
        return []
    _check_act(state, command.into, command.merged, "into", "merged")
    _check_known(into=(command.into_unit,), merged=command.merged_units)
    _living(state)
    if state.id != command.into:
        if state.stage not in (Stage.ACTIVE, Stage.RESTORED):
            raise Refused("unit-not-active", f"Only an active unit merges into another; this one is {state.stage}.")
        if not command.into_unit.alive_on(command.effective_on):
            raise Refused(
                "unit-not-alive", f"{command.into_unit.name} is not there on {command.effective_on}.", fields=("into",)
            )
    return [merger]


def _split(command: RecordSplit, state: Unit) -> Sequence[Event]:
    split = UnitSplit(command.whole, command.parts, command.continues)
    if split in state.acts:
        return []
    _check_act(state, command.whole, command.parts, "whole", "parts")
    _check_known(whole=(command.whole_unit,), parts=command.part_units)
    _living(state)
    return [split]


def _check_act(state: Unit, one: UnitId, several: Sequence[UnitId], its_field: str, their_field: str) -> None:
    if one in several:
        raise Refused(
            "unit-on-both-sides",
            "A unit cannot merge into itself or be a part of itself.",
            fields=(its_field, their_field),
        )
    if len(set(several)) < len(several):
        raise Refused("unit-repeated", "A unit is named twice.", fields=(their_field,))
    if state.id not in (one, *several):
        raise Refused("not-a-party", "This unit takes no part in that; record it in a unit that does.")


def _check_known(**named: Sequence[UnitFacts]) -> None:
    """Units by the fields that name them."""
    unknown = [unit.id for units in named.values() for unit in units if not unit.exists]
    if unknown:
        fields = [name for name, units in named.items() if not all(unit.exists for unit in units)]
        raise Refused(
            "unit-unknown", f"Never registered: {', '.join(map(str, unknown))}.", units=unknown, fields=fields
        )


def _abolish(command: AbolishUnit, state: Unit) -> Sequence[Event]:
    until = command.effective_on
    if state.stage is Stage.ABOLISHED:
        if until == state.alive_until:
            return []
        raise Refused("unit-abolished", f"The unit is already no more since {state.alive_until}.")
    if not until.known:
        raise Refused("date-unknown", "Say at least in which year the unit came to its end.", fields=("effective_on",))
    # What was only proposed may be given up before its day.
    if state.stage is not Stage.PROPOSED and last_day(until) < first_day(state.alive_from):
        raise Refused(
            "ends-before-it-begins",
            f"The unit came into being on {state.alive_from}, after that day.",
            fields=("effective_on",),
        )
    return [UnitAbolished(until, state.identifiers)]


def _restore(command: RestoreUnit, state: Unit) -> Sequence[Event]:
    if state.stage not in (Stage.ABOLISHED, Stage.MERGING):
        raise Refused("unit-not-abolished", f"There is nothing to restore: the unit is {state.stage}.")
    if not command.effective_on.known:
        raise Refused("date-unknown", "Say at least in which year the unit was there again.", fields=("effective_on",))
    if state.alive_until is not None and last_day(command.effective_on) < first_day(state.alive_until):
        raise Refused(
            "restored-too-early", f"The unit was there until {state.alive_until} anyway.", fields=("effective_on",)
        )
    # Only an abolition frees codes; a unit whose merger is annulled still holds its own.
    lost = state.identifiers if state.stage is Stage.ABOLISHED else ()
    return [UnitRestored(command.effective_on, tuple(code for code in lost if code not in command.without))]


def _assign_successor(command: AssignSuccessor, state: Unit) -> Sequence[Event]:
    if command.successor in state.successors:
        return []
    if command.successor == state.id:
        raise Refused("own-successor", "A unit cannot succeed itself.", fields=("successor",))
    _check_known(successor=(command.successor_unit,))
    if not command.successor_unit.alive_on(command.effective_on):
        raise Refused(
            "unit-not-alive",
            f"{command.successor_unit.name} is not there on {command.effective_on}.",
            fields=("successor",),
        )
    return [SuccessorAssigned(command.successor)]


def _record_competence(command: RecordCompetence, state: Unit) -> Sequence[Event]:
    recorded = CompetenceRecorded(
        command.function,
        command.territory,
        command.manner,
        command.legal_basis,
        command.held_from,
        command.held_until,
    )
    if recorded in state.competences:
        return []
    if not cofog.is_function(command.function):
        raise Refused("function-unknown", f"COFOG has no division or group {command.function}.", fields=("function",))
    if not state.sphere.has_authority:
        raise Refused("no-authority", f"Units of the {state.sphere} sphere take part, without authority.")
    _check_known(territory=(command.territory_unit,))
    if first_day(recorded.held_from) > last_day(recorded.held_until):
        raise Refused("period-reversed", "The last day lies before the first one.", fields=("held_until",))
    if any(_overlap(recorded, held) for held in state.competences):
        raise Refused(
            "competence-recorded",
            "The unit already holds this competence there at that time.",
            fields=("function", "territory"),
        )
    return [recorded]


def _overlap(one: CompetenceRecorded, other: CompetenceRecorded) -> bool:
    return (
        (one.function, one.territory) == (other.function, other.territory)
        and first_day(one.held_from) <= last_day(other.held_until)
        and first_day(other.held_from) <= last_day(one.held_until)
    )


def _withdraw_competence(command: WithdrawCompetence, state: Unit) -> Sequence[Event]:
    withdrawn = CompetenceWithdrawn(command.function, command.territory, command.held_until)
    same = [
        held for held in state.competences if (held.function, held.territory) == (command.function, command.territory)
    ]
    if any(held.held_until == command.held_until for held in same):
        return []
    if not command.held_until.known:
        raise Refused(
            "date-unknown", "Say at least in which year the competence came to its end.", fields=("held_until",)
        )
    if not any(is_withdrawn(held, withdrawn) for held in same):
        raise Refused(
            "competence-not-held",
            "The unit does not hold that competence there on that day.",
            fields=("function", "territory"),
        )
    return [withdrawn]
