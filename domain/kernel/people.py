"""Who acts: from which sphere, in which role, and how far what they say is to be believed."""

from dataclasses import dataclass
from enum import StrEnum

from domain.kernel.ids import EventName, UnitId
from domain.replacing import quick


class Sphere(StrEnum):
    """Where a unit stands. Spheres are equals: none outranks another, authority comes from a competence."""

    LOCAL = "local"
    REGIONAL = "regional"
    NATIONAL = "national"
    SUPRANATIONAL = "supranational"
    COMMUNITY = "community"

    @property
    def has_authority(self) -> bool:
        """Supranational and community units take part, without authority."""
        return self in (Sphere.LOCAL, Sphere.REGIONAL, Sphere.NATIONAL)


class Role(StrEnum):
    """In which role a person acts for a unit."""

    LIAISON_OFFICER = "liaison_officer"
    AUTHORISED_SIGNATORY = "authorised_signatory"
    PARLIAMENT_CLERK = "parliament_clerk"
    FORUM_SECRETARIAT = "forum_secretariat"
    FACILITATOR = "facilitator"
    FINANCE_OFFICER = "finance_officer"
    INDEPENDENT_ASSESSOR = "independent_assessor"
    OMBUDSPERSON = "ombudsperson"
    AUDITOR = "auditor"
    PORTAL = "portal"
    REGISTRAR = "registrar"
    POLICY_ADMIN = "policy_admin"


class Level(StrEnum):
    """How far a statement is to be believed; each is named on every view that shows one."""

    RECORDED_FROM_SOURCE = "recorded_from_source"
    SELF_REPORTED = "self_reported"
    CONFIRMED = "confirmed"
    VERIFIED = "verified"


@quick
@dataclass(frozen=True, slots=True)
class Actor:
    """Who gave a command: a unit through an accredited person, or the system (clock, reaction, ...)."""

    unit: UnitId | None = None
    role: Role | None = None
    sphere: Sphere | None = None
    accreditation: EventName | None = None
    system: str | None = None
