"""`subsidia audit openings` and `audit open`: what is shown of sealed values, compared with the signed hashes."""

import os
from pathlib import Path

import click
import msgspec

from api.auditing import server
from api.cli.parameters import FOLDER
from api.cli.running import run
from api.cli.verdicts import as_json, close
from domain.ledger.findings import Finding
from services.audit import openings as shown_openings
from services.audit.bundle import Bundle, Unfit
from services.audit.fetching import Unreachable, read_checkpoint
from services.audit.openings import Sealed, Shown
from services.audit.verifying import Report

ITSELF = "the bundle itself: run `subsidia audit verify` on it"


@click.command("openings")
@click.argument("url", metavar="URL")
@click.argument("bundle", type=FOLDER)
@click.option(
    "--token", envvar="SUBSIDIA_TOKEN", required=True, show_envvar=True, help="Of an auditor of the register."
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False),
              help="Keep what was shown, one line a value, readable to you alone: it holds names.")  # fmt: skip
@as_json
def openings(url: str, bundle: Path, token: str, out: Path | None, as_json: bool) -> None:
    """Ask the server at URL for all that is sealed in BUNDLE: each value must be what was sealed, or erased by record.

    \b
    Example: SUBSIDIA_TOKEN=sub_... subsidia audit openings https://register.example bundle
    """

    async def work(size: int) -> list[Shown]:
        async with server(url, token) as get:
            return await shown_openings.ask(get, size)

    report = Report()
    try:
        size, sealed = _sealed(bundle, report)
        found = run(work(size))
    except Unfit as unfit:
        report.add(unfit.finding)
    except Unreachable as error:
        report.add(Finding("unreachable", str(error)))
    else:
        report.add(*shown_openings.compare(sealed, found))
        erased = len(sealed.erased & sealed.hashes.keys())
        report.checked.append(
            f"{len(sealed.hashes) - erased:,} sealed values, and {erased:,} that were erased by record"
        )
        if out is not None:
            _keep(out, found)
    report.unchecked.append(ITSELF)
    close(report, as_json)


@click.command("open")
@click.argument("bundle", type=FOLDER)
@click.option("--record", required=True, metavar="STREAM/VERSION", help="The record that holds the hash.")
@click.option("--path", required=True, help="Where it stands there, such as /name.")
@click.option("--value", required=True, help="The text that was sealed.")
@click.option("--salt", required=True, help="Its salt: 64 hexadecimal digits.")
@as_json
def open_one(bundle: Path, record: str, path: str, value: str, salt: str, as_json: bool) -> None:
    """Check that a text is what a record of BUNDLE sealed: whoever holds value and salt proves it to anybody.

    \b
    Example: subsidia audit open bundle --record 7d7f.../4 --path /name --value "Ada Example" --salt 9f3c...
    """
    report = Report()
    try:
        _, sealed = _sealed(bundle, report)
    except Unfit as unfit:
        report.add(unfit.finding)
    else:
        report.add(*_opened(sealed, Shown(record, path, value, salt)))
        report.checked.append(f"the hash that {record} holds under {path}")
    report.unchecked.append(ITSELF)
    close(report, as_json)


def _opened(sealed: Sealed, one: Shown) -> tuple[Finding, ...]:
    there = sealed.hashes.get((one.record, one.path))
    if there is None:
        return (Finding("record-unknown", f"Nothing is sealed in {one.record} under {one.path}."),)
    position, digest = there
    got = shown_openings.hashed(one.value, one.salt)
    if got == digest:
        return ()
    return (Finding("opening-differs", shown_openings.MISSING["opening-differs"], position, digest, got),)


def _sealed(folder: Path, report: Report) -> tuple[int, Sealed]:
    """How many records there are, and what is sealed in them. Raises Unfit."""
    bundle = Bundle(folder)
    try:
        said = read_checkpoint(bundle.note())
    except ValueError as error:
        raise Unfit(Finding("checkpoint-malformed", f"The bundle's checkpoint is none: {error}")) from error
    report.origin, report.root = said.origin, said.root.hex()
    return said.size, shown_openings.sealed_in(bundle, said.size)


def _keep(out: Path, found: list[Shown]) -> None:
    try:
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.Encoder().encode_lines(found))
    except OSError as error:
        raise click.UsageError(f"{out} cannot be written: {error.strerror}") from error
