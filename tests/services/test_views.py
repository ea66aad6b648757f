"""Views as tables: what rows become, and what may be asked of them."""

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

import asyncpg
import msgspec
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel import Money, PartialDate, Says, Searched, Words
from projections.views import VIEWS
from services.store.connecting import lent
from services.store.ports import Busy, Unavailable
from services.views import folding, tables
from services.views.connections import open_reading_pool, opened_views
from services.views.folding import asked, folded, sorting, words_of
from services.views.ports import BadQuery, Filter, Kind, NoSuchView, NotBuilt, NotYet, NoValidTime, Op, Query
from services.views.queries import Views
from services.views.rows import Form
from services.views.tables import Table
from tests.services.projecting import caught_up, projector
from tests.services.projecting import folded as projected
from tests.services.views_sample import (
    SAMPLE,
    TREES,
    Colour,
    Felled,
    Grove,
    Mark,
    Planted,
    Renamed,
    TreeRow,
    grown,
    stream,
)
from tests.waiting import PATIENCE

ROW = TreeRow(
    name="Ash",
    title=Words({"fr": "Frêne", "en": "Ash"}),
    colour=Colour.RED,
    planted_on=PartialDate("2026-03"),
    changes=2,
    cost=Money(Decimal("1E+2"), "EUR", "2020"),
    names=("Ash",),
    marks=(Mark(None, Colour.RED),),
)


# --- rows and their tables ---


def test_a_row_comes_back_as_it_was() -> None:
    form = Form(TreeRow)
    assert form.decode(form.encode("k", ROW)) == ROW


def test_what_is_none_is_absent_and_money_is_plain() -> None:
    assert msgspec.json.decode(Form(TreeRow).encode("k", ROW)) == {
        "key": "k",
        "name": "Ash",
        "title": {"en": "Ash", "fr": "Frêne"},
        "colour": "red",
        "planted_on": "2026-03",
        "changes": 2,
        "cost": {"amount": "100", "currency": "EUR", "price_basis": "2020"},
        "names": ["Ash"],
        "marks": [{"colour": "red"}],
        "tall": False,
    }


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_every_view_of_ours_fits_in_a_table(view: Any) -> None:
    table = Table(view)
    named = [field.column.name for field in table.fields if not field.column.member]
    assert len(named) == len(set(named))
    assert all(column.says for column in (field.column for field in table.fields) if not column.member)


@dataclass(frozen=True, slots=True)
class FloatRow:
    size: float


@dataclass(frozen=True, slots=True)
class ClashRow:
    cost: Money
    cost_amount: Decimal


@dataclass(frozen=True, slots=True)
class SinceRow:
    since: date


@pytest.mark.parametrize("row", [FloatRow, ClashRow, SinceRow])
def test_a_row_that_no_table_holds_is_refused_at_start(row: type) -> None:
    with pytest.raises(TypeError):
        Table(replace(TREES, row=row, sort="key"))


def test_a_view_is_sorted_by_a_column_it_has() -> None:
    with pytest.raises(TypeError, match="cannot be sorted by size"):
        Table(replace(TREES, sort="size"))


def test_columns_say_what_may_be_asked() -> None:
    columns = {field.column.name: field.column for field in Table(TREES).fields}
    assert list(columns)[:4] == ["key", "name", "title", "colour"]
    assert columns["colour"].choices == ("red", "green")
    assert columns["cost_amount"].kind is Kind.DECIMAL
    assert columns["cost_amount"].path == ("cost", "amount")
    assert columns["cost_currency"].optional
    assert columns["title"].ops == ()
    assert columns["names"].ops == (Op.HAS, Op.ANY)
    assert columns["marks"].ops == ()
    assert [(columns[name].item, columns[name].member) for name in ("marks.by", "marks.colour")] == [
        (Kind.ID, True),
        (Kind.CODE, True),
    ]
    assert (columns["days_left"].computed, columns["days_left"].kind) == (True, Kind.WHOLE)


