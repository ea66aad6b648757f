"""Every thing of a context as the ledger has it this moment; a view may lag behind that."""

from collections.abc import Callable
from typing import Any, TypeAlias
from uuid import UUID

from domain.kernel import Context
from services.codec import Codec
from services.store.ports import Filter, Store, StoredRecord

AT_ONCE = 5_000
Heard: TypeAlias = Callable[[StoredRecord, Any], None]


async def folded(store: Store, codec: Codec, context: Context, heard: Heard) -> dict[UUID, Any]:
    """The state of each stream. `heard`: every record with its event, as it passes."""
    wanted = Filter(types=tuple(name for name, kind in codec.names.items() if kind in context.events))
    decider = context.decider
    states: dict[UUID, Any] = {}
    after = -1
    while records := await store.records(after, AT_ONCE, where=wanted):
        for record in records:
            event = codec.event(record)
            heard(record, event)
            states[record.stream] = decider.evolve(states.get(record.stream, decider.initial), event)
        after = records[-1].position
    return states
