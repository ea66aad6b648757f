"""A real history as an oracle: 80 years of French communes, recorded act by act, and asked for on past days.

What the register answers is compared with the published table itself, looked up row by row.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import asyncpg
import msgspec
import pytest

from domain.kernel import Sphere
from domain.ledger.merkle import Edge, grow
from domain.ledger.records import leaf_hash
from domain.units import Stage
from projections.units import UNITS
from services.projector import opened_projector
from services.store.migrations import migrate
from services.views.connections import opened_views
from services.views.ports import Filter, Op, Query
from services.views.queries import Views
from tests.conftest import NewDatabase
from tests.data import published
from tests.services.audited import NOTARY
from tests.services.insee import Chronicle, Movement, Table, read_2024, read_movements, read_regions, read_regions_of
from tests.services.scribe import Scribe

EVE = "1942-12-31"
END = "2024-12-31"
PAST = ("1950-06-01", "1972-12-31", "1985-03-15", "2015-12-31", "2021-06-30")
"""Before and after the waves of mergers, and between their undoings."""
ALIVE = tuple(stage for stage in Stage if stage is not Stage.ABOLISHED)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded, and what it is compared with."""

    table: Table
    movements: list[Movement]
    codes_2024: frozenset[str]
    chronicle: Chronicle
    wrong: list[tuple[str, str]]
    """(day, code) of what an act left otherwise than the table says of that day."""


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return asyncio.run(_recorded())


async def _recorded() -> Recorded:
    movements = read_movements(published("events/insee_mouvements_communes_1943_2024.csv"))
    units = published("units")
    codes_2024 = read_2024(units / "fr_communes.csv")
    table = Table(movements, codes_2024)
    scribe = Scribe()
    await scribe.open()
    regions = read_regions(scribe, units / "fr_regions.csv", units / "fr_departements.csv")
    chronicle = Chronicle(scribe, regions)
    chronicle.begin({code: table.name(code, EVE) or code for code in sorted(table.alive(EVE))})
    of_day = defaultdict[str, set[str]](set)
    for row in movements:
        of_day[row.day] |= {row.before, row.after} & table.codes
    wrong = [
        (day, code)
        for day in chronicle.tell(movements)
        for code in of_day[day]
        if table.is_commune(code, day) is not (code in chronicle.holders)
    ]
    return Recorded(table, movements, codes_2024, chronicle, wrong)


@pytest.fixture
async def views(recorded: Recorded, new_database: NewDatabase) -> AsyncIterator[Views]:
    """The records in a register's database, and its directory folded from them."""
    async with new_database("template1") as dsn:
        await migrate(dsn)
        await _copied(dsn, recorded.chronicle.scribe)
        head = len(recorded.chronicle.scribe.records) - 1
        async with opened_projector(dsn, [UNITS], recorded.chronicle.scribe.codec) as projector:
            while True:
                (health,) = await projector.health()
                assert health.error is None, health.error
                if health.position >= head:
                    break
                await asyncio.sleep(0.1)
        async with opened_views(dsn, [UNITS]) as found:
            yield found


async def _copied(dsn: str, scribe: Scribe) -> None:
    """The records as the store would have written them, and one signed checkpoint of all."""
    growth = grow(Edge(0, ()), [leaf_hash(one.state) for one in scribe.records])
    size = len(scribe.records)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.copy_records_to_table(
            "records", schema_name="ledger", columns=("position", "stream", "version", "type", "state", "at"),
            records=[(*one, msgspec.json.decode(one.state, type=_At).at) for one in scribe.records],
        )  # fmt: skip
        await connection.execute(
            "insert into ledger.checkpoints (size, root, edge, note, at) values ($1, $2, $3, $4, $5)",
            size, growth.root, growth.edge.packed(), NOTARY.sign(size, growth.root), scribe.now,
        )  # fmt: skip
    finally:
        await connection.close()


class _At(msgspec.Struct):
    at: datetime


class _Row(msgspec.Struct):
    title: str
    identifiers: list[str]
    parent: str | None = None


async def communes(views: Views, *, as_of: int | None = None, valid_at: str | None = None) -> Mapping[str, _Row]:
    """Those that were there, by their codes; each code is one commune's."""
    day = None if valid_at is None else date.fromisoformat(valid_at)
    filters = (Filter("sphere", Op.EQ, (Sphere.LOCAL,)), Filter("state", Op.IN, ALIVE))
    found = dict[str, _Row]()
    async for batch in views.rows("units", Query(filters, sort="key", as_of=as_of, valid_at=day)):
        for body in batch:
            row = msgspec.json.decode(body, type=_Row)
            (code,) = [one.removeprefix("insee:") for one in row.identifiers]
            assert code not in found, code
            found[code] = row
    return found


def named(recorded: Recorded, rows: Mapping[str, _Row], day: str) -> Mapping[str, tuple[str, str]]:
    """The communes whose name is another one than the table says: code -> (the table's, ours)."""
    return {
        code: (name, row.title)
        for code, row in rows.items()
        if (name := recorded.table.name(code, day)) is not None and name != row.title
    }


def test_the_communes_alive_at_the_end_are_those_of_the_edition_of_2024(recorded: Recorded) -> None:
    assert len(recorded.movements) == 13_284
    alive = frozenset(recorded.chronicle.holders)
    assert len(alive) == 35_029
    assert alive == recorded.codes_2024, "0 wrong"
    assert recorded.table.alive(END) == recorded.codes_2024, "nor is the table read wrongly"


def test_every_act_leaves_what_the_table_says_of_its_day(recorded: Recorded) -> None:
    assert len(recorded.chronicle.told) == 920 + 1, "the days of the table, and the first"
    assert recorded.wrong == []


async def test_what_was_there_on_past_days_is_what_the_published_table_says(recorded: Recorded, views: Views) -> None:
    told = recorded.chronicle.told
    now = await communes(views)
    assert frozenset(now) == recorded.codes_2024
    assert named(recorded, now, END) == {}
    in_regions = defaultdict[str, set[str | None]](set)
    for code, region in read_regions_of(published("units/fr_communes.csv")).items():
        if code in now:
            in_regions[region].add(now[code].parent)
    assert all(len(parents) == 1 for parents in in_regions.values()), "codes that moved to another region lie there"
    regions = [next(iter(parents)) for parents in in_regions.values() if parents != {None}]
    assert len(regions) == len(set(regions)) >= 18, "a unit for each region"
    for day in PAST:
        there = recorded.table.alive(day)
        position = told[max(one for one in told if one <= day)]
        for found in (await communes(views, as_of=position), await communes(views, valid_at=day)):
            assert frozenset(found) == there, day
            assert named(recorded, found, day) == {}, day
