"""A register in memory: commands that the rules accept, told day by day, and the rows that every view makes of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from domain.commitments import COMMITMENTS
from domain.kernel import PartialDate, StreamId, UnitId
from domain.opening import LedgerOpened
from domain.units import Kind, Stage
from domain.units.events import UnitRegistered
from projections.kernel import View
from projections.views import VIEWS
from tests.domain.commitment_stories import DAY, NAMES, SPHERES, STREAM, words
from tests.projections.telling import Told

LEDGER = StreamId(UUID(int=0xF0))
registered = UnitRegistered(
    unit=UnitId(UUID(int=0)), name=words("A unit"), sphere=next(iter(SPHERES.values())), kind=Kind.MUNICIPALITY,
    jurisdiction="XX", time_zone="UTC", stage=Stage.ACTIVE, alive_from=PartialDate("1900"),
)  # fmt: skip
opened = LedgerOpened("test.example/ledger", "test.example+00000000+AAAA", UnitId(UUID(int=0xF1)), words("Registrar"))


@dataclass(slots=True)
class Register(Told):
    """Every view over what the rules of commitments make of commands."""

    states: dict[UUID, Any] = field(default_factory=dict)

    def given(self, *commands: Any, on: date = DAY, stream: StreamId = STREAM, because: str = "") -> "Register":
        """What the rules make of these commands, recorded on one day by the units that give them."""
        for command in commands:
            state = self.states.get(stream, COMMITMENTS.decider.initial)
            events = COMMITMENTS.decider.decide(command, state)
            self.states[stream] = COMMITMENTS.decider.fold(events, state)
            acting = getattr(command, "acting", None)
            self.tell(stream, *events, on=on, by=acting.id if acting else None, because=because)
        return self


def directory(views: Sequence[View] = VIEWS) -> Register:
    """A register in which the units of the stories stand, and nobody has promised anything."""
    register = Register(views, spheres=SPHERES).tell(LEDGER, opened, on=DAY)
    for unit, name in NAMES.items():
        register.tell(unit, replace(registered, unit=unit, name=words(name), sphere=SPHERES[unit]), on=DAY)
    return register
