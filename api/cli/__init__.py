"""The command line `subsidia`. Every verb works alone, or beside a running server on the same `var/` or database."""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

import click

__all__ = ["cli", "main"]

VERBS = {
    "serve": ("api.cli.serving", "serve", "Serve the register, its views, deadlines and reactions, until Ctrl-C."),
    "work": ("api.cli.working", "work", "Keep views, pass deadlines and react to records, apart from a server."),
    "migrate": ("api.cli.keeping", "migrate", "Bring the database's schema up to date."),
    "import": ("api.cli.importing", "import_group", "Bring published sources into the register."),
    "token": ("api.cli.tokens", "token", "Issue a token for an accredited officer; list and revoke them."),
    "rebuild": ("api.cli.keeping", "rebuild", "Build a view anew beside the live one, then swap."),
    "replay": ("api.cli.keeping", "replay", "Read the whole ledger, check that it is whole, and fold it."),
    "attest": ("api.cli.attesting", "attest", "Put on record what the views come to."),
    "audit": ("api.cli.audit", "audit", "Check a ledger without trusting whoever runs it."),
    "doctor": ("api.cli.keeping", "doctor", "Check the whole set-up, and say what to do."),
    "erase": ("api.cli.erasing", "erase", "Erase for ever what is sealed of a person."),
}
"""Name -> the module, what it is called there, and its line in the list of verbs."""


class Verbs(click.Group):
    """Knows the verbs by name and line. The module of one is imported when it is given, since all take seconds."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*VERBS, *self.commands})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """For the list of verbs, and for the shell that completes one."""
        if cmd_name not in VERBS:
            return super().get_command(ctx, cmd_name)
        return click.Command(cmd_name, short_help=VERBS[cmd_name][2])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, found, rest = super().resolve_command(ctx, args)
        return name, imported(name) if name in VERBS else found, rest


def imported(verb: str) -> click.Command:
    """The verb itself."""
    module, name, _ = VERBS[verb]
    command: click.Command = getattr(import_module(module), name)
    return command


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
