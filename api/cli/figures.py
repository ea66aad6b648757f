"""`subsidia audit figure`: count again what a scorecard says, and by another rule beside it."""

from datetime import UTC, datetime
from inspect import cleandoc
from pathlib import Path
from typing import Any

import click
import msgspec

from api.cli.parameters import FOLDER, Moment
from api.cli.running import say, shown
from api.cli.verdicts import as_json, close, say_whence
from projections.figures import RULES
from services.audit import figuring
from services.audit.bundle import Bundle, Unfit
from services.audit.figuring import Figured
from services.audit.verifying import Report
from services.terminal import on_one_line

VIEWS = (*figuring.COUNTED, figuring.TERRITORIES)
LAST = datetime.max.replace(tzinfo=UTC)
OF_WHAT = ("key", "scope", "of", "unit", "title", "sphere")


@click.command()
@click.argument("bundle", type=FOLDER)
@click.option("--view", type=click.Choice(VIEWS), required=True, help="Which table of figures.")
@click.option("--key", required=True, metavar="KEY",
              help="Which row of it, such as sphere:local or unit:<id>; of territories the unit's id.")  # fmt: skip
@click.option("--at", type=Moment(), default=LAST, help="A position, or a date or time (UTC); absent: the last record.")
@click.option("--rule", "rules", type=click.Choice(list(RULES)), multiple=True, help="Count by this rule, too.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]),
              help="Of territories: the day on which memberships count; absent: the last record's.")  # fmt: skip
@as_json
def figure(
    bundle: Path, view: str, key: str, at: int | datetime, rules: tuple[str, ...], day: datetime | None, as_json: bool
) -> None:  # fmt: skip
    """Count the figures of one row again, from the records in BUNDLE alone.

    What `GET /v1/VIEW/KEY?as_of=...` answers is the column of the standard rule, to the last digit of its digest. With
    --rule the same commitments are counted by another one, and those that make the difference are named.

    \b
    Example: subsidia audit figure bundle --view scorecards --key sphere:local --rule late-as-failed
    """
    chosen = [RULES[name] for name in dict.fromkeys(rules)]
    try:
        with shown("figure") as progress:
            if view == figuring.TERRITORIES:
                lies = None if day is None else day.date()
                found = figuring.of_a_territory(Bundle(bundle), key, at, lies, chosen, progress)
            else:
                found = figuring.figure(Bundle(bundle), view, key, at, chosen, progress)
    except Unfit as unfit:
        close(Report(findings=[unfit.finding]), as_json)
        return
    if as_json:
        click.echo(msgspec.json.encode(_plain(found)))
        return
    _show(found)
    say_whence(found.position, found.at)


figure.help = cleandoc(figure.help or "") + "".join(f"\n\n{rule.name}: {rule.says}" for rule in RULES.values())


def _made_from(inputs: dict[str, Any]) -> str:
    if "units" in inputs:
        return f"{inputs['units']:,} units, {inputs['commitments']:,} commitments"
    between = f"from {inputs['first']} to {inputs['last']}" if inputs["records"] else "none"
    return f"{inputs['records']:,} records, positions {between}"


def _plain(found: Figured) -> dict[str, Any]:
    return {
        "position": found.position, "at": found.at.isoformat(),
        "figures": {rule: msgspec.Raw(row) for rule, row in found.rows.items()},
        "otherwise": found.otherwise,
    }  # fmt: skip


def _show(found: Figured) -> None:
    rows = [msgspec.json.decode(row, type=dict[str, Any]) for row in found.rows.values()]
    inputs = [row.pop("inputs") for row in rows]
    say(on_one_line(f"{rows[0]['key']}  {rows[0]['title']}"), bold=True)
    names = [name for name in dict.fromkeys(name for row in rows for name in row) if any(row.get(name) for row in rows)]
    wide = max(map(len, names))
    across = max(14, *map(len, found.rows))
    say(" " * wide + "".join(f"  {rule:>{across}}" for rule in found.rows))
    for name in (one for one in names if one not in OF_WHAT):
        cells = [row.get(name) for row in rows]
        alike = all(cell == cells[0] for cell in cells)
        line = name.ljust(wide) + "".join(f"  {'' if cell is None else str(cell):>{across}}" for cell in cells)
        say(line, fg=None if alike else "yellow")
    for rule, one in zip(found.rows, inputs, strict=True):
        say(f"{rule}: {_made_from(one)}, digest {one['digest']}")
    for rule, otherwise in found.otherwise.items():
        for each in otherwise:
            states = f"{each.standard or 'left out'} -> {each.other or 'left out'}"
            say(on_one_line(f"{rule}: {each.key} {each.name}: {states}"))
