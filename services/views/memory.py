"""Views folded in memory from all records of a ledger, in their order, with no table behind them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from domain.kernel import Recorded
from domain.ledger.dumps import HASH, Dump, Dumped
from projections.kernel import View, own_stream
from services.hashing import line_hash
from services.views.tables import Table


class Folded:
    """Some views, with those they read among them, after every record so far.

    Of each row there is its last version and nothing else: no earlier one, no record, nothing of what counts in law
    on another day. `digests_only`: rows that no later record can need are let go, and `rows` does not give them.
    """

    def __init__(self, views: Sequence[View], *, digests_only: bool = False) -> None:
        self._kept: dict[str, _Kept] = {}
        for view in views:
            looked_at = any(view.name in one.reads for one in views)
            passing = digests_only and view.once
            self._kept[view.name] = _Kept(view, self._kept, looked_at=looked_at, passing=passing)
        self._touched: dict[type, tuple[_Kept, ...]] = {}

    def touches(self, kind: type) -> bool:
        """Whether a record of such an event can change anything here; if not, it need not be given."""
        return bool(self._of(kind))

    def apply(self, records: Iterable[Recorded]) -> None:
        """Raises whatever a fold raises, or whatever gives the records; then nothing has changed.

        One view takes all of the records, then the next one does: the rules of several views do not fit into a
        processor's cache together. What a view looks at is as of its record all the same.
        """
        kept, touched = list(self._kept.values()), self._touched
        try:
            for record in records:
                kind = type(record.event)
                for one in touched.get(kind) or self._of(kind):
                    one.waiting.append(record)
            for one in kept:
                one.take()
        except BaseException:
            for one in kept:
                one.put_back()
            raise
        for one in kept:
            one.settle()

    def rows(self, view: View) -> Iterator[tuple[str, Any]]:
        """The rows of a view by their keys, in order."""
        rows = self._kept[view.name].rows
        return ((key, rows[key]) for key in sorted(rows))

    def row(self, view: View, key: str) -> Any:
        """One row; None where there is none."""
        return self._kept[view.name].rows.get(key)

    def table(self, view: View) -> Table:
        """How rows of the view are written."""
        return self._kept[view.name].table

    def dumped(self, view: View, position: int) -> Dumped:
        """The digest of a view now, which is as of `position`. Only rows that changed since the last are written."""
        return self._kept[view.name].lines.dumped(position)

    def _of(self, kind: type) -> "tuple[_Kept, ...]":
        found = self._touched.get(kind)
        if found is None:
            found = tuple(one for one in self._kept.values() if not one.view.touched_by or kind in one.view.touched_by)
            self._touched[kind] = found
        return found


class _Kept:
    """The rows of one view. It is the view's own `Look`: its rows, and those of the views that it reads.

    `was`: of the keys that the records being applied changed, what stood there before. `looked_at`: others look at its
    rows, so that they need to know what a row was between two of these records. Then `were` has the positions of the
    records that changed a key, with what stood there before each, and `steps` the rows of the records' own streams
    before and after each record, which is what they ask for most. `passing`: rows are let go once their records have
    been applied.
    """

    __slots__ = (
        "_at", "_fold", "_key", "_keys", "_seen", "lines", "looked_at", "passing", "rows", "steps", "table", "view",
        "waiting", "was", "were",
    )  # fmt: skip

    def __init__(self, view: View, earlier: "Mapping[str, _Kept]", *, looked_at: bool, passing: bool) -> None:
        self.view, self.table, self.looked_at, self.passing = view, Table(view), looked_at, passing
        self.rows: dict[str, Any] = {}
        self.waiting: list[Recorded] = []
        self.was: dict[str, Any] = {}
        self.were: dict[str, tuple[list[int], list[Any]]] = {}
        self.steps: dict[int, tuple[Any, Any]] = {}
        self.lines = _Passed(self.table, self.rows) if passing else _Lines(self.table, self.rows)
        self._seen = {name: earlier[name] for name in view.reads}
        self._keys, self._fold = None if view.keys is own_stream else view.keys, view.fold
        self._at, self._key = -1, ""

    def take(self) -> None:
        """Folds the records that wait. All rows of a record are folded before any is changed.

        So of its own rows, a view sees what they were. A row that is the same again, but another object, may as well
        take the place of the one before.
        """
        if self._keys is None:
            self._take_own()
            return
        keys_of, fold, rows = self._keys, self._fold, self.rows
        for record in self.waiting:
            self._at, self._key = record.position, record.key
            found = keys_of(record, self)
            if not found:  # most records touch no row of most views
                continue
            # Names of records are texts of their own kind; a key is a plain one.
            keys = list(map(str, found))
            if len(keys) == 1:
                key = keys[0]
                before = rows.get(key)
                after = fold(key, before, record, self)
                if after is not before:
                    self._put(key, before, after)
                continue
            changed = []
            for key in dict.fromkeys(keys):
                before = rows.get(key)
                after = fold(key, before, record, self)
                if after is not before:
                    changed.append((key, before, after))
            for key, before, after in changed:
                self._put(key, before, after)

    def _take_own(self) -> None:
        fold, rows, steps, looked_at = self._fold, self.rows, self.steps, self.looked_at
        for record in self.waiting:
            self._at, self._key = record.position, record.key
            key = record.key
            before = rows.get(key)
            after = fold(key, before, record, self)
            if looked_at:
                steps[record.position] = before, after
            if after is not before:
                self._put(key, before, after)

    def put_back(self) -> None:
        """As if the records had never been."""
        for key, row in self.was.items():
            self._set(key, row)
        self._forget()

    def settle(self) -> None:
        """The records have been applied to all views: nobody looks behind them any more."""
        if self.was:
            self.lines.note(self.was)
            if self.passing:
                self.rows.clear()
        if self.waiting:
            self._forget()

    def _forget(self) -> None:
        self.waiting.clear()
        self.was.clear()
        self.were.clear()
        self.steps.clear()

    def _put(self, key: str, before: Any, after: Any) -> None:
        self.was.setdefault(key, before)
        if self.looked_at:
            were = self.were.get(key)
            if were is None:
                self.were[key] = [self._at], [before]
            else:
                were[0].append(self._at)
                were[1].append(before)
        self._set(key, after)

    def _set(self, key: str, row: Any) -> None:
        if row is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = row

    # --- Look ---

    # Records behind this one may have changed a row since: then `steps` and `were` say what stood there.

    def row(self, view: str, key: str) -> Any:
        seen = self._seen.get(view) or self._own(view)
        if key is self._key and (step := seen.steps.get(self._at)) is not None:
            return step[1]
        if (were := seen.were.get(key)) is not None:
            positions, rows = were
            nth = bisect_right(positions, self._at)
            if nth < len(positions):
                return rows[nth]
        return seen.rows.get(key) or self._gone(seen)

    def both(self, view: str, key: str) -> tuple[Any, Any]:
        seen = self._seen.get(view) or self._own(view)
        if key is self._key and (step := seen.steps.get(self._at)) is not None:
            return step
        now = seen.rows.get(key) or self._gone(seen)
        if (were := seen.were.get(key)) is None:
            return now, now
        positions, rows = were
        nth, many = bisect_left(positions, self._at), len(positions)
        before = rows[nth] if nth < many else now
        if nth < many and positions[nth] == self._at:
            nth += 1
        return before, rows[nth] if nth < many else now

    def _own(self, view: str) -> "_Kept":
        """Its own rows. They are not among the others: what holds itself would outlive whoever lets go of it."""
        if view != self.view.name:
            raise LookupError(f"{self.view.name} does not declare that it reads {view}.")
        return self

    def _gone(self, seen: "_Kept") -> Any:
        """What stands where there is no row now."""
        if seen.passing:
            raise LookupError(f"{self.view.name} asks for a row of {seen.view.name} that another record made.")
        return None


class _Lines:
    """The hashes of a view's lines. Those of rows that changed are made anew when the digest is asked for.

    They lie one behind the other, in the order of the keys: as values by themselves they would take thrice as much.
    """

    __slots__ = ("_changed", "_hashes", "_keys", "_rows", "_table")

    def __init__(self, table: Table, rows: Mapping[str, Any]) -> None:
        self._table, self._rows = table, rows
        self._keys: list[str] = []
        self._hashes = bytearray()
        # Until somebody asks for the first time, all of them are to be made: which ones need not be known.
        self._changed: set[str] | None = None

    def note(self, keys: Iterable[str]) -> None:
        """These rows are others now."""
        if self._changed is not None:
            self._changed.update(keys)

    def dumped(self, position: int) -> Dumped:
        changed = self._rows.keys() if self._changed is None else self._changed
        if changed:
            self._merge(sorted(changed))
        self._changed = set()
        dump = Dump(self._table.view.name, self._table.view.version)
        dump.add_joined(self._hashes)
        return dump.as_of(position)

    def _merge(self, changed: Sequence[str]) -> None:
        """Puts the hashes of these rows in their places, between those that stay."""
        before, hashes, done = self._keys, self._hashes, 0
        self._keys, self._hashes = [], bytearray()
        for key in changed:
            place = bisect_left(before, key, done)
            self._keys += before[done:place]
            self._hashes += hashes[done * HASH : place * HASH]
            done = place + (place < len(before) and before[place] == key)
            if key in self._rows:
                self._keys.append(key)
                self._hashes += _hash(self._table, key, self._rows[key])
        self._keys += before[done:]
        self._hashes += hashes[done * HASH :]


class _Passed:
    """The digest of a view whose rows come in the order of their keys, and are what they are: it goes on with them."""

    __slots__ = ("_dump", "_last", "_rows", "_table")

    def __init__(self, table: Table, rows: Mapping[str, Any]) -> None:
        self._table, self._rows, self._last = table, rows, ""
        self._dump = Dump(table.view.name, table.view.version)

    def note(self, keys: Iterable[str]) -> None:
        """These rows were made."""
        for key in keys:
            assert self._last < key, f"rows of {self._table.view.name} are made once, each behind all others"
            self._last = key
            self._dump.add((_hash(self._table, key, self._rows[key]),))

    def dumped(self, position: int) -> Dumped:
        return self._dump.as_of(position)


def _hash(table: Table, key: str, row: Any) -> bytes:
    return line_hash(table.form.line(key, row))
