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
from api.errors import PROBLEMS
from api.shapes import TAG, LeafField, ListField, WordsField, told_apart
from domain.kernel import EventName, Money, PartialDate, Says, Sealed, Words
from projections.kernel import View
from services.views.ports import COUNTED
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
    said = {one.name: {**out_schema(one.type, into), "description": one.says} for one in view.computed}
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


AS_OF = closed(
    {"position": POSITION, "at": {"type": ["string", "null"], "format": "date-time"}, "view": {"type": "string"}}
)
FRESHNESS = closed(
    {
        "position": POSITION,
        "head": POSITION,
        "lag_seconds": {"type": "number", "minimum": 0},
        "view": {"type": "string"},
    },
    description="How far the view has come. Left out where `as_of` pins the answer.",
)
REPRODUCED = closed(
    {
        "reproduce": {
            "type": "string",
            "description": "The command that makes the view anew from a copy of the ledger.",
        },
        "attestation": closed(
            {
                "record": {"type": "string", "pattern": f"^{EventName.FORM}$"},
                "view": {"type": "string"},
                "version": {"type": "integer", "minimum": 1},
                "position": COUNT,
                "rows": COUNT,
                "digest": HASH,
                "recorded": COUNT,
                "recorded_on": {"type": "string", "format": "date"},
            },
            description="What the register put on record of this view, nearest to the position of the answer.",
        ),
    },
    "attestation",
    description="How the answer is reproduced, where `proof=1` asks for it.",
)
RECORD: Schema = {
    "type": "object",
    "description": "A record as it was written and hashed: canonical JSON (RFC 8785).",
    "properties": {"id": ID, "ver": {"type": "integer", "minimum": 1}, "type": {"type": "string"}, "at": MOMENT},
    "required": ["id", "ver", "type", "at"],
}
_PATHS: Schema = {"type": "object", "propertyNames": {"type": "string", "description": "A path in the record."}}
SEALS: Mapping[str, Schema] = {
    "erased": _PATHS
    | {
        "description": "Sealed values that are gone for ever: when, and under which law. The hashes still verify.",
        "additionalProperties": closed(
            {
                "on": {"type": "string", "format": "date"},
                "at": MOMENT,
                "under": {"type": "string"},
                "by": {"type": "string", "description": "The record of the erasure."},
            }
        ),
    },
    "opened": _PATHS
    | {
        "description": "Sealed values that the officer who asks may see, with the salt that leads to the hash.",
        "additionalProperties": closed({"value": {"type": "string"}, "salt": HASH}),
    },
    "missing": _PATHS
    | {
        "description": "Sealed values that were never erased and yet cannot be shown, and why.",
        "additionalProperties": {
            "type": "string", "enum": ["opening-missing", "key-missing", "opening-altered", "opening-differs"],
        },
    },
}  # fmt: skip
POSITIONED = closed({"position": COUNT, "record": ref("Record"), **SEALS}, *SEALS)
PROVED = closed(
    {
        **SEALS,
        "position": COUNT,
        "leaf": HASH,
        "record": ref("Record"),
        "proof": closed({"size": {"type": "integer", "minimum": 1}, "hashes": {"type": "array", "items": HASH}}),
        "checkpoint": {"type": "string", "description": "A C2SP signed note."},
    },
    *SEALS,
)
NOTE: Schema = {"type": "string", "description": "A C2SP signed note."}
HASHES: Schema = {"type": "array", "items": HASH}
SIZE: Schema = {"type": "integer", "minimum": 1, "description": "How many records a tree has."}
INCLUSION = closed(
    {"position": COUNT, "size": SIZE, "leaf": HASH, "hashes": HASHES, "root": HASH, "checkpoint": NOTE},
    "checkpoint",
    description="The hashes lead from leaf to root (RFC 9162, 2.1.3). `checkpoint`: where that size was signed.",
)
CONSISTENCY = closed(
    {"from": SIZE, "to": SIZE, "hashes": HASHES, "from_root": HASH, "to_root": HASH, "checkpoint": NOTE},
    "checkpoint",
    description="See RFC 9162, 2.1.4. `checkpoint`: that of the newer tree, where its size was signed.",
)
CHECKPOINTS = closed(
    {
        "items": {"type": "array", "items": NOTE},
        "next": {"type": ["integer", "null"], "description": "`after` of the next page; null on the last."},
    }
)
LEDGER = closed(
    {
        "origin": {"type": "string"},
        "key": {"type": "string", "description": "The verification key (C2SP signed-note)."},
        "size": SIZE,
        "root": HASH,
        "at": MOMENT,
        "checkpoint": NOTE,
        "policies": {"type": "array", "items": {"type": "string"}, "description": "Every version on record."},
        "formats": {"type": "array", "items": {"type": "string"}},
        "verify": {
            "type": "array", "items": closed({"says": {"type": "string"}, "command": {"type": "string"}}),
        },
    }
)  # fmt: skip
RECEIPT = closed(
    {
        "command": ID,
        "at": MOMENT,
        "positions": {"type": "array", "items": COUNT},
        "leaves": {"type": "array", "items": HASH},
        "size": COUNT,
        "proofs": {"type": "array", "items": {"type": "array", "items": HASH}},
        "checkpoint": {"type": "string", "description": "A C2SP signed note."},
    },
    description="Proof that the records lie in the ledger: leaf hashes, inclusion proofs and the signed checkpoint.",
)
ANSWER = closed(
    {
        "stream": ID,
        "version": COUNT,
        "position": POSITION,
        "events": {"type": "array", "items": {"type": "string"}, "description": "The types recorded, in order."},
        "records": {
            "type": "array",
            "items": {"type": "string"},
            "description": "The same records by name, <stream>/<version>: `corrects` takes it.",
        },
        "receipt": ref("Receipt"),
    },
    description="What became of a command. `position` is the last one written; reads take it as `wait_for`.",
)
PROBLEM: Schema = {
    "type": "object",
    "description": "A problem (RFC 9457).",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "enum": sorted({status for status, _ in PROBLEMS.values()} | {422})},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable, for machines; that of the rule where a rule says no."},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "Everything that is wrong with the request, at once.",
            "items": closed(
                {
                    "in": {"type": "string", "enum": ["path", "query", "header", "body"]},
                    "pointer": {"type": "string", "description": "A JSON pointer (RFC 6901)."},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                }
            ),
        },
        "reason": {"type": "string", "description": "Why the rule says no."},
        "policy": {
            "type": "object",
            "description": "What said no: a policy's parameter, and whether a law or our default is behind it;"
            " or the version of a context's rules, and the rule.",
        },
        "facts": {"type": "object"},
        "names": {
            "type": "object",
            "description": "What the units among the facts are called.",
            "additionalProperties": {"type": "string"},
        },
        "who_could": {"type": "array", "items": {"type": "string"}},
        "commands": {"type": "array", "items": {"type": "string"}, "description": "Where commands are given."},
        "what_changed": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["type", "title", "status", "detail", "code", "request_id"],
}
ME = closed(
    {
        "unit": ID | {"description": "The unit that the token speaks for."},
        "unit_name": {"type": "string"},
        "sphere": {"type": "string"},
        "role": {"type": "string"},
        "accreditation": {"type": "string", "description": "The record that the role rests on: <stream>/<version>."},
        "in_force": {"type": "boolean", "description": "Whether it counts today, where the unit is."},
        "today": {"type": "string", "format": "date"},
        "expires_at": MOMENT | {"description": "When the token ends."},
        "commands": {"type": "array", "items": {"type": "string"}, "description": "What the role may give."},
    },
    description="Whom a token speaks for.",
)

