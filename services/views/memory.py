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
        self._keeps = any(view.valid_time for view in views)
        self._streams: dict[str, list[Recorded]] = {}

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

    def work(self, view: View) -> Work:
        return self._applying.works[view.name]

    def dumped(self, view: View, position: int) -> Dumped:
        """The digest of a view now, which is as of `position`."""
        dump, form = Dump(view.name, view.version), self.work(view).table.form
        dump.add(line_hash(form.line(key, row)) for key, row in self.rows(view))
        return dump.as_of(position)

    def _applied(self, record: Recorded) -> bool:
        try:
            self._applying.apply(record)
        except Missing as missing:
            self._supply(missing)
            return False
        self._applying.discard()
        return True

    def _supply(self, missing: Missing) -> None:
        """What is not in memory was never there: everything has been seen."""
        if missing.source == STREAM:
            self._applying.streams[missing.key] = self._streams.get(missing.key, [])
            return
        kind, _, name = missing.source.partition(":")
        work = self._applying.works[name]
        if f"{kind}:" == HELD:
            work.held[missing.key] = (None, None)
        else:
            work.rows[missing.key] = (None, -1)
