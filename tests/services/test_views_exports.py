"""Whole views read to the end, beside pages that others ask for."""

import asyncio
from datetime import date

import pytest

from services.store.connecting import lent
from services.store.ports import Busy
from services.views.connections import opened_views
from services.views.ports import Filter, Op, Query
from services.views.queries import Views
from tests.services.planted import grove, names, planted, views
from tests.services.projecting import caught_up, projector
from tests.services.projecting import folded as projected
from tests.services.views_sample import SAMPLE, Felled, Grove, stream
from tests.waiting import PATIENCE

__all__ = ["grove", "views"]


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
