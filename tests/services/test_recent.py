"""The ledger as several follow it: from memory or not, each is given the same records, and misses none."""

import asyncio
from random import Random
from typing import Any
from uuid import uuid4

from services.store.memory import MemoryStore
from services.store.ports import StoredRecord
from services.working.recent import Recent
from tests.services.store_ledgers import change, draft, made_key

KEPT = 20


async def test_every_follower_is_given_every_record_in_order() -> None:
    store = MemoryStore("recent.example", made_key(1))
    recent, rng = Recent(store, 100), Random(5)
    followers: list[list[StoredRecord]] = [[], [], []]
    for _ in range(200):
        for _ in range(rng.randrange(4)):
            await store.append(change(*(draft(uuid4()) for _ in range(rng.randrange(1, 5)))))
        seen = rng.choice(followers)
        after, limit = len(seen) - 1, rng.choice((1, 2, 7, 100))
        given = await recent.records(after, limit)
        assert given == await store.records(after, limit)
        seen += given
    for seen in followers:
        while more := await recent.records(len(seen) - 1):
            seen += more
    everything = await store.records(-1, 100_000)
    assert len(everything) > 300
    assert followers == [everything] * 3


async def test_followers_who_ask_at_once_are_given_the_same() -> None:
    store = MemoryStore("recent.example", made_key(1))
    recent = Recent(store)
    for _ in range(20):
        await store.append(change(*(draft(uuid4()) for _ in range(5))))
        size = (await store.head()).size
        asked = [(after, limit) for after in (size - 6, size - 3, -1) for limit in (2, 500)]
        given = await asyncio.gather(*(recent.records(*one) for one in asked))
        assert given == [await store.records(*one) for one in asked]
        assert [one.position for one in recent._kept] == list(range(recent._kept[0].position, size))


class Asked(MemoryStore):
    """A ledger at a distance: while it answers one, others come. `given`: the records of all its answers."""

    given = 0

    async def records(self, *asked: Any, **kinds: Any) -> list[StoredRecord]:
        await asyncio.sleep(0)
        found = await super().records(*asked, **kinds)
        self.given += len(found)
        return found


async def test_what_followers_ask_for_at_once_is_fetched_once() -> None:
    store = Asked("recent.example", made_key(1))
    recent = Recent(store)
    for number in range(1, 4):
        await store.append(change(*(draft(uuid4()) for _ in range(5))))
        given = await asyncio.gather(*(recent.records(5 * number - 6) for _ in range(3)))
        assert [len(records) for records in given] == [5, 5, 5]
        assert store.given == 5 * number


async def test_who_is_far_behind_reads_the_ledger_itself_and_memory_stays_small() -> None:
    store = MemoryStore("recent.example", made_key(1))
    recent = Recent(store, KEPT)
    for _ in range(3):
        await store.append(change(*(draft(uuid4()) for _ in range(KEPT))))
        size = (await recent.head()).size
        assert len(await recent.records(size - KEPT - 1, KEPT)) == KEPT
        assert len(recent._kept) == KEPT
    assert [one.position for one in await recent.records(9, 3)] == [10, 11, 12]
    assert [one.position for one in await recent.records(3 * KEPT - 3)] == [3 * KEPT - 2, 3 * KEPT - 1]
    assert await recent.records(3 * KEPT - 1) == []