COUNTED_ROWS = closed(
    {"rows": COUNT, "exact": {"type": "boolean", "description": f"False where there are more than {COUNTED:,}."}},
    description="How many rows all pages have, where `count` asks for it.",
)
_RESOURCE: Schema = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "path": {"type": "string", "description": "Relative to the package's own address."},
        "schema": {"type": "object", "description": "The columns (Table Schema)."},
        "rows": COUNT,
        "bytes": COUNT,
        "hash": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
    },
    "required": ["name", "path", "format", "mediatype", "encoding"],
}
PACKAGE: Schema = {
    "type": "object",
    "description": "A data package (datapackage.org, version 2).",
    "properties": {
        "$schema": {"type": "string"},
        "name": {"type": "string"},
        "licenses": {"type": "array", "minItems": 1, "items": {"type": "object"}},
        "resources": {"type": "array", "minItems": 1, "items": _RESOURCE},
    },
    "required": ["$schema", "name", "title", "resources"],
}
_MOMENT = closed({"position": {"type": "integer", "minimum": -1}, "at": {"type": ["string", "null"]}})
_ROW: Schema = {"type": "object", "description": "The row as `GET /v1/VIEW/KEY?as_of=...` answers it."}
DIFFERENCES = closed(
    {
        "items": {
            "type": "array",
            "items": closed(
                {
                    "key": {"type": "string"},
                    "columns": {
                        "type": "array", "items": {"type": "string"},
                        "description": "Which columns differ; none where the row came or went as a whole.",
                    },
                    "before": _ROW | {"description": "What it was; absent where it was not there."},
                    "after": _ROW | {"description": "What it is; absent where it is there no more."},
                },
                "before",
                "after",
            ),
        },
        "next": {"type": ["string", "null"], "description": "`after` of the next page; null on the last."},
        "view": {"type": "string", "description": "The view and its version."},
        "from": _MOMENT,
        "to": _MOMENT,
    },
    description="Rows of a view that two moments tell otherwise, by key.",
)  # fmt: skip

SHARED: Mapping[str, Schema] = {
    "Differences": DIFFERENCES,
    "AsOf": AS_OF, "Freshness": FRESHNESS, "Reproduced": REPRODUCED,
    "Record": RECORD, "Positioned": POSITIONED, "Proved": PROVED,
    "Receipt": RECEIPT, "Answer": ANSWER, "Problem": PROBLEM,
    "Counted": COUNTED_ROWS, "Package": PACKAGE,
    "Inclusion": INCLUSION, "Consistency": CONSISTENCY, "Checkpoints": CHECKPOINTS, "Ledger": LEDGER, "Me": ME,
}  # fmt: skip


def listed(item: Schema, **more: Schema) -> Schema:
    """A page of a list. `more`: members that it may have besides."""
    return closed(
        {
            "items": {"type": "array", "items": item},
            "next": {"type": ["string", "null"], "description": "Where to go on; null on the last page."},
            "as_of": ref("AsOf"),
            "freshness": ref("Freshness"),
            "proof": ref("Reproduced"),
            **more,
        },
        "freshness",
        "proof",
        *more,
    )


def single(item: Schema) -> Schema:
    said = {"as_of": ref("AsOf"), "freshness": ref("Freshness"), "proof": ref("Reproduced")}
    return closed({"item": item, **said}, "freshness", "proof")
