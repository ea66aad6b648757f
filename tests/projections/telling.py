"""A register in memory: commands that the rules accept, told day by day, and the rows that every view makes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from domain.commitments import COMMITMENTS
from domain.kernel import Actor, EventName, PartialDate, Recorded, Role, StreamId, UnitId
from domain.opening import LedgerOpened
from domain.units import Kind, Stage, UnitRegistered
from projections.views import VIEWS
from tests.domain.commitment_stories import DAY, NAMES, SPHERES, STREAM, words

LEDGER = StreamId(UUID(int=0xF0))
registered = UnitRegistered(
    unit=UnitId(UUID(int=0)), name=words("A unit"), sphere=next(iter(SPHERES.values())), kind=Kind.MUNICIPALITY,
    jurisdiction="XX", time_zone="UTC", stage=Stage.ACTIVE, alive_from=PartialDate("1900"),
)  # fmt: skip
opened = LedgerOpened("test.example/ledger", "test.example+00000000+AAAA", UnitId(UUID(int=0xF1)), words("Registrar"))


@dataclass(slots=True)
class Register:
    """Every view over what is told; each sees the rows of those before it as of the same record, and nothing else."""

    rows: dict[tuple[str, str], Any] = field(default_factory=dict)
    states: dict[UUID, Any] = field(default_factory=dict)
    versions: dict[UUID, int] = field(default_factory=dict)
    position: int = -1
    told: list[Recorded] = field(default_factory=list)
    _were: dict[tuple[str, str], Any] = field(default_factory=dict)

    # --- what folds may look at ---

    def row(self, view: str, key: str) -> Any:
        return self.rows.get((view, key))

    def before(self, view: str, key: str) -> Any:
        return self._were[view, key] if (view, key) in self._were else self.rows.get((view, key))

    # --- telling ---

    def given(self, *commands: Any, on: date = DAY, stream: StreamId = STREAM, because: str = "") -> "Register":
        """What the rules make of these commands, recorded on one day by the units that give them."""
        for command in commands:
            state = self.states.get(stream, COMMITMENTS.decider.initial)
            events = COMMITMENTS.decider.decide(command, state)
            self.states[stream] = COMMITMENTS.decider.fold(events, state)
            acting = getattr(command, "acting", None)
            self.tell(stream, *events, on=on, by=acting.id if acting else None, because=because)
        return self

    def tell(
        self, stream: UUID, *events: Any, on: date = DAY, by: UnitId | None = None, because: str = "",
        corrects: EventName | None = None,
    ) -> "Register":  # fmt: skip
        for event in events:
            self.position += 1
            self.versions[stream] = self.versions.get(stream, 0) + 1
            actor = Actor(by, Role.LIAISON_OFFICER, SPHERES.get(by)) if by else Actor(system="clock")
            self._apply(
                Recorded(
                    position=self.position, stream=StreamId(stream), version=self.versions[stream],
                    type=type(event).__name__, at=datetime.combine(on, time(12), UTC), effective_on=PartialDate(on),
                    cmd=UUID(int=self.position), of=(1, 1), actor=actor, rules="test.1", event=event, because=because,
                    corrects=corrects,
                )
            )  # fmt: skip
        return self

    def _apply(self, record: Recorded) -> None:
        self.told.append(record)
        self._were.clear()
        for view in VIEWS:
            if view.touched_by and not isinstance(record.event, view.touched_by):
                continue
            for key in view.keys(record, self):
                was = self.rows.get((view.name, key))
                self._were[view.name, key] = was
                self.rows[view.name, key] = view.fold(key, was, record, self)

    # --- looking ---

    def of(self, view: str) -> Mapping[str, Any]:
        return {key: row for (name, key), row in self.rows.items() if name == view and row is not None}

    def all(self, view: str) -> Sequence[Any]:
        return tuple(self.of(view).values())


def directory() -> Register:
    """A register in which the units of the stories stand, and nobody has promised anything."""
    register = Register().tell(LEDGER, opened)
    for unit, name in NAMES.items():
        register.tell(unit, replace(registered, unit=unit, name=words(name), sphere=SPHERES[unit]))
    return register
