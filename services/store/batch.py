"""A batch of commands becomes rows: positions, bytes, tree, checkpoint. Composed on one known head."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID

from domain.ledger.merkle import Edge, Growth
from services.hashing import grow, leaf_hashes
from services.store.ports import Change, Receipt
from services.store.waiting import Waiting

Sign: TypeAlias = Callable[[int, bytes], str]
"""(size, root) -> the signed checkpoint."""
Columns: TypeAlias = tuple[Sequence[Any] | None, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """The head of the ledger, with all that is needed to go on from it."""

    size: int
    at: datetime | None
    edge: Edge
    checkpoint: str

    @classmethod
    def found(cls, row: Any) -> "Reached":
        """As the database's `probe` found it."""
        return cls(row["size"], row["at"], Edge.unpacked(row["size"], row["edge"] or b""), row["note"] or "")


@dataclass(frozen=True, slots=True)
class Composed:
    """What one call of `ledger.append` says, and what will be so when it has committed."""

    call: tuple[Any, ...]
    waiting: Sequence[Waiting]
    before: Reached
    after: Reached
    leaves: Sequence[bytes]
    growth: Growth | None

    def receipts(self) -> list[Receipt]:
        """One for each command, in order; true once committed."""
        proofs = self.growth.proofs() if self.growth is not None else ()
        found, begin, after = [], 0, self.after
        assert after.at is not None
        for change in (waiting.change for waiting in self.waiting):
            end = begin + len(change.drafts)
            found.append(
                Receipt(
                    change.cmd, self.before.size + begin, end - begin, after.at, after.size, after.checkpoint,
                    tuple(self.leaves[begin:end]), tuple(proofs[begin:end]), change.answer,
                )
            )  # fmt: skip
            begin = end
        return found


def compose(head: Reached, waiting: Sequence[Waiting], now: datetime, sign: Sign) -> Composed:
    """The batch as it would follow on this head. `at` never goes back, whatever the clock says."""
    at = now if head.at is None else max(now, head.at)
    changes = [item.change for item in waiting]
    states = _states(changes, at)
    leaves = leaf_hashes(states)
    after, growth = Reached(head.size, at, head.edge, head.checkpoint), None
    if leaves:
        growth = grow(head.edge, leaves)
        size = head.size + len(leaves)
        after = Reached(size, at, growth.edge, sign(size, growth.root))
    call = (
        head.size, at, head.edge.packed(), *_commands(changes, head.size), *probes(waiting), *_records(changes, states),
        *_spoken(changes, head.size), *_openings(changes), [subject for change in changes for subject in change.erases],
        *_tree(growth, after),
    )  # fmt: skip
    return Composed(call, waiting, head, after, leaves, growth)


def stamped(at: datetime) -> bytes:
    """The member `at` of a record: UTC, to the microsecond."""
    return b'"at":"%bZ"' % at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds").encode()


def probes(waiting: Sequence[Waiting]) -> Columns:
    """What must hold for the batch: streams and their versions; words taken, shared and freed, each with by whom."""
    expects = [expected for item in waiting for expected in item.expects]
    takes = [take for item in waiting for take in item.change.takes]
    shares = [share for item in waiting for share in item.change.shares]
    frees = [free for item in waiting for free in item.change.frees]
    return (*_columns(expects, 2), *_columns(takes, 2), *_columns(shares, 2), *_columns(frees, 2))


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> Columns:
    """The rows as arrays. Where there are none, null instead of each: it is sent at once, and unnests to no rows."""
    return tuple(zip(*rows, strict=True)) if rows else (None,) * width


def _states(changes: Sequence[Change], at: datetime) -> list[bytes]:
    stamp = stamped(at)
    return [
        draft.head if draft.tail is None else draft.head + stamp + draft.tail
        for change in changes
        for draft in change.drafts
    ]


def _commands(changes: Sequence[Change], size: int) -> Columns:
    firsts = []
    for change in changes:
        firsts.append(size)
        size += len(change.drafts)
    return (
        [change.cmd for change in changes], [change.caller for change in changes],
        [change.fingerprint for change in changes], firsts, [len(change.drafts) for change in changes],
        [change.answer for change in changes],
    )  # fmt: skip


def _records(changes: Sequence[Change], states: Sequence[bytes]) -> Columns:
    drafts = [draft for change in changes for draft in change.drafts]
    return (
        [draft.stream for draft in drafts], [draft.version for draft in drafts], [draft.type for draft in drafts],
        states,
    )  # fmt: skip


def _spoken(changes: Sequence[Change], size: int) -> Columns:
    drafts = (draft for change in changes for draft in change.drafts)
    rows = [(unit, position) for position, draft in enumerate(drafts, start=size) for unit in _once(draft.units)]
    return _columns(rows, 2)


def _once(units: Sequence[UUID]) -> Iterable[UUID]:
    return units if len(units) < 2 else set(units)


def _openings(changes: Sequence[Change]) -> Columns:
    return _columns(
        [
            (opening.stream, opening.version, opening.path, opening.subject, opening.cipher, opening.audience)
            for change in changes
            for opening in change.openings
        ],
        6,
    )


def _tree(growth: Growth | None, after: Reached) -> tuple[Any, ...]:
    if growth is None:
        return (None,) * 6
    return (growth.root, growth.edge.packed(), after.checkpoint, *_columns(growth.subtrees, 3))
