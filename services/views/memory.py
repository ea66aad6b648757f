"""Views folded in memory from all records of a ledger, in their order, with no table behind them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from domain.kernel import Recorded
from domain.ledger.dumps import Dump, Dumped, line_hash
from projections.kernel import View, own_stream
from services.views.tables import Table

Was: TypeAlias = "dict[tuple[str, str], Any]"
"""(view, key) -> the row as it was before the record that is applied, for rows that it changed."""


class Folded:
    """Some views, with those they read among them, after every record so far.

    Of each row there is its last version and nothing else: no earlier one, no record, nothing of what counts in law
    on another day.
    """

    def __init__(self, views: Sequence[View]) -> None:
        self._was: Was = {}
        self._kept: dict[str, _Kept] = {}
        for view in views:
            self._kept[view.name] = _Kept(view, self._kept, self._was)
        self._touched: dict[type, tuple[_Kept, ...]] = {}

    def touches(self, kind: type) -> bool:
        """Whether a record of such an event can change anything here; if not, it need not be given."""
        return bool(self._of(kind))

    def apply(self, record: Recorded) -> None:
        """Raises whatever a fold raises; then nothing has changed."""
        self._was.clear()
        try:
            for kept in self._of(type(record.event)):
                kept.take(record)
        except BaseException:
            for (view, key), row in self._was.items():
                self._kept[view].put(key, row)
            raise

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
            found = tuple(
                one for one in self._kept.values() if not one.view.touched_by or kind in one.view.touched_by
            )
            self._touched[kind] = found
        return found


class _Kept:
    """The rows of one view. It is the view's own `Look`: its rows, and those of the views that it reads."""

    __slots__ = ("_own", "_seen", "_was", "lines", "rows", "table", "view")

    def __init__(self, view: View, earlier: "Mapping[str, _Kept]", was: Was) -> None:
        self.view, self.table, self._was = view, Table(view), was
        self.rows: dict[str, Any] = {}
        self.lines = _Lines(self.table, self.rows)
        self._seen = {view.name: self.rows} | {name: earlier[name].rows for name in view.reads}
        self._own = view.keys is own_stream

    def take(self, record: Recorded) -> None:
        """All rows are folded before any is changed: of its own rows, a view sees what they were."""
        view, rows = self.view, self.rows
        # Names of records are texts of their own kind; a key is a plain one.
        keys: Iterable[str] = (record.key,) if self._own else dict.fromkeys(map(str, view.keys(record, self)))
        changed = []
        for key in keys:
            before = rows.get(key)
            after = view.fold(key, before, record, self)
            if after is not before and after != before:
                changed.append((key, before, after))
        for key, before, after in changed:
            self._was[view.name, key] = before
            self.put(key, after)

    def put(self, key: str, row: Any) -> None:
        self.lines.stale(key)
        if row is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = row

    # --- Look ---

    def row(self, view: str, key: str) -> Any:
        rows = self._seen.get(view)
        if rows is None:
            raise LookupError(f"{self.view.name} does not declare that it reads {view}.")
        return rows.get(key)

    def before(self, view: str, key: str) -> Any:
        now = self.row(view, key)
        return self._was.get((view, key), now)


class _Lines:
    """The hashes of a view's lines. Those of rows that changed are made anew when the digest is asked for."""

    __slots__ = ("_changed", "_hashes", "_keys", "_rows", "_table")

    def __init__(self, table: Table, rows: Mapping[str, Any]) -> None:
        self._table, self._rows = table, rows
        self._hashes: dict[str, bytes] = {}
        self._keys: list[str] = []
        # Until somebody asks for the first time, all of them are to be made: which ones need not be known.
        self._changed: set[str] | None = None

    def stale(self, key: str) -> None:
        if self._changed is not None:
            self._changed.add(key)

    def dumped(self, position: int) -> Dumped:
        before = len(self._hashes)
        changed = self._rows.keys() if self._changed is None else self._changed
        fresh = changed - self._hashes.keys()
        for key in changed:
            if key in self._rows:
                self._hashes[key] = line_hash(self._table.form.line(key, self._rows[key]))
            else:
                self._hashes.pop(key, None)
        self._changed = set()
        if fresh or len(self._hashes) < before:
            self._keys = sorted(self._hashes)
        dump = Dump(self._table.view.name, self._table.view.version)
        dump.add(map(self._hashes.__getitem__, self._keys))
        return dump.as_of(position)
