"""The store of the product: one ledger in one PostgreSQL database, as `ports.Store` promises."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from services.keys import SigningKey
from services.store.batch import probes
from services.store.checkpoints import Notary, Unsigned
from services.store.connecting import Pool, available, close_pool, open_pool
from services.store.lines import PROBE
from services.store.ports import Change, Head, Receipt, StoreError, Unavailable
from services.store.reads import Reads
from services.store.waiting import InTheWay, Known, Waiting
from services.store.writer import PATIENCE, Writer

GENESIS = "ledger-opened.1"
"""The type of the record at position 0: its data hold the ledger's origin and verifier key."""


class ForeignLedger(StoreError):
    """The database holds a ledger of another origin or key than ours. Nothing was written."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class LedgerStore(Reads):
    """Appends through one writer, reads through a pool. Made by `opened_store`."""

    def __init__(self, pool: Pool, writer: Writer) -> None:
        super().__init__(pool)
        self.pool = pool
        self.writer = writer

    @property
    def alive(self) -> bool:
        """Whether commands are taken: false once the writer has stopped."""
        return self.writer.alive

    @property
    def trouble(self) -> str | None:
        """Why nothing can be added now; None where nothing is known to stand in the way."""
        return self.writer.condition.trouble if self.alive else "The writer has stopped."

    async def head(self) -> Head:
        """See `ports.Store`."""
        before = self.writer.condition.size
        head = await super().head()
        self.writer.condition.saw(head.size, before)
        return head

    async def look(self) -> Head:
        """The head; `trouble` says by then, too, whether the server only reads, before anybody gave a command."""
        head = await self.head()
        asked = await self._row("select current_setting('transaction_read_only')::bool as only")
        self.writer.condition.reads(only=asked is not None and asked["only"])
        return head

    async def append(self, change: Change) -> Receipt:
        """See `ports.Store`."""
        answer = await self.writer.append(change)
        if not isinstance(answer, Known):
            return answer
        try:
            receipt = await self.repeated(change.cmd, change.caller, change.fingerprint)
        except Unavailable as error:
            raise Unavailable("The command is recorded; its receipt cannot be read now.", recorded=True) from error
        assert receipt is not None, "the writer saw it"
        return replace(receipt, repeated=answer.before)

    async def probe(self, change: Change) -> None:
        """See `ports.Store`."""
        waiting = Waiting.of(change, asyncio.get_running_loop().create_future())
        found = await self._row(PROBE, [change.cmd], *probes([waiting]))
        if (conflict := InTheWay.found(found).conflict(waiting)) is not None:
            raise conflict


@asynccontextmanager
async def opened_store(
    dsn: str,
    origin: str,
    key: SigningKey,
    *,
    clock: Callable[[], datetime] = utc_now,
    queue: int = 4096,
    readers: int = 8,
    patience: float = PATIENCE,
) -> AsyncIterator[LedgerStore]:
    """The store while we are inside; on leaving, everybody who waits is answered first.

    The database is migrated. An empty ledger is fine: the first change appended opens it. `queue`: commands that may
    wait. Raises ForeignLedger where another ledger is in the database, Unavailable where it cannot be reached.
    """
    notary = Notary(origin, key)
    pool = await open_pool(dsn, readers)
    try:
        store = LedgerStore(pool, Writer(dsn, notary.sign, clock, queue=queue, patience=patience))
        await _refuse_foreign(store, notary)
        store.writer.start()
        try:
            yield store
        finally:
            await store.writer.stop()
    finally:
        await close_pool(pool)


async def opened(pool: Pool) -> tuple[str, str] | None:
    """(origin, verifier key) as the first record says; None where the ledger is empty or says nothing of it.

    Raises ForeignLedger where that record cannot be read.
    """
    with available():
        row = await pool.fetchrow("select type, state from ledger.records where position = 0")
    if row is None or row["type"] != GENESIS:
        return None
    try:
        data = msgspec.json.decode(row["state"])["data"]
        return data["origin"], data["key"]
    except (msgspec.DecodeError, LookupError, TypeError) as error:
        raise ForeignLedger("The first record of this database cannot be read: it is damaged.") from error


def refuse_other(said: tuple[str, str], notary: Notary) -> None:
    """Raises ForeignLedger where the first record (`opened`) names another origin or key than ours."""
    if said != (notary.origin, notary.verifier):
        raise ForeignLedger(f"This database holds the ledger {said[0]} with the key {said[1]}.")


async def _refuse_foreign(store: LedgerStore, notary: Notary) -> None:
    if (said := await opened(store.pool)) is not None:
        refuse_other(said, notary)
    note = await store.checkpoint()
    if note is not None:
        try:
            notary.check(note)
        except Unsigned as error:
            raise ForeignLedger(f"This database holds another ledger. {error}") from error
