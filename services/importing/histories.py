"""Every thing of a context as the ledger has it this moment; a view may lag behind that."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from domain.kernel import Context
from services.codec import Codec
from services.store.ports import Filter, Store, StoredRecord

AT_ONCE = 1_000
"""Records that are folded in one go: a server answers others in between."""
STREAMS = 200
Heard: TypeAlias = Callable[[StoredRecord, Any], None]


async def folded(
    store: Store, codec: Codec, context: Context, heard: Heard, streams: Iterable[UUID] | None = None
) -> dict[UUID, Any]:
    """The state of each stream, or of some. `heard`: every record with its event, as it passes."""
    decider = context.decider
    states: dict[UUID, Any] = {}
    async for records in _all(store, codec, context) if streams is None else _some(store, codec, context, [*streams]):
        for record in records:
            event = codec.event(record)
            heard(record, event)
            states[record.stream] = decider.evolve(states.get(record.stream, decider.initial), event)
    return states


def _types(codec: Codec, context: Context) -> tuple[str, ...]:
    return tuple(name for name, kind in codec.names.items() if kind in context.events)


async def _all(store: Store, codec: Codec, context: Context) -> AsyncIterator[Sequence[StoredRecord]]:
    wanted, after = Filter(types=_types(codec, context)), -1
    while records := await store.records(after, AT_ONCE, where=wanted):
        yield records
        after = records[-1].position


async def _some(
    store: Store, codec: Codec, context: Context, streams: Sequence[UUID]
) -> AsyncIterator[Sequence[StoredRecord]]:
    """What is under an id by which the register knows something else is nothing of this context."""
    types = frozenset(_types(codec, context))
    for first in range(0, len(streams), STREAMS):
        found = await store.streams(streams[first : first + STREAMS])
        yield [one for records in found.values() for one in records if one.type in types]
