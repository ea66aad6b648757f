"""The words that every context shares: who, where, when, how much, and what a decision is."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Generic, NewType, Self, TypeAlias, TypeVar
from uuid import UUID, uuid5

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | bool"
Command = TypeVar("Command")
State = TypeVar("State")
Event = TypeVar("Event")

StreamId = NewType("StreamId", UUID)
UnitId = NewType("UnitId", UUID)
Today = NewType("Today", date)
"""Today in the time zone of the unit that acts; a command marks it `Given`."""

NAMES = UUID("8f4e1c52-6a0b-5d6e-9b57-5b0a3a7d2045")
"""Namespace of the ids that follow from a name, such as the stream of a policy."""


@lru_cache(maxsize=10_000)
def named_stream(kind: str, name: str) -> StreamId:
    """The stream of a thing that has one well-known name; the same in every ledger."""
    return StreamId(uuid5(NAMES, f"{kind}:{name}"))


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


class Refused(Exception):
    """A rule says no: a stable code for machines, a sentence for people, the policy it rests on, and facts."""

    def __init__(self, code: str, reason: str, *, policy: "Grounds | None" = None, **facts: Any) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason
        self.policy = policy
        self.facts = facts


# --- notes on fields: they ride in `Annotated`, and schemas, tables and documents are derived from them ---


@dataclass(frozen=True, slots=True)
class Text:
    """Length in characters of a text, and its form as a regular expression (whole match)."""

    at_most: int = 500
    at_least: int = 1
    form: str = ""


@dataclass(frozen=True, slots=True)
class Whole:
    """Bounds of a whole number, both included."""

    at_least: int = 0
    at_most: int = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Says:
    """What a field means, for people; it becomes the help text of form, document and data dictionary."""

    text: str
    example: Any = None


@dataclass(frozen=True, slots=True)
class Many:
    """How many items a tuple holds."""

    at_least: int = 0
    at_most: int = 100


@dataclass(frozen=True, slots=True)
class Given:
    """Looked up by the service and no part of the request.

    What is looked up follows from the field's type; `of` names the command's field (or the policy) it is about.
    """

    what: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class Seal:
    """A `Sealed` field: the request brings a text, the record keeps its salted hash; `audience` may read it."""

    audience: str
    at_most: int = 500


@dataclass(frozen=True, slots=True)
class Indexed:
    """A column of a view that lists are filtered by."""


@dataclass(frozen=True, slots=True)
class Searched:
    """A text of a view that `q` looks into."""


# --- values ---


class Sealed(str):
    """The salted hash (64 hex digits) that stands in a record for a value that is not public."""

    __slots__ = ()


class EventName(str):
    """`<stream>/<version>`: the name of one record, for `cause`, `corrects` and accreditations."""

    __slots__ = ()
    FORM = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/[1-9][0-9]{0,9}"

    def __new__(cls, text: str) -> Self:
        if not _EVENT_NAME.fullmatch(text):
            raise ValueError("An event is named <stream>/<version>.")
        return super().__new__(cls, text)

    @classmethod
    def at(cls, stream: UUID, version: int) -> Self:
        return cls(f"{stream}/{version}")

    @property
    def stream(self) -> StreamId:
        return StreamId(UUID(self[:36]))

    @property
    def version(self) -> int:
        return int(self[37:])


def day_of(text: str) -> date:
    """The day that a text YYYY-MM-DD names. ValueError, in a sentence, where there is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"There is no day {text}.") from None


