"""A history read by an application written on plain eventsourcing: its own recorder, mapper and repository."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import PersistenceError, StoredEvent
from eventsourcing.utils import register_topic

from services.store.ports import StoredRecord

BATCH = 500


class NotTaken(Exception):
    """The library's recorder does not take a history; it says why."""


class Envelope:
    """One plain class for every type of record: the library fills it with the members of the record."""

    originator_id: UUID
    originator_version: int
    type: str
    ver: int
    data: dict[str, Any]
    sealed: dict[str, str]


class Stock:
    """The library's application in memory, with records of ours in its own recorder."""

    def __init__(self, types: Iterable[str]) -> None:
        for name in types:
            register_topic(name, Envelope)
        self._application: Application[UUID] = Application(env={"PERSISTENCE_MODULE": "eventsourcing.popo"})

    def take(self, records: Iterable[StoredRecord]) -> int:
        """Puts records in, in their order; gives how many. Raises NotTaken where a version is there already."""
        many, batch = 0, list[StoredEvent]()
        for one in records:
            batch.append(StoredEvent(one.stream, one.version, one.type, one.state))
            many += 1
            if len(batch) == BATCH:
                self._insert(batch)
                batch = []
        self._insert(batch)
        return many

    def _insert(self, batch: list[StoredEvent]) -> None:
        try:
            self._application.recorder.insert_events(batch)
        except PersistenceError as error:
            raise NotTaken(f"{type(error).__name__} {error}") from error

    def order(self) -> Iterator[tuple[int, UUID, int]]:
        """(position, stream, version) as the library's notifications tell them."""
        start: int | None = 1
        while start is not None:
            found = self._application.recorder.select_notifications(start=start, limit=BATCH)
            for one in found:
                stream = one.originator_id
                yield one.id - 1, stream if isinstance(stream, UUID) else UUID(stream), one.originator_version
            start = found[-1].id + 1 if found else None

    def state(self, stream: UUID, fold: Callable[[Any, Iterable[Envelope]], Any]) -> Any:
        """What the library's repository makes of a stream with this fold."""
        return self._application.repository.get(stream, projector_func=fold)

    def close(self) -> None:
        self._application.close()
