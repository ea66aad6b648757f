"""The projector: rows do not depend on how records were batched, and nothing stops it but a record it cannot apply."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from time import thread_time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.kernel import Recorded
from projections.kernel import Look
from services.projector import Projector
from services.store.ports import StoredRecord
from services.views.applying import groups_of
from services.views.connections import opened_views
from services.views.pace import forget_start
from services.views.ports import Query
from services.views.registry import Fenced, entries
from services.views.running import Runner
from services.views.tables import Table
from tests.services.projecting import caught_up, connected, folded, forget_all, of_group, projector
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
from tests.waiting import until

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
        for view in ("trees", "lines"):  # each group comes there in its own time
            await until(partial(stopped, running, view))
            assert (await of_group(running, view)).position == bad - 1
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
