"""Importers on a real ledger: written once, whatever happens in between."""

import asyncio
import csv
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from domain.commitments import source_stream
from domain.commitments.state import Commitment
from domain.kernel import UnitId
from services.bootstrap import Services, assemble
from services.config import Config
from services.importing import net_zero, review
from services.importing.directory import Directory, read_directory
from services.importing.iso3166 import plan_iso3166
from services.importing.net_zero_terms import COLUMNS
from services.importing.plan import Plan, Summary, WrongFile
from services.importing.running import carry_out
from tests.data import published

SNAPSHOT = "commitments/net_zero_tracker_public_actors_2022-12-20.csv"
HEAD = "last_updated,id_code,name,country,actor_type,end_target,end_target_year,end_target_status,status_date"


def config(dsn: str, var: Path) -> Config:
    return replace(
        Config.read(), database_url=dsn, var=var, origin="importing.example/ledger", signing_key=var / "key.pem"
    )


@asynccontextmanager
async def register(dsn: str, var: Path) -> AsyncIterator[Services]:
    async with assemble(config(dsn, var), workers=False) as services:
        yield services


async def directory(services: Services) -> Directory:
    return await read_directory(services.store, services.office.codec)


async def countries(services: Services, *codes: str, dry_run: bool = False) -> Summary:
    plan = plan_iso3166(codes, await directory(services), services.registrar)
    return await carry_out(services.office, plan, dry_run=dry_run)


async def pledges(services: Services, file: Path, **matches: UnitId) -> Plan:
    rows, bad = net_zero.read_file(file)
    recorded = await net_zero.read_recorded(services.store, services.office.codec, rows)
    return net_zero.plan_net_zero(
        rows, bad, await directory(services), recorded, services.registrar, retrieved_on=date(2022, 12, 20),
        matches={key.replace("_", "-"): unit for key, unit in matches.items()},
    )  # fmt: skip


def snapshot(folder: Path, *rows: str) -> Path:
    """A small snapshot with all columns; cells not given are empty."""
    file = folder / "snapshot.csv"
    given = HEAD.split(",")
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, dict.fromkeys((*given, *COLUMNS)), restval="")
        writer.writeheader()
        writer.writerows(dict(zip(given, row.split(","), strict=True)) for row in rows)
    return file


FRANCE = "2022-04-24 09:32:00,COU-0040,France,FRA,Country,Net zero,2050.0,In law,2020.0"
BRITTANY = "2022-04-24 09:32:00,REG-0001,Bretagne,FRA,Region,Net zero,2050.0,Proposed / in discussion,2020.0"
PARIS = "2022-04-24 09:32:00,CIT-0105,Paris,FRA,City,Net zero,2050.0,In law,2020.0"
NOTHING = "2022-04-24 09:32:00,CIT-0001,Lyon,FRA,City,No target,,,"
BAD = "2022-04-24 09:32:00,CIT-0002,Nice,FRA,City,Net zero,later,In law,2020.0"


async def size(services: Services) -> int:
    return (await services.store.head()).size


async def test_a_second_import_of_the_directory_changes_nothing(services: Services) -> None:
    first = await countries(services, "FR", "BE")
    before = await size(services)
    second = await countries(services, "FR", "BE")
    assert first.counts["registered"] == first.rows > 130
    assert (second.counts["unchanged"], second.changed) == (first.rows, 0)
    assert await size(services) == before


async def test_a_dry_run_writes_nothing_and_says_what_would_be(services: Services, tmp_path: Path) -> None:
    await countries(services, "FR")
    before = await size(services)
    plan = await pledges(services, snapshot(tmp_path, FRANCE, BRITTANY, PARIS, NOTHING, BAD))
    rehearsed = await carry_out(services.office, plan, dry_run=True)
    assert await size(services) == before
    done = await carry_out(services.office, plan)
    assert rehearsed.counts == done.counts
    assert (rehearsed.written, done.written) == (False, True)
    assert await size(services) > before


async def test_every_row_becomes_what_the_summary_says(services: Services, tmp_path: Path) -> None:
    await countries(services, "FR")
    plan = await pledges(services, snapshot(tmp_path, FRANCE, BRITTANY, PARIS, NOTHING, BAD))
    summary = await carry_out(services.office, plan)
    assert dict(summary.counts) == {
        "proposed": 1, "adopted": 1, "updated": 0, "unchanged": 0, "nothing promised": 1, "queued": 1, "refused": 1,
    }  # fmt: skip
    assert [(bad.line, bad.column, bad.value) for bad in summary.bad] == [(6, "end_target_year", "later")]
    assert [(one.line, one.key) for one in summary.queued] == [(4, "CIT-0105")]


async def test_strict_writes_nothing_if_one_row_is_bad(services: Services, tmp_path: Path) -> None:
    await countries(services, "FR")
    before = await size(services)
    plan = await pledges(services, snapshot(tmp_path, FRANCE, BAD))
    summary = await carry_out(services.office, plan, strict=True)
    assert (summary.written, len(summary.bad), await size(services)) == (False, 1, before)


