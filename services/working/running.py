"""Everything that acts by itself, with its own connections, for as long as we are inside."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from domain.kernel import Context
from projections.kernel import View
from services.attesting import Attester, Attesting
from services.clock import Clock
from services.codec import Codec
from services.handle import Office
from services.health import Health
from services.mail.mailing import Mailer
from services.outgoing.worker import Outgoing, Sender
from services.reacting import Reactor
from services.store.connecting import Pool, close_pool, connect_worker, dropped, open_pool
from services.store.listener import heard
from services.store.reads import Reads
from services.webhooks.delivering import Deliverer, Post
from services.working import agenda
from services.working.following import Follower, Ledger, Worker
from services.working.recent import Recent


class Workers:
    """The clock, the reactions, who attests the views, and who delivers to webhooks and by mail."""

    def __init__(self, dsn: str, ledger: Ledger, followers: Sequence[Follower], reactor: Reactor) -> None:
        self._dsn, self._ledger, self._followers, self._reactor = dsn, ledger, tuple(followers), reactor

    async def health(self) -> list[Health]:
        """How each does. Raises Unavailable while the database cannot be reached."""
        return [await follower.health() for follower in self._followers]

    async def catch_up(self) -> None:
        """Does what there is to do, in turns, until nothing follows from anything; for one who does not follow."""
        size = -1
        while size != (head := await self._ledger.head()).size:
            size = head.size
            for follower in self._followers:
                await follower.catch_up()

    async def retry(self) -> tuple[int, int, int]:
        """What rules refused to reactions and the clock is asked of them again.

        Gives how many of a reaction's are refused no longer, how many still, and how many deadlines the clock says
        again as soon as it runs.
        """
        async with dropped(connect_worker(self._dsn)) as connection:
            done = await self._reactor.retry(connection)
            return done, await self._reactor.refused(connection), await agenda.at_once(connection)


@asynccontextmanager
async def opened_workers(
    dsn: str,
    office: Office,
    codec: Codec,
    contexts: Mapping[str, Context],
    views: Sequence[View],
    attest: timedelta,
    *,
    follow: bool = True,
    post: Post | None = None,
    mailing: Callable[[Pool, Reads], Mailer] | None = None,
) -> AsyncIterator[Workers]:
    """The workers, at work if they `follow`; otherwise they do what they are told (`catch_up`).

    `views` are attested once in `attest`; zero: not by themselves. By `post` records leave for webhooks, and by what
    `mailing` makes messages for whoever follows by mail; None: none do.
    """
    async with AsyncExitStack() as stack:
        pool = await open_pool(dsn, 3)
        stack.push_async_callback(close_pool, pool)
        wait = await stack.enter_async_context(heard(dsn, follow=follow))
        reads = Reads(pool)
        recent, reactor = Recent(reads), Reactor(office, codec, contexts, reads)
        workers: list[Worker] = [
            Clock(office, codec, contexts), reactor, Attester(Attesting(office, pool, views), office, attest)
        ]  # fmt: skip
        senders: list[Sender] = []
        if post is not None:
            senders.append(Deliverer(pool, reads, office.keyring, codec, contexts, post))
        if mailing is not None:
            senders.append(mailing(pool, reads))
        workers += [await stack.enter_async_context(Outgoing(sender)) for sender in senders]
        found = [Follower(dsn, worker, recent, wait) for worker in workers]
        if follow:
            for follower in found:
                await stack.enter_async_context(follower)
        yield Workers(dsn, reads, found, reactor)
