"""The clock on a real ledger: what falls due is recorded once, in order and dated rightly, whatever happens."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from domain.commitments import events as commitments
from domain.commitments.words import Due, Milestone, Part, Party
from domain.contexts import CONTEXTS
from domain.kernel import EventName, PartialDate, Recorded, Role, Sphere, Words
from services.bootstrap import Services
from services.clock import Clock, order
from services.orders import Note
from services.store import waiting
from services.store.connecting import connect_worker
from services.store.ports import StoredRecord, Unavailable
from services.working import agenda
from services.working.following import Fenced, Follower
from tests.services.acting import (
    BEGUN,
    PARIS,
    by,
    clock_of,
    local,
    passed,
    promise,
    register,
    set_clock,
    tick,
    told,
    unit_of,
)
from tests.services.faulty import Faulty
from tests.services.test_handle import give, person
from tests.waiting import until

STEP = date(2035, 4, 10)


# --- downtime, and what follows ---


async def test_after_days_of_downtime_each_is_recorded_once_in_order_and_dated_rightly(
    database_url: str, tmp_path: Path
) -> None:
    async with register(database_url, tmp_path) as services:
        lyon = await unit_of(services, "Lyon")
        first, signatory = await promise(services, lyon, date(2035, 4, 12), date(2035, 4, 10))
        second, _ = await promise(services, lyon, date(2035, 4, 11), date(2035, 4, 12), signatory=signatory)
        before = (await services.store.head()).size
    records: list[Recorded] = []
    for _ in range(2):  # the second start finds nothing to do
        async with register(database_url, tmp_path, datetime(2035, 5, 1, tzinfo=UTC)) as services:
            await tick(services)
            records = [one for one in await told(services) if one.position >= before]
    assert {one.actor.system for one in records} == {"clock"}
    days = [one.effective_on for one in records if isinstance(one.event, commitments.DeadlineMissed)]
    assert days == ["2035-04-11", "2035-04-12", "2035-04-13", "2035-04-13"]
    streams = [one.stream for one in records if isinstance(one.event, commitments.DeadlineMissed)]
    assert streams[:2] == [first, second]
    assert streams[2:] == sorted((first, second))


async def test_what_the_rules_set_anew_and_is_over_is_passed_in_turn(services: Services) -> None:
    """A report is missed, silence is counted from its start, and the commitment is inactive: years later, in one go."""
    stream, _ = await promise(services, await unit_of(services, "Lyon"), date(2039, 12, 1))
    await tick(services, datetime(2039, 1, 1, tzinfo=UTC))
    records = await by(services, "clock", stream)
    kinds = [one.event.kind for one in records if isinstance(one.event, commitments.DeadlineMissed)]
    assert kinds.count(Due.PROGRESS) == kinds.count(Due.SILENCE) == 1
    days = [day for _, day in passed(records)]
    assert days == sorted(days)
    assert any(isinstance(one.event, commitments.CommitmentMarkedInactive) for one in records)
    size = (await services.store.head()).size
    await tick(services)
    assert (await services.store.head()).size == size


async def test_what_was_met_or_given_up_in_time_is_not_missed(services: Services) -> None:
    lyon = await unit_of(services, "Lyon")
    stream, signatory = await promise(services, lyon, STEP, date(2035, 4, 20))
    await tick(services)
    await give(services, signatory, "commitments.complete-milestone", stream, milestone=1)
    await tick(services, datetime(2035, 5, 1, tzinfo=UTC))
    missed = [one.event for one in await by(services, "clock") if isinstance(one.event, commitments.MilestoneMissed)]
    assert [one.number for one in missed] == [2]


async def test_an_extension_moves_the_day(services: Services) -> None:
    lyon, ain = await unit_of(services, "Lyon"), await unit_of(services, "Ain", Sphere.REGIONAL)
    mayor, prefect = (
        await person(services, lyon, Role.AUTHORISED_SIGNATORY),
        await person(services, ain, Role.AUTHORISED_SIGNATORY),
    )
    title = Words({"en": "Trees"})
    stream = (await give(
        services, mayor, "commitments.propose", owner=lyon, title=title, description=title, ends_on=PartialDate("2040"),
        starts_on=None, sdg=(), parties=(Party(ain, Part.CO_OWNER, True),), document=None,
    )).stream  # fmt: skip
    await give(services, prefect, "commitments.accept", stream)
    for unit, actor in ((lyon, mayor), (ain, prefect)):
        await give(services, actor, "commitments.add-milestone", stream, milestone=Milestone(title, STEP, unit))
    await give(services, mayor, "commitments.adopt", stream)
    owed = [one.event for one in await told(services, stream) if isinstance(one.event, commitments.DeadlineSet)]
    number = next(one.number for one in owed if one.kind is Due.MILESTONE and one.unit == lyon)
    await tick(services)
    await give(
        services, mayor, "commitments.request-extension", stream, until=date(2035, 6, 1), deadline=number,
        note=Note(because="The nursery burnt down.", lang="en"),
    )  # fmt: skip
    await give(services, prefect, "commitments.grant-extension", stream, extension=1)
    await tick(services, datetime(2035, 5, 1, tzinfo=UTC))
    assert number not in [n for n, _ in passed(await by(services, "clock", stream))]
    await tick(services, local(PARIS, "2035-06-02T00:00"))
    (day,) = [day for n, day in passed(await by(services, "clock", stream)) if n == number]
    assert day == date(2035, 6, 2)
    (missed,) = [
        one for one in await by(services, "clock", stream)
        if isinstance(one.event, commitments.DeadlineMissed) and one.event.number == number
    ]  # fmt: skip
    moved = next(one for one in await told(services, stream) if isinstance(one.event, commitments.DeadlineMoved))
    assert missed.cause == moved.name


# --- several at once, and faults ---


async def test_two_clocks_at_once_record_it_once(database_url: str, tmp_path: Path) -> None:
    """Without the lock that lets one lead: correctness does not rest on it."""
    async with register(database_url, tmp_path) as one, register(database_url, tmp_path) as other:
        lyon = await unit_of(one, "Lyon")
        signatory = await person(one, lyon, Role.AUTHORISED_SIGNATORY)
        for _ in range(5):
            await promise(one, lyon, STEP, signatory=signatory)
        await tick(one)
        for services in (one, other):
            set_clock(services, datetime(2035, 4, 12, tzinfo=UTC))
        await asyncio.gather(_rest(one, database_url), _rest(other, database_url))
        await tick(other)
        numbers = [(record.stream, record.event.number) for record in await by(one, "clock") if _is_missed(record)]
        assert len(numbers) == len(set(numbers)) == 5


def _is_missed(record: Any) -> bool:
    return isinstance(record.event, commitments.DeadlineMissed)


async def _rest(services: Services, dsn: str) -> None:
    """Passes what is due, and is killed before the agenda hears of it."""
    connection = await connect_worker(dsn)
    try:
        clock = Clock(services.office, services.codec, services.contexts)
        while await clock.rest(connection) == 0:
            pass
    finally:
        connection.terminate()


async def test_killed_between_the_record_and_the_agenda_it_is_recorded_once(database_url: str, tmp_path: Path) -> None:
    async with register(database_url, tmp_path) as services:
        stream, _ = await promise(services, await unit_of(services, "Lyon"), STEP)
        await tick(services)
        set_clock(services, datetime(2035, 4, 12, tzinfo=UTC))
        await _rest(services, database_url)
        recorded = await by(services, "clock", stream)
        assert len(passed(recorded)) == 1
    # What it knew of having said so is lost as well.
    await _forget_put_off(database_url)
    async with register(database_url, tmp_path, datetime(2035, 4, 12, 1, tzinfo=UTC)) as services:
        await tick(services)
        assert await by(services, "clock", stream) == recorded


async def _forget_put_off(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("update workers.agenda set again_at = null, tries = 0")
    await connection.close()


@pytest.mark.parametrize("persisted", [False, True], ids=["failed-and-did-not-persist", "failed-but-did-persist"])
async def test_a_fault_of_the_store_is_survived(services: Services, persisted: bool) -> None:
    stream, _ = await promise(services, await unit_of(services, "Lyon"), STEP)
    await tick(services)
    services.office.store = Faulty(services.store, persisted)
    with pytest.raises(Unavailable):
        await tick(services, datetime(2035, 4, 12, tzinfo=UTC))
    assert len(passed(await by(services, "clock", stream))) == int(persisted)
    await tick(services)
    await tick(services, datetime(2035, 4, 13, tzinfo=UTC))
    assert len(passed(await by(services, "clock", stream))) == 1


async def test_a_position_that_another_process_moved_is_not_written_over(services: Services, database_url: str) -> None:
    await promise(services, await unit_of(services, "Lyon"), STEP)
    await tick(services)
    stored = await services.store.records(-1, 500)
    connection = await connect_worker(database_url)
    clock = Clock(services.office, services.codec, services.contexts)
    with pytest.raises(Fenced):
        await clock.take(connection, -1, stored)
    await connection.close()


async def test_the_agenda_follows_from_the_ledger_alone(services: Services, database_url: str) -> None:
    await promise(services, await unit_of(services, "Lyon"), STEP, date(2035, 4, 20))
    await tick(services, datetime(2035, 4, 12, tzinfo=UTC))
    connection = await asyncpg.connect(database_url)
    query = "select stream, number, context, zone, due_on, due_at, set_by, standing from workers.agenda order by 1, 2"
    kept, size = await connection.fetch(query), (await services.store.head()).size
    assert {row["due_on"] for row in kept} >= {date(2035, 4, 20)}
    await connection.execute("delete from workers.agenda; delete from workers.positions where worker = 'clock'")
    await tick(services)
    assert await connection.fetch(query) == kept
    assert (await services.store.head()).size == size
    await connection.close()


# --- what the rules do not let it do ---


async def test_a_record_that_would_be_too_large_is_tried_again_and_stops_nothing_else(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream, _ = await promise(services, await unit_of(services, "Lyon"), STEP)
    await tick(services)
    with monkeypatch.context() as lowered:
        lowered.setattr(waiting, "RECORD_AT_MOST", 300)
        await tick(services, datetime(2035, 4, 12, tzinfo=UTC))
        clock, *_ = await services.workers.health()
        assert (clock.refused, passed(await by(services, "clock", stream))) == (1, [])
    await tick(services, datetime(2035, 4, 13, tzinfo=UTC))
    assert len(passed(await by(services, "clock", stream))) == 1


async def test_a_refusal_stops_nothing_else_is_said_and_tried_again(services: Services, database_url: str) -> None:
    stream, _ = await promise(services, await unit_of(services, "Lyon"), STEP)
    await tick(services)
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "insert into workers.agenda select stream, 99, context, zone, due_on, due_at, set_by, standing"
        " from workers.agenda where due_on = $1",
        STEP,
    )
    await tick(services, datetime(2035, 4, 12, tzinfo=UTC))
    assert len(passed(await by(services, "clock", stream))) == 1
    clock, *_ = await services.workers.health()
    assert clock.refused == 1
    row = await connection.fetchrow("select tries, said, again_at from workers.agenda where number = 99")
    assert row is not None
    assert (row["tries"], row["said"][:16]) == (1, "no-such-deadline")
    await tick(services, row["again_at"] + timedelta(seconds=1))
    assert await connection.fetchval("select tries from workers.agenda where number = 99") == 2
    assert await services.workers.retry() == (0, 0, 1)
    await tick(services)  # not an hour later: at once
    assert await connection.fetchval("select tries from workers.agenda where number = 99") == 3
    await connection.close()


async def test_a_deadline_that_its_rules_let_run_on_waits_for_their_day(services: Services, database_url: str) -> None:
    stream, _ = await promise(services, await unit_of(services, "Lyon"), STEP)
    await tick(services)
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "update workers.agenda set due_on = due_on - 5, due_at = due_at - interval '5 days' where due_on = $1", STEP
    )
    await tick(services, local(PARIS, "2035-04-10T12:00"))
    assert await by(services, "clock", stream) == []
    assert await connection.fetchval("select count(*) from workers.agenda where due_on = $1", STEP) == 1
    await tick(services, local(PARIS, "2035-04-11T00:00"))
    assert len(passed(await by(services, "clock", stream))) == 1
    await connection.close()


# --- at work ---


async def test_what_another_process_wrote_is_read_together(
    services: Services, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streams that its own process knows as they were before; the first time, the units at whose homes they are."""
    towns = [await unit_of(services, f"Town {n}") for n in range(4)]
    made = [await promise(services, town, STEP) for town in towns]
    asked: list[set[UUID]] = []
    async with register(database_url, tmp_path) as other, clock_of(other, database_url) as clock:
        read = other.store.streams

        async def streams(ids: Sequence[UUID], after: int = 0) -> dict[UUID, list[StoredRecord]]:
            asked.append(set(ids))
            return await read(ids, after)

        monkeypatch.setattr(other.store, "streams", streams)
        await clock.catch_up()
        assert asked[-1] == set(towns)
        asked.clear()
        for stream, signatory in made:
            said: dict[str, Any] = {"percent": 10, "account": Words({"en": "Planted."}), "milestone": None}
            await give(services, signatory, "commitments.report-progress", stream, **said)
        await clock.catch_up()
    assert asked == [{stream for stream, _ in made}]


