"""Verbs for whoever keeps the register: migrate, key, rebuild, replay, doctor."""

from datetime import datetime
from inspect import cleandoc
from pathlib import Path
from uuid import UUID

import click
import msgspec

from api.cli.parameters import Moment
from api.cli.running import FAULTY, Failed, configured, run, say, shown, with_services
from api.fetching import fetching
from domain.contexts import CONTEXTS
from projections.views import VIEWS
from services.bootstrap import Services, kept, verifier_kept
from services.codec import Codec
from services.config import Config
from services.doctor import Finding, Verdict, examine
from services.keyring import FolderKeyring
from services.names import NAMES
from services.postgres import database
from services.replaying import NotKept, Replayed, canonical
from services.replaying import replay as replayed
from services.store import migrations
from services.store.encrypting import encrypt_plain_openings
from services.terminal import harmless

COLOURS = {Verdict.WELL: "green", Verdict.NOTE: "yellow", Verdict.ILL: "red"}


@click.command()
@click.option("--check", "only_check", is_flag=True, help="Only say what is yet to be applied (exit status 3).")
def migrate(only_check: bool) -> None:
    """Bring the database's schema up to date."""
    config = configured("warning")

    async def work() -> list[str]:
        async with database(config.database_url, config.var) as dsn:
            if only_check:
                return await migrations.check(dsn)
            applied = await migrations.migrate(dsn)
            await encrypt_plain_openings(dsn, FolderKeyring(config.keyring))
            return applied

    names = run(work())
    for name in names:
        click.echo(f"{'to be applied' if only_check else 'applied'}: {name}")
    if not names:
        click.echo("The schema is up to date.")
    elif only_check:
        raise SystemExit(FAULTY)


@click.command()
def key() -> None:
    """Say the key by which others check the ledger's checkpoints: for an official journal, a web page, a contract.

    It is public. Whoever audits takes it from there, and not from the server that is to be checked.

    \b
    Example: subsidia key > register.key
             subsidia audit verify bundle --key register.key
    """
    config = configured("warning")

    async def work() -> str:
        verifier = await verifier_kept(config)
        if verifier is None:
            raise Failed("The ledger is not opened yet: the first `subsidia serve` does that.")
        return verifier

    click.echo(run(work()))


@click.command()
@click.argument("view", type=click.Choice([view.name for view in VIEWS]), metavar="VIEW")
def rebuild(view: str) -> None:
    """Build VIEW anew from the records beside the live one, then swap; reads go on meanwhile.

    \b
    Example: subsidia rebuild commitments
    """

    async def work(services: Services) -> None:
        with shown(f"rebuild {view}") as progress:
            await services.projector.rebuild(view, progress)

    with_services(work)
    click.echo(f"{view} is built anew.")


rebuild.help = cleandoc(rebuild.help or "") + f"\n\nViews: {', '.join(view.name for view in VIEWS)}."


@click.command()
@click.option("--at", type=Moment(), help="Fold up to this position, or to what was recorded by this time (UTC).")
@click.option("--context", type=click.Choice(sorted(CONTEXTS)), help="Fold only the streams of one context.")
@click.option("--stream", type=click.UUID, help="Fold only this stream, and show its state.")
@click.option(
    "--kept",
    "noted",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that was kept elsewhere: are these its records, and how many are missing?",
)
def replay(at: int | datetime | None, context: str | None, stream: UUID | None, noted: Path | None) -> None:
    """Read the whole ledger, check that it is whole, and fold it to its states.

    Checks that positions and versions are dense, and that the root over all records is the one that the newest
    checkpoint signs. The digest covers the folded states: the same history gives the same digest anywhere.

    \b
    Examples: subsidia replay --at 2026-11-24 --context commitments
              curl -o checkpoint.txt https://register.example.org/checkpoint
              subsidia replay --kept checkpoint.txt
    """

    config = configured("warning")
    # psql, and people, end a file with a line of their own.
    note = None if noted is None else noted.read_text(encoding="utf-8", errors="replace").rstrip("\n") + "\n"

    async def work() -> Replayed:
        # Not on the assembled services: those open a ledger by its first records, which may be what is wrong with it.
        async with kept(config) as (_, store, notary):
            position = await store.position_at(at) if isinstance(at, datetime) else at
            with shown("replay") as progress:
                return await replayed(
                    store, Codec(config.origin, NAMES), CONTEXTS, notary,
                    at=position, context=context, stream=stream, kept=note, progress=progress,
                )  # fmt: skip

    try:
        found = run(work())
    except NotKept as error:
        raise click.UsageError(str(error)) from error
    _show_replayed(found, stream)


def _show_replayed(found: Replayed, stream: UUID | None) -> None:
    if stream is not None:
        if stream not in found.states:
            raise Failed(f"There is no stream {stream} up to there.")
        name, version, state = found.states[stream]
        click.echo(f"{name} {stream}, version {version}: {type(state).__name__}")
        fields = msgspec.json.decode(canonical(state).removeprefix(type(state).__qualname__.encode()))
        click.echo(msgspec.json.format(msgspec.json.encode(fields), indent=2).decode())
    speed = found.records / found.seconds if found.seconds else 0
    click.echo(f"records  {found.records:,} hashed, {found.folded:,} folded, in {found.seconds:.1f} s ({speed:,.0f}/s)")
    click.echo(
        f"streams  {', '.join(f'{number:,} {name}' for name, number in sorted(found.streams.items())) or 'none'}"
    )
    click.echo(f"root     {found.root}")
    click.echo(f"digest   {found.digest}")
    for fault in found.faults[:50]:
        say(fault, fg="red", err=True)
    if found.faults:
        raise SystemExit(FAULTY)
    click.echo("The ledger is whole: positions and versions are dense, and the checkpoint signs this root.")
    if found.kept is not None:
        click.echo(f"None is missing of the {found.kept:,} records that the kept checkpoint signs, and none differs.")


@click.command()
def doctor() -> None:
    """Check the whole set-up, and say what to do about what is not well."""
    config = configured("error")
    findings = run(_examined(config))
    if any(finding.verdict is Verdict.ILL for finding in findings):
        raise SystemExit(FAULTY)


async def _examined(config: Config) -> list[Finding]:
    async with fetching() as fetch:
        return [_told(finding) async for finding in examine(config, fetch)]


def _told(finding: Finding) -> Finding:
    mark = click.style(f"{finding.verdict.value:<5}", fg=COLOURS[finding.verdict])
    click.echo(f"{mark} {finding.what:<11} {harmless(finding.said)}")
    if finding.do:
        click.echo(f"{'':17} {finding.do}")
    return finding
