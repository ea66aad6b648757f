"""When positions were recorded: looked up once, and a page of them together."""

from typing import Any
from uuid import uuid4

from api.moments import Moments
from services.store.memory import MemoryStore
from services.store.ports import StoredRecord
from services.store.stamps import recorded_at
from tests.services.store_ledgers import change, draft, made_key


class Asked(MemoryStore):
    """`asked`: how often it was asked for records."""

    asked = 0

    async def records(self, *asked: Any, **kinds: Any) -> list[StoredRecord]:
        self.asked += 1
        return await super().records(*asked, **kinds)


async def test_a_page_of_positions_is_looked_up_at_once_and_once() -> None:
    store = Asked("moments.example", made_key(1))
    await store.append(change(*(draft(uuid4()) for _ in range(20))))
    recorded = {one.position: recorded_at(one) for one in await store.records()}
    moments, store.asked = Moments(store), 0
    for positions, asked in (((19, 7, 3), 1), ((19, 7), 1), ((18, 7), 2), ((), 2)):
        assert await moments.each(positions) == {one: recorded[one] for one in positions}
        assert store.asked == asked
    assert await moments.each((3, 20, -1)) == {3: recorded[3], 20: None, -1: None}
