"""Records told one after the other, and the rows that views make of them, without a database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Self
from uuid import UUID

from domain.kernel import Actor, EventName, PartialDate, Recorded, Role, Sphere, StreamId, UnitId
from projections.kernel import View
from tests.domain.commitment_stories import DAY


@dataclass(slots=True)
class Told:
    """The rows of some views, in the order in which they are declared; a view looks only at what it says it reads."""

    views: Sequence[View]
    rows: dict[tuple[str, str], Any] = field(default_factory=dict)
    versions: dict[UUID, int] = field(default_factory=dict)
    position: int = -1
    told: list[Recorded] = field(default_factory=list)
    spheres: Mapping[Any, Sphere] = field(default_factory=dict)
    _was: dict[tuple[str, str], Any] = field(default_factory=dict)
    _reads: tuple[str, ...] = ()

    def row(self, view: str, key: str) -> Any:
        assert view in self._reads, f"{view} is not among what this view reads"
        return self.rows.get((view, key))

    def both(self, view: str, key: str) -> tuple[Any, Any]:
        now = self.row(view, key)
        return self._was.get((view, key)), now

    def tell(
        self,
        stream: UUID,
        *events: Any,
        on: date = DAY,
        by: UUID | None = None,
        because: str = "",
        corrects: EventName | None = None,
        counts: str = "",
    ) -> Self:
        """Each event as a record of that day, by an officer of a unit or by the register itself.

        `counts`: from when it counts, if not from that day.
        """
        for event in events:
            self.position += 1
            self.versions[stream] = self.versions.get(stream, 0) + 1
            self._apply(
                Recorded(
                    position=self.position,
                    stream=StreamId(stream),
                    version=self.versions[stream],
                    type=type(event).__name__,
                    at=datetime(on.year, on.month, on.day, 12, tzinfo=UTC),
                    effective_on=PartialDate(counts or on),
                    cmd=UUID(int=self.position),
                    of=(1, 1),
                    actor=self._actor(by),
                    rules="test.1",
                    event=event,
                    because=because,
                    corrects=corrects,
                )
            )
        return self

    def _actor(self, by: UUID | None) -> Actor:
        if by is None:
            return Actor(system="clock")
        return Actor(UnitId(by), Role.LIAISON_OFFICER, self.spheres.get(by))

    def _apply(self, record: Recorded) -> None:
        self.told.append(record)
        self._was = dict(self.rows)
        for view in self.views:
            self.looking(view)
            if view.touched_by and not isinstance(record.event, view.touched_by):
                continue
            for key in view.keys(record, self):
                row = view.fold(key, self.rows.get((view.name, key)), record, self)
                if row is None:
                    self.rows.pop((view.name, key), None)
                else:
                    self.rows[view.name, key] = row

    def looking(self, view: View) -> Self:
        """What that view may look at from here on."""
        self._reads = (view.name, *view.reads)
        return self

    def one(self, view: str, key: str) -> Any:
        return self.rows.get((view, key))

    def all(self, view: str) -> tuple[Any, ...]:
        return tuple(self.of(view).values())

    def of(self, view: str) -> dict[str, Any]:
        return {key: row for (name, key), row in self.rows.items() if name == view}
