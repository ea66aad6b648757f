"""A small ledger of units and mandates, told by commands, with the rows that the views make of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from domain.kernel import Actor, PartialDate, Recorded, StreamId, UnitId, Words
from domain.mandates import MANDATES as CONTEXT
from domain.units import Kind, Stage
from domain.units.events import UnitRegistered
from projections.competences import COMPETENCES, CompetenceRow
from projections.delegations import DELEGATIONS, DelegationRow
from projections.kernel import View
from projections.mandate_row import MandateRow
from projections.mandates import MANDATES
from projections.unfunded_mandates import UNFUNDED_MANDATES, UnfundedRow
from projections.units import UNITS
from tests.domain.mandate_stories import ABOVE, DAY, NAMES, SPHERES, STREAM

VIEWS: Sequence[View] = (UNITS, MANDATES, COMPETENCES, DELEGATIONS, UNFUNDED_MANDATES)


@dataclass(slots=True)
class Ledger:
    """Records in the order in which they were made, and the rows after the last of them."""

    records: list[Recorded] = field(default_factory=list)
    rows: dict[tuple[str, str], Any] = field(default_factory=dict)
    was: dict[tuple[str, str], Any] = field(default_factory=dict)
    states: dict[UUID, Any] = field(default_factory=dict)

    def row(self, view: str, key: str) -> Any:
        return self.rows.get((view, key))

    def both(self, view: str, key: str) -> tuple[Any, Any]:
        now = self.row(view, key)
        return self.was.get((view, key), now), now

    def record(
        self, stream: UUID, event: Any, on: PartialDate, by: UnitId | None = None, at: date | None = None
    ) -> None:
        version = sum(one.stream == stream for one in self.records) + 1
        moment = datetime.combine(at or on.earliest() or date(2026, 1, 1), time(9), UTC)
        record = Recorded(
            position=len(self.records), stream=StreamId(stream), version=version, type=type(event).__name__, at=moment,
            effective_on=on, cmd=UUID(int=len(self.records)), of=(1, 1),
            actor=Actor(unit=by, system=None if by else "clock"), rules="test", event=event, policies=("mandate@1",),
        )  # fmt: skip
        self.records.append(record)
        self.was.clear()
        for view in VIEWS:
            if type(event) in view.touched_by:
                for key in view.keys(record, self):
                    before = self.row(view.name, key)
                    self.was[view.name, key] = before
                    self.rows[view.name, key] = view.fold(key, before, record, self)

    def tell(self, *commands: Any, stream: UUID = STREAM) -> "Ledger":
        """What these commands make, one after the other; each must be accepted."""
        for command in commands:
            state = self.states.get(stream, CONTEXT.decider.initial)
            events = CONTEXT.decider.decide(command, state)
            self.states[stream] = CONTEXT.decider.fold(events, state)
            acting, today = getattr(command, "acting", None), getattr(command, "today", DAY)
            on = getattr(command, "effective_on", PartialDate(today))
            for event in events:
                self.record(stream, event, on, acting and acting.id, today)
        return self

    def in_law(self, view: View, day: date, stream: UUID = STREAM) -> Any:
        """The row that held on a day: records in the order in which they count, as the projector takes them."""
        own = [one for one in self.records if one.stream == stream and type(one.event) in view.touched_by]
        row = None
        for one in sorted(own, key=lambda one: (_day(one), one.position)):
            if _day(one) <= day:
                row = view.fold(str(stream), row, one, self)
        return row

    def mandate(self, stream: UUID = STREAM) -> MandateRow:
        found = self.row("mandates", str(stream))
        assert isinstance(found, MandateRow)
        return found

    def delegation(self, stream: UUID = STREAM) -> DelegationRow:
        found = self.row("delegations", str(stream))
        assert isinstance(found, DelegationRow)
        return found

    def unfunded(self, stream: UUID = STREAM) -> UnfundedRow | None:
        found = self.row("unfunded-mandates", str(stream))
        assert found is None or isinstance(found, UnfundedRow)
        return found

    def competences(self, stream: UUID | None = None) -> list[CompetenceRow]:
        found = [
            row
            for (view, key), row in sorted(self.rows.items())
            if view == "competences" and row is not None and (stream is None or key.startswith(f"{stream}/"))
        ]
        assert all(isinstance(row, CompetenceRow) for row in found)
        return found

    def holders(self, day: date, function: str = "07.3") -> list[str]:
        """Who holds a function on a day, as a reader finds it."""
        return sorted(
            row.holder_name
            for row in self.competences()
            if row.function == function
            and (row.held_from is None or row.held_from <= day)
            and (row.held_until is None or row.held_until >= day)
        )


def _day(record: Recorded) -> date:
    return record.effective_on.earliest() or record.at.date()


def ledger() -> Ledger:
    """The units of the stories of mandates, registered."""
    made = Ledger()
    for unit, name in NAMES.items():
        registered = UnitRegistered(
            unit=unit, name=Words({"en": name}), sphere=SPHERES[unit], kind=Kind.MUNICIPALITY, jurisdiction="XX",
            time_zone="UTC", stage=Stage.ACTIVE, alive_from=PartialDate("1990"), parent=ABOVE.get(unit),
        )  # fmt: skip
        made.record(unit, registered, PartialDate("1990"))
    return made
