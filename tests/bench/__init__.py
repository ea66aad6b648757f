"""Measures side by side, in one run: what we do beside what we compare ourselves with.

A module of this package registers functions with `@bench(name)`; each returns rows, with ratios taken round by round.
"""

import asyncio
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TypeAlias

import asyncpg

from services.postgres import Embedded
from services.store.migrations import migrate

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the table. `reach`: what the ratio ours/theirs must be: at least, or else at most."""

    what: str
    ours: float
    theirs: float
    unit: str
    ratio: float
    reach: float
    at_least: bool = True

    @property
    def ok(self) -> bool:
        return self.ratio >= self.reach if self.at_least else self.ratio <= self.reach


@dataclass(slots=True)
class Bench:
    """What a measurement may use: a durable server of our own, and databases in it."""

    server: Embedded
    binaries: Path
    rounds: int = ROUNDS
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    @asynccontextmanager
    async def database(self) -> AsyncIterator[str]:
        """A migrated database, dropped at the end."""
        name = f"bench_{next(self._numbers)}"
        await self._tell(f'create database "{name}"')
        try:
            await migrate(self.server.dsn(name))
            yield self.server.dsn(name)
        finally:
            await self._tell(f'drop database "{name}" with (force)')

    async def settle(self) -> None:
        """What earlier measurements left for the server to write is written now, not during the next one."""
        await self._tell("checkpoint")

    async def _tell(self, statement: str) -> None:
        connection = await asyncpg.connect(self.server.dsn("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


Measure: TypeAlias = Callable[[Bench], Awaitable[Sequence[Measured]]]
BENCHES: dict[str, Measure] = {}


def bench(name: str) -> Callable[[Measure], Measure]:
    """Registers a measurement under a name that the command line may pick it by."""

    def register(measure: Measure) -> Measure:
        BENCHES[name] = measure
        return measure

    return register


async def interleaved(
    rounds: int, ours: Callable[[], Awaitable[float]], theirs: Callable[[], Awaitable[float]]
) -> tuple[float, float, float]:
    """(median of ours, of theirs, of the ratios ours/theirs), measured in turns; who is first changes each round."""
    pairs = []
    for number in range(rounds):
        if number % 2:
            one = await ours()
            pairs.append((one, await theirs()))
        else:
            other = await theirs()
            pairs.append((await ours(), other))
        await asyncio.sleep(0)
    return (
        statistics.median(one for one, _ in pairs),
        statistics.median(other for _, other in pairs),
        statistics.median(one / other for one, other in pairs),
    )
