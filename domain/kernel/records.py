"""What was recorded, as views fold it and auditors replay it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.kernel.days import PartialDate
from domain.kernel.ids import EventName, StreamId
from domain.kernel.people import Actor
from domain.kernel.values import Attached
from domain.replacing import quick


@quick
@dataclass(frozen=True, slots=True)
class Recorded:
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
    _known: tuple[StreamId, str] | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> EventName:
        return EventName.at(self.stream, self.version)

    @property
    def key(self) -> str:
        """The stream's id as text: the key of what it is about, in views. They all ask for it; it is made once."""
        known = self._known
        if known is None or known[0] is not self.stream:
            known = (self.stream, str(self.stream))
            object.__setattr__(self, "_known", known)
        return known[1]
