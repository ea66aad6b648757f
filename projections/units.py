"""The directory of units, and who may act for them in which role."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, assert_never
from uuid import UUID

from domain.correcting import with_right
from domain.kernel import EventName, Indexed, Level, PartialDate, Recorded, Role, Says, Searched, Sphere, Words
from domain.replacing import quick, replace
from domain.units import UNITS as CONTEXT
from domain.units import Identifier, Kind, Stage
from domain.units.events import (
    AccreditationRevoked,
    CompetenceAnnulled,
    CompetenceCorrected,
    CompetenceRecorded,
    CompetenceWithdrawn,
    Event,
    Later,
    MembershipAnnulled,
    MembershipCorrected,
    MembershipEnded,
    MembershipRecorded,
    ParentSet,
    RepresentativeAccredited,
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
from domain.units.state import after_end, first_day, first_day_after, is_withdrawn, put_right_in, without
from projections.kernel import Computed, Look, Subject, View, day_of, own_stream, text_of

NAMES_KEPT = 30


@quick
@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit of government.

    `ancestors` are those of the unit's own last word about its parent: a fold cannot list what lies below a unit, so
    when something in the middle moves, those below are placed anew by their own records.
    """

    title: Annotated[str, Searched(), Says("Its name, in English if there is an English one.")]
    name: Annotated[Words, Says("Its name, in its languages.")]
    also: Annotated[str, Searched(), Says("Its names in other languages, and those it had before.")]
    sphere: Annotated[Sphere, Indexed(), Says("The sphere in which it stands.")]
    kind: Annotated[Kind, Indexed(), Says("What it is.")]
    state: Annotated[Stage, Indexed(), Says("Where it is in its life.")]
    country: Annotated[str, Indexed(), Says("ISO 3166-1 alpha-2 code of its country.")]
    jurisdiction: Annotated[str, Indexed(), Says("ISO 3166 code of the law that applies.")]
    time_zone: Annotated[str, Says("Its time zone (IANA).")]
    alive_from: Annotated[PartialDate, Says("Since when it has existed.")]
    assertion: Annotated[Level, Indexed(), Says("Whether the registrar vouches for it, or took it from a source.")]
    alive_until: Annotated[PartialDate | None, Says("From when on it is no more.")] = None
    parent: Annotated[UUID | None, Indexed(), Says("The unit of another sphere in which it lies.")] = None
    ancestors: Annotated[tuple[UUID, ...], Says("The parent and everything above it, nearest first.")] = ()
    bodies: Annotated[tuple[UUID, ...], Says("Bodies of which it is, was or will be a member.")] = ()
    memberships: Annotated[
        tuple[MembershipRecorded, ...], Says("In which bodies' territory it lies, and from when until when.")
    ] = ()
    identifiers: Annotated[tuple[str, ...], Says("Its codes, as scheme:value.")] = ()
    merged_into: Annotated[UUID | None, Indexed(), Says("The unit that it became part of.")] = None
    formed_from: Annotated[tuple[UUID, ...], Says("Units that merged into it, or of which it was a part.")] = ()
    split_into: Annotated[tuple[UUID, ...], Says("The units that parts of it became.")] = ()
    successors: Annotated[tuple[UUID, ...], Says("The units that take over what it leaves.")] = ()
    functions: Annotated[tuple[str, ...], Says("COFOG codes of the competences that were recorded for it.")] = ()
    competences: Annotated[tuple[CompetenceRecorded, ...], Says("What it holds or held by law.")] = ()
    accreditations: Annotated[tuple[EventName, ...], Says("Every accreditation it ever gave.")] = ()
    source: Annotated[str | None, Says("The published source that it was taken from.")] = None


def unit_name(look: Look, unit: UUID) -> str:
    """The unit's name in the directory; empty where it is not there."""
    row = look.row("units", text_of(unit))
    return row.title if row else ""


def fold(key: str, before: UnitRow | None, record: Recorded, look: Look) -> UnitRow | None:
    """The unit after one of its records. What precedes its registration on a day in law leaves no row."""
    event: Event = record.event
    if isinstance(event, UnitRegistered):
        return _registered(event, look)
    return None if before is None else _changed(key, before, event, record, look)


def _registered(event: UnitRegistered, look: Look) -> UnitRow:
    title = event.name.best()
    return UnitRow(
        title=title,
        name=event.name,
        also=_also(title, event.name.values()),
        sphere=event.sphere,
        kind=event.kind,
        state=event.stage,
        country=event.jurisdiction[:2],
        jurisdiction=event.jurisdiction,
        time_zone=event.time_zone,
        alive_from=event.alive_from,
        assertion=Level.RECORDED_FROM_SOURCE if event.source else Level.CONFIRMED,
        parent=event.parent,
        ancestors=_ancestors(event.parent, look),
        identifiers=_codes(event.identifiers),
        source=event.source,
    )


