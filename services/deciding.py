"""From an order to the events it comes to: who asks, on which facts, by which rules. Nothing is recorded here."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Protocol
from uuid import UUID

from domain import units
from domain.kernel import (
    Actor,
    By,
    Context,
    EventName,
    Given,
    Json,
    PartialDate,
    Refused,
    Role,
    Seal,
    StreamId,
    UnitFacts,
    UnitId,
)
from domain.replacing import quick, replace
from services.codec import Codec, Heading, Written
from services.facts import Basis, Find, Streams, local_day, needs
from services.orders import Forbidden, Order, Stale, Unknown
from services.sealing import NOTHING_SEALED, Sealing, seals_of
from services.store.ports import Draft, Opening

UNKNOWN = PartialDate("unknown")


@quick
@dataclass(frozen=True, slots=True)
class Drafted:
    """What a command comes to on the facts there are: `events` behind `version` of its stream, ready to be written.

    `heading` is what their records have in common, `command` what the first of them says was asked.
    """

    stream: StreamId
    version: int
    events: tuple[Any, ...]
    heading: Heading
    command: Json
    codec: Codec

    @property
    def drafts(self) -> tuple[Draft, ...]:
        return self.codec.drafts(self.stream, self.version + 1, self.events, self.heading, self.command)

    def written(self) -> Iterator[Written]:
        """The same as bytes, for whoever compares them."""
        return self.codec.written(self.stream, self.version + 1, self.events, self.heading, self.command)

    def records(self) -> list[dict[str, Any]]:
        """The same as objects: records that have everything but their moment."""
        return [one.untimed() for one in self.written()]


class Desk(Protocol):
    """What is around a decision: the rules, the facts, the time."""

    @property
    def contexts(self) -> Mapping[str, Context]: ...

    @property
    def codec(self) -> Codec: ...

    @property
    def states(self) -> Streams: ...

    @property
    def clock(self) -> Callable[[], datetime]: ...

    async def types_after(self, stream: StreamId, version: int) -> Sequence[str]:
        """The types of a stream's records above a version."""

    async def day_of(self, record: EventName) -> PartialDate | None:
        """From when a record counts: where nobody knows, from the day it was recorded. None where it is not at hand."""


def erased(by: By, order: Order) -> UUID | None:
    """The subject that ends with a command, if one does."""
    return None if by.erases is None else by.erases(SimpleNamespace(**order.fields))


@dataclass(frozen=True, slots=True)
class Plan:
    """What a command needs, worked out once."""

    by: By
    given: Mapping[str, tuple[Find, Given]]
    sealed: Mapping[str, Seal]

    @classmethod
    def of(cls, by: By) -> "Plan":
        return cls(by, needs(by.command), seals_of(by.command))

    def seal(self, order: Order) -> Sealing:
        return Sealing.of(self.sealed, order.fields, order.cmd) if self.sealed else NOTHING_SEALED


