"""What the first record of a command says: what was asked, by whom, and what came of it first."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, get_type_hints
from uuid import UUID

import msgspec
from msgspec.structs import asdict

from domain.kernel import Actor, Attached, Context, EventName, Given, PartialDate, Recorded
from domain.ledger.history import Members
from domain.replacing import replace
from services.audit.leaves import Leaf
from services.codec import ActorWire, Codec, acting, construct
from services.orders import Note, Order
from services.store.ports import StoredRecord
from services.writing import plain

Form = type[msgspec.Struct]


class _Command(msgspec.Struct):
    """The command as the first of its records holds it."""

    name: str
    fields: dict[str, Any]


class Reading:
    """Reads commands from records whose members are known already, by the same types as the codec."""

    def __init__(self, codec: Codec, contexts: Mapping[str, Context]) -> None:
        self._codec, self._contexts = codec, contexts
        self._kinds = codec.open

    def recorded(self, record: StoredRecord, leaf: Leaf | Members) -> Recorded:
        """As `Codec.decode`, and raises the same; but without the event, which is read where it is not known."""
        if type(leaf) is not Leaf:
            return self._codec.decode(record)
        try:
            return Recorded(
                record.position,
                record.stream,  # type: ignore[arg-type]
                record.version,
                record.type,
                msgspec.convert(leaf.at, datetime),
                _day(leaf.effective_on),
                msgspec.convert(leaf.cmd, UUID),
                leaf.of,
                _actor(tuple(leaf.actor.items())),
                leaf.rules,
                None,
                leaf.because or "",
                leaf.basis or "",
                leaf.lang or "",
                _name(leaf.cause) if leaf.cause else None,
                _name(leaf.corrects) if leaf.corrects else None,
                tuple(leaf.policies) if leaf.policies else (),
                msgspec.convert(leaf.blob, tuple[Attached, ...]) if leaf.blob else (),
            ).keyed(leaf.id)
        except (msgspec.MsgspecError, ValueError):
            return self._codec.decode(record)  # it says what is wrong

    def event(self, record: StoredRecord, leaf: Leaf | Members) -> Any:
        """The same as `Codec.event`, from data that were read once already."""
        kind = self._kinds.get(record.type)
        if kind is None or type(leaf) is not Leaf:
            return self._codec.event(record)
        try:
            return msgspec.convert(leaf.data, kind, dec_hook=construct)
        except (msgspec.MsgspecError, ValueError):
            return self._codec.event(record)  # it says what is wrong

    def order(self, first: Recorded, leaf: Leaf | Members) -> tuple[str, Order]:
        """The command's name, and the command as it was asked for, but for the day from which it was to count."""
        said = msgspec.convert(leaf.command, _Command)
        context, _, name = said.name.partition(".")
        form = _request(self._contexts[context].commands[name].command)
        asked = asdict(msgspec.convert(said.fields, form, dec_hook=construct))
        who = first.actor if first.actor.sphere is None else _without_sphere(first.actor)
        note = Note(None, first.because, first.basis, first.lang, first.cause, first.corrects, first.documents)
        order = Order(context, name, asked, first.cmd, who, "auditor", first.stream, note)
        return name, order


_day = lru_cache(4096)(PartialDate)
_name = lru_cache(4096)(EventName)


@lru_cache(4096)
def _actor(members: tuple[tuple[str, str], ...]) -> Actor:
    """Few give many commands."""
    return acting(msgspec.convert(dict(members), ActorWire))


@lru_cache(4096)
def _without_sphere(actor: Actor) -> Actor:
    """As it was asked: in which sphere its unit stands is looked up."""
    return replace(actor, sphere=None)


@cache
def _request(kind: type) -> Form:
    """A command's own fields, without those that are given."""
    hints = get_type_hints(kind, include_extras=True)
    own = list[Any]()
    for one in fields(kind):
        if any(isinstance(note, Given) for note in plain(hints[one.name])[1]):
            continue
        hint: Any = hints[one.name]
        if one.default is not MISSING:
            own.append((one.name, hint, msgspec.field(default=one.default)))
        else:
            own.append((one.name, hint))
    return msgspec.defstruct(f"Asked{kind.__name__}", own, kw_only=True, forbid_unknown_fields=True)
