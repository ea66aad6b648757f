"""JSON Schemas of what goes in and out, made from the same declarations that check and write it."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

import marshmallow
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from api import values
from api.schemas import TAG, LeafField, ListField, WordsField
from api.shapes import told_apart
from domain.kernel import EventName, Money, PartialDate, Says, Sealed, Words
from projections.kernel import Beside, Computed, View
from services.writing import plain

Schema = dict[str, Any]
MOMENT: Schema = {"type": "string", "format": "date-time"}
COUNT: Schema = {"type": "integer", "minimum": 0}
POSITION: Schema = {"type": "integer", "minimum": -1, "description": "A place in the ledger; -1: before the first."}
HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
ID: Schema = {"type": "string", "format": "uuid"}


class Fields(MarshmallowPlugin):
    """apispec's plugin, which asks our fields for the very declarations they check by."""

    def init_spec(self, spec: APISpec) -> None:
        super().init_spec(spec)
        assert self.converter is not None
        self.converter.add_attribute_function(_documented)  # type: ignore[no-untyped-call]


def fields_plugin() -> Fields:
    return Fields(schema_name_resolver=_name)


def _name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Schema")


def _documented(self: Any, field: marshmallow.fields.Field[Any], ret: Schema) -> Schema:
    """What a field of ours says of itself, in place of what apispec guesses."""
    found: Schema = {}
    if isinstance(field, LeafField):
        found = dict(field.leaf.document)
    elif isinstance(field, WordsField):
        found = words(field.leaf.document)
    elif isinstance(field, ListField):
        found = {"type": "array", "minItems": field.many.at_least, "maxItems": field.many.at_most}
    if field.allow_none and found:
        found["type"] = [found["type"], "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    for name in ("description", "example"):  # the field's own come first
        if name in ret:
            found.pop(name, None)
    if ret.get("default", ...) is None:
        ret.pop("default")
    return found


def words(text: Mapping[str, Any]) -> Schema:
    """A text in one or more languages."""
    return {
        "type": "object",
        "description": "Language tag (BCP 47) to text.",
        "minProperties": 1,
        "maxProperties": values.LANGUAGES,
        "propertyNames": {"pattern": TAG.document["pattern"]},
        "additionalProperties": dict(text),
        "example": {"en": "A text", "fr": "Un texte"},
    }


# --- rows: what goes out ---

_SHOWN: dict[str, type] = {}


def row_schema(view: View, into: dict[str, Schema]) -> Schema:
    """The JSON of one row, from its dataclass; value objects go into `into`. What is empty is absent."""
    found = object_schema(view.row, into)
    told: tuple[Computed | Beside, ...] = (*view.computed, *view.beside)
    said = {one.name: {**out_schema(one.type, into), "description": one.says} for one in told}
    key = {"key": {"type": "string", "description": view.key_says}}
    return {
        **found,
        "description": view.says,
        "properties": {**key, **found["properties"], **said},
        "required": ["key", *found["required"]],
    }


def object_schema(kind: type, into: dict[str, Schema]) -> Schema:
    hints = get_type_hints(kind, include_extras=True)
    properties, required = {}, []
    for one in fields(kind):
        _, notes, optional = plain(hints[one.name])
        said = next((note.text for note in notes if isinstance(note, Says)), "")
        schema = out_schema(hints[one.name], into)
        properties[one.name] = schema | ({"description": said} if said else {})
        if not optional:
            required.append(one.name)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def out_schema(hint: Any, into: dict[str, Schema]) -> Schema:
    """The schema of a value as views write it. Raises TypeError for a type that they do not hold."""
    kind, _, _ = plain(hint)
    if get_origin(kind) is tuple:
        return {"type": "array", "items": out_schema(get_args(kind)[0], into)}
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"type": "string", "enum": [member.value for member in kind]}
    if isinstance(kind, type) and is_dataclass(kind):
        # A part of a row and a value of the domain may be called alike: `TargetRow` holds a `Target`.
        name = told_apart(kind, _SHOWN)
        name = name if name.endswith("Row") else f"{name}Shown"
        if name not in into:
            into[name] = {}  # its place is taken before its own fields are looked at
            into[name] = object_schema(kind, into)
        elif into[name] and into[name] != object_schema(kind, {**into, name: {}}):
            raise TypeError(f"Two kinds of {name} cannot be told apart in one document.")
        return {"$ref": f"#/components/schemas/{name}"}
    for known, schema in _OUT:
        if isinstance(kind, type) and issubclass(kind, known):
            return dict(schema)
    raise TypeError(f"Rows do not hold {hint}.")


_OUT: Sequence[tuple[type, Schema]] = (
    (bool, {"type": "boolean"}),
    (int, {"type": "integer"}),
    (PartialDate, {"type": "string", "pattern": f"^(?:{PartialDate.FORM})$"}),
    (EventName, {"type": "string", "pattern": f"^{EventName.FORM}$"}),
    (Sealed, HASH),
    (str, {"type": "string"}),
    (UUID, ID),
    (Decimal, {"type": "string", "pattern": f"^(?:{Money.AMOUNT})$"}),
    (date, {"type": "string", "format": "date"}),
    (Words, {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}}),
)


def closed(properties: Mapping[str, Schema], *optional: str, **more: Any) -> Schema:
    """An object with these members and no others."""
    required = [name for name in properties if name not in optional]
    return {
        "type": "object", "properties": dict(properties), "required": required, "additionalProperties": False, **more,
    }  # fmt: skip


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
