"""The eventsourcing library's own tests of recorders, and a stock application that reads our history."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any
from uuid import UUID, uuid4

import pytest
import rfc8785
from eventsourcing.application import Application
from eventsourcing.persistence import OperationalError, ProgrammingError, StoredEvent
from eventsourcing.tests.persistence import (
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)
from eventsourcing.utils import register_topic

from services.store.ledger import opened_store
from services.store.ports import Change, Draft
from services.store.recorders import (
    Bridge,
    LedgerAggregateRecorder,
    LedgerApplicationRecorder,
    LedgerProcessRecorder,
    LedgerTrackingRecorder,
)
from tests.services.store_ledgers import KEY, ORIGIN


class OnALedger:
    """A ledger of its own for each test of the library."""

    bridge: Bridge

    @pytest.fixture(autouse=True)
    def _ledger(self, migrated_url: str) -> Iterator[None]:
        self.bridge = Bridge(migrated_url, ORIGIN, KEY)
        yield
        self.bridge.close()


class TestStreams(OnALedger, AggregateRecorderTestCase):
    def create_recorder(self) -> LedgerAggregateRecorder:
        return LedgerAggregateRecorder(self.bridge)


class TestNotifications(OnALedger, ApplicationRecorderTestCase[LedgerApplicationRecorder]):
    def create_recorder(self) -> LedgerApplicationRecorder:
        return LedgerApplicationRecorder(self.bridge)

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestTracking(OnALedger, TrackingRecorderTestCase):
    def create_recorder(self) -> LedgerTrackingRecorder:
        return LedgerTrackingRecorder(self.bridge)


class TestProcess(OnALedger, ProcessRecorderTestCase):
    def create_recorder(self) -> LedgerProcessRecorder:
        return LedgerProcessRecorder(self.bridge)


class TestNonInterleaving(OnALedger, NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self) -> LedgerApplicationRecorder:
        return LedgerApplicationRecorder(self.bridge)


# --- a stock application ---


class Envelope:
    """One plain class for every type of record: the library fills it with the members of the record."""

    originator_id: UUID
    originator_version: int
    type: str
    data: dict[str, Any]


for name in ("tree-planted.1", "tree-grew.1"):
    register_topic(name, Envelope)


@dataclass(frozen=True, slots=True)
class Tree:
    """What our fold and the library's must agree on."""

    species: str
    height: int


def evolve(tree: Tree | None, type_: str, data: dict[str, Any]) -> Tree:
    if type_ == "tree-planted.1":
        return Tree(data["species"], 0)
    assert tree is not None
    return Tree(tree.species, tree.height + data["by"])


def project(tree: Any, events: Any) -> Any:
    return reduce(lambda before, event: evolve(before, event.type, event.data), events, tree)


def draft(stream: UUID, version: int, type_: str, data: dict[str, Any]) -> Draft:
    body: Any = {"v": 1, "ledger": ORIGIN, "id": str(stream), "ver": version, "type": type_, "data": data}
    return Draft(stream, version, type_, b'{"actor":{"system":"clock"},', b"," + rfc8785.dumps(body)[1:])


async def test_a_stock_application_reads_our_history_and_folds_the_same_state(migrated_url: str) -> None:
    oak, elm = uuid4(), uuid4()
    drafts = [
        draft(oak, 1, "tree-planted.1", {"species": "chêne"}),
        draft(elm, 1, "tree-planted.1", {"species": "elm"}),
    ]
    drafts += [draft(oak, 2 + n, "tree-grew.1", {"by": n}) for n in range(5)]
    async with opened_store(migrated_url, ORIGIN, KEY) as store:
        for one in drafts:
            await store.append(Change(uuid4(), "us", b"", (one,)))
        ours = [json.loads(record.state) for record in (await store.streams([oak]))[oak]]
    application: Application[UUID] = Application(
        env={"PERSISTENCE_MODULE": "services.store.recorders", "LEDGER_DSN": migrated_url}
    )
    try:
        theirs = application.repository.get(oak, projector_func=project)
        assert theirs == reduce(lambda tree, said: evolve(tree, said["type"], said["data"]), ours, None)
        assert theirs == Tree("chêne", 10)
        notifications = application.notification_log.select(start=1, limit=10)
        assert [(one.id, one.topic) for one in notifications] == [(n, one.type) for n, one in enumerate(drafts, 1)]
        with pytest.raises(ProgrammingError, match="never write"):
            application.recorder.insert_events([StoredEvent(uuid4(), 1, "tree-planted.1", b"{}")])
    finally:
        application.close()


def test_a_database_that_is_gone_is_said_in_the_library_s_words() -> None:
    with pytest.raises((OperationalError, OSError)):
        Bridge("postgresql://nobody@127.0.0.1:1/none")
