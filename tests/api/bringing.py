"""A register to which a government brings sheets, and the rows that it brings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest_asyncio

from api.sheets.files import FORMS
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
from tests.conftest import NewDatabase
from tests.data import published

SNAPSHOT = "commitments/net_zero_tracker_public_actors_2022-12-20.csv"
COMMITMENTS = SHEETS["commitments"]
NOTHING = Note()
WHY = Note(because="The council voted it.", lang="en")
LYON, REGION = "iso3166-2:FR-69M", "iso3166-2:FR-ARA"
HEADER = (
    "id,owner,title.en,title.fr,description.en,ends_on,sdg,parties.1.unit,parties.1.part,targets.1.aim,"
    "targets.1.measure.en,targets.1.value.value,targets.1.value.unit,milestones.1.title.en,milestones.1.due_on,"
    "milestones.1.responsible,# whom to ask"
)
UNITS_HEADER = (
    "id,name.fr,sphere,kind,jurisdiction,time_zone,alive_from,parent,identifiers.1.scheme,identifiers.1.value"
)


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


async def taken(
    services: Services, name: str, folder: Path, owner: UnitId | None = None, form: str = "csv"
) -> Path:  # fmt: skip
    """What the register holds, in a file."""
    file = folder / f"{name}-{uuid4()}.{form}"
    header, rows, _ = await export_sheet(services, SHEETS[name], owner)
    file.write_bytes(FORMS[form](SHEETS[name], header, rows))
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


async def said_of(services: Services) -> list[Any]:
    store, codec = services.store, services.office.codec
    return [one.terms for one in (await held_commitments(store, codec, await read_directory(store, codec))).values()]
