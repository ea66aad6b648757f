"""From a type to a schema: reads a dataclass's hints and makes what checks, decodes and documents a request.

Three things come from one reading, so that they cannot drift: a marshmallow schema, which explains everything that is
wrong; a msgspec decoder, which is quick and accepts nothing that the schema refuses; and, through apispec, the
document. A type that nobody knows is a TypeError at start, never at a request.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, NewType, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import marshmallow
import msgspec
from msgspec import UNSET, Meta, UnsetType

from api import values
from api.faults import Invalid, Located, flattened
from api.known import KNOWN
from api.schemas import TAG, LeafField, ListField, ObjectField, ObjectSchema, WordsField
from api.values import Currency, Leaf
from domain.kernel import (
    AllocationId,
    CommitmentId,
    EventName,
    Given,
    Known,
    MandateId,
    Many,
    Money,
    PartialDate,
    ReviewId,
    Says,
    Seal,
    Sealed,
    Text,
    UnitId,
    Whole,
    Words,
)
from services.writing import plain


@dataclass(frozen=True, slots=True)
class Shape:
    """How values of one type come in: `wire` and `build` the quick way, `field` the explaining one."""

    wire: Any
    build: Callable[[Any], Any]
    field: Callable[..., marshmallow.fields.Field[Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """One field of an object. `default` MISSING: it must be there; `optional`: null means that it is absent."""

    name: str
    shape: Shape
    default: Any
    optional: bool
    says: str
    example: Any
    called: str = ""

    @property
    def required(self) -> bool:
        return self.default is MISSING and not self.optional


@dataclass(frozen=True, slots=True)
class Request:
    """The body of one request: every part typed, absent ones with their defaults."""

    name: str
    parts: tuple[Part, ...]
    schema: type[ObjectSchema]
    wire: Any
    build: Callable[[Any], dict[str, Any]]

    @property
    def needs_body(self) -> bool:
        return any(part.required for part in self.parts)

    def read(self, body: Any) -> dict[str, Any]:
        """The typed fields of a parsed JSON value. Raises Invalid with every fault."""
        try:
            return self.build(msgspec.convert(body, self.wire))
        except (msgspec.ValidationError, ValueError, UnicodeError):
            return self.explain(body)

    def explain(self, body: Any) -> dict[str, Any]:
        """The same, slowly: for a body that is fine too, in which case the quick way was too strict."""
        try:
            loaded: dict[str, Any] = self.schema().load(body)
        except marshmallow.ValidationError as error:
            raise Invalid([Located("body", at, fault) for at, fault in flattened(error.messages)]) from None
        return loaded


# --- from hints to shapes ---


def shape_of(hint: Any) -> Shape:
    """The shape of a field's type. Raises TypeError for one that requests do not hold."""
    kind, notes, _ = plain(hint)
    if get_origin(kind) is tuple:
        return _list(kind, _note(notes, Many) or Many())
    if isinstance(kind, type) and issubclass(kind, Words):
        return _words(_note(notes, Text) or Text())
    if isinstance(kind, type) and is_dataclass(kind):
        return _object(kind)
    leaf = leaf_of(kind, notes)
    return _leaf(replace(leaf, of=_of(hint)))


_THINGS: Mapping[Any, str] = {
    AllocationId: "allocation", CommitmentId: "commitment", MandateId: "mandate", ReviewId: "review", UnitId: "unit",
}  # fmt: skip


def _of(hint: Any) -> str:
    """What a hint is the id of; its plain type is that of any id, or of something else."""
    if get_origin(hint) in (Annotated, Union, UnionType):
        return next(filter(None, map(_of, get_args(hint))), "")
    return _THINGS.get(hint, "") if isinstance(hint, NewType) else ""


def leaf_of(kind: Any, notes: Sequence[Any]) -> Leaf:
    """The declaration behind a plain type and its notes. Raises TypeError."""
    note = _note(notes, Text) or Text()
    seal, bounds = _note(notes, Seal), _note(notes, Whole) or Whole()
    if kind is str:
        known = _note(notes, Known)
        make = KNOWN[known.of] if known else values.same
        return values.text(note.at_most, note.at_least, note.form, make, like=_like(note, _note(notes, Says)))
    if kind is bool:
        return values.yes_no()
    if kind is int:
        return values.whole(bounds.at_least, bounds.at_most)
    if kind is Sealed and seal is not None:
        return replace(values.text(seal.at_most), sealed=True)
    if kind is Decimal:
        return values.decimal(note.form, note.at_most)
    if kind is date:
        return values.day()
    made = _NAMED.get(kind)
    if made is not None:
        return made()
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return values.enumerated(kind)
    raise TypeError(f"Requests do not hold {kind}.")


def _like(note: Text, said: Says | None) -> str:
    """What a form asks for, in words and by an example."""
    if not note.form or said is None:
        return ""
    if said.example is None:
        return f"It is written otherwise. {said.text}".rstrip()
    return f"It is written like {said.example}. {said.text}".rstrip()


_NAMED: Mapping[Any, Callable[[], Leaf]] = {
    UUID: values.uuid,
    PartialDate: values.partial_date,
    EventName: values.event_name,
    Currency: values.currency,
}
_MONEY = {
    "amount": Annotated[Decimal, Text(at_most=26, form=Money.AMOUNT), Says("A decimal number, as a text.", "1200.50")],
    "currency": Annotated[Currency, Says("ISO 4217 code.", "EUR")],
    "price_basis": Annotated[
        str, Text(at_most=7, form=Money.PRICE_BASIS), Says("`current`, or the year of constant prices.", "current")
    ],
}
"""The class itself cannot say it: its fields are checked when it is made."""


