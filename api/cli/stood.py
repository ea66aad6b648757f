"""`subsidia audit replay` and `diff`: views as they stood, from the records in a bundle alone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import click
import msgspec

from api.asking import LIMIT, Question
from api.auditing import server
from api.cli.parameters import FOLDER, Moment, is_url
from api.cli.running import run, shown
from api.cli.verdicts import as_json, close, say_change, say_whence
from api.faults import Wrong
from domain.ledger.findings import Finding
from projections.kernel import View
from projections.views import VIEWS
from services.audit import replaying
from services.audit.again import Get
from services.audit.bundle import UNREADABLE, Bundle, Unfit
from services.audit.fetching import Unreachable
from services.audit.published import Page, Published, published
from services.audit.replaying import Replay, Stood
from services.audit.verifying import Report
from services.views.narrowing import narrowed
from services.views.ports import BadQuery, Column, Filter
from services.views.tables import Table

NAMED = {view.name: view for view in VIEWS}

view_option = click.Choice(list(NAMED))


@click.command()
@click.argument("bundle", type=FOLDER)
@click.option("--at", type=Moment(), required=True, help="A position, or a date or time (UTC); a date means its end.")
@click.option("--view", type=view_option, required=True, help="Which table.", metavar="VIEW")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="For what depends on a day; absent: the last record's.")
@click.option("--digest", "digest_only", is_flag=True, help="Print the digest of the view's dump instead of its rows.")
@click.option("--against", metavar="URL|FILE",
              help="Compare with what this server publishes as of that position, or with what you saved.")  # fmt: skip
@click.option("--where", "conditions", multiple=True, metavar="NAME=VALUE",
              help="Only rows for which this holds, as the API names it: backdated.gt=30. Repeatable.")  # fmt: skip
@as_json
def replay(
    bundle: Path, at: int | datetime, view: str, day: datetime | None, digest_only: bool, against: str | None,
    conditions: tuple[str, ...], as_json: bool,
) -> None:  # fmt: skip
    """Print a view as it stood, a row a line, from the records in BUNDLE alone.

    The same folds as the server's: each row equals what `GET /v1/VIEW?as_of=...` answers. With --against they are
    compared instead of printed, with the server's own or with an answer that was saved once (JSON, lines of JSON, CSV,
    .xlsx); with --digest all of them become the one digest that a server attests.
    """
    chosen = NAMED[view]
    if conditions and (against is not None or digest_only):
        raise click.UsageError("A digest and a comparison are of the whole table: --where is for printing rows.")
    columns = tuple(field.column for field in Table(chosen).fields)
    filters = [_filter(Question(chosen, columns), one) for one in conditions]
    try:
        saved = None if against is None or is_url(against) else _saved(against)
        stood = _stood(bundle, [chosen], [at], day)[0][chosen.name]
        report = None if saved is None else _as_saved(chosen, stood, saved)
        if against is not None and report is None:
            report = _compared(chosen, stood, against)
    except Unfit as unfit:
        close(Report(findings=[unfit.finding]), as_json)
        return
    if report is not None:
        close(report, as_json)
        return
    if digest_only:
        click.echo(f"{chosen.name}@{chosen.version} {stood.digest} {len(stood.rows):,} rows")
    else:
        _print(stood, columns, filters)
    assert stood.at is not None
    say_whence(stood.position, stood.at, len(stood.rows))


def _filter(question: Question, said: str) -> Filter:
    name, _, value = said.partition("=")
    if name not in question.filters:
        columns = dict.fromkeys(one.column.name for one in question.filters.values())
        raise click.UsageError(f"{name!r} filters nothing in {question.view.name}. It has {', '.join(columns)}.")
    try:
        return question.filters[name].read([value])
    except Wrong as wrong:
        raise click.UsageError(f"{name}: {wrong}") from None


def _print(stood: Stood, columns: Sequence[Column], filters: Sequence[Filter]) -> None:
    try:
        rows = narrowed(stood.rows, columns, filters) if filters else stood.rows
    except BadQuery as error:
        raise click.UsageError(str(error)) from None
    if filters:
        click.echo(f"{len(rows):,} of {len(stood.rows):,} rows.", err=True)
    for row in rows.values():
        click.echo(row)


def _saved(path: str) -> Published:
    if not Path(path).is_file():
        raise click.UsageError(f"{path!r} is neither a file nor an address like https://register.example.")
    return published(Path(path).read_bytes())


def _as_saved(view: View, stood: Stood, saved: Published) -> Report:
    """Raises Unfit: the file says itself that it is of something else."""
    saved.of(view, stood.position)
    report = Report(findings=list(saved.contradictions(stood, view)))
    if stood.rows and not saved.rows:
        says = (
            f"The file holds no row: nothing was compared with the {len(stood.rows):,} of {view.name} that stood then."
        )
        raise Unfit(Finding("nothing-compared", says, None, f"{len(stood.rows):,} rows", "none"))
    report.checked.append(f"{len(saved.rows):,} rows of {view.name} that were saved, as of position {stood.position}")
    if saved.as_of is None:
        report.unchecked.append(f"whether they were shown as of position {stood.position}: the file does not say")
    if left := len(stood.rows) - len({str(row.get("key")) for row in saved.rows}):
        report.unchecked.append(f"{left:,} rows that stood then and are not in the file: it may be a part of the list")
    if lacks := saved.lacks(stood, view):
        says = "no row of the file has them, as in an earlier version of the view"
        report.unchecked.append(f"the columns {', '.join(sorted(lacks))}: {says}")
    report.unchecked.append("the bundle itself: run `subsidia audit verify` on it")
    return report


def _compared(view: View, stood: Stood, url: str) -> Report:
    """Raises Unfit: the server has the view in another version, and is accused of nothing."""

    async def work() -> list[bytes]:
        async with server(url) as get:
            return await shown_by(get, view, stood, url)

    report = Report()
    try:
        rows = run(work())
    except Unreachable as error:
        report.add(Finding("unreachable", str(error)))
        return report
    report.add(*replaying.contradictions(stood, view.name, rows))
    report.checked.append(f"{len(stood.rows):,} rows of {view.name} as of position {stood.position}")
    report.unchecked.append("the bundle itself: run `subsidia audit verify` on it")
    return report


async def shown_by(get: Get, view: View, stood: Stood, url: str) -> list[bytes]:
    """The rows that a server shows, page by page; of more than there may be only some. Raises Unreachable, Unfit."""
    rows, asked, cursor = list[bytes](), f"v1/{view.name}?as_of={stood.position}&limit={LIMIT}", ""
    while len(rows) <= len(stood.rows):
        answer = await get(f"{asked}&cursor={quote(cursor, safe='')}" if cursor else asked)
        if answer is None:
            raise Unreachable(f"{url} has no view {view.name}.")
        try:
            page = msgspec.json.decode(answer, type=Page)
        except UNREADABLE as error:
            raise Unreachable(f"{url} does not answer as a ledger does: {error}") from error
        Published([], page.as_of).of(view, stood.position)
        rows += map(bytes, page.items)
        if not page.next or not page.items:
            break
        cursor = page.next
    return rows


@click.command()
@click.argument("bundle", type=FOLDER)
@click.option("--from", "first", type=Moment(), required=True, help="The earlier position, date or time.")
@click.option("--to", "second", type=Moment(), required=True, help="The later one.")
@click.option("--view", "views", type=view_option, multiple=True, help="Only this table; absent: all.", metavar="VIEW")
@as_json
def diff(bundle: Path, first: int | datetime, second: int | datetime, views: tuple[str, ...], as_json: bool) -> None:
    """Say which rows of the views changed between two moments, and how. Before the first record there were none."""
    chosen = [NAMED[name] for name in views] or list(VIEWS)
    try:
        before, after = _stood(bundle, chosen, [first, second], empty=True)
    except Unfit as unfit:
        close(Report(findings=[unfit.finding]), as_json)
        return
    for view in chosen:
        for one in replaying.differences(before[view.name], after[view.name]):
            say_change(view.name, one, as_json)
    begun = before[chosen[0].name]
    since = "From the beginning" if begun.at is None else f"From position {begun.position}"
    click.echo(f"{since} to position {after[chosen[0].name].position}.", err=True)


def _stood(
    bundle: Path, views: list[View], moments: list[int | datetime], day: datetime | None = None, *, empty: bool = False
) -> list[Mapping[str, Stood]]:
    """The views at each of the moments, the earlier first; or nothing, if they may be `empty`. Raises Unfit."""
    wanted = {one.name for view in views for one in replaying.group_of(view)}
    replayed = Replay(Bundle(bundle), [view for view in VIEWS if view.name in wanted])
    found = list[Mapping[str, Stood]]()
    with shown("replay") as progress:
        for moment in moments:
            try:
                replayed.until(moment, progress)
            except Unfit as unfit:
                if not empty or found or unfit.finding.code != "before-first-record":
                    raise
                found.append(dict.fromkeys((view.name for view in views), Stood(-1, None, {})))
                continue
            found.append({view.name: replayed.shown(view, day.date() if day else None) for view in views})
    return found