class PartialDate(str):
    """A date as precise as it is known: `2026`, `2026-11`, `2026-11-24` or `unknown`."""

    __slots__ = ()
    FORM = r"unknown|[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?"

    def __new__(cls, text: str | date) -> Self:
        text = text.isoformat() if isinstance(text, date) else text
        if not _PARTIAL_DATE.fullmatch(text) or text.startswith("0000"):
            raise ValueError("A date is a year, a month, a day or the word unknown.")
        if len(text) == 10:
            day_of(text)
        return super().__new__(cls, text)

    @property
    def known(self) -> bool:
        return self != "unknown"

    def earliest(self) -> date | None:
        """The first day it can mean; None where nothing is known."""
        return date.fromisoformat((self + "-01-01")[:10]) if self.known else None

    def latest(self) -> date | None:
        """The last day it can mean; None where nothing is known."""
        if not self.known or len(self) == 10:
            return self.earliest()
        year, month = int(self[:4]), int(self[5:] or 12)
        following = date(year + month // 12, month % 12 + 1, 1) if (year, month) < (9999, 12) else date.max
        return following if following == date.max else date.fromordinal(following.toordinal() - 1)


class Words(Mapping[str, str]):
    """A text in one or more languages: BCP 47 tag -> text. Immutable."""

    __slots__ = ("_by_language",)
    TAG = r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}"

    def __init__(self, by_language: Mapping[str, str]) -> None:
        if not by_language:
            raise ValueError("A text needs at least one language.")
        for tag, text in by_language.items():
            if not _TAG.fullmatch(tag):
                raise ValueError(f"{tag!r} is no language tag.")
            if not text.strip():
                raise ValueError("A text is not blank.")
        self._by_language = dict(sorted(by_language.items()))

    def __getitem__(self, tag: str) -> str:
        return self._by_language[tag]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_language)

    def __len__(self) -> int:
        return len(self._by_language)

    def __hash__(self) -> int:
        return hash(tuple(self._by_language.items()))

    def __repr__(self) -> str:
        return f"Words({self._by_language!r})"

    def best(self, *wanted: str) -> str:
        """The text in the first language that is there; else English, else the first."""
        for tag in (*wanted, "en"):
            if tag in self._by_language:
                return self._by_language[tag]
        return next(iter(self._by_language.values()))


_EVENT_NAME, _PARTIAL_DATE, _TAG = map(re.compile, (EventName.FORM, PartialDate.FORM, Words.TAG))


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency (ISO 4217) and price basis (`current`, or the year of constant prices)."""

    amount: Decimal
    currency: str
    price_basis: str = "current"

    AMOUNT: ClassVar = r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,6})?"
    CURRENCY: ClassVar = r"[A-Z]{3}"
    PRICE_BASIS: ClassVar = r"current|[0-9]{4}"

    def __post_init__(self) -> None:
        if not _AMOUNT.fullmatch(format(self.amount, "f")):
            raise ValueError("An amount is a decimal number of at most 18 digits and 6 decimals.")
        _check_kind(self.currency, self.price_basis)

    def __add__(self, other: "Money") -> "Money":
        if self.currency != other.currency:
            raise Refused("currency-mismatch", f"{self.currency} and {other.currency} cannot be added.")
        if self.price_basis != other.price_basis:
            raise Refused("price-basis-mismatch", "Amounts of different price bases cannot be added.")
        return Money(self.amount + other.amount, self.currency, self.price_basis)


_AMOUNT, _CURRENCY, _PRICE_BASIS = map(re.compile, (Money.AMOUNT, Money.CURRENCY, Money.PRICE_BASIS))


@lru_cache(maxsize=1000)
def _check_kind(currency: str, price_basis: str) -> None:
    """There are few of them, and many amounts."""
    if not _CURRENCY.fullmatch(currency):
        raise ValueError("A currency is three capital letters (ISO 4217).")
    if not _PRICE_BASIS.fullmatch(price_basis):
        raise ValueError("A price basis is `current` or a year.")


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a refusal rests on: the parameter of a policy, and whether a law or only our default says so.

    Where no policy has a say, it is a rule of a context: `policy` names the version of its rules (`mandates.1`), and
    `parameter` is the refusal's code.
    """

    policy: str
    parameter: str
    basis: str
    citation: str = ""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day by which something is due, computed once, when its clock starts, and recorded as computed."""

    due_on: date
    policy: str
    calendar: str


@dataclass(frozen=True, slots=True)
class Attached:
    """A document that a record rests on, told by its hash; the document itself lies with whoever keeps it."""

    sha256: Annotated[str, Text(at_most=64, at_least=64, form=r"[0-9a-f]{64}"), Says("SHA-256 of its bytes.")]
    len: Annotated[int, Whole(1), Says("How many bytes it has.")]
    mime: Annotated[str, Text(at_most=100, form=r"[a-z0-9.+\-]+/[a-z0-9.+\-]+"), Says("Its type.", "application/pdf")]
    name: Annotated[str, Text(at_most=200), Says("What it is called, or where it is published.")]


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """One parameter of a policy, as text, and what it rests on: a law (with its citation) or our default."""

    parameter: Annotated[str, Text(at_most=80, form=r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?")]
    value: Annotated[str, Text(at_most=500)]
    basis: Annotated[str, Text(at_most=7, form="law|default"), Says("Whether a law says so, or only our default.")]
    citation: Annotated[str, Text(at_most=500, at_least=0), Says("The law, by its article.")] = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as it stands in one jurisdiction (`*`: everywhere else) at one version."""

    name: str
    jurisdiction: str
    version: int
    values: tuple[PolicyValue, ...]

    @property
    def ref(self) -> str:
        """How records name it: `commitment@3`, or `commitment/FR@2` where a jurisdiction has its own."""
        where = "" if self.jurisdiction == "*" else f"/{self.jurisdiction}"
        return f"{self.name}{where}@{self.version}"

    def text(self, parameter: str) -> str:
        return self._value(parameter).value

    def whole(self, parameter: str) -> int:
        return int(self.text(parameter))

    def number(self, parameter: str) -> Decimal:
        return Decimal(self.text(parameter))

    def grounds(self, parameter: str) -> Grounds:
        """For a refusal: which number said no, and whether a law or our default stands behind it."""
        value = self._value(parameter)
        return Grounds(self.ref, parameter, value.basis, value.citation)

    def _value(self, parameter: str) -> PolicyValue:
        return next(value for value in self.values if value.parameter == parameter)


