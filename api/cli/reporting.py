"""`subsidia audit report`: rows and the records behind them, as one page that proves itself with the network off."""

import base64
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import click
import jinja2
import msgspec
from markupsafe import Markup

from api.cli.parameters import FOLDER, Moment, key_option
from api.cli.running import shown
from api.cli.verdicts import as_json, close
from api.templates import PAGES
from domain.ledger.notes import VerifierKey
from projections.views import VIEWS
from services.audit import reporting
from services.audit.bundle import Bundle, Unfit
from services.audit.reporting import Evidence
from services.audit.verifying import Report

NAMED = {view.name: view for view in VIEWS}


@click.command("report")
@click.argument("bundle", type=FOLDER)
@click.option("--row", "wanted", type=(click.Choice(list(NAMED)), str), multiple=True, required=True,
              metavar="VIEW KEY", help="A row to report; as often as you like.")  # fmt: skip
@click.option("--at", type=Moment(), help="A position, or a date or time (UTC); absent: the last attestation.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The page to write.")
@key_option()
@as_json
def report(
    bundle: Path, wanted: tuple[tuple[str, str], ...], at: int | datetime | None, out: Path, key: VerifierKey,
    as_json: bool,
) -> None:  # fmt: skip
    """Write one HTML file: rows of views as they stood, the records behind them, and the proofs.

    Whoever opens it needs neither us nor a network: the page checks itself, and names the record that was altered.

    \b
    Example: subsidia audit report bundle --row scorecards sphere:local --row mandates 38604e96-... \\
               --out report.html --key register.example/ledger+1a2b3c4d+AX...
    """
    rows = [(NAMED[name], row) for name, row in wanted]
    try:
        with shown("report") as progress:
            found = reporting.report(Bundle(bundle), key, rows, at, progress)
    except Unfit as unfit:
        close(Report(findings=[unfit.finding]), as_json)
        return
    out.write_text(page(found), encoding="utf-8", newline="")
    close(_said(found, out, key), as_json, well="written")


def _said(found: Evidence, out: Path, key: VerifierKey) -> Report:
    report = Report(origin=key.name)
    report.checked.append(f"{len(found.records):,} records of the report, each under the root that {key} signed")
    for row in found.rows:
        of = f"{row.view} {row.key}, as of position {found.position}"
        if row.attested is None:
            report.unchecked.append(f"{of}: no attestation came to this; the page will say so")
        else:
            report.checked.append(f"{of}: as attested in record {row.attested.recorded}")
    report.unchecked.append("the bundle itself: run `subsidia audit verify` on it")
    report.unchecked.append(f"{out}: open it, or give it to `python3 alone.py report`")
    return report


def page(evidence: Evidence) -> str:
    """The page. What runs in it is named in its own policy, by hash; it may load nothing and ask nobody."""
    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGES), autoescape=True,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    style = "\n".join((PAGES / name).read_text(encoding="utf-8") for name in ("style.css", "report.css"))
    script = (PAGES / "report.js").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_named(style)}'; script-src '{_named(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    # In a script element nothing is an entity, and what begins with `<` might end it.
    carried = msgspec.json.encode(evidence).decode().replace("<", "\\u003c")
    return pages.get_template("report.html").render(
        heading=reporting.heading(evidence), rows=reporting.rows(evidence), records=reporting.records(evidence),
        evidence=Markup(carried), style=Markup(style), script=Markup(script), policy=policy,
    )  # fmt: skip


def _named(text: str) -> str:
    return f"sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}"
