"""Views: catching up, rebuilding over a million records, and lists as of a past position beside the same list now."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from time import perf_counter
from typing import Annotated, Any
from uuid import UUID

import asyncpg

from domain.kernel import Indexed, Money, Recorded, Says, Searched
from domain.replacing import quick, replace
from projections.kernel import Look, View, own_stream
from services.codec import Codec
from services.projector import opened_projector
from services.store.connecting import close_pool, open_pool
from services.views.connections import opened_views
from services.views.ports import Filter, Op, Query
from services.views.queries import Views
from tests.bench import Bench, Measured, bench, interleaved

MILLION = 1_000_000
CAUGHT_UP = 100_000
CHANGES = 5
"""Records of one stream, on average: row versions of one key."""
RARE = 200
"""Rows, of a million versions, that have the rare value."""
PAGES = 40
ORIGIN = "bench.example/ledger"
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


class Colour(StrEnum):
    COMMON = "common"
    USUAL = "usual"
    SOME = "some"
    RARE = "rare"


@dataclass(frozen=True, slots=True)
class Grew:
    name: str
    owner: UUID
    colour: Colour
    due_on: date
    amount: str


@quick
@dataclass(frozen=True, slots=True)
class GrowthRow:
    name: Annotated[str, Searched(), Says("Its name.")]
    owner: Annotated[UUID, Indexed(), Says("Whose it is.")]
    colour: Annotated[Colour, Indexed(), Says("Its colour.")]
    due_on: Annotated[date, Says("By when.")]
    cost: Annotated[Money, Says("What it costs.")]
    changes: Annotated[int, Says("How often it changed.")] = 0


def fold(key: str, before: GrowthRow | None, record: Recorded, look: Look) -> GrowthRow | None:
    event: Grew = record.event
    cost = Money(Decimal(event.amount), "EUR")
    if before is None:
        return GrowthRow(event.name, event.owner, event.colour, event.due_on, cost)
    return replace(before, colour=event.colour, due_on=event.due_on, cost=cost, changes=before.changes + 1)


GROWTH = View(
    name="growth",
    version=1,
    says="What grew.",
    row=GrowthRow,
    key_says="Its id.",
    touched_by=(Grew,),
    keys=own_stream,
    fold=fold,
    sort="name",
)
CODEC = Codec(ORIGIN, {"tree-grew.1": Grew})


def _records(size: int, first: int = 0, *, apart: bool = False) -> AsyncIterator[tuple[Any, ...]]:
    """A history: streams begin all along it, and their records are far apart. The rare value is spread over it.

    `first`: the position it begins at. `apart`: each record is a stream of its own.
    """
    rng = random.Random(7)
    owners = [UUID(int=rng.getrandbits(128)) for _ in range(500)]
    streams: list[UUID] = []
    versions: list[int] = []
    rare = set(rng.sample(range(size), RARE))

    async def made() -> AsyncIterator[tuple[Any, ...]]:
        for position in range(size):
            if apart or not streams or rng.random() < 1 / CHANGES:
                streams.append(UUID(int=rng.getrandbits(128)))
                versions.append(0)
                number = len(streams) - 1
            else:
                number = rng.randrange(len(streams))
            versions[number] += 1
            at = BEGUN + timedelta(seconds=position)
            colour = Colour.RARE if position in rare else rng.choice([Colour.COMMON, Colour.USUAL, Colour.SOME])
            data = (
                f'{{"amount":"{position}.50","colour":"{colour}","due_on":"2027-01-{1 + position % 28:02}",'
                f'"name":"Growth {rng.randrange(10**9)}","owner":"{owners[number % 500]}"}}'
            )
            state = (
                f'{{"actor":{{"system":"clock"}},"at":"{at.isoformat()}","cmd":"{UUID(int=position)}","data":{data},'
                f'"effective_on":"2026-01-01","id":"{streams[number]}","ledger":"{ORIGIN}","of":[1,1],'
                f'"rules":"trees.1","type":"tree-grew.1","v":1,"ver":{versions[number]},"vis":"public"}}'
            )
            yield first + position, streams[number], versions[number], "tree-grew.1", state.encode(), at

    return made()


@asynccontextmanager
async def recorded(
    bench: Bench, size: int, prepare: Callable[[str], Awaitable[int]] | None = None, *, apart: bool = False
) -> AsyncIterator[str]:
    """A database whose ledger has `size` records, put there at once, behind those that `prepare` says there are."""
    async with bench.database() as dsn:
        first = await prepare(dsn) if prepare else 0
        connection = await asyncpg.connect(dsn)
        try:
            await connection.copy_records_to_table(
                "records", schema_name="ledger", records=_records(size, first, apart=apart),
                columns=("position", "stream", "version", "type", "state", "at"),
            )  # fmt: skip
            await connection.execute(
                "insert into ledger.checkpoints (size, root, edge, note, at) values ($1, $2, $2, '', now())",
                first + size, b"\0" * 32,
            )  # fmt: skip
            await connection.execute("analyze ledger.records")
        finally:
            await connection.close()
        await bench.settle()
        yield dsn


async def _caught_up(dsn: str, size: int) -> float:
    begun = perf_counter()
    async with opened_projector(dsn, [GROWTH], CODEC) as projector:
        while True:
            (health,) = await projector.health()
            assert health.error is None, health.error
            if health.position >= size - 1:
                return perf_counter() - begun
            await asyncio.sleep(0.1)  # to ask is work, too


@bench("views")
async def catching_up(bench: Bench) -> Sequence[Measured]:
    async with recorded(bench, CAUGHT_UP) as dsn:
        rate = CAUGHT_UP / await _caught_up(dsn, CAUGHT_UP)
    what = "projector catching up, versioned rows, 4 list indexes and a search"
    return [Measured(what, rate, 20_000, "row changes/s", rate / 20_000, 1.0)]


@bench("views-million")
async def at_a_million(bench: Bench) -> Sequence[Measured]:
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(recorded(bench, MILLION))
        seconds = await _rebuilt(dsn)
        await bench.settle()
        views = await stack.enter_async_context(opened_views(dsn, [GROWTH]))
        return [
            Measured("rebuild of one view over 1M records", seconds, 90, "s", seconds / 90, 1.0, at_least=False),
            await _lists(bench, views),
            await _points(bench, views, dsn),
        ]


async def _rebuilt(dsn: str) -> float:
    begun = perf_counter()
    async with opened_projector(dsn, [GROWTH], CODEC, follow=False) as projector:
        await projector.rebuild("growth")
    return perf_counter() - begun


async def _lists(bench: Bench, views: Views) -> Measured:
    """Milliseconds of a page filtered by the rare value."""
    rare = Query(filters=(Filter("colour", Op.EQ, ("rare",)),), limit=50)
    past = replace(rare, as_of=MILLION // 2)

    async def timed(query: Query) -> float:
        begun = perf_counter()
        for _ in range(PAGES):
            await views.page("growth", query)
        return (perf_counter() - begun) / PAGES * 1000

    assert (await views.page("growth", past)).items
    ours, theirs, ratio = await interleaved(bench.rounds, lambda: timed(past), lambda: timed(rare))
    what = "list page as of a past position, rare value, 1M row versions / the same page now"
    return Measured(what, ours, theirs, "ms", ratio, 1.5, at_least=False)


async def _points(bench: Bench, views: Views, dsn: str) -> Measured:
    """Rows by key a second, 64 at a time, none of them kept; beside one query each."""
    pool = await open_pool(dsn, 8)
    rows = await pool.fetch("select stream::text from ledger.records where version = 1 order by stream limit 20000")
    keys = [row[0] for row in rows]
    table = await pool.fetchval("select \"table\" from views.registry where state = 'live'")
    query = f'select "_body" from views."{table}" where key = $1 and until is null'
    position = await views.position("growth")

    async def ours() -> float:
        return await _sixty_four(keys, lambda key: views.one("growth", key, as_of=position))

    async def theirs() -> float:
        return await _sixty_four(keys, lambda key: pool.fetchrow(query, key))

    try:
        one, other, ratio = await interleaved(bench.rounds, ours, theirs)
    finally:
        await close_pool(pool)
    return Measured("rows by key, 64 at a time / a query each", one, other, "rows/s", ratio, 1.5)


async def _sixty_four(keys: Sequence[str], ask: Any) -> float:
    waiting = iter(keys)
    begun = perf_counter()

    async def reader() -> None:
        for key in waiting:
            await ask(key)

    await asyncio.gather(*(reader() for _ in range(64)))
    return len(keys) / (perf_counter() - begun)
