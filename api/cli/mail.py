"""`subsidia mail`: who follows the register by mail, as its keeper sees them."""

from uuid import UUID

import click

from api.cli.outgoing import in_the_way_of, minute
from api.cli.running import Failed, say, with_services
from services.bootstrap import Services
from services.keys import KeyUnusable
from services.mail.server import is_address
from services.mail.subscriptions import Subscription
from services.sealing import Unopenable

_NONE = "There is no subscription of this id. `subsidia mail list` names them."


@click.group()
def mail() -> None:
    """See who follows the register by mail, and end it for those who cannot do it themselves.

    People ask for it on the page /follow, and end it by a link in every message. SUBSIDIA_MAIL names the mail server;
    without it nobody is written to.

    \b
    Examples: subsidia mail list
              subsidia mail remove ada@example.org
              subsidia mail resume 7d7f0f2e-...
    """


@mail.command("list")
@click.option("--addresses", is_flag=True, help="Show the addresses, too.")
def list_subscriptions(addresses: bool) -> None:
    """List the subscriptions: what is followed, how often they are written to, and what stands in the way."""

    async def work(services: Services) -> list[str]:
        found = await services.subscriptions.all()
        whose = [await _whose(services, one) if addresses else "" for one in found]
        return [line for one, address in zip(found, whose, strict=True) for line in _told(one, address)]

    for line in with_services(work) or ["Nobody follows by mail yet."]:
        say(line)


@mail.command()
@click.argument("who", metavar="ID|ADDRESS")
def remove(who: str) -> None:
    """End a subscription, or all of an address. Address and key are gone at once."""

    async def work(services: Services) -> int:
        ids = await services.subscriptions.of(who) if is_address(who) else [_id(who)]
        return sum([await services.subscriptions.end(one) for one in ids])

    ended = with_services(work)
    if not ended:
        raise Failed("Nobody follows under this address." if is_address(who) else _NONE)
    click.echo(f"Removed: {ended:,}.")


@mail.command()
@click.argument("id", type=click.UUID)
def resume(id: UUID) -> None:
    """Try at once, whether it is paused or waits."""

    async def work(services: Services) -> bool:
        return await services.subscriptions.resume(id)

    if not with_services(work):
        raise Failed(_NONE)
    click.echo("Resumed.")


async def _whose(services: Services, one: Subscription) -> str:
    try:
        return await services.subscriptions.address(one) or "ended: its key is gone"
    except (KeyUnusable, Unopenable, OSError) as error:
        return str(error)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Failed("An id is asked for, as `subsidia mail list` shows it, or an address.") from None


def _told(one: Subscription, address: str) -> list[str]:
    lines = [f"{one.id}  {address}".rstrip(), f"  {one.wanted}; {one.period.replace('_', ' ')}; {_standing(one)}"]
    return [*lines, f"  {one.said}"] if one.said else lines


def _standing(one: Subscription) -> str:
    if one.confirmed_at is None:
        return f"asked {minute(one.asked_at)}, not confirmed"
    return in_the_way_of(one, "mail") or f"told up to position {one.position:,}"
