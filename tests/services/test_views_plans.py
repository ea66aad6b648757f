"""How the database goes about what is asked of it, where it would go wrong by itself."""

from datetime import date

from services.views.asking import MANY, Asking
from services.views.ports import Filter, Op, Query
from services.views.tables import Table
from tests.services.projecting import connected
from tests.services.projecting import folded as projected
from tests.services.views_sample import SAMPLE, Colour, Grove, Planted

TREES_THERE = 3000


async def test_an_index_leads_to_the_rows_that_have_one_of_many_values(migrated_url: str) -> None:
    grove = Grove()
    for number in range(TREES_THERE):
        grove.add(number, Planted(f"Tree {number}", Colour.GREEN, None, None, None))
    await projected(migrated_url, grove, batch=TREES_THERE)
    table = next(Table(view) for view in SAMPLE if view.name == "trees")
    asked = Query((Filter("names", Op.ANY, tuple(f"Shrub {nth}" for nth in range(25 * MANY))),), sort="key")
    async with connected(migrated_url) as connection:
        name = await connection.fetchval("select \"table\" from views.registry where name = 'trees'")
        await connection.execute(f'analyze views."{name}"')
        (select,) = Asking(table, name, asked, TREES_THERE - 1, date(2026, 5, 1)).selects(None)
        plan = "\n".join(row[0] for row in await connection.fetch(f"explain {select.sql}", *select.values))
    assert f"Bitmap Index Scan on {name}_h" in plan, plan
