"""An operator who holds the signing key, and records what it likes."""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from domain.kernel import Actor, EventName, PartialDate, Role, Sealed, Sphere, StreamId, UnitId, Words
from domain.ledger.records import canonical, sealed_hash
from domain.units import Kind
from services.audit.deciding import finished
from services.audit.verifying import Report, verify
from services.deciding import decide_again
from services.opening import OPENING, well_known
from services.orders import Note, Order
from tests.services.audited import VKEY, written
from tests.services.scribe import Scribe

TOWN: Mapping[str, Any] = {
    "name": Words({"en": "Town"}), "sphere": Sphere.LOCAL, "kind": Kind.MUNICIPALITY, "jurisdiction": "FR",
    "time_zone": "Europe/Paris", "alive_from": PartialDate("2020"), "parent": None, "identifiers": (), "source": None,
}  # fmt: skip
SIGNATORY: Mapping[str, Any] = {
    "role": Role.AUTHORISED_SIGNATORY, "name": Sealed(sealed_hash(bytes(32), "Ada Example")),
    "valid_from": date(2026, 1, 1), "valid_until": None,
}  # fmt: skip
REGISTRAR = {**SIGNATORY, "role": Role.REGISTRAR}


class Operator(Scribe):
    """Records what it likes, in the name of whom it likes; the rules alone it does not bend."""

    town: UnitId
    signatory: Actor

    async def begin(self) -> None:
        await self.open()
        self.town = UnitId(self.give("units.register", self.registrar, **TOWN))

    def as_the_opening(self, command: str, stream: UUID, *, note: Note | None = None, **fields: Any) -> None:
        """Under the id that the opening's command would have."""
        context, _, name = command.partition(".")
        version, _ = self.states.now(context, stream)
        self.record(
            command, OPENING, stream, well_known(context, name, EventName.at(stream, version + 1)), fields, note
        )

    def record(
        self, command: str, actor: Actor, stream: UUID, cmd: UUID, fields: Mapping[str, Any], note: Note | None = None
    ) -> None:
        context, _, name = command.partition(".")
        self.now += timedelta(seconds=1)
        order = Order(context, name, fields, cmd, actor, "operator", StreamId(stream), note or Note())
        self._write(StreamId(stream), self.contexts[context], finished(decide_again(self, order, StreamId(stream))))

    def change(self, position: int, **members: Any) -> None:
        """Another record in the place of one; nothing else follows from it."""
        told = self.records[position]
        self.records[position] = told._replace(state=canonical(json.loads(told.state) | members))

    def audited(self, folder: Path, *, now: datetime | None = None) -> Report:
        return verify(written(folder, [one.state for one in self.records]), VKEY, now=now)

    @property
    def last(self) -> int:
        return len(self.records) - 1


@pytest.fixture
async def operator() -> Operator:
    found = Operator()
    await found.begin()
    return found


def told(report: Report) -> list[tuple[str, int | None]]:
    return [(one.code, one.position) for one in report.findings]
