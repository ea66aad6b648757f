"""Records as bytes and back: canonical JSON out, typed events in."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeVar, cast, get_type_hints
from uuid import UUID

import msgspec

from domain.erasures import SealedField
from domain.kernel import (
    Actor,
    Attached,
    EventName,
    Json,
    PartialDate,
    Recorded,
    Role,
    Sealed,
    Sphere,
    StreamId,
    UnitId,
)
from domain.replacing import quick
from services.speaking import nobody, units_within
from services.store.ports import Draft, StoredRecord
from services.writing import Writer, plain, record_writer

T = TypeVar("T")
SEALED_MEMBER = b'"sealed":{'
"""What the bytes of a record hold if anything in it is sealed; most need not be read for it."""


def construct(kind: type, value: Any) -> Any:
    """msgspec's hook for value objects: each is made from the plain value that stands in the record."""
    return _told(kind, value) if kind in _REPEATED and type(value) is str else kind(value)


_REPEATED = frozenset({PartialDate, EventName})
_told = lru_cache(10_000)(lambda kind, text: kind(text))
"""Many records name the same days and the same records."""


class ActorWire(msgspec.Struct):
    unit: UUID | None = None
    role: Role | None = None
    sphere: Sphere | None = None
    accreditation: str | None = None
    system: str | None = None


def acting(who: ActorWire) -> Actor:
    """The actor that a record names."""
    accreditation = EventName(who.accreditation) if who.accreditation else None
    return Actor(UnitId(who.unit) if who.unit else None, who.role, who.sphere, accreditation, who.system)


@lru_cache(4096)
def _actor(said: bytes) -> Actor:
    """Few give many records, and say who they are in the same bytes."""
    return acting(msgspec.json.decode(said, type=ActorWire))


class _Envelope(msgspec.Struct):
    at: datetime
    effective_on: str
    cmd: UUID
    of: tuple[int, int]
    actor: msgspec.Raw
    rules: str
    because: str = ""
    basis: str = ""
    lang: str = ""
    cause: str | None = None
    corrects: str | None = None
    policies: tuple[str, ...] = ()
    sealed: dict[str, str] = {}
    blob: tuple[Attached, ...] = ()


class _Sealed(msgspec.Struct):
    sealed: dict[str, str] = {}


@quick
@dataclass(frozen=True, slots=True)
class Heading:
    """What all records of one command have in common."""

    cmd: UUID
    actor: Actor
    effective_on: PartialDate
    rules: str
    reads: Sequence[tuple[UUID, int]] = ()
    policies: Sequence[str] = ()
    because: str = ""
    basis: str = ""
    lang: str = ""
    cause: EventName | None = None
    corrects: EventName | None = None
    documents: Sequence[Attached] = ()


class Written(NamedTuple):
    """A record's bytes without its moment, see `Draft`."""

    version: int
    type: str
    head: bytes
    tail: bytes

    def untimed(self) -> dict[str, Any]:
        """What it says, as long as it has no moment."""
        said: dict[str, Any] = msgspec.json.decode(self.head.removesuffix(b",") + self.tail)
        return said


class _Form:
    """How one type of event is written and read, worked out once."""

    def __init__(self, kind: type) -> None:
        hints = get_type_hints(kind, include_extras=True)
        self.kind = kind
        self.write = record_writer(kind)
        self.sealed = tuple(name for name, hint in hints.items() if plain(hint)[0] is Sealed)
        self.units = units_within(kind) or nobody
        self.of_units = kind.__module__.startswith("domain.units")
        lean = msgspec.defstruct(f"Lean{kind.__name__}", [("data", kind)], gc=False)
        full = msgspec.defstruct(f"Full{kind.__name__}", [("data", kind)], bases=(_Envelope,), kw_only=True)
        self.lean: Callable[[bytes], Any] = msgspec.json.Decoder(lean, dec_hook=construct).decode
        self.full: msgspec.json.Decoder[Any] = msgspec.json.Decoder(full, dec_hook=construct)


_form = cache(_Form)


class UnknownType(KeyError):
    """A type of record that this program does not know."""

    def __str__(self) -> str:
        return f"This program does not know records of the type {self.args[0]}; a newer version of it wrote them."


class _Known(dict[str, T]):
    """By stored name; what is not there is no slip of ours, but a record of another version of the program."""

    def __missing__(self, type_: str) -> T:
        raise UnknownType(type_)


