"""What a context is: its rules, its commands and who may give them, and what it claims for itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from domain.kernel.ids import StreamId, UnitId
from domain.kernel.people import Role
from domain.replacing import quicken

Command = TypeVar("Command")
State = TypeVar("State")
Event = TypeVar("Event")


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


@dataclass(frozen=True, slots=True)
class OfficersOf:
    """The units whose officers may give a command: found from the request and the state, and told to people."""

    says: str
    units: Callable[[Any, Any], frozenset[UnitId]]

    def __call__(self, command: Any, state: Any) -> frozenset[UnitId]:
        return self.units(command, state)


def officers_of(says: str) -> Callable[[Callable[[Any, Any], frozenset[UnitId]]], OfficersOf]:
    """For a function of (command, state) that finds units. `says`: which they are, as in "of the unit that owns it"."""
    return partial(OfficersOf, says)


ActsFor: TypeAlias = str | OfficersOf


@dataclass(frozen=True, slots=True)
class By:
    """One command and who may give it.

    What is asked of a command here (`acting_for`, `stream`, `erases`) sees the request's own fields, nothing that is
    `Given`.

    `roles`: any of them; empty means that only the system records it (the clock, a reaction).
    `acting_for`: the command's field, or a function of (command, state), that names the units whose officers may
    give it (`officers_of`); None means any unit's officer with such a role (a registrar, an assessor).
    `starts`: the command begins a stream; `stream` names that stream where the thing has a well-known name.
    `reasons`: it is refused without `because`, since whoever overrides, rejects, revokes or extends owes reasons.
    `erases`: the subject whose sealed values and key end with it.
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

    `shared`: several may hold it like this, as long as none of them holds it alone. `says`: the sentence for people who
    hear that somebody else holds it; `{place}` in it stands for the name of the unit `place`.
    """

    word: str
    taken: bool = True
    shared: bool = False
    says: str = field(default="Another entry of the register holds this already.", compare=False)
    place: UnitId | None = field(default=None, compare=False)


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
    `claims(event)` says which words, known to the whole ledger, an event takes or frees. `clock` names the command by
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

    def __post_init__(self) -> None:
        for kind in (*self.events, *(by.command for by in self.commands.values())):
            quicken(kind)  # one is made for every command and every record
