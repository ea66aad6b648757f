"""What commitments wait for is decided again by an auditor, and an operator who closes a circle is found."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.commitments import depending
from domain.kernel import Actor, PartialDate, Refused, Role, Sphere, StreamId, UnitId
from domain.ledger.findings import Verdict
from domain.units import Kind
from services.audit.verifying import verify
from tests.services.audited import VKEY, written
from tests.services.scribe import TREES, Scribe


@dataclass(slots=True)
class Town(Scribe):
    """A town with two commitments, of which the first waits for the second."""

    promises: list[StreamId] = field(default_factory=list)
    signatory: Actor = field(default_factory=Actor)

    async def begin(self) -> None:
        await self.open()
        town = self.give(
            "units.register", self.registrar, name=TREES, sphere=Sphere.LOCAL, kind=Kind.MUNICIPALITY,
            jurisdiction="FR", time_zone="Europe/Paris", alive_from=PartialDate("2020"), parent=None, identifiers=(),
            source=None,
        )  # fmt: skip
        self.signatory = self.accredit(town, Role.AUTHORISED_SIGNATORY, date(2026, 1, 1))
        for _ in range(2):
            said: dict[str, Any] = {"owner": UnitId(town), "title": TREES, "description": TREES}
            self.promises.append(
                self.give(
                    "commitments.propose", self.signatory, ends_on=PartialDate("2030"), starts_on=None, sdg=(),
                    parties=(), document=None, **said,
                )
            )  # fmt: skip
        self.depends(*self.promises)

    def depends(self, one: StreamId, other: StreamId) -> None:
        self.give(
            "commitments.depend-on", self.signatory, one, commitment=other, commitment_milestone=None, milestone=None
        )

    def found(self, folder: Path) -> list[tuple[str, int | None]]:
        report = verify(written(folder, [one.state for one in self.records]), VKEY)
        assert (report.verdict is Verdict.VERIFIED) == (not report.findings)
        return [(one.code, one.position) for one in report.findings]


@pytest.fixture
async def town() -> Town:
    found = Town()
    await found.begin()
    return found


async def test_a_chain_is_decided_again_to_the_same_bytes(town: Town, tmp_path: Path) -> None:
    record = town.codec.decode(town.records[-1])
    assert record.event.commitment == town.promises[1]
    assert town.found(tmp_path) == []


async def test_a_circle_is_refused_and_an_operator_who_closes_one_is_found(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = town.promises
    with pytest.raises(Refused) as refused:
        town.depends(other, one)
    assert refused.value.code == "dependency-cycle"
    with monkeypatch.context() as operator:
        operator.setattr(depending, "_no_cycle", lambda *asked: None)
        town.depends(other, one)
    assert town.found(tmp_path) == [("decision-refused", len(town.records) - 1)]
