"""One function joins rules to storage: read, fold, decide, append; on conflict decide again on fresh facts."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Protocol
from uuid import UUID, uuid5
from weakref import WeakValueDictionary

import msgspec

from domain import units
from domain.erasures import SealedField
from domain.kernel import (
    NAMES,
    Actor,
    Attached,
    By,
    Claim,
    Context,
    EventName,
    Grounds,
    Json,
    OpenedText,
    PartialDate,
    Refused,
    Role,
    Seal,
    StreamId,
    UnitId,
)
from domain.replacing import quick, replace
from services.codec import Codec, Heading, Written, record_writer, sealed_fields
from services.facts import Basis, Streams, local_day, look_up, needs
from services.keyring import Keyring
from services.openings import Openings
from services.sealing import NOTHING_SEALED, Sealing, keyed, seals_of
from services.store.ports import Change, Conflict, Draft, Opening, Receipt, Store, Unavailable

TRIES = 3
STATES_KEPT = 50_000
UNKNOWN = PartialDate("unknown")


@quick
@dataclass(frozen=True, slots=True)
class Note:
    """What stands beside a command's own fields: when it counts in law, why, on which legal basis and documents."""

    effective_on: PartialDate | None = None
    because: str = ""
    basis: str = ""
    lang: str = ""
    cause: EventName | None = None
    corrects: EventName | None = None
    documents: tuple[Attached, ...] = ()


