"""`subsidia import units` and `subsidia import commitments`: a government's own sheet."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from api.cli.carrying import FILE, REPORT, carried_out, close, form_of, report_file
from api.cli.parameters import FILE as THERE
from api.cli.running import Failed, say, with_services
from api.cli.speaking import TOKEN, token_from
from api.sheets.files import FORMS
from api.sheets.planning import plan_sheet
from api.sheets.sheets import SHEETS, Sheet
from domain.kernel import Actor
from services.bootstrap import Services
from services.importing.plan import Summary
from services.importing.rows import file_at
from services.importing.sheets import without
from services.orders import Note

F = TypeVar("F", bound=Callable[..., Any])
REFUSED = "Nothing was written: {bad}. Put right what was named, or have the others recorded with --valid-only."
HOW = """
Further languages are columns like title.fr; further items are columns like targets.2.measure.en. A unit is named by its
id or by a code of the register, like insee:69123. Columns whose names begin with # are notes of your own."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the options of both sheets say."""

    dry_run: bool
    valid_only: bool
    report: Path | None
    because: Note
    sheet: str


def common(command: F) -> F:
    """The options that both sheets have."""
    for option in (
        click.option("--lang", default="en", show_default=True, help="The language of --because."),
        click.option("--because", default="", help="Why what the sheet says otherwise than the register changes."),
        click.option("--sheet", default="", metavar="NAME", help="The sheet of an .xlsx workbook; else its first."),
        click.option("--report", type=REPORT, callback=report_file, help="Write bad rows to this .csv, .xlsx, .json."),
        click.option("--template", is_flag=True, help="Write FILE with its columns, and say what they mean."),
        click.option("--valid-only", is_flag=True, help="Record the good rows though others are bad."),
        click.option("--dry-run", is_flag=True, help="Write nothing; the summary is what it would be."),
    ):
        command = option(command)
    return command


@click.command("units")
@click.argument("file", type=FILE)
@common
def import_units(file: Path, template: bool, **said: Any) -> None:
    """Register the units of a sheet, and record what changed of those that are there. Acts for the registrar.

    FILE is an .xlsx workbook, or a CSV in UTF-8 with commas, semicolons or tabs. Nothing is written while one row is
    bad; each is named by line and column. A new name, parent or code is recorded with --because; anything else that
    differs is reported.

    \b
    Example: subsidia import units ours.csv --template
             subsidia import units ours.csv --dry-run
    """
    if template:
        _template(SHEETS["units"], file)
        return
    _import(SHEETS["units"], file, _wish(**said), None)


@click.command("commitments")
@click.argument("file", type=FILE)
@common
@click.option("--officer", is_flag=True, help=f"Act as the officer whose token {TOKEN} holds, not as the registrar.")
@click.option("--token-file", type=THERE, help=f"The officer's token from this file and not from {TOKEN}.")
def import_commitments(file: Path, template: bool, officer: bool, token_file: Path | None, **said: Any) -> None:
    """Propose the commitments of your own unit (--officer), or record those that a published source tells of.

    FILE is an .xlsx workbook, or a CSV in UTF-8 with commas, semicolons or tabs: one row a commitment, with its
    targets, milestones and parties in numbered columns. Nothing is written while one row is bad; each is named by line
    and column. A row that was changed becomes an amendment, with --because; one of a source, an update, where its
    `updated` is newer.

    \b
    Example: subsidia import commitments ours.csv --template
             SUBSIDIA_TOKEN=... subsidia import commitments ours.csv --officer --dry-run
    """
    if template:
        _template(SHEETS["commitments"], file)
        return
    token = token_from(token_file) if officer or token_file else None
    _import(SHEETS["commitments"], file, _wish(**said), token)


def _wish(dry_run: bool, valid_only: bool, report: Path | None, because: str, lang: str, sheet: str) -> Wish:
    return Wish(dry_run, valid_only, report, Note(because=because, lang=lang if because else ""), sheet)


def _import(sheet: Sheet, file: Path, wish: Wish, token: str | None) -> None:
    async def work(services: Services) -> Summary:
        actor = services.registrar if token is None else await _officer(services, token)
        plan = await plan_sheet(services, sheet, file_at(file, wish.sheet), actor, wish.because)
        if wish.valid_only and not wish.dry_run:
            tried = await carried_out(services, plan, dry_run=True, strict=False, report=None)
            plan = without(plan, tried.bad)
        return await carried_out(services, plan, wish.dry_run, not wish.valid_only, wish.report)

    close(sheet.name, with_services(work), wish.dry_run, not wish.valid_only, REFUSED)


async def _officer(services: Services, token: str) -> Actor:
    found = await services.tokens.find(token)
    if found is None:
        raise Failed("The token is unknown, expired or revoked.")
    return found.actor


def _template(sheet: Sheet, file: Path) -> None:
    """Columns of a sheet as it may begin, and what each means."""
    names = sheet.layout.sample()
    try:
        with file.open("xb") as out:
            out.write(FORMS[form_of(file)](sheet, names, []))
    except FileExistsError:
        raise Failed(f"There is {file} already; name a file that is not there yet.") from None
    width = max(map(len, names))
    for name in names:
        column = sheet.column(name)
        must = "Required. " if sheet.requires(column) else ""
        example = "" if column.example is None else f" Example: {_shown_example(column.example)}"
        say(f"{name:<{width}}  {must}{column.says}{example}")
    click.echo(HOW)


def _shown_example(example: Any) -> str:
    """As its cell is written."""
    return "; ".join(example) if isinstance(example, list) else str(example)
