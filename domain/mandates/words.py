"""The words of mandates: kinds, stages, grounds, and the values they are made of."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, TypeAlias

from domain import cofog
from domain.kernel import AllocationId, Many, Money, Says, StreamId, Text, UnitId, Whole, Words

Prose: TypeAlias = Annotated[Words, Text(at_most=4000)]
Citation: TypeAlias = Annotated[str, Text(at_most=500)]
Days: TypeAlias = Annotated[int, Whole(0, 3650)]


class Kind(StrEnum):
    """In which manner something is entrusted; what stays with the giver differs."""

    DEVOLUTION = "devolution"
    """Own power and own responsibility pass over; the recipient answers to its own citizens."""
    DELEGATION = "delegation"
    """Power is exercised for the giver, who keeps the title."""
    DECONCENTRATION = "deconcentration"
    """Within one legal person, answerable upwards only."""
    TASKS = "tasks"
    """Material tasks without power (encomienda de gestión)."""


class Instrument(StrEnum):
    """By what a mandate is given."""

    LAW = "law"
    AGREEMENT = "agreement"
    ACT = "act"


class Stage(StrEnum):
    """Where a mandate stands."""

    DRAFTED = "drafted"
    CONSULTED = "consulted"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    REVOKED = "revoked"
    RETURNED = "returned"
    SUPERSEDED = "superseded"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


IN_PREPARATION = frozenset({Stage.DRAFTED, Stage.CONSULTED, Stage.OFFERED, Stage.ACCEPTED})
STANDING = frozenset({Stage.ACTIVE, Stage.SUSPENDED})
ENDED = frozenset(Stage) - IN_PREPARATION - STANDING


class Ground(StrEnum):
    """On what ground a giver takes a mandate back."""

    PURPOSE_EXPIRED = "purpose_expired"
    PERSISTENT_BREACH = "persistent_breach"
    EMERGENCY = "emergency"
    MUTUAL = "mutual"
    LAW = "law"


class Ending(StrEnum):
    """Why a mandate was revoked: a giver's ground, or what the register itself found."""

    PURPOSE_EXPIRED = "purpose_expired"
    PERSISTENT_BREACH = "persistent_breach"
    EMERGENCY = "emergency"
    MUTUAL = "mutual"
    LAW = "law"
    PARENT_ENDED = "parent_ended"
    COMPETENCE_LOST = "competence_lost"
    UNIT_ABOLISHED = "unit_abolished"
    PARTIES_MERGED = "parties_merged"


class ReturnGround(StrEnum):
    """On what ground a recipient gives a mandate back."""

    UNFUNDED = "unfunded"
    BREACH = "breach"
    INCAPACITY = "incapacity"
    MUTUAL = "mutual"
    LAW = "law"


class Pause(StrEnum):
    """Why a mandate is suspended; the last one is the register's own word."""

    BREACH = "breach"
    EMERGENCY = "emergency"
    COURT = "court"
    LAW = "law"
    MUTUAL = "mutual"
    PARENT_SUSPENDED = "parent_suspended"


class Due(StrEnum):
    """What falls due in a mandate."""

    ANSWER = "answer"
    EXPIRY = "expiry"
    REPORT = "report"
    NOTICE = "notice"
    SUSPENSION = "suspension"
    LAPSE = "lapse"


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is kept elsewhere, and the hash that tells whether it is still the same."""

    title: Annotated[Words, Text(at_most=300), Says("What the document is called.")]
    url: Annotated[
        str, Text(at_most=1000, form=r"https?://\S+"), Says("Where it can be read.", "https://example.org/plan.pdf")
    ]
    sha256: Annotated[str | None, Text(at_most=64, form=r"[0-9a-f]{64}"), Says("SHA-256 of its bytes, in hex.")] = None


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition or standard. The recipient's discretion is only narrowed by law (Charter, art. 4(5))."""

    text: Annotated[Prose, Says("What the recipient has to observe.")]
    legal_basis: Annotated[Citation | None, Says("The law that allows it, by its article.")] = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of money that was committed and not spent."""

    unspent: Annotated[Money, Says("What was not spent; zero if all of it was.")]
    settled_by: Annotated[str, Text(at_most=500), Says("The account or decision that settles it.")]


@dataclass(frozen=True, slots=True)
class Vote:
    """What a legislature or council agreed to, and with how many of all its members."""

    resolution: Annotated[Citation, Says("The resolution by which the legislature or council agreed.")]
    in_favour: Annotated[int, Whole(0, 100_000), Says("Members who voted for it.")]
    members: Annotated[int, Whole(1, 100_000), Says("Members of the legislature or council.")]


@dataclass(frozen=True, slots=True)
class MandateWording:
    """What of a mandate's text can be put right."""

    purpose: Annotated[Prose | None, Says("What the recipient is to do.")] = None
    legal_basis: Annotated[Citation | None, Says("The law it rests on.")] = None
    document: Annotated[Document | None, Says("The law, agreement or act.")] = None


