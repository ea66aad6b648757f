"""The command line `subsidia`. Every verb works alone, or beside a running server on the same `var/` or database."""

from importlib.metadata import PackageNotFoundError, version

import click

from api.cli.verbs import Verbs

__all__ = ["cli", "main"]


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
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


def main() -> None:
    """What the launcher and the console script call."""
    cli(prog_name="subsidia")
