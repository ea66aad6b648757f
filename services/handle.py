"""One function joins rules to storage: read, fold, decide, append; on conflict decide again on fresh facts."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, TypeAlias, TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

import msgspec

from domain import units
from domain.kernel import (
    By,
    Claim,
    Context,
    EventName,
    Grounds,
    PartialDate,
    Recorded,
    Refused,
    StreamId,
    UnitId,
)
from services.codec import Codec
from services.deciding import Decision, Drafted, Plan, erased
from services.keyring import Keyring
from services.orders import Answer, Forbidden, Note, Order, Stale, Unknown
from services.sealing import Sealing, keyed
from services.states import States
from services.store.ids import named_id
from services.store.ports import Change, Conflict, Receipt, Store, Unavailable
from services.writing import record_writer

T = TypeVar("T")
Ending: TypeAlias = Callable[[Decision, Drafted], Awaitable[T]]
"""What is done with a decision, and what it gives."""

TRIES = 3
UNREPEATED = b""
"""The fingerprint of a command whose id nobody chose: nobody can give it again."""
NAMED = 20
"""Units that a refusal is about, and that are called by name."""


@dataclass(slots=True)
class Office:
    """Takes commands for every context. `forget`: what else of somebody who is erased goes with their key."""

    store: Store
    codec: Codec
    contexts: Mapping[str, Context]
    keyring: Keyring
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    forget: Callable[[UUID], Awaitable[object]] | None = None
    states: States = field(init=False)
    _turns: WeakValueDictionary[StreamId, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    _plans: dict[tuple[str, str], Plan] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.states = States(self.store, self.codec, self.contexts, self.keyring)
        for context in self.contexts.values():
            for name, by in context.commands.items():
                self._plans[context.name, name] = Plan.of(by)

    async def give(self, order: Order) -> Answer:
        """Record what the command means, or say why not.

        Raises Refused (a rule; it says what it rests on), Forbidden (the accreditation), Unknown, Stale, and what the
        store raises: Conflict after three tries, CommandReused, Busy, TooLarge, Unavailable. Nothing is recorded then,
        except that Unavailable says itself what is known.
        """
        plan = self._plans[order.context, order.command]
        stream = order.stream or _new_stream(plan.by, order)
        if order.stream is None and plan.by.stream is None and not order.client_named:
            return await self._given(plan, order, stream)  # nobody else can name it yet
        # Commands on one stream take turns here; between processes the append's versions decide.
        turn = self._turns.setdefault(stream, asyncio.Lock())
        async with turn:
            return await self._given(plan, order, stream)

    async def _given(self, plan: Plan, order: Order, stream: StreamId) -> Answer:
        answer = await self._decided(plan, order, stream, self._append)
        if (subject := erased(plan.by, order)) is not None:
            await asyncio.shield(self._forget(subject))
        return answer

    async def try_out(self, order: Order) -> Drafted | Answer:
        """What `give` would record as things stand, or the no that it would say; nothing is recorded, no key is made.

        An Answer where the command was recorded before, under an id that the caller chose. Raises what `give` raises.
        """
        plan = self._plans[order.context, order.command]
        stream = order.stream or _new_stream(plan.by, order)
        try:
            return await self._decided(plan, order, stream, self._probe)
        finally:
            if order.stream is None:
                self.states.forget([stream])  # most of these streams never begin

    async def _decided(self, plan: Plan, order: Order, stream: StreamId, ending: Ending[T]) -> T | Answer:
        try:
            return await self._ended(plan, order, stream, ending)
        except Refused as refused:
            if refused.policy is None:  # no number of a policy said no, but a rule of the context itself
                refused.policy = Grounds(self.contexts[order.context].rules, refused.code, "default")
            refused.names = await self._names(refused.facts)
            raise

    async def _ended(self, plan: Plan, order: Order, stream: StreamId, ending: Ending[T]) -> T | Answer:
        """What the ending gives for a decision on fresh facts; the answer of then, where a no was a yes once."""
        sealing = plan.seal(order)
        if plan.by.stream is None and order.stream is None:
            self.states.begin(stream)  # its id is the command's: it was begun by this very command, or not at all
        for attempt in range(1, TRIES + 1):
            decision = Decision(self, plan, order, stream, sealing)
            try:
                drafted = await decision.drafted()
                if order.note.corrects is not None:
                    await self._check_corrected(order.note.corrects, order, stream)
                if not drafted.events and attempt == 1:
                    # Already so, as far as was kept; no append checks that, so it is looked at anew.
                    self.states.forget([stream, *decision.seen])
                    continue
                return await ending(decision, drafted)
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

    async def _forget(self, subject: UUID) -> None:
        """Only after the record: it is by the record that a start finds out what was left undone."""
        try:
            await asyncio.to_thread(self.keyring.delete, subject)
            if self.forget is not None:
                await self.forget(subject)
        except OSError as error:
            reason = f"The erasure is recorded, but the key is still there: {error}. Give the same command again."
            raise Unavailable(reason, recorded=True) from error
        except Unavailable as error:
            raise Unavailable(str(error), recorded=True) from error

    async def types_after(self, stream: StreamId, version: int) -> Sequence[str]:
        """See `Desk`."""
        return [record.type for record in (await self.store.streams([stream], after=version))[stream]]

    async def _check_corrected(self, corrects: EventName, order: Order, stream: StreamId) -> None:
        """In a history of their own anybody could say of everybody's records that they were wrong.

        Rules look at who may act in the stream that a command is for. So this is asked here, and not of auditors.
        """
        if corrects.stream == stream:
            return
        by = (await self._record(corrects)).actor.unit
        if by != order.actor.unit:
            reason = f"{corrects} was recorded by another unit: who may act in its own history corrects it there."
            raise Refused("correction-of-others", reason, unit=by, fields=("corrects",))

    async def _record(self, name: EventName) -> Recorded:
        stored = await self.store.streams([name.stream], after=name.version - 1)
        return self.codec.decode(stored[name.stream][0])

    async def day_of(self, record: EventName) -> PartialDate | None:
        """See `Desk`."""
        found = await self._record(record)
        return found.effective_on if found.effective_on.known else PartialDate(found.at.date())

    async def _append(self, decision: Decision, drafted: Drafted) -> Answer:
        order, version, events = decision.order, drafted.version, drafted.events
        key = await self._key(order, decision.sealing)
        change = self._change(decision, drafted, key)
        receipt = await self._heard(self.store.append(change), decision, drafted)
        if receipt.repeated:
            return answer_of(receipt)
        self.states.advance(order.context, decision.stream, version, events)
        types = tuple(draft.type for draft in change.drafts)
        return Answer(decision.stream, version + len(events), types, receipt)

    async def _probe(self, decision: Decision, drafted: Drafted) -> Drafted | Answer:
        """In the place of `_append`: asks the store what it would say."""
        repeated = await self._repeated(decision.order, decision.sealing)
        if repeated is not None:
            return repeated
        await self._heard(self.store.probe(self._change(decision, drafted, None)), decision, drafted)
        return drafted

    def _change(self, decision: Decision, drafted: Drafted, key: bytes | None) -> Change:
        """What is to be appended; what it seals, encrypted by the key."""
        order, stream, version, events = decision.order, decision.stream, drafted.version, drafted.events
        drafts = drafted.drafts
        said = {
            "stream": str(stream), "version": version + len(events), "events": [draft.type for draft in drafts],
        }  # fmt: skip
        claims = self._claims(order, drafted)
        return Change(
            cmd=order.cmd, caller=order.caller, drafts=drafts,
            fingerprint=fingerprint(order, key) if order.client_named else UNREPEATED,
            reads=tuple(drafted.heading.reads) if events else (),
            takes=tuple((claim.word, stream) for claim in claims if claim.taken and not claim.shared),
            shares=tuple((claim.word, stream) for claim in claims if claim.taken and claim.shared),
            frees=tuple((claim.word, stream) for claim in claims if not claim.taken),
            openings=decision.openings(version, events, key), erases=decision.erases, answer=msgspec.json.encode(said),
        )  # fmt: skip

    def _claims(self, order: Order, drafted: Drafted) -> list[Claim]:
        return [claim for event in drafted.events for claim in self.contexts[order.context].claims(event)]

    async def _heard(self, said: Awaitable[T], decision: Decision, drafted: Drafted) -> T:
        """What the store says. Raises Refused where others hold what is claimed."""
        try:
            return await said
        except Conflict as conflict:
            if conflict.claims:
                raise await self._taken(self._claims(decision.order, drafted), conflict) from conflict
            raise

    async def _taken(self, claims: Sequence[Claim], conflict: Conflict) -> Refused:
        """What others hold, in the words of the context, and who they are."""
        says = dict[str, None]()
        for claim in claims:
            if claim.word in conflict.claims:
                says[claim.says if claim.place is None else await self._of_place(claim.says, claim.place)] = None
        holders = tuple(dict.fromkeys(conflict.holders))
        return Refused("already-claimed", " ".join(says), claims=conflict.claims, held_by=holders)

    async def _of_place(self, says: str, place: UnitId) -> str:
        _, state = await self.states.state("units", StreamId(place))
        return says.replace("{place}", units.facts(state, place).name or str(place))

    async def _names(self, facts: Mapping[str, Any]) -> Mapping[UUID, str]:
        """What the units are called that a refusal is about."""
        about = [*facts.get("units", ()), *([facts["unit"]] if facts.get("unit") else [])]
        found = {}
        for unit in about[:NAMED]:
            _, state = await self.states.state("units", StreamId(unit))
            if name := units.facts(state, unit).name:
                found[unit] = name
        return found

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
    return StreamId(named_id(f"stream:{order.cmd}"))


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
