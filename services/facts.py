"""What a decision rests on besides its own stream: units, policies, calendars, today. Every version read is noted."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Protocol, TypeAlias, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain import commitments, mandates, policies, subsidiarity, units
from domain.calendars import Calendar
from domain.erasures import SealedField
from domain.kernel import (
    Actor,
    CommitmentFacts,
    EventName,
    Given,
    Holding,
    MandateFacts,
    OpenedText,
    PartialDate,
    Policy,
    Refused,
    ReviewFacts,
    StreamId,
    Today,
    UnitFacts,
    UnitId,
    named_stream,
)
from services.calendars import calendar_of
from services.writing import plain

EVERYWHERE = "*"
DEEPEST_HIERARCHY = 20
DEEPEST_CHAIN = 20
LONGEST_LINE = 20
UNITS_KEPT = 10_000
OF_STATE = "state."
ON_ITS_DAY = "@effective_on"
"""Behind a policy's name: the version of the day from which the act counts, rather than today's."""
BESIDE = ".beside"
"""Behind the name of a mandate: those beside which it stood."""
T = TypeVar("T")


class Streams(Protocol):
    """The folded state of any stream, and the version it stands for (0: it does not exist)."""

    async def state(self, context: str, stream: StreamId) -> tuple[int, Any]: ...

    async def sealed_with(self, cmd: UUID) -> tuple[SealedField, ...]:
        """What the records of a command hold sealed, erased by now or not, in their order."""

    async def opened(self, record: EventName, path: str) -> OpenedText | None:
        """What stands sealed in a record; None where it was erased. Refused where it is lost otherwise."""


@dataclass(slots=True)
class Basis:
    """What one decision has looked at so far."""

    streams: Streams
    fields: Mapping[str, Any]
    actor: Actor
    home: UnitId | None
    effective_on: PartialDate
    stream: StreamId
    now: datetime
    state: Any = None
    reads: dict[UUID, int] = field(default_factory=dict)
    policies: list[str] = field(default_factory=list)
    known: dict[UnitId, UnitFacts] = field(default_factory=dict)
    day: Today | None = None

    def named(self, of: str) -> Any:
        """What a `Given` is about: a field of the request, `changes.title` one within it, `state.x` of the stream."""
        if of.startswith(OF_STATE):
            return getattr(self.state, of.removeprefix(OF_STATE), None)
        name, _, within = of.partition(".")
        value = self.fields.get(name)
        return getattr(value, within, None) if within else value

    async def read(self, context: str, stream: StreamId) -> Any:
        version, state = await self.streams.state(context, stream)
        if stream != self.stream:
            self.reads[stream] = version
        return state

    async def unit(self, unit: UnitId) -> UnitFacts:
        """What is known of a unit; `exists` is False for one that was never registered."""
        found = self.known.get(unit)
        if found is None:
            found = self.known[unit] = _facts_of(await self.read("units", StreamId(unit)), unit)
        return found

    async def at_home(self) -> UnitFacts | None:
        """The unit whose place and time apply: the stream's home, else the acting unit; None for the system alone."""
        unit = self.home or self.actor.unit
        return await self.unit(unit) if unit else None

    async def today(self) -> Today:
        if self.day is None:
            self.day = Today(local_day(self.now, await self.at_home()))
        return self.day

    async def today_by(self, zone: str | None) -> Today:
        """Today by another time zone than the one at home; at home where none is named."""
        return await self.today() if zone is None else Today(_day_in(self.now, zone))

    async def policy(self, name: str) -> Policy:
        """The policy in force today: the jurisdiction's own, else its country's, else the one for everywhere.

        As `name@effective_on`, the one of the day from which the act counts; as `state.name`, the very version that the
        stream says it is governed by. Refused `no-policy-then` where none counted yet on the day of the act.
        """
        if name.startswith(OF_STATE):
            return await self.version_of_policy(self.named(name))
        found = await self.policy_if_any(name)
        if found is None and name.endswith(ON_ITS_DAY):
            reason = f"On {self.effective_on} no policy of this name counted yet: {name.removesuffix(ON_ITS_DAY)}."
            raise Refused("no-policy-then", reason)
        if found is None:
            raise LookupError(f"No policy {name} is in force: the ledger was opened without it.")
        return found

    async def policy_if_any(self, name: str) -> Policy | None:
        """As `policy`, of a law that only some places have."""
        home = await self.at_home()
        day: date = await self.today()
        if name.endswith(ON_ITS_DAY):
            name = name.removesuffix(ON_ITS_DAY)
            day = min(self.effective_on.latest() or day, day)
        for stream in _policies_of(name, home.jurisdiction if home else EVERYWHERE):
            state = await self.read("policies", stream)
            found = policies.in_force(state, day)
            if found:
                self.policies.append(found.ref)
                return found
        return None

    async def version_of_policy(self, ref: str) -> Policy:
        """A version by the name that records give it, such as `scrutiny/EU@2`."""
        whole, _, version = ref.partition("@")
        name, _, place = whole.partition("/")
        state = await self.read("policies", policies.policy_stream(name, place or EVERYWHERE))
        self.policies.append(ref)
        return policies.numbered(state, int(version))

    async def calendar(self) -> Calendar:
        home = await self.at_home()
        return calendar_of(home.jurisdiction if home else "")

    async def chain(self, unit: UnitId | None) -> tuple[UnitFacts, ...]:
        """A unit and everything that it lies in, nearest first: parents, and bodies of which it ever is a member."""
        found: dict[UnitId, UnitFacts] = {}
        row = [] if unit is None else [unit]
        for _ in range(DEEPEST_HIERARCHY):
            above: list[UnitId] = []
            for one in row:
                if one not in found:
                    facts = found[one] = await self.unit(one)
                    above += () if facts.parent is None else (facts.parent,)
                    above += (membership.body for membership in facts.memberships)
            row = above
        return tuple(found.values())

    async def line(self, unit: UnitId | None) -> tuple[UnitFacts, ...]:
        """A unit and, where it is no more, whoever took over from it, then from that one: up to one that is there."""
        found: dict[UnitId, UnitFacts] = {}
        while unit is not None and unit not in found and len(found) < LONGEST_LINE:
            one = found[unit] = await self.unit(unit)
            unit = None if one.alive_until is None else one.successor
        return tuple(found.values())

    async def held_by_law(self, of: str) -> tuple[Holding, ...]:
        """What units hold by law: the one that is named, or (`territory*`) it and everything above it."""
        found = await _units(self, of)
        states = [await self.read("units", StreamId(unit.id)) for unit in found]
        return tuple(holding for state in states for holding in units.holdings(state))

    async def mandate(self, stream: StreamId) -> MandateFacts:
        """What is known of a mandate; `exists` is False for one that was never drafted."""
        return mandates.facts(await self.read("mandates", stream), stream)

    async def review(self, stream: StreamId) -> ReviewFacts:
        """What is known of a review; `exists` is False for one that was never opened."""
        return subsidiarity.review_facts(await self.read("reviews", stream), stream)

    async def commitment(self, stream: StreamId) -> CommitmentFacts:
        """What is known of a commitment; `exists` is False for one that was never proposed."""
        return commitments.facts(await self.read("commitments", stream), stream)

    async def waited_for(self, of: str) -> tuple[CommitmentFacts, ...]:
        """The commitment that is named, and those that it waits for in turn, nearest first, as far as one may go."""
        found: dict[StreamId, CommitmentFacts] = {}
        waiting = [self.named(of)]
        for stream in waiting:
            if len(found) <= commitments.MOST_WAITED_FOR and stream not in found:
                found[stream] = await self.commitment(stream)
                waiting += (one.commitment for one in found[stream].depends_on)
        return tuple(found.values())

    async def opened(self, where: str) -> OpenedText | None:
        """What is sealed in a record of the own stream: `<version>/<path>`."""
        version, _, path = where.partition("/")
        return await self.streams.opened(EventName.at(self.stream, int(version)), f"/{path}")

    async def mandates_after(self, of: str) -> tuple[MandateFacts, ...]:
        """Each mandate that is named and, where it was superseded, what took its place, then the place of that one.

        As `replaces.beside>`, first come those beside which the mandate stood that `replaces` names.
        """
        found: dict[StreamId, MandateFacts] = {}
        for first in await self.beside(of.removesuffix(">")):
            one: StreamId | None = first
            for _ in range(LONGEST_LINE):
                if one is None or one in found:
                    break
                found[one] = await self.mandate(one)
                one = found[one].superseded_by
        return tuple(found.values())

    async def beside(self, of: str) -> tuple[StreamId, ...]:
        """The mandates that are named; or those beside which the one stood that is (`replaces.beside`)."""
        if of.startswith(OF_STATE) or not of.endswith(BESIDE):
            return self.named(of) or ()
        one = self.named(of.removesuffix(BESIDE))
        return () if one is None else (await self.mandate(one)).beside

    async def mandates_above(self, of: str) -> tuple[MandateFacts, ...]:
        """The mandate that is named and those it rests on, nearest first; without `*`, each that is named."""
        if of.endswith(">"):
            return await self.mandates_after(of)
        if not of.endswith("*"):
            return tuple([await self.mandate(one) for one in self.named(of) or ()])
        found: list[MandateFacts] = []
        under = self.named(of.removesuffix("*"))
        while under is not None and len(found) < DEEPEST_CHAIN:
            found.append(await self.mandate(under))
            under = found[-1].under
        return tuple(found)


