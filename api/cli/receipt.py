"""`subsidia audit receipt`: what an officer was given for a command, held against the ledger as it is shown now."""

from pathlib import Path

import click

from api.cli.parameters import FILE, FOLDER, key_option
from api.cli.verdicts import as_json, close
from domain.ledger.findings import Verdict
from domain.ledger.notes import VerifierKey
from services.audit.bundle import Bundle
from services.audit.receipts import receipt as checked


@click.command("receipt")
@click.argument("receipt", type=FILE)
@click.argument("bundle", type=FOLDER, required=False)
@key_option()
@as_json
def receipt(receipt: Path, bundle: Path | None, key: VerifierKey, as_json: bool) -> None:
    """Check the RECEIPT of a command (the saved answer), and that the ledger in BUNDLE still holds its records.

    A receipt is signed: whoever holds one can refute a ledger that was cut back or told anew since, whatever it shows.

    \b
    Example: subsidia audit receipt receipt.json bundle --key register.example/ledger+1a2b3c4d+AX...
    """
    report = checked(receipt.read_bytes(), key, None if bundle is None else Bundle(bundle))
    if report.verdict is Verdict.FORK and not as_json:
        click.echo("Keep the receipt, and the bundle's file `checkpoint`: both are signed by the same key.")
    close(report, as_json)
