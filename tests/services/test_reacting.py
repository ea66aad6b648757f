"""Whoever reacts, on a real ledger: what a record means for others is recorded once, and never again."""

import asyncio
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from domain.kernel import Recorded
from domain.mandates import events as mandates
from domain.mandates.words import Ending
from services.bootstrap import Services
from services.orders import Note
from services.reacting import Reactor
from services.reactions import REACTIONS, Found, Reaction, Then
from services.store import waiting
from services.store.connecting import connect_worker
from services.store.ports import Unavailable
from services.working.following import Fenced
from tests.services.acting import by, register, revoked
from tests.services.chained import act, chain, of
from tests.services.faulty import Faulty

WHY = Note(because="So the law says.", lang="en")


@pytest.mark.parametrize("persisted", [False, True], ids=["failed-and-did-not-persist", "failed-but-did-persist"])
async def test_a_fault_between_command_and_checkpoint_repeats_nothing(services: Services, persisted: bool) -> None:
    _, (first, second, _) = await chain(services)
    services.office.store = Faulty(services.store, persisted)
    with pytest.raises(Unavailable):
        await act(services)
    assert len(await by(services, "reaction")) == int(persisted)
    await act(services)
    assert len(await by(services, "reaction", first)) == len(await by(services, "reaction", second)) == 1


async def test_two_workers_at_once_react_once(database_url: str, tmp_path: Path) -> None:
    """Without the lock that lets one lead: correctness does not rest on it."""
    async with register(database_url, tmp_path) as one, register(database_url, tmp_path) as other:
        await act(one)
        position = (await one.store.head()).size - 1
        await chain(one)
        results = await asyncio.gather(
            _take(one, database_url, position), _take(other, database_url, position), return_exceptions=True
        )
        assert all(result is None or isinstance(result, Fenced) for result in results)
        await act(other)
        assert len(await by(one, "reaction")) == 2


async def _take(services: Services, dsn: str, position: int) -> None:
    connection = await connect_worker(dsn)
    try:
        reactor = Reactor(services.office, services.codec, services.contexts, services.store)
        await reactor.take(connection, position, await services.store.records(position, 500))
    finally:
        connection.terminate()


async def test_nothing_is_reacted_to_again_on_a_rebuild_or_at_a_start(database_url: str, tmp_path: Path) -> None:
    async with register(database_url, tmp_path) as services:
        (region, *_), (first, *_) = await chain(services)
        await act(services)
        await revoked(services, region, first, timedelta(days=100))
        await act(services)
        said = [*await by(services, "reaction"), *await by(services, "clock")]
        for group in await services.projector.health():
            await services.projector.rebuild(group.names[0])  # and all others of the group with it
        await act(services)
        assert [*await by(services, "reaction"), *await by(services, "clock")] == said
    async with register(database_url, tmp_path) as services:
        await act(services)
        assert [*await by(services, "reaction"), *await by(services, "clock")] == said


async def test_even_from_the_first_record_again_nothing_is_recorded_twice(
    services: Services, database_url: str
) -> None:
    await chain(services)
    await act(services)
    size = (await services.store.head()).size
    connection = await asyncpg.connect(database_url)
    await connection.execute("delete from workers.positions; delete from workers.leans")
    await connection.close()
    await act(services)
    assert (await services.store.head()).size == size


async def test_what_leans_is_known_before_it_is_saved_and_is_not_lost_where_it_never_was(
    services: Services, database_url: str
) -> None:
    (region, *_), (first, second, third) = await chain(services)
    stored = await services.store.records(-1, 1000)
    connection = await connect_worker(database_url)
    await connection.execute("insert into workers.positions (worker, position) values ('reactions', -1)")
    leans = "select count(*) from workers.leans where stream = any($1)"
    gathered = Reactor(services.office, services.codec, services.contexts, services.store, ())
    assert await gathered.take(connection, -1, stored) == stored[-1].position
    # The process ends here: nothing was saved, and another one begins where it began.
    assert await connection.fetchval(leans, [first, second, third]) == 0
    await revoked(services, region, first, timedelta(days=100))
    stored = await services.store.records(-1, 1000)
    reactor = Reactor(services.office, services.codec, services.contexts, services.store, REACTIONS)
    await reactor.take(connection, -1, stored)
    (follows,) = of(await by(services, "reaction", second), mandates.MandateRevoked)
    assert follows.event.ground is Ending.PARENT_ENDED
    await reactor.keep(connection, stored[-1].position)
    assert (
        await connection.fetchval("select position from workers.positions where worker = 'reactions'")
        == stored[-1].position
    )
    assert await connection.fetchval(leans, [first]) == await connection.fetchval(leans, [second]) == 3
    await connection.close()


