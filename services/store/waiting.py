"""Commands that wait for the writer: a bounded queue, from which batches are taken that agree among themselves."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from services.store.claims import given_twice
from services.store.connecting import Connection
from services.store.ports import Busy, Change, Conflict, Receipt, TooLarge

BATCH_AT_MOST = 512
"""Commands in one transaction."""
BATCH_BYTES = 4_000_000
"""Bytes of records after which a batch is full."""
RECORD_AT_MOST = 65_535
STAMP_BYTES = len('"at":"2026-11-24T03:14:45.123456Z"')


Alongside: TypeAlias = Callable[[Connection], Awaitable[None]]
"""What else happens in the command's own transaction, under the ledger's lock. If it raises, nothing was written."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the writer answers instead of a receipt: the command is recorded, and the database has its receipt.

    `before`: it had been when it was given; else this process recorded it without hearing so at once.
    """

    before: bool


@dataclass(slots=True, eq=False)
class Waiting:
    """One command in the queue, what it rests on, and where its answer goes.

    `expects`: (stream, newest version that it must have; -1 or 0: none yet), of streams written and read. `reads` are
    all of these streams, `writes` those that it adds to. `words` are those that it takes for one alone, or frees;
    `shares` those that others may take like this, too.
    """

    change: Change
    answer: "asyncio.Future[Receipt | Known]"
    expects: tuple[tuple[UUID, int], ...]
    writes: frozenset[UUID]
    reads: frozenset[UUID]
    words: tuple[str, ...]
    shares: tuple[str, ...]
    bytes: int
    alongside: Alongside | None = None

    @classmethod
    def of(
        cls, change: Change, answer: "asyncio.Future[Receipt | Known]", alongside: Alongside | None = None
    ) -> "Waiting":
        """Raises TooLarge, and Conflict where the change contradicts itself."""
        total, begins = _measure(change)
        writes = frozenset(begins)
        reads = writes.union(stream for stream, _ in change.reads) if change.reads else writes
        words, shares = _words(change) if change.takes or change.shares or change.frees else ((), ())
        return cls(change, answer, (*begins.items(), *change.reads), writes, reads, words, shares, total, alongside)

    def succeed(self, outcome: "Receipt | Known") -> None:
        if not self.answer.done():  # a caller who gave up
            self.answer.set_result(outcome)

    def fail(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


@dataclass(frozen=True, slots=True)
class InTheWay:
    """What the database's `probe` found: streams at other versions than expected, words that others hold."""

    moved: Mapping[UUID, int]
    held: Mapping[str, UUID]

    @classmethod
    def found(cls, row: Any) -> "InTheWay":
        return cls(
            dict(zip(row["moved"] or (), row["moved_to"] or (), strict=True)),
            dict(zip(row["held"] or (), row["held_by"] or (), strict=True)),
        )

    def conflict(self, waiting: Waiting) -> Conflict | None:
        """What of it stands in the way of this one."""
        streams = [
            (stream, expected, self.moved[stream])
            for stream, expected in waiting.expects
            if stream in self.moved and self.moved[stream] != expected
        ]
        asked = (*waiting.change.takes, *waiting.change.shares)
        words = [(word, self.held[word]) for word, _ in asked if word in self.held]
        return Conflict(streams, words) if streams or words else None


def _words(change: Change) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words that a change takes or frees, and those that it shares. Raises Conflict where two cannot have one."""
    if twice := list(given_twice(change)):
        raise Conflict(claims=twice)
    return tuple(word for word, _ in (*change.takes, *change.frees)), tuple(word for word, _ in change.shares)


def _measure(change: Change) -> tuple[int, dict[UUID, int]]:
    """The bytes of a change's records, and for each stream it writes the version before the first."""
    total = 0
    begins: dict[UUID, int] = {}
    newest: dict[UUID, int] = {}
    for draft in change.drafts:
        size = len(draft.head) + (STAMP_BYTES + len(draft.tail) if draft.tail is not None else 0)
        if size > RECORD_AT_MOST:
            raise TooLarge(size)
        total += size
        expected = newest.get(draft.stream)
        if expected is None:
            begins[draft.stream] = draft.version - 1
        elif draft.version != expected + 1:
            raise Conflict([(draft.stream, draft.version - 1, expected)])
        newest[draft.stream] = draft.version
    return total, begins


class _Touched:
    """What those who were looked at write, claim, free or share."""

    __slots__ = ("_commands", "_shared", "_words", "_written")

    def __init__(self) -> None:
        self._written: set[UUID] = set()
        self._words: set[str] = set()
        self._shared: set[str] = set()
        self._commands: set[UUID] = set()

    def by(self, waiting: Waiting) -> bool:
        """Whether this one has to wait for one of them."""
        # Sets remember the hashes of what is in them; asked one by one, each UUID would be hashed again.
        return (
            waiting.change.cmd in self._commands
            or not self._written.isdisjoint(waiting.reads)
            or not (self._words.isdisjoint(waiting.words) and self._shared.isdisjoint(waiting.words))
            or not self._words.isdisjoint(waiting.shares)
        )

    def add(self, waiting: Waiting) -> None:
        self._written |= waiting.writes
        if waiting.words or waiting.shares:
            self._words.update(waiting.words)
            self._shared.update(waiting.shares)
        self._commands.add(waiting.change.cmd)


class Queue:
    """First come, first served; full, it says so."""

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._waiting: deque[Waiting] = deque()
        self._some = asyncio.Event()
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, waiting: Waiting) -> None:
        if len(self._waiting) >= self._at_most:
            raise Busy
        self._waiting.append(waiting)
        self._some.set()

    async def some(self) -> bool:
        """Returns when somebody waits; false once the queue is closed and nobody does."""
        await self._some.wait()
        return bool(self._waiting)

    def close(self) -> None:
        """Nobody will come any more."""
        self._closed = True
        self._some.set()

    def take(self, at_most: int = BATCH_AT_MOST) -> list[Waiting]:
        """The next batch: no command in it touches what an earlier one writes, claims or frees; but several may share.

        One that does waits for the next batch, and whatever touches it waits behind it. One with something alongside
        is a batch of its own.
        """
        if self._waiting and self._waiting[0].alongside is not None:
            batch = [self._waiting.popleft()]
        else:
            batch = self._apart(min(at_most, BATCH_AT_MOST))
        self._rest()
        return batch

    def _apart(self, at_most: int) -> list[Waiting]:
        batch: list[Waiting] = []
        later: list[Waiting] = []
        before = _Touched()
        room = BATCH_BYTES
        while self._waiting and len(batch) < at_most and room > 0 and len(later) < BATCH_AT_MOST:
            if self._waiting[0].alongside is not None:
                break
            waiting = self._waiting.popleft()
            if before.by(waiting):
                later.append(waiting)
            else:
                batch.append(waiting)
                room -= waiting.bytes
            before.add(waiting)
        self._waiting.extendleft(reversed(later))
        return batch

    def empty(self) -> list[Waiting]:
        """Everybody who waits; the queue is empty after."""
        everybody = list(self._waiting)
        self._waiting.clear()
        self._rest()
        return everybody

    def _rest(self) -> None:
        if not self._waiting and not self._closed:
            self._some.clear()