async def test_a_newer_edition_updates_what_was_recorded(services: Services, tmp_path: Path) -> None:
    await countries(services, "FR")
    await carry_out(services.office, await pledges(services, snapshot(tmp_path, FRANCE)))
    newer = FRANCE.replace("2022-04-24", "2023-04-24").replace("2050.0", "2045.0")
    summary = await carry_out(services.office, await pledges(services, snapshot(tmp_path, newer)))
    assert summary.counts["updated"] == 1
    _, state = await services.office.states.state("commitments", source_stream(net_zero.SOURCE, "COU-0040"))
    assert isinstance(state, Commitment)
    assert (state.ends_on, state.source and state.source.updated) == ("2045", "2023-04-24 09:32:00")
    again = await carry_out(services.office, await pledges(services, snapshot(tmp_path, FRANCE)))
    assert again.counts["unchanged"] == 1


async def test_a_run_that_was_stopped_half_way_continues(services: Services) -> None:
    plan = plan_iso3166(["GB"], await directory(services), services.registrar)
    seen = asyncio.Event()

    def watch(done: int, total: int) -> None:
        if done >= 40:
            seen.set()

    run = asyncio.create_task(carry_out(services.office, plan, progress=watch))
    await seen.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    # The very same plan again: what was recorded is found by its command id, and not recorded twice.
    summary = await carry_out(services.office, plan)
    assert summary.counts["registered"] + summary.counts["unchanged"] == plan.rows
    assert summary.counts["unchanged"] >= 40
    assert len((await directory(services)).units) == plan.rows + 1


async def test_two_runs_at_once_record_each_row_once(services: Services) -> None:
    plan = plan_iso3166(["ES"], await directory(services), services.registrar)
    one, other = await asyncio.gather(carry_out(services.office, plan), carry_out(services.office, plan))
    assert one.counts["registered"] + other.counts["registered"] == plan.rows
    assert one.counts["refused"] == other.counts["refused"] == 0


async def test_what_the_domain_refuses_is_reported_by_its_row(services: Services) -> None:
    await countries(services, "FR")
    plan = plan_iso3166(["FR"], Directory.of(()), services.registrar)
    renamed = replace(plan.waves[0][0], order=replace(plan.waves[0][0].order, cmd=UUID(int=5), stream=None))
    summary = await carry_out(services.office, replace(plan, rows=1, waves=[[renamed]]))
    assert [(bad.key, bad.value) for bad in summary.bad] == [("FR", "already-claimed")]


async def test_the_review_queue_is_kept_and_a_persons_choice_recorded(services: Services, tmp_path: Path) -> None:
    await countries(services, "FR")
    file = snapshot(tmp_path, PARIS)
    first = await carry_out(services.office, await pledges(services, file))
    review.keep_queue(tmp_path, net_zero.PLACE, first.queued)
    (queued,) = review.read_queue(tmp_path, net_zero.PLACE) or []
    assert (queued["key"], queued["candidates"][0]["identifiers"]) == ("CIT-0105", ["iso3166-2:FR-75C"])
    chosen = tmp_path / "chosen.csv"
    chosen.write_text("row_key,unit\nCIT-0105,iso3166-2:FR-75C\n")
    matches = review.read_matches(chosen, await directory(services), ["CIT-0105"])
    second = await carry_out(services.office, await pledges(services, file, CIT_0105=matches["CIT-0105"]))
    assert (second.counts["adopted"], second.counts["queued"]) == (1, 0)
    # Whoever imports again need not choose again: the row knows its commitment.
    assert (await carry_out(services.office, await pledges(services, file))).counts["unchanged"] == 1


async def test_a_choice_that_names_no_row_or_no_unit_is_refused(services: Services, tmp_path: Path) -> None:
    chosen = tmp_path / "chosen.csv"
    chosen.write_text("row_key,unit\nCIT-0105,iso3166-2:XX-1\nCIT-9999,\n")
    with pytest.raises(WrongFile, match=r"line 2.*no living unit") as refused:
        review.read_matches(chosen, await directory(services), ["CIT-0105"])
    assert "line 3" in str(refused.value)


@pytest.mark.parametrize("name", ["report.csv", "report.json"])
async def test_a_report_lists_bad_and_queued_rows(services: Services, tmp_path: Path, name: str) -> None:
    await countries(services, "FR")
    plan = await pledges(services, snapshot(tmp_path, PARIS.replace("Paris", "=Paris"), BAD))
    review.write_report(tmp_path / name, await carry_out(services.office, plan, dry_run=True))
    text = (tmp_path / name).read_text()
    rows = json.loads(text)["report"] if name.endswith("json") else list(csv.DictReader(text.splitlines()))
    assert [(str(row["line"]), row["outcome"], row["column"]) for row in rows] == [
        ("2", "queued", ""), ("3", "refused", "end_target_year"),
    ]  # fmt: skip
    assert rows[0]["name"] == ("=Paris" if name.endswith("json") else "'=Paris")


async def test_the_real_snapshot_twice(services: Services) -> None:
    file = published(SNAPSHOT)
    await countries(services)
    first = await carry_out(services.office, await pledges(services, file))
    before = await size(services)
    second = await carry_out(services.office, await pledges(services, file))
    assert sum(first.counts.values()) == sum(second.counts.values()) == 2088
    assert first.counts["nothing promised"] == 1258
    assert first.counts["proposed"] + first.counts["adopted"] == second.counts["unchanged"] > 300
    assert (second.changed, await size(services)) == (0, before)
