"""When records were recorded, as their bytes say."""

from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from services.store.ports import StoredRecord


class _Stamped(msgspec.Struct):
    at: datetime


_decoder = msgspec.json.Decoder(_Stamped)


class Followed(Protocol):
    """The ledger of one who follows it."""

    def records(self, after: int = -1, limit: int = 500) -> Awaitable[Sequence[StoredRecord]]: ...


def recorded_at(record: StoredRecord) -> datetime:
    return _decoder.decode(record.state).at


async def seconds_behind(ledger: Followed, position: int, head: int) -> float:
    """For how long the first record above `position` has waited; 0 where there is none up to `head`."""
    if position >= head or not (behind := await ledger.records(position, 1)):
        return 0.0
    return max(0.0, (datetime.now(UTC) - recorded_at(behind[0])).total_seconds())
