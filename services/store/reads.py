"""Reading the ledger: streams, lists, checkpoints and proofs. Nothing here holds the writer up."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.ledger import merkle
from services.hashing import leaf_hashes, roots
from services.store.connecting import Pool, available, lent
from services.store.ports import CommandReused, Filter, Head, Opening, Receipt, StoredRecord, Unavailable

SCAN = 1000
"""Records in one batch of a scan: at most 65 MB."""

_RECORD = "r.position, r.stream, r.version, r.type, r.state"
# Level 0, the leaves, comes from the records themselves.
_HASHES = """
select asked.level, asked.first, case asked.level
    when 0 then array(select r.state from ledger.records r
        where r.position >= asked.first and r.position < asked.first + asked.count order by r.position)
    else array(select s.hash from ledger.subtrees s where s.level = asked.level
        and s.index >= asked.first and s.index < asked.first + asked.count order by s.index) end
from unnest($1::int[], $2::bigint[], $3::int[]) asked (level, first, count) order by 1, 2"""
_OPENING = "o.stream, o.version, o.path, o.subject, o.cipher, o.audience"


class Reads:
    """What may be asked of the ledger. Every method raises Unavailable where the database cannot be reached."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._seen = 0

    async def streams(self, ids: Sequence[UUID], after: int = 0) -> dict[UUID, list[StoredRecord]]:
        """The records of each stream above version `after`, in order; an unknown stream has an empty list."""
        found: dict[UUID, list[StoredRecord]] = {stream: [] for stream in ids}
        # The library's streams may begin at version 0; `after` 0 means the whole stream there too.
        rows = await self._fetch(
            f"select {_RECORD} from ledger.records r where r.stream = any($1) and r.version > $2::bigint"
            " order by r.stream, r.version",
            list(found), after if after > 0 else -1,
        )  # fmt: skip
        for row in rows:
            found[row["stream"]].append(StoredRecord._make(row))
        return found

    async def records_of(self, cmd: UUID) -> list[StoredRecord]:
        """The records of one command in order; none where it is unknown, or recorded nothing."""
        query = (
            f"select {_RECORD} from ledger.commands c join ledger.records r"
            " on r.position >= c.first and r.position < c.first + c.count where c.cmd = $1 order by r.position"
        )
        return list(map(StoredRecord._make, await self._fetch(query, cmd)))

    async def records(
        self, after: int = -1, limit: int = 500, *, until: int | None = None, where: Filter | None = None
    ) -> list[StoredRecord]:
        """Records with a position above `after` (and at most `until`), in order, at most `limit`."""
        parts, values = ["r.position > $1"], list[Any]((after, limit))
        if until is not None:
            values.append(until)
            parts.append(f"r.position <= ${len(values)}")
        if where is not None and where.types:
            values.append(list(where.types))
            parts.append(f"r.type = any(${len(values)})")
        if where is not None and where.streams:
            values.append(list(where.streams))
            parts.append(f"r.stream = any(${len(values)})")
        if where is not None and where.positions:
            values.append(list(where.positions))
            parts.append(f"r.position = any(${len(values)}::bigint[])")
        if where is not None and where.units:
            values.append(list(where.units))
            spoken = " and ".join(part.replace("r.position", "s.position") for part in parts if "position" in part)
            parts.append(
                "r.position in (select s.position from ledger.spoken_of s"
                f" where s.unit = any(${len(values)}) and {spoken})"
            )
        query = f"select {_RECORD} from ledger.records r where {' and '.join(parts)} order by r.position limit $2"
        return list(map(StoredRecord._make, await self._fetch(query, *values)))

    async def scan(self, after: int = -1, until: int | None = None) -> AsyncIterator[list[StoredRecord]]:
        """All records above `after`, in batches. The next one is fetched while the caller has this one."""
        coming = asyncio.ensure_future(self.records(after, SCAN, until=until))
        try:
            while batch := await coming:
                coming = asyncio.ensure_future(self.records(batch[-1].position, SCAN, until=until))
                await asyncio.sleep(0)  # it is asked for before the caller begins
                yield batch
        finally:
            coming.cancel()

    async def head(self) -> Head:
        """The newest durable checkpoint and the size it signs."""
        row = await self._row("select size, at, note from ledger.checkpoints order by size desc limit 1")
        self._seen = row["size"] if row is not None else 0
        if row is None:
            return Head(0, None, "")
        return Head(row["size"], row["at"], row["note"])

    async def checkpoint(self, size: int | None = None) -> str | None:
        """The checkpoint as it was signed for a size (the newest, where None); None where there was none."""
        if size is None:
            return (await self.head()).checkpoint or None
        row = await self._row("select note from ledger.checkpoints where size = $1", size)
        return row["note"] if row is not None else None

    async def checkpoints(self, after: int, until: int, limit: int) -> list[str]:
        """The checkpoints that were signed for sizes above `after` and at most `until`, in order, at most `limit`."""
        rows = await self._fetch(
            "select note from ledger.checkpoints where size > $1 and size <= $2 order by size limit $3",
            after, until, limit,
        )  # fmt: skip
        return [row["note"] for row in rows]

    async def position_at(self, moment: datetime) -> int:
        """The last position recorded at or before a moment; -1 before the first."""
        row = await self._row(
            "select size from ledger.checkpoints where at <= $1 order by at desc, size desc limit 1", moment
        )
        return row["size"] - 1 if row is not None else -1

    async def openings_of(self, names: Iterable[tuple[UUID, int]]) -> list[Opening]:
        """The opened values, where not erased, of the records named by (stream, version)."""
        wanted = list(names)
        rows = await self._fetch(
            f"select {_OPENING} from ledger.openings o"
            " join unnest($1::uuid[], $2::int[]) asked (stream, version)"
            " on o.stream = asked.stream and o.version = asked.version order by 1, 2, 3",
            [stream for stream, _ in wanted], [version for _, version in wanted],
        )  # fmt: skip
        return [Opening(*row) for row in rows]

    async def openings_about(self, subject: UUID) -> list[Opening]:
        """The openings of one subject, where not erased."""
        query = f"select {_OPENING} from ledger.openings o where o.subject = $1 order by 1, 2, 3"
        return [Opening(*row) for row in await self._fetch(query, subject)]

    async def openings(self) -> AsyncIterator[list[Opening]]:
        """All openings, in batches."""
        after: tuple[UUID, int, str] = (UUID(int=0), 0, "")
        query = (
            f"select {_OPENING} from ledger.openings o where (o.stream, o.version, o.path) > ($1, $2, $3)"
            f" order by o.stream, o.version, o.path limit {SCAN}"
        )
        while batch := [Opening(*row) for row in await self._fetch(query, *after)]:
            yield batch
            after = (batch[-1].stream, batch[-1].version, batch[-1].path)

    async def prove(self, position: int, size: int | None = None) -> tuple[bytes, ...]:
        """The inclusion proof of a record in the tree of `size` records (the newest, where None): leaf to root.

        Raises IndexError where the tree of that size does not hold the record, or the ledger has not that size.
        """
        size = await self._size(size)
        if not 0 <= position < size:
            raise IndexError(f"A tree of {size} records does not hold position {position}.")
        (proof,) = await self._roots([merkle.inclusion(position, 0, size)])
        return proof

    async def consistency(self, older: int, newer: int | None = None) -> tuple[bytes, ...]:
        """The proof that the first `older` records of the tree of `newer` are the tree of then.

        Empty where they are the same, or `older` is 0. Raises IndexError where the ledger has not these sizes.
        """
        newer = await self._size(newer)
        if not 0 <= older <= newer:
            raise IndexError(f"A tree of {older} records is no part of one of {newer}.")
        if older == 0:
            return ()
        (proof,) = await self._roots([merkle.consistency(older, 0, newer)])
        return proof

    async def root(self, size: int | None = None) -> bytes:
        """The root of the tree of `size` records, from the stored subtrees. Raises IndexError."""
        size = await self._size(size)
        if size < 1:
            raise IndexError("An empty tree is not signed.")
        ((root,),) = await self._roots([[(0, size)]])
        return root

    async def hashes(self, level: int, first: int, count: int) -> list[bytes]:
        """The entries of a tile: roots of full subtrees of 256**level records; fewer where there are fewer."""
        return list((await self._hashes([(level, first, count)])).values())

    async def repeated(self, cmd: UUID, caller: str, fingerprint: bytes) -> Receipt | None:
        """The receipt given for this command before, with proofs for the newest checkpoint; None where it is new.

        Raises CommandReused where another caller or another request used the same id.
        """
        row = await self._row(
            "select caller, fingerprint, first, count, at, answer from ledger.commands where cmd = $1", cmd
        )
        if row is None:
            return None
        if (row["caller"], row["fingerprint"]) != (caller, fingerprint):
            raise CommandReused(f"The command {cmd} was given before, by another caller or for something else.")
        first, count, head = row["first"], row["count"], await self.head()
        leaves = await self.hashes(0, first, count) if count else []
        proofs = await self._roots([merkle.inclusion(first + number, 0, head.size) for number in range(count)])
        return Receipt(
            cmd, first, count, row["at"], head.size, head.checkpoint, tuple(leaves), tuple(proofs), row["answer"],
            repeated=True,
        )  # fmt: skip

    async def _size(self, size: int | None) -> int:
        if size is not None and 0 <= size <= self._seen:  # while its database is the same, it never has fewer
            return size
        newest = (await self.head()).size
        if size is not None and not 0 <= size <= newest:
            raise IndexError(f"The ledger has {newest} records, not {size}.")
        return newest if size is None else size

    async def _roots(self, wanted: Sequence[Sequence[merkle.Range]]) -> list[tuple[bytes, ...]]:
        """The roots of many ranges with one look at the tables."""
        nodes = {node for ranges in wanted for one in ranges for node in merkle.perfect(*one)}
        hashes = await self._hashes({merkle.stored(node) for node in nodes})
        try:
            return [tuple(roots(ranges, hashes)) for ranges in wanted]
        except KeyError as error:
            if (await self.head()).size >= max(end for ranges in wanted for _, end in ranges):
                raise
            raise Unavailable("The database has fewer records than it had.") from error

    async def _hashes(self, wanted: Iterable[tuple[int, int, int]]) -> dict[merkle.Node, bytes]:
        """(tile level, first index, count) -> the stored hashes by (tile level, index), in order."""
        asked = sorted(wanted)
        rows = await self._fetch(_HASHES, *zip(*asked, strict=True)) if asked else ()
        hashes = {}
        for level, first, found in rows:
            # Hashed here: a call of PostgreSQL's own function takes ten times as long.
            for number, hash_ in enumerate(found if level else leaf_hashes(found), start=first):
                hashes[level, number] = hash_
        return hashes

    async def _fetch(self, query: str, *values: Any) -> Any:
        with available():
            async with lent(self._pool) as connection:
                return await connection.fetch(query, *values)

    async def _row(self, query: str, *values: Any) -> Any:
        with available():
            async with lent(self._pool) as connection:
                return await connection.fetchrow(query, *values)
