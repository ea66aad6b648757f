"""One view's part in a batch: its rows in memory, as after the last record, and what is to be written of it."""

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from projections.kernel import View
from services.views.tables import Table

KEPT = 4000
"""Rows of each view that are kept in memory from one batch to the next."""


@dataclass(slots=True)
class Version:
    """A row from `since` until `until`; copied once the batch is done."""

    key: str
    since: int
    until: int | None
    row: Any


@dataclass(slots=True)
class Output:
    """What is to be written of one view: new versions, `closed` (key, since, until), `days` (key, day, since, row)."""

    versions: list[Version] = field(default_factory=list)
    closed: list[tuple[str, int, int]] = field(default_factory=list)
    days: list[tuple[str, date, int, Any]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.versions or self.closed or self.days)

    def keys(self) -> set[str]:
        """Of which rows it speaks."""
        return {one.key for one in self.versions} | {one[0] for one in self.closed} | {one[0] for one in self.days}


@dataclass(slots=True)
class Work:
    """One view's part in a batch.

    `rows`: key -> (row, since), as after the last record; row None: there is none. `held`: key -> (last day in law,
    row), for views with valid time. `seen`: the views whose rows it may look at.
    """

    table: Table
    rows: dict[str, tuple[Any, int]] = field(default_factory=dict)
    held: dict[str, tuple[date | None, Any]] = field(default_factory=dict)
    output: Output = field(default_factory=Output)
    view: View = field(init=False)
    seen: frozenset[str] = field(init=False)
    _open: dict[str, Version] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.view = self.table.view
        self.seen = frozenset((self.view.name, *self.view.reads))

    def change(self, key: str, old_since: int, row: Any, position: int) -> None:
        """Ends the version that counted and begins the next, if there is one."""
        if (open_ := self._open.pop(key, None)) is not None:
            open_.until = position
        elif old_since >= 0:
            self.output.closed.append((key, old_since, position))
        if row is not None:
            self._open[key] = version = Version(key, position, None, row)
            self.output.versions.append(version)

    def discard(self) -> None:
        self.output, self._open = Output(), {}

    def taken(self) -> Output:
        """What is to be written, now in the caller's hands."""
        output = self.output
        self.discard()
        return output

    def trim(self, kept: Output | None) -> None:
        """Lets go of rows of which there are many, but for those that `kept` speaks of."""
        if max(len(self.rows), len(self.held)) > KEPT:
            keys = kept.keys() if kept else frozenset[str]()
            _trim(self.rows, keys)
            _trim(self.held, keys)


def _trim(rows: dict[str, Any], kept: Set[str]) -> None:
    if len(rows) > KEPT:
        for key in list(rows)[: len(rows) - KEPT // 2]:
            if key not in kept:
                del rows[key]
