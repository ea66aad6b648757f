"""The projector: rows do not depend on how records were batched, and nothing stops it but a record it cannot apply."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from time import thread_time
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.kernel import Recorded
from projections.kernel import Look, View
from services.health import Health
from services.projector import Projector
from services.store.ports import StoredRecord
from services.views.applying import groups_of
from services.views.building import AlreadyRebuilding
from services.views.pace import forget_start
from services.views.ports import NoSuchView, Query
from services.views.queries import opened_views
from services.views.registry import Fenced, entries
from services.views.running import CannotApply, Runner
from services.views.tables import Table
from tests.services.views_sample import (
    COLOURS,
    LINES,
    SAMPLE,
    TREES,
    Colour,
    Grove,
    Painted,
    Planted,
    Poisoned,
    Renamed,
    dump,
    grown,
    stream,
)
from tests.waiting import PATIENCE, until


def wait_in(grove: Grove) -> Callable[[int], Awaitable[object]]:
    async def wait(after: int) -> None:
        while len(grove.recorded) <= after + 1:
            await asyncio.sleep(0.01)

    return wait


def projector(dsn: str, grove: Grove, views: Sequence[View] = SAMPLE, batch: int = 100) -> Projector:
    return Projector(dsn, views, grove, grove, wait_in(grove), batch=batch)


async def caught_up(running: Projector) -> None:
    async def holds() -> bool:
        return all(one.position == one.head for one in await running.health())

    await until(holds)


async def folded(dsn: str, grove: Grove, views: Sequence[View] = SAMPLE, batch: int = 100) -> dict[str, Any]:
    async with projector(dsn, grove, views, batch) as running:
        await caught_up(running)
    return await dump(dsn)


async def forget_all(dsn: str) -> None:
    async with connected(dsn) as connection:
        await connection.execute("drop schema views cascade; create schema views; grant all on schema views to public")


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def of_group(running: Projector, view: str) -> Health:
    return next(one for one in await running.health() if view in one.names)


# --- the same rows, however they came to be ---


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), batch=st.integers(1, 30))
async def test_rows_do_not_depend_on_batches_restarts_or_rebuilds(migrated_url: str, seed: int, batch: int) -> None:
    grove = grown(seed, 60)
    whole = await folded(migrated_url, grove)
    await forget_all(migrated_url)
    for size in (7, 31, 60):
        begun = Grove()
        begun.recorded = grove.recorded[:size]
        await folded(migrated_url, begun, batch=batch)
    assert await dump(migrated_url) == whole
    async with projector(migrated_url, grove, batch=batch) as running:
        await running.rebuild("tree-colours")
    assert await dump(migrated_url) == whole
    await forget_all(migrated_url)


async def test_a_past_state_is_what_the_view_was_then(migrated_url: str) -> None:
    grove, states = grown(3, 40), list[tuple[bytes, ...]]()
    for size in range(1, 41):
        begun = Grove()
        begun.recorded = grove.recorded[:size]
        if size % 8 == 0:
            await folded(migrated_url, begun)
            async with opened_views(migrated_url, SAMPLE) as views:
                states.append((await views.page("trees", Query())).items)
    async with opened_views(migrated_url, SAMPLE) as views:
        for number, state in enumerate(states):
            assert (await views.page("trees", Query(as_of=8 * number + 7))).items == state
    assert len(set(states)) == 5


async def test_a_row_that_did_not_change_gets_no_version(migrated_url: str) -> None:
    grove = Grove()
    grove.add(0, Planted("Ash", Colour.RED))
    grove.add(0, Renamed("Ash tree"))
    tables = await folded(migrated_url, grove)
    assert len(tables["trees"]) == 2
    assert [row[1] for row in tables["tree-colours"]] == [0]


async def test_versions_join_without_gaps(migrated_url: str) -> None:
    tables = await folded(migrated_url, grown(5, 200), batch=9)
    for name in ("trees", "tree-colours"):
        rows = tables[name]
        for (key, since, until_, *_), (next_key, next_since, *_) in itertools.pairwise(rows):
            assert until_ is None or until_ > since
            if key == next_key:
                assert until_ is not None
                assert until_ <= next_since


# --- groups ---


def test_views_tied_by_what_they_read_are_one_group() -> None:
    assert [[view.name for view in group] for group in groups_of(SAMPLE)] == [["trees", "tree-colours"], ["lines"]]


def test_a_view_that_reads_a_later_one_is_refused() -> None:
    with pytest.raises(ValueError, match="tree-colours reads trees"):
        groups_of((COLOURS, TREES))


async def test_a_view_sees_only_what_it_declares(migrated_url: str) -> None:
    grove = Grove()
    grove.add(0, Planted("Ash", Colour.RED))
    nosy = replace(LINES, fold=lambda key, before, record, look: look.row("trees", "x"))
    async with projector(migrated_url, grove, (TREES, nosy)) as running:
        await until(lambda: stopped(running, "lines"))
        assert "does not declare that it reads trees" in str((await of_group(running, "lines")).error)


async def stopped(running: Projector, view: str) -> bool:
    return not (await of_group(running, view)).alive


async def test_a_record_that_cannot_be_applied_stops_its_group_and_no_other(migrated_url: str) -> None:
    grove = grown(1, 10)
    bad = grove.add(0, Poisoned())
    grove.add(1, Planted("Oak", Colour.RED))
    async with projector(migrated_url, grove) as running:
        await until(lambda: stopped(running, "lines"))
        lines = await of_group(running, "lines")
        assert (lines.position, lines.alive) == (bad - 1, False)
        assert lines.error == f"Record {bad} cannot be applied: ValueError: poison"
        assert lines.lag_seconds > 0

        async def others() -> bool:
            return (await of_group(running, "trees")).position == bad + 1

        await until(others)
        assert (await of_group(running, "trees")).alive
    async with connected(migrated_url) as connection:
        (entry,) = await entries(connection, "lines")
    assert (entry.position, entry.error, entry.error_at) == (bad - 1, lines.error, bad)


async def test_a_record_that_cannot_be_read_is_never_skipped(migrated_url: str) -> None:
    grove = grown(1, 10)
    bad = grove.add(0, Planted("Ash", Colour.RED))
    grove.unread.add(bad)
    async with projector(migrated_url, grove, batch=4) as running:
        await until(lambda: stopped(running, "trees"))
        assert (await of_group(running, "trees")).position == bad - 1
    stood = await dump(migrated_url)
    await forget_all(migrated_url)
    assert stood == await folded(migrated_url, grown(1, 10))


async def test_a_row_that_no_table_holds_stops_at_its_own_record(migrated_url: str) -> None:
    grove = grown(1, 40)
    bad = grove.add(0, Planted("a text with \0", Colour.RED))
    grove.recorded.extend(replace(one, position=bad + 1 + n) for n, one in enumerate(grown(2, 20).recorded))
    async with projector(migrated_url, grove) as running:
        await until(lambda: stopped(running, "trees"))
        trees = await of_group(running, "trees")
    assert trees.position == bad - 1
    assert str(trees.error).startswith(f"Record {bad} cannot be applied")


async def test_others_have_their_turn_while_it_catches_up(migrated_url: str) -> None:
    grove, longest = Grove(), 0.0
    for number in range(3000):
        grove.add(number, Planted(f"Tree {number}", Colour.RED))
    forget_start()
    begun = thread_time()
    async with projector(migrated_url, grove, batch=2000) as running:
        while not await has_position(running, 2999):
            asked = thread_time()  # of our own work: what else the machine does meanwhile is no matter
            await asyncio.sleep(0)
            longest = max(longest, thread_time() - asked)
        took = thread_time() - begun
    # Far above a turn's share, far below a batch's, which is two thirds.
    assert longest < took / 8


async def test_a_record_whose_rows_are_all_new_is_folded_once(migrated_url: str) -> None:
    folds = Counter[str]()

    def counted(key: str, before: Any, record: Recorded, look: Look) -> Any:
        folds[key] += 1
        return LINES.fold(key, before, record, look)

    def both(record: Recorded, look: Look) -> Sequence[str]:
        return [f"{record.name}/first", f"{record.name}/second"]

    grove = Grove()
    for number in range(20):
        grove.add(number, Planted(f"Tree {number}", Colour.RED))
    async with projector(migrated_url, grove, [replace(LINES, keys=both, fold=counted)]) as running:
        await caught_up(running)
    assert len(folds) == 40
    assert set(folds.values()) == {1}


def label_keys(record: Recorded, look: Look) -> Sequence[str]:
    row = look.row("trees", str(record.stream))
    return [f"{record.stream}/{row.name}"] if row else []


LABELS = replace(
    LINES, name="labels", key_says="The tree's id and its name.", touched_by=TREES.touched_by, keys=label_keys,
    reads=("trees",),
)  # fmt: skip


async def test_rows_that_a_batch_makes_itself_are_foreseen_together(
    migrated_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one by one: each look goes through the batch, and a long one would never end."""
    looks, tried = list[int](), Runner._tried

    async def counted(self: Runner, records: Sequence[Recorded], last: int) -> int:
        looks.append(len(records))
        return await tried(self, records, last)

    monkeypatch.setattr(Runner, "_tried", counted)
    grove = Grove()
    for number in range(200):
        grove.add(number, Planted(f"Tree {number}", Colour.RED))
        grove.add(number, Renamed(f"Oak {number}"))
    found = await folded(migrated_url, grove, (TREES, LABELS), batch=1000)
    assert len(found["labels"]) == 400
    assert len(looks) <= 2


