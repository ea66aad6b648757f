"""Faults in pairs: what failed and was not kept, what failed and was kept. After each the ledger is recomputed."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from domain.ledger.merkle import Edge, grow
from services.postgres import Embedded
from services.store import locks
from services.store.batch import Reached, compose
from services.store.ledger import LedgerStore, opened_store, utc_now
from services.store.migrations import migrate
from services.store.ports import Busy, Change, Conflict, Receipt, Unavailable
from services.store.waiting import Waiting
from services.store.writer import WORTH_HALVING
from tests.services.store_faults.proxy import Cut, wired
from tests.services.store_ledgers import KEY, NOTARY, ORIGIN, change, draft, thing
from tests.services.whole_ledger import check_whole
from tests.waiting import PATIENCE

MARK = "the one to lose"
APPEND, COMMIT = MARK.encode(), b"Q\0\0\0\x0bcommit\0"
"""Seen on the wire: the call that carries the records; the end of a transaction that took the lock first."""


async def is_true(pool: "asyncpg.Pool[asyncpg.Record]", asked: Sequence[Change], answers: Sequence[object]) -> int:
    """Every answer is true, and the ledger is whole. Returns how many commands are recorded."""
    rows = await pool.fetch("select cmd, first, count from ledger.commands")
    recorded = {row["cmd"]: (row["first"], row["count"]) for row in rows}
    assert len(rows) == len(recorded)
    for one, answer in zip(asked, answers, strict=True):
        if isinstance(answer, Receipt):
            assert recorded[one.cmd] == (answer.first, answer.count)
        else:
            assert isinstance(answer, (Unavailable, asyncio.CancelledError, Busy)), answer
            if isinstance(answer, Busy) or getattr(answer, "recorded", None) is False:
                assert one.cmd not in recorded
    assert await check_whole(pool, NOTARY) == sum(count for _, count in recorded.values())
    return len(recorded)


@pytest.mark.parametrize("cut", list(Cut))
@pytest.mark.parametrize("lock_first", [False, True])
async def test_a_connection_lost_around_commit(
    migrated_url: str, pool: "asyncpg.Pool[asyncpg.Record]", cut: Cut, lock_first: bool
) -> None:
    async with wired(migrated_url) as (dsn, wire), opened_store(dsn, ORIGIN, KEY) as store:
        asked = [thing(MARK), *(thing() for _ in range(9))]
        if not lock_first:
            asked.insert(0, thing())
            await store.append(asked[0])  # from now on the head is remembered
        wire.arm(COMMIT if lock_first else APPEND, cut)
        answers = await asyncio.gather(*(store.append(one) for one in asked), return_exceptions=True)
        assert wire.cuts == 1
        assert all(isinstance(answer, Receipt) for answer in answers)
        assert [getattr(answer, "repeated", None) for answer in answers][-10:] == [False] * 10
        await asyncio.sleep(0.5 if cut is Cut.LATE else 0)
        assert await is_true(pool, asked, answers) == len(asked)


@pytest.mark.parametrize("cut", list(Cut))
@pytest.mark.parametrize("lost", [0, -1])
async def test_a_line_lost_while_two_batches_are_on_their_way(
    migrated_url: str, pool: "asyncpg.Pool[asyncpg.Record]", cut: Cut, lost: int
) -> None:
    async with wired(migrated_url) as (dsn, wire), opened_store(dsn, ORIGIN, KEY) as store:
        both = [thing() for _ in range(2 * WORTH_HALVING)]
        both[lost] = thing(MARK)
        asked = [thing(), *both]
        answers: list[object] = [await store.append(asked[0])]  # from now on the head is remembered
        wire.arm(APPEND, cut)
        answers += await asyncio.gather(*(store.append(one) for one in both), return_exceptions=True)
        assert wire.cuts == 1
        assert [getattr(answer, "repeated", answer) for answer in answers] == [False] * len(asked)
        await asyncio.sleep(0.5 if cut is Cut.LATE else 0)
        assert await is_true(pool, asked, answers) == len(asked)


async def test_a_batch_that_overtakes_the_one_before_it_is_sent_again(
    migrated_url: str, pool: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    async with wired(migrated_url) as (dsn, wire), opened_store(dsn, ORIGIN, KEY) as store:
        asked = [thing(), thing(MARK), *(thing() for _ in range(2 * WORTH_HALVING))]
        answers: list[object] = [await store.append(asked[0])]
        wire.hold_back(APPEND, 0.2)
        answers += await asyncio.gather(*(store.append(one) for one in asked[1:]), return_exceptions=True)
        assert [getattr(answer, "first", answer) for answer in answers] == [2 * number for number in range(len(asked))]
        assert await is_true(pool, asked, answers) == len(asked)


async def test_what_was_composed_on_another_history_of_the_same_size_is_refused(
    migrated_url: str, pool: "asyncpg.Pool[asyncpg.Record]", store: LedgerStore
) -> None:
    await store.append(thing())
    head = await store.head()
    foreign, own = grow(Edge(0, ()), [b"f" * 32] * head.size).edge, thing()
    waiting = [Waiting.of(own, asyncio.get_running_loop().create_future())]
    composed = compose(Reached(head.size, head.at, foreign, ""), waiting, utc_now(), NOTARY.sign)
    places = ", ".join(f"${number}" for number in range(1, len(composed.call) + 1))
    row = await pool.fetchrow(f"select * from ledger.append({places})", *composed.call)
    assert row is not None
    assert (row["done"], row["size"]) == (False, head.size)
    assert await check_whole(pool, NOTARY) == head.size
    await store.append(own)


async def test_a_history_put_in_place_of_the_remembered_one_is_seen_and_followed(
    migrated_url: str, pool: "asyncpg.Pool[asyncpg.Record]", store: LedgerStore
) -> None:
    """As after a restore from a backup beside a running server: as many records as before, but other ones."""
    await store.append(thing())
    async with pool.acquire() as owner, owner.transaction():
        await owner.execute("set local session_replication_role = replica")
        for table in ("records", "commands", "checkpoints", "subtrees", "spoken_of"):
            await owner.execute(f"delete from ledger.{table}")
    async with opened_store(migrated_url, ORIGIN, KEY) as other:
        instead, own = thing("instead"), [thing() for _ in range(2 * WORTH_HALVING)]
        answers: list[object] = [await other.append(instead)]
    async with asyncio.timeout(PATIENCE):  # a writer that held on to its head would try for ever
        answers += await asyncio.gather(*(store.append(one) for one in own), return_exceptions=True)
    assert all(isinstance(answer, Receipt) for answer in answers), answers
    assert await is_true(pool, [instead, *own], answers) == 1 + len(own)


@pytest.mark.parametrize("cut", list(Cut))
async def test_a_line_lost_while_the_batch_before_it_is_refused(
    migrated_url: str, pool: "asyncpg.Pool[asyncpg.Record]", cut: Cut
) -> None:
    async with wired(migrated_url) as (dsn, wire), opened_store(dsn, ORIGIN, KEY) as store:
        stream = uuid4()
        asked = [change(draft(stream)), change(draft(stream)), *(thing() for _ in range(2 * WORTH_HALVING))]
        asked[-1] = thing(MARK)
        answers: list[object] = [await store.append(asked[0])]
        wire.arm(APPEND, cut)
        answers += await asyncio.gather(*(store.append(one) for one in asked[1:]), return_exceptions=True)
        assert wire.cuts == 1
        assert isinstance(answers.pop(1), Conflict)
        del asked[1]
        assert [getattr(answer, "repeated", answer) for answer in answers] == [False] * len(asked)
        await asyncio.sleep(0.5 if cut is Cut.LATE else 0)
        assert await is_true(pool, asked, answers) == len(asked)


async def test_two_batches_that_wait_for_the_lock_too_long_are_both_known_not_to_be_recorded(
    migrated_url: str, pool: "asyncpg.Pool[asyncpg.Record]", store: LedgerStore
) -> None:
    await store.append(thing())
    async with pool.acquire() as other:
        await other.execute(f"select pg_advisory_lock({locks.RECORDS})")
        asked = [thing() for _ in range(2 * WORTH_HALVING)]
        answers = await asyncio.gather(*(store.append(one) for one in asked), return_exceptions=True)
        await other.execute(f"select pg_advisory_unlock({locks.RECORDS})")
    assert [getattr(answer, "recorded", None) for answer in answers] == [False] * len(asked)
    assert await is_true(pool, asked, answers) == 1


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.AFTER])
async def test_a_database_gone_at_commit_leaves_doubt_and_says_so(
    migrated_url: str, pool: "asyncpg.Pool[asyncpg.Record]", cut: Cut
) -> None:
    async with wired(migrated_url) as (dsn, wire), opened_store(dsn, ORIGIN, KEY, patience=0.3) as store:
        before = thing()
        await store.append(before)
        wire.arm(APPEND, cut)
        wire.down = True  # for whoever comes anew
        lost, queued = thing(MARK), thing()
        answering = asyncio.ensure_future(store.append(lost))
        await asyncio.sleep(0.05)
        waiting = asyncio.ensure_future(store.append(queued))
        with pytest.raises(Unavailable) as doubt:
            await answering
        assert doubt.value.recorded is None
        with pytest.raises(Unavailable) as known:
            await waiting
        assert known.value.recorded is False
        with pytest.raises(Unavailable) as at_once:
            await store.append(queued)
        assert at_once.value.recorded is False
        wire.cut_all()
        with pytest.raises(Unavailable):
            await store.head()
        wire.down = False
        again = await store.append(lost)
        assert again.repeated is (cut is Cut.AFTER)
        answers = [await store.append(one) for one in (before, lost, queued)]
        assert await is_true(pool, [before, lost, queued], answers) == 3


async def test_backends_that_are_ended_lose_nothing(
    migrated_url: str, pool: "asyncpg.Pool[asyncpg.Record]", store: LedgerStore
) -> None:
    asked: list[Change] = []
    answers: list[object] = []

    async def write() -> None:
        for _ in range(100):
            one = thing()
            asked.append(one)
            number = len(asked) - 1
            answers.append(None)
            answers[number] = (await asyncio.gather(store.append(one), return_exceptions=True))[0]

    async def end() -> None:
        for _ in range(8):
            await asyncio.sleep(0.02)
            await pool.fetch(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and application_name = 'subsidia-writer'"
            )

    await asyncio.gather(*(write() for _ in range(32)), end())
    assert all(isinstance(answer, Receipt) for answer in answers)
    assert await is_true(pool, asked, answers) == 3200


async def test_a_database_that_restarts_under_load(public_folder: Path) -> None:
    server = Embedded(public_folder / "restarting" / "pg", settings={"fsync": "off", "shared_buffers": "16MB"})
    server.data.parent.mkdir()
    server.data.parent.chmod(0o711)
    dsn = await server.start()
    try:
        await migrate(dsn)
        asked, answers = await _restarted(server, dsn)
        assert {type(answer) for answer in answers} >= {Receipt}
        async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
            await is_true(pool, asked, answers)
    finally:
        await server.stop()


async def _restarted(server: Embedded, dsn: str) -> tuple[list[Change], list[object]]:
    """What 16 writers asked and were answered while the server crashed, came back, and for a moment after."""
    asked: list[Change] = []
    answers: list[object] = []
    again = asyncio.Event()
    async with opened_store(dsn, ORIGIN, KEY) as store:

        async def write() -> None:
            left = 20
            while left:
                one = thing()
                asked.append(one)
                answers.append(None)
                number = len(asked) - 1
                answers[number] = (await asyncio.gather(store.append(one), return_exceptions=True))[0]
                await asyncio.sleep(0.001)
                left -= again.is_set()

        async def crash() -> None:
            await asyncio.sleep(0.2)
            pid = server.cluster.postmaster()
            assert pid is not None
            os.kill(pid, signal.SIGQUIT)
            await asyncio.sleep(0.1)
            await server.start()
            again.set()

        await asyncio.gather(*(write() for _ in range(16)), crash())
        assert all(isinstance(answer, Receipt) for answer in answers[-16:])
    return asked, answers


@pytest_asyncio.fixture
async def held(migrated_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Somebody who holds the ledger's lock until they let it go."""
    connection = await asyncpg.connect(migrated_url)
    await connection.execute(f"select pg_advisory_lock({locks.RECORDS})")
    yield connection
    await connection.close()


