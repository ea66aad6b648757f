"""A register whose records are sent to webhooks, and how far each has come."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest_asyncio

from api.cli.working import Member, Part
from api.sending import posting
from domain.commitments.words import Document
from domain.kernel import StreamId, Words
from services.bootstrap import Services
from services.codec import Codec
from services.outgoing.worker import Outgoing
from services.store.listener import heard
from services.webhooks.delivering import Deliverer
from services.webhooks.kept import Webhook
from services.working.following import Follower
from tests.services.acting import promise, register, unit_of
from tests.services.test_handle import give


@dataclass(frozen=True, slots=True)
class Kept:
    """A register with one adopted commitment, in which nothing acts unless a test has it act."""

    services: Services
    dsn: str
    commitment: StreamId
    acting: Any

    async def head(self) -> int:
        return (await self.services.store.head()).size - 1

    async def said(self) -> int:
        """Something happens to the commitment, in one record; gives its position."""
        shown = Document(Words({"en": "Minutes"}), "https://example.org/minutes", "ab" * 32)
        await give(
            self.services, self.acting, "commitments.attach-evidence", self.commitment, document=shown, milestone=None
        )
        return await self.head()

    async def webhook(self, id: UUID) -> Webhook:
        found, _ = await self.services.webhooks.all()
        return next(one for one in found if one.id == id)

    async def tell(self, statement: str, *values: Any) -> None:
        connection = await asyncpg.connect(self.dsn)
        await connection.execute(statement, *values)
        await connection.close()


@pytest_asyncio.fixture
async def kept(database_url: str, tmp_path: Path) -> AsyncIterator[Kept]:
    async with register(database_url, tmp_path) as services:
        unit = await unit_of(services, "Lyon")
        commitment, signatory = await promise(services, unit, date(2035, 9, 1))
        yield Kept(services, database_url, commitment, signatory)


@asynccontextmanager
async def delivering(
    kept: Kept, within: float = 20.0, pauses: Sequence[float] = (0.01,), gives_up: timedelta = timedelta(days=7),
    codec: Codec | None = None,
) -> AsyncIterator[Follower]:  # fmt: skip
    """A process that delivers."""
    services = kept.services
    async with posting(within) as post, heard(kept.dsn, follow=True) as wait:
        deliverer = Deliverer(
            services.store.pool, services.store, services.office.keyring, codec or services.codec, services.contexts,
            post, pauses=pauses, gives_up=gives_up,
        )  # fmt: skip
        async with (
            Outgoing(deliverer, poll=0.05) as worker, Follower(kept.dsn, worker, services.store, wait) as follower
        ):  # fmt: skip
            yield follower


@asynccontextmanager
async def acting(environment: Mapping[str, str]) -> AsyncIterator[Member]:
    """A process of its own that acts, started again where it ends, as a server has it beside itself."""
    member = Member(Part.ACTS, environment)
    task = asyncio.create_task(member.run())
    try:
        yield member
    finally:
        task.cancel()
        await asyncio.wait([task])
        await member.stop()


async def leads(member: Member, worker: str) -> bool:
    report = member.report()
    return report is not None and any(one.names == (worker,) and one.leads for one in report.workers)


async def reached(kept: Kept, id: UUID, position: int) -> bool:
    return (await kept.webhook(id)).position >= position


async def tried(kept: Kept, id: UUID, times: int) -> bool:
    return (await kept.webhook(id)).tries >= times


async def paused(kept: Kept, id: UUID) -> bool:
    return (await kept.webhook(id)).paused_at is not None


async def refused(follower: Follower, many: int) -> bool:
    return (await follower.health()).refused == many
