"""What an operator with the signing key may say of mandates whose territory moved, and what an auditor makes of it."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.kernel import Actor, EventName, PartialDate, Refused, Role, Sphere, StreamId, UnitId, Words
from domain.ledger.findings import Verdict
from domain.mandates.words import Instrument, Kind
from domain.units import Kind as UnitKind
from domain.units import Manner
from services.audit.verifying import verify
from services.orders import Note
from services.reacting import REACTION
from tests.services.audited import VKEY, written
from tests.services.scribe import Scribe

SINCE = date(2026, 1, 1)
JOINED = PartialDate("2026-03-01")


@dataclass(slots=True)
class Country(Scribe):
    """A region, a body and a town in it; transport is entrusted exclusively in both. Nobody looks at claims."""

    units: dict[str, UnitId] = field(default_factory=dict)
    mandates: dict[str, StreamId] = field(default_factory=dict)
    officers: dict[str, Actor] = field(default_factory=dict)
    joined: EventName | None = None

    async def begin(self) -> None:
        await self.open()
        region = self.unit("region", Sphere.REGIONAL)
        self.give(
            "units.record-competence", self.registrar, region, function="04.5", territory=region, manner=Manner.OWN,
            legal_basis="Transport Act, art. 1", held_from=PartialDate("2001"), held_until=None,
        )  # fmt: skip
        self.officers["region"] = self.accredit(region, Role.AUTHORISED_SIGNATORY, SINCE)
        for name in ("body", "town", "village"):
            unit = self.unit(name, Sphere.LOCAL, region)
            self.officers[name] = self.accredit(unit, Role.AUTHORISED_SIGNATORY, SINCE)
            self.mandates[name] = self.agree(name)
            self.activate(self.mandates[name])
        town = self.units["town"]
        self.give(
            "units.record-membership", self.registrar, town, body=self.units["body"], legal_basis="Act 5",
            member_from=JOINED, member_until=None,
        )  # fmt: skip
        self.joined = EventName.at(town, self.states.now("units", town)[0])

    def unit(self, name: str, sphere: Sphere, parent: UnitId | None = None) -> UnitId:
        said: dict[str, Any] = {"kind": UnitKind.REGION if parent is None else UnitKind.MUNICIPALITY, "parent": parent}
        self.units[name] = UnitId(
            self.give(
                "units.register", self.registrar, name=Words({"en": name}), sphere=sphere, jurisdiction="FR",
                time_zone="Europe/Paris", alive_from=PartialDate("2000"), identifiers=(), source=None, **said,
            )
        )  # fmt: skip
        return self.units[name]

    def agree(self, name: str) -> StreamId:
        gives, takes = self.officers["region"], self.officers[name]
        mandate = self.give(
            "mandates.draft", gives, giver=self.units["region"], recipient=self.units[name], kind=Kind.DELEGATION,
            instrument=Instrument.AGREEMENT, function="04.5", territory=self.units[name],
            purpose=Words({"en": "Buses."}), legal_basis="Transport Act, art. 4", starts_on=self.now.date(),
            exclusive=True,
        )  # fmt: skip
        self.give("mandates.offer", gives, mandate)
        self.give("mandates.accept", takes, mandate)
        return mandate

    def activate(self, mandate: StreamId) -> EventName:
        """The record of it."""
        before, _ = self.states.now("mandates", mandate)
        self.give("mandates.activate", self.officers["region"], mandate)
        return EventName.at(mandate, before + 1)

    def supersede(self, name: str) -> StreamId:
        """By a mandate that is agreed and not in force yet."""
        by, note = self.agree(name), Note(because="Anew.", lang="en")
        self.give("mandates.supersede", self.officers["region"], self.mandates[name], by=by, settlement=None, note=note)
        return by

    def follows(self, name: str, *beside: str, on: PartialDate = JOINED) -> None:
        """As the register says it for the sake of the membership; whom it met, the operator says."""
        note = Note(effective_on=on, cause=self.joined)
        met = tuple(self.mandates[one] for one in beside)
        self.give("mandates.follow-territory", REACTION, self.mandates[name], note=note, beside=met)

    def found(self, folder: Path) -> list[tuple[str, int | None]]:
        report = verify(written(folder, [one.state for one in self.records]), VKEY)
        assert (report.verdict is Verdict.VERIFIED) == (not report.findings)
        return [(one.code, one.position) for one in report.findings]


@pytest.fixture
async def country() -> Country:
    found = Country()
    await found.begin()
    return found


async def test_what_the_register_says_of_a_clash_is_no_finding(country: Country, tmp_path: Path) -> None:
    country.follows("town", "body")
    assert country.found(tmp_path) == []


async def test_an_operator_who_conceals_a_clash_is_found(country: Country, tmp_path: Path) -> None:
    country.follows("town")
    assert country.found(tmp_path) == [("claim-taken", len(country.records) - 1)]


async def test_nobody_is_said_to_clash_who_does_not(country: Country) -> None:
    with pytest.raises(Refused) as refused:
        country.follows("town", "body", "village")
    assert refused.value.code == "no-clash"


@pytest.mark.parametrize(("name", "on"), [("village", JOINED), ("town", PartialDate("2026-02-01"))])
async def test_only_who_stands_in_it_follows_and_from_that_day(
    country: Country, name: str, on: PartialDate, tmp_path: Path
) -> None:
    """The village is no member: that its mandate follows another move is not for the sake of this membership."""
    if name == "village":
        country.give("units.set-parent", country.registrar, country.units["village"], parent=None)
        country.follows(name, on=on)
    else:
        country.follows(name, "body", on=on)
    assert country.found(tmp_path) == [("reaction-unfounded", len(country.records) - 1)]


@pytest.mark.parametrize("told", [True, False])
async def test_what_takes_a_place_unnamed_is_told_for_the_sake_of_its_own_beginning(
    country: Country, told: bool, tmp_path: Path
) -> None:
    country.follows("town", "body")
    town, body = country.supersede("town"), country.supersede("body")
    begun = country.activate(town)
    cause = begun if told else country.activate(country.agree("village"))
    note = Note(effective_on=PartialDate(country.now.date()), cause=cause)
    country.give("mandates.follow-territory", REACTION, town, note=note, replaces=country.mandates["town"])
    assert country.states.now("mandates", town)[1].clashing == (body,)
    found = country.found(tmp_path)
    assert found == [] if told else ("reaction-unfounded", len(country.records) - 1) in found
