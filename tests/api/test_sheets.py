"""A government's own sheets on a real ledger: what comes back is what was taken along."""

import asyncio
import csv
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import openpyxl
import pytest
import pytest_asyncio

from api.sheets.planning import export_sheet, plan_sheet
from api.sheets.sheets import SHEETS
from domain.kernel import Actor, EventName, Role, StreamId, UnitId
from services.bootstrap import Services, assemble
from services.config import Config
from services.importing import net_zero
from services.importing.directory import read_directory
from services.importing.held import held_commitments
from services.importing.iso3166 import plan_iso3166
from services.importing.plan import Summary
from services.importing.rows import file_at
from services.importing.running import carry_out
from services.importing.sheets import without
from services.orders import Note, Order
from services.story import tell
from tests.conftest import NewDatabase
from tests.data import published

SNAPSHOT = "commitments/net_zero_tracker_public_actors_2022-12-20.csv"
UNITS, COMMITMENTS = SHEETS["units"], SHEETS["commitments"]
NOTHING = Note()
WHY = Note(because="The council voted it.", lang="en")


@asynccontextmanager
async def register(dsn: str, var: Path, origin: str = "sheets.example/ledger") -> AsyncIterator[Services]:
    config = replace(Config.read(), database_url=dsn, var=var, origin=origin, signing_key=var / "key.pem")
    async with assemble(config, workers=False) as services:
        yield services


