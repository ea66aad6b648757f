"""From the file of a sheet to what follows from it, and from what the register holds to a file."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from api.sheets.reading import read_sheet
from api.sheets.sheets import SHEETS, Sheet, Written, written
from domain.kernel import Actor, UnitId
from services.bootstrap import Services
from services.importing.directory import read_directory
from services.importing.held import Held, held_commitments, held_units
from services.importing.plan import Plan
from services.importing.sheet_commitments import plan_commitments
from services.importing.sheet_units import plan_units
from services.importing.sheets import Said
from services.orders import Note

AT_ONCE = 500
FOREIGN = "By this id the register knows something else."


async def plan_sheet(services: Services, sheet: Sheet, file: Path, actor: Actor, because: Note) -> Plan:
    """What follows from a file, acting as that officer or registrar. Raises WrongFile."""
    directory = await read_directory(services.store, services.office.codec)
    rows, bad = read_sheet(sheet, file, directory)
    held = await _held(services, sheet)
    foreign = await _foreign(services, [row for row in rows if row.stream not in held])
    bad += [row.bad("id", FOREIGN) for row in foreign]
    lines = {one.line for one in foreign}
    rows = [row for row in rows if row.line not in lines]
    if sheet is SHEETS["units"]:
        return plan_units(rows, bad, held, directory, actor, because)
    return plan_commitments(rows, bad, held, actor, because)


async def export_sheet(services: Services, sheet: Sheet, owner: UnitId | None = None) -> Written:
    """The file of what the register holds, or of one unit's commitments."""
    directory = await read_directory(services.store, services.office.codec)
    held = (await _held(services, sheet)).values()
    return written(sheet, [one for one in held if owner is None or one.terms["owner"] == owner], directory)


async def _foreign(services: Services, rows: Sequence[Said]) -> list[Said]:
    """Rows that would begin something under an id by which the register knows something else."""
    found = []
    for first in range(0, len(rows), AT_ONCE):
        some = rows[first : first + AT_ONCE]
        there = await services.store.streams([row.stream for row in some])
        found += [row for row in some if there[row.stream]]
    return found


async def _held(services: Services, sheet: Sheet) -> dict[UUID, Held]:
    store, codec, registrar = services.store, services.office.codec, services.registrar.unit
    assert registrar is not None, "the registrar is a unit"
    units = await held_units(store, codec, registrar)
    return units if sheet is SHEETS["units"] else await held_commitments(store, codec, units)
