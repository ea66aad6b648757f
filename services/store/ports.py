"""What the store promises, and the shapes that cross its edge."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from domain.replacing import quick


@quick
@dataclass(frozen=True, slots=True)
class Draft:
    """One record that waits for its moment.

    Its bytes are `head`, then `"at":"<moment>"`, then `tail`: encoded once, so that a retry costs a join and a hash.
    Opaque bytes (of a stock eventsourcing application, in the library's own tests) come whole in `head`, `tail` None.
    `units`: the units it speaks of, which lists of records are filtered by.
    """

    stream: UUID
    version: int
    type: str
    head: bytes
    tail: bytes | None
    units: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """A value that is not public, encrypted, beside the record that holds its salted hash. Erasable, one row a field.

    `subject`: whose key opens `cipher`. `audience`: the unit whose officers may read it.
    """

    stream: UUID
    version: int
    path: str
    subject: UUID
    cipher: bytes
    audience: str


@quick
@dataclass(frozen=True, slots=True)
class Change:
    """What one command asks to append: all of it or none of it.

    `drafts` may be empty ("already so"): then only the answer is kept. The first draft of a stream names the version
    it expects; `reads` are versions of other streams that the decision rested on (0: it did not exist). `takes`: words
    that a stream holds alone from now on; `shares`: words that it holds together with others who share them; `frees`
    come first.
    `fingerprint` tells the same request from another one under the same `cmd`. `erases`: the subjects whose openings
    end with it, and the notes of tokens for accreditations among them.
    """

    cmd: UUID
    caller: str
    fingerprint: bytes
    drafts: tuple[Draft, ...]
    reads: tuple[tuple[UUID, int], ...] = ()
    takes: tuple[tuple[str, UUID], ...] = ()
    shares: tuple[tuple[str, UUID], ...] = ()
    frees: tuple[tuple[str, UUID], ...] = ()
    openings: tuple[Opening, ...] = ()
    erases: tuple[UUID, ...] = ()
    answer: bytes = b"{}"


@quick
@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a command is recorded: positions `first` .. `first + count - 1`, under a signed checkpoint.

    `proofs` are inclusion proofs (32-byte hashes, leaf to root), one a record, for the tree of `size` records.
    `repeated`: the command had been recorded before; `answer` is what was answered then.
    """

    cmd: UUID
    first: int
    count: int
    at: datetime
    size: int
    checkpoint: str
    leaves: tuple[bytes, ...]
    proofs: tuple[tuple[bytes, ...], ...]
    answer: bytes
    repeated: bool = False


class StoredRecord(NamedTuple):
    """One row of the ledger; `state` is what was hashed. A tuple: a replay makes millions of them."""

    position: int
    stream: UUID
    version: int
    type: str
    state: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """How far the ledger reaches: `size` records, the last stamped `at` (None: empty)."""

    size: int
    at: datetime | None
    checkpoint: str


class StoreError(Exception):
    """The root of what the store may say instead of a receipt."""


class Conflict(StoreError):
    """A stream, a stream that was read, or a claim moved on. Nothing was written; decide again on fresh facts."""

    def __init__(self, moved: Sequence[tuple[UUID, int, int]] = (), claims: Sequence[tuple[str, UUID]] = ()) -> None:
        super().__init__(f"{len(moved)} streams moved on, {len(claims)} claims are held by others")
        self.moved = tuple(moved)
        """(stream, version expected, version found)"""
        self.claims = tuple(word for word, _ in claims)
        self.holders = tuple(holder for _, holder in claims)
        """One who holds each word of `claims`, in the same order."""


class CommandReused(StoreError):
    """The command id (Idempotency-Key) was used before, by another caller or for another request."""


class Busy(StoreError):
    """The writer's queue is full, or too many read. Nothing was written; come back after `retry_after` seconds."""

    def __init__(self, retry_after: int = 1, reason: str = "The ledger is busy.") -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class TooLarge(StoreError):
    """A record has more than 65,535 bytes. Nothing was written."""

    def __init__(self, size: int) -> None:
        super().__init__(f"A record of {size} bytes is larger than 65535.")
        self.size = size


class Unavailable(StoreError):
    """The database is gone. `recorded` is None where nobody can know yet whether the command was recorded."""

    def __init__(self, reason: str, *, recorded: bool | None = False) -> None:
        super().__init__(reason)
        self.recorded = recorded


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records to read: by name of type, by the unit that acted or is spoken of, by stream, by position."""

    types: tuple[str, ...] = ()
    units: tuple[UUID, ...] = field(default=())
    streams: tuple[UUID, ...] = ()
    positions: tuple[int, ...] = ()


class Openable(Protocol):
    """Records, and the openings of what is sealed in them."""

    async def streams(self, ids: Sequence[UUID], after: int = 0) -> dict[UUID, list[StoredRecord]]:
        """The records of each stream in order of version; an unknown stream has an empty list."""

    async def records(
        self, after: int = -1, limit: int = 500, *, until: int | None = None, where: Filter | None = None
    ) -> list[StoredRecord]:
        """Records with a position above `after` (and at most `until`), in order."""

    async def openings_of(self, names: Iterable[tuple[UUID, int]]) -> list[Opening]:
        """The openings, where not erased, of the records named by (stream, version)."""

    async def openings_about(self, subject: UUID) -> list[Opening]:
        """The openings of one subject, where not erased."""

    def openings(self) -> AsyncIterator[list[Opening]]:
        """All openings, in batches."""


class Store(Openable, Protocol):
    """An append-only ledger of records, with its Merkle tree."""

    async def append(self, change: Change) -> Receipt:
        """All of it or none of it. Durable, in its position and under a signed checkpoint on return.

        A command id that was recorded before with the same caller and fingerprint gives the receipt of then.
        A caller who is cancelled does not undo the record. Raises Conflict, CommandReused, Busy, TooLarge, Unavailable.
        """

    async def probe(self, change: Change) -> None:
        """Nothing, where `append` would record the change as things stand; nothing is written, and nothing is kept.

        Whether its command is known, `repeated` says. Raises Conflict, TooLarge, Busy (too many read), Unavailable.
        """

    async def repeated(self, cmd: UUID, caller: str, fingerprint: bytes) -> Receipt | None:
        """The receipt given for this command before, or None. Raises CommandReused."""

    async def records_of(self, cmd: UUID) -> list[StoredRecord]:
        """The records of one command in order; none where it is unknown, or recorded nothing."""

    def scan(self, after: int = -1, until: int | None = None) -> AsyncIterator[list[StoredRecord]]:
        """All records above `after`, in batches, under fixed memory."""

    async def head(self) -> Head:
        """The newest durable checkpoint and the size it signs."""

    async def prove(self, position: int, size: int | None = None) -> tuple[bytes, ...]:
        """The inclusion proof of a record in the tree of `size` records (the newest, where None)."""

    async def position_at(self, moment: datetime) -> int:
        """The last position recorded at or before a moment; -1 before the first."""
