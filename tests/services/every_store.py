"""The stores: the memory store is the reference, the product's store keeps the same promises."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import TypeAlias

import pytest
import pytest_asyncio

from domain.ledger.proofs import verify_inclusion
from services.store.ledger import LedgerStore, opened_store
from services.store.memory import MemoryStore
from services.store.ports import (
    Receipt,
    StoredRecord,
)
from tests.conftest import NewDatabase
from tests.services.store_ledgers import KEY, NOTARY, ORIGIN

AnyStore: TypeAlias = MemoryStore | LedgerStore


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 3, 14, 45, 123456, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture(params=["memory", "postgres"])
async def store(
    request: pytest.FixtureRequest, new_database: NewDatabase, migrated_template: str, clock: Clock
) -> AsyncIterator[AnyStore]:
    if request.param == "memory":
        yield MemoryStore(ORIGIN, KEY, clock)
        return
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(new_database(migrated_template))
        yield await stack.enter_async_context(opened_store(dsn, ORIGIN, KEY, clock=clock))


def proven(receipt: Receipt, number: int = 0) -> bool:
    """Whether the proof of the receipt's nth record leads from its leaf to the signed root."""
    size, root = NOTARY.check(receipt.checkpoint)
    assert size == receipt.size
    return verify_inclusion(receipt.first + number, size, receipt.leaves[number], receipt.proofs[number], root)


async def everything(store: AnyStore) -> list[StoredRecord]:
    return [record async for batch in store.scan() for record in batch]