async def test_a_gap_in_the_ledger_stops_everything(migrated_url: str) -> None:
    class Gappy(Grove):
        async def records(self, after: int = -1, limit: int = 500) -> Sequence[StoredRecord]:
            return [one for one in await super().records(after, limit) if one.position != 5]

    grove = Gappy()
    grove.recorded = grown(1, 10).recorded
    async with projector(migrated_url, grove, batch=2) as running:
        await until(lambda: stopped(running, "trees"))
        assert "gap" in str((await of_group(running, "trees")).error)


# --- several runners, and a database that goes away ---


async def test_a_second_runner_is_fenced_and_writes_nothing(migrated_url: str) -> None:
    grove = grown(2, 30)
    await folded(migrated_url, grove)
    async with connected(migrated_url) as one, connected(migrated_url) as other:
        names = {entry.name: entry.table for entry in await entries(one, "trees")}
        first, second = (Runner(grove, grove, [Table(TREES), Table(COLOURS)]) for _ in range(2))
        first.begin(names, 29, one, one)
        second.begin(names, 29, other, other)
        grove.add(0, Planted("Elm", Colour.GREEN))
        assert await first.step() == 1
        before = await dump(migrated_url)
        with pytest.raises(Fenced):
            await second.step()
    assert await dump(migrated_url) == before


