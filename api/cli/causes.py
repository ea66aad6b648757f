"""`subsidia audit causes`: what caused a record and what it caused, from a copy alone."""

from datetime import datetime
from pathlib import Path

import click

from api.cli.figures import LAST
from api.cli.parameters import FOLDER, Moment
from api.cli.running import shown
from api.cli.verdicts import as_json, close, say_whence
from services.audit import causing
from services.audit.bundle import Bundle, Unfit
from services.audit.verifying import Report


@click.command()
@click.argument("bundle", type=FOLDER)
@click.option("--position", required=True, type=click.IntRange(0), help="The record's position.")
@click.option("--at", type=Moment(), default=LAST, help="A position, or a date or time (UTC); absent: the last record.")
@as_json
def causes(bundle: Path, position: int, at: int | datetime, as_json: bool) -> None:
    """Print what caused a record, up to where it began, and all that followed, from the records in BUNDLE alone.

    It is what `GET /v1/causes/POSITION?as_of=...` answers.
    """
    try:
        with shown("causes") as progress:
            found = causing.caused(Bundle(bundle), position, at, progress)
    except Unfit as unfit:
        close(Report(findings=[unfit.finding]), as_json)
        return
    click.echo(found.row)
    say_whence(found.position, found.at)