@pytest_asyncio.fixture
async def services(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    async with register(database_url, tmp_path) as found:
        yield found


@pytest_asyncio.fixture
async def empty(new_database: NewDatabase, tmp_path: Path) -> AsyncIterator[Services]:
    """Another register, in which nothing is yet."""
    (tmp_path / "empty").mkdir()
    async with new_database("template1") as dsn, register(dsn, tmp_path / "empty", "empty.example/ledger") as found:
        yield found


async def brought(
    services: Services, name: str, file: Path, actor: Actor | None = None, *, because: Note = NOTHING,
    valid_only: bool = False, dry_run: bool = False,
) -> Summary:  # fmt: skip
    plan = await plan_sheet(services, SHEETS[name], file_at(file), actor or services.registrar, because)
    if valid_only:
        tried = await carry_out(services.office, plan, dry_run=True)
        plan = without(plan, tried.bad)
    return await carry_out(services.office, plan, strict=not valid_only, dry_run=dry_run)


async def taken(services: Services, name: str, folder: Path, owner: UnitId | None = None) -> Path:
    """What the register holds, in a file."""
    file = folder / f"{name}-{uuid4()}.csv"
    file.write_bytes((await export_sheet(services, SHEETS[name], owner)).content)
    return file


async def countries(services: Services, *codes: str) -> None:
    directory = await read_directory(services.store, services.office.codec)
    await carry_out(services.office, plan_iso3166(codes, directory, services.registrar))


async def pledges(services: Services) -> None:
    rows, bad = net_zero.read_file(published(SNAPSHOT))
    directory = await read_directory(services.store, services.office.codec)
    plan = net_zero.plan_net_zero(rows, bad, directory, {}, services.registrar, retrieved_on=date(2022, 12, 20))
    await carry_out(services.office, plan)


async def size(services: Services) -> int:
    return (await services.store.head()).size


async def officer_of(services: Services, unit: UnitId) -> Actor:
    """Somebody who acts for the unit from now on."""
    fields = {
        "role": Role.AUTHORISED_SIGNATORY, "name": "Ada", "valid_from": date(2020, 1, 1), "valid_until": None,
        "contact": None,
    }  # fmt: skip
    order = Order(
        context="units", command="accredit", fields=fields, cmd=uuid4(), actor=services.registrar, caller="test",
        stream=StreamId(unit),
    )  # fmt: skip
    answer = await services.office.give(order)
    accreditation = EventName.at(unit, answer.version)
    return Actor(unit=unit, role=Role.AUTHORISED_SIGNATORY, accreditation=accreditation)


async def owners(services: Services) -> list[UnitId]:
    """Whose commitments an officer proposes."""
    store, codec = services.store, services.office.codec
    held = (await held_commitments(store, codec, await read_directory(store, codec))).values()
    return sorted({one.terms["owner"] for one in held if not one.left_out and "source" not in one.terms}, key=str)


async def test_the_real_pledges_come_back_byte_by_byte(services: Services, empty: Services, tmp_path: Path) -> None:
    await countries(services)
    await pledges(services)
    units, commitments = await taken(services, "units", tmp_path), await taken(services, "commitments", tmp_path)
    first = await brought(empty, "units", units)
    assert first.counts["registered"] == first.rows > 5_000
    second = await brought(empty, "commitments", commitments)
    assert (second.counts["recorded"], second.counts["refused"]) == (second.rows, 0)
    assert second.rows > 300
    assert (await taken(empty, "units", tmp_path)).read_bytes() == units.read_bytes()
    assert (await taken(empty, "commitments", tmp_path)).read_bytes() == commitments.read_bytes()
    before = await size(empty)
    again = await brought(empty, "units", units), await brought(empty, "commitments", commitments)
    assert [(one.changed, one.counts["unchanged"]) for one in again] == [(0, first.rows), (0, second.rows)]
    assert await size(empty) == before


async def test_the_story_comes_back_byte_by_byte(services: Services, empty: Services, tmp_path: Path) -> None:
    await tell(services.office, services.registrar)
    units, commitments = await taken(services, "units", tmp_path), await taken(services, "commitments", tmp_path)
    await brought(empty, "units", units)
    for owner in await owners(services):
        done = await brought(empty, "commitments", await taken(services, "commitments", tmp_path, owner),
                             await officer_of(empty, owner))  # fmt: skip
        assert done.counts["proposed"] == done.rows > 0
    assert (await brought(empty, "commitments", commitments, valid_only=True)).counts["recorded"] == 2
    assert (await taken(empty, "units", tmp_path)).read_bytes() == units.read_bytes()
    assert (await taken(empty, "commitments", tmp_path)).read_bytes() == commitments.read_bytes()


LYON, REGION = "iso3166-2:FR-69M", "iso3166-2:FR-ARA"
HEADER = (
    "id,owner,title.en,title.fr,description.en,ends_on,sdg,parties.1.unit,parties.1.part,targets.1.aim,"
    "targets.1.measure.en,targets.1.value.value,targets.1.value.unit,milestones.1.title.en,milestones.1.due_on,"
    "milestones.1.responsible,# whom to ask"
)


def row(key: str, ends_on: str = "2030", title: str = "Shade for every school yard", steps: str = "") -> str:
    milestone = steps or f"Half of them,2028-06-30,{LYON}"
    return (
        f"{key},{LYON},{title},,Every school yard gets trees.,{ends_on},11.7; 13.2,{REGION},funder,end,School yards,"
        f"300,yards,{milestone},Ada"
    )


def sheet(folder: Path, *rows: str, header: str = HEADER) -> Path:
    file = folder / "ours.csv"
    file.write_text("\n".join([header, *rows]) + "\n")
    return file


@pytest_asyncio.fixture
async def ada(services: Services) -> Actor:
    """Who acts for the Metropolis of Lyon."""
    await countries(services, "FR")
    directory = await read_directory(services.store, services.office.codec)
    return await officer_of(services, directory.by_code[LYON].id)


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


async def test_an_officer_proposes_with_everything_that_a_row_says(
    services: Services, ada: Actor, tmp_path: Path
) -> None:
    file = sheet(tmp_path, row("C-1"))
    before = await size(services)
    rehearsed = await brought(services, "commitments", file, ada, dry_run=True)
    assert (rehearsed.counts["proposed"], await size(services)) == (1, before)
    await brought(services, "commitments", file, ada)
    (said,) = await said_of(services)
    assert (str(said["title"].best()), said["ends_on"], said["sdg"]) == (
        "Shade for every school yard",
        "2030",
        ("11.7", "13.2"),
    )
    assert [(party.part, party.required) for party in said["parties"]] == [("funder", True)]
    assert [str(target.value) for target in said["targets"]] == ["300 yards"]
    assert [(step.due_on, step.responsible) for step in said["milestones"]] == [(date(2028, 6, 30), ada.unit)]


async def said_of(services: Services) -> list[Any]:
    store, codec = services.store, services.office.codec
    return [one.terms for one in (await held_commitments(store, codec, await read_directory(store, codec))).values()]


async def test_what_a_run_left_half_done_the_next_one_finishes(services: Services, ada: Actor, tmp_path: Path) -> None:
    file = sheet(tmp_path, row("C-1"))
    plan = await plan_sheet(services, COMMITMENTS, file_at(file), ada, Note())
    (whole,) = plan.waves[0]
    await carry_out(services.office, replace(plan, waves=[[replace(whole, then=whole.then[:1])]]))
    assert (await said_of(services))[0]["milestones"] == ()
    assert (await brought(services, "commitments", file, ada)).counts["changed"] == 1
    assert len((await said_of(services))[0]["milestones"]) == 1
    assert (await brought(services, "commitments", file, ada)).changed == 0


async def test_a_row_that_was_changed_is_an_amendment_and_says_why(
    services: Services, ada: Actor, tmp_path: Path
) -> None:
    await brought(services, "commitments", sheet(tmp_path, row("C-1")), ada)
    later = sheet(tmp_path, row("C-1", ends_on="2032", title="Shade for all", steps=f"Half,2029-06-30,{LYON}"))
    refused = await brought(services, "commitments", later, ada)
    assert [(bad.line, bad.column, bad.value) for bad in refused.bad] == [(2, "title.en", "Shade for all")]
    assert "Shade for every school yard" in refused.bad[0].reason
    assert "`because`" in refused.bad[0].reason
    assert (await brought(services, "commitments", later, ada, because=WHY)).counts["changed"] == 1
    (said,) = await said_of(services)
    assert (said["title"].best(), said["ends_on"]) == ("Shade for all", "2032")
    assert said["milestones"][0].due_on == date(2029, 6, 30)
    assert (await brought(services, "commitments", later, ada, because=WHY)).changed == 0


async def test_an_amendment_that_waits_for_the_others_is_not_proposed_again(
    services: Services, ada: Actor, tmp_path: Path
) -> None:
    await brought(services, "commitments", sheet(tmp_path, row("C-1")), ada)
    directory = await read_directory(services.store, services.office.codec)
    region = await officer_of(services, directory.by_code[REGION].id)
    store, codec = services.store, services.office.codec
    (held,) = await held_commitments(store, codec, directory)
    accept = Order(context="commitments", command="accept", fields={}, cmd=uuid4(), actor=region, caller="test",
                   stream=StreamId(held))  # fmt: skip
    await services.office.give(accept)
    later = sheet(tmp_path, row("C-1", ends_on="2032"))
    assert (await brought(services, "commitments", later, ada, because=WHY)).counts["changed"] == 1
    waiting = await brought(services, "commitments", later, ada, because=WHY)
    assert (waiting.counts["unchanged"], waiting.bad) == (1, [])


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


async def test_a_spreadsheet_with_semicolons_and_empty_rows_is_read(
    services: Services, ada: Actor, tmp_path: Path
) -> None:
    file = tmp_path / "excel.csv"
    rows = [HEADER, row("C-1").replace("11.7; 13.2", "11.7"), "," * HEADER.count(",")]
    file.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(line.replace(",", ";") for line in rows).encode())
    assert (await brought(services, "commitments", file, ada)).counts["proposed"] == 1


