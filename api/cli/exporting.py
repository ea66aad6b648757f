"""`subsidia export`: units or commitments as a sheet, to be worked on and imported again, here or elsewhere."""

import codecs
from pathlib import Path

import click

from api.cli.carrying import FILE, form_of
from api.cli.running import Failed, say, with_services
from api.faults import Wrong
from api.sheets.files import FORMS
from api.sheets.planning import export_sheet
from api.sheets.reading import Units
from api.sheets.sheets import SHEETS, Sheet, Written
from domain.kernel import UnitId
from services.bootstrap import Services
from services.disk import replace_whole
from services.importing.directory import read_directory

BOM = click.option("--bom", is_flag=True, help="Begin a CSV with a byte order mark, by which Excel knows UTF-8.")
FORCE = click.option("--force", is_flag=True, help="Replace FILE if it is there.")


@click.group("export")
def export_group() -> None:
    """Write what stands in the register today as a sheet that `subsidia import` reads.

    A FILE whose name ends in .xlsx becomes a workbook with the same cells, any other one a CSV. A sheet carries what
    stands today, and no history: records and proofs are taken along by `subsidia audit fetch`.

    \b
    Examples: subsidia export units units.csv
              subsidia export units units.xlsx
              subsidia export commitments ours.csv --unit iso3166-2:FR-ARA
    """


@export_group.command("units")
@click.argument("file", type=FILE)
@BOM
@FORCE
def units(file: Path, bom: bool, force: bool) -> None:
    """Write the directory of units."""
    _export(SHEETS["units"], file, bom, force, "")


@export_group.command("commitments")
@click.argument("file", type=FILE)
@click.option("--unit", default="", metavar="UNIT", help="Those of one unit, by its id or a code like insee:69123.")
@BOM
@FORCE
def commitments(file: Path, unit: str, bom: bool, force: bool) -> None:
    """Write the commitments that are neither closed nor withdrawn."""
    _export(SHEETS["commitments"], file, bom, force, unit)


def _export(sheet: Sheet, file: Path, bom: bool, force: bool, unit: str) -> None:
    if file.exists() and not force:
        raise Failed(f"There is {file} already; --force replaces it.")
    form = form_of(file)
    if bom and form != "csv":
        raise Failed("Only a CSV begins with a byte order mark: a workbook needs none.")

    async def work(services: Services) -> Written:
        return await export_sheet(services, sheet, await _owner(services, unit) if unit else None)

    header, rows, left_out = with_services(work)
    content = (codecs.BOM_UTF8 if bom else b"") + FORMS[form](sheet, header, rows)
    try:
        replace_whole(file, content)
    except OSError as error:
        raise Failed(f"{file} cannot be written: {error.strerror}.") from error
    say(f"{sheet.name}: {len(rows):,} rows in {file}")
    for why, number in left_out.items():
        click.echo(f"Left out: {number:,} ({why})")
    click.echo(f"Not carried, since a sheet says what stands today: {sheet.not_carried}.")


async def _owner(services: Services, unit: str) -> UnitId:
    directory = await read_directory(services.store, services.office.codec)
    try:
        return UnitId(Units(directory).named(unit))
    except Wrong as wrong:
        raise Failed(f"{unit}: {wrong.fault}") from None
