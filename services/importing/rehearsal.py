"""A ledger on which commands can be tried: reads are real, what is appended stays here and is forgotten."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from services.store.batch import stamped
from services.store.claims import Claims, given_twice
from services.store.ports import Change, Conflict, Draft, Filter, Head, Opening, Receipt, Store, StoredRecord


class Rehearsal:
    """Stands before a store as `ports.Store`; nothing reaches the ledger. Words are claimed against this run's only."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._written: dict[UUID, list[StoredRecord]] = {}
        self._claims = Claims()

    async def append(self, change: Change) -> Receipt:
        """Keeps the records for the reads to come. Raises Conflict as the store would, for words taken in this run."""
        await self.probe(change)
        self._claims.apply(change)
        now = datetime.now(UTC)
        for draft in change.drafts:
            self._written.setdefault(draft.stream, []).append(_as_stored(draft, now))
        return Receipt(change.cmd, 0, len(change.drafts), now, 0, "", (), (), change.answer)

    async def probe(self, change: Change) -> None:
        """See `append`."""
        taken = [*given_twice(change), *self._claims.against(change)]
        if taken:
            raise Conflict(claims=taken)

    async def repeated(self, cmd: UUID, caller: str, fingerprint: bytes) -> Receipt | None:
        """See `ports.Store`."""
        return await self._store.repeated(cmd, caller, fingerprint)

    async def streams(self, ids: Sequence[UUID], after: int = 0) -> dict[UUID, list[StoredRecord]]:
        """The records that are there, and those that would be."""
        found = await self._store.streams(ids, after)
        for stream in ids:
            found[stream] = [*found[stream], *(one for one in self._written.get(stream, ()) if one.version > after)]
        return found

    async def records_of(self, cmd: UUID) -> list[StoredRecord]:
        """See `ports.Store`; only what is really there."""
        return await self._store.records_of(cmd)

    async def openings_of(self, names: Iterable[tuple[UUID, int]]) -> list[Opening]:
        """See `ports.Openable`; only what is really there."""
        return await self._store.openings_of(names)

    async def openings_about(self, subject: UUID) -> list[Opening]:
        """See `ports.Openable`; only what is really there."""
        return await self._store.openings_about(subject)

    def openings(self) -> AsyncIterator[list[Opening]]:
        """See `ports.Openable`; only what is really there."""
        return self._store.openings()

    async def records(
        self, after: int = -1, limit: int = 500, *, until: int | None = None, where: Filter | None = None
    ) -> list[StoredRecord]:
        """See `ports.Store`; only what is really there."""
        return await self._store.records(after, limit, until=until, where=where)

    def scan(self, after: int = -1, until: int | None = None) -> AsyncIterator[list[StoredRecord]]:
        """See `ports.Store`; only what is really there."""
        return self._store.scan(after, until)

    async def head(self) -> Head:
        """See `ports.Store`."""
        return await self._store.head()

    async def prove(self, position: int, size: int | None = None) -> tuple[bytes, ...]:
        """See `ports.Store`."""
        return await self._store.prove(position, size)

    async def position_at(self, moment: datetime) -> int:
        """See `ports.Store`."""
        return await self._store.position_at(moment)


def _as_stored(draft: Draft, now: datetime) -> StoredRecord:
    state = draft.head if draft.tail is None else draft.head + stamped(now) + draft.tail
    return StoredRecord(-1, draft.stream, draft.version, draft.type, state)
