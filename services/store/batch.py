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
Rows: TypeAlias = list[tuple[Any, ...]] | None


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
        head.size, at, head.edge.packed(), _commands(changes, head.size), *probes(waiting), _drafts(changes, states),
        _spoken(changes, head.size), _openings(changes), _erased(changes), *_tree(growth, after),
    )  # fmt: skip
    return Composed(call, waiting, head, after, leaves, growth)


def stamped(at: datetime) -> bytes:
    """The member `at` of a record: UTC, to the microsecond."""
    return b'"at":"%bZ"' % at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds").encode()


def probes(waiting: Sequence[Waiting]) -> tuple[Rows, Rows, Rows]:
    """What must hold for the batch: streams and their versions; words taken or shared, and words freed, by whom."""
    changes = [item.change for item in waiting]
    takes = [(word, stream, False) for change in changes for word, stream in change.takes]
    shares = [(word, stream, True) for change in changes for word, stream in change.shares]
    frees = [(word, stream, None) for change in changes for word, stream in change.frees]
    # Many rest on the same: the unit that acts, the policies that count there.
    expects = dict.fromkeys(expected for item in waiting for expected in item.expects)
    return _rows(list(expects)), _rows(takes + shares), _rows(frees)


def _rows(rows: list[tuple[Any, ...]]) -> Rows:
    """Where there are none, null: it is sent at once, and nothing is asked or written for it."""
    return rows or None


def _states(changes: Sequence[Change], at: datetime) -> list[bytes]:
    stamp = stamped(at)
    return [
        draft.head if draft.tail is None else draft.head + stamp + draft.tail
        for change in changes
        for draft in change.drafts
    ]


def _commands(changes: Sequence[Change], size: int) -> Rows:
    rows = []
    for change in changes:
        count = len(change.drafts)
        rows.append((change.cmd, change.caller, change.fingerprint, size, count, change.answer))
        size += count
    return rows


def _drafts(changes: Sequence[Change], states: Sequence[bytes]) -> Rows:
    drafts = (draft for change in changes for draft in change.drafts)
    return [(draft.stream, draft.version, draft.type, state) for draft, state in zip(drafts, states, strict=True)]


def _spoken(changes: Sequence[Change], size: int) -> Rows:
    drafts = (draft for change in changes for draft in change.drafts)
    return _rows([(unit, position) for position, draft in enumerate(drafts, start=size) for unit in _once(draft.units)])


def _once(units: Sequence[UUID]) -> Iterable[UUID]:
    return units if len(units) < 2 else set(units)


def _openings(changes: Sequence[Change]) -> Rows:
    openings = (opening for change in changes for opening in change.openings)
    return _rows([(one.stream, one.version, one.path, one.subject, one.cipher, one.audience) for one in openings])


def _erased(changes: Sequence[Change]) -> list[UUID] | None:
    return [subject for change in changes for subject in change.erases] or None


def _tree(growth: Growth | None, after: Reached) -> tuple[Any, ...]:
    if growth is None:
        return (None,) * 4
    return (growth.root, growth.edge.packed(), after.checkpoint, growth.subtrees or None)
