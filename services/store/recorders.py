"""The eventsourcing library's contract over our store: synchronous, through a loop in a thread of its own.

`PERSISTENCE_MODULE=services.store.recorders` and `LEDGER_DSN` point a stock application at a ledger, to read it. Its
notification ids are positions + 1. Only the library's own recorder tests write, opaque bytes, to a ledger of their own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Future
from contextlib import AsyncExitStack
from threading import Thread
from typing import Any, Protocol, TypeVar
from uuid import UUID, uuid4

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    DataError,
    InfrastructureFactory,
    IntegrityError,
    ListenNotifySubscription,
    Notification,
    OperationalError,
    ProcessRecorder,
    ProgrammingError,
    StoredEvent,
    Subscription,
    Tracking,
    TrackingRecorder,
)

from services.keys import SigningKey
from services.store.connecting import available, close_pool, open_pool
from services.store.ledger import LedgerStore, opened_store
from services.store.listener import Listener
from services.store.ports import Change, Conflict, Draft, Receipt, StoreError, TooLarge

T = TypeVar("T")

_TRACK = (
    "insert into recorders.tracking as t (application, notification) values ($1, $2)"
    " on conflict (application) do update set notification = excluded.notification"
    " where t.notification < excluded.notification"
)


class Bridge:
    """A loop in a thread, with connections to one database. Without `origin` and `key` it can only read."""

    def __init__(self, dsn: str, origin: str | None = None, key: SigningKey | None = None) -> None:
        self._dsn, self._origin, self._key = dsn, origin, key
        self._loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        self._listener: Listener | None = None
        self._store: LedgerStore | None = None
        self._thread = Thread(target=self._run, name="ledger-recorders", daemon=True)
        self._thread.start()
        try:
            self.call(self._open())
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends everything; the bridge is of no use after. Again, it does nothing."""
        if self._thread.is_alive():
            self.call(self._stack.aclose())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:  # on leaving it cancels what still runs
            runner.get_loop().run_forever()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Waits for work in the loop, in the library's words for what may go wrong."""
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()
        except Conflict as error:
            raise IntegrityError(str(error)) from error
        except TooLarge as error:
            raise DataError(str(error)) from error
        except StoreError as error:
            raise OperationalError(str(error)) from error

    def start(self, work: Coroutine[Any, Any, None]) -> "Future[None]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def fetch(self, query: str, *values: Any) -> Any:
        with available():
            return await self._pool.fetch(query, *values)

    async def follow(self, told: Callable[[], None]) -> None:
        """Calls whenever the ledger has grown, for ever."""
        if self._listener is None:
            self._listener = await self._stack.enter_async_context(Listener(self._dsn))
        after = -1
        while True:
            after = await self._listener.wait_for_records(after) - 1
            told()

    async def save(self, events: Sequence[StoredEvent], tracking: Tracking | None) -> Sequence[int]:
        """All of the events, and the tracking, or nothing. Returns the notification ids."""
        if self._store is None:
            raise ProgrammingError("Stock applications read a ledger; they never write to one.")
        drafts = tuple(Draft(_uuid(event.originator_id), event.originator_version, event.topic, event.state, None)
                       for event in events)  # fmt: skip
        change = Change(uuid4(), "eventsourcing", b"", drafts)
        receipt = await self._store.writer.append(change, _tracks(tracking) if tracking is not None else None)
        assert isinstance(receipt, Receipt), "the id is new"
        return range(receipt.first + 1, receipt.first + receipt.count + 1)

    async def track(self, tracking: Tracking) -> None:
        """Records how far an application has come. Raises IntegrityError where it had come as far."""
        with available():
            await _tracks(tracking)(self._pool)

    async def _open(self) -> None:
        if self._origin is not None and self._key is not None:
            self._store = await self._stack.enter_async_context(opened_store(self._dsn, self._origin, self._key))
            self._pool = self._store.pool
        else:
            self._pool = await open_pool(self._dsn)
            self._stack.push_async_callback(close_pool, self._pool)


class _Executes(Protocol):
    async def execute(self, query: str, *values: Any) -> str: ...


