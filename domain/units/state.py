"""What is known of one unit after its history, and what other contexts may ask of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias, TypeVar, assert_never

from domain.correcting import Corrected, with_right
from domain.kernel import EventName, Holding, Membership, PartialDate, Role, Sphere, StreamId, UnitFacts, UnitId, Words
from domain.replacing import replace
from domain.units.events import (
    AccreditationRevoked,
    CompetenceAnnulled,
    CompetenceCorrected,
    CompetenceRecorded,
    CompetenceWithdrawn,
    Event,
    Identifier,
    Kind,
    Later,
    MembershipAnnulled,
    MembershipCorrected,
    MembershipEnded,
    MembershipRecorded,
    ParentSet,
    RepresentativeAccredited,
    Stage,
    SuccessorAssigned,
    UnitAbolished,
    UnitActivated,
    UnitCorrected,
    UnitIdentifierAttached,
    UnitIdentifierDetached,
    UnitRegistered,
    UnitRenamed,
    UnitRestored,
    UnitsMerged,
    UnitSplit,
)

Entry = TypeVar("Entry", CompetenceRecorded, MembershipRecorded)


@dataclass(frozen=True, slots=True)
class Accredited:
    """An accreditation, named by the version of its record. `ends_on`: from that day on it no longer counts."""

    version: int
    role: Role
    valid_from: date
    valid_until: date | None
    ends_on: date | None = None
    revoked: bool = False

    def in_force(self, on: date) -> bool:
        return (
            self.valid_from <= on
            and (self.valid_until is None or on <= self.valid_until)
            and (self.ends_on is None or on < self.ends_on)
        )


@dataclass(frozen=True, slots=True)
class Entered:
    """What the record of that version entered of a unit, as it said it."""

    version: int
    entry: CompetenceRecorded | MembershipRecorded


@dataclass(frozen=True, slots=True)
class Absent:
    """A unit that was never registered."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A registered unit. `version` counts its records; `acts` are the mergers and splits it took part in.

    `entered_from`: its first day by its entry; `alive_from`: that of its present life, as the record of version
    `begun_by` says; `gone_from`: when the life before that was over, if there was one. `entries`: which records
    entered its competences and memberships.
    """

    id: UnitId
    version: int
    stage: Stage
    name: Words
    sphere: Sphere
    kind: Kind
    jurisdiction: str
    time_zone: str
    entered_from: PartialDate
    alive_from: PartialDate
    alive_until: PartialDate | None
    parent: UnitId | None
    identifiers: tuple[Identifier, ...]
    begun_by: int = 1
    gone_from: PartialDate | None = None
    acts: tuple[UnitsMerged | UnitSplit, ...] = ()
    successors: tuple[UnitId, ...] = ()
    accreditations: tuple[Accredited, ...] = ()
    competences: tuple[CompetenceRecorded, ...] = ()
    memberships: tuple[MembershipRecorded, ...] = ()
    entries: tuple[Entered, ...] = ()


State: TypeAlias = Absent | Unit


def evolve(state: State, event: Event) -> State:
    if isinstance(event, UnitRegistered):
        return _registered(event)
    assert isinstance(state, Unit), "the first event of a unit is its registration"
    return replace(_changed(state, event), version=state.version + 1)


def _registered(event: UnitRegistered) -> Unit:
    return Unit(
        id=event.unit,
        version=1,
        stage=event.stage,
        name=event.name,
        sphere=event.sphere,
        kind=event.kind,
        jurisdiction=event.jurisdiction,
        time_zone=event.time_zone,
        entered_from=event.alive_from,
        alive_from=event.alive_from,
        alive_until=None,
        parent=event.parent,
        identifiers=event.identifiers,
    )


def _changed(unit: Unit, event: Later) -> Unit:
    match event:
        case UnitCorrected():
            return replace(with_right(unit, event), entered_from=event.since or unit.entered_from)
        case UnitActivated():
            begun = unit.version + 1
            return replace(unit, stage=Stage.ACTIVE, alive_from=event.alive_from, begun_by=begun)
        case UnitRenamed():
            return replace(unit, name=event.name)
        case UnitIdentifierAttached():
            return replace(unit, identifiers=(*unit.identifiers, event.identifier))
        case UnitIdentifierDetached():
            return replace(unit, identifiers=tuple(item for item in unit.identifiers if item != event.identifier))
        case ParentSet():
            return replace(unit, parent=event.parent)
        case UnitsMerged() | UnitSplit():
            return _acted(unit, event)
        case UnitAbolished():
            return _abolished(unit, event)
        case UnitRestored():
            return _restored(unit, event)
        case SuccessorAssigned():
            return replace(unit, successors=_with(unit.successors, [event.successor]))
        case RepresentativeAccredited():
            new = Accredited(unit.version + 1, event.role, event.valid_from, event.valid_until)
            return replace(unit, accreditations=(*unit.accreditations, new))
        case AccreditationRevoked():
            return _revoked(unit, event)
        case CompetenceRecorded():
            return replace(_entered(unit, event), competences=(*unit.competences, event))
        case CompetenceWithdrawn():
            return replace(unit, competences=tuple(_withdrawn(held, event) for held in unit.competences))
        case MembershipRecorded():
            return replace(_entered(unit, event), memberships=(*unit.memberships, event))
        case MembershipEnded():
            return replace(unit, memberships=after_end(unit.memberships, event))
        case CompetenceCorrected():
            return replace(unit, competences=put_right_in(unit.competences, event.competence, event))
        case MembershipCorrected():
            return replace(unit, memberships=put_right_in(unit.memberships, event.membership, event))
        case CompetenceAnnulled():
            left = without(unit.competences, event.competence)
            return replace(_annulled(unit, event.corrects), competences=left)
        case MembershipAnnulled():
            left_in = without(unit.memberships, event.membership)
            return replace(_annulled(unit, event.corrects), memberships=left_in)
        case _:
            assert_never(event)


def _with(known: tuple[UnitId, ...], more: Iterable[UnitId]) -> tuple[UnitId, ...]:
    return tuple(dict.fromkeys((*known, *more)))


def _acted(unit: Unit, event: UnitsMerged | UnitSplit) -> Unit:
    unit = replace(unit, acts=(*unit.acts, event))
    match event:
        case UnitsMerged() if unit.id in event.merged:
            return replace(unit, stage=Stage.MERGING, successors=_with(unit.successors, [event.into]))
        case UnitSplit() if unit.id == event.whole and not event.continues:
            return replace(unit, successors=_with(unit.successors, event.parts))
        case _:
            return unit


def _abolished(unit: Unit, event: UnitAbolished) -> Unit:
    """Nobody acts for a unit that is no more, nor again if it is restored: they are accredited anew."""
    gone = first_day_after(event.alive_until)
    return replace(
        unit,
        stage=Stage.ABOLISHED,
        alive_until=event.alive_until,
        accreditations=tuple(replace(item, ends_on=min(item.ends_on or gone, gone)) for item in unit.accreditations),
    )


def _restored(unit: Unit, event: UnitRestored) -> Unit:
    """A life that is taken up on the very day of its end has no gap, nor has one whose merger was annulled."""
    restored = replace(unit, stage=Stage.RESTORED, successors=(), alive_until=None)
    if unit.stage is Stage.MERGING:
        return restored
    if unit.alive_until == event.alive_from:
        return replace(restored, identifiers=event.identifiers)
    begun = unit.version + 1
    begins = replace(restored, alive_from=event.alive_from, begun_by=begun, gone_from=unit.alive_until)
    return replace(begins, identifiers=event.identifiers)


def _revoked(unit: Unit, event: AccreditationRevoked) -> Unit:
    def ended(item: Accredited) -> Accredited:
        if item.version != event.accreditation.version:
            return item
        return replace(item, ends_on=min(item.ends_on or event.revoked_on, event.revoked_on), revoked=True)

    return replace(unit, accreditations=tuple(ended(item) for item in unit.accreditations))


def _withdrawn(held: CompetenceRecorded, event: CompetenceWithdrawn) -> CompetenceRecorded:
    return replace(held, held_until=event.held_until) if is_withdrawn(held, event) else held


def is_withdrawn(held: CompetenceRecorded, event: CompetenceWithdrawn) -> bool:
    """Whether a withdrawal is about this competence: it is held on that last day, and would be held longer."""
    return (held.function, held.territory) == (event.function, event.territory) and first_day(
        held.held_from
    ) <= last_day(event.held_until) < last_day(held.held_until)


def _entered(unit: Unit, event: CompetenceRecorded | MembershipRecorded) -> Unit:
    return replace(unit, entries=(*unit.entries, Entered(unit.version + 1, event)))


def _annulled(unit: Unit, record: EventName) -> Unit:
    return replace(unit, entries=tuple(one for one in unit.entries if one.version != record.version))


def without(stand: Iterable[Entry], gone: Entry) -> tuple[Entry, ...]:
    """What stands of competences or memberships without that entry, whether or not it had its last day by then."""
    return tuple(one for one in stand if not same_entry(one, gone))


def put_right_in(stand: Iterable[Entry], wrong: Entry, event: Corrected) -> tuple[Entry, ...]:
    """What stands of competences or memberships once that one says what it should have said."""
    return tuple(with_right(one, event) if same_entry(one, wrong) else one for one in stand)


def entered(unit: Unit, record: EventName) -> CompetenceRecorded | MembershipRecorded | None:
    """What stands of the competence or membership that a record entered; None if it entered none, or was annulled."""
    said = next((one.entry for one in unit.entries if EventName.at(StreamId(unit.id), one.version) == record), None)
    if said is None:
        return None
    stand: tuple[CompetenceRecorded | MembershipRecorded, ...] = (*unit.competences, *unit.memberships)
    return next(one for one in stand if same_entry(one, said))


def entering(unit: Unit) -> list[EventName]:
    """The records that entered what stands of its competences and memberships."""
    return [EventName.at(StreamId(unit.id), one.version) for one in unit.entries]


def same_entry(one: CompetenceRecorded | MembershipRecorded, other: CompetenceRecorded | MembershipRecorded) -> bool:
    """Whether both are of one entry, of which only the last day changes: no two of a kind begin on one day."""
    return _what(one) == _what(other)


def _what(one: CompetenceRecorded | MembershipRecorded) -> tuple[object, ...]:
    match one:
        case CompetenceRecorded():
            return one.function, one.territory, one.held_from
        case MembershipRecorded():
            return one.body, one.member_from
        case _:
            assert_never(one)


def after_end(memberships: Iterable[MembershipRecorded], event: MembershipEnded) -> tuple[MembershipRecorded, ...]:
    """What is known of memberships once one of them has its last day."""
    return tuple(
        replace(one, member_until=event.member_until) if ends_membership(one, event) else one for one in memberships
    )


def ends_membership(one: MembershipRecorded, event: MembershipEnded) -> bool:
    """Whether an end is about this membership: it lasts on that day, and would last longer."""
    return one.body == event.body and first_day(one.member_from) <= last_day(event.member_until) < last_day(
        one.member_until
    )


def first_day(day: PartialDate) -> date:
    """The first day it can mean; the beginning of time where nothing is known."""
    return day.earliest() or date.min


def last_day(day: PartialDate | None) -> date:
    """The last day it can mean; the end of time where nothing is known or said."""
    return (day.latest() if day else None) or date.max


def first_day_after(end: PartialDate) -> date:
    """From which day on something is over that ended on a date: that day, or the day after the year or month."""
    last = last_day(end)
    return last if len(end) == 10 or last == date.max else last + timedelta(days=1)


def accreditation_in_force(state: State, accreditation: EventName, on: date) -> Accredited | None:
    """The accreditation, if it counts on that day: begun, not over, not revoked, and of a unit that is there."""
    if isinstance(state, Absent) or accreditation.stream != state.id:
        return None
    version = accreditation.version
    return next((item for item in state.accreditations if item.version == version and item.in_force(on)), None)


def signatory_in_force(state: Unit, on: date) -> bool:
    """Whether somebody can sign for the unit on that day."""
    return any(item.role is Role.AUTHORISED_SIGNATORY and item.in_force(on) for item in state.accreditations)


def holdings(state: State) -> tuple[Holding, ...]:
    """Everything the unit ever held by law, for contexts that ask about more than one day."""
    if isinstance(state, Absent):
        return ()
    return tuple(
        Holding(
            unit=state.id,
            function=held.function,
            territory=held.territory,
            manner=held.manner.value,
            legal_basis=held.legal_basis,
            held_from=held.held_from.earliest(),
            held_until=None if held.held_until is None else held.held_until.latest(),
        )
        for held in state.competences
    )


def facts(state: State, id: UnitId) -> UnitFacts:
    """What other contexts may know of a unit. `exists` is False for one that was never registered."""
    if isinstance(state, Absent):
        return UnitFacts(id, exists=False, name="", sphere=Sphere.COMMUNITY, jurisdiction="", time_zone="UTC")
    return UnitFacts(
        id,
        exists=True,
        name=state.name.best(),
        sphere=state.sphere,
        jurisdiction=state.jurisdiction,
        time_zone=state.time_zone,
        alive_from=state.alive_from.earliest(),
        alive_until=None if state.alive_until is None else first_day_after(state.alive_until),
        parent=state.parent,
        successor=next(iter(state.successors), None),
        memberships=tuple(map(_membership, state.memberships)),
    )


def _membership(one: MembershipRecorded) -> Membership:
    until = None if one.member_until is None else one.member_until.latest()
    return Membership(one.body, one.member_from.earliest(), until)