_LATELY: dict[UnitId, tuple[units.State, UnitFacts]] = {}


def _facts_of(state: units.State, unit: UnitId) -> UnitFacts:
    """As `units.facts`; most commands ask for units whose state is still the very same."""
    lately = _LATELY.get(unit)
    if lately is not None and lately[0] is state:
        return lately[1]
    found = units.facts(state, unit)
    if len(_LATELY) >= UNITS_KEPT:
        _LATELY.clear()
    _LATELY[unit] = state, found
    return found


def local_day(now: datetime, home: UnitFacts | None) -> date:
    """Which day it is where a unit is; UTC where no unit is concerned."""
    return _day_in(now, home.time_zone if home and home.exists else "UTC")


@lru_cache(64)
def _day_in(now: datetime, zone: str) -> date:
    """Several ask for each decision."""
    try:
        return now.astimezone(_zone(zone)).date()
    except (ZoneInfoNotFoundError, OSError):  # `Europe` is a folder of them
        return now.date()


_zone = lru_cache(1_000)(ZoneInfo)


@lru_cache(10_000)
def _policies_of(name: str, jurisdiction: str) -> Sequence[StreamId]:
    """The policies of a name that may count in a place: that of `DE-BY` first, then of `DE`, then of everywhere."""
    places = dict.fromkeys((jurisdiction, jurisdiction.split("-")[0], EVERYWHERE))
    return tuple(named_stream("policy", f"{name}:{place}") for place in places if place)


