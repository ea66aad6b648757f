"""`subsidia webhook`: addresses that records are sent to as they come, signed, in order, at least once."""

from collections.abc import Sequence
from uuid import UUID

import click

from api.cli.outgoing import in_the_way_of
from api.cli.running import Failed, say, with_services
from api.cli.tokens import unit_named
from services.bootstrap import Services
from services.importing.directory import read_directory
from services.outgoing.wanted import Unusable, Wanted
from services.webhooks.kept import Webhook

_AFTER = click.option(
    "--after",
    type=click.IntRange(-1),
    metavar="POSITION",
    help="Begin behind this record; -1: with the first there is.",
)
_ID = click.argument("id", type=click.UUID)
_NONE = "There is no webhook of this id. `subsidia webhook list` names them."


@click.group()
def webhook() -> None:
    """Send records to an address as they come: signed (Standard Webhooks), in order, at least once.

    Whoever runs `work`, or `serve`, delivers. What a receiver does not take is tried again after growing pauses; after
    seven days, or where it answers 410, it is paused until it is resumed, and nothing is lost meanwhile. Addresses of
    your own network are taken like any other.

    \b
    Examples: subsidia webhook add https://portal.example/hook --context commitments --unit insee:69123
              subsidia webhook list
              subsidia webhook resume 7d7f0f2e-...
    """


@webhook.command()
@click.argument("url")
@click.option("--type", "types", multiple=True, help="Records of this type: commitment-adopted.1, or of all versions.")
@click.option("--context", "contexts", multiple=True, help="Records of this context, such as mandates.")
@click.option("--unit", "units", multiple=True, help="Of or about this unit: its id, or a code such as insee:69123.")
@click.option("--stream", "streams", multiple=True, type=click.UUID, help="Of this thing: a commitment's id, say.")
@_AFTER
def add(
    url: str, types: Sequence[str], contexts: Sequence[str], units: Sequence[str], streams: Sequence[UUID],
    after: int | None,
) -> None:  # fmt: skip
    """Send records to URL, from the next one on. Its secret is shown once (on stdout).

    Options may be repeated: any of one kind, all kinds together.
    """

    async def work(services: Services) -> tuple[UUID, str]:
        wanted = Wanted(tuple(types), tuple(contexts), await _units(services, units), tuple(streams))
        try:
            return await services.webhooks.add(url, wanted, after)
        except Unusable as error:
            raise Failed(str(error)) from error

    id, secret = with_services(work)
    click.echo(secret)
    click.echo(f"Webhook {id}. Its secret is not shown again; `subsidia webhook rotate` makes another.", err=True)


@webhook.command("list")
def list_webhooks() -> None:
    """List the webhooks: where they send, which records, how far they have come, and what stands in their way."""

    async def work(services: Services) -> list[str]:
        found, head = await services.webhooks.all()
        return [line for one in found for line in _told(one, head)]

    for line in with_services(work) or ["There is no webhook yet."]:
        say(line)


@webhook.command()
@_ID
def remove(id: UUID) -> None:
    """Send nothing more, and forget the secret."""

    async def work(services: Services) -> bool:
        return await services.webhooks.remove(id)

    if not with_services(work):
        raise Failed(_NONE)
    click.echo("Removed.")


@webhook.command()
@_ID
@_AFTER
def resume(id: UUID, after: int | None) -> None:
    """Try at once, whether it is paused or waits; with --after from another place, to repeat or to leave out."""

    async def work(services: Services) -> bool:
        try:
            return await services.webhooks.resume(id, after)
        except Unusable as error:
            raise Failed(str(error)) from error

    if not with_services(work):
        raise Failed(_NONE)
    click.echo("Resumed.")


@webhook.command()
@_ID
def rotate(id: UUID) -> None:
    """Make a new secret, shown once (on stdout). For a day both sign, so that nothing is refused meanwhile."""

    async def work(services: Services) -> str | None:
        try:
            return await services.webhooks.rotate(id)
        except Unusable as error:
            raise Failed(str(error)) from error

    secret = with_services(work)
    if secret is None:
        raise Failed(_NONE)
    click.echo(secret)
    click.echo("The secret before signs for another day.", err=True)


async def _units(services: Services, named: Sequence[str]) -> tuple[UUID, ...]:
    if not named:
        return ()
    directory = await read_directory(services.store, services.office.codec)
    return tuple(unit_named(directory, text).id for text in named)


def _told(one: Webhook, head: int) -> list[str]:
    lines = [f"{one.id}  {one.url}", f"  {one.wanted}; {_standing(one, head)}"]
    return [*lines, f"  {one.said}"] if one.said else lines


def _standing(one: Webhook, head: int) -> str:
    behind = f"came to position {one.position:,} of {head:,}"
    return f"{behind}; {in_the_way}" if (in_the_way := in_the_way_of(one, "webhook")) else behind
