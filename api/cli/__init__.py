"""The command line `subsidia`. Every verb works alone, or beside a running server on the same `var/` or database."""

from importlib.metadata import PackageNotFoundError, version

import click

from api.cli.attesting import attest
from api.cli.audit import audit
from api.cli.erasing import erase
from api.cli.figures import figure
from api.cli.importing import import_group
from api.cli.keeping import doctor, migrate, rebuild, replay
from api.cli.opening import open_one, openings
from api.cli.receipt import receipt
from api.cli.running import Interruptible
from api.cli.serving import serve
from api.cli.tokens import token
from api.cli.working import work

__all__ = ["cli", "main"]


@click.group(cls=Interruptible, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def cli() -> None:
    """The shared register of what governments of every sphere promised, entrusted and decided to one another.

    Configured by the environment: DATABASE_URL, HOST, PORT, SUBSIDIA_VAR, SUBSIDIA_ORIGIN, SUBSIDIA_SIGNING_KEY,
    LOG_LEVEL. Without DATABASE_URL an embedded PostgreSQL runs under SUBSIDIA_VAR (var) while it is needed.

    \b
    Exit status: 0 done · 1 not done, and why is said · 2 asked wrongly ·
    3 done but not well (doctor and replay found faults; a strict import has bad rows) · 130 interrupted ·
    `subsidia audit` has statuses of its own
    """


@cli.command("version")
def show_version() -> None:
    """Say which version this is."""
    click.echo(f"subsidia {own_version()}")


def own_version() -> str:
    """The version of the installed package."""
    try:
        return version("subsidia")
    except PackageNotFoundError:
        return "not installed"


for command in (figure, openings, open_one, receipt):
    audit.add_command(command)
for command in (serve, work, migrate, import_group, token, rebuild, replay, attest, audit, doctor, erase):
    cli.add_command(command)


def main() -> None:
    """What the launcher and the console script call."""
    cli(prog_name="subsidia")
