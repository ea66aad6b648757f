"""Who looks at the database comes back to it, at once where it is told so and without hurry where it is refused."""

import asyncio
from collections.abc import Callable

import asyncpg

from services.store.connecting import Connection
from services.store.watching import Watch
from tests.services.store_faults.proxy import wired
from tests.waiting import until

HANG_UP = "select pg_terminate_backend(pid) from pg_stat_activity where pid = $1"


class Looking:
    """Counts looks, by the process of the server that answered, and how often the line was lost."""

    def __init__(self, refused: Callable[[], bool] = lambda: False) -> None:
        self.answered: list[int] = []
        self.tries = self.losses = 0
        self._refused = refused

    async def look(self, connection: Connection) -> None:
        self.tries += 1
        if self._refused():
            raise PermissionError
        self.answered.append(await connection.fetchval("select pg_backend_pid()"))

    def lost(self) -> None:
        self.losses += 1

    async def has(self, *, answers: int = 0, losses: int = 0) -> None:
        """Returns once it was answered, and has lost its line, so often at least."""

        async def holds() -> bool:
            return len(self.answered) >= answers and self.losses >= losses

        await until(holds)


async def test_whoever_is_told_looks_again(migrated_url: str, owner: "asyncpg.Connection[asyncpg.Record]") -> None:
    seen = Looking()
    async with Watch(migrated_url, "test", ("gossip",), seen.look, seen.lost, poll=600):
        await seen.has(answers=1)
        await owner.execute("notify gossip")
        await seen.has(answers=2)
        await owner.execute("notify other")
        await owner.execute("notify gossip")
        await seen.has(answers=3)
    assert seen.losses == 1, "at the end, whatever was seen may be no longer so"


async def test_a_line_that_is_cut_is_known_to_be_lost_before_anything_is_asked(
    migrated_url: str, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    seen = Looking()
    async with Watch(migrated_url, "test", (), seen.look, seen.lost, poll=600):
        await seen.has(answers=1)
        await owner.execute(HANG_UP, seen.answered[0])
        await seen.has(losses=1)


async def test_a_line_that_was_cut_comes_again(migrated_url: str, owner: "asyncpg.Connection[asyncpg.Record]") -> None:
    seen = Looking()
    async with Watch(migrated_url, "test", (), seen.look, seen.lost, poll=0.05) as watch:
        await seen.has(answers=1)
        await owner.execute(HANG_UP, seen.answered[0])
        await seen.has(losses=1)
        await seen.has(answers=len(seen.answered) + 1)
        assert watch.alive
        assert seen.answered[-1] != seen.answered[0]


async def test_whoever_is_refused_waits_for_the_next_poll(migrated_url: str) -> None:
    seen = Looking(refused=lambda: True)
    async with Watch(migrated_url, "test", (), seen.look, seen.lost, poll=600):
        await seen.has(losses=1)
        await asyncio.sleep(0.3)  # long enough for many looks, if the line we end ourselves woke us
        assert seen.tries == 1


async def test_whoever_finds_nobody_after_a_cut_waits_for_the_next_poll(migrated_url: str) -> None:
    """The line is cut while it waits for an answer: it hears of it by the answer, and by the line's own end."""
    seen = Looking()

    async def look(connection: Connection) -> None:
        await seen.look(connection)
        await connection.fetchval("select pg_sleep(600)")

    async with wired(migrated_url) as (url, wire), Watch(url, "test", (), look, seen.lost, poll=600):
        await seen.has(answers=1)
        wire.down = True
        wire.cut_all()
        await seen.has(losses=1)
        await asyncio.sleep(0.3)  # long enough for many tries, if the line that ended woke us each time
        assert seen.losses <= 3
