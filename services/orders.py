"""What is asked of the register: a command with what stands beside it, and what becomes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.kernel import Actor, Attached, EventName, PartialDate, StreamId
from domain.replacing import quick
from services.store.ports import Receipt


@quick
@dataclass(frozen=True, slots=True)
class Note:
    """What stands beside a command's own fields: when it counts in law, why, on which legal basis and documents."""

    effective_on: PartialDate | None = None
    because: str = ""
    basis: str = ""
    lang: str = ""
    cause: EventName | None = None
    corrects: EventName | None = None
    documents: tuple[Attached, ...] = ()


@quick
@dataclass(frozen=True, slots=True)
class Order:
    """One command as it was asked for.

    `fields`: the request's own fields, typed; a sealed one holds its open text. `stream` is None where the command
    starts one. `client_named`: the caller chose `cmd`, and may be repeating. `expect`: the version the caller saw.
    """

    context: str
    command: str
    fields: Mapping[str, Any]
    cmd: UUID
    actor: Actor
    caller: str
    stream: StreamId | None = None
    note: Note = Note()
    client_named: bool = False
    expect: int | None = None


@quick
@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command: the stream and its version now, the types recorded, and the receipt."""

    stream: StreamId
    version: int
    events: tuple[str, ...]
    receipt: Receipt
    repeated: bool = False


class Forbidden(Exception):
    """The officer's accreditation does not reach this far; `who_could` says whose would."""

    def __init__(self, reason: str, who_could: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.who_could = tuple(who_could)


class Unknown(Exception):
    """There is no such stream in that context."""

    def __init__(self, stream: UUID) -> None:
        super().__init__(f"There is nothing under {stream}.")
        self.stream = stream


class Stale(Exception):
    """The stream moved on since the caller saw it (If-Match)."""

    def __init__(self, stream: UUID, expected: int, found: int, what_changed: Sequence[str]) -> None:
        super().__init__(f"It was at version {expected} when you saw it, and is at {found} now.")
        self.stream, self.expected, self.found, self.what_changed = stream, expected, found, tuple(what_changed)