async def test_a_registrar_records_from_a_source_and_updates_by_its_edition(
    services: Services, ada: Actor, tmp_path: Path
) -> None:
    header = (
        "owner,title.fr,description.fr,ends_on,source.name,source.url,source.retrieved_on,source.licence,"
        "source.row_key,updated,instrument,status_on,milestones.1.title.fr"
    )

    def line(ends_on: str, updated: str, step: str = "") -> str:
        return (f"{LYON},De l'ombre,Des arbres.,{ends_on},Plan 2026,https://example.org/plan,2026-11-01,CC-BY-4.0,7,"
                f"{updated},declaration,2026,{step}")  # fmt: skip

    file = sheet(tmp_path, line("2030", "2026-01-01"), header=header)
    assert (await brought(services, "commitments", file)).counts["recorded"] == 1
    assert "registrar" in (await brought(services, "commitments", file, ada)).bad[0].reason
    same = await brought(services, "commitments", sheet(tmp_path, line("2031", "2026-01-01"), header=header))
    assert [(bad.column, "2030" in bad.reason) for bad in same.bad] == [("ends_on", True)]
    newer = sheet(tmp_path, line("2031", "2026-06-01"), header=header)
    assert (await brought(services, "commitments", newer)).counts["updated"] == 1
    assert (await brought(services, "commitments", newer)).changed == 0
    assert (await brought(services, "commitments", file)).changed == 0, "an older edition says nothing new"
    more = await brought(services, "commitments", sheet(tmp_path, line("2031", "2026-06-01", "Un pas"), header=header))
    assert [bad.column for bad in more.bad] == ["milestones.1.title.fr"]


UNITS_HEADER = (
    "id,name.fr,sphere,kind,jurisdiction,time_zone,alive_from,parent,identifiers.1.scheme,identifiers.1.value"
)
OFFICE = ",Service des transports,regional,agency,FR,Europe/Paris,unknown,own:county,own,office"
COUNTY = f",Pays neuf,local,county,FR,Europe/Paris,1990,{REGION},own,county"


