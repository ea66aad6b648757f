"""A ledger in memory: the store's contract with nothing else in the way. It forgets all when the process ends."""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain.ledger import merkle
from domain.ledger.records import leaf_hash
from services.keys import SigningKey
from services.store.batch import stamped
from services.store.checkpoints import Notary
from services.store.claims import Claims
from services.store.ledger import utc_now
from services.store.ports import (
    Change,
    CommandReused,
    Conflict,
    Filter,
    Head,
    Opening,
    Receipt,
    StoredRecord,
)
from services.store.waiting import Waiting


class MemoryStore:
    """Keeps `ports.Store`'s promises but durability, and takes no care to be fast. For tests."""

    def __init__(self, origin: str, key: SigningKey, clock: Callable[[], datetime] = utc_now) -> None:
        self._notary, self._clock = Notary(origin, key), clock
        self._records: list[StoredRecord] = []
        self._units: list[frozenset[UUID]] = []
        self._streams: dict[UUID, list[StoredRecord]] = {}
        self._claims = Claims()
        self._commands: dict[UUID, tuple[Change, int, datetime]] = {}
        self._openings: dict[tuple[UUID, int, str], Opening] = {}
        self._heads: list[Head] = []
        self._leaves: list[bytes] = []
        self._edge = merkle.Edge(0, ())

    async def append(self, change: Change) -> Receipt:
        """See `ports.Store`."""
        waiting = Waiting.of(change, asyncio.get_running_loop().create_future())
        repeated = await self.repeated(change.cmd, change.caller, change.fingerprint)
        if repeated is not None:
            return repeated
        self._refuse_conflict(waiting)
        head, now = await self.head(), self._clock()
        at = now if head.at is None else max(now, head.at)
        self._commands[change.cmd] = (replace(change, openings=()), head.size, at)
        self._write(change, at)
        return self._receipt(change, head.size, at, repeated=False)

    async def probe(self, change: Change) -> None:
        """See `ports.Store`."""
        self._refuse_conflict(Waiting.of(change, asyncio.get_running_loop().create_future()))

    async def repeated(self, cmd: UUID, caller: str, fingerprint: bytes) -> Receipt | None:
        """See `ports.Store`."""
        if cmd not in self._commands:
            return None
        change, first, at = self._commands[cmd]
        if (change.caller, change.fingerprint) != (caller, fingerprint):
            raise CommandReused(f"The command {cmd} was given before, by another caller or for something else.")
        return self._receipt(change, first, at, repeated=True)

    async def streams(self, ids: Sequence[UUID], after: int = 0) -> dict[UUID, list[StoredRecord]]:
        """See `ports.Store`."""
        since = after if after > 0 else -1
        return {one: [record for record in self._streams.get(one, ()) if record.version > since] for one in ids}

    async def records_of(self, cmd: UUID) -> list[StoredRecord]:
        """See `ports.Store`."""
        if cmd not in self._commands:
            return []
        change, first, _ = self._commands[cmd]
        return self._records[first : first + len(change.drafts)]

    async def records(
        self, after: int = -1, limit: int = 500, *, until: int | None = None, where: Filter | None = None
    ) -> list[StoredRecord]:
        """See `ports.Store`."""
        end = len(self._records) if until is None else until + 1
        found = (record for record in self._records[max(after + 1, 0) : max(end, 0)] if self._fits(record, where))
        return [record for record, _ in zip(found, range(limit), strict=False)]

    async def scan(self, after: int = -1, until: int | None = None) -> AsyncIterator[list[StoredRecord]]:
        """See `ports.Store`."""
        while batch := await self.records(after, until=until):
            yield batch
            after = batch[-1].position

    async def head(self) -> Head:
        """See `ports.Store`."""
        return self._heads[-1] if self._heads else Head(0, None, "")

    async def checkpoint(self, size: int | None = None) -> str | None:
        """The checkpoint as it was signed for a size (the newest, where None); None where there was none."""
        if size is None:
            return self._heads[-1].checkpoint if self._heads else None
        return next((head.checkpoint for head in self._heads if head.size == size), None)

    async def checkpoints(self, after: int, until: int, limit: int) -> list[str]:
        """The checkpoints signed for sizes above `after` and at most `until`, in order."""
        found = sorted((head for head in self._heads if after < head.size <= until), key=lambda head: head.size)
        return [head.checkpoint for head in found[:limit]]

    async def position_at(self, moment: datetime) -> int:
        """See `ports.Store`."""
        number = bisect_right(self._heads, moment, key=lambda head: head.at)  # type: ignore[arg-type,return-value]
        return self._heads[number - 1].size - 1 if number else -1

    async def openings_of(self, names: Iterable[tuple[UUID, int]]) -> list[Opening]:
        """The opened values, where not erased, of the records named by (stream, version)."""
        wanted = set(names)
        return [opening for key, opening in sorted(self._openings.items()) if key[:2] in wanted]

    async def openings_about(self, subject: UUID) -> list[Opening]:
        """The openings of one subject, where not erased."""
        return [opening for _, opening in sorted(self._openings.items()) if opening.subject == subject]

    async def openings(self) -> AsyncIterator[list[Opening]]:
        """All openings, in batches."""
        if self._openings:
            yield [opening for _, opening in sorted(self._openings.items())]

    async def prove(self, position: int, size: int | None = None) -> tuple[bytes, ...]:
        """See `ports.Store`. Raises IndexError where the tree of that size does not hold the record."""
        size = self._size(size)
        if not 0 <= position < size:
            raise IndexError(f"A tree of {size} records does not hold position {position}.")
        return self._roots(merkle.inclusion(position, 0, size))

    async def consistency(self, older: int, newer: int | None = None) -> tuple[bytes, ...]:
        """The proof that the first `older` records of the tree of `newer` are the tree of then. Raises IndexError."""
        newer = self._size(newer)
        if not 0 <= older <= newer:
            raise IndexError(f"A tree of {older} records is no part of one of {newer}.")
        return self._roots(merkle.consistency(older, 0, newer)) if older else ()

    def _refuse_conflict(self, waiting: Waiting) -> None:
        moved = [
            (stream, expected, max(found, 0))
            for stream, expected in waiting.expects
            if (found := self._streams[stream][-1].version if stream in self._streams else min(expected, 0)) != expected
        ]
        held = self._claims.against(waiting.change)
        if moved or held:
            raise Conflict(moved, held)

    def _write(self, change: Change, at: datetime) -> None:
        for draft in change.drafts:
            state = draft.head if draft.tail is None else draft.head + stamped(at) + draft.tail
            record = StoredRecord(len(self._records), draft.stream, draft.version, draft.type, state)
            self._records.append(record)
            self._units.append(frozenset(draft.units))
            self._streams.setdefault(draft.stream, []).append(record)
            self._leaves.append(leaf_hash(state))
        if change.drafts:
            growth = merkle.grow(self._edge, self._leaves[self._edge.size :])
            self._edge = growth.edge
            self._heads.append(Head(growth.edge.size, at, self._notary.sign(growth.edge.size, growth.root)))
        self._claims.apply(change)
        self._openings = {key: one for key, one in self._openings.items() if one.subject not in change.erases}
        for opening in change.openings:
            self._openings[opening.stream, opening.version, opening.path] = opening

    def _receipt(self, change: Change, first: int, at: datetime, *, repeated: bool) -> Receipt:
        size, count = len(self._records), len(change.drafts)
        positions = range(first, first + count)
        return Receipt(
            change.cmd, first, count, at, size, self._heads[-1].checkpoint if self._heads else "",
            tuple(self._leaves[first : first + count]),
            tuple(self._roots(merkle.inclusion(position, 0, size)) for position in positions),
            change.answer, repeated,
        )  # fmt: skip

    def _fits(self, record: StoredRecord, where: Filter | None) -> bool:
        if where is None:
            return True
        return (
            (not where.types or record.type in where.types)
            and (not where.streams or record.stream in where.streams)
            and (not where.positions or record.position in where.positions)
            and (not where.units or not self._units[record.position].isdisjoint(where.units))
        )

    def _size(self, size: int | None) -> int:
        newest = len(self._records)
        if size is not None and not 0 <= size <= newest:
            raise IndexError(f"The ledger has {newest} records, not {size}.")
        return newest if size is None else size

    def _roots(self, ranges: Sequence[merkle.Range]) -> tuple[bytes, ...]:
        return tuple(self._root(begin, end) for begin, end in ranges)

    def _root(self, begin: int, end: int) -> bytes:
        return merkle.grow(merkle.Edge(0, ()), self._leaves[begin:end]).root
