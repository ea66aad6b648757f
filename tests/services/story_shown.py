"""The sample story in a register of its own, and what its views show of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from domain.kernel import Recorded
from services.bootstrap import Services, assemble
from services.config import DEMO_ORIGIN, Config
from services.story import Story, tell
from services.views.ports import Filter, Op, Query
from tests.conftest import NewDatabase


def demo(database_url: str, folder: Path) -> Config:
    return replace(
        Config.read(), database_url=database_url, var=folder, origin=DEMO_ORIGIN, signing_key=folder / "key.pem"
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """The story told, and its views."""

    services: Services
    story: Story

    async def rows(self, view: str, valid_at: date | None = None, **equal: Any) -> list[Any]:
        """The rows of a view whose columns have these values, once it has caught up with the ledger."""
        views, head = self.services.views, (await self.services.store.head()).size - 1
        assert await views.reached(view, head, 30)
        filters = tuple(Filter(column, Op.EQ, (value,)) for column, value in equal.items())
        batches = views.rows(view, Query(filters=filters, valid_at=valid_at))
        return [msgspec.json.decode(row) async for batch in batches for row in batch]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shown(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shown]:
    """Told once for all tests that only look."""
    folder = tmp_path_factory.mktemp("shown")
    async with new_database("template1") as dsn, assemble(demo(dsn, folder), acting=False) as services:
        story = await tell(services.office, services.registrar)
        assert story is not None
        yield Shown(services, story)


async def records(services: Services) -> list[Recorded]:
    return [services.office.codec.decode(one) async for batch in services.store.scan() for one in batch]