@quick
@dataclass(frozen=True, slots=True)
class Order:
    """One command as it was asked for.

    `fields`: the request's own fields, typed; a sealed one holds its open text. `stream` is None where the command
    starts one. `client_named`: the caller chose `cmd`, and may be repeating. `expect`: the version the caller saw.
    """

    context: str
    command: str
    fields: Mapping[str, Any]
    cmd: UUID
    actor: Actor
    caller: str
    stream: StreamId | None = None
    note: Note = Note()
    client_named: bool = False
    expect: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command: the stream and its version now, the types recorded, and the receipt."""

    stream: StreamId
    version: int
    events: tuple[str, ...]
    receipt: Receipt
    repeated: bool = False


class Forbidden(Exception):
    """The officer's accreditation does not reach this far; `who_could` says whose would."""

    def __init__(self, reason: str, who_could: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.who_could = tuple(who_could)


class Unknown(Exception):
    """There is no such stream in that context."""

    def __init__(self, stream: UUID) -> None:
        super().__init__(f"There is nothing under {stream}.")
        self.stream = stream


class Stale(Exception):
    """The stream moved on since the caller saw it (If-Match)."""

    def __init__(self, expected: int, found: int, what_changed: Sequence[str]) -> None:
        super().__init__(f"It was at version {expected} when you saw it, and is at {found} now.")
        self.expected, self.found, self.what_changed = expected, found, tuple(what_changed)


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


@quick
@dataclass(frozen=True, slots=True)
class _Loaded:
    """`context`: whose stream it is, by what happened there first; empty while nothing did."""

    context: str
    version: int
    state: Any


class States:
    """Folded states, kept while they are used, loaded together when several are missing at once.

    Another process may have written since: whoever decides on a kept state has its version checked at the append.
    """

    def __init__(self, store: Store, codec: Codec, contexts: Mapping[str, Context], keyring: Keyring) -> None:
        self._store, self._codec, self._contexts = store, codec, contexts
        self._openings = Openings(store, codec, keyring)
        self._context_of = {kind: context.name for context in contexts.values() for kind in context.events}
        self._kept: OrderedDict[StreamId, _Loaded] = OrderedDict()
        self._wanted: dict[StreamId, asyncio.Future[_Loaded]] = {}
        self._loading: set[asyncio.Task[None]] = set()

    async def state(self, context: str, stream: StreamId) -> tuple[int, Any]:
        """The version and state of a stream. One that belongs to another context is nothing in this one."""
        kept = self._kept.get(stream)
        if kept is None:
            kept = await self._load(stream)
        else:
            self._kept.move_to_end(stream)
        if kept.context != context:
            return kept.version, self._contexts[context].decider.initial
        return kept.version, kept.state

    async def sealed_with(self, cmd: UUID) -> tuple[SealedField, ...]:
        """See `facts.Streams`."""
        return tuple(one for record in await self._store.records_of(cmd) for one in sealed_fields(record))

    async def opened(self, record: EventName, path: str) -> OpenedText | None:
        """See `facts.Streams`."""
        return await self._openings.text(record, path)

    def begin(self, stream: StreamId) -> None:
        """Nothing is there yet, as far as anybody can know without looking; the append looks."""
        if stream not in self._kept:
            self._keep(stream, _Loaded("", 0, None))

    def forget(self, streams: Sequence[UUID]) -> None:
        for stream in streams:
            self._kept.pop(StreamId(stream), None)

    def advance(self, context: str, stream: StreamId, version: int, events: Sequence[Any]) -> None:
        """The state after events that were just appended behind `version`."""
        kept = self._kept.get(stream)
        if kept is None or kept.version != version:
            self.forget([stream])
            return
        before = kept.state if kept.context else None
        state = self._contexts[context].decider.fold(events, before)
        self._keep(stream, _Loaded(context, version + len(events), state))

    def _keep(self, stream: StreamId, loaded: _Loaded) -> None:
        self._kept[stream] = loaded
        if len(self._kept) > STATES_KEPT:
            self._kept.popitem(last=False)

    async def _load(self, stream: StreamId) -> _Loaded:
        if stream not in self._wanted:
            future = asyncio.get_running_loop().create_future()
            if not self._wanted:
                task = asyncio.create_task(self._load_wanted())
                self._loading.add(task)
                task.add_done_callback(self._loading.discard)
            self._wanted[stream] = future
        return await asyncio.shield(self._wanted[stream])

    async def _load_wanted(self) -> None:
        await asyncio.sleep(0)
        wanted, self._wanted = self._wanted, {}
        try:
            found = await self._store.streams(list(wanted))
            for stream, future in wanted.items():
                loaded = self._folded(self._codec.events(found[stream]))
                self._keep(stream, loaded)
                future.set_result(loaded)
        except Exception as error:
            for future in wanted.values():
                if not future.done():
                    future.set_exception(error)
                    future.exception()  # a caller who gave up leaves nobody to hear it

    def _folded(self, events: Sequence[Any]) -> _Loaded:
        if not events:
            return _Loaded("", 0, None)
        context = self._context_of[type(events[0])]
        return _Loaded(context, len(events), self._contexts[context].decider.fold(events))


@dataclass(slots=True)
class Office:
    """Takes commands for every context."""

    store: Store
    codec: Codec
    contexts: Mapping[str, Context]
    keyring: Keyring
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    states: States = field(init=False)
    _turns: WeakValueDictionary[StreamId, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    _plans: dict[tuple[str, str], "_Plan"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.states = States(self.store, self.codec, self.contexts, self.keyring)
        for context in self.contexts.values():
            for name, by in context.commands.items():
                self._plans[context.name, name] = _Plan.of(by)

    async def give(self, order: Order) -> Answer:
        """Record what the command means, or say why not.

        Raises Refused (a rule; it says what it rests on), Forbidden (the accreditation), Unknown, Stale, and what the
        store raises: Conflict after three tries, CommandReused, Busy, TooLarge, Unavailable. Nothing is recorded then,
        except that Unavailable says itself what is known.
        """
        plan = self._plans[order.context, order.command]
        stream = order.stream or _new_stream(plan.by, order)
        # Commands on one stream take turns here; between processes the append's versions decide.
        turn = self._turns.setdefault(stream, asyncio.Lock())
        async with turn:
            try:
                answer = await self._give(plan, order, stream)
                if (subject := _erased(plan.by, order)) is not None:
                    await self._delete_key(subject)
                return answer
            except Refused as refused:
                if refused.policy is None:  # no number of a policy said no, but a rule of the context itself
                    refused.policy = Grounds(self.contexts[order.context].rules, refused.code, "default")
                raise

    async def _give(self, plan: "_Plan", order: Order, stream: StreamId) -> Answer:
        sealing = plan.seal(order)
        if plan.by.stream is None and order.stream is None:
            self.states.begin(stream)  # its id is the command's: it was begun by this very command, or not at all
        for attempt in range(1, TRIES + 1):
            decision = _Decision(self, plan, order, stream, sealing)
            try:
                drafted = await decision.drafted()
                if not drafted.events and attempt == 1:
                    # Already so, as far as was kept; no append checks that, so it is looked at anew.
                    self.states.forget([stream, *decision.seen])
                    continue
                return await self._append(decision, drafted)
            except Conflict as conflict:
                self.states.forget([stream, *decision.seen, *(moved[0] for moved in conflict.moved)])
                if attempt == TRIES:
                    raise
            except (Refused, Forbidden, Unknown, Stale):
                # What was kept may be old news: a no is only given on fresh facts.
                if attempt == 1:
                    self.states.forget([stream, *decision.seen])
                    continue
                repeated = await self._repeated(order, sealing)
                if repeated is None:
                    raise
                return repeated
        raise AssertionError("unreachable")

    async def _delete_key(self, subject: UUID) -> None:
        """Only after the record: it is by the record that a start finds out what was left undone."""
        try:
            await asyncio.shield(asyncio.to_thread(self.keyring.delete, subject))
        except OSError as error:
            reason = f"The erasure is recorded, but the key is still there: {error}. Give the same command again."
            raise Unavailable(reason, recorded=True) from error

    async def types_after(self, stream: StreamId, version: int) -> Sequence[str]:
        """See `Desk`."""
        return [record.type for record in (await self.store.streams([stream], after=version))[stream]]

    async def _append(self, decision: "_Decision", drafted: Drafted) -> Answer:
        order, stream, context = decision.order, decision.stream, self.contexts[decision.order.context]
        version, events, drafts = drafted.version, drafted.events, drafted.drafts
        types = [draft.type for draft in drafts]
        key = await self._key(order, decision.sealing)
        said = {"stream": str(stream), "version": version + len(events), "events": types}
        claims = [claim for event in events for claim in context.claims(event)]
        change = Change(
            cmd=order.cmd, caller=order.caller, fingerprint=fingerprint(order, key), drafts=drafts,
            reads=tuple(drafted.heading.reads) if events else (),
            takes=tuple((claim.word, stream) for claim in claims if claim.taken),
            frees=tuple((claim.word, stream) for claim in claims if not claim.taken),
            openings=decision.openings(version, events, key), erases=decision.erases, answer=msgspec.json.encode(said),
        )  # fmt: skip
        try:
            receipt = await self.store.append(change)
        except Conflict as conflict:
            if conflict.claims:
                raise _taken(claims, conflict.claims) from conflict
            raise
        if receipt.repeated:
            return answer_of(receipt)
        self.states.advance(context.name, stream, version, events)
        return Answer(stream, version + len(events), tuple(types), receipt)

    async def _repeated(self, order: Order, sealing: Sealing) -> Answer | None:
        if not order.client_named:
            return None
        key = await asyncio.to_thread(self.keyring.find, sealing.subject) if sealing.hidden else None
        receipt = await self.store.repeated(order.cmd, order.caller, fingerprint(order, key))
        return answer_of(receipt) if receipt else None

    async def _key(self, order: Order, sealing: Sealing) -> bytes | None:
        """The key for what the order seals, durable before anything is encrypted by it; None where it seals nothing.

        Of a command that is recorded, and whose key is gone, nothing can be told any more: CommandReused.
        """
        if not sealing.hidden:
            return None
        key = await asyncio.to_thread(self.keyring.find, sealing.subject)
        if key is None:
            await self.store.repeated(order.cmd, order.caller, fingerprint(order, None))
        return await asyncio.to_thread(self.keyring.make, sealing.subject)


def _taken(claims: Sequence[Claim], words: Sequence[str]) -> Refused:
    says = dict.fromkeys(claim.says for claim in claims if claim.word in words)
    return Refused("already-claimed", " ".join(says), claims=tuple(words))


def answer_of(receipt: Receipt) -> Answer:
    """The answer as it was given first, from the receipt of a command."""
    said = msgspec.json.decode(receipt.answer)
    return Answer(
        StreamId(UUID(said["stream"])), said["version"], tuple(said["events"]), receipt, repeated=receipt.repeated
    )


def _new_stream(by: By, order: Order) -> StreamId:
    """A stream of a well-known name, or one whose id follows from the command's, so that a repetition finds it."""
    if by.stream is not None:
        return by.stream(SimpleNamespace(**order.fields))
    return StreamId(uuid5(NAMES, f"stream:{order.cmd}"))


def _erased(by: By, order: Order) -> UUID | None:
    """The subject that ends with a command, if one does."""
    return None if by.erases is None else by.erases(SimpleNamespace(**order.fields))


def fingerprint(order: Order, key: bytes | None) -> bytes:
    """Tells this request from any other one under the same command id.

    `key`: of the subject, where the request holds a sealed text. With it ends every way to try texts by this hash.
    """
    asked = [order.context, order.command, str(order.stream), _note_json(order.note)]
    found = hashlib.sha256(msgspec.json.encode([asked, _plain_json(order.fields)], order="sorted")).digest()
    return found if key is None else keyed(key, found)


def _note_json(note: Note) -> list[str]:
    said = (note.effective_on, note.because, note.basis, note.lang, note.cause, note.corrects, *note.documents)
    return ["" if item is None else str(item) for item in said]


_WRITERS: dict[type, Callable[[Any], Any]] = {}


def _plain_json(value: Any) -> Any:
    if value is None or isinstance(value, (int, str)):  # nearly everything, and true and false
        return value if value is None or isinstance(value, int) else str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain_json(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain_json(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        kind = type(value)
        write = _WRITERS.get(kind) or _WRITERS.setdefault(kind, record_writer(kind))
        return write(value)
    return str(value)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a command needs, worked out once."""

    by: By
    given: Mapping[str, tuple[Any, Any]]
    sealed: Mapping[str, Seal]

    @classmethod
    def of(cls, by: By) -> "_Plan":
        return cls(by, needs(by.command), seals_of(by.command))

    def seal(self, order: Order) -> Sealing:
        return Sealing.of(self.sealed, order.fields, order.cmd) if self.sealed else NOTHING_SEALED


@dataclass(slots=True)
class _Decision:
    """One try at one order."""

    desk: Desk
    plan: _Plan
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
        self._check_expected(version, await self._types_after(order.expect, version))
        asked = SimpleNamespace(**order.fields)
        self.home = context.home(asked, state)
        basis = self._basis(self.home, state)
        try:
            actor = await self._authorised(basis, asked, state)
            basis.actor = actor
            await self._check_reasons(basis, context)
            command = await self._complete(basis)
        finally:
            self.seen = dict(basis.reads)
        events = tuple(context.decider.decide(command, state))
        return self._drafted(context, basis, version, command, events)

    async def _check_reasons(self, basis: Basis, context: Context) -> None:
        """Where reasons are demanded they are given; a correction says what it corrects, why, and on what evidence."""
        note = self.order.note
        if (self.plan.by.reasons or note.corrects) and not note.because.strip():
            raise Refused("reasons-required", "Reasons must be given: the field `because` is empty.")
        if note.corrects is None:
            return
        if not note.basis and not note.documents:
            raise Refused("evidence-required", "A correction rests on a legal basis or on documents; name one.")
        version, state = await self.desk.states.state(context.name, note.corrects.stream)
        if note.corrects.stream != self.stream:
            await basis.read(context.name, note.corrects.stream)
        if state == context.decider.initial or note.corrects.version > version:
            raise Refused("correction-unknown", f"There is no record {note.corrects} among the {context.name}.")

    def _check_expected(self, version: int, types: Sequence[str]) -> None:
        if self.order.expect is not None and self.order.expect != version:
            raise Stale(self.order.expect, version, types)

    async def _types_after(self, expected: int | None, version: int) -> Sequence[str]:
        if expected is None or expected >= version:  # of a version that is not there yet, nothing changed
            return ()
        return await self.desk.types_after(self.stream, expected)

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
            raise Forbidden(
                "Your accreditation is not in force today.", [f"an authorised signatory of {unit.name} can renew it"]
            )
        allowed = await self._who_may(basis, asked, state)
        if actor.role not in by.roles or (allowed is not None and actor.unit not in allowed):
            raise Forbidden(await self._why_not(actor, allowed), await self._who_could(basis, allowed))
        return replace(actor, sphere=unit.sphere)

    async def _who_may(self, basis: Basis, asked: SimpleNamespace, state: Any) -> frozenset[UnitId] | None:
        acting_for = self.plan.by.acting_for
        if acting_for is None:
            return None
        if isinstance(acting_for, str):
            return frozenset((getattr(asked, acting_for),))
        return acting_for(asked, state)

    async def _why_not(self, actor: Actor, allowed: frozenset[UnitId] | None) -> str:
        if actor.role not in self.plan.by.roles:
            return f"{_a(_role(actor.role)).capitalize()} may not give this command."
        return "This command is for officers of another unit."

    async def _who_could(self, basis: Basis, allowed: frozenset[UnitId] | None) -> Sequence[str]:
        roles = " or ".join(_role(role) for role in self.plan.by.roles) or "the register's own clock"
        if allowed is None:
            return [f"{_a(roles)} of any unit"]
        named = [(await basis.unit(unit)).name or str(unit) for unit in sorted(allowed, key=str)[:20]]
        return [f"{_a(roles)} of {name}" for name in named]

    async def _complete(self, basis: Basis) -> Any:
        """The command with what the service looks up and with hashes where texts were sealed."""
        if not basis.effective_on.known and self.order.note.effective_on is None:
            basis.effective_on = _day(await basis.today())
        given = {name: await look_up(basis, kind, note) for name, (kind, note) in self.plan.given.items()}
        return self.plan.by.command(**{**self.order.fields, **self.sealing.hashes, **given})

    def _drafted(self, context: Context, basis: Basis, version: int, command: Any, events: tuple[Any, ...]) -> Drafted:
        codec, order, note = self.desk.codec, self.order, self.order.note
        heading = Heading(
            cmd=order.cmd, actor=basis.actor, effective_on=basis.effective_on, rules=context.rules,
            reads=sorted(basis.reads.items(), key=lambda read: read[0].bytes), policies=sorted(set(basis.policies)),
            because=note.because, basis=note.basis, lang=note.lang, cause=note.cause, corrects=note.corrects,
            documents=note.documents,
        )  # fmt: skip
        asked = codec.command(f"{context.name}.{order.command}", command)
        return Drafted(self.stream, version, events, heading, asked, codec)

    @property
    def erases(self) -> tuple[UUID, ...]:
        subject = _erased(self.plan.by, self.order)
        return () if subject is None else (subject,)

    def openings(self, version: int, events: Sequence[Any], key: bytes | None) -> tuple[Opening, ...]:
        if key is None:
            return ()
        return self.sealing.openings(self.stream, version, events, self.home or self.order.actor.unit, key)


_plan_of = lru_cache(maxsize=None)(_Plan.of)


async def decide_again(desk: Desk, order: Order, stream: StreamId) -> Drafted:
    """What a command would come to on the facts of this desk: sealed fields stand in it as their hashes already.

    Raises what deciding raises: Refused, Forbidden, Unknown.
    """
    plan = _plan_of(desk.contexts[order.context].commands[order.command])
    return await _Decision(desk, plan, order, stream, NOTHING_SEALED).drafted()


_day = lru_cache(1_000)(PartialDate)


def _a(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def _role(role: Role | None) -> str:
    return (role or "").replace("_", " ")
