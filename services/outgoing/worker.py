"""The worker that sends: it hears that there is news, and each whom it sends to goes on from a place of their own."""

from collections.abc import Awaitable, Sequence
from typing import Protocol

from services.outgoing.errands import Errands
from services.outgoing.places import Places
from services.store.connecting import Connection
from services.store.ports import StoredRecord
from services.working.following import POLL, passed


class Sender(Protocol):
    """What is sent, and to whom. `name` and `gather`: as a `Worker` has them. `errands`: what is being sent."""

    @property
    def name(self) -> str: ...

    @property
    def gather(self) -> float: ...

    @property
    def places(self) -> Places: ...

    @property
    def errands(self) -> Errands: ...

    def begin(self, connection: Connection) -> Awaitable[None]:
        """Begins the errands of those who are due, and waits for none."""
        ...


class Outgoing:
    """A worker, see `Follower`: who leads sends, while we are inside: `async with Outgoing(...)`.

    `poll`: seconds after which it looks again who is due, `POLL` at most.
    """

    def __init__(self, sender: Sender, *, poll: float = POLL) -> None:
        self.name, self.gather, self._sender, self._poll = sender.name, min(sender.gather, poll), sender, poll

    async def __aenter__(self) -> "Outgoing":
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self._sender.errands.stop()

    async def take(self, connection: Connection, position: int, stored: Sequence[StoredRecord]) -> int:
        return stored[-1].position

    async def keep(self, connection: Connection, position: int) -> None:
        await passed(connection, self.name, position)

    async def rest(self, connection: Connection) -> float:
        await self._sender.begin(connection)
        return self._poll

    async def refused(self, connection: Connection) -> int:
        """How many are paused, or fail for a while."""
        return await self._sender.places.stuck(connection)