@dataclass(frozen=True, slots=True)
class Beside:
    """A mandate that holds a function exclusively in a land as well: a territory moved, and both stand."""

    mandate: StreamId
    function: str
    land: UnitId


@dataclass(frozen=True, slots=True)
class Scope:
    """What is held exclusively: a function in a territory, by law or within the mandate it rests on.

    `within`: what the territory lay in on the day of the record, nearest first; meanwhile nobody holds it exclusively
    in all of that, but for those who did already when the territory came to lie there (`beside`).
    """

    function: str
    territory: UnitId
    under: StreamId | None = None
    within: tuple[UnitId, ...] = ()
    beside: tuple[Beside, ...] | None = None

    def words(self, land: UnitId) -> tuple[str, ...]:
        """What stands for the function in a land: a word for each group of COFOG, so that 07 meets 07.3."""
        others = [one.function for one in self.beside or () if one.land == land]
        groups = [
            group
            for group in sorted(cofog.GROUPS)
            if cofog.covers(self.function, group) and not any(cofog.covers(other, group) for other in others)
        ]
        return tuple(f"exclusive-mandate:{self.under or 'law'}:{group}:{land}" for group in groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is entrusted to whom, from when until when, and how."""

    giver: Annotated[UnitId, Says("The unit that entrusts.")]
    recipient: Annotated[UnitId, Says("The unit that is to exercise it.")]
    kind: Annotated[Kind, Says("Devolution, delegation, deconcentration, or tasks without power.")]
    instrument: Annotated[Instrument, Says("Whether by law, by agreement, or by an act of the giver.")]
    function: Annotated[
        str, Text(at_most=4, at_least=2, form=cofog.FORM), Says("The function of government: a COFOG code.", "07.3")
    ]
    territory: Annotated[UnitId, Says("The unit in whose territory it is exercised.")]
    purpose: Annotated[Prose, Says("What the recipient is to do, for people.")]
    legal_basis: Annotated[Citation, Says("The law it rests on, by its article; best by its ELI or AKN address.")]
    starts_on: Annotated[date, Says("The first day.")]
    ends_on: Annotated[date | None, Says("The last day; open-ended if left out.")] = None
    exclusive: Annotated[bool, Says("Whether nobody else may exercise it there meanwhile.")] = False
    may_subdelegate: Annotated[bool, Says("Whether the recipient may entrust it further.")] = False
    conditions: Annotated[tuple[Condition, ...], Many(0, 50), Says("Conditions and standards, each with its law.")] = ()
    reporting_months: Annotated[int | None, Whole(1, 120), Says("Every how many months the recipient reports.")] = None
    notice_days: Annotated[Days | None, Says("Days of notice before a revocation, if more than the policy's.")] = None
    longer_term_rule: Annotated[Citation | None, Says("The rule that allows a longer term than usual.")] = None
    staff: Annotated[int | None, Whole(0, 10_000_000), Says("How many posts move with it.")] = None
    assets: Annotated[Prose | None, Says("Which buildings, equipment and files move with it.")] = None
    document: Annotated[Document | None, Says("The law, agreement or act.")] = None
    implements: Annotated[AllocationId | None, Says("The decision on an allocation that it carries out.")] = None

    @property
    def needs_acceptance(self) -> bool:
        """A delegation always, a devolution by law never (it is consulted instead), within one person never."""
        return not self.needs_consultation and self.kind is not Kind.DECONCENTRATION

    @property
    def needs_consultation(self) -> bool:
        """A devolution by law, to which its recipient need not agree (Charter, art. 4(6))."""
        return self.kind is Kind.DEVOLUTION and self.instrument is Instrument.LAW
