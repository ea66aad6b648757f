"""How streams, units and records are named."""

import re
from functools import lru_cache
from typing import NewType, Self
from uuid import UUID, uuid5

StreamId = NewType("StreamId", UUID)
UnitId = NewType("UnitId", UUID)
# What a command names by its stream: people are asked for a thing of that sort.
AllocationId = NewType("AllocationId", StreamId)
CommitmentId = NewType("CommitmentId", StreamId)
MandateId = NewType("MandateId", StreamId)
ReviewId = NewType("ReviewId", StreamId)
NAMES = UUID("8f4e1c52-6a0b-5d6e-9b57-5b0a3a7d2045")
"""Namespace of the ids that follow from a name, such as the stream of a policy."""


@lru_cache(maxsize=10_000)
def named_stream(kind: str, name: str) -> StreamId:
    """The stream of a thing that has one well-known name; the same in every ledger."""
    return StreamId(uuid5(NAMES, f"{kind}:{name}"))


class EventName(str):
    """`<stream>/<version>`: the name of one record, for `cause`, `corrects` and accreditations."""

    __slots__ = ()
    FORM = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/[1-9][0-9]{0,9}"

    def __new__(cls, text: str) -> Self:
        if not _EVENT_NAME.fullmatch(text):
            raise ValueError("An event is named <stream>/<version>.")
        return super().__new__(cls, text)

    @classmethod
    def at(cls, stream: UUID, version: int) -> Self:
        return cls(f"{stream}/{version}")

    @property
    def stream(self) -> StreamId:
        return _stream_of(self)

    @property
    def version(self) -> int:
        return int(self[37:])


@lru_cache(maxsize=10_000)
def _stream_of(name: EventName) -> StreamId:
    """Many records rest on the same few accreditations."""
    return StreamId(UUID(name[:36]))


_EVENT_NAME = re.compile(EventName.FORM)