def _changed(key: str, row: UnitRow, event: Later, record: Recorded, look: Look) -> UnitRow:
    match event:
        case UnitCorrected():
            return with_right(row, event)
        case UnitActivated():
            return replace(row, state=Stage.ACTIVE, alive_from=event.alive_from)
        case UnitRenamed():
            title = event.name.best()
            also = _also(title, (*event.name.values(), row.title, *_lines(row.also)))
            return replace(row, title=title, name=event.name, also=also)
        case UnitIdentifierAttached():
            return replace(row, identifiers=(*row.identifiers, *_codes([event.identifier])))
        case UnitIdentifierDetached():
            gone = _codes([event.identifier])
            return replace(row, identifiers=tuple(code for code in row.identifiers if code not in gone))
        case ParentSet():
            return replace(row, parent=event.parent, ancestors=_ancestors(event.parent, look))
        case UnitsMerged():
            return _merged(key, row, event)
        case UnitSplit():
            return _split(key, row, event)
        case UnitAbolished():
            return replace(row, state=Stage.ABOLISHED, alive_until=event.alive_until)
        case UnitRestored():
            return _restored(row, event)
        case SuccessorAssigned():
            return replace(row, successors=_with(row.successors, [event.successor]))
        case RepresentativeAccredited():
            return replace(row, accreditations=(*row.accreditations, record.name))
        case AccreditationRevoked():
            return row
        case CompetenceRecorded():
            return _holding(row, (*row.competences, event))
        case CompetenceWithdrawn():
            return _holding(row, tuple(_after(held, event) for held in row.competences))
        case MembershipRecorded():
            return replace(row, bodies=_with(row.bodies, [event.body]), memberships=(*row.memberships, event))
        case MembershipEnded():
            return replace(row, memberships=after_end(row.memberships, event))
        case CompetenceCorrected():
            return replace(row, competences=put_right_in(row.competences, event.competence, event))
        case MembershipCorrected():
            return replace(row, memberships=put_right_in(row.memberships, event.membership, event))
        case CompetenceAnnulled():
            return _holding(row, without(row.competences, event.competence))
        case MembershipAnnulled():
            left = without(row.memberships, event.membership)
            return replace(row, memberships=left, bodies=_with((), [one.body for one in left]))
        case _:
            assert_never(event)


def _lines(text: str) -> Sequence[str]:
    return text.split(" · ") if text else ()


def _also(title: str, names: Iterable[str]) -> str:
    others = [name for name in dict.fromkeys(names) if name != title]
    return " · ".join(others[:NAMES_KEPT])


def _codes(identifiers: Iterable[Identifier]) -> tuple[str, ...]:
    return tuple(f"{identifier.scheme}:{identifier.value}" for identifier in identifiers)


def _with(known: tuple[UUID, ...], more: Iterable[UUID]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys((*known, *more)))


def _ancestors(parent: UUID | None, look: Look) -> tuple[UUID, ...]:
    if parent is None:
        return ()
    above = look.row("units", str(parent))
    return (parent, *(above.ancestors if above else ()))


def _merged(key: str, row: UnitRow, event: UnitsMerged) -> UnitRow:
    if key == str(event.into):
        return replace(row, formed_from=_with(row.formed_from, event.merged))
    successors = _with(row.successors, [event.into])
    return replace(row, state=Stage.MERGING, merged_into=event.into, successors=successors)


def _split(key: str, row: UnitRow, event: UnitSplit) -> UnitRow:
    if key != str(event.whole):
        return replace(row, formed_from=_with(row.formed_from, [event.whole]))
    successors = row.successors if event.continues else _with(row.successors, event.parts)
    return replace(row, split_into=_with(row.split_into, event.parts), successors=successors)


def _restored(row: UnitRow, event: UnitRestored) -> UnitRow:
    """As in the rules: a life taken up on the very day of its end, or a merger annulled, has no gap."""
    restored = replace(row, state=Stage.RESTORED, alive_until=None, merged_into=None, successors=())
    if row.state is Stage.MERGING:
        return restored
    begun = row.alive_from if row.alive_until == event.alive_from else event.alive_from
    return replace(restored, alive_from=begun, identifiers=_codes(event.identifiers))


def _after(held: CompetenceRecorded, event: CompetenceWithdrawn) -> CompetenceRecorded:
    return replace(held, held_until=event.held_until) if is_withdrawn(held, event) else held


def _holding(row: UnitRow, competences: tuple[CompetenceRecorded, ...]) -> UnitRow:
    functions = tuple(sorted({held.function for held in competences}))
    return replace(row, competences=competences, functions=functions)


