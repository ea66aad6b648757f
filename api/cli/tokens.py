"""`subsidia token`: bearer tokens, each bound to an accreditation in the register."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any, TypeVar
from uuid import UUID

import click

from api.cli.running import Failed, say, with_services
from domain import units
from domain.kernel import Actor, EventName, Role, StreamId, UnitId
from services.bootstrap import Services
from services.facts import local_day
from services.importing.directory import Directory, Known, read_directory

F = TypeVar("F", bound=Callable[..., Any])
DAYS = 30


def accredited(days: int) -> Callable[[F], F]:
    """The options of a verb that lets somebody act under an accreditation, for so many days if nothing is said."""
    options = [
        click.option("--unit", help="The unit: its id, or a code such as insee:69123."),
        click.option("--role", type=click.Choice([role.value for role in Role]), help="In which role they act."),
        click.option("--accreditation", metavar="STREAM/VERSION", help="Which one, if several are in force."),
        click.option("--registrar", is_flag=True, help="Or for the registrar of this ledger."),
        click.option(
            "--days", type=click.IntRange(1, 3650), default=days, show_default=True, help="How long it holds."
        ),
        click.option("--note", default="", help="What it is for, for the list: nobody's name, which dumps would keep."),
    ]
    return lambda command: reduce(lambda made, option: option(made), reversed(options), command)


@click.group(invoke_without_command=True)
@accredited(DAYS)
@click.pass_context
def token(
    context: click.Context, unit: str | None, role: str | None, accreditation: str | None, registrar: bool, days: int,
    note: str,
) -> None:  # fmt: skip
    """Issue a token for an accredited officer. It is shown once (on stdout) and kept only as a hash.

    \b
    Examples: subsidia token --unit insee:69123 --role liaison_officer
              TOKEN=$(subsidia token --registrar --days 1)
              subsidia token list
              subsidia token revoke 7d7f0f2e-...
    """
    if context.invoked_subcommand is not None:
        return
    check_one_meant(unit, registrar)

    async def work(services: Services) -> tuple[str, str]:
        actor = await actor_meant(services, unit, role, accreditation)
        text, issued = await services.tokens.issue(actor, timedelta(days=days), note)
        return text, f"{issued.role.replace('_', ' ')}, accreditation {issued.accreditation}; id {issued.id}"

    text, about = with_services(work)
    click.echo(text)
    click.echo(f"For {days} days: {about}. It is not shown again.", err=True)


@token.command("list")
def list_tokens() -> None:
    """List the tokens that were issued; what they are is not known any more."""

    async def work(services: Services) -> list[str]:
        directory, now = await read_directory(services.store, services.office.codec), datetime.now(UTC)
        return [
            f"{one.id}  {_standing(one.revoked_at, one.expires_at, now):<8} until {one.expires_at:%Y-%m-%d}"
            f"  {one.role.value:<20} {name_of(directory, one.unit)}{f'  ({one.note})' if one.note else ''}"
            for one in await services.tokens.all()
        ]

    for line in with_services(work) or ["No token was issued yet."]:
        say(line)


def _standing(revoked_at: datetime | None, expires_at: datetime, now: datetime) -> str:
    return "revoked" if revoked_at else "expired" if expires_at <= now else "valid"


def name_of(directory: Directory, unit: UnitId) -> str:
    known = directory.units.get(unit)
    return known.names[0] if known else str(unit)


@token.command("revoke")
@click.argument("id", type=click.UUID)
def revoke_token(id: UUID) -> None:
    """Revoke the token with this ID (from `subsidia token list`). Servers hear of it within seconds."""

    async def work(services: Services) -> bool:
        return bool(await services.tokens.revoke(id))

    if not with_services(work):
        raise Failed("There is no valid token of this id.")
    click.echo("Revoked.")


def check_one_meant(unit: str | None, registrar: bool) -> None:
    """Raises UsageError where both are meant, or neither."""
    if registrar == (unit is not None):
        raise click.UsageError("Name a unit with --unit (and --role), or ask for --registrar.")


async def actor_meant(services: Services, unit: str | None, role: str | None, accreditation: str | None) -> Actor:
    """Whoever acts for the unit under the one accreditation that is meant; without a unit the registrar."""
    if unit is None:
        return services.registrar
    found = unit_named(await read_directory(services.store, services.office.codec), unit)
    _, state = await services.office.states.state("units", StreamId(found.id))
    today = local_day(datetime.now(UTC), units.facts(state, found.id))
    there = [
        (EventName.at(found.id, one.version), one.role)
        for one in state.accreditations
        if one.in_force(today) and role in (None, one.role.value)
    ]
    wanted = [(name, held) for name, held in there if accreditation in (None, str(name))]
    if len(wanted) != 1:
        raise Failed(_which(found, wanted or there, role))
    name, held = wanted[0]
    return Actor(unit=found.id, role=held, accreditation=name)


def unit_named(directory: Directory, text: str) -> Known:
    """By its id, or by a code, with its scheme where several have it. Raises Failed."""
    found = {unit.id: unit for code, unit in directory.by_code.items() if text in (code, code.partition(":")[2])}
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        said = ", ".join(f"{unit.names[0]} ({unit.id})" for unit in found.values())
        raise Failed(f"Several units have the code {text}: {said}. Name its scheme too, or its id.")
    try:
        known = directory.units.get(UnitId(UUID(text)))
    except ValueError:
        known = None
    if known is None:
        raise Failed(
            f"The directory has no unit {text}. Give its id, or a code with its scheme, such as iso3166-2:DE-BY."
        )
    return known


def _which(unit: Known, there: Sequence[tuple[EventName, Role]], role: str | None) -> str:
    name = unit.names[0]
    if not there:
        who = f"No {role.replace('_', ' ')}" if role else "Nobody"
        return (
            f"{who} is accredited for {name} today. A registrar accredits its first signatory "
            f"(POST /v1/units/{unit.id}/accredit with `subsidia token --registrar`), and the signatory everybody else."
        )
    listed = "".join(f"\n  {held.value:<20} --accreditation {name}" for name, held in there)
    return f"Several accreditations of {name} are in force. Say which, by --role or:{listed}"
