"""An operator who lets exclusive mandates overlap, or hides where their territory lies."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.kernel import PartialDate, Role, Sphere, UnitId, Words
from domain.ledger.findings import Verdict
from domain.ledger.records import canonical
from domain.mandates.words import Instrument, Kind, ReturnGround
from domain.units import Kind as UnitKind
from domain.units import Manner
from services.audit.verifying import verify
from services.orders import Note
from tests.services.audited import VKEY, codes, written
from tests.services.scribe import Scribe

SINCE = date(2026, 1, 1)


async def entrusted_alone(*territories: str, ended: bool = False) -> list[bytes]:
    """Exclusive mandates over a region and two cities in it, one after the other: nobody looks at claims."""
    scribe = Scribe()
    await scribe.open()

    def unit(name: str, sphere: Sphere, parent: UnitId | None = None) -> UnitId:
        said: dict[str, Any] = {"kind": UnitKind.REGION if parent is None else UnitKind.MUNICIPALITY, "parent": parent}
        return UnitId(
            scribe.give(
                "units.register", scribe.registrar, name=Words({"en": name}), sphere=sphere, jurisdiction="FR",
                time_zone="Europe/Paris", alive_from=PartialDate("2000"), identifiers=(), source=None, **said,
            )
        )  # fmt: skip

    region = unit("region", Sphere.REGIONAL)
    units = {"region": region} | {name: unit(name, Sphere.LOCAL, region) for name in ("city", "other city")}
    scribe.give(
        "units.record-competence", scribe.registrar, region, function="04.5", territory=region, manner=Manner.OWN,
        legal_basis="Transport Act, art. 1", held_from=PartialDate("2001"), held_until=None,
    )  # fmt: skip
    gives, takes = (scribe.accredit(units[name], Role.AUTHORISED_SIGNATORY, SINCE) for name in ("region", "city"))
    for name in territories:
        mandate = scribe.give(
            "mandates.draft", gives, giver=region, recipient=units["city"], kind=Kind.DELEGATION,
            instrument=Instrument.AGREEMENT, function="04.5", territory=units[name], purpose=Words({"en": "Buses."}),
            legal_basis="Transport Act, art. 4", starts_on=scribe.now.date(), exclusive=True,
        )  # fmt: skip
        scribe.give("mandates.offer", gives, mandate)
        scribe.give("mandates.accept", takes, mandate)
        scribe.give("mandates.activate", gives, mandate)
        if ended:
            scribe.give(
                "mandates.return", takes, mandate, note=Note(because="So be it."), ground=ReturnGround.INCAPACITY
            )
    return [record.state for record in scribe.records]


def activations(states: list[bytes]) -> list[int]:
    return [place for place, state in enumerate(states) if json.loads(state)["type"] == "mandate-activated.1"]


@pytest.mark.parametrize("territories", [("region", "city"), ("city", "region"), ("city", "other city", "city")])
async def test_an_operator_who_lets_exclusive_mandates_overlap_is_found(
    tmp_path: Path, territories: tuple[str, ...]
) -> None:
    """Each decision alone is in order; that one territory lies in the other, the records of activation say."""
    states = await entrusted_alone(*territories)
    report = verify(written(tmp_path / "bundle", states), VKEY)
    assert (report.verdict, codes(report)) == (Verdict.BROKEN, {"claim-taken"})
    assert {one.position for one in report.findings} == {activations(states)[-1]}


async def test_exclusive_mandates_beside_one_another_are_no_finding(tmp_path: Path) -> None:
    report = verify(written(tmp_path / "bundle", await entrusted_alone("city", "other city")), VKEY)
    assert (report.verdict, report.findings) == (Verdict.VERIFIED, [])


async def test_an_operator_who_hides_where_a_territory_lies_is_found(tmp_path: Path) -> None:
    states = await entrusted_alone("region", "city")
    last = activations(states)[-1]
    said = json.loads(states[last])
    assert said["data"]["exclusive"].pop("within")
    states[last] = canonical(said)
    report = verify(written(tmp_path / "bundle", states), VKEY)
    assert (report.verdict, codes(report)) == (Verdict.BROKEN, {"decision-differs"})


async def test_a_mandate_that_began_under_earlier_rules_ends_under_these(tmp_path: Path) -> None:
    """Its record named no territories above, and so does the one of its end."""
    told = [json.loads(state) for state in await entrusted_alone("city", ended=True)]
    [began], [over] = (
        [one for one in told if one["type"] == f"mandate-{kind}.1"] for kind in ("activated", "returned")
    )
    for one in told:
        if one["cmd"] == began["cmd"]:
            one["rules"] = "mandates.1"
    del began["data"]["exclusive"]["within"]
    over["data"]["exclusive"]["within"] = []
    report = verify(written(tmp_path / "bundle", [canonical(one) for one in told]), VKEY)
    assert (report.verdict, report.findings) == (Verdict.VERIFIED, [])
    assert any("1 commands decided under mandates.1" in line for line in report.unchecked)
