"""The store beside the eventsourcing library's PostgreSQL recorder: appends, and a whole replay."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

from eventsourcing.persistence import DatetimeAsISO, JSONTranscoder, Mapper, StoredEvent, UUIDAsHex
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from eventsourcing.utils import register_topic

from domain.kernel import Actor, PartialDate, StreamId
from services.codec import Codec, Heading
from services.store.ledger import LedgerStore
from services.store.ports import Change
from services.views.pace import undisturbed
from tests.bench import Bench, Measured, bench, interleaved
from tests.bench.store import RECORD, SECONDS, appended, row, side_by_side
from tests.services.store_ledgers import ORIGIN

REPLAYED = 300_000


@bench("append-library")
async def beside_the_library(bench: Bench) -> Sequence[Measured]:
    """Durable appends, 64 at once, beside the eventsourcing library's PostgreSQL recorder."""
    async with side_by_side(bench) as (store, dsn):
        recorder, datastore = _library(dsn)
        with ThreadPoolExecutor(64) as threads:
            measured = await interleaved(
                bench.rounds, partial(appended, store, 64), partial(_recorded, recorder, threads, 64)
            )
        datastore.close()
    return [row("append, 64 at once, beside eventsourcing's recorder", measured, "commands/s", 20)]


def _library(dsn: str) -> tuple[PostgresApplicationRecorder, PostgresDatastore]:
    """The library's recorder with its own defaults, and a table of its own."""
    query = parse_qs(urlsplit(dsn).query)
    # The sizes are those that the library's own factory gives.
    datastore = PostgresDatastore(
        urlsplit(dsn).path[1:], query["host"][0], query["port"][0], "subsidia", "",
        pool_size=5, max_overflow=10, max_waiting=0,
    )  # fmt: skip
    recorder = PostgresApplicationRecorder(datastore, events_table_name="library_events")
    recorder.create_table()
    return recorder, datastore


async def _recorded(recorder: PostgresApplicationRecorder, threads: ThreadPoolExecutor, writers: int) -> float:
    begun = perf_counter()
    end = begun + SECONDS

    def write() -> int:
        done = 0
        while perf_counter() < end:
            recorder.insert_events([StoredEvent(uuid4(), 1, "thing-done.1", b"x" * RECORD)])
            done += 1
        return done

    loop = asyncio.get_running_loop()
    done = await asyncio.gather(*(loop.run_in_executor(threads, write) for _ in range(writers)))
    return sum(done) / (perf_counter() - begun)


# --- replay ---


@dataclass(frozen=True, slots=True)
class Grew:
    """Our event."""

    by: int
    where: str


class Envelope:
    """The same record as the library's Mapper reads it: one plain class, as a stock application over our ledger."""

    originator_id: UUID
    originator_version: int
    data: dict[str, Any]


@bench("replay")
async def replay(bench: Bench) -> Sequence[Measured]:
    """The same records decoded and folded, beside the library's `select_notifications` and Mapper."""
    register_topic("tree-grew.1", Envelope)
    codec = Codec(ORIGIN, {"tree-grew.1": Grew})
    mapper: Mapper[UUID] = Mapper(_transcoder())
    async with side_by_side(bench) as (store, dsn):
        recorder, datastore = _library(dsn)
        streams = [StreamId(uuid4()) for _ in range(3_000)]
        await _grow(store, codec, streams)
        await _copy(store, recorder)
        await bench.settle()
        heights: list[dict[UUID, int]] = []

        async def ours() -> float:
            begun, trees = perf_counter(), dict[UUID, int]()
            with undisturbed():  # as whatever replays a ledger here
                async for batch in store.scan():
                    for record, event in zip(batch, codec.events(batch), strict=True):
                        trees[record.stream] = trees.get(record.stream, 0) + event.by
            heights.append(trees)
            return REPLAYED / (perf_counter() - begun)

        def theirs() -> float:
            begun, trees, start = perf_counter(), dict[UUID, int](), 1
            while found := recorder.select_notifications(start, 1_000):
                for event in (mapper.to_domain_event(one) for one in found):
                    trees[event.originator_id] = trees.get(event.originator_id, 0) + cast(Envelope, event).data["by"]
                start = found[-1].id + 1
            heights.append(trees)
            return REPLAYED / (perf_counter() - begun)

        measured = await interleaved(min(bench.rounds, 3), ours, lambda: asyncio.to_thread(theirs))
        datastore.close()
        assert all(trees == heights[0] for trees in heights), "both must fold the same"
    return [row("replay of 300k records, decode and fold", measured, "records/s", 4)]


def _transcoder() -> JSONTranscoder:
    transcoder = JSONTranscoder()
    transcoder.register(UUIDAsHex())
    transcoder.register(DatetimeAsISO())
    return transcoder


def _events() -> list[Grew]:
    return [Grew(number % 7, f"in the garden behind house {number}, by the old wall") for number in range(100)]


async def _grow(store: LedgerStore, codec: Codec, streams: Sequence[StreamId]) -> None:
    for begin in range(0, len(streams), 20):
        heading = Heading(uuid4(), Actor(system="clock"), PartialDate("2026-11"), "trees.1")
        changes = [
            Change(uuid4(), "bench", b"", codec.drafts(stream, 1, _events(), heading, {"name": "trees.grow"}))
            for stream in streams[begin : begin + 20]
        ]
        await asyncio.gather(*(store.append(change) for change in changes))


async def _copy(store: LedgerStore, recorder: PostgresApplicationRecorder) -> None:
    async for batch in store.scan():
        events = [StoredEvent(one.stream, one.version, one.type, one.state) for one in batch]
        for begin in range(0, len(events), 500):  # with some 1,200 in one save its driver hangs
            await asyncio.to_thread(recorder.insert_events, events[begin : begin + 500])
