"""Records as they come: server-sent events, which go on behind the last one that a reader had."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import NamedTuple, TypeAlias

from aiohttp import web

from api import values
from api.binding import Gathered, Parameter
from api.edge import stream
from api.opened import Seals
from api.whence import Network, whence
from services.store.ports import Busy, Filter, Store, StoredRecord
from services.views.queries import Views

MEDIA = "text/event-stream"
HEARTBEAT = 15.0
"""Seconds after which a reader hears something in any case: who is gone is noticed, and no proxy closes the line."""
LOOKS_EVERY = 0.5
"""Seconds until it is seen that a reader has left."""
STREAMS, EACH = 64, 16
"""Readers that one process sends records to at a time, and those of one address among them."""
BATCH = 500
RETRY = b"retry: 3000\n\n"
"""Milliseconds after which a reader who lost the line comes again."""
LAST_SEEN = Parameter(
    "Last-Event-ID",
    values.whole(),
    f"Of {MEDIA}: the last position you had, as a browser says it by itself; stands above `after`.",
)


def item(record: StoredRecord, marks: Mapping[int, bytes]) -> bytes:
    """A record as lists show it: its own bytes, unchanged, with what was joined to it."""
    return b'{"position":%d,"record":%s%s}' % (record.position, record.state, marks.get(record.position, b""))


async def _ends_with(request: web.Request, reader: "asyncio.Task[None]") -> None:
    """Who left makes room at once, and not only when there is something to be said to them."""
    while request.transport is not None:  # noqa: ASYNC110  # aiohttp tells nobody
        await asyncio.sleep(LOOKS_EVERY)
    reader.cancel()


_Asked: TypeAlias = tuple[int, int, int, Filter]
"""(after, limit, last, where)"""


class _Heard(NamedTuple):
    """Events as they are sent, how many, and the position of the last."""

    events: bytes
    many: int
    last: int


class Following:
    """Everybody who follows the ledger."""

    def __init__(
        self, store: Store, views: Views, seals: Seals, heartbeat: float = HEARTBEAT, proxies: Sequence[Network] = ()
    ) -> None:
        self._store, self._views, self._seals, self._heartbeat = store, views, seals, heartbeat
        self._proxies = proxies
        self._readers = dict[asyncio.Task[None], str | None]()
        self._looks = dict[_Asked, asyncio.Task[_Heard | None]]()

    async def end(self, app: web.Application) -> None:
        """Nobody waits for a stream that has no end by itself: readers come again to whoever serves then."""
        for reader in self._readers:
            reader.cancel()

    async def follow(self, request: web.Request, after: int, limit: int | None, where: Filter) -> web.StreamResponse:
        """Sends every record above a position, now and as they come; `limit`: it ends after so many. Raises Busy."""
        gathered = Gathered()
        if (seen := request.headers.get(LAST_SEEN.name)) is not None:
            after = gathered.take("header", LAST_SEEN.name, partial(LAST_SEEN.leaf.read_text, seen)) or 0
        gathered.raise_any()
        address = self._place(request)
        reader = asyncio.current_task()
        assert reader is not None, "handlers run in tasks"
        headers = {"Content-Type": MEDIA, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        self._readers[reader] = address
        watch = asyncio.create_task(_ends_with(request, reader))
        try:
            return await stream(request, web.StreamResponse(headers=headers), partial(self.events, after, limit, where))
        finally:
            watch.cancel()
            del self._readers[reader]

    def _place(self, request: web.Request) -> str | None:
        """The address for which there is room. Raises Busy where there is none."""
        if len(self._readers) >= STREAMS:
            raise Busy(5, f"{STREAMS} readers follow the ledger here already.")
        address = whence(request, self._proxies)
        if address is not None and list(self._readers.values()).count(address) >= EACH:
            raise Busy(5, f"{EACH} readers of your address follow the ledger here already.")
        return address

    async def events(self, after: int, limit: int | None, where: Filter) -> AsyncGenerator[bytes, None]:
        """One event a record, its id the position; what was looked through in vain counts as seen, too."""
        yield RETRY
        told, left = monotonic(), limit
        while left is None or left > 0:
            last = await self._views.grown(after, told + self._heartbeat - monotonic()) - 1
            heard = await self._heard(after, min(left or BATCH, BATCH), last, where)
            if heard is not None:
                yield heard.events
                after, told = heard.last, monotonic()
                left = None if left is None else left - heard.many
                continue
            after = max(after, last)
            if monotonic() - told >= self._heartbeat:
                # An id without data is no event, and is where a reader goes on all the same.
                yield b"id: %d\n\n" % after if after >= 0 else b":\n\n"
                told = monotonic()

    async def _heard(self, after: int, limit: int, last: int, where: Filter) -> _Heard | None:
        """What is there up to `last`; one look for all who ask for the same meanwhile, as those do who wait for it."""
        asked = (after, limit, last, where)
        if (look := self._looks.get(asked)) is None:
            look = self._looks[asked] = asyncio.create_task(self._look(*asked))
            look.add_done_callback(partial(self._looked, asked))
        # A reader who leaves does not take it from the others. Where all have left, a shield would tell of its failure.
        await asyncio.wait([look])
        return look.result()

    def _looked(self, asked: _Asked, look: "asyncio.Task[_Heard | None]") -> None:
        del self._looks[asked]
        if not look.cancelled():
            look.exception()  # where all have left, nobody hears it, and nobody misses it

    async def _look(self, after: int, limit: int, last: int, where: Filter) -> _Heard | None:
        batch = await self._store.records(after, limit, until=last, where=where)
        if not batch:
            return None
        marks = await self._seals.members(batch, last, None)
        events = b"".join(b"id: %d\ndata: %s\n\n" % (one.position, item(one, marks)) for one in batch)
        return _Heard(events, len(batch), batch[-1].position)