async def test_what_a_sheet_leaves_out_stays(services: Services, ada: Actor, tmp_path: Path) -> None:
    french = row("C-1").replace("yard,,Every", "yard,De l'ombre,Every")
    await brought(services, "commitments", sheet(tmp_path, french, row("C-2")), ada)
    bare = "id,owner,title.en,description.en,ends_on"
    less = f"C-1,{LYON},Shade for every school yard,Every school yard gets trees.,2030"
    assert (await brought(services, "commitments", sheet(tmp_path, less, header=bare), ada)).counts["unchanged"] == 1
    other = sheet(tmp_path, less.replace("Shade for", "Cool shade for"), header=bare)
    assert (await brought(services, "commitments", other, ada, because=WHY)).counts["changed"] == 1
    said = next(one for one in await said_of(services) if one["title"].best().startswith("Cool"))
    assert said["title"] == {"en": "Cool shade for every school yard", "fr": "De l'ombre"}
    assert len(said["parties"]) == len(said["targets"]) == len(said["milestones"]) == 1


async def test_units_of_a_sheet_may_lie_in_one_another_and_change_for_a_reason(
    services: Services, ada: Actor, tmp_path: Path
) -> None:
    # The child comes before the unit that it lies in, and names it by a code that nobody has so far.
    first = sheet(tmp_path, OFFICE, COUNTY, header=UNITS_HEADER)
    assert (await brought(services, "units", first)).counts["registered"] == 2
    assert (await brought(services, "units", first)).changed == 0
    renamed = sheet(tmp_path, OFFICE.replace("Service", "Grand service"), COUNTY, header=UNITS_HEADER)
    refused = await brought(services, "units", renamed)
    assert [(bad.line, bad.column, "`because`" in bad.reason) for bad in refused.bad] == [(2, "name.fr", True)]
    assert (await brought(services, "units", renamed, because=WHY)).counts["changed"] == 1
    assert (await brought(services, "units", renamed)).changed == 0
    moved = sheet(tmp_path, COUNTY.replace("1990", "1991"), header=UNITS_HEADER)
    fixed = await brought(services, "units", moved, because=WHY)
    assert [(bad.column, bad.value, "1990" in bad.reason) for bad in fixed.bad] == [("alive_from", "1991", True)]


async def test_an_id_of_something_else_begins_nothing(services: Services, ada: Actor, tmp_path: Path) -> None:
    refused = await brought(services, "commitments", sheet(tmp_path, row(str(ada.unit))), ada)
    assert [(bad.column, "something else" in bad.reason) for bad in refused.bad] == [("id", True)]


async def test_a_code_that_another_unit_has_is_named(services: Services, ada: Actor, tmp_path: Path) -> None:
    taken = f"{UUID(int=7)},Villeneuve,local,municipality,FR,Europe/Paris,unknown,,iso3166-2,FR-ARA"
    refused = await brought(services, "units", sheet(tmp_path, taken, header=UNITS_HEADER), dry_run=True)
    assert [(bad.column, "Auvergne" in bad.reason) for bad in refused.bad] == [("identifiers.1.value", True)]


async def test_a_workbook_says_the_same_as_its_csv(services: Services, ada: Actor, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for line in csv.reader([HEADER, row("C-1"), row("C-2", ends_on="soon")]):
        page.append(line)
    page["F2"], page["L2"], page["O2"] = 2030, 300, date(2028, 6, 30)
    file = tmp_path / "ours.xlsx"
    book.save(file)
    done = await brought(services, "commitments", file, ada, valid_only=True)
    assert [(bad.line, bad.column, bad.value) for bad in done.bad] == [(3, "ends_on", "soon")]
    assert done.counts["proposed"] == 1
    assert (await brought(services, "commitments", sheet(tmp_path, row("C-1")), ada)).counts["unchanged"] == 1


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


async def test_of_two_runs_at_once_each_thing_is_said_once(services: Services, ada: Actor, tmp_path: Path) -> None:
    file = file_at(sheet(tmp_path, *(row(f"C-{number}") for number in range(20))))
    first = await plan_sheet(services, COMMITMENTS, file, ada, NOTHING)
    begun = replace(first, waves=[[replace(one, then=()) for one in first.waves[0]]])
    await carry_out(services.office, begun)
    # The second was planned on what the first has half done: its steps have ids of their own.
    second = await plan_sheet(services, COMMITMENTS, file, ada, NOTHING)
    await asyncio.gather(carry_out(services.office, first), carry_out(services.office, second))
    await brought(services, "commitments", sheet(tmp_path, *(row(f"C-{number}") for number in range(20))), ada)
    found = await said_of(services)
    assert [(len(said["targets"]), len(said["milestones"])) for said in found] == [(1, 1)] * 20
