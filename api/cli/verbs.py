"""The verbs by name, and what they have in common. A verb's module is imported when the verb is given, not before."""

from importlib import import_module
from typing import Any

import click

VERBS = {
    "serve": ("api.cli.serving", "serve", "Serve the register, its views, deadlines and reactions, until Ctrl-C."),
    "work": ("api.cli.working", "work", "Keep views, pass deadlines and react to records, apart from a server."),
    "migrate": ("api.cli.keeping", "migrate", "Bring the database's schema up to date."),
    "import": ("api.cli.importing", "import_group", "Bring published sources and your own sheets into the register."),
    "export": ("api.cli.exporting", "export_group", "Write units or commitments as a sheet, which can be imported."),
    "key": ("api.cli.keeping", "key", "Say the key by which others check the ledger."),
    "token": ("api.cli.tokens", "token", "Issue a token for an accredited officer; list and revoke them."),
    "identity": (
        "api.cli.identity",
        "identity",
        "Bind whom an identity provider knows to an accreditation; list, unbind.",
    ),
    "give": ("api.cli.giving", "give", "Give a command to a served register: each of every context is here."),
    "webhook": (
        "api.cli.webhooks",
        "webhook",
        "Send records, signed, to an address as they come; list, resume, remove.",
    ),
    "mail": ("api.cli.mail", "mail", "See who follows by mail; end it for them, resume."),
    "retry": ("api.cli.working", "retry", "Ask rules again for what they refused to the clock and to reactions."),
    "rebuild": ("api.cli.keeping", "rebuild", "Build a view anew beside the live one, then swap."),
    "replay": ("api.cli.keeping", "replay", "Read the whole ledger, check that it is whole, and fold it."),
    "attest": ("api.cli.attesting", "attest", "Put on record what the views come to."),
    "audit": ("api.cli.audit", "audit", "Check a ledger without trusting whoever runs it."),
    "shell": ("api.cli.shell", "shell", "Run a command or a shell with the register's database at hand."),
    "doctor": ("api.cli.keeping", "doctor", "Check the whole set-up, and say what to do."),
    "erase": ("api.cli.erasing", "erase", "Erase for ever what is sealed of a person."),
}
"""Name -> the module, what it is called there, and its line in the list of verbs."""

INTERRUPTED = 130
"""The exit status of what Ctrl-C ended."""


class Verbs(click.Group):
    """Knows the verbs by name and line. The module of one is imported when it is given, since all take seconds."""

    def invoke(self, ctx: click.Context) -> Any:
        """Ctrl-C is no failure: it has a status of its own."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            raise SystemExit(INTERRUPTED) from None

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
