"""A ledger without a store: commands are decided by the real rules, and their records kept in memory, one by one."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from domain.attestations import attestation_stream
from domain.commitments.words import Milestone
from domain.contexts import CONTEXTS
from domain.kernel import NAMES as NAMESPACE
from domain.kernel import Actor, Context, EventName, PartialDate, Role, Sealed, Sphere, StreamId, UnitId, Words
from domain.ledger.records import sealed_hash
from domain.units import Kind
from projections.views import ATTESTED
from services.attesting import order
from services.audit.deciding import finished
from services.audit.refolded import Refolded
from services.codec import Codec
from services.deciding import Drafted, decide_again
from services.handle import Office
from services.keyring import MemoryKeyring
from services.names import NAMES
from services.opening import open_ledger
from services.orders import Note, Order
from services.store.batch import stamped
from services.store.memory import MemoryStore
from services.store.ports import StoredRecord
from services.views.memory import Folded
from tests.services.audited import NOTARY
from tests.services.store_ledgers import KEY

BEGUN = datetime(2026, 3, 2, 9, tzinfo=UTC)
STEP = timedelta(milliseconds=250)
"""From one command to the next."""


@dataclass(slots=True)
class Scribe:
    """Gives commands; `records` are what they came to. `registrar` acts for the register; `now` is the moment."""

    contexts: Mapping[str, Context] = field(default_factory=lambda: CONTEXTS)
    codec: Codec = field(default_factory=lambda: Codec(NOTARY.origin, NAMES))
    states: Refolded = field(default_factory=lambda: Refolded(CONTEXTS))
    records: list[StoredRecord] = field(default_factory=list)
    registrar: Actor = field(default_factory=Actor)
    now: datetime = BEGUN
    _given: int = 0

    @property
    def clock(self) -> Callable[[], datetime]:
        return lambda: self.now

    async def types_after(self, stream: StreamId, version: int) -> Sequence[str]:
        return ()

    async def day_of(self, record: EventName) -> PartialDate | None:
        named = (record.stream, record.version)
        found = next(self.codec.decode(one) for one in self.records if (one.stream, one.version) == named)
        return found.effective_on

    async def open(self) -> None:
        """The first records, as every ledger has them."""
        store = MemoryStore(NOTARY.origin, KEY, self.clock)
        office = Office(store, self.codec, self.contexts, MemoryKeyring(), self.clock)
        self.registrar = await open_ledger(office, NOTARY.origin, NOTARY.verifier)
        homes = {event: context for context in self.contexts.values() for event in context.events}
        async for batch in store.scan():
            for one in batch:
                event = self.codec.event(one)
                self.records.append(one)
                self.states.fold(homes[type(event)], one.stream, [event])

    def give(
        self, command: str, actor: Actor, stream: UUID | None = None, /, *, note: Note | None = None, **fields: Any
    ) -> StreamId:
        """The stream that it is about. Raises Refused, Forbidden, Unknown; nothing is recorded then."""
        context, _, name = command.partition(".")
        self._given += 1
        self.now += STEP
        cmd = uuid5(NAMESPACE, f"scribe:{self._given}")
        where = StreamId(stream or uuid5(NAMESPACE, f"scribe's:{self._given}"))
        order = Order(context, name, fields, cmd, actor, "scribe", where, note or Note())
        self._write(where, self.contexts[context], finished(decide_again(self, order, where)))
        return where

    def accredit(self, unit: UUID, role: Role, since: date, until: date | None = None) -> Actor:
        """Somebody who acts for a unit, and whose name is sealed."""
        name = Sealed(sealed_hash(bytes(32), "Ada Example"))
        self.give("units.accredit", self.registrar, unit, role=role, name=name, valid_from=since, valid_until=until)
        version, _ = self.states.now("units", unit)
        return Actor(unit=unit, role=role, accreditation=EventName.at(unit, version))  # type: ignore[arg-type]

    def attest(self, names: Collection[str]) -> None:
        """The register says what these views have come to."""
        folded, size = Folded(ATTESTED), len(self.records)
        folded.apply(map(self.codec.decode, self.records))
        for view in (view for view in ATTESTED if view.name in names):
            asked = order(folded.dumped(view, size - 1), size)
            self.give("attestations.attest", asked.actor, attestation_stream(view.name), **asked.fields)

    def _write(self, stream: StreamId, context: Context, drafted: Drafted) -> None:
        moment = stamped(self.now)
        for draft in drafted.drafts:
            assert draft.tail is not None
            state = draft.head + moment + draft.tail
            self.records.append(StoredRecord(len(self.records), draft.stream, draft.version, draft.type, state))
        self.states.fold(context, stream, drafted.events)


TREES = Words({"en": "Trees for every school yard", "fr": "Des arbres dans chaque cour d'école"})


async def towns(size: int, *, attested: Collection[str] = ()) -> list[bytes]:
    """The records of a ledger, at least so many: towns, who signs for them, and what they promise.

    `attested`: and at last what these views came to.
    """
    scribe = Scribe()
    await scribe.open()
    while len(scribe.records) < size:
        town = UnitId(
            scribe.give(
                "units.register", scribe.registrar, name=TREES, sphere=Sphere.LOCAL, kind=Kind.MUNICIPALITY,
                jurisdiction="FR", time_zone="Europe/Paris", alive_from=PartialDate("2020"), parent=None,
                identifiers=(), source=None,
            )
        )  # fmt: skip
        signatory = scribe.accredit(town, Role.AUTHORISED_SIGNATORY, date(2026, 1, 1))
        for _ in range(3):
            promise = scribe.give(
                "commitments.propose", signatory, owner=town, title=TREES, description=TREES,
                ends_on=PartialDate("2030"), starts_on=None, sdg=(), parties=(), document=None,
            )  # fmt: skip
            step = Milestone(TREES, date(2028, 5, 1), town)
            scribe.give("commitments.add-milestone", signatory, promise, milestone=step)
            scribe.give("commitments.adopt", signatory, promise)
            scribe.give("commitments.report-progress", signatory, promise, percent=10, account=TREES, milestone=None)
    if attested:
        scribe.attest(attested)
    return [record.state for record in scribe.records]
