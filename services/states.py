"""Folded states of streams, for whoever decides."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.erasures import SealedField
from domain.kernel import Context, EventName, OpenedText, StreamId
from domain.replacing import quick
from services.codec import Codec, sealed_fields
from services.keyring import Keyring
from services.openings import Openings
from services.store.ports import Store, StoredRecord

STATES_KEPT = 50_000


@quick
@dataclass(frozen=True, slots=True)
class _Loaded:
    """`context`: whose stream it is, by what happened there first; empty while nothing did."""

    context: str
    version: int
    state: Any


class States:
    """Folded states, kept while they are used, loaded together when several are missing at once.

    Another process may have written since: whoever decides on a kept state has its version checked at the append.
    """

    def __init__(self, store: Store, codec: Codec, contexts: Mapping[str, Context], keyring: Keyring) -> None:
        self._store, self._codec, self._contexts = store, codec, contexts
        self._openings = Openings(store, codec, keyring)
        self._context_of = {kind: context.name for context in contexts.values() for kind in context.events}
        self._kept: OrderedDict[StreamId, _Loaded] = OrderedDict()
        self._wanted: dict[StreamId, asyncio.Future[_Loaded]] = {}
        self._loading: set[asyncio.Task[None]] = set()

    async def state(self, context: str, stream: StreamId) -> tuple[int, Any]:
        """The version and state of a stream. One that belongs to another context is nothing in this one."""
        kept = self._kept.get(stream)
        if kept is None:
            kept = await self._load(stream)
        else:
            self._kept.move_to_end(stream)
        if kept.context != context:
            return kept.version, self._contexts[context].decider.initial
        return kept.version, kept.state

    async def sealed_with(self, cmd: UUID) -> tuple[SealedField, ...]:
        """See `facts.Streams`."""
        return tuple(one for record in await self._store.records_of(cmd) for one in sealed_fields(record))

    async def opened(self, record: EventName, path: str) -> OpenedText | None:
        """See `facts.Streams`."""
        return await self._openings.text(record, path)

    def begin(self, stream: StreamId) -> None:
        """Nothing is there yet, as far as anybody can know without looking; the append looks."""
        if stream not in self._kept:
            self._keep(stream, _Loaded("", 0, None))

    def holds(self, stream: StreamId, version: int = 0) -> bool:
        """Whether nothing need be read for its state at this version or a later one."""
        kept = self._kept.get(stream)
        return kept is not None and kept.version >= version

    def told(self, stored: Sequence[StoredRecord]) -> None:
        """Records of one stream that somebody has read, from its first on: they need not be read for its state."""
        stream = StreamId(stored[0].stream)
        if stored[0].version == 1 and stream not in self._kept:
            self._keep(stream, self._folded(self._codec.events(stored)))

    def forget(self, streams: Sequence[UUID]) -> None:
        for stream in streams:
            self._kept.pop(StreamId(stream), None)

    def advance(self, context: str, stream: StreamId, version: int, events: Sequence[Any]) -> None:
        """The state after events that were just appended behind `version`."""
        kept = self._kept.get(stream)
        if kept is None or kept.version != version:
            self.forget([stream])
            return
        before = kept.state if kept.context else None
        state = self._contexts[context].decider.fold(events, before)
        self._keep(stream, _Loaded(context, version + len(events), state))

    def _keep(self, stream: StreamId, loaded: _Loaded) -> None:
        self._kept[stream] = loaded
        if len(self._kept) > STATES_KEPT:
            self._kept.popitem(last=False)

    async def _load(self, stream: StreamId) -> _Loaded:
        if stream not in self._wanted:
            future = asyncio.get_running_loop().create_future()
            if not self._wanted:
                task = asyncio.create_task(self._load_wanted())
                self._loading.add(task)
                task.add_done_callback(self._loading.discard)
            self._wanted[stream] = future
        # Whoever gives up leaves it to the others. Where all have, a shield would tell of its failure.
        await asyncio.wait([wanted := self._wanted[stream]])
        return wanted.result()

    async def _load_wanted(self) -> None:
        await asyncio.sleep(0)
        wanted, self._wanted = self._wanted, {}
        try:
            found = await self._store.streams(list(wanted))
            for stream, future in wanted.items():
                loaded = self._folded(self._codec.events(found[stream]))
                self._keep(stream, loaded)
                future.set_result(loaded)
        except Exception as error:
            for future in wanted.values():
                if not future.done():
                    future.set_exception(error)
                    future.exception()  # a caller who gave up leaves nobody to hear it

    def _folded(self, events: Sequence[Any]) -> _Loaded:
        if not events:
            return _Loaded("", 0, None)
        context = self._context_of[type(events[0])]
        return _Loaded(context, len(events), self._contexts[context].decider.fold(events))
