"""JSON Schemas of what several operations answer: records and their proofs, receipts, problems, lists, packages."""

from collections.abc import Mapping

from api.documents import COUNT, HASH, ID, MOMENT, POSITION, Schema, closed, ref
from api.errors import PROBLEMS
from api.trying import TRIED
from domain.kernel import EventName
from services.views.ports import COUNTED

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
        "sheet": {"type": "object", "description": "What a file came to of which nothing was recorded (SheetTold)."},
        "offered": {"type": "array", "items": {"type": "string"}, "description": "The forms that are taken or had."},
        "who_could": {"type": "array", "items": {"type": "string"}},
        "commands": {"type": "array", "items": {"type": "string"}, "description": "Where commands are given."},
        "what_changed": {
            "type": "array",
            "items": {"type": "string"},
            "description": "The types of what was recorded since you saw it.",
        },
        "changes": {
            "type": "array",
            "description": "Which columns of its row in the view of the same name are others since you saw it.",
            "items": closed({"column": {"type": "string"}, "before": {}, "after": {}}),
        },
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
    "required": ["name", "path", "format", "mediatype"],
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
_ROW: Schema = {
    "type": "object",
    "description": "The row as `GET /v1/VIEW/KEY?as_of=...` answers it, but for what depends on the day.",
}
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
    "Receipt": RECEIPT, "Answer": ANSWER, "Tried": TRIED, "Problem": PROBLEM,
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
