"""`subsidia attest`: put on record now what the views come to, for auditors who fold the records again."""

import click

from api.cli.running import Failed, with_services
from projections.views import ATTESTED
from services.attesting import Said
from services.bootstrap import Services
from services.views.ports import NotBuilt, NotYet

NAMED = {view.name: view for view in ATTESTED}


@click.command()
@click.argument("views", type=click.Choice(list(NAMED)), nargs=-1, metavar="[VIEW]...")
def attest(views: tuple[str, ...]) -> None:
    """Record what each VIEW comes to, all of them without one: rows, and the digest of their dump.

    `serve` and `work` do so by themselves, every SUBSIDIA_ATTEST hours while anything new was recorded. A view that has
    not changed since it was attested is not attested again.

    \b
    Example: subsidia attest commitments scorecards
    """
    chosen = [NAMED[name] for name in dict.fromkeys(views)] or list(ATTESTED)

    async def work(services: Services) -> list[Said]:
        return await services.attesting.attest(chosen)

    try:
        said = with_services(work)
    except (NotBuilt, NotYet) as error:
        raise Failed(f"{error} Let `subsidia serve` or `subsidia work` keep the views, then ask again.") from error
    for one in said:
        found = one.found
        click.echo(f"{found.view}@{found.version} {found.digest} {found.rows:,} rows  {one.record}")
    click.echo(f"As of position {said[0].found.position}. A digest of a view goes with the record behind it.", err=True)
