"""`subsidia audit chain`: make the chain of a commitment again, from a copy alone."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

import click

from api.cli.figures import LAST
from api.cli.parameters import FOLDER, Moment
from api.cli.running import shown
from api.cli.verdicts import as_json, close, say_whence
from services.audit import chaining
from services.audit.bundle import Bundle, Unfit
from services.audit.verifying import Report


@click.command()
@click.argument("bundle", type=FOLDER)
@click.option("--key", required=True, type=click.UUID, metavar="ID", help="The commitment's id.")
@click.option("--at", type=Moment(), default=LAST, help="A position, or a date or time (UTC); absent: the last record.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Up to which day is counted; absent: the last record's.")
@click.option("--after", type=click.IntRange(0), default=0, help="Begin behind so many links.")
@click.option("--whole", is_flag=True, help="All links, however many: a server names 500 at a time.")
@as_json
def chain(
    bundle: Path, key: UUID, at: int | datetime, day: datetime | None, after: int, whole: bool, as_json: bool
) -> None:
    """Print everything that a commitment waits for, and whose turn it is, from the records in BUNDLE alone.

    It is what `GET /v1/chains/ID?as_of=...` answers.
    """
    if whole and after:
        raise click.UsageError("With --whole there is nothing to begin behind.")
    try:
        with shown("chain") as progress:
            upto = None if day is None else day.date()
            found = chaining.chain(Bundle(bundle), key, at, upto, progress, None if whole else after)
    except Unfit as unfit:
        close(Report(findings=[unfit.finding]), as_json)
        return
    click.echo(found.row)
    say_whence(found.position, found.at)
