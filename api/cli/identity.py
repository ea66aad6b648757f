"""`subsidia identity`: whom an identity provider knows, each bound to an accreditation in the register."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import click

from api.cli.running import Failed, say, with_services
from api.cli.tokens import accredited, actor_meant, check_one_meant, name_of
from services.bootstrap import Services
from services.erasing import subject_named
from services.identity.bound import LISTED, Identity, Kind
from services.identity.provider import Provider, named
from services.identity.signatures import SUBJECT
from services.importing.directory import Directory, read_directory
from services.keys import KeyUnusable
from services.mail.server import is_address
from services.readers import known
from services.sealing import Unopenable

DAYS = 365


@click.group()
def identity() -> None:
    """Bind whom an identity provider knows to an accreditation, so that they sign in there and act here.

    SUBSIDIA_IDENTITY names the providers. Whoever signs in and is bound to nothing is shown what their provider calls
    them. Nothing of it is in the ledger: `unbind`, and `subsidia erase`, leave nothing of the name.

    \b
    Examples: subsidia identity bind --email ada@city.example --unit insee:69123 --role liaison_officer
              subsidia identity bind --program robot-7 --unit insee:69123 --role liaison_officer
              subsidia identity list
              subsidia identity unbind 7d7f0f2e-...
              subsidia identity sign-out
    """


@identity.command()
@click.option("--provider", default="", help="Which one, by its address, if SUBSIDIA_IDENTITY names several.")
@click.option("--subject", help="What it calls the person; the page of who signs in unbound shows it.")
@click.option("--email", help="Or an address that it has verified: the first sign-in makes a subject of it.")
@click.option("--program", help="Or what it calls a program that brings access tokens: their `sub`.")
@accredited(DAYS)
def bind(
    provider: str, subject: str | None, email: str | None, program: str | None, unit: str | None, role: str | None,
    accreditation: str | None, registrar: bool, days: int, note: str,
) -> None:  # fmt: skip
    """Bind somebody, or a program, to an accreditation. Several for one person: they choose when they sign in."""
    check_one_meant(unit, registrar)
    kind, called = _whom(subject, email, program)

    async def work(services: Services) -> Identity:
        found = _provider(services, provider)
        actor = await actor_meant(services, unit, role, accreditation)
        if kind is Kind.PROGRAM and await services.identities.of(found.issuer, kind, called):
            raise Failed("This program is bound already. A program cannot choose: unbind it first.")
        person = await subject_named(services.store, str(actor.accreditation))
        made = await services.identities.bind(
            found.issuer, kind, called, actor, person, timedelta(days=days), note
        )  # fmt: skip
        if made is None:
            raise Failed("They are bound to this accreditation already. `subsidia identity list` shows it.")
        return made

    made = with_services(work)
    say(f"Bound for {days} days: {made.role.replace('_', ' ')}, accreditation {made.accreditation}; id {made.id}")


def _whom(subject: str | None, email: str | None, program: str | None) -> tuple[Kind, str]:
    said = {Kind.PERSON: subject, Kind.EMAIL: email, Kind.PROGRAM: program}
    there = [(kind, text.strip()) for kind, text in said.items() if text is not None and text.strip()]
    if len(there) != 1:
        raise click.UsageError("Say whom to bind, by one of --subject, --email and --program.")
    kind, called = there[0]
    if kind is Kind.EMAIL and not is_address(called):
        raise click.UsageError("--email takes an address, like ada@city.example.")
    if len(called) > SUBJECT:
        raise click.UsageError(f"No provider calls anybody by more than {SUBJECT} characters.")
    return kind, called


def _provider(services: Services, text: str) -> Provider:
    there = services.config.identity
    found = named(there, text)
    if found is None:
        known = ", ".join(one.issuer for one in there)
        raise Failed(f"Say which provider, by --provider: {known}." if there else "SUBSIDIA_IDENTITY names none.")
    return found


@identity.command("list")
@click.option("--names", is_flag=True, help="Show what the provider calls them, too.")
def list_identities(names: bool) -> None:
    """List who is bound to what, and until when; what has ended, for thirty days."""

    async def work(services: Services) -> list[str]:
        directory, now = await read_directory(services.store, services.office.codec), datetime.now(UTC)
        states, found = services.office.states, await services.identities.all()
        in_force = {one.actor: (await known(states, one.actor, now)).in_force for one in found}
        stand = [await _stands(services, one, now, in_force=in_force[one.actor]) for one in found]
        lines = [
            _told(one, directory, how, await _called(services, one) if names else "")
            for one, how in zip(found, stand, strict=True)
        ]
        return [*lines, _summed(stand)] if found else ["Nobody is bound yet."]

    for line in with_services(work):
        say(line)


class Standing(StrEnum):
    """How a binding stands."""

    BINDS = "until"
    NOT_IN_FORCE = "not in force"
    ENDED = "ended"
    EXPIRED = "expired"


async def _stands(services: Services, one: Identity, now: datetime, *, in_force: bool) -> Standing:
    if one.expires_at <= now:
        return Standing.EXPIRED
    if await services.identities.ended(one):
        return Standing.ENDED
    return Standing.BINDS if in_force else Standing.NOT_IN_FORCE


def _summed(stand: Sequence[Standing]) -> str:
    many = Counter(stand)
    ended = many[Standing.ENDED] + many[Standing.EXPIRED]
    idle = many[Standing.NOT_IN_FORCE]
    said = (
        f"{many[Standing.BINDS]:,} bound", f"{idle:,} to an accreditation that is not in force" if idle else "",
        f"{ended:,} ended, and forgotten after {LISTED.days} days" if ended else "",
    )  # fmt: skip
    return "; ".join(word for word in said if word)


async def _called(services: Services, one: Identity) -> str:
    try:
        return await services.identities.called(one) or "its key is gone"
    except (KeyUnusable, Unopenable, OSError) as error:
        return str(error)


def _told(one: Identity, directory: Directory, how: Standing, called: str) -> str:
    words: Sequence[str] = (
        f"{one.id}  {one.kind.value:<7}", f"{how} {one.expires_at:%Y-%m-%d}" if how is Standing.BINDS else how,
        f"{one.role.value:<20} {name_of(directory, one.unit)}", one.issuer, called, f"({one.note})" if one.note else "",
    )  # fmt: skip
    return "  ".join(word for word in words if word)


@identity.command()
@click.argument("id", type=click.UUID)
def unbind(id: UUID) -> None:
    """End the binding with this ID (from `subsidia identity list`). Whoever is signed in by it is out in seconds."""

    async def work(services: Services) -> bool:
        return await services.identities.unbind(id)

    if not with_services(work):
        raise Failed("There is no binding of this id.")
    click.echo("Unbound.")


@identity.command("sign-out")
def sign_out() -> None:
    """End every sign-in with a provider: all sign in anew. What a restored database brings back ends by this, too."""

    async def work(services: Services) -> int:
        return await services.tokens.end_sign_ins()

    click.echo(f"Signed out: {with_services(work)}.")