async def test_a_worker_that_begins_again_forgets_what_it_gathered(services: Services, database_url: str) -> None:
    await chain(services)
    stored = await services.store.records(-1, 1000)
    connection = await connect_worker(database_url)
    await connection.execute("insert into workers.positions (worker, position) values ('reactions', -1)")
    reactor = Reactor(services.office, services.codec, services.contexts, services.store, ())
    await reactor.take(connection, -1, stored)
    await connection.execute(
        "update workers.positions set position = $1 where worker = 'reactions'", stored[-1].position
    )
    await reactor.take(connection, 0, stored[1:2])
    with pytest.raises(Fenced):
        await reactor.keep(connection, 1)
    await reactor.take(connection, stored[-2].position, stored[-1:])
    await reactor.keep(connection, stored[-1].position)
    assert await connection.fetchval("select count(*) from workers.leans") == 0
    await connection.close()


async def test_a_refusal_is_kept_for_people_and_stops_nothing(services: Services, database_url: str) -> None:
    _, (first, second, third) = await chain(services)
    reckless = Reaction("reckless", (mandates.MandateActivated,), _expires)
    connection = await connect_worker(database_url)
    reactor = Reactor(services.office, services.codec, services.contexts, services.store, (reckless,))
    await connection.execute("insert into workers.positions (worker, position) values ('reactions', -1)")
    stored = await services.store.records(-1, 1000)
    assert await reactor.take(connection, -1, stored) == stored[-1].position
    rows = await connection.fetch("select stream, code from workers.refused order by position")
    assert [tuple(row) for row in rows] == [(one, "no-such-deadline") for one in (first, second, third)]
    assert await reactor.refused(connection) == 3
    assert await by(services, "reaction") == []
    await connection.close()


@pytest.mark.parametrize("after", [False, True])
async def test_what_was_refused_is_given_again_once_it_is_mended_and_recorded_once(
    services: Services, database_url: str, after: bool
) -> None:
    """As under a program whose rule was wrong, and the next one. The first try meets a fault of the database."""
    _, (first, second, third) = await chain(services)
    connection = await connect_worker(database_url)
    await connection.execute("insert into workers.positions (worker, position) values ('reactions', -1)")
    wrong = Reaction("sub-delegated", (mandates.MandateActivated,), _expires)
    old = Reactor(services.office, services.codec, services.contexts, services.store, (wrong,))
    await old.take(connection, -1, await services.store.records(-1, 1000))
    assert (await old.retry(connection), await old.refused(connection)) == (0, 3)
    sound, services.office.store = services.office.store, Faulty(services.office.store, after)
    mended = Reactor(services.office, services.codec, services.contexts, services.store, REACTIONS)
    with pytest.raises(Unavailable):
        await mended.retry(connection)
    assert await mended.refused(connection) > 0
    services.office.store = sound
    await services.workers.retry()
    assert await mended.refused(connection) == 0
    for stream, child in ((first, second), (second, third)):
        (record,) = await by(services, "reaction", stream)
        assert record.event.child == child
    size = (await services.store.head()).size
    assert await services.workers.retry() == (0, 0, 0)
    assert (await services.store.head()).size == size
    await connection.close()


async def test_a_record_that_would_be_too_large_waits_for_people_and_stops_nothing(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that names hundreds of units might be; the limit is lowered for these, since none here is so long."""
    _, (first, second, third) = await chain(services)
    with monkeypatch.context() as lowered:
        lowered.setattr(waiting, "RECORD_AT_MOST", 300)
        await act(services)
        assert await by(services, "reaction") == []
        (health,) = [one for one in await services.workers.health() if one.names == ("reactions",)]
        assert (health.position, health.refused > 0) == ((await services.store.head()).size - 1, True)
    given, left, _ = await services.workers.retry()
    assert (given, left) == (health.refused, 0)
    assert [one.event.child for one in await by(services, "reaction", first)] == [second]
    assert [one.event.child for one in await by(services, "reaction", second)] == [third]


async def test_what_is_refused_meanwhile_is_not_taken_from_what_is_refused_no_longer(
    services: Services, database_url: str
) -> None:
    _, (first, *_) = await chain(services)
    connection = await connect_worker(database_url)
    await connection.execute("insert into workers.positions (worker, position) values ('reactions', -1)")
    fields = {"deadline": 99}

    def more(record: Recorded, found: Found) -> tuple[Then, ...]:
        streams = dict.fromkeys((record.stream, first))
        return tuple(Then("mandates", "pass-deadline", one, record.effective_on, fields) for one in streams)

    for then, refused in ((_expires, 3), (more, 5)):
        wrong = Reaction("sub-delegated", (mandates.MandateActivated,), then)
        reactor = Reactor(services.office, services.codec, services.contexts, services.store, (wrong,))
        if then is _expires:
            await reactor.take(connection, -1, await services.store.records(-1, 1000))
        assert (await reactor.retry(connection), await reactor.refused(connection)) == (0, refused)
    await connection.close()


def _expires(record: Recorded, found: Found) -> tuple[Then, ...]:
    return (Then("mandates", "pass-deadline", record.stream, record.effective_on, {"deadline": 99}),)
