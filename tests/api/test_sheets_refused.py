"""Rows of a government's own sheets that are refused: each by its cell, and nothing of them stays."""

from pathlib import Path
from uuid import UUID

import pytest

from domain.kernel import Actor
from services.bootstrap import Services
from tests.api.bringing import LYON, REGION, UNITS_HEADER, WHY, ada, brought, row, services, sheet, size

__all__ = ["ada", "services"]


async def test_of_a_thousand_rows_one_bad_cell_is_named_and_nothing_written(
    services: Services, ada: Actor, tmp_path: Path
) -> None:
    rows = [row(f"C-{number}") for number in range(1, 1_001)]
    rows[612] = row("C-613", ends_on="soon")
    file, before = sheet(tmp_path, *rows), await size(services)
    refused = await brought(services, "commitments", file, ada)
    assert [(bad.line, bad.key, bad.column, bad.value) for bad in refused.bad] == [(614, "C-613", "ends_on", "soon")]
    assert "2030-06-30" in refused.bad[0].reason
    assert (refused.written, await size(services)) == (False, before)
    done = await brought(services, "commitments", file, ada, valid_only=True)
    assert (done.counts["proposed"], done.counts["refused"], done.rows) == (999, 1, 1_000)
    after = await size(services)
    again = await brought(services, "commitments", file, ada, valid_only=True)
    assert (again.changed, again.counts["unchanged"], await size(services)) == (0, 999, after)


@pytest.mark.parametrize(
    ("line", "column", "said"),
    [
        (row("C-1").replace(f"{LYON},Shade", f"{REGION},Shade"), "owner", "another unit than yours"),
        (row(""), "id", "Name the row"),
        (row("C-1").replace(",funder", ",payer"), "parties.1.part", "beneficiary"),
        (row("C-1").replace(f"{REGION},funder", "insee:99999,funder"), "parties.1.unit", "insee:69123"),
        (row("C-1").replace("School yards", ""), "targets.1.measure.en", "missing"),
        (row("C-1").replace("11.7;", "99;"), "sdg", ""),
        (row("C-1").replace("2028-06-30", "30/06/2028"), "milestones.1.due_on", "YYYY-MM-DD"),
    ],
)
async def test_a_cell_that_cannot_be_recorded_is_named(
    services: Services, ada: Actor, tmp_path: Path, line: str, column: str, said: str
) -> None:
    refused = await brought(services, "commitments", sheet(tmp_path, row("C-0"), line), ada)
    assert [(bad.line, bad.column) for bad in refused.bad] == [(3, column)]
    assert said in refused.bad[0].reason
    assert not refused.written


async def test_what_the_rules_refuse_is_named_by_its_row_and_nothing_of_it_stays(
    services: Services, ada: Actor, tmp_path: Path
) -> None:
    late = row("C-2", steps=f"Too late,2031-01-01,{LYON}")
    before = await size(services)
    done = await brought(services, "commitments", sheet(tmp_path, late), ada, valid_only=True)
    (bad,) = done.bad
    assert (bad.line, bad.column, bad.value, bad.code) == (2, "milestones.1.due_on", "2031-01-01", "after-the-end")
    assert await size(services) == before


async def test_an_id_of_something_else_begins_nothing(services: Services, ada: Actor, tmp_path: Path) -> None:
    refused = await brought(services, "commitments", sheet(tmp_path, row(str(ada.unit))), ada)
    assert [(bad.column, "something else" in bad.reason) for bad in refused.bad] == [("id", True)]


async def test_a_code_that_another_unit_has_is_named(services: Services, ada: Actor, tmp_path: Path) -> None:
    taken = f"{UUID(int=7)},Villeneuve,local,municipality,FR,Europe/Paris,unknown,,iso3166-2,FR-ARA"
    refused = await brought(services, "units", sheet(tmp_path, taken, header=UNITS_HEADER), dry_run=True)
    assert [(bad.column, "Auvergne" in bad.reason) for bad in refused.bad] == [("identifiers.1.value", True)]


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        (row("C-1", ends_on="2020").replace("yard,,Every", "yard,De l'ombre,Every"), "milestones.1.due_on", "after"),
        (row("C-1").replace(f"{REGION},funder", f"{LYON},funder"), "parties.1.unit", "party-twice"),
    ],
)
async def test_what_a_rule_says_of_a_field_it_says_of_its_cell(
    services: Services, ada: Actor, tmp_path: Path, line: str, column: str, code: str
) -> None:
    refused = await brought(services, "commitments", sheet(tmp_path, line), ada)
    assert [(bad.line, bad.column, bad.code.startswith(code)) for bad in refused.bad] == [(2, column, True)]


async def test_of_an_amendment_too_the_cell_is_named(services: Services, ada: Actor, tmp_path: Path) -> None:
    await brought(services, "commitments", sheet(tmp_path, row("C-1")), ada)
    late = sheet(tmp_path, row("C-1", steps=f"Half of them,2031-06-30,{LYON}"))
    refused = await brought(services, "commitments", late, ada, because=WHY)
    assert [(bad.column, bad.value, bad.code) for bad in refused.bad] == [
        ("milestones.1.due_on", "2031-06-30", "after-the-end")
    ]