async def test_a_running_clock_is_woken_by_records_and_by_time(services: Services, database_url: str) -> None:
    lyon = await unit_of(services, "Lyon")
    async with clock_of(services, database_url) as follower, follower:
        stream, _ = await promise(services, lyon, STEP)

        async def level() -> bool:
            health = await follower.health()
            return health.position == health.head and health.alive and health.error is None

        await until(level)
        set_clock(services, local(PARIS, "2035-04-11T00:00"))

        async def recorded() -> bool:
            return len(passed(await by(services, "clock", stream))) == 1

        await until(recorded)


async def test_one_process_leads_and_another_takes_over(services: Services, database_url: str) -> None:
    async with clock_of(services, database_url) as one, clock_of(services, database_url) as other, other:

        async def leads(follower: Follower) -> bool:
            return (await follower.health()).leads

        async with one:
            await until(lambda: leads_one([one, other]))
            leader, standing_by = (one, other) if one.leads else (other, one)
            assert not standing_by.leads
            assert leader.leads
        await until(lambda: leads(other))


async def leads_one(followers: list[Follower]) -> bool:
    return sum(one.leads for one in followers) == 1


def test_what_the_clock_gives_has_one_id_for_one_day_set_by_one_record() -> None:
    stream = EventName("00000000-0000-0000-0000-000000000001/3").stream
    row = agenda.Due(stream, 2, "commitments", STEP, 3, 0)
    given = order(CONTEXTS["commitments"], row)
    assert order(CONTEXTS["commitments"], row._replace(tries=7)).cmd == given.cmd
    others = (row._replace(number=3), row._replace(set_by=4), row._replace(due_on=BEGUN.date()))
    assert len({given.cmd, *(order(CONTEXTS["commitments"], one).cmd for one in others)}) == 4
