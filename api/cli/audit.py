"""`subsidia audit`: copy a ledger, check it offline, prove records, see views as they stood. No database is opened."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

import click
import msgspec

from api.auditing import server
from api.cli.figures import figure
from api.cli.opening import open_one, openings
from api.cli.parameters import FILE, FOLDER, Key, Moment, key_option
from api.cli.receipt import receipt
from api.cli.reporting import report as report_page
from api.cli.running import run, say, shown
from api.cli.verdicts import Audits, as_json, close, keep_seen, say_change, say_whence
from api.cli.witnessing import cosign
from domain.ledger import proof_files
from domain.ledger.findings import Finding, Verdict
from domain.ledger.notes import COSIGNING, VerifierKey
from projections.kernel import View
from projections.views import VIEWS
from services.audit import crosschecking, fetching, proving, replaying, verifying
from services.audit.again import DAMAGED
from services.audit.bundle import CHECKPOINT, Bundle, Unfit
from services.audit.fetching import AskedWrongly, Unreachable
from services.audit.published import Published, published
from services.audit.replaying import Replay, Stood
from services.audit.verifying import Report, signed
from services.audit.witnessing import judge
from services.audit.workers import workers

NAMED = {view.name: view for view in VIEWS}

view_option = click.Choice(list(NAMED))


@click.group("audit", cls=Audits)
def audit() -> None:
    """Check a ledger without trusting whoever runs it.

    \b
    The way of an audit:
      subsidia audit fetch https://register.example --out bundle
      subsidia audit verify bundle --key register.example/ledger+1a2b3c4d+AX... --state seen.checkpoint
      subsidia audit replay bundle --at 2026-11-24 --view commitments

    \b
    Exit status: 0 verified · 1 integrity failure · 2 asked wrongly · 3 incomplete, no verdict ·
    4 policy not met (fewer records than you saw before, a silent clock) · 5 evidence of a fork
    """


@audit.command()
@click.argument("url", metavar="URL")
@click.option("--out", type=FOLDER, required=True, help="The directory to copy into; it may hold an earlier copy.")
@click.option("--fresh", is_flag=True, help="Ask again for all that is there, and not for some of it by chance.")
@key_option(required=False)
@as_json
def fetch(url: str, out: Path, fresh: bool, key: VerifierKey | None, as_json: bool) -> None:
    """Copy the whole ledger from URL. Stopped, it goes on where it was; later, it fetches what is new.

    Of what is there already it asks again: for all of it in small ledgers, for some in large ones. What the server
    shows otherwise than it did first is put beside it, under later/, and is a failure of integrity. With --key, a
    checkpoint that this key did not sign is refused before anything is written.
    """
    bundle = Bundle(out)
    read = fetching.read_checkpoint if key is None else partial(signed, key=key)

    async def work() -> fetching.Fetched:
        async with server(_url(url)) as get:
            with shown("fetch") as progress:
                try:
                    return await fetching.fetch(get, bundle, progress, fresh=fresh, read=read)
                except OSError as error:
                    raise Unreachable(f"The bundle cannot be written: {error}") from error

    try:
        found = run(work())
    except Unreachable as error:
        found = fetching.Fetched(findings=(Finding("unreachable", str(error)),))
    report = Report(size=found.size, findings=list(found.findings))
    report.checked += _copied(found, bundle)
    if key is not None and found.size:
        report.checked.append(f"the signature of the server's checkpoint is by {key}")
    report.unchecked.append(f"everything{' else' if key else ''}: run `subsidia audit verify`")
    if left := found.kept - found.asked:
        report.unchecked.append(
            f"whether the server still shows {left:,} files that were there: `--fresh` asks for all"
        )
    if not as_json and not found.findings:
        click.echo(f"{found.size:,} records are in {out}: {'; '.join(report.checked)}.")
        if left:
            click.echo("These were chosen by chance: `--fresh` asks for all of them.")
        click.echo(f"{'Nothing else' if key else 'Nothing'} has been checked yet: run `subsidia audit verify`.")
        return
    close(report, as_json, well="fetched")


def _copied(found: fetching.Fetched, bundle: Bundle) -> list[str]:
    said = [f"{found.fetched:,} files fetched, {found.kept:,} were there"]
    if found.asked:
        same = " and came the same" if not found.findings and not found.mended else ""
        said.append(f"{found.asked:,} of these were asked for again{same}")
    if found.mended:
        said.append(
            f"{found.mended:,} did not come to the signed root, and were replaced by the server's, which do:"
            f" yours are in {bundle.beside(DAMAGED)}"
        )
    return said


@audit.command()
@click.argument("bundle", type=FOLDER)
@key_option()
@click.option("--state", type=click.Path(path_type=Path, dir_okay=False),
              help="Keeps the checkpoint that you saw last; read first, and written if all is well.")  # fmt: skip
@click.option("--witnessed", type=FILE, multiple=True,
              help="A checkpoint of others, such as a cosigned one: the records must come to it.")  # fmt: skip
@click.option("--witness", "witnesses", type=Key(COSIGNING), multiple=True,
              help="The key of a witness: it must have cosigned one of these, or BUNDLE's own.")  # fmt: skip
@click.option("--structure-only", is_flag=True, help="Do not decide again: only signature, tree, bytes and order.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1,
              help="So many processes at once, each with memory of its own. They find the same.")  # fmt: skip
@as_json
def verify(
    bundle: Path, key: VerifierKey, state: Path | None, witnessed: tuple[Path, ...],
    witnesses: tuple[VerifierKey, ...], structure_only: bool, jobs: int, as_json: bool,
) -> None:  # fmt: skip
    """Check all of BUNDLE offline, with no server and no database."""
    copy = Bundle(bundle)
    saved = state.read_bytes() if state is not None and state.is_file() else None
    brought = {str(path): path.read_bytes() for path in witnessed}
    with shown("verify") as progress, workers(jobs) as several:
        report = verifying.verify(
            copy, key, saved=saved, witnessed=brought, decide=not structure_only, workers=several, progress=progress
        )
    # No path is called so: a file of that name is one of others.
    judge(report, {"the bundle's own checkpoint": copy.read(CHECKPOINT) or b"", **brought}, key, witnesses)
    close(report, as_json)
    if state is not None:
        keep_seen(state, copy.note())


@audit.command()
@click.argument("source", metavar="URL|BUNDLE")
@click.option("--position", type=click.IntRange(min=0), required=True, help="The record's position in the ledger.")
def prove(source: str, position: int) -> None:
    """Print the proof that a record lies in the ledger: a file that stands on its own.

    \b
    Example: subsidia audit prove bundle --position 42 > 42.tlog-proof
    """
    try:
        proof = _fetched_proof(source, position) if _is_url(source) else proving.prove(Bundle(Path(source)), position)
    except Unfit as unfit:
        close(Report(findings=[unfit.finding]), as_json=False)
    else:
        click.echo(str(proof), nl=False)


def _fetched_proof(url: str, position: int) -> str:
    async def work() -> bytes | None:
        async with server(url) as get:
            return await get(f"v1/proofs/inclusion?position={position}&format=tlog-proof")

    try:
        answer = run(work())
        if answer is None:
            raise Unreachable(f"{url} gives no proofs.")
        text = answer.decode()
        proof_files.parse(text)
    except AskedWrongly as error:
        raise Unfit(Finding("question-refused", str(error))) from error
    except (Unreachable, UnicodeDecodeError, proof_files.BadProof) as error:
        raise Unfit(Finding("unreachable", str(error))) from error
    return text


@audit.command()
@click.argument("proof", type=FILE)
@click.option("--record", type=FILE, required=True, help="The record: its bytes, or the same JSON laid out to read.")
@key_option()
@as_json
def check(proof: Path, record: Path, key: VerifierKey, as_json: bool) -> None:
    """Check one record against its PROOF, offline."""
    text = proof.read_bytes().decode(errors="replace")
    close(proving.check(text, record.read_bytes(), key), as_json)


@audit.command()
@click.argument("first", type=FILE)
@click.argument("second", type=FILE)
@click.argument("source", metavar="[URL|BUNDLE]", required=False)
@key_option(required=False)
@as_json
def compare(first: Path, second: Path, source: str | None, key: VerifierKey | None, as_json: bool) -> None:
    """Say whether two checkpoints are of one history; if not, both are evidence of a fork.

    The server at URL, or a BUNDLE, shows that the longer ledger began with the shorter; two of one size need neither.
    """
    pair = first.read_bytes(), second.read_bytes()
    try:
        proof = _consistency(source, pair) if source is not None and _is_url(source) else None
    except Unreachable as error:
        close(Report(findings=[Finding("unreachable", str(error))]), as_json)
        return
    except Unfit as unfit:
        close(Report(findings=[unfit.finding]), as_json)
        return
    between = proving.sizes(pair)
    if source is None and between is not None and between[0] != between[1]:
        raise click.UsageError("They are of two sizes: name a URL or a BUNDLE that joins them.")
    bundle = Bundle(Path(source)) if source is not None and not _is_url(source) else None
    report = proving.compare(pair, key, proof, bundle)
    if report.verdict is Verdict.FORK and not as_json:
        say(f"{pair[0].decode(errors='replace')}\n{pair[1].decode(errors='replace')}")
    close(report, as_json)


class _Hashes(msgspec.Struct):
    hashes: list[str]


def _consistency(url: str, pair: tuple[bytes, bytes]) -> list[bytes] | None:
    """What the server answers about two sizes; None where there is nothing to ask. Raises Unreachable, Unfit."""
    sizes = proving.sizes(pair)
    if sizes is None or sizes[0] in (0, sizes[1]):
        return None

    async def work() -> bytes | None:
        async with server(url) as get:
            proving.can_tell(await get(CHECKPOINT), pair)
            return await get(f"v1/proofs/consistency?from={sizes[0]}&to={sizes[1]}")

    answer = run(work())
    try:
        return [bytes.fromhex(one) for one in msgspec.json.decode(answer or b"", type=_Hashes).hashes]
    except (msgspec.MsgspecError, ValueError) as error:
        raise Unreachable(f"{url} gives no proof: {error}") from error


@audit.command()
@click.argument("bundle", type=FOLDER)
@click.option("--at", type=Moment(), required=True, help="A position, or a date or time (UTC); a date means its end.")
@click.option("--view", type=view_option, required=True, help="Which table.", metavar="VIEW")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="For what depends on a day; absent: the last record's.")
@click.option("--digest", "digest_only", is_flag=True, help="Print the digest of the view's dump instead of its rows.")
@click.option("--against", metavar="URL|FILE",
              help="Compare with what this server publishes as of that position, or with what you saved.")  # fmt: skip
@as_json
def replay(
    bundle: Path, at: int | datetime, view: str, day: datetime | None, digest_only: bool, against: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Print a view as it stood, a row a line, from the records in BUNDLE alone.

    The same folds as the server's: each row equals what `GET /v1/VIEW?as_of=...` answers. With --against they are
    compared instead of printed, with the server's own or with an answer that was saved once (JSON, lines of JSON, CSV);
    with --digest all of them become the one digest that a server attests.
    """
    chosen = NAMED[view]
    try:
        saved = None if against is None or _is_url(against) else _saved(against)
        stood = _stood(bundle, [chosen], [at], day)[0][chosen.name]
        report = None if saved is None else _as_saved(chosen, stood, saved)
    except Unfit as unfit:
        close(Report(findings=[unfit.finding]), as_json)
        return
    if against is not None:
        close(report or _compared(chosen.name, stood, against), as_json)
        return
    if digest_only:
        click.echo(f"{chosen.name}@{chosen.version} {stood.digest} {len(stood.rows):,} rows")
    else:
        for row in stood.rows.values():
            click.echo(row)
    say_whence(stood)


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
    report.unchecked.append("the bundle itself: run `subsidia audit verify` on it")
    return report


