"""What was recorded, as views fold it and auditors replay it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from domain.kernel.days import PartialDate
from domain.kernel.ids import EventName, StreamId
from domain.kernel.people import Actor
from domain.kernel.values import Attached
from domain.replacing import quick


class _Keyed:
    """Room for what a record's `key` is, beside its fields."""

    __slots__ = ("key",)

    key: str
    """The stream's id as text: the key of what it is about, in views. They all ask for it; it is made once."""


@quick
@dataclass(frozen=True, slots=True)
class Recorded(_Keyed):
    """One record, decoded: what views fold and auditors replay."""

    position: int
    stream: StreamId
    version: int
    type: str
    at: datetime
    effective_on: PartialDate
    cmd: UUID
    of: tuple[int, int]
    actor: Actor
    rules: str
    event: Any
    because: str = ""
    basis: str = ""
    lang: str = ""
    cause: EventName | None = None
    corrects: EventName | None = None
    policies: tuple[str, ...] = field(default=())
    documents: tuple[Attached, ...] = ()

    @property
    def name(self) -> EventName:
        return EventName.at(self.stream, self.version)

    def keyed(self, key: str) -> Self:
        """The same record, whose key somebody knows already."""
        object.__setattr__(self, "key", key)
        return self

    def __getattr__(self, name: str) -> str:
        """Asked where nothing stands yet: a slot that was filled is read without us."""
        if name != "key":
            raise AttributeError(f"A record has no {name}.")
        key = str(self.stream)
        object.__setattr__(self, "key", key)
        return key
