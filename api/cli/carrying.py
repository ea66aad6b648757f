"""What the importers have in common: their options, carrying a plan out, and the closing summary."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from api.cli.running import FAULTY, Failed, say, shown
from services.bootstrap import Services
from services.importing import review
from services.importing.directory import Directory, read_directory
from services.importing.plan import Plan, Summary
from services.importing.running import carry_out

F = TypeVar("F", bound=Callable[..., Any])
FILE = click.Path(path_type=Path, dir_okay=False)
REPORT = click.Path(path_type=Path, dir_okay=False, writable=True)
MOST_LINES = 200


def form_of(file: Path) -> str:
    """The form of a sheet that is written to this file."""
    return "xlsx" if file.suffix.lower() == ".xlsx" else "csv"


def report_file(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """Where a report can be written, examined before anything is imported."""
    if path is None:
        return None
    if path.suffix not in (".csv", ".json", ".xlsx"):
        raise click.BadParameter(f"{path} ends neither in .csv nor in .xlsx or .json.")
    if not path.absolute().parent.is_dir():
        raise click.BadParameter(f"There is no folder {path.absolute().parent}.")
    if not os.access(path.absolute().parent, os.W_OK):
        raise click.BadParameter(f"This account may not write in {path.absolute().parent}.")
    return path


def common(command: F) -> F:
    """The options that every importer has."""
    for option in (
        click.option(
            "--report",
            type=REPORT,
            callback=report_file,
            help="Write bad and queued rows to this file (.csv, .xlsx or .json).",
        ),
        click.option("--strict", is_flag=True, help="Write nothing if one row is bad (exit status 3)."),
        click.option("--dry-run", is_flag=True, help="Write nothing; the summary is what it would be."),
    ):
        command = option(command)
    return command


async def directory_of(services: Services) -> Directory:
    return await read_directory(services.store, services.office.codec)


async def carried_out(
    services: Services, plan: Plan, dry_run: bool, strict: bool, report: Path | None
) -> Summary:  # fmt: skip
    with shown(plan.place) as progress:
        summary = await carry_out(services.office, plan, dry_run=dry_run, strict=strict, progress=progress)
    if report is not None:
        try:
            review.write_report(report, summary)
        except OSError as error:
            raise Failed(f"The import was carried out, but {report} cannot be written: {error.strerror}.") from error
    return summary


STRICT = "Nothing was written: {bad}, and --strict was asked for."


def close(place: str, summary: Summary, dry_run: bool, strict: bool, refused: str = STRICT) -> None:
    """The closing summary; bad rows on stderr. `refused`: why nothing was written, where rows are bad."""
    for bad in summary.bad[:MOST_LINES]:
        cell = f", {bad.column} {bad.value!r}" if bad.column else f" ({bad.value})" if bad.value else ""
        say(f"line {bad.line}, row {bad.key}{cell}: {bad.reason}", err=True)
    if len(summary.bad) > MOST_LINES:
        click.echo(f"and {len(summary.bad) - MOST_LINES:,} more; --report FILE lists them all", err=True)
    click.echo(f"{place}: {summary.rows:,} rows in {summary.seconds:.1f} s{' (dry run)' if dry_run else ''}")
    width = max(map(len, summary.counts))
    for word, number in summary.counts.items():
        click.echo(f"  {word:<{width}} {number:>8,}")
    if dry_run:
        click.echo("Nothing was written.")
    elif not summary.written:
        rows = len({bad.line for bad in summary.bad})
        click.echo(refused.format(bad="1 row is bad" if rows == 1 else f"{rows:,} rows are bad"))
    elif summary.changed == 0:
        click.echo("Nothing changed: what could be recorded was recorded before.")
    if strict and summary.bad:
        raise SystemExit(FAULTY)