# --- texts ---


def test_accents_and_case_do_not_count() -> None:
    assert folded("Évry-sur-ØST, STRASSE straße ﬁ") == "evry-sur-ost, strasse strasse fi"
    assert sorting("É" * 500) == "e" * 100


def test_words_are_found_by_their_beginning() -> None:
    assert words_of(["L'Île-de-France, l'île", "x_y"]) == "l ile de france x y"
    assert asked("Île fra") == "'ile':* & 'fra':*"
    assert asked(" -!' ") is None


@given(st.text())
def test_whatever_is_searched_is_a_query(text: str) -> None:
    words = words_of([text])
    assert folded(words) == words
    assert all(word.isalnum() or any(letter.isalnum() for letter in word) for word in words.split(" ") if words)


# --- reading ---

TREES_THERE = [
    ("Évry oak", Colour.RED, "2026-03-15", "12.50", date(2026, 5, 1)),
    ("Zelkova", Colour.RED, "2026", None, None),
    ("ash", Colour.GREEN, "2026-03", "7", date(2026, 4, 1)),
    ("Beech", Colour.GREEN, "unknown", "100", date(2026, 6, 1)),
    ("Elm Évreux", Colour.RED, "2025-12-31", None, date(2026, 5, 1)),
]


def planted() -> Grove:
    grove = Grove()
    for number, (name, colour, on, cost, due_on) in enumerate(TREES_THERE):
        by = stream(0) if number else None
        grove.add(number, Planted(name, colour, by, Money(Decimal(cost), "EUR") if cost else None, due_on), on)
    return grove


@pytest_asyncio.fixture
async def grove() -> Grove:
    return planted()


@pytest_asyncio.fixture
async def views(migrated_url: str, grove: Grove) -> AsyncIterator[Views]:
    await projected(migrated_url, grove)
    async with opened_views(migrated_url, SAMPLE) as views:
        yield views


def names(rows: Sequence[bytes]) -> list[str]:
    return [msgspec.json.decode(row)["name"] for row in rows]


async def listed(views: Views, *filters: Filter, **how: Any) -> list[str]:
    return names((await views.page("trees", Query(filters, **how))).items)


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


def test_tables_are_made_anew_when_other_texts_are_searched() -> None:
    @dataclass(frozen=True, slots=True)
    class FurtherRow(TreeRow):
        nickname: Annotated[Words | None, Says("What people call it.")] = None

    @dataclass(frozen=True, slots=True)
    class FurtherSearchedRow(TreeRow):
        nickname: Annotated[Words | None, Searched(), Says("What people call it.")] = None

    before, after = (Table(replace(TREES, row=row)) for row in (FurtherRow, FurtherSearchedRow))
    assert before.create("t") == after.create("t")
    assert before.digest != after.digest


