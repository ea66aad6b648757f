"""What happens to a unit of government, and the values that its events speak in."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, TypeAlias

from domain import correcting
from domain.kernel import EventName, Known, PartialDate, Role, Says, Seal, Sealed, Sphere, Text, UnitId, Words


class Kind(StrEnum):
    """What a unit is. It says nothing about its sphere: a city may be a region, too."""

    MUNICIPALITY = "municipality"
    INTERMUNICIPAL = "intermunicipal"
    COUNTY = "county"
    REGION = "region"
    STATE = "state"
    MINISTRY = "ministry"
    CHAMBER = "chamber"
    AGENCY = "agency"
    COURT = "court"
    FORUM = "forum"
    ASSOCIATION = "association"
    ORGANISATION = "organisation"
    COMMUNITY = "community"


class Stage(StrEnum):
    """Where a unit is in its life. `restored` is active again after an abolition or an annulled merger."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    MERGING = "merging"
    ABOLISHED = "abolished"
    RESTORED = "restored"


class Manner(StrEnum):
    """How a unit holds a competence by law."""

    OWN = "own"
    SHARED = "shared"
    EXCLUSIVE = "exclusive"


@dataclass(frozen=True, slots=True)
class Identifier:
    """What a unit is called in a published scheme, such as `iso3166-2` `DE-BY`."""

    scheme: Annotated[str, Text(at_most=40, form=r"[a-z0-9][a-z0-9.\-]*"), Says("The scheme.", "iso3166-2")]
    value: Annotated[str, Text(at_most=200, form=r"[!-~]+"), Says("The code in that scheme.", "DE-BY")]

    @property
    def word(self) -> str:
        """What only one unit may hold at a time."""
        return f"identifier:{self.scheme}:{self.value}"


TIME_ZONE = r"[A-Z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+){0,2}"


@dataclass(frozen=True, slots=True)
class Particulars:
    """What of a unit's entry can be put right; names, codes and parents have commands of their own."""

    sphere: Annotated[Sphere | None, Says("The one sphere in which it stands.")] = None
    kind: Annotated[Kind | None, Says("What it is.")] = None
    time_zone: Annotated[
        str | None, Text(at_most=60, form=TIME_ZONE), Known("time zone"), Says("Its time zone (IANA).", "Europe/Berlin")
    ] = None
    alive_from: Annotated[PartialDate | None, Says("Since when it has existed.")] = None
    legal_basis: Annotated[
        str | None, Text(at_most=500), Says("Of a competence or membership (name its record), the law it rests on.")
    ] = None


@dataclass(frozen=True, slots=True)
class UnitRegistered:
    """A unit entered the directory, as `proposed` or `active`."""

    unit: UnitId
    name: Words
    sphere: Sphere
    kind: Kind
    jurisdiction: str
    time_zone: str
    stage: Stage
    alive_from: PartialDate
    parent: UnitId | None = None
    identifiers: tuple[Identifier, ...] = ()
    source: str | None = None


@dataclass(frozen=True, slots=True)
class UnitCorrected(correcting.Corrected):
    """A clerical error in what was entered was put right.

    `since`: the unit's first day by its entry, where that is what was wrong; it counts from then.
    """

    before: Particulars
    after: Particulars
    since: PartialDate | None = None


@dataclass(frozen=True, slots=True)
class UnitActivated:
    """A proposed unit came into being."""

    alive_from: PartialDate


@dataclass(frozen=True, slots=True)
class UnitRenamed:
    name: Words


@dataclass(frozen=True, slots=True)
class UnitIdentifierAttached:
    identifier: Identifier


@dataclass(frozen=True, slots=True)
class UnitIdentifierDetached:
    """A code stopped naming the unit, and may name another one."""

    identifier: Identifier


@dataclass(frozen=True, slots=True)
class ParentSet:
    """The unit lies in another one from now on; in none, where `parent` is absent."""

    parent: UnitId | None = None


