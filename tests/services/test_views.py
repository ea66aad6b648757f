"""Views as tables: what may be asked of them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec
import pytest

from domain.kernel import PartialDate
from services.store.ports import Unavailable
from services.views.asking import MANY
from services.views.connections import open_reading_pool, opened_views
from services.views.ports import BadQuery, Filter, NoSuchView, NotBuilt, NotYet, NoValidTime, Op, Query
from services.views.queries import Views
from tests.services.planted import grove, listed, names, views
from tests.services.projecting import caught_up, projector
from tests.services.projecting import folded as projected
from tests.services.views_sample import SAMPLE, Colour, Grove, Planted, Renamed, grown, stream

__all__ = ["grove", "views"]


async def test_a_list_is_in_the_order_people_expect(views: Views) -> None:
    assert await listed(views) == ["ash", "Beech", "Elm Évreux", "Évry oak", "Zelkova"]
    assert await listed(views, descending=True) == ["Zelkova", "Évry oak", "Elm Évreux", "Beech", "ash"]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ([Filter("colour", Op.EQ, ("green",))], "ash|Beech"),
        ([Filter("colour", Op.NE, ("green",)), Filter("cost_amount", Op.IS_NULL, (False,))], "Évry oak"),
        ([Filter("name", Op.IN, ("ash", "Zelkova", "x"))], "ash|Zelkova"),
        ([Filter("cost_amount", Op.GT, (Decimal("7"),))], "Beech|Évry oak"),
        ([Filter("cost_amount", Op.LE, (12,))], "ash"),
        ([Filter("due_on", Op.EQ, (date(2026, 5, 1),))], "Elm Évreux|Évry oak"),
        ([Filter("due_on", Op.IS_NULL, (True,))], "Zelkova"),
        ([Filter("due_on", Op.NE, (date(2026, 5, 1),))], "ash|Beech|Zelkova"),
        ([Filter("changes", Op.GE, (1,))], ""),
        ([Filter("tall", Op.EQ, (False,))], "ash|Beech|Elm Évreux|Évry oak|Zelkova"),
        ([Filter("below", Op.EQ, (stream(0),)), Filter("colour", Op.EQ, ("red",))], "Elm Évreux|Zelkova"),
        ([Filter("below", Op.IN, (stream(0), stream(9)))], "ash|Beech|Elm Évreux|Zelkova"),
        ([Filter("names", Op.HAS, ("Évry oak", "ash"))], "ash"),
        ([Filter("names", Op.ANY, ("ash", "Beech"))], "ash|Beech"),
        ([Filter("names", Op.ANY, ("nobody",))], ""),
        ([Filter("names", Op.ANY, (*map(str, range(MANY)), "ash", "Beech"))], "ash|Beech"),
        ([Filter("names", Op.HAS, ("ash",) * MANY)], "ash"),
        ([Filter("names", Op.HAS, (*map(str, range(MANY)), "ash"))], ""),
        ([Filter("marks.colour", Op.HAS, ("red",))], ""),
        ([Filter("key", Op.EQ, (str(stream(2)),))], "ash"),
        ([Filter("days_left", Op.GE, (30,))], "Beech|Elm Évreux|Évry oak"),
        ([Filter("days_left", Op.IS_NULL, (True,))], "Zelkova"),
        ([Filter("planted_on", Op.EQ, (PartialDate("2026"),))], "Zelkova"),
        ([Filter("planted_on", Op.EQ, (PartialDate("unknown"),))], "Beech"),
        ([Filter("planted_on", Op.IN, (PartialDate("2026"), PartialDate("2026-03")))], "ash|Zelkova"),
        ([Filter("planted_on", Op.LT, (PartialDate("2026"),))], "Elm Évreux"),
        ([Filter("planted_on", Op.LE, (PartialDate("2026-03"),))], "ash|Elm Évreux|Évry oak|Zelkova"),
        ([Filter("planted_on", Op.GE, (date(2026, 3, 1),))], "ash|Évry oak"),
        ([Filter("planted_on", Op.GT, (PartialDate("2026-03"),))], ""),
    ],
)
async def test_filters(views: Views, filters: list[Filter], found: str) -> None:
    assert await listed(views, *filters, day=date(2026, 4, 1)) == (found.split("|") if found else [])


async def test_words_are_searched_without_accents_and_unfinished(views: Views) -> None:
    assert await listed(views, q="evr") == ["Elm Évreux", "Évry oak"]
    assert await listed(views, q="OAK évry") == ["Évry oak"]
    assert await listed(views, q="oak ash") == []
    assert await listed(views, q="!!") == []


@pytest.mark.parametrize(
    ("query", "column"),
    [
        (Query((Filter("size", Op.EQ, (1,)),)), "size"),
        (Query((Filter("title", Op.EQ, ("x",)),)), "title"),
        (Query((Filter("colour", Op.LT, ("red",)),)), "colour"),
        (Query((Filter("changes", Op.EQ, ("1",)),)), "changes"),
        (Query((Filter("changes", Op.EQ, (True,)),)), "changes"),
        (Query((Filter("changes", Op.EQ, (2**70,)),)), "changes"),
        (Query((Filter("changes", Op.EQ, (1, 2)),)), "changes"),
        (Query((Filter("changes", Op.EQ, ()),)), "changes"),
        (Query((Filter("name", Op.EQ, ("a\0",)),)), "name"),
        (Query((Filter("name", Op.EQ, ("\ud800",)),)), "name"),
        (Query((Filter("due_on", Op.EQ, (datetime(2026, 1, 1, tzinfo=UTC),)),)), "due_on"),
        (Query((Filter("planted_on", Op.EQ, ("soon",)),)), "planted_on"),
        (Query((Filter("planted_on", Op.LT, (PartialDate("unknown"),)),)), "planted_on"),
        (Query(sort="title"), "sort"),
        (Query(sort="marks.by"), "sort"),
        (Query(after=(1, "x")), "cursor"),
        (Query(after=("x", "\0")), "cursor"),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_name(views: Views, query: Query, column: str) -> None:
    with pytest.raises(BadQuery) as refused:
        await views.page("trees", query)
    assert refused.value.column == column


async def test_what_a_view_does_not_have_is_refused(views: Views) -> None:
    with pytest.raises(NoSuchView):
        await views.page("bushes", Query())
    with pytest.raises(BadQuery):
        await views.page("tree-colours", Query(q="x"))
    with pytest.raises(NoValidTime):
        await views.page("tree-colours", Query(valid_at=date(2026, 1, 1)))
    with pytest.raises(NoValidTime):
        await views.one("tree-colours", "red", valid_at=date(2026, 1, 1))
    with pytest.raises(NotYet) as refused:
        await views.page("trees", Query(as_of=99))
    assert (refused.value.asked, refused.value.position) == (99, 4)
    with pytest.raises(NotYet):
        await views.one("trees", "x", as_of=5)


SORTS = ["key", "name", "colour", "planted_on", "cost_amount", "due_on", "tall", "days_left", "below", "last"]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("descending", [False, True])
async def test_pages_joined_are_the_whole_list(views: Views, sort: str, descending: bool) -> None:
    whole = Query(sort=sort, descending=descending)
    joined, after = list[bytes](), None
    for _ in range(4):
        page = await views.page("trees", replace(whole, limit=2, after=after))
        joined.extend(page.items)
        after = page.last
        if after is None:
            break
    assert after is None
    assert joined == list((await views.page("trees", whole)).items)
    assert len(set(joined)) == 5
    cells = [(msgspec.json.decode(row), index) for index, row in enumerate(joined)]
    empty = [index for row, index in cells if sort in ("due_on", "days_left") and sort not in row]
    assert empty == ([4] if sort in ("due_on", "days_left") else [])


async def test_going_from_key_to_key_gives_the_same_list(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await projected(migrated_url, grown(8, 120))
    queries = [
        replace(query, as_of=as_of, day=date(2026, 4, 1))
        for as_of in (None, 60, 3, -1)
        for query in (
            Query(),
            Query(sort="due_on", descending=True),
            Query(sort="days_left"),
            Query((Filter("colour", Op.EQ, ("red",)), Filter("days_left", Op.GT, (3,))), q="tree"),
            Query(after=("tree 3", "")),
        )
    ]
    found = []
    for many in (10**6, 0):
        monkeypatch.setattr("services.views.queries.MANY_VERSIONS", many)
        async with opened_views(migrated_url, SAMPLE) as views:
            found.append([await views.page("trees", query) for query in queries])
    assert found[0] == found[1]
    assert sum(len(page.items) for page in found[0]) > 20


async def test_many_versions_are_noticed(migrated_url: str) -> None:
    grove = Grove()
    grove.add(0, Planted("Ash", Colour.RED))
    for number in range(100):
        grove.add(0, Renamed(f"Ash {number}"))
    await projected(migrated_url, grove)
    async with opened_views(migrated_url, SAMPLE) as views:
        standing = await views._standing("trees")
        assert not await views._many_versions(standing)
        connection = await asyncpg.connect(migrated_url)
        await connection.execute(f'analyze views."{standing.table}"')
        await connection.close()
        views._versions.clear()
        assert await views._many_versions(standing)
        assert await listed(views) == ["Ash 99"]


async def test_a_row_by_key(views: Views) -> None:
    row, position = await views.one("trees", str(stream(2)), day=date(2026, 4, 2))
    assert row is not None
    found = msgspec.json.decode(row)
    assert (found["name"], found["days_left"], position) == ("ash", -1, 4)
    assert await views.one("trees", "nothing") == (None, 4)
    assert await views.one("trees", "\0") == (None, 4)
    assert await views.one("trees", str(stream(2)), as_of=1) == (None, 1)


async def test_many_who_ask_at_once_share_few_queries(views: Views, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await views.reached("trees", 0, 5)
    while views._standing_now("trees") is None:  # rows are kept once it is known where views stand
        assert await views.reached("trees", 0, 5)
        await asyncio.sleep(0.001)
    asked_for, load, everybody_asked = list[int](), views._loader._load, asyncio.Event()

    async def counted(batch: Any, keys: Sequence[str]) -> Any:
        asked_for.append(len(keys))
        await everybody_asked.wait()  # a query that takes until the last one has asked
        return await load(batch, keys)

    monkeypatch.setattr(views._loader, "_load", counted)
    keys = [str(stream(number)) for number in range(5)] * 20
    asking = [asyncio.create_task(views.one("trees", key)) for key in keys]
    await asyncio.sleep(0.01)
    everybody_asked.set()
    rows = await asyncio.gather(*asking)
    assert [msgspec.json.decode(row or b"")["key"] for row, _ in rows] == keys
    assert len(asked_for) <= 3
    before = len(asked_for)
    assert await views.one("trees", keys[0]) == rows[0]
    assert len(asked_for) == before


async def test_who_gives_up_takes_no_row_from_others(views: Views) -> None:
    one, other = (asyncio.create_task(views.one("trees", str(stream(0)))) for _ in range(2))
    await asyncio.sleep(0)
    one.cancel()
    row, _ = await other
    assert row is not None
    assert one.cancelled() or one.done()


async def test_a_kept_row_does_not_outlive_its_position(migrated_url: str, grove: Grove) -> None:
    async with projector(migrated_url, grove) as running, opened_views(migrated_url, SAMPLE) as views:
        await caught_up(running)
        for number in range(30):
            at = grove.add(0, Renamed(f"Oak {number}"))
            assert await views.reached("trees", at, 5)
            row, position = await views.one("trees", str(stream(0)))
            assert (names([row or b""]), position) == ([f"Oak {number}"], at)


async def test_without_listening_everything_is_read_from_the_tables(migrated_url: str, grove: Grove) -> None:
    await projected(migrated_url, grove)
    pool = await open_reading_pool(migrated_url, 2)
    try:
        async with Views(pool, SAMPLE) as views:
            assert len(await listed(views)) == 5
            assert await views.reached("trees", 4, 0.1)
            assert not await views.reached("trees", 5, 0.1)
            assert (await views.one("trees", str(stream(2))))[0] is not None
    finally:
        await pool.close()


async def test_nothing_is_asked_for_a_row_but_where_its_view_stands_and_the_row(
    migrated_url: str, grove: Grove
) -> None:
    await projected(migrated_url, grove)
    asked: list[str] = []
    async with opened_views(migrated_url, SAMPLE, readers=1, listen=False) as views:
        async with views.pool.acquire() as connection:
            connection.add_query_logger(lambda query: asked.append(query.query))
        asked.clear()
        for number in (1, 2):
            await views.one("trees", str(stream(number)))
    assert ["registry" in query or "asked_key" in query for query in asked] == [True] * 4, asked


async def test_before_the_projector_has_run_nothing_is_built(migrated_url: str) -> None:
    async with opened_views(migrated_url, SAMPLE) as views:
        with pytest.raises(NotBuilt):
            await views.page("trees", Query())
        with pytest.raises(NotBuilt):
            await views.freshness("trees")


async def test_freshness_names_what_is_missing(migrated_url: str, grove: Grove) -> None:
    await projected(migrated_url, grove)
    connection = await asyncpg.connect(migrated_url)
    late = datetime.now(UTC) - timedelta(seconds=90)
    for position in range(8):
        await connection.execute(
            "insert into ledger.records values ($1, gen_random_uuid(), 1, 'weather.1', '', $2)",
            position, late + timedelta(seconds=position),
        )  # fmt: skip
    await connection.execute("insert into ledger.checkpoints values (8, $1, '', '', now())", b"\0" * 32)
    await connection.close()
    async with opened_views(migrated_url, SAMPLE) as views:
        fresh = await views.freshness("trees")
    assert (fresh.position, fresh.head, fresh.view) == (4, 7, "trees@1")
    assert 80 < fresh.lag_seconds < 100


async def test_a_lost_database_is_unavailable_and_comes_back(migrated_url: str, grove: Grove) -> None:
    await projected(migrated_url, grove)
    name = migrated_url.partition("@/")[2].partition("?")[0]
    admin = await asyncpg.connect(migrated_url.replace(f"/{name}?", "/postgres?"))
    async with opened_views(migrated_url, SAMPLE) as views:
        assert await listed(views)
        assert (await views.one("trees", str(stream(0))))[0]
        await admin.execute(f'alter database "{name}" allow_connections false')
        await admin.fetch("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
        await asyncio.sleep(0.05)
        for ask in (views.page("trees", Query()), views.one("trees", str(stream(0))), views.freshness("trees")):
            with pytest.raises((Unavailable, asyncpg.PostgresError)) as lost:
                await ask
            assert isinstance(lost.value, Unavailable), repr(lost.value)
        await admin.execute(f'alter database "{name}" allow_connections true')
        assert len(await listed(views)) == 5
    await admin.close()
