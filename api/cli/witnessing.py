"""`subsidia audit cosign`: a party says of another's ledger what it saw, so that nobody can tell it otherwise later."""

from datetime import UTC, datetime
from pathlib import Path

import click

from api.cli.parameters import FOLDER, key_option
from api.cli.running import say
from api.cli.verdicts import close, keep_seen
from domain.ledger.findings import Verdict
from domain.ledger.notes import VerifierKey, named
from services.audit.bundle import Bundle, Unfit
from services.audit.verifying import Report
from services.audit.witnessing import Witness
from services.audit.witnessing import cosign as cosigned
from services.disk import alone_in
from services.keys import KeyUnusable, load_or_make

PLACE = click.Path(path_type=Path, dir_okay=False)


@click.command("cosign")
@click.argument("bundle", type=FOLDER)
@key_option()
@click.option("--as", "name", required=True, metavar="NAME", help="What the witness is called: best a name of yours in"
              " the net, with a path, such as lyon.example/witness.")  # fmt: skip
@click.option("--signing-key", type=PLACE, required=True, help="The witness's own key; made there if there is none.")
@click.option("--state", type=PLACE, required=True,
              help="Keeps what you cosigned last; read first. Only what continues it is cosigned.")  # fmt: skip
def cosign(bundle: Path, key: VerifierKey, name: str, signing_key: Path, state: Path) -> None:
    """Cosign the checkpoint of BUNDLE, and print it: a ledger cut back or told anew later is refuted by it.

    Verify the bundle first; here only its tree is looked at, and that it continues what you cosigned before.

    \b
    Example: subsidia audit cosign bundle --key ministry.example/ledger+1a2b3c4d+AX... \\
               --as lyon.example/witness --signing-key witness.pem --state cosigned.checkpoint
    """
    if not named(name):
        raise click.UsageError("A witness's name has no space and no plus in it.")
    if state.exists() and not state.is_file():
        raise click.UsageError(f"What you cosign is kept in {state}, to be read the next time: that is no file.")
    if state.exists() and not signing_key.exists():
        raise click.UsageError(f"You cosigned before, but your key {signing_key} is gone: restore it from your backup.")
    if signing_key.exists() and not state.exists():
        say(
            f"Nothing says what you cosigned before: there is no {state}. Is this the first time with this key?",
            err=True,
        )
    try:
        witness = Witness(name, load_or_make(signing_key, may_make=True))
    except KeyUnusable as error:
        raise click.UsageError(str(error)) from error
    try:
        # Two at once would read the same state, and the later one might forget what the other had cosigned.
        with alone_in(state.resolve().parent):
            note = _cosigned(Bundle(bundle), key, witness, state)
    except OSError as error:
        raise click.UsageError(f"The checkpoint cannot be kept: {error}") from error
    click.echo(note, nl=False)
    say(f"Cosigned by {witness.verifier}: give this key to whoever is to rely on you.", err=True)


def _cosigned(bundle: Bundle, key: VerifierKey, witness: Witness, state: Path) -> bytes:
    """Ends with the status of what is wrong, if anything is."""
    seen = state.read_bytes() if state.exists() else None
    try:
        note = str(cosigned(bundle, key, witness, seen, datetime.now(UTC))).encode()
    except Unfit as unfit:
        report = Report(findings=[unfit.finding])
        if report.verdict is Verdict.FORK:
            say(f"{(seen or b'').decode(errors='replace')}\n{bundle.note().decode(errors='replace')}")
        close(report, as_json=False)
        raise
    # Kept before it is given to anybody: what nobody remembers to have cosigned could be contradicted.
    keep_seen(state, note)
    return note
