"""A government's own sheets on a real ledger: what comes back is what was taken along."""

import asyncio
import csv
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import uuid4

import openpyxl
import pytest

from api.sheets.planning import plan_sheet
from domain.kernel import Actor, StreamId
from services.bootstrap import Services
from services.handle import Office
from services.importing.directory import read_directory
from services.importing.held import held_commitments
from services.importing.rows import file_at
from services.importing.running import carry_out
from services.orders import Note, Order
from services.story import tell
from tests.api.bringing import (
    COMMITMENTS,
    HEADER,
    LYON,
    NOTHING,
    REGION,
    UNITS_HEADER,
    WHY,
    ada,
    brought,
    countries,
    empty,
    officer_of,
    owners,
    pledges,
    row,
    said_of,
    services,
    sheet,
    size,
    taken,
)

__all__ = ["ada", "empty", "services"]

OFFICE = ",Service des transports,regional,agency,FR,Europe/Paris,unknown,own:county,own,office"
COUNTY = f",Pays neuf,local,county,FR,Europe/Paris,1990,{REGION},own,county"


EACH = pytest.mark.parametrize("form", ["csv", "xlsx"])


@EACH
async def test_the_real_pledges_come_back_byte_by_byte(
    services: Services, empty: Services, tmp_path: Path, form: str
) -> None:
    await countries(services)
    await pledges(services)
    units, commitments = [await taken(services, name, tmp_path, form=form) for name in ("units", "commitments")]
    first = await brought(empty, "units", units)
    assert first.counts["registered"] == first.rows > 5_000
    second = await brought(empty, "commitments", commitments)
    assert (second.counts["recorded"], second.counts["refused"]) == (second.rows, 0)
    assert second.rows > 300
    assert (await taken(empty, "units", tmp_path, form=form)).read_bytes() == units.read_bytes()
    assert (await taken(empty, "commitments", tmp_path, form=form)).read_bytes() == commitments.read_bytes()
    before = await size(empty)
    again = await brought(empty, "units", units), await brought(empty, "commitments", commitments)
    assert [(one.changed, one.counts["unchanged"]) for one in again] == [(0, first.rows), (0, second.rows)]
    assert await size(empty) == before


@EACH
async def test_the_story_comes_back_byte_by_byte(
    services: Services, empty: Services, tmp_path: Path, form: str
) -> None:
    await tell(services.office, services.registrar)
    units, commitments = [await taken(services, name, tmp_path, form=form) for name in ("units", "commitments")]
    await brought(empty, "units", units)
    for owner in await owners(services):
        done = await brought(empty, "commitments", await taken(services, "commitments", tmp_path, owner, form),
                             await officer_of(empty, owner))  # fmt: skip
        assert done.counts["proposed"] == done.rows > 0
    assert (await brought(empty, "commitments", commitments, valid_only=True)).counts["recorded"] == 2
    assert (await taken(empty, "units", tmp_path, form=form)).read_bytes() == units.read_bytes()
    assert (await taken(empty, "commitments", tmp_path, form=form)).read_bytes() == commitments.read_bytes()


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


async def test_the_same_sheet_in_two_processes_at_once_is_stale_to_neither(
    services: Services, ada: Actor, tmp_path: Path
) -> None:
    """The ids of what follows from a row hold what is said, and of which version: whoever comes second repeats it."""
    here = services.office
    there = Office(here.store, here.codec, here.contexts, here.keyring, here.clock)
    for ends_on, because in (("2030", NOTHING), ("2033", WHY)):
        file = file_at(sheet(tmp_path, *(row(f"C-{number}", ends_on=ends_on) for number in range(20))))
        plan = await plan_sheet(services, COMMITMENTS, file, ada, because)
        both = await asyncio.gather(carry_out(here, plan), carry_out(there, plan))
        assert [one.bad for one in both] == [[], []]
        assert sum(one.changed for one in both) >= 20
    found = await said_of(services)
    assert [(len(said["targets"]), len(said["milestones"])) for said in found] == [(1, 1)] * 20