def _tracks(tracking: Tracking) -> Callable[[_Executes], Awaitable[None]]:
    async def track(connection: _Executes) -> None:
        done = await connection.execute(_TRACK, tracking.application_name, tracking.notification_id)
        if done != "INSERT 0 1":
            raise IntegrityError(f"{tracking.application_name} had come beyond {tracking.notification_id}.")

    return track


def _uuid(originator: UUID | str) -> UUID:
    return originator if isinstance(originator, UUID) else UUID(originator)


class LedgerAggregateRecorder(AggregateRecorder):
    """Streams alone: it tells no notification ids."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        if stored_events:
            self.bridge.call(self.bridge.save(stored_events, None))
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        rows = self.bridge.call(
            self.bridge.fetch(
                "select stream, version, type, state from ledger.records where stream = $1"
                " and ($2::int is null or version > $2) and ($3::int is null or version <= $3)"
                f" order by version {'desc' if desc else ''} limit $4",
                _uuid(originator_id), gt, lte, limit,
            )
        )  # fmt: skip
        return [StoredEvent(*row) for row in rows]


class LedgerApplicationRecorder(LedgerAggregateRecorder, ApplicationRecorder):
    """Streams, and all of them in one order."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        return self.bridge.call(self._save(stored_events, kwargs.get("tracking")))

    async def _save(self, events: Sequence[StoredEvent], tracking: Tracking | None) -> Sequence[int]:
        return list(await self.bridge.save(events, tracking)) if events or tracking else []

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        first = 0 if start is None else start - 1 if inclusive_of_start else start
        rows = self.bridge.call(
            self.bridge.fetch(
                "select stream, version, type, state, position + 1 from ledger.records where position >= $1"
                " and ($2::bigint is null or position < $2) and ($3::text[] is null or type = any($3))"
                " order by position limit $4",
                first, stop, list(topics) or None, limit,
            )
        )  # fmt: skip
        return [Notification(*row) for row in rows]

    def max_notification_id(self) -> int | None:
        ((newest,),) = self.bridge.call(self.bridge.fetch("select max(position) + 1 from ledger.records"))
        return None if newest is None else int(newest)

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        return LedgerSubscription(self, gt, topics)


class LedgerTrackingRecorder(TrackingRecorder):
    """How far an application has come in another one's notifications."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge

    def insert_tracking(self, tracking: Tracking) -> None:
        self.bridge.call(self.bridge.track(tracking))

    def max_tracking_id(self, application_name: str) -> int | None:
        rows = self.bridge.call(
            self.bridge.fetch("select notification from recorders.tracking where application = $1", application_name)
        )
        return rows[0][0] if rows else None


class LedgerProcessRecorder(LedgerTrackingRecorder, LedgerApplicationRecorder, ProcessRecorder):
    """Events, and the tracking of what they followed from, in one transaction."""


class LedgerSubscription(ListenNotifySubscription[ApplicationRecorder]):
    """Notifications as they are recorded."""

    def __init__(self, recorder: LedgerApplicationRecorder, gt: int | None, topics: Sequence[str]) -> None:
        super().__init__(recorder, gt, topics)
        self._following = recorder.bridge.start(recorder.bridge.follow(self._has_been_notified.set))

    def stop(self) -> None:
        # The thread that pulls may stop us before we are complete.
        if following := getattr(self, "_following", None):
            following.cancel()
        super().stop()


class Factory(InfrastructureFactory[LedgerTrackingRecorder]):
    """What a stock application asks for its recorders. The environment names the database: LEDGER_DSN."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        dsn = self.env.get("LEDGER_DSN")
        if not dsn:
            raise ProgrammingError("LEDGER_DSN names the database to read.")
        self._bridge = Bridge(dsn)

    def close(self) -> None:
        self._bridge.close()

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        return LedgerAggregateRecorder(self._bridge)

    def application_recorder(self) -> ApplicationRecorder:
        return LedgerApplicationRecorder(self._bridge)

    def tracking_recorder(self, tracking_recorder_class: Any = None) -> LedgerTrackingRecorder:
        return (tracking_recorder_class or LedgerTrackingRecorder)(self._bridge)

    def process_recorder(self) -> ProcessRecorder:
        return LedgerProcessRecorder(self._bridge)