@dataclass(slots=True)
class Decision:
    """One try at one order."""

    desk: Desk
    plan: Plan
    order: Order
    stream: StreamId
    sealing: Sealing
    home: UnitId | None = None
    seen: dict[UUID, int] = field(default_factory=dict)

    async def drafted(self) -> Drafted:
        context, order = self.desk.contexts[self.order.context], self.order
        version, state = await self.desk.states.state(context.name, self.stream)
        if state == context.decider.initial and not self.plan.by.starts:
            raise Unknown(self.stream)
        if version and state == context.decider.initial:  # whoever names an id of their own may name that of a unit
            raise Refused("id-taken", "By this id the register knows something else.", fields=("id",))
        if order.expect is not None:
            await self._check_expected(order.expect, version)
        asked = SimpleNamespace(**order.fields)
        self.home = context.home(asked, state)
        basis = self._basis(self.home, state)
        try:
            actor = await self._authorised(basis, asked, state)
            basis.actor = actor
            if self.plan.by.reasons or order.note.corrects is not None:
                await self._check_reasons(basis, context)
            command = await self._complete(basis)
        finally:
            self.seen = dict(basis.reads)
        events = tuple(context.decider.decide(command, state))
        return self._drafted(context, basis, version, command, events)

    async def _check_reasons(self, basis: Basis, context: Context) -> None:
        """Where reasons are demanded they are given; a correction says what it corrects, why, and on what evidence."""
        note = self.order.note
        if not note.because.strip():
            raise Refused(
                "reasons-required", "Reasons must be given: the field `because` is empty.", fields=("because",)
            )
        if note.corrects is None:
            return
        if not note.basis and not note.documents:
            raise Refused(
                "evidence-required",
                "A correction rests on something: name its legal `basis`, or `documents`.",
                fields=("basis", "documents"),
            )
        version, state = await self.desk.states.state(context.name, note.corrects.stream)
        if note.corrects.stream != self.stream:
            await basis.read(context.name, note.corrects.stream)
        if state == context.decider.initial or note.corrects.version > version:
            reason = f"There is no record {note.corrects} among the {context.name}."
            raise Refused("correction-unknown", reason, fields=("corrects",))

    async def _check_expected(self, expected: int, version: int) -> None:
        if expected == version:
            return
        # Of a version that is not there yet, nothing changed.
        types = await self.desk.types_after(self.stream, expected) if expected < version else ()
        raise Stale(self.stream, expected, version, types)

    def _basis(self, home: UnitId | None, state: Any) -> Basis:
        now = self.desk.clock()
        return Basis(
            self.desk.states,
            self.order.fields,
            self.order.actor,
            home,
            self.order.note.effective_on or UNKNOWN,
            self.stream,
            now,
            state,
        )

    async def _authorised(self, basis: Basis, asked: SimpleNamespace, state: Any) -> Actor:
        """The actor with its sphere, if the accreditation is in force and reaches this command."""
        actor, by = self.order.actor, self.plan.by
        if actor.system is not None:
            return actor
        assert actor.unit is not None
        assert actor.accreditation is not None
        assert actor.role is not None
        unit_state = await basis.read("units", StreamId(actor.unit))
        unit = await basis.unit(actor.unit)
        today = local_day(basis.now, unit)
        held = units.accreditation_in_force(unit_state, actor.accreditation, today)
        if held is None or held.role is not actor.role:
            raise await self._not_accredited(basis, unit_state, unit, today)
        allowed = await self._who_may(basis, asked, state)
        if actor.role not in by.roles or (allowed is not None and actor.unit not in allowed):
            raise Forbidden(await self._why_not(actor, allowed), await self._who_could(basis, allowed))
        return replace(actor, sphere=unit.sphere)

    async def _not_accredited(self, basis: Basis, state: units.State, unit: UnitFacts, today: date) -> Forbidden:
        """Why nobody acts under this accreditation, and who can do something about that: not always a signatory."""
        gone = unit.alive_until
        if gone is not None and gone <= today:
            heir = (await basis.line(unit.id))[-1]
            named = f"an authorised signatory of {heir.name}, which took over from it"
            if heir.alive_until is not None and heir.alive_until <= today:
                named = f"a registrar can say who takes over from {heir.name}"
            return Forbidden(f"{unit.name} is no more since {gone}: nobody acts for it any longer.", [named])
        if isinstance(state, units.Unit) and units.signatory_in_force(state, today):
            could = f"an authorised signatory of {unit.name} can renew it"
        else:
            could = f"a registrar can accredit somebody: {unit.name} has no authorised signatory today"
        return Forbidden("Your accreditation is not in force today.", [could])

    async def _who_may(self, basis: Basis, asked: SimpleNamespace, state: Any) -> frozenset[UnitId] | None:
        acting_for = self.plan.by.acting_for
        if acting_for is None:
            return None
        if isinstance(acting_for, str):
            unit = getattr(asked, acting_for)
            if not (await basis.unit(unit)).exists:
                raise Refused("unit-unknown", "There is no such unit in the register.", unit=unit, fields=(acting_for,))
            return frozenset((unit,))
        return acting_for(asked, state)

    async def _why_not(self, actor: Actor, allowed: frozenset[UnitId] | None) -> str:
        if actor.role not in self.plan.by.roles:
            return f"The role {_role(actor.role)} may not give this command."
        return "This command is for officers of another unit."

    async def _who_could(self, basis: Basis, allowed: frozenset[UnitId] | None) -> Sequence[str]:
        roles = " or ".join(_role(role) for role in self.plan.by.roles) or "the register's own clock"
        if allowed is None:
            return [f"{_a(roles)} of any unit"]
        named = [(await basis.unit(unit)).name or str(unit) for unit in sorted(allowed, key=str)[:20]]
        return [f"{_a(roles)} of {name}" for name in named]

    async def _complete(self, basis: Basis) -> Any:
        """The command with what the service looks up and with hashes where texts were sealed."""
        if self.order.note.effective_on is None:
            basis.effective_on = await self._by_default(basis)
        given = {name: await find(basis, note.of) for name, (find, note) in self.plan.given.items()}
        return self.plan.by.command(**{**self.order.fields, **self.sealing.hashes, **given})

    async def _by_default(self, basis: Basis) -> PartialDate:
        """A correction counts from the day of what it corrects, which was wrong from then on; all else from today."""
        corrects = self.order.note.corrects
        corrected = None if corrects is None else await self.desk.day_of(corrects)
        return corrected or _day(await basis.today())

    def _drafted(self, context: Context, basis: Basis, version: int, command: Any, events: tuple[Any, ...]) -> Drafted:
        codec, order, note = self.desk.codec, self.order, self.order.note
        heading = Heading(
            cmd=order.cmd, actor=basis.actor, effective_on=basis.effective_on, rules=context.rules,
            reads=sorted(basis.reads.items(), key=lambda read: read[0].int), policies=sorted(set(basis.policies)),
            because=note.because, basis=note.basis, lang=note.lang, cause=note.cause, corrects=note.corrects,
            documents=note.documents,
        )  # fmt: skip
        asked = codec.command(f"{context.name}.{order.command}", command)
        return Drafted(self.stream, version, events, heading, asked, codec)

    @property
    def erases(self) -> tuple[UUID, ...]:
        subject = erased(self.plan.by, self.order)
        return () if subject is None else (subject,)

    def openings(self, version: int, events: Sequence[Any], key: bytes | None) -> tuple[Opening, ...]:
        if key is None:
            return ()
        return self.sealing.openings(self.stream, version, events, self.home or self.order.actor.unit, key)


_plan_of = lru_cache(maxsize=None)(Plan.of)


async def decide_again(desk: Desk, order: Order, stream: StreamId) -> Drafted:
    """What a command would come to on the facts of this desk: sealed fields stand in it as their hashes already.

    Raises what deciding raises: Refused, Forbidden, Unknown.
    """
    plan = _plan_of(desk.contexts[order.context].commands[order.command])
    return await Decision(desk, plan, order, stream, NOTHING_SEALED).drafted()


_day = lru_cache(1_000)(PartialDate)


def _a(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def _role(role: Role | None) -> str:
    return (role or "").replace("_", " ")