def _named(value: Any) -> tuple[UnitId, ...]:
    """The units that a field names: one, several, or those of a tuple of parties."""
    if value is None:
        return ()
    if isinstance(value, UUID):
        return (UnitId(value),)
    return tuple(UnitId(item if isinstance(item, UUID) else item.unit) for item in value)


async def _units(basis: Basis, of: str) -> tuple[UnitFacts, ...]:
    if of.endswith("*"):
        return await basis.chain(basis.named(of[:-1]))
    if of.endswith(">"):
        return await basis.line(basis.named(of[:-1]))
    return tuple([await basis.unit(unit) for unit in _named(basis.named(of))])


async def _one_unit(basis: Basis, of: str) -> UnitFacts | None:
    wanted = _named(basis.named(of)) if of else _named(basis.actor.unit)
    return await basis.unit(wanted[0]) if wanted else None


Find: TypeAlias = Callable[[Basis, str], Awaitable[Any]]
"""How a fact is found, from what its `Given` says."""


def needs(command: type) -> Mapping[str, tuple[Find, Given]]:
    """The `Given` fields of a command: how each is found. TypeError at a type that nobody knows how to find."""
    found = {}
    for name, hint in get_type_hints(command, include_extras=True).items():
        kind, notes, _ = _kept(hint)
        given = next((note for note in notes if isinstance(note, Given)), None)
        if given:
            # Asked here, so that a type nobody knows is found at the start, not by an officer.
            found[name] = (_finder(kind), given)
    return found


def _kept(hint: Any) -> tuple[Any, tuple[Any, ...], bool]:
    """As `plain`, but a `Today` stays a `Today`."""
    bare, notes, optional = plain(hint)
    inner = get_args(hint)[0] if notes else hint
    return (Today if inner is Today else bare), notes, optional


def _finder(kind: Any) -> Find:
    found = _SEVERAL.get(get_args(kind)[0]) if get_origin(kind) is tuple else _LOOK_UPS.get(kind)
    if found is None:
        raise TypeError(f"Nothing tells how {kind} is given.")
    return found


def _one(find: Callable[[Basis, StreamId], Awaitable[T]]) -> Callable[[Basis, str], Awaitable[T | None]]:
    """What is known of the stream that a field names; None where it names none."""

    async def found(basis: Basis, of: str) -> T | None:
        named = basis.named(of)
        return None if named is None else await find(basis, named)

    return found


async def _policies(basis: Basis, of: str) -> tuple[Policy, ...]:
    found = await basis.policy_if_any(of)
    return () if found is None else (found,)


async def _given(value: Any) -> Any:
    return value


_LOOK_UPS: Mapping[Any, Callable[[Basis, str], Any]] = {
    Today: lambda basis, of: basis.today_by(basis.named(of)),
    Actor: lambda basis, of: _given(basis.actor),
    PartialDate: lambda basis, of: _given(basis.effective_on),
    UUID: lambda basis, of: _given(basis.stream),
    Policy: lambda basis, of: basis.policy(of),
    Calendar: lambda basis, of: basis.calendar(),
    UnitFacts: _one_unit,
    MandateFacts: _one(Basis.mandate),
    ReviewFacts: _one(Basis.review),
    CommitmentFacts: _one(Basis.commitment),
    OpenedText: lambda basis, of: basis.opened(of),
}
_SEVERAL: Mapping[Any, Callable[[Basis, str], Any]] = {
    UnitFacts: _units,
    Holding: lambda basis, of: basis.held_by_law(of),
    MandateFacts: lambda basis, of: basis.mandates_above(of),
    CommitmentFacts: lambda basis, of: basis.waited_for(of),
    Policy: _policies,
    SealedField: lambda basis, of: basis.streams.sealed_with(basis.named(of)),
}
"""By what a tuple holds."""
