"""The clock on a real ledger: what falls due is recorded once, in order and dated rightly, whatever happens."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from domain.commitments import events as commitments
from domain.commitments.words import Due, Milestone, Part, Party
from domain.contexts import CONTEXTS
from domain.kernel import EventName, PartialDate, Recorded, Refused, Role, Sphere, Words
from domain.units.events import Particulars
from services.bootstrap import Services
from services.clock import Clock, order
from services.orders import Note
from services.store import waiting
from services.store.connecting import connect_worker
from services.store.ports import Unavailable
from services.working import agenda
from services.working.agenda import ends_at
from services.working.following import Fenced, Follower
from tests.services.acting import (
    AUCKLAND,
    BEGUN,
    NEW_YORK,
    PARIS,
    by,
    clock_of,
    local,
    passed,
    promise,
    register,
    set_clock,
    told,
    unit_of,
)
from tests.services.faulty import Faulty
from tests.services.test_handle import give, person
from tests.waiting import until

STEP = date(2035, 4, 10)


@pytest_asyncio.fixture
async def services(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    async with register(database_url, tmp_path) as found:
        yield found


async def tick(services: Services, moment: datetime | None = None) -> None:
    """The clock does what there is to do at a moment."""
    if moment is not None:
        set_clock(services, moment)
    await services.workers.catch_up()


# --- when a day is over ---


@pytest.mark.parametrize(
    ("due_on", "zone", "over"),
    [
        (date(2035, 1, 31), "UTC", "2035-02-01T00:00+00:00"),
        (date(2035, 4, 10), NEW_YORK, "2035-04-11T04:00+00:00"),
        (date(2035, 4, 10), AUCKLAND, "2035-04-10T12:00+00:00"),
        # The last Sunday of March has 23 hours in Paris, that of October 25.
        (date(2035, 3, 24), PARIS, "2035-03-24T23:00+00:00"),
        (date(2035, 3, 25), PARIS, "2035-03-25T22:00+00:00"),
        (date(2035, 10, 28), PARIS, "2035-10-28T23:00+00:00"),
        # Clocks go from 00:00 to 01:00 in Havana: that day begins at 01:00.
        (date(2035, 3, 10), "America/Havana", "2035-03-11T05:00+00:00"),
        # And back from 01:00 to 00:00: it begins at the first 00:00.
        (date(2035, 11, 3), "America/Havana", "2035-11-04T04:00+00:00"),
        # Samoa had no 30 December 2011.
        (date(2011, 12, 29), "Pacific/Apia", "2011-12-30T10:00+00:00"),
        (date(2036, 2, 28), PARIS, "2036-02-28T23:00+00:00"),
        (date(2036, 2, 29), PARIS, "2036-02-29T23:00+00:00"),
        (date(2035, 4, 10), "Nowhere/At_All", "2035-04-11T00:00+00:00"),
        (date.max, "UTC", "9990-01-02T00:00+00:00"),
    ],
)
def test_a_day_is_over_where_the_stream_is_at_home(due_on: date, zone: str, over: str) -> None:
    assert ends_at(due_on, zone) == datetime.fromisoformat(over)


async def test_nothing_at_23_59_and_the_record_at_00_00_local(services: Services) -> None:
    stream, _ = await promise(services, await unit_of(services, "Albany", zone=NEW_YORK), STEP)
    await tick(services, local(NEW_YORK, "2035-04-10T23:59:59"))
    assert await by(services, "clock") == []
    await tick(services, local(NEW_YORK, "2035-04-11T00:00"))
    missed, step = await by(services, "clock", stream)
    (was_set,) = [
        one for one in await told(services, stream)
        if isinstance(one.event, commitments.DeadlineSet) and one.event.kind is Due.MILESTONE
    ]  # fmt: skip
    assert isinstance(missed.event, commitments.DeadlineMissed)
    assert isinstance(step.event, commitments.MilestoneMissed)
    assert (missed.effective_on, missed.cause, missed.event.due_on) == ("2035-04-11", was_set.name, STEP)
    assert missed.at.tzinfo is not None


async def test_the_same_day_ends_earlier_in_the_east(services: Services) -> None:
    west, _ = await promise(services, await unit_of(services, "Albany", zone=NEW_YORK), STEP)
    east, _ = await promise(services, await unit_of(services, "Napier", zone=AUCKLAND), STEP)
    await tick(services, local(AUCKLAND, "2035-04-11T00:00"))
    assert {one.stream for one in await by(services, "clock")} == {east}
    await tick(services, local(NEW_YORK, "2035-04-11T00:00"))
    assert {one.stream for one in await by(services, "clock")} == {east, west}


@pytest.mark.parametrize("others", [False, True])
async def test_a_time_zone_that_is_put_right_moves_what_is_at_home_there(services: Services, others: bool) -> None:
    """Also what was set before, and is touched by nothing else; whoever is at home elsewhere stays there."""
    albany = await unit_of(services, "Albany", zone=AUCKLAND)
    stream, _ = await promise(services, albany, STEP)
    napier, _ = await promise(services, await unit_of(services, "Napier", zone=AUCKLAND), STEP)
    if others:
        await tick(services)
    first = EventName.at(albany, 1)
    note = Note(corrects=first, because="A slip of the pen.", lang="en", basis="Act 3, art. 9")
    await give(
        services, services.registrar, "units.correct", albany, note=note, corrects=first,
        changes=Particulars(time_zone=NEW_YORK),
    )  # fmt: skip
    await tick(services, local(AUCKLAND, "2035-04-11T00:00"))
    assert {one.stream for one in await by(services, "clock")} == {napier}
    await tick(services, local(NEW_YORK, "2035-04-10T23:59:59"))
    assert {one.stream for one in await by(services, "clock")} == {napier}
    assert not any(one.error for one in await services.workers.health())
    await tick(services, local(NEW_YORK, "2035-04-11T00:00"))
    assert {one.stream for one in await by(services, "clock")} == {napier, stream}


async def test_a_time_zone_is_not_put_right_at_an_hour_that_would_cut_the_day_short(services: Services) -> None:
    albany = await unit_of(services, "Albany", zone=NEW_YORK)
    first = EventName.at(albany, 1)
    note = Note(corrects=first, because="A slip of the pen.", lang="en", basis="Act 3, art. 9")
    said: dict[str, Any] = {"note": note, "corrects": first, "changes": Particulars(time_zone=AUCKLAND)}
    set_clock(services, local(NEW_YORK, "2035-04-10T12:00"))
    with pytest.raises(Refused) as refused:
        await give(services, services.registrar, "units.correct", albany, **said)
    assert refused.value.code == "day-cut-short"
    set_clock(services, local(NEW_YORK, "2035-04-11T06:00"))
    assert (await give(services, services.registrar, "units.correct", albany, **said)).events == ("unit-corrected.1",)


async def test_the_hour_that_daylight_saving_takes_is_no_hour_of_the_deadline(services: Services) -> None:
    stream, _ = await promise(services, await unit_of(services, "Lyon"), date(2035, 3, 25))
    await tick(services, datetime(2035, 3, 25, 21, 59, 59, tzinfo=UTC))
    assert await by(services, "clock") == []
    await tick(services, datetime(2035, 3, 25, 22, tzinfo=UTC))
    assert passed(await by(services, "clock", stream))[0][1] == date(2035, 3, 26)


async def test_a_day_that_is_a_holiday_at_home_was_moved_when_it_was_set(services: Services) -> None:
    begun = local(PARIS, "2035-05-01T12:00")
    set_clock(services, begun)
    await promise(services, await unit_of(services, "Lyon", place="FR"), date(2039, 1, 10))
    await tick(services, local(PARIS, "2036-05-02T23:59"))
    assert await by(services, "clock") == []
    await tick(services, local(PARIS, "2036-05-03T00:00"))
    (missed,) = [one for one in await by(services, "clock") if isinstance(one.event, commitments.DeadlineMissed)]
    assert (missed.event.kind, missed.event.due_on) == (Due.PROGRESS, date(2036, 5, 2))


async def test_a_year_from_29_february_and_the_end_of_august(services: Services) -> None:
    set_clock(services, local(PARIS, "2036-02-29T12:00"))
    await promise(services, await unit_of(services, "Lyon", place="FR"), date(2036, 8, 31))
    await tick(services, local(PARIS, "2036-08-31T23:59"))
    assert await by(services, "clock") == []
    await tick(services, local(PARIS, "2036-09-01T00:00"))
    assert passed(await by(services, "clock"))[0][1] == date(2036, 9, 1)
    # 28 February 2037 is a Saturday.
    await tick(services, local(PARIS, "2037-03-02T23:59"))
    assert len(passed(await by(services, "clock"))) == 1
    await tick(services, local(PARIS, "2037-03-03T00:00"))
    assert passed(await by(services, "clock"))[1][1] == date(2037, 3, 3)


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