class Codec:
    """Turns events into canonical records of one ledger, and records into events."""

    def __init__(self, ledger: str, names: Mapping[str, type]) -> None:
        self.ledger = ledger
        self.names: Mapping[str, type] = _Known(names)
        """Stored name -> class; UnknownType for any other name."""
        self._forms = _Known({name: _form(kind) for name, kind in names.items()})
        # Several stored names may be read as one class; the last one named is how it is written.
        self.written_as = {kind: name for name, kind in names.items()}
        self._commands: dict[type, Writer] = {}
        self.open = {name: form.kind for name, form in self._forms.items() if not form.sealed}
        """The types of which nothing is sealed: their data alone are the event."""

    def drafts(
        self, stream: StreamId, version: int, events: Sequence[Any], heading: Heading, command: Json
    ) -> tuple[Draft, ...]:
        """The records of one command, the first of them at `version` of its stream."""
        written = self.written(stream, version, events, heading, command)
        return tuple(
            Draft(stream, one.version, one.type, one.head, one.tail, self.units_of(stream, event, heading))
            for one, event in zip(written, events, strict=True)
        )

    def written(
        self, stream: StreamId, version: int, events: Sequence[Any], heading: Heading, command: Json
    ) -> Iterator[Written]:
        """The same as bytes alone."""
        head, tail = _head(heading.actor), _tail(heading, self.ledger, stream)
        tail.command = command
        for number, event in enumerate(events, start=1):
            name = self.written_as[type(event)]
            self._body(name, event, tail)
            tail.of, tail.type, tail.ver = (number, len(events)), name, version + number - 1
            yield Written(tail.ver, name, head, b"," + _encode(tail)[1:])
            tail.command = None

    def _body(self, name: str, event: Any, tail: "_Tail") -> None:
        form = self._forms[name]
        tail.data = data = form.write(event)
        tail.sealed = None
        if form.sealed:
            hidden = {f"/{path}": data.pop(path) for path in form.sealed if path in data}
            tail.sealed = hidden or None

    def units_of(self, stream: StreamId, event: Any, heading: Heading) -> tuple[UUID, ...]:
        """The units a record speaks of: who acted, whom it names, and a unit's own stream."""
        form = self._forms[self.written_as[type(event)]]
        spoken: list[UUID | None] = [*form.units(event), heading.actor.unit]
        if form.of_units:
            spoken.append(stream)
        return tuple(dict.fromkeys(unit for unit in spoken if unit is not None))

    def command(self, name: str, command: Any) -> Json:
        """The canonical command: its name, and under `fields` the request's own; sealed ones as their hash."""
        kind = type(command)
        write = self._commands.get(kind) or self._commands.setdefault(kind, record_writer(kind))
        return cast(Json, {"name": name, "fields": write(command)})  # fields may be called `name`, too

    def event(self, stored: StoredRecord) -> Any:
        """Only the event, for folding: the fast way."""
        form = self._forms[stored.type]
        if form.sealed:
            return self.decode(stored).event
        return form.lean(stored.state).data

    def events(self, stored: Iterable[StoredRecord]) -> list[Any]:
        """As `event`; whoever replays a ledger does little else."""
        forms = self._forms
        return [
            self.event(record) if (form := forms[record.type]).sealed else form.lean(record.state).data
            for record in stored
        ]

    def decode(self, stored: StoredRecord) -> Recorded:
        """The record with all that stands around its event. Raises UnknownType."""
        form = self._forms[stored.type]
        state = _unsealed(stored.state) if form.sealed else stored.state
        found = form.full.decode(state)
        return Recorded(
            position=stored.position,
            stream=StreamId(stored.stream),
            version=stored.version,
            type=stored.type,
            at=found.at,
            effective_on=_told(PartialDate, found.effective_on),
            cmd=found.cmd,
            of=found.of,
            actor=_actor(bytes(found.actor)),
            rules=found.rules,
            event=found.data,
            because=found.because,
            basis=found.basis,
            lang=found.lang,
            cause=_told(EventName, found.cause) if found.cause else None,
            corrects=_told(EventName, found.corrects) if found.corrects else None,
            policies=found.policies,
            documents=found.blob,
        )


def _unsealed(state: bytes) -> bytes:
    """The record with its hashes back among the data, where the event's class expects them."""
    whole = msgspec.json.decode(state)
    whole["data"] |= {path[1:]: digest for path, digest in whole.get("sealed", {}).items()}
    return msgspec.json.encode(whole)


def sealed_fields(record: StoredRecord) -> tuple[SealedField, ...]:
    """Where a record holds the hashes of what is not public."""
    if SEALED_MEMBER not in record.state:
        return ()
    found = msgspec.json.decode(record.state, type=_Sealed).sealed
    return tuple(SealedField(EventName.at(record.stream, record.version), path) for path in sorted(found))


@lru_cache(4096)
def _head(actor: Actor) -> bytes:
    """How records begin that somebody gave: few give many."""
    said = {name: getattr(actor, name) for name in ("unit", "role", "sphere", "accreditation", "system")}
    plainly = {name: str(value) for name, value in said.items() if value is not None}
    return b'{"actor":' + msgspec.json.encode(plainly, order="sorted") + b","


class _Tail(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What stands in a record behind its moment, in the order of the names."""

    basis: str | None = None
    because: str | None = None
    blob: list[Any] | None = None
    cause: str | None = None
    cmd: UUID
    command: Any = None
    corrects: str | None = None
    data: dict[str, Any] | None = None
    effective_on: str
    id: UUID
    lang: str | None = None
    ledger: str
    of: tuple[int, int] | None = None
    policies: Sequence[str] | None = None
    reads: Sequence[tuple[UUID, int]] | None = None
    rules: str
    sealed: dict[str, Any] | None = None
    type: str | None = None
    v: int
    ver: int | None = None
    vis: str


_encode = msgspec.json.Encoder(order="deterministic").encode


def _tail(heading: Heading, ledger: str, stream: StreamId) -> _Tail:
    """What all records of one command have in common. Absent rather than empty."""
    return _Tail(
        basis=heading.basis or None,
        because=heading.because or None,
        blob=[_attached(one) for one in heading.documents] or None,
        cause=str(heading.cause) if heading.cause else None,
        cmd=heading.cmd,
        corrects=str(heading.corrects) if heading.corrects else None,
        effective_on=str(heading.effective_on),
        id=stream,
        lang=heading.lang or None,
        ledger=ledger,
        policies=heading.policies or None,
        reads=heading.reads or None,
        rules=heading.rules,
        v=1,
        vis="public",
    )


_attached = record_writer(Attached)
