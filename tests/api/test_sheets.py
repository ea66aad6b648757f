"""A government's own sheets on a real ledger: what comes back is what was taken along."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from api.sheets.planning import export_sheet, plan_sheet
from api.sheets.sheets import SHEETS
from domain.kernel import Actor, EventName, Role, StreamId, UnitId
from services.bootstrap import Services, assemble
from services.config import Config
from services.importing import net_zero
from services.importing.directory import read_directory
from services.importing.held import held_commitments, held_units
from services.importing.iso3166 import plan_iso3166
from services.importing.plan import Summary
from services.importing.running import carry_out
from services.importing.sheets import without
from services.opening import registrar_of
from services.orders import Note, Order
from services.story import tell
from tests.conftest import NewDatabase
from tests.data import published

SNAPSHOT = "commitments/net_zero_tracker_public_actors_2022-12-20.csv"
UNITS, COMMITMENTS = SHEETS["units"], SHEETS["commitments"]
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
    services: Services, name: str, file: Path, actor: Actor | None = None, *, because: Note = Note(),
    valid_only: bool = False, dry_run: bool = False,
) -> Summary:  # fmt: skip
    plan = await plan_sheet(services, SHEETS[name], file, actor or services.registrar, because)
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
    units = await held_units(store, codec, registrar_of(services.config.origin))
    held = (await held_commitments(store, codec, units)).values()
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
        ours = await taken(services, "commitments", tmp_path, owner)
        done = await brought(empty, "commitments", ours, await officer_of(empty, owner), valid_only=True)
        print(owner, done.counts, done.bad)
    sourced = await brought(empty, "commitments", commitments, valid_only=True)
    print(sourced.counts, sourced.bad)
    print(commitments.read_text())
    assert (await taken(empty, "units", tmp_path)).read_bytes() == units.read_bytes()
    assert (await taken(empty, "commitments", tmp_path)).read_bytes() == commitments.read_bytes()
