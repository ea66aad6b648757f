"""What the registrar and a unit's signatories may ask to be recorded of a unit."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypeAlias

from domain import cofog
from domain.correcting import CHANGES, Corrects
from domain.kernel import (
    Actor,
    EventName,
    Given,
    Known,
    Many,
    PartialDate,
    Role,
    Says,
    Seal,
    Sealed,
    Sphere,
    StreamId,
    Text,
    Today,
    UnitFacts,
    UnitId,
    Words,
)
from domain.units.events import TIME_ZONE, Identifier, Kind, Manner, Particulars

JURISDICTION = r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?"

EffectiveOn: TypeAlias = Annotated[PartialDate, Given("when it counts in law")]
Above: TypeAlias = Annotated[tuple[UnitFacts, ...], Given("the parent and everything above it", of="parent*")]
Name: TypeAlias = Annotated[Words, Text(at_most=200), Says("The unit's own name, in its languages.")]
Parent: TypeAlias = Annotated[UnitId | None, Says("The unit of another sphere in which it lies.")]
Body: TypeAlias = Annotated[
    UnitId, Says("The body that has members: an inter-municipal body, a Zweckverband, a mancomunidad.")
]
Function: TypeAlias = Annotated[
    str, Text(at_most=4, at_least=2, form=cofog.FORM), Says("The function of government: a COFOG code.", "07.3")
]
Territory: TypeAlias = Annotated[UnitId, Says("The unit in whose territory it is held; often the unit itself.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterUnit:
    """Enter a unit of government into the directory."""

    name: Name
    sphere: Annotated[Sphere, Says("The one sphere in which it stands; a city-state is two units.")]
    kind: Annotated[Kind, Says("What it is.")]
    jurisdiction: Annotated[
        str,
        Text(at_most=6, at_least=2, form=JURISDICTION),
        Known("place"),
        Says("ISO 3166 code of the law that applies.", "DE-BY"),
    ]
    time_zone: Annotated[
        str, Text(at_most=60, form=TIME_ZONE), Known("time zone"), Says("Its time zone (IANA).", "Europe/Berlin")
    ]
    alive_from: Annotated[PartialDate, Says("Since when it has existed; a day to come makes it a proposed unit.")]
    parent: Parent = None
    identifiers: Annotated[tuple[Identifier, ...], Many(0, 50), Says("Its codes in published schemes.")] = ()
    source: Annotated[
        str | None, Text(at_most=500), Says("The published source it was taken from: title, date and licence.")
    ] = None
    above: Above
    today: Annotated[Today, Given("today where the registrar is")]
    unit: Annotated[StreamId, Given("the stream that begins here, which is the unit's id")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectUnit:
    """Put right what was entered wrongly of a unit: sphere, kind, time zone, first day; the law of what it holds."""

    corrects: Corrects
    changes: Annotated[Particulars, CHANGES]
    above: Annotated[tuple[UnitFacts, ...], Given("the parent and everything above it", of="state.parent*")]
    today: Annotated[Today, Given("today where the unit is, by the time zone that it has")]
    there: Annotated[Today, Given("today by the time zone that it should have", of="changes.time_zone")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateUnit:
    """Record that a proposed unit has come into being, on the day for which it was registered."""

    today: Annotated[Today, Given("today where the unit is")]
    effective_on: EffectiveOn


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameUnit:
    """Record a unit's new name."""

    name: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachIdentifier:
    """Attach a unit's code in a published scheme; no other unit may hold it at the same time."""

    identifier: Annotated[Identifier, Says("The scheme and the code.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetachIdentifier:
    """Detach a code that no longer names the unit, so that another one may have it."""

    identifier: Annotated[Identifier, Says("The scheme and the code.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetParent:
    """Record in which unit of another sphere this one lies from now on; in none, if left out."""

    parent: Parent = None
    above: Above
    effective_on: EffectiveOn


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMerger:
    """Record that units merge into another one; it is recorded in each of them, and in the one they become."""

    merged: Annotated[tuple[UnitId, ...], Many(1, 500), Says("The units that end.")]
    into: Annotated[UnitId, Says("The unit that they become part of.")]
    merged_units: Annotated[tuple[UnitFacts, ...], Given("the units that end", of="merged")]
    into_unit: Annotated[UnitFacts, Given("the unit that they become part of", of="into")]
    effective_on: EffectiveOn


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSplit:
    """Record that parts of a unit became units; it is recorded in the whole, and in each part."""

    whole: Annotated[UnitId, Says("The unit that is split.")]
    parts: Annotated[tuple[UnitId, ...], Many(1, 500), Says("The units that its parts became.")]
    continues: Annotated[bool, Says("Whether the whole goes on beside its parts.")]
    whole_unit: Annotated[UnitFacts, Given("the unit that is split", of="whole")]
    part_units: Annotated[tuple[UnitFacts, ...], Given("the units that its parts became", of="parts")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AbolishUnit:
    """Record that a unit is no more; its codes become free and nobody acts for it any longer."""

    effective_on: EffectiveOn


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreUnit:
    """Record that an abolished unit is there again, or that a merger was annulled."""

    without: Annotated[tuple[Identifier, ...], Many(0, 50), Says("Codes that name another unit by now.")] = ()
    effective_on: EffectiveOn


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignSuccessor:
    """Name a unit that takes over what this one leaves."""

    successor: Annotated[UnitId, Says("The unit that takes over.")]
    successor_unit: Annotated[UnitFacts, Given("the unit that takes over", of="successor")]
    effective_on: EffectiveOn


@dataclass(frozen=True, slots=True, kw_only=True)
class AccreditRepresentative:
    """Let a person act for the unit in a role, for a time; name and contact are sealed and never public."""

    role: Annotated[Role, Says("In which role the person acts.")]
    name: Annotated[Sealed, Seal("unit", at_most=200), Says("Who the person is; only the unit may read it.")]
    valid_from: Annotated[date, Says("The first day.")]
    valid_until: Annotated[date | None, Says("The last day; open-ended if left out.")] = None
    contact: Annotated[
        Sealed | None, Seal("unit", at_most=500), Says("How to reach the person; only the unit may read it.")
    ] = None
    actor: Annotated[Actor, Given("who accredits")]
    today: Annotated[Today, Given("today where the unit is")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeAccreditation:
    """End an accreditation from today on."""

    accreditation: Annotated[EventName, Says("The record of the accreditation, <stream>/<version>.")]
    actor: Annotated[Actor, Given("who revokes")]
    today: Annotated[Today, Given("today where the unit is")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCompetence:
    """Record a competence that the unit holds by law; only what is held can be entrusted to others."""

    function: Function
    territory: Territory
    manner: Annotated[Manner, Says("Whether it is the unit's own, shared with others, or exclusive.")]
    legal_basis: Annotated[str, Text(at_most=500), Says("The law, by its article; best by its ELI or AKN address.")]
    held_from: Annotated[PartialDate, Says("The first day.")]
    held_until: Annotated[PartialDate | None, Says("The last day; open-ended if left out.")] = None
    territory_unit: Annotated[UnitFacts, Given("the territory", of="territory")]


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawCompetence:
    """Record that the law has taken a competence back."""

    function: Function
    territory: Territory
    held_until: Annotated[PartialDate, Says("The last day on which it is held.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMembership:
    """Record that the unit is a member of a body whose territory is that of its members: it lies in it meanwhile."""

    body: Body
    legal_basis: Annotated[str, Text(at_most=500), Says("The law, statutes or order that it rests on.")]
    member_from: Annotated[PartialDate, Says("The first day.")]
    member_until: Annotated[PartialDate | None, Says("The last day; open-ended if left out.")] = None
    above: Annotated[tuple[UnitFacts, ...], Given("the body and everything above it", of="body*")]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndMembership:
    """Record that the unit leaves a body of which it is a member."""

    body: Body
    member_until: Annotated[PartialDate, Says("The last day on which it is a member.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnulEntry:
    """Take back a competence or a membership that was entered by mistake, and never was."""

    corrects: Annotated[EventName, Says("The record that entered it: <stream>/<version>.")]


Command: TypeAlias = (
    RegisterUnit
    | CorrectUnit
    | ActivateUnit
    | RenameUnit
    | AttachIdentifier
    | DetachIdentifier
    | SetParent
    | RecordMerger
    | RecordSplit
    | AbolishUnit
    | RestoreUnit
    | AssignSuccessor
    | AccreditRepresentative
    | RevokeAccreditation
    | RecordCompetence
    | WithdrawCompetence
    | RecordMembership
    | EndMembership
    | AnnulEntry
)
