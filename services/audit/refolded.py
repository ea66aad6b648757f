"""The state of every stream, folded in memory from the records that an audit has gone through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.erasures import SealedField, SubjectErased
from domain.kernel import Context, EventName, OpenedText, StreamId
from domain.ledger.history import Members
from services.audit.leaves import Leaf
from services.codec import sealed_fields
from services.store.ports import StoredRecord


class Withheld(LookupError):
    """What stands sealed in a record, the records under decision do not release."""


@dataclass(slots=True)
class Refolded:
    """The state of every stream as the records so far left it."""

    contexts: Mapping[str, Context]
    _found: dict[UUID, tuple[str, int, Any]] = field(default_factory=dict)
    _sealed: dict[UUID, tuple[SealedField, ...]] = field(default_factory=dict)
    _erased: set[SealedField] = field(default_factory=set)
    deciding: Sequence[Leaf | Members] = ()

    async def state(self, context: str, stream: StreamId) -> tuple[int, Any]:
        """See `facts.Streams`."""
        return self.now(context, stream)

    async def sealed_with(self, cmd: UUID) -> tuple[SealedField, ...]:
        """See `facts.Streams`."""
        return self._sealed.get(cmd, ())

    async def opened(self, record: EventName, path: str) -> OpenedText | None:
        """See `facts.Streams`: what the records under decision release; the rules hold it against the hash."""
        for leaf in self.deciding:
            value, salt = leaf.data.get("value"), leaf.data.get("salt")
            if isinstance(value, str) and isinstance(salt, str):
                return OpenedText(value, salt)
        if any(one.record == record and one.path == path for one in self._erased):
            return None
        raise Withheld(f"what was sealed in {record}; no record says that it was erased")

    def note_erased(self, events: Sequence[Any]) -> None:
        for event in events:
            if type(event) is SubjectErased:
                self._erased.update(event.fields)

    def note_sealed(self, cmd: UUID, records: Sequence[StoredRecord]) -> None:
        found = tuple(one for record in records for one in sealed_fields(record))
        if found:
            self._sealed[cmd] = found

    def now(self, context: str, stream: UUID) -> tuple[int, Any]:
        home, version, state = self._found.get(stream, ("", 0, None))
        return version, state if home == context else self.contexts[context].decider.initial

    def fold(self, context: Context, stream: UUID, events: Sequence[Any]) -> None:
        home, version, state = self._found.get(stream, (context.name, 0, context.decider.initial))
        assert home == context.name, f"the stream is one of {home}, not of {context.name}"
        self._found[stream] = (home, version + len(events), context.decider.fold(events, state))
