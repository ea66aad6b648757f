"""`subsidia audit`: copy a ledger, check it offline, prove records. No database is opened."""

from functools import partial
from pathlib import Path

import click
import msgspec

from api.auditing import server
from api.cli.causes import causes
from api.cli.chains import chain
from api.cli.figures import figure
from api.cli.opening import open_one, openings
from api.cli.parameters import FILE, FOLDER, Key, is_url, key_option
from api.cli.receipt import receipt
from api.cli.reporting import report as report_page
from api.cli.running import run, say, shown
from api.cli.stood import diff, replay
from api.cli.verdicts import Audits, as_json, close, keep_seen
from api.cli.witnessing import cosign
from domain.ledger import proof_files
from domain.ledger.findings import Finding, Verdict
from domain.ledger.notes import COSIGNING, VerifierKey
from services.audit import crosschecking, fetching, proving, verifying
from services.audit.again import DAMAGED
from services.audit.bundle import CHECKPOINT, Bundle, Unfit
from services.audit.fetching import AskedWrongly, Unreachable
from services.audit.verifying import Report, signed
from services.audit.witnessing import judge
from services.audit.workers import workers


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
    checkpoint that this key did not sign is refused before anything is written, and so is an earlier one.
    """
    bundle = Bundle(out)
    found = run(_fetch(_url(url), bundle, fresh=fresh, key=key))
    report = Report(size=found.size, findings=list(found.findings))
    report.checked += _copied(found, bundle)
    if key is not None and found.size and not found.findings:
        report.checked.append(f"every checkpoint that was kept is signed by {key}")
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


async def _fetch(url: str, bundle: Bundle, *, fresh: bool, key: VerifierKey | None) -> fetching.Fetched:
    read = fetching.read_checkpoint if key is None else partial(signed, key=key)
    try:
        async with server(url) as get:
            with shown("fetch") as progress:
                return await fetching.fetch(get, bundle, progress, fresh=fresh, read=read)
    except OSError as error:
        said = f"The bundle cannot be written: {error}"
    except Unreachable as error:
        said = str(error)
    return fetching.Fetched(findings=(Finding("unreachable", said),))


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
@click.option("--strict", is_flag=True, help="No verdict (3) where this program has not the rules to decide again.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1,
              help="So many processes at once, each with memory of its own. They find the same.")  # fmt: skip
@as_json
def verify(
    bundle: Path, key: VerifierKey, state: Path | None, witnessed: tuple[Path, ...],
    witnesses: tuple[VerifierKey, ...], structure_only: bool, strict: bool, jobs: int, as_json: bool,
) -> None:  # fmt: skip
    """Check all of BUNDLE offline, with no server and no database."""
    if strict and structure_only:
        raise click.UsageError("--strict demands that all is decided again, --structure-only that nothing is.")
    copy = Bundle(bundle)
    saved = state.read_bytes() if state is not None and state.is_file() else None
    brought = {str(path): path.read_bytes() for path in witnessed}
    with shown("verify") as progress, workers(jobs) as several:
        report = verifying.verify(
            copy, key, saved=saved, witnessed=brought, decide=not structure_only, strict=strict, workers=several,
            progress=progress,
        )  # fmt: skip
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
        proof = _fetched_proof(source, position) if is_url(source) else proving.prove(Bundle(Path(source)), position)
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
        proof = _consistency(source, pair) if source is not None and is_url(source) else None
    except Unreachable as error:
        close(Report(findings=[Finding("unreachable", str(error))]), as_json)
        return
    except Unfit as unfit:
        close(Report(findings=[unfit.finding]), as_json)
        return
    between = proving.sizes(pair)
    if source is None and between is not None and between[0] != between[1]:
        raise click.UsageError("They are of two sizes: name a URL or a BUNDLE that joins them.")
    bundle = Bundle(Path(source)) if source is not None and not is_url(source) else None
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


@audit.command("cross-check")
@click.argument("bundle", type=FOLDER)
@as_json
def cross_check(bundle: Path, as_json: bool) -> None:
    """Replay BUNDLE with the stock eventsourcing library, and compare every stream's state with ours."""
    with shown("cross-check") as progress:
        report = crosschecking.cross_check(Bundle(bundle), progress=progress)
    close(report, as_json)


def _url(text: str) -> str:
    if not is_url(text):
        raise click.UsageError(f"{text!r} is no address like https://register.example.")
    return text


for command in (replay, diff, figure, chain, causes, openings, open_one, receipt, report_page, cosign):
    audit.add_command(command)
