"""A register with followers by mail, and who writes to them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import asyncpg
import pytest_asyncio

from api.letters import Letters
from api.templates import Templates
from domain.commitments.words import Document
from domain.kernel import StreamId, UnitId, Words
from services.bootstrap import Services, assemble
from services.mail.links import Purpose
from services.mail.mailing import Mail, Mailer
from services.mail.sending import Smtp
from services.mail.server import MailServer
from services.mail.subscriptions import Period, Subscription, Subscriptions
from services.outgoing.wanted import Wanted
from services.outgoing.worker import Outgoing
from services.store.listener import heard
from services.working.following import Follower
from tests.api.mailbox import Mailbox, Message
from tests.services.acting import BEGUN, promise, set_clock, unit_of
from tests.services.test_handle import config, give
from tests.waiting import PATIENCE, until

HOME = "https://register.example.org"


@dataclass(frozen=True, slots=True)
class Written:
    """A register with one adopted commitment, whose views are kept, and in which nothing else acts by itself."""

    services: Services
    dsn: str
    unit: UnitId
    commitment: StreamId
    acting: Any

    @property
    def subscriptions(self) -> Subscriptions:
        return self.services.subscriptions

    async def said(self, name: str = "Minutes", because: str = "") -> int:
        """Something happens to the commitment, in one record; gives its position."""
        shown = Document(Words({"en": name}), "https://example.org/minutes", "ab" * 32)
        await give(
            self.services, self.acting, "commitments.attach-evidence", self.commitment, document=shown, milestone=None
        )
        return (await self.services.store.head()).size - 1

    async def one(self) -> Subscription:
        (found,) = await self.subscriptions.all()
        return found

    async def tell(self, statement: str, *values: Any) -> Any:
        connection = await asyncpg.connect(self.dsn)
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()

    async def follows(self, address: str, wanted: Wanted | None = None, period: Period = Period.AT_ONCE) -> UUID:
        """Somebody who asked for it and confirmed it; gives the subscription."""
        before = {one.id for one in await self.subscriptions.all()}
        await self.subscriptions.ask(address, wanted or Wanted(streams=(self.commitment,)), period, ("en",))
        (found,) = [one for one in await self.subscriptions.all() if one.id not in before]
        await self.subscriptions.confirm(found)
        return found.id


@pytest_asyncio.fixture
async def written(database_url: str, tmp_path: Path) -> AsyncIterator[Written]:
    found = replace(config(database_url, tmp_path), public_url=HOME)
    async with assemble(found, acting=False) as services:
        set_clock(services, BEGUN)
        unit = await unit_of(services, "Lyon")
        commitment, signatory = await promise(services, unit, date(2035, 9, 1))
        assert await services.views.reached("activity", (await services.store.head()).size - 1, PATIENCE)
        yield Written(services, database_url, unit, commitment, signatory)


@asynccontextmanager
async def writing(
    written: Written, mailbox: Mailbox, *, pauses: Sequence[float] = (0.01,), at_once: timedelta = timedelta(0),
    gives_up: timedelta = timedelta(days=7), within: float = 20.0, server: MailServer | None = None,
) -> AsyncIterator[Follower]:  # fmt: skip
    """A process that writes to followers. `server`: how it calls the mail server, if not as usual."""
    services, server = written.services, server or MailServer.read(mailbox.url)
    mail = Mail(Smtp(server, within), Letters(Templates(), services.config), server.sender, HOME)
    async with heard(written.dsn, follow=True) as wait:
        mailer = Mailer(
            services.store.pool, services.store, services.subscriptions, services.codec, services.contexts,
            services.views, mail, pauses=pauses, gives_up=gives_up, at_once=at_once,
        )  # fmt: skip
        async with (
            Outgoing(mailer, poll=0.05) as worker, Follower(written.dsn, worker, services.store, wait) as follower
        ):  # fmt: skip
            yield follower


async def sent(mailbox: Mailbox, many: int) -> None:
    async def enough() -> bool:
        return len(mailbox.heard) >= many

    await until(enough)


async def reached(written: Written, position: int) -> None:
    """Every subscription has come so far."""

    async def there() -> bool:
        return all(one.position >= position for one in await written.subscriptions.all())

    await until(there)


def link_of(message: Message, purpose: Purpose) -> tuple[UUID, str]:
    """The id and the signature of the link in a message."""
    (found,) = [urlsplit(one) for one in message.links if f"/{purpose}?" in one]
    return UUID(found.path.split("/")[2]), parse_qs(found.query)["by"][0]
