"""From the file of a sheet to what follows from it, and from what the register holds to a file."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from api.sheets.reading import read_sheet
from api.sheets.sheets import SHEETS, Sheet, Written, written
from domain.kernel import Actor, UnitId
from services.bootstrap import Services
from services.importing.directory import Directory, read_directory
from services.importing.held import Held, held_commitments, held_units
from services.importing.plan import Plan, Summary
from services.importing.rows import File
from services.importing.running import carry_out
from services.importing.sheet_commitments import plan_commitments
from services.importing.sheet_units import plan_units
from services.importing.sheets import without
from services.importing.waiting import while_wanted
from services.orders import Note


async def plan_sheet(
    services: Services, sheet: Sheet, file: File, actor: Actor, because: Note, at_most: int | None = None
) -> Plan:
    """What follows from a file, acting as that officer or registrar. `at_most`: rows. Raises WrongFile."""
    directory = await read_directory(services.store, services.office.codec)
    read = await while_wanted(lambda still: read_sheet(sheet, file, directory, at_most, still))
    held = await _held(services, sheet, directory, [row.stream for row in read.rows])
    if sheet is SHEETS["units"]:
        plan = plan_units(read.rows, read.bad, held, directory, actor, because)
    else:
        plan = plan_commitments(read.rows, read.bad, held, actor, because)
    return replace(plan, found=read.found)


@dataclass(frozen=True, slots=True)
class Tried:
    """What would become of a file as things stand. `plan`: for the rows that are good."""

    plan: Plan
    summary: Summary

    @property
    def seal(self) -> str:
        """Tells it from any other: the same file on other facts, or another file, would record other commands."""
        asked = (one for wave in self.plan.waves for one in wave)
        said = [f"{one.line}:{order.cmd}" for one in asked for order in (one.order, *one.then)]
        said += [f"{bad.line}:{bad.column}:{bad.code}" for bad in self.summary.bad]
        return hashlib.sha256("\n".join([self.plan.place, *sorted(said)]).encode()).hexdigest()


async def try_sheet(
    services: Services, sheet: Sheet, file: File, actor: Actor, because: Note, at_most: int | None = None
) -> Tried:
    """All rows on a ledger that forgets them. Raises WrongFile, Forbidden, and what the store raises."""
    plan = await plan_sheet(services, sheet, file, actor, because, at_most)
    summary = await carry_out(services.office, plan, dry_run=True)
    return Tried(without(plan, summary.bad), summary)


async def export_sheet(services: Services, sheet: Sheet, owner: UnitId | None = None) -> Written:
    """What the register holds, or one unit's commitments."""
    directory = await read_directory(services.store, services.office.codec)
    held = (await _held(services, sheet, directory)).values()
    return written(sheet, [one for one in held if owner is None or one.terms["owner"] == owner], directory)


async def _held(
    services: Services, sheet: Sheet, directory: Directory, streams: Iterable[UUID] | None = None
) -> dict[UUID, Held]:
    store, codec, registrar = services.store, services.office.codec, services.registrar.unit
    assert registrar is not None, "the registrar is a unit"
    if sheet is SHEETS["units"]:
        return await held_units(store, codec, registrar, streams)
    return await held_commitments(store, codec, directory, streams)
