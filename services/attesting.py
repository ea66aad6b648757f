"""Attesting: what the tables of the views come to goes on record, once a day while there is news, and when asked.

It follows the ledger as the clock does, and gives a command of its own through the same door as everybody. Whether a
table was right is for an auditor to find: this only makes it impossible to deny later what it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid5

import structlog

from domain.attestations import ATTESTATIONS, SYSTEM, ViewAttested, attestation_stream
from domain.kernel import NAMES, Actor, EventName, Refused, StreamId
from domain.ledger.dumps import Dumped
from projections.kernel import View
from services.handle import Office
from services.orders import Order
from services.store.connecting import Connection, Pool
from services.store.ports import StoredRecord
from services.views.dumping import dumped, reached
from services.views.ports import NotBuilt, NotYet
from services.working.following import POLL, passed

ATTESTER = Actor(system=SYSTEM)
AGAIN = timedelta(minutes=1)
"""After so long it is tried again, where views are not there or rules said no."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Said:
    """A view's digest, and the record that has it; an earlier one where the view has not changed since."""

    found: Dumped
    record: EventName
    attested: ViewAttested


class Attesting:
    """Takes the digests of views from their tables and puts them on record."""

    def __init__(self, office: Office, pool: Pool, views: Sequence[View]) -> None:
        self._office, self._pool, self.views = office, pool, tuple(views)

    async def attest(self, views: Sequence[View]) -> list[Said]:
        """All of them as of the last position that each of them holds.

        Raises NotBuilt, NotYet (a table was replaced meanwhile), and what commands raise.
        """
        position = await reached(self._pool, views)
        if position < 0:
            raise NotBuilt("The views hold no record yet.")
        return [await self._said(await dumped(self._pool, view, position)) for view in views]

    async def last(self, view: View) -> tuple[EventName, ViewAttested] | None:
        """The newest record that attests a view; None where there is none."""
        stream = attestation_stream(view.name)
        self._office.states.forget([stream])
        version, state = await self._office.states.state(ATTESTATIONS.name, stream)
        return None if state is None else (EventName.at(stream, version), state)

    async def _said(self, found: Dumped) -> Said:
        size = (await self._office.store.head()).size
        await self._office.give(order(found, size))
        last = await self.last(next(view for view in self.views if view.name == found.view))
        assert last is not None, "it was recorded just now, or before"
        return Said(found, *last)


def order(found: Dumped, size: int) -> Order:
    """The command that says so; given twice, it is recorded once."""
    fields = {
        "view": found.view, "version": found.version, "position": found.position, "rows": found.rows,
        "digest": found.digest, "size": size,
    }  # fmt: skip
    told = ":".join(map(str, fields.values()))
    return Order(
        context=ATTESTATIONS.name, command="attest", fields=fields, cmd=uuid5(NAMES, f"attestation:{told}"),
        actor=ATTESTER, caller=SYSTEM, client_named=True,
    )  # fmt: skip


class Attester:
    """A worker, see `Follower`: attests every view once in `every`, while anything else is recorded.

    `every` zero: never by itself. What time it is, the office says.
    """

    name = "attestation"
    gather = 0.25

    def __init__(self, attesting: Attesting, office: Office, every: timedelta) -> None:
        self._attesting, self._office, self._every = attesting, office, every
        self._next: datetime | None = None
        self._unsaid = 0

    async def take(self, connection: Connection, position: int, stored: Sequence[StoredRecord]) -> int:
        """Nothing follows from a record by itself."""
        return stored[-1].position

    async def keep(self, connection: Connection, position: int) -> None:
        await passed(connection, self.name, position)

    async def rest(self, connection: Connection) -> float:
        """Attests where it is time. A view that is not there yet is waited for."""
        if not self._every:
            return POLL
        now = self._office.clock()
        if self._next is None:
            self._next = await self._begin(now)
        if now >= self._next:
            self._next = now + (self._every if await self._attested() else min(AGAIN, self._every))
        return max((self._next - now).total_seconds(), POLL)

    async def refused(self, connection: Connection) -> int:
        """Views that could not be attested when it was last tried."""
        return self._unsaid

    async def _begin(self, now: datetime) -> datetime:
        """When it is due for the first time: some time after the last attestation, or after the ledger was opened."""
        latest: StoredRecord | None = None
        for view in self._attesting.views:
            stored = (await self._office.store.streams([stream_of(view)]))[stream_of(view)]
            if stored and (latest is None or stored[-1].position > latest.position):
                latest = stored[-1]
        if latest is None:
            first = await self._office.store.records(limit=1)
            latest = first[0] if first else None
        return now if latest is None else self._office.codec.decode(latest).at + self._every

    async def _attested(self) -> bool:
        """Whether there is nothing left to do for now."""
        if not self._attesting.views or not await self._news():
            return True
        try:
            said = await self._attesting.attest(self._attesting.views)
        except (NotBuilt, NotYet) as error:
            log.info("views-not-attested", error=str(error))
            return False
        except Refused as refused:
            self._unsaid = 1
            log.error("views-not-attested", code=refused.code, error=refused.reason)
            return False
        self._unsaid = 0
        log.info("views-attested", position=said[0].found.position, views=len(said))
        return True

    async def _news(self) -> bool:
        """Whether anything was recorded, other than attestations, since views were last attested."""
        after = -1
        for view in self._attesting.views:
            last = await self._attesting.last(view)
            after = max(after, -1 if last is None else last[1].position)
        written = self._office.codec.written_as[ViewAttested]
        while stored := await self._office.store.records(after):
            if any(record.type != written for record in stored):
                return True
            after = stored[-1].position
        return False


def stream_of(view: View) -> StreamId:
    return attestation_stream(view.name)