async def _let_go(held: "asyncpg.Connection[asyncpg.Record]") -> None:
    await held.execute("select pg_advisory_unlock_all()")


async def test_a_full_queue_says_busy_and_keeps_its_word_to_those_in_it(
    migrated_url: str, pool: "asyncpg.Pool[asyncpg.Record]", held: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    async with opened_store(migrated_url, ORIGIN, KEY, queue=8) as store:
        asked = [thing() for _ in range(12)]
        tasks = [asyncio.ensure_future(store.append(asked[0]))]
        await asyncio.sleep(0.05)  # it is on its way, and the queue is empty
        tasks += [asyncio.ensure_future(store.append(one)) for one in asked[1:]]
        await asyncio.sleep(0.05)
        assert [type(task.exception()) for task in tasks if task.done()] == [Busy] * 3
        await _let_go(held)
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert await is_true(pool, asked, answers) == 9


async def test_a_caller_who_gives_up_undoes_nothing(
    pool: "asyncpg.Pool[asyncpg.Record]", store: LedgerStore, held: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    asked = [thing() for _ in range(6)]
    tasks = [asyncio.ensure_future(store.append(one)) for one in asked]
    await asyncio.sleep(0.05)
    for task in tasks[::2]:
        task.cancel()
    await _let_go(held)
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(answer) for answer in answers] == [asyncio.CancelledError, Receipt] * 3
    assert await is_true(pool, asked, answers) == 6


async def test_a_writer_that_is_stopped_answers_everybody_who_waits(
    migrated_url: str, pool: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    async with opened_store(migrated_url, ORIGIN, KEY) as store:
        asked = [thing() for _ in range(1000)]
        tasks = [asyncio.ensure_future(store.append(one)) for one in asked]
        await asyncio.sleep(0)
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert await is_true(pool, asked, answers) == 1000
    with pytest.raises(Unavailable) as error:
        await store.append(thing())
    assert error.value.recorded is False


@pytest.mark.parametrize("kept", [False, True])
async def test_a_writer_that_is_cancelled_tells_everybody_the_truth(
    migrated_url: str,
    pool: "asyncpg.Pool[asyncpg.Record]",
    held: "asyncpg.Connection[asyncpg.Record]",
    kept: bool,
) -> None:
    async with opened_store(migrated_url, ORIGIN, KEY) as store:
        asked = [thing() for _ in range(1000)]
        tasks = [asyncio.ensure_future(store.append(one)) for one in asked]
        if kept:
            await _let_go(held)
        # The first batch is answered and the next one on its way; or nobody gets the lock.
        await asyncio.wait(tasks, timeout=PATIENCE if kept else 0.05, return_when=asyncio.FIRST_COMPLETED)
        await store.writer.stop(patience=0)
        assert not store.alive
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    await _let_go(held)
    with suppress(asyncpg.PostgresError):
        await held.execute(f"select pg_advisory_lock({locks.RECORDS})")  # whatever was on its way has ended
    recorded = await is_true(pool, asked, answers)
    assert recorded > 0 if kept else recorded == 0
    assert kept or all(getattr(answer, "recorded", None) is False for answer in answers)


async def test_one_command_that_cannot_be_stored_fails_alone(
    pool: "asyncpg.Pool[asyncpg.Record]", store: LedgerStore
) -> None:
    asked = [thing() for _ in range(5)]
    asked[2] = replace(asked[2], takes=(("a word with \0 in it", uuid4()),))
    answers = await asyncio.gather(*(store.append(one) for one in asked), return_exceptions=True)
    assert [isinstance(answer, Receipt) for answer in answers] == [True, True, False, True, True]
    assert isinstance(answers[2], asyncpg.DataError)
    assert await check_whole(pool, NOTARY) == 8


async def test_a_repeated_command_under_concurrency_is_recorded_once(
    migrated_url: str, pool: "asyncpg.Pool[asyncpg.Record]", store: LedgerStore
) -> None:
    async with opened_store(migrated_url, ORIGIN, KEY) as other:
        asked = [thing() for _ in range(20)]
        answers = await asyncio.gather(*(one.append(what) for what in asked for one in (store, other) * 5))
        assert await is_true(pool, [what for what in asked for _ in range(10)], answers) == 20
        assert len([answer for answer in answers if not answer.repeated]) == 20
