"""`subsidia import`: what published sources say, brought into the register by its registrar."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from api.cli import sheets
from api.cli.carrying import FILE, carried_out, close, common, directory_of
from api.cli.running import Failed, configured, say, with_services
from services.bootstrap import Services
from services.importing import communes, net_zero, review
from services.importing.iso3166 import plan_iso3166
from services.importing.plan import Summary, WrongFile


@click.group("import")
def import_group() -> None:
    """Bring published sources and a government's own sheets into the register.

    The same file twice changes nothing, and a run that was stopped continues where it was. Bad rows are named by line
    and column; those of published sources hold nobody up, of an own sheet nothing is written while one is bad. A wrong
    file is refused before anything is written.

    \b
    Start with the directory of units, then pledges find theirs:
      subsidia import iso-3166
      subsidia import fr-communes fr_communes.csv
      subsidia import net-zero-tracker net_zero_tracker.csv
    \b
    Sheets of your own, and those that `subsidia export` wrote:
      subsidia import commitments ours.csv --template
      subsidia import commitments ours.csv --dry-run
    """


import_group.add_command(sheets.import_units)
import_group.add_command(sheets.import_commitments)


@import_group.command("iso-3166")
@click.argument("countries", nargs=-1, metavar="[COUNTRY]...")
@common
def iso_3166(countries: tuple[str, ...], dry_run: bool, strict: bool, report: Path | None) -> None:
    """Register states and their subdivisions from ISO 3166; all of them, or those of some countries.

    \b
    Example: subsidia import iso-3166 FR ES CO
    """

    async def work(services: Services) -> Summary:
        directory = await directory_of(services)
        plan = plan_iso3166(countries, directory, services.registrar)
        return await carried_out(services, plan, dry_run, strict, report)

    close("iso-3166", with_services(work), dry_run, strict)


@import_group.command("fr-communes")
@click.argument("file", type=FILE)
@common
def fr_communes(file: Path, dry_run: bool, strict: bool, report: Path | None) -> None:
    """Register the communes of France from INSEE's official geographic code.

    FILE is a CSV in UTF-8 with the columns code, nom, type, region and perhaps siren. The State must be there:
    run `subsidia import iso-3166 FR` first.
    """

    async def work(services: Services) -> Summary:
        plan = communes.plan_communes(file, await directory_of(services), services.registrar)
        return await carried_out(services, plan, dry_run, strict, report)

    close("fr-communes", with_services(work), dry_run, strict)


@import_group.command("net-zero-tracker")
@click.argument("file", type=FILE, required=False)
@common
@click.option("--match", type=FILE, help="CSV with row_key,unit: units that a person chose for queued rows.")
@click.option("--review", "only_review", is_flag=True, help="Show the review queue of the last run, and do nothing.")
@click.option(
    "--retrieved-on", type=click.DateTime(["%Y-%m-%d"]), help="When the file was retrieved (else: by its name or age)."
)
def net_zero_tracker(
    file: Path | None, dry_run: bool, strict: bool, report: Path | None, match: Path | None, only_review: bool,
    retrieved_on: Any,
) -> None:  # fmt: skip
    """Record pledges from a snapshot of the Net Zero Tracker (CC BY 4.0, zerotracker.net).

    A row is recorded for the unit it certainly means. The others wait in the review queue: see it with --review, write
    a CSV with the columns row_key and unit (an id, or a code such as insee:75056), and import again with --match.

    \b
    Example: subsidia import net-zero-tracker snapshot_2022-12-20.csv --dry-run
             subsidia import net-zero-tracker --review
             subsidia import net-zero-tracker snapshot_2022-12-20.csv --match chosen.csv
    """
    if only_review:
        _show_queue(configured("warning").var)
        return
    if file is None:
        raise click.UsageError("Name the FILE to import, or ask for --review.")
    day = retrieved_on.date() if retrieved_on else _retrieved_on(file)

    async def work(services: Services) -> Summary:
        return await _net_zero(services, file, day, match, dry_run, strict, report)

    close(net_zero.PLACE, with_services(work), dry_run, strict)


async def _net_zero(
    services: Services, file: Path, day: date, match: Path | None, dry_run: bool, strict: bool, report: Path | None
) -> Summary:
    rows, bad = net_zero.read_file(file)
    directory = await directory_of(services)
    matches = review.read_matches(match, directory, (row["id_code"] for row in rows)) if match else {}
    recorded = await net_zero.read_recorded(services.store, services.office.codec, rows)
    plan = net_zero.plan_net_zero(
        rows, bad, directory, recorded, services.registrar, retrieved_on=day, matches=matches
    )  # fmt: skip
    summary = await carried_out(services, plan, dry_run, strict, report)
    if summary.written:
        path = review.keep_queue(services.config.var, plan.place, plan.queued)
        click.echo(f"Review queue: {len(plan.queued):,} rows in {path}")
    return summary


def _retrieved_on(file: Path) -> date:
    """The day in the file's name, else that of its last change."""
    found = re.search(r"(20\d\d-\d\d-\d\d)", file.name)
    try:
        return date.fromisoformat(found[1]) if found else datetime.fromtimestamp(file.stat().st_mtime, UTC).date()
    except (OSError, ValueError):
        return datetime.now(UTC).date()


def _show_queue(var: Path) -> None:
    try:
        queue = review.read_queue(var, net_zero.PLACE)
    except WrongFile as error:
        raise Failed(str(error)) from error
    if queue is None:
        raise Failed("No review queue yet: import a file first.")
    for one in queue:
        say(f"{one['key']}  {one['name']} ({one['country']}, {one['kind']}): {one['reason']}")
        for candidate in one["candidates"]:
            say(f"    {_said(candidate)}")
    click.echo(f"{len(queue):,} rows wait. Choose units in a CSV with the columns row_key,unit; then --match it.")


def _said(candidate: Mapping[str, Any]) -> str:
    codes = ", ".join(candidate["identifiers"])
    return f"{candidate['unit']}  {candidate['name']} ({candidate['sphere']}{', ' if codes else ''}{codes})"
