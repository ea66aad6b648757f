"""Views folded in memory from all records of a ledger, in their order, with no table behind them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.kernel import Recorded
from domain.ledger.dumps import Dump, Dumped, line_hash
from projections.kernel import View, own_stream
from services.views.tables import Table


class Folded:
    """Some views, with those they read among them, after every record so far.

    Of each row there is its last version and nothing else: no earlier one, no record, nothing of what counts in law
    on another day.
    """

    def __init__(self, views: Sequence[View]) -> None:
        self._kept: dict[str, _Kept] = {}
        for view in views:
            self._kept[view.name] = _Kept(view, self._kept)
        self._touched: dict[type, tuple[_Kept, ...]] = {}

    def touches(self, kind: type) -> bool:
        """Whether a record of such an event can change anything here; if not, it need not be given."""
        return bool(self._of(kind))

    def apply(self, record: Recorded) -> None:
        """Raises whatever a fold raises; then nothing has changed."""
        kept = self._of(type(record.event))
        try:
            for one in kept:
                one.take(record)
        except BaseException:
            for one in kept:
                one.put_back()
            raise
        for one in kept:
            if one.was:
                one.was.clear()

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

    `was`: what stood under the keys that the record being applied has changed.
    """

    __slots__ = ("_fold", "_keys", "_seen", "lines", "rows", "table", "view", "was")

    def __init__(self, view: View, earlier: "Mapping[str, _Kept]") -> None:
        self.view, self.table = view, Table(view)
        self.rows: dict[str, Any] = {}
        self.was: dict[str, Any] = {}
        self.lines = _Lines(self.table, self.rows)
        self._seen = {view.name: self} | {name: earlier[name] for name in view.reads}
        self._keys, self._fold = None if view.keys is own_stream else view.keys, view.fold

    def take(self, record: Recorded) -> None:
        """All rows are folded before any is changed: of its own rows, a view sees what they were.

        A row that is the same again, but another object, may as well take the place of the one before.
        """
        if self._keys is None:
            key = record.key
            before = self.rows.get(key)
            after = self._fold(key, before, record, self)
            if after is not before:
                self._put(key, before, after)
            return
        keys = self._keys(record, self)
        if not keys:  # most records touch no row of most views
            return
        changed = []
        # Names of records are texts of their own kind; a key is a plain one.
        for key in dict.fromkeys(map(str, keys)):
            before = self.rows.get(key)
            after = self._fold(key, before, record, self)
            if after is not before:
                changed.append((key, before, after))
        for key, before, after in changed:
            self._put(key, before, after)

    def put_back(self) -> None:
        """As if the record had never been."""
        for key, row in self.was.items():
            self._set(key, row)
        self.was.clear()

    def _put(self, key: str, before: Any, after: Any) -> None:
        self.was[key] = before
        self._set(key, after)

    def _set(self, key: str, row: Any) -> None:
        if (changed := self.lines.changed) is not None:
            changed.add(key)
        if row is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = row

    # --- Look ---

    def row(self, view: str, key: str) -> Any:
        try:
            return self._seen[view].rows.get(key)
        except KeyError:
            raise self._unseen(view) from None

    def before(self, view: str, key: str) -> Any:
        try:
            seen = self._seen[view]
        except KeyError:
            raise self._unseen(view) from None
        return seen.was[key] if key in seen.was else seen.rows.get(key)

    def _unseen(self, view: str) -> LookupError:
        return LookupError(f"{self.view.name} does not declare that it reads {view}.")


class _Lines:
    """The hashes of a view's lines. Those of rows that changed are made anew when the digest is asked for."""

    __slots__ = ("_hashes", "_keys", "_rows", "_table", "changed")

    def __init__(self, table: Table, rows: Mapping[str, Any]) -> None:
        self._table, self._rows = table, rows
        self._hashes: dict[str, bytes] = {}
        self._keys: list[str] = []
        # Until somebody asks for the first time, all of them are to be made: which ones need not be known.
        self.changed: set[str] | None = None

    def dumped(self, position: int) -> Dumped:
        before = len(self._hashes)
        changed = self._rows.keys() if self.changed is None else self.changed
        fresh = changed - self._hashes.keys()
        for key in changed:
            if key in self._rows:
                self._hashes[key] = line_hash(self._table.form.line(key, self._rows[key]))
            else:
                self._hashes.pop(key, None)
        self.changed = set()
        if fresh or len(self._hashes) < before:
            self._keys = sorted(self._hashes)
        dump = Dump(self._table.view.name, self._table.view.version)
        dump.add(map(self._hashes.__getitem__, self._keys))
        return dump.as_of(position)