@dataclass(frozen=True, slots=True)
class UnitsMerged:
    """Units end and become part of another; recorded alike in the stream of each of them."""

    merged: tuple[UnitId, ...]
    into: UnitId


@dataclass(frozen=True, slots=True)
class UnitSplit:
    """Parts of a unit became units; recorded alike in the stream of each of them."""

    whole: UnitId
    parts: tuple[UnitId, ...]
    continues: bool


@dataclass(frozen=True, slots=True)
class UnitAbolished:
    """The unit is no more from that day on, and its codes are free."""

    alive_until: PartialDate
    identifiers: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class UnitRestored:
    """The unit is there again from that day on. `identifiers`: the codes that it takes again, if it had lost them."""

    alive_from: PartialDate
    identifiers: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class SuccessorAssigned:
    successor: UnitId


@dataclass(frozen=True, slots=True)
class RepresentativeAccredited:
    """A person may act for the unit in a role, first and last day included. This record is the accreditation."""

    role: Role
    name: Annotated[Sealed, Seal("unit", at_most=200)]
    valid_from: date
    valid_until: date | None = None
    contact: Annotated[Sealed | None, Seal("unit", at_most=500)] = None


@dataclass(frozen=True, slots=True)
class AccreditationRevoked:
    """From that day on nobody acts under the accreditation."""

    accreditation: EventName
    revoked_on: date


@dataclass(frozen=True, slots=True)
class CompetenceRecorded:
    """The unit holds a competence by law, first and last day included."""

    function: str
    territory: UnitId
    manner: Manner
    legal_basis: str
    held_from: PartialDate
    held_until: PartialDate | None = None


@dataclass(frozen=True, slots=True)
class CompetenceWithdrawn:
    """The law took a competence back; that is the last day on which it is held."""

    function: str
    territory: UnitId
    held_until: PartialDate


@dataclass(frozen=True, slots=True)
class MembershipRecorded:
    """The unit is a member of a body, and lies in its territory meanwhile; first and last day included."""

    body: UnitId
    legal_basis: str
    member_from: PartialDate
    member_until: PartialDate | None = None


@dataclass(frozen=True, slots=True)
class MembershipEnded:
    """That is the last day on which the unit is a member of the body."""

    body: UnitId
    member_until: PartialDate


@dataclass(frozen=True, slots=True)
class CompetenceCorrected(correcting.Corrected):
    """The law that was cited for it was put right. `competence`: as it stood."""

    before: Particulars
    after: Particulars
    competence: CompetenceRecorded


@dataclass(frozen=True, slots=True)
class MembershipCorrected(correcting.Corrected):
    """The law that was cited for it was put right. `membership`: as it stood."""

    before: Particulars
    after: Particulars
    membership: MembershipRecorded


@dataclass(frozen=True, slots=True)
class CompetenceAnnulled:
    """It was entered by mistake: the law never gave it. `competence`: what stood of it."""

    corrects: EventName
    competence: CompetenceRecorded


@dataclass(frozen=True, slots=True)
class MembershipAnnulled:
    """It was entered by mistake: the unit was no member then. `membership`: what stood of it."""

    corrects: EventName
    membership: MembershipRecorded


Later: TypeAlias = (
    UnitCorrected
    | UnitActivated
    | UnitRenamed
    | UnitIdentifierAttached
    | UnitIdentifierDetached
    | ParentSet
    | UnitsMerged
    | UnitSplit
    | UnitAbolished
    | UnitRestored
    | SuccessorAssigned
    | RepresentativeAccredited
    | AccreditationRevoked
    | CompetenceRecorded
    | CompetenceWithdrawn
    | MembershipRecorded
    | MembershipEnded
    | CompetenceCorrected
    | MembershipCorrected
    | CompetenceAnnulled
    | MembershipAnnulled
)
"""Every event but the first."""
Event: TypeAlias = UnitRegistered | Later