async def test_two_processes_take_turns_to_lead(migrated_url: str) -> None:
    grove = grown(2, 30)
    async with projector(migrated_url, grove) as second:
        await caught_up(second)
        async with projector(migrated_url, grove) as standby:
            await until(lambda: has_position(standby, 29))
            assert [one.leads for one in await standby.health()] == [False, False]
            await second.__aexit__()
            await until(lambda: all_lead(standby))
            grove.add(0, Planted("Elm", Colour.GREEN))
            await caught_up(standby)
    tables = await dump(migrated_url)
    await forget_all(migrated_url)
    assert tables == await folded(migrated_url, grove)


async def all_lead(running: Projector) -> bool:
    return all(one.leads for one in await running.health())


async def has_position(running: Projector, position: int) -> bool:
    return all(one.position == position for one in await running.health())


async def test_it_goes_on_by_itself_once_the_database_is_back(migrated_url: str) -> None:
    grove = grown(4, 30)
    async with projector(migrated_url, grove, batch=3) as running:
        await caught_up(running)
        for _ in range(3):
            async with connected(migrated_url) as connection:
                cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1"
                assert await connection.fetch(cut, "subsidia-projector")
            for number in range(8):
                grove.add(number, Painted(Colour.RED))
            await caught_up(running)
        assert all(one.alive for one in await running.health())
        assert [one.error for one in await running.health()] == [None, None]
    tables = await dump(migrated_url)
    await forget_all(migrated_url)
    assert tables == await folded(migrated_url, grove)


# --- rebuilding ---


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


async def test_late_records_change_what_held_in_law(migrated_url: str) -> None:
    grove = Grove()
    grove.add(0, Planted("Ash", Colour.RED), "2026-01-01")
    grove.add(0, Painted(Colour.GREEN), "2026-03-01")
    late = grove.add(0, Renamed("Ash of old"), "2026-02")
    await folded(migrated_url, grove)
    async with opened_views(migrated_url, SAMPLE) as views:

        async def seen(day: str, as_of: int) -> tuple[str, str] | None:
            row, _ = await views.one("trees", str(stream(0)), valid_at=date.fromisoformat(day), as_of=as_of)
            if row is None:
                return None
            found = Table(TREES).form.decode(row)
            return found.name, found.colour.value

        assert await seen("2025-12-31", late) is None
        assert await seen("2026-01-31", late) == ("Ash", "red")
        assert await seen("2026-02-01", late - 1) == ("Ash", "red")
        assert await seen("2026-02-01", late) == ("Ash of old", "red")
        assert await seen("2026-03-01", late) == ("Ash of old", "green")
        assert await seen("2026-03-01", late - 1) == ("Ash", "green")
