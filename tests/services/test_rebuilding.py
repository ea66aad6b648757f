"""Views that are built anew beside the live ones, while everything goes on."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from msgspec.json import decode

from projections.kernel import Beside
from services.projector import Projector
from services.store.ports import StoredRecord
from services.views.beside import OF
from services.views.building import AlreadyRebuilding
from services.views.connections import opened_views
from services.views.ports import Filter, NoSuchView, NotBuilt, Op, Query
from services.views.registry import entries
from services.views.running import CannotApply
from tests.services.projecting import caught_up, connected, folded, forget_all, of_group, projector
from tests.services.views_sample import (
    COLOURS,
    LINES,
    SAMPLE,
    TREES,
    Colour,
    Grove,
    Planted,
    Renamed,
    dump,
    grown,
)
from tests.waiting import PATIENCE, until


async def test_readers_never_miss_a_row_while_a_view_is_rebuilt(migrated_url: str) -> None:
    grove = grown(6, 150)
    async with projector(migrated_url, grove, batch=5) as running, opened_views(migrated_url, SAMPLE) as views:
        await caught_up(running)
        await views.reached("trees", 149, 5)
        right = (await views.page("trees", Query(as_of=149))).items
        positions = list[int]()
        rebuilding = asyncio.create_task(running.rebuild("trees"))
        while not rebuilding.done():
            assert (await views.page("trees", Query(as_of=149))).items == right
            positions.append((await views.page("trees", Query())).position)
            if len(positions) < 200:  # each further version of one tree takes longer than the one before
                grove.add(0, Renamed(f"Ash {len(positions)}"))
        await rebuilding
        await caught_up(running)
        assert positions == sorted(positions)
        assert len(positions) > 3
    tables = await dump(migrated_url)
    await forget_all(migrated_url)
    assert tables == await folded(migrated_url, grove)


class Busy(Grove):
    """Whenever somebody has read, there is one more record to read."""

    async def records(self, after: int = -1, limit: int = 500) -> Sequence[StoredRecord]:
        found = await super().records(after, limit)
        self.add(0, Renamed(f"Ash {len(self.recorded)}"))
        return found


async def test_a_view_is_rebuilt_while_others_write_all_the_time(migrated_url: str) -> None:
    grove = Busy()
    grove.recorded, grove._versions = (trees := grown(6, 100)).recorded, trees._versions
    async with asyncio.timeout(PATIENCE):
        await projector(migrated_url, grove, batch=20).rebuild("trees")
    async with opened_views(migrated_url, SAMPLE, listen=False) as views:
        assert (await views.page("trees", Query())).position >= 99


async def test_an_interrupted_build_goes_on_where_it_was(migrated_url: str) -> None:
    grove = grown(6, 100)
    right, done = await folded(migrated_url, grove), list[int]()

    def interrupt(position: int, size: int) -> None:
        done.append(position)
        if position >= 60:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await projector(migrated_url, grove, batch=20).rebuild("trees", interrupt)
    assert done == [20, 40, 60]
    resumed = list[int]()
    await projector(migrated_url, grove, batch=20).rebuild("trees", lambda at, size: resumed.append(at))
    assert resumed == [80, 100]
    assert await dump(migrated_url) == right


async def test_two_rebuilds_at_once_are_refused(migrated_url: str) -> None:
    grove = grown(6, 50)
    await folded(migrated_url, grove)
    running, refused = projector(migrated_url, grove, batch=1), list[Exception]()

    async def again() -> None:
        try:
            await running.rebuild("tree-colours")
        except AlreadyRebuilding as error:
            refused.append(error)

    others = list[asyncio.Task[None]]()
    await running.rebuild("trees", lambda at, size: others.append(asyncio.create_task(again())) if at == 10 else None)
    await asyncio.gather(*others)
    assert len(refused) == 1


async def test_only_known_views_are_rebuilt(migrated_url: str) -> None:
    with pytest.raises(NoSuchView):
        await projector(migrated_url, Grove()).rebuild("bushes")


async def test_a_rebuild_that_meets_a_bad_record_leaves_the_live_view(migrated_url: str) -> None:
    grove = grown(6, 20)
    right = await folded(migrated_url, grove)
    grove.unread.add(grove.add(0, Planted("Ash", Colour.RED)))
    with pytest.raises(CannotApply):
        await projector(migrated_url, grove).rebuild("trees")
    assert await dump(migrated_url) == right


async def test_a_new_version_of_a_view_is_built_beside_the_old_one(migrated_url: str) -> None:
    grove = grown(6, 50)
    old = await folded(migrated_url, grove)
    changed = (replace(TREES, version=2), COLOURS, LINES)
    async with opened_views(migrated_url, SAMPLE) as views:
        assert (await views.freshness("trees")).view == "trees@1"
        async with projector(migrated_url, grove, changed):
            await until(lambda: is_version(views, "trees@2"))
        assert (await views.page("trees", Query())).items
    assert await dump(migrated_url) == old


async def test_until_its_table_is_built_a_column_beside_the_records_is_left_out(
    migrated_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OF, "plain", lambda row: row.name.startswith("Tree"))
    grove = grown(6, 50)
    await folded(migrated_url, grove)
    changed = (replace(TREES, version=2, beside=(Beside("plain", bool, "Whether its name is plain."),)), COLOURS, LINES)
    asked = Query((Filter("plain", Op.EQ, (True,)),))
    async with opened_views(migrated_url, changed) as views:
        [first, *_] = map(decode, (await views.page("trees", Query())).items)
        row, _ = await views.one("trees", first["key"])
        assert row is not None
        assert "plain" not in first | decode(row)
        with pytest.raises(NotBuilt):
            await views.page("trees", asked)
        async with projector(migrated_url, grove, changed):
            await until(lambda: is_version(views, "trees@2"))
        rows = list(map(decode, (await views.page("trees", Query())).items))
        assert all(one["plain"] is one["name"].startswith("Tree") for one in rows)
        plain = [one for one in rows if one["plain"]]
        assert list(map(decode, (await views.page("trees", asked)).items)) == plain
        assert 0 < len(plain) < len(rows)


async def is_version(views: Any, ref: str) -> bool:
    return bool((await views.freshness("trees")).view == ref)


async def test_an_older_program_leaves_newer_views_alone(migrated_url: str) -> None:
    grove = grown(6, 50)
    await folded(migrated_url, grove, (replace(TREES, version=2), COLOURS, LINES))
    # Nothing was there before, so these are the live tables.
    grove.add(0, Planted("Ash", Colour.RED))
    async with projector(migrated_url, grove) as running:
        await until(lambda: says(running, "A newer program keeps trees@2."))
    async with connected(migrated_url) as connection:
        assert {(one.version, one.position) for one in await entries(connection, "trees") if one.name == "trees"} == {
            (2, 49)
        }


async def says(running: Projector, error: str) -> bool:
    return (await of_group(running, "trees")).error == error