def counts_from(record: Recorded) -> date:
    """A unit has been there from its own first day on, whenever it was entered; all along where nobody knows.

    So has what its entry should have said.
    """
    event, day = record.event, day_of(record)
    if isinstance(event, UnitRegistered):
        return min(day, first_day(event.alive_from))
    return min(day, first_day(event.since)) if isinstance(event, UnitCorrected) and event.since else day


def begins(record: Recorded) -> date | None:
    """The unit's first day, where its entry had another one; what is only proposed is there as such already."""
    event = record.event
    if not isinstance(event, UnitCorrected) or event.since is None or event.after.alive_from is None:
        return None
    day = first_day(event.since)
    return day if day <= record.at.date() else None


UNITS = View(
    name="units",
    version=3,
    says="The directory: every unit of government, its sphere, its place in the hierarchy, its codes and competences.",
    subject=Subject.UNITS,
    shows=("sphere", "kind", "state", "country", "parent", "alive_from", "alive_until"),
    row=UnitRow,
    key_says="The unit's id.",
    touched_by=CONTEXT.events,
    keys=own_stream,
    fold=fold,
    sort="title",
    valid_time=True,
    counts_from=counts_from,
    begins=begins,
)


@quick
@dataclass(frozen=True, slots=True)
class RepresentativeRow:
    """One accreditation: a role in which somebody may act for a unit. Who that is, is never public."""

    unit: Annotated[UUID, Indexed(), Says("The unit for which the person acts.")]
    unit_name: Annotated[str, Searched(), Says("The unit's name.")]
    sphere: Annotated[Sphere, Indexed(), Says("The unit's sphere.")]
    role: Annotated[Role, Indexed(), Says("In which role.")]
    valid_from: Annotated[date, Says("The first day.")]
    valid_until: Annotated[date | None, Says("The last day; open-ended where there is none.")] = None
    ended_on: Annotated[date | None, Says("From when on it counts no more: revoked, or the unit ended.")] = None
    because: Annotated[str, Says("Why it ended.")] = ""


def representative_keys(record: Recorded, look: Look) -> Iterable[str]:
    """A new accreditation is a row of its own; what befalls the unit touches all that it gave."""
    match record.event:
        case RepresentativeAccredited():
            return (record.name,)
        case AccreditationRevoked() as event:
            return (event.accreditation,)
        case _:
            unit = look.row("units", record.key)
            return unit.accreditations if unit else ()


def fold_representative(
    key: str, before: RepresentativeRow | None, record: Recorded, look: Look
) -> RepresentativeRow | None:
    event = record.event
    if isinstance(event, RepresentativeAccredited):
        unit = look.row("units", record.key)
        return RepresentativeRow(
            record.stream, unit.title, unit.sphere, event.role, event.valid_from, event.valid_until
        )
    assert before is not None, "an accreditation is given before anything befalls it"
    match event:
        case UnitCorrected():
            return replace(before, sphere=event.after.sphere or before.sphere)
        case UnitRenamed():
            return replace(before, unit_name=event.name.best())
        case AccreditationRevoked():
            return _ended(before, event.revoked_on, record.because)
        case UnitAbolished():
            return _ended(before, first_day_after(event.alive_until), "The unit is no more.")
        case _:
            return before


def _ended(row: RepresentativeRow, day: date, because: str) -> RepresentativeRow:
    """An end that came earlier stays."""
    if row.ended_on is not None and row.ended_on <= day:
        return row
    return replace(row, ended_on=day, because=because)


def in_force(row: RepresentativeRow, day: date) -> bool:
    """Whether somebody may act under the accreditation on that day."""
    return (
        row.valid_from <= day
        and (row.valid_until is None or day <= row.valid_until)
        and (row.ended_on is None or day < row.ended_on)
    )


REPRESENTATIVES = View(
    name="representatives",
    version=2,
    says="Who may act for a unit: the roles it has given, and from when until when. Names are never public.",
    subject=Subject.UNITS,
    shows=("role", "sphere", "valid_from", "valid_until", "in_force"),
    row=RepresentativeRow,
    key_says="The accreditation, <stream>/<version>.",
    touched_by=(RepresentativeAccredited, AccreditationRevoked, UnitCorrected, UnitRenamed, UnitAbolished),
    keys=representative_keys,
    fold=fold_representative,
    reads=("units",),
    sort="unit_name",
    computed=(
        Computed(
            name="in_force",
            type=bool,
            says="Whether somebody may act under it on the day that is asked for.",
            of=in_force,
            sql="(valid_from <= {day} and (valid_until is null or {day} <= valid_until)"
            " and (ended_on is null or {day} < ended_on))",
        ),
    ),
)