def _compared(view: str, stood: Stood, url: str) -> Report:
    async def work() -> bytes | None:
        async with server(url) as get:
            return await get(f"v1/{view}?as_of={stood.position}&format=ndjson")

    report = Report()
    try:
        answer = run(work())
        if answer is None:
            raise Unreachable(f"{url} has no view {view}.")
    except Unreachable as error:
        report.add(Finding("unreachable", str(error)))
        return report
    report.add(*replaying.contradictions(stood, view, answer.splitlines()))
    report.checked.append(f"{len(stood.rows):,} rows of {view} as of position {stood.position}")
    report.unchecked.append("the bundle itself: run `subsidia audit verify` on it")
    return report


@audit.command("diff")
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


@audit.command("cross-check")
@click.argument("bundle", type=FOLDER)
@as_json
def cross_check(bundle: Path, as_json: bool) -> None:
    """Replay BUNDLE with the stock eventsourcing library, and compare every stream's state with ours."""
    with shown("cross-check") as progress:
        report = crosschecking.cross_check(Bundle(bundle), progress=progress)
    close(report, as_json)


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


def _url(text: str) -> str:
    if not _is_url(text):
        raise click.UsageError(f"{text!r} is no address like https://register.example.")
    return text


def _is_url(text: str) -> bool:
    return re.match(r"https?://", text) is not None


for command in (figure, openings, open_one, receipt, report_page, cosign):
    audit.add_command(command)
