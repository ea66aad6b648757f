"""Replays a ledger from its records alone: is it whole, and what state does it come to?"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic
from typing import Any, Protocol
from uuid import UUID

import msgspec

from domain.kernel import Context
from domain.ledger.merkle import Edge, bagged
from services.codec import Codec
from services.hashing import grow, leaf_hashes
from services.store.checkpoints import Notary, Unsigned
from services.store.ports import Store, StoredRecord
from services.views.pace import undisturbed


class Ledger(Store, Protocol):
    """A store that keeps its checkpoints."""

    async def checkpoint(self, size: int | None = None) -> str | None:
        """The checkpoint signed for a size (the newest, where None)."""


@dataclass(slots=True)
class Replayed:
    """What a replay found. `faults`: sentences, the first bad position first; empty if all is well.

    `records` were hashed, `folded` of them decoded and folded; `root` is that of the tree of all `records`. `digest`
    covers every state that was folded: the same history gives the same digest, wherever it is replayed. `kept`: the
    size of the checkpoint that it was held against.
    """

    records: int = 0
    folded: int = 0
    seconds: float = 0.0
    root: str = ""
    digest: str = ""
    streams: Counter[str] = field(default_factory=Counter)
    states: dict[UUID, tuple[str, int, Any]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    kept: int | None = None


class NotKept(Exception):
    """What was to be held against the ledger is no checkpoint of it; the sentence says why."""


async def replay(
    store: Ledger,
    codec: Codec,
    contexts: Mapping[str, Context],
    notary: Notary,
    *,
    at: int | None = None,
    context: str | None = None,
    stream: UUID | None = None,
    kept: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Replayed:
    """Hashes every record and folds those up to position `at`, of one context or stream if named.

    Checks that positions and versions are dense, that every record is known, and that the tree's root is the one that
    the newest checkpoint signs. `kept`: a checkpoint of this ledger that somebody kept: are these the records that it
    signs, and how many of them are missing?
    """
    begun, head = monotonic(), await store.head()
    run = _Run(codec, contexts, head.size if at is None else at + 1, context, stream)
    if kept is not None:
        run.found.kept, run.kept_root = _kept(kept, notary)
    with undisturbed(once=True):
        async for batch in store.scan(until=head.size - 1):
            run.take(batch)
            progress(run.found.records, head.size)
    found = run.found
    if found.records != head.size:
        found.faults.append(f"The newest checkpoint is of {head.size} records, and {found.records} are there.")
    if head.size:
        found.root = bagged(run.edge.peaks).hex()
        _check_signed(found, await store.checkpoint(head.size), notary)
    _check_kept(run)
    found.streams = Counter(name for name, _, _ in found.states.values())
    found.digest = _digest(found.states)
    found.seconds = monotonic() - begun
    return found


@dataclass(slots=True)
class _Run:
    codec: Codec
    contexts: Mapping[str, Context]
    ends: int
    context: str | None
    stream: UUID | None
    found: Replayed = field(default_factory=Replayed)
    edge: Edge = field(default_factory=lambda: Edge(0, ()))
    kept_root: bytes = b""
    root_then: bytes = b""
    """Of the tree of as many records as the kept checkpoint signs, once there are so many."""
    _versions: dict[UUID, int] = field(default_factory=dict)
    _homes: dict[str, Context] = field(default_factory=dict)

    def __post_init__(self) -> None:
        events = {event: context for context in self.contexts.values() for event in context.events}
        self._homes = {name: events[kind] for name, kind in self.codec.names.items() if kind in events}

    def take(self, batch: list[StoredRecord]) -> None:
        leaves = leaf_hashes(record.state for record in batch)
        before, self.edge = self.edge, grow(self.edge, leaves).edge
        kept = self.found.kept
        if kept is not None and before.size < kept <= self.edge.size:
            self.root_then = bagged(grow(before, leaves[: kept - before.size]).edge.peaks)
        for record in batch:
            self._check(record)
            self.found.records += 1
            if record.position < self.ends and self.stream in (None, record.stream):
                self._fold(record)

    def _check(self, record: StoredRecord) -> None:
        if record.position != self.found.records:
            self._fault(record, f"where position {self.found.records} should be")
        expected = self._versions.get(record.stream, 0) + 1
        if record.version != expected:
            self._fault(record, f"is version {record.version} of {record.stream}, where {expected} should be")
        self._versions[record.stream] = record.version

    def _fold(self, record: StoredRecord) -> None:
        home = self._homes.get(record.type)
        if home is None:
            self._fault(record, f"is of the type {record.type}, which this program does not know")
            return
        if self.context not in (None, home.name):
            return
        before = self.found.states.get(record.stream)
        state = home.decider.initial if before is None else before[2]
        try:
            after = home.decider.evolve(state, self.codec.event(record))
        except (AssertionError, ValueError, KeyError, msgspec.MsgspecError) as error:
            self._fault(record, f"cannot be folded: {error}")
            return
        self.found.states[record.stream] = (home.name, record.version, after)
        self.found.folded += 1

    def _fault(self, record: StoredRecord, what: str) -> None:
        self.found.faults.append(f"Record {record.position} {what}.")


def _check_signed(found: Replayed, note: str | None, notary: Notary) -> None:
    if note is None:
        found.faults.append("There is no checkpoint for the ledger as it stands.")
        return
    try:
        size, root = notary.check(note)
    except Unsigned as error:
        found.faults.append(str(error))
        return
    if (size, root.hex()) != (found.records, found.root):
        found.faults.append(f"The records come to another root than the checkpoint of {size} records signs.")


def _kept(note: str, notary: Notary) -> tuple[int, bytes]:
    try:
        return notary.check(note)
    except Unsigned as error:
        raise NotKept(f"What was kept is no checkpoint of this ledger. {error}") from error


def _check_kept(run: _Run) -> None:
    found = run.found
    if found.kept is None:
        return
    if found.kept > found.records:
        found.faults.append(
            f"{found.kept - found.records:,} records are missing: {found.kept:,} were signed, and {found.records:,} are"
            f" here. Positions {found.records} to {found.kept - 1} were answered and are lost. Do not go on signing."
        )
    elif run.root_then != run.kept_root:
        found.faults.append(
            f"The first {found.kept:,} records are not those that the kept checkpoint signs: one of the two ledgers was"
            f" altered. Do not go on signing."
        )


def _digest(states: Mapping[UUID, tuple[str, int, Any]]) -> str:
    whole = sha256()
    for stream in sorted(states):
        name, version, state = states[stream]
        whole.update(f"{stream} {name} {version} ".encode())
        whole.update(sha256(canonical(state)).digest())
    return whole.hexdigest()


def canonical(state: Any) -> bytes:
    """A state as bytes that are the same in every process: named cases, members in order."""
    return type(state).__qualname__.encode() + msgspec.json.encode(state, enc_hook=_plainly, order="deterministic")


def _plainly(value: Any) -> Any:
    return str(value) if isinstance(value, str) else dict(value)
