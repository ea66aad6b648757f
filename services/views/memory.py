"""Views folded in memory from all records of a ledger, in their order, with no table behind them."""

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any

from domain.kernel import Recorded
from domain.ledger.dumps import Dump, Dumped, line_hash
from projections.kernel import View
from services.views.applying import HELD, STREAM, Applying, Missing, Work
from services.views.tables import Table


class Folded:
    """Some views, with those they read among them, after every record so far.

    Where one of them has valid time, the records of its streams are kept, for what counts in law before others.
    """

    def __init__(self, views: Sequence[View]) -> None:
        self._applying = Applying([Table(view) for view in views])
        for work in self._applying.works.values():
            work.rows = _Rows()
        self._keeps = any(view.valid_time for view in views)
        self._streams: dict[str, list[Recorded]] = {}
        self._lines = {name: _Lines(work) for name, work in self._applying.works.items()}

    def touches(self, kind: type) -> bool:
        """Whether a record of such an event can change anything here; if not, it need not be given."""
        return self._applying.touches(kind)

    def apply(self, record: Recorded) -> None:
        """Raises whatever a fold raises; then nothing has changed."""
        if self._keeps:
            self._streams.setdefault(str(record.stream), []).append(record)
        while not self._applied(record):
            pass

    def rows(self, view: View) -> Iterator[tuple[str, Any]]:
        """The rows of a view by their keys, in order."""
        rows = self._applying.works[view.name].rows.items()
        yield from ((key, row) for key, (row, _) in sorted(rows, key=itemgetter(0)) if row is not None)

    def row(self, view: View, key: str) -> Any:
        """One row; None where there is none."""
        row, _ = self._applying.works[view.name].rows.get(key, _NONE)
        return row

    def work(self, view: View) -> Work:
        return self._applying.works[view.name]

    def dumped(self, view: View, position: int) -> Dumped:
        """The digest of a view now, which is as of `position`. Only rows that changed since the last are written."""
        return self._lines[view.name].dumped(position)

    def _applied(self, record: Recorded) -> bool:
        try:
            self._applying.apply(record)
        except Missing as missing:
            self._supply(missing)
            return False
        self._applying.streams.clear()
        for name, work in self._applying.works.items():
            if work.output:
                self._lines[name].changed.update(work.taken().keys())
        return True

    def _supply(self, missing: Missing) -> None:
        """What is not in memory was never there: everything has been seen."""
        if missing.source == STREAM:
            self._applying.streams[missing.key] = self._streams.get(missing.key, [])
            return
        self._applying.works[missing.source.removeprefix(HELD)].held[missing.key] = (None, None)


class _Rows(dict[str, tuple[Any, int]]):
    """All rows there are: of a key that is not here there never was one, and nothing need be fetched."""

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key, _NONE)

    def pop(self, key: str, default: Any = None) -> Any:
        return super().pop(key, _NONE)


_NONE = (None, -1)


class _Lines:
    """The hashes of a view's lines. Those of rows that changed are made anew when the digest is asked for."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._hashes: dict[str, bytes] = {}
        self._keys: list[str] = []
        self.changed: set[str] = set()

    def dumped(self, position: int) -> Dumped:
        table, before = self._work.table, len(self._hashes)
        fresh = self.changed - self._hashes.keys()
        for key in self.changed:
            row = self._work.rows[key][0] if key in self._work.rows else None
            if row is None:
                self._hashes.pop(key, None)
            else:
                self._hashes[key] = line_hash(table.form.line(key, row))
        self.changed = set()
        if fresh or len(self._hashes) < before:
            self._keys = sorted(self._hashes)
        dump = Dump(table.view.name, table.view.version)
        dump.add(map(self._hashes.__getitem__, self._keys))
        return dump.as_of(position)