# --- who acts ---


@dataclass(frozen=True, slots=True)
class Actor:
    """Who gave a command: a unit through an accredited person, or the system (clock, reaction, ...)."""

    unit: UnitId | None = None
    role: Role | None = None
    sphere: Sphere | None = None
    accreditation: EventName | None = None
    system: str | None = None


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What other contexts may know of a unit when they decide. `successor`: who is first to take over from it."""

    id: UnitId
    exists: bool
    name: str
    sphere: Sphere
    jurisdiction: str
    time_zone: str
    alive_from: date | None = None
    alive_until: date | None = None
    parent: UnitId | None = None
    successor: UnitId | None = None

    def alive_on(self, day: PartialDate) -> bool:
        """Whether the unit can have acted on that day: a partial date is given the benefit of the doubt."""
        if not self.exists:
            return False
        first, last = day.earliest(), day.latest()
        return (self.alive_from is None or last is None or last >= self.alive_from) and (
            self.alive_until is None or first is None or first < self.alive_until
        )


@dataclass(frozen=True, slots=True)
class Holding:
    """A competence that a unit holds by law, as other contexts may know it. First and last day included.

    A day that is None is open; a partial date is given the benefit of the doubt. `manner`: own, shared or exclusive.
    """

    unit: UnitId
    function: str
    territory: UnitId
    manner: str
    legal_basis: str
    held_from: date | None = None
    held_until: date | None = None

    def holds_on(self, first: date, last: date | None = None) -> bool:
        """Whether it is held on every day from `first` to `last` (None: for good)."""
        ends = self.held_until is None or (last is not None and last <= self.held_until)
        return (self.held_from is None or self.held_from <= first) and ends


@dataclass(frozen=True, slots=True)
class MandateFacts:
    """What other contexts, and the mandates that rest on it, may know of a mandate.

    `kind` and `stage` are words of that context. `in_force`: active and not suspended; `ended`: for good. `depth`: how
    often the power was passed on since somebody held it as their own.
    """

    id: StreamId
    exists: bool
    giver: UnitId
    recipient: UnitId
    kind: str
    stage: str
    function: str
    territory: UnitId
    starts_on: date
    ends_on: date | None = None
    in_force: bool = False
    ended: bool = False
    exclusive: bool = False
    may_subdelegate: bool = False
    depth: int = 0
    under: StreamId | None = None


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """What other reviews may know of a review. `widened`: its draft was amended so far that it has to be reviewed anew.

    `follows`: the review of the draft that its own one widens.
    """

    id: StreamId
    exists: bool
    author: UnitId | None = None
    polity: UnitId | None = None
    widened: bool = False
    follows: StreamId | None = None


@dataclass(frozen=True, slots=True)
class CommitmentFacts:
    """What other contexts may know of a commitment. `bound`: its owner, and who accepted and did not withdraw."""

    id: StreamId
    exists: bool
    bound: tuple[UnitId, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenedText:
    """What a sealed hash stands for: the text, and its salt in hexadecimal digits."""

    value: str
    salt: str


# --- contexts ---


@dataclass(frozen=True, slots=True)
class Decider(Generic[Command, State, Event]):
    """The rules of one context: what a command means in a state, and what an event makes of it."""

    initial: State
    decide: Callable[[Command, State], Sequence[Event]]
    evolve: Callable[[State, Event], State]

    def fold(self, events: Sequence[Event], state: State | None = None) -> State:
        """The state after these events, from the first or from a state that was reached before."""
        reached = self.initial if state is None else state
        for event in events:
            reached = self.evolve(reached, event)
        return reached


SYSTEM = "system"
ActsFor: TypeAlias = str | Callable[[Any, Any], frozenset[UnitId]]


@dataclass(frozen=True, slots=True)
class By:
    """One command and who may give it.

    What is asked of a command here (`acting_for`, `stream`, `erases`) sees the request's own fields, nothing that is
    `Given`.

    `roles`: any of them; empty means that only the system records it (the clock, a reaction).
    `acting_for`: the command's field, or a function of (command, state), that names the units whose officers may
    give it; None means any unit's officer with such a role (a registrar, an assessor).
    `starts`: the command begins a stream; `stream` names that stream where the thing has a well-known name.
    `reasons`: it is refused without `because` (domain.md, section 2, rule 5). `erases`: the subject whose sealed values
    and key end with it.
    """

    command: type
    roles: tuple[Role, ...] = ()
    acting_for: ActsFor | None = None
    starts: bool = False
    stream: Callable[[Any], StreamId] | None = None
    reasons: bool = False
    erases: Callable[[Any], UUID] | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A word that only one stream may hold at a time, such as an identifier within its scheme.

    `says`: the sentence for people who hear that somebody else holds it.
    """

    word: str
    taken: bool = True
    says: str = field(default="Another entry of the register holds this already.", compare=False)


