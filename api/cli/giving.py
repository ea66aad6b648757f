"""`subsidia give`: every command of every context, over HTTP, with its fields as options; derived from the contexts."""

from collections.abc import Mapping

import click

from domain.contexts import CONTEXTS
from domain.kernel import By, Context

NO_SERVER = 3
"""The exit status where no answer came that says whether it is recorded."""


class Give(click.Group):
    """The contexts that have commands which people give."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, one in CONTEXTS.items() if _given(one)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        context = CONTEXTS.get(cmd_name)
        return Commands(context) if context is not None and _given(context) else None


class Commands(click.Group):
    """The commands of one context. What one has for fields is read when it is named."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.name, help=context.says, short_help=context.says)
        self.context = context

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_given(self.context))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """For the list of commands."""
        by = _given(self.context).get(cmd_name)
        return None if by is None else click.Command(cmd_name, short_help=_sentence(by))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, found, rest = super().resolve_command(ctx, args)
        return name, found if name is None or found is None else command(self.context, name), rest


def _given(context: Context) -> Mapping[str, By]:
    return {name: by for name, by in context.commands.items() if by.roles}


def _sentence(by: By) -> str:
    return (by.command.__doc__ or "").strip().splitlines()[0]


@click.group(cls=Give)
def give() -> None:
    """Give a command to a register that is served: log a commitment, accept a mandate, cast an opinion, ...

    What a command says comes from FILE (JSON; - reads it from stdin), from options, or from both: options count more.
    Units are named by id, by a code (iso3166-2:FR-ARA) or by name, and in a field other things by id or words of their
    title. Where several may be meant, they are listed with their ids, and nothing is sent.
    The token is read from SUBSIDIA_TOKEN or a file, so that no list of processes shows it.

    \b
    Examples: subsidia give commitments propose --help
              subsidia give commitments propose proposal.json --try
              subsidia give commitments accept 7d7f0f2e-... --because "The council voted." --lang en

    \b
    Exit status: 0 recorded (or tried, or so already) · 1 refused, and why is said · 2 asked wrongly ·
    3 no answer that says whether it is recorded: give it again with the same --key
    """


def command(context: Context, name: str) -> click.Command:
    """The verb of one command, with its fields."""
    # Here, since it takes seconds that the lists of commands do not need.
    from api.cli.speaking import Speaking

    return Speaking(context, name)