def test_tables_are_made_anew_when_texts_are_folded_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written before would be sorted and found as it was folded then, and asked for as it is folded now."""
    before = Table(TREES)
    monkeypatch.setattr(tables, "words_of", lambda texts: words_of(texts).replace("coeuvres", "couvres"))
    assert Table(TREES).create("t") == before.create("t")
    assert Table(TREES).digest != before.digest


@pytest.mark.parametrize("letter", [*map(chr, folding._STROKES), "水", "テ"])
def test_the_text_that_tells_how_texts_are_folded_has_every_kind_of_letter(letter: str) -> None:
    assert folded(letter) in words_of([folding.EVERY_KIND])
    assert letter in unicodedata.normalize("NFKC", folding.EVERY_KIND).casefold()


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


@pytest.mark.parametrize("q", ["绿色", "绿色学校", "绿", "校", "学校 LYON", "為"])
def test_words_that_are_written_without_blanks_are_found_wherever_they_stand(q: str) -> None:
    text = "为所有人建设绿色学校Lyon 2030" if q != "為" else "為"
    words = words_of([text]).split()
    sought = words_of([q]).split()
    assert sought
    assert all(any(word.startswith(begun) for word in words) for begun in sought)


def test_signs_that_stand_apart_are_no_word() -> None:
    words = words_of(["学校建设"]).split()
    assert not all(any(word.startswith(begun) for word in words) for begun in words_of(["学设"]).split())


def test_letters_that_are_typed_as_two_are_found_as_two() -> None:
    assert folded("Œuvre") == folded("oeuvre") == "oeuvre"
    assert folded("Ærø") == "aero"


# --- exports ---


async def test_an_export_is_all_rows_as_of_one_position(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.views.queries.EXPORTED", 2)
    grove = planted()
    async with projector(migrated_url, grove) as running, opened_views(migrated_url, SAMPLE) as views:
        await caught_up(running)
        await views.reached("trees", 4, 5)
        found, sizes = list[bytes](), list[int]()
        async for batch in views.rows("trees", Query(limit=1)):
            found.extend(batch)
            sizes.append(len(batch))
            at = grove.add(len(sizes) % 5, Felled())
            await views.reached("trees", at, 5)
        assert sizes == [2, 2, 1]
        assert found == list((await views.page("trees", Query(as_of=4))).items)


async def test_readers_of_exports_who_take_their_time_leave_lines_for_pages(migrated_url: str, grove: Grove) -> None:
    await projected(migrated_url, grove)
    async with opened_views(migrated_url, SAMPLE, readers=4) as views:
        exports = [views.rows("trees", Query()) for _ in range(6)]
        begun = [asyncio.ensure_future(anext(one)) for one in exports]
        async with asyncio.timeout(PATIENCE):
            while sum(one.done() for one in begun) < 2:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)
            assert [one.done() for one in begun].count(True) == 2
            assert (await views.page("trees", Query())).items
            for one, first in zip(exports, begun, strict=True):  # who waited comes next
                assert await first
                await one.aclose()


async def test_who_finds_no_connection_for_reading_in_time_is_told_to_come_back(
    migrated_url: str, grove: Grove, monkeypatch: pytest.MonkeyPatch
) -> None:
    await projected(migrated_url, grove)
    monkeypatch.setattr("services.store.connecting.LENT_WITHIN", 0.2)
    async with opened_views(migrated_url, SAMPLE, readers=2) as views:
        export = views.rows("trees", Query())
        assert await anext(export)
        with pytest.raises(Busy) as told:  # half of the connections are for exports
            await anext(views.rows("trees", Query()))
        assert told.value.retry_after >= 1
        async with lent(views.pool):
            for ask in (views.page("trees", Query()), views.one("trees", str(stream(0)))):
                with pytest.raises(Busy):
                    await ask
        assert (await views.page("trees", Query())).items
        await export.aclose()
        assert await anext(views.rows("trees", Query()))


async def test_cells_stand_under_their_header(views: Views) -> None:
    rows = [row async for batch in views.cells("trees", Query(day=date(2026, 4, 2))) for row in batch]
    found = dict(zip(views.header("trees"), rows[0], strict=True))
    assert found == {
        "key": str(stream(2)), "name": "ash", "title": "ash", "colour": "green", "planted_on": "2026-03", "changes": 0,
        "below": str(stream(0)), "cost_amount": "7", "cost_currency": "EUR", "cost_price_basis": "current",
        "due_on": "2026-04-01", "names": '["ash","Évry oak"]', "marks": "[]", "tall": False,
        "last": f"{stream(2)}/1", "days_left": -1,
    }  # fmt: skip


async def test_exports_follow_filters_and_order(views: Views) -> None:
    query = Query((Filter("colour", Op.EQ, ("red",)),), sort="due_on", descending=True)
    rows = [row async for batch in views.rows("trees", query) for row in batch]
    assert names(rows) == ["Elm Évreux", "Évry oak", "Zelkova"]
