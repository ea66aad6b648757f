"""Records as they come: server-sent events, which go on behind the last one that a reader had."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from functools import partial
from time import monotonic

from aiohttp import web

from api import values
from api.binding import Gathered, Parameter
from api.edge import stream
from api.opened import Seals
from services.store.ports import Busy, Filter, Store, StoredRecord
from services.views.queries import Views

MEDIA = "text/event-stream"
HEARTBEAT = 15.0
"""Seconds after which a reader hears something in any case: who is gone is noticed, and no proxy closes the line."""
STREAMS = 64
"""Readers that one process sends records to at a time."""
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


class Following:
    """Everybody who follows the ledger."""

    def __init__(self, store: Store, views: Views, seals: Seals, heartbeat: float = HEARTBEAT) -> None:
        self._store, self._views, self._seals, self._heartbeat = store, views, seals, heartbeat
        self._readers = set[asyncio.Task[None]]()

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
        if len(self._readers) >= STREAMS:
            raise Busy(5, f"{STREAMS} readers follow the ledger here already.")
        reader = asyncio.current_task()
        assert reader is not None, "handlers run in tasks"
        headers = {"Content-Type": MEDIA, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        self._readers.add(reader)
        try:
            return await stream(request, web.StreamResponse(headers=headers), partial(self.events, after, limit, where))
        finally:
            self._readers.discard(reader)

    async def events(self, after: int, limit: int | None, where: Filter) -> AsyncGenerator[bytes, None]:
        """One event a record, its id the position; what was looked through in vain counts as seen, too."""
        yield RETRY
        told, left = monotonic(), limit
        while left is None or left > 0:
            last = await self._views.grown(after, told + self._heartbeat - monotonic()) - 1
            batch = await self._store.records(after, min(left or BATCH, BATCH), until=last, where=where)
            if batch:
                marks = await self._seals.members(batch, last, None)
                yield b"".join(b"id: %d\ndata: %s\n\n" % (one.position, item(one, marks)) for one in batch)
                after, told = batch[-1].position, monotonic()
                left = None if left is None else left - len(batch)
                continue
            after = max(after, last)
            if monotonic() - told >= self._heartbeat:
                # An id without data is no event, and is where a reader goes on all the same.
                yield b"id: %d\n\n" % after if after >= 0 else b":\n\n"
                told = monotonic()
