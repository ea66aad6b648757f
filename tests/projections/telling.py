"""Records told one after the other, with the rows that some views make of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from domain.kernel import Actor, PartialDate, Recorded, StreamId, UnitId
from projections.kernel import View


@dataclass(slots=True)
class Telling:
    """Applies every record to the views in their order, as the projector does."""

    views: Sequence[View]
    stream: StreamId
    rows: dict[tuple[str, str], Any] = field(default_factory=dict)
    olds: dict[tuple[str, str], Any] = field(default_factory=dict)
    position: int = -1

    def row(self, view: str, key: str) -> Any:
        return self.rows.get((view, key))

    def before(self, view: str, key: str) -> Any:
        return self.olds.get((view, key))

    def tell(self, unit: UnitId | None, day: date, events: Sequence[Any], because: str = "") -> "Telling":
        """What one command made: by an officer of `unit`, or by the register itself."""
        for number, event in enumerate(events, start=1):
            self.position += 1
            record = Recorded(
                position=self.position,
                stream=self.stream,
                version=self.position + 1,
                type=type(event).__name__,
                at=datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
                effective_on=PartialDate(day),
                cmd=UUID(int=self.position),
                of=(number, len(events)),
                actor=Actor(unit=unit) if unit else Actor(system="clock"),
                rules="",
                event=event,
                because=because,
            )
            self._apply(record)
        return self

    def _apply(self, record: Recorded) -> None:
        self.olds = dict(self.rows)
        for view in self.views:
            if not isinstance(record.event, view.touched_by):
                continue
            for key in view.keys(record, self):
                made = view.fold(key, self.rows.get((view.name, key)), record, self)
                if made is None:
                    self.rows.pop((view.name, key), None)
                else:
                    self.rows[view.name, key] = made

    def all(self, view: str) -> list[Any]:
        return [row for (name, _), row in self.rows.items() if name == view]