def no_claims(event: object) -> Sequence[Claim]:
    """The set-wide claims of a context that has none."""
    return ()


def no_home(command: object, state: object) -> UnitId | None:
    """The home of streams that have none: the acting unit's place and time apply."""
    return None


@dataclass(frozen=True, slots=True)
class Context:
    """One subject of the domain, from which routes, schemas, checks, forms, codecs and documents are derived.

    `home(command, state)` names the unit whose jurisdiction, calendar and time zone apply (a commitment's owner).
    `claims(event)` says which words, unique in the whole ledger, an event takes or frees. `clock` names the command by
    which the clock says that a deadline of a stream has passed (see `domain.deadlines`); empty: nothing falls due.
    """

    name: str
    says: str
    rules: str
    decider: Decider[Any, Any, Any]
    commands: Mapping[str, By]
    events: tuple[type, ...]
    claims: Callable[[Any], Sequence[Claim]] = no_claims
    home: Callable[[Any, Any], UnitId | None] = no_home
    clock: str = ""


# --- what was recorded ---


@dataclass(frozen=True, slots=True)
class Recorded:
    """One record, decoded: what views fold and auditors replay."""

    position: int
    stream: StreamId
    version: int
    type: str
    at: datetime
    effective_on: PartialDate
    cmd: UUID
    of: tuple[int, int]
    actor: Actor
    rules: str
    event: Any
    because: str = ""
    basis: str = ""
    lang: str = ""
    cause: EventName | None = None
    corrects: EventName | None = None
    policies: tuple[str, ...] = field(default=())
    documents: tuple[Attached, ...] = ()
    _known: tuple[StreamId, str] | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> EventName:
        return EventName.at(self.stream, self.version)

    @property
    def key(self) -> str:
        """The stream's id as text: the key of what it is about, in views. They all ask for it; it is made once."""
        known = self._known
        if known is None or known[0] is not self.stream:
            known = (self.stream, str(self.stream))
            object.__setattr__(self, "_known", known)
        return known[1]