def _note(notes: Sequence[Any], kind: type[Any]) -> Any:
    return next((note for note in notes if isinstance(note, kind)), None)


def _leaf(leaf: Leaf) -> Shape:
    return Shape(leaf.wire, leaf.make, lambda **options: LeafField(leaf, **options))


def _words(note: Text) -> Shape:
    leaf = values.text(note.at_most, max(note.at_least, 1), note.form)
    wire = Annotated[dict[TAG.wire, leaf.wire], Meta(min_length=1, max_length=values.LANGUAGES)]  # type: ignore[name-defined]
    return Shape(wire, Words, lambda **options: WordsField(leaf, **options))


def _list(kind: Any, many: Many) -> Shape:
    item, *rest = get_args(kind)
    if rest != [...]:
        raise TypeError(f"{kind} is not a tuple of one type.")
    return listed(shape_of(item), many)


def listed(inner: Shape, many: Many) -> Shape:
    """How a list of such values comes in."""
    wire = Annotated[list[inner.wire], Meta(min_length=many.at_least, max_length=many.at_most)]  # type: ignore[name-defined]
    build = inner.build
    return Shape(
        wire,
        lambda found: tuple([build(one) for one in found]),
        lambda **options: ListField(inner.field(), many, **options),
    )


_OBJECTS: dict[type, Shape] = {}
_NAMES: dict[str, type] = {}


def told_apart(kind: type, names: dict[str, type]) -> str:
    """What documents call a class: its own name, with its subject's before it if another has that name already."""
    if names.setdefault(kind.__name__, kind) is kind:
        return kind.__name__
    _, subject, *within = kind.__module__.split(".")
    # domain.mandates.words, domain.subsidiarity.reviews.words, projections.mandate_row
    subject = within[-2] if len(within) > 1 else subject.partition("_")[0]
    name = f"{subject.capitalize()}{kind.__name__}"
    if names.setdefault(name, kind) is not kind:
        raise TypeError(f"Two classes would be called {name}.")
    return name


def _object(kind: type) -> Shape:
    if kind not in _OBJECTS:
        parts = parts_of(kind)
        schema, wire, build = _made(told_apart(kind, _NAMES), parts, kind)
        _OBJECTS[kind] = Shape(
            wire, lambda found: kind(**build(found)), lambda **options: ObjectField(schema, **options)
        )
    return _OBJECTS[kind]


def parts_of(kind: type) -> tuple[Part, ...]:
    """The fields of a dataclass that are the request's own. Raises TypeError."""
    hints = dict(_MONEY) if kind is Money else get_type_hints(kind, include_extras=True)
    found = []
    for one in fields(kind):
        bare, notes, optional = plain(hints[one.name])
        if _note(notes, Given) is not None:
            continue
        if bare is datetime:
            raise TypeError(f"{kind.__name__}.{one.name}: requests do not hold moments.")
        default = None if one.default is MISSING and optional else one.default
        said = _note(notes, Says) or Says("")
        found.append(Part(one.name, shape_of(hints[one.name]), default, optional, said.text, said.example, said.called))
    return tuple(found)


def request_of(name: str, parts: Sequence[Part]) -> Request:
    """A request's body from its parts; their names are told apart."""
    names = [part.name for part in parts]
    if repeated := {one for one in names if names.count(one) > 1}:
        raise TypeError(f"{name} says {', '.join(sorted(repeated))} twice.")
    schema, wire, build = _made(name, parts, None)
    return Request(name, tuple(parts), schema, wire, build)


def _made(
    name: str, parts: Sequence[Part], kind: type | None
) -> tuple[type[ObjectSchema], Any, Callable[[Any], dict[str, Any]]]:
    made = {part.name: _field(part) for part in parts}
    schema = type(f"{name}Schema", (ObjectSchema,), {"kind": kind, **made})
    return schema, _wire(name, parts), _builder(parts)


def _field(part: Part) -> marshmallow.fields.Field[Any]:
    said = {name: text for name, text in (("title", part.called), ("description", part.says)) if text}
    if part.example is not None:
        said["example"] = part.example
    default = marshmallow.missing if part.required else part.default
    return part.shape.field(required=part.required, load_default=default, allow_none=part.optional, metadata=said)


def _wire(name: str, parts: Sequence[Part]) -> Any:
    wires: list[Any] = []
    for part in sorted(parts, key=lambda part: not part.required):
        if part.required:
            wires.append((part.name, part.shape.wire))
        elif part.optional:
            wires.append((part.name, part.shape.wire | None, None))
        else:
            wires.append((part.name, part.shape.wire | UnsetType, UNSET))
    return msgspec.defstruct(name, wires, forbid_unknown_fields=True)


def _builder(parts: Sequence[Part]) -> Callable[[Any], dict[str, Any]]:
    # One function with a line for each field, as `services.writing` makes them.
    known: dict[str, Any] = {"UNSET": UNSET}
    lines = list[str]()
    for number, part in enumerate(parts):
        known |= {f"of_{number}": part.shape.build, f"default_{number}": part.default}
        made = "value" if part.shape.build is values.same else f"of_{number}(value)"
        absent = f"default_{number} if (value := found.{part.name}) is None or value is UNSET else "
        lines.append(f"{part.name!r}: {absent}{made},")
    exec("\n".join(["def build(found):", "    return {", *lines, "    }"]), known)
    return known["build"]  # type: ignore[no-any-return]
