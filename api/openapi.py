"""The OpenAPI 3.1 document, generated from contexts and views; what it says is what is served."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from apispec import APISpec

from api import documents, openapi_ledger, openapi_sheets
from api.answers import SHARED, listed, single
from api.asking import FILES, LIMIT, Filtering, Question
from api.causes import CAUSES
from api.chains import CHAINS
from api.changes import Changes
from api.commands import IF_MATCH, KEY, STREAM, Verb, says_of, who_may
from api.documents import Schema, ref, row_schema
from api.errors import HOW_TO_SIGN_IN
from api.formats import MEDIA
from api.ledger import Histories
from api.operations import CONDITION, SPOKEN, answer, parameter, problems, query
from api.proofs import Proofs
from api.singles import Single
from api.territories import TERRITORIES
from api.trying import TRY
from domain.kernel import Context
from services.views.ports import Kind, Op

VERSION = "1"
SINGLES = (TERRITORIES, CHAINS, CAUSES)


def document(
    verbs: Sequence[Verb],
    questions: Sequence[Question],
    histories: Histories,
    proofs: Proofs,
    changes: Changes,
    contexts: Mapping[str, Context],
    server: str = "",
) -> dict[str, Any]:
    """The whole document. The same declarations give the same document. `server`: where the public reaches it."""
    spec = _begun([one for one in contexts.values() if any(_of(one, verbs))], server or "/")
    for verb in verbs:
        _command(spec, verb)
    shown: dict[str, Schema] = {}
    for question in questions:
        _view(spec, question, shown)
    for one in SINGLES:
        _single(spec, one, shown)
    for name, schema in shown.items():
        spec.components.schema(name, schema)
    openapi_sheets.describe(spec)
    openapi_ledger.describe(spec, histories, proofs, changes, contexts)
    whole: dict[str, Any] = spec.to_dict()
    return {**whole, "webhooks": openapi_ledger.webhooks()}


def _begun(contexts: Sequence[Context], server: str) -> APISpec:
    """What the document says of itself, and what everything in it shares."""
    spec = APISpec(
        title="Subsidia",
        version=VERSION,
        openapi_version="3.1.0",
        plugins=[documents.fields_plugin()],
        info={"description": _ABOUT, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        servers=[{"url": server}],
        tags=[
            *({"name": one.name, "description": one.says} for one in contexts),
            {"name": "sheets", "description": "Files with many rows, of which each becomes commands."},
            {"name": "views", "description": "Tables that answer questions, now or as of a past moment."},
            {"name": "ledger", "description": "The records themselves, and the proof that nothing was altered."},
        ],
    )
    spec.components.security_scheme(
        "officer", {"type": "http", "scheme": "bearer", "description": " ".join(HOW_TO_SIGN_IN)}
    )
    for name, schema in SHARED.items():
        spec.components.schema(name, schema)
    return spec


_ABOUT = """The shared register of what governments of every sphere promised, entrusted and decided to one another.

Reads are public. Commands carry an officer's bearer token; each is recorded once, for ever, under a signed checkpoint.
Every answer says as of which position of the ledger it speaks; `as_of` asks for the past."""


def _of(context: Context, verbs: Iterable[Verb]) -> Iterable[Verb]:
    return (verb for verb in verbs if verb.context.name == context.name)


# --- commands ---


def _command(spec: APISpec, verb: Verb) -> None:
    name = verb.request.name
    spec.components.schema(name, schema=verb.request.schema)
    path = [] if verb.by.starts else [parameter(STREAM, "path")]
    says = says_of(verb.by, verb.name)
    answers = {
        str(status): answer(status, {"application/json": ref("Answer")}, "ETag", "Location") for status in (200, 201)
    }
    answers["200"]["description"] = "It was already so: nothing had to be recorded. With `try`: what would be recorded."
    answers["200"]["content"]["application/json"]["schema"] = {"oneOf": [ref("Answer"), ref("Tried")]}
    unknown = () if verb.by.starts else (404,)
    operation = {
        "operationId": verb.operation,
        "tags": [verb.context.name],
        "summary": says,
        "description": f"{says}\n\n{who_may(verb)}",
        "security": [{"officer": []}],
        "parameters": [*path, parameter(TRY, "query"), parameter(KEY, "header"), parameter(IF_MATCH, "header")],
        "requestBody": {
            "required": verb.request.needs_body, "content": {"application/json": {"schema": ref(name)}},
        },
        "responses": answers | problems(400, 401, 403, *unknown, 408, 409, 412, 413, 415, 422, 503),
    }  # fmt: skip
    spec.path(path=verb.address, operations={"post": operation})


# --- views ---


def _view(spec: APISpec, question: Question, shown: dict[str, Schema]) -> None:
    view = question.view
    row = "".join(word.capitalize() for word in view.name.split("-")) + "Row"
    spec.components.schema(row, row_schema(view, shown))
    spec.path(path=f"/v1/{view.name}", operations={"get": _list(question, row)})
    spec.path(path=f"/v1/{view.name}.datapackage.json", operations={"get": _package(question)})
    spec.path(path=f"/v1/{view.name}/{{key}}", operations={"get": _one(question, row)})


def _single(spec: APISpec, asked: Single, shown: dict[str, Schema]) -> None:
    spec.components.schema(asked.row, asked.schema(shown))
    operation = {
        "operationId": f"{asked.name}.one",
        "tags": ["views"],
        "summary": asked.says,
        "description": asked.more,
        "parameters": [parameter(asked.of, "path"), *query(asked.parameters), CONDITION],
        "responses": {
            "200": answer(200, {"application/json": single(ref(asked.row))}, "ETag"),
            "304": answer(304, {}, "ETag"),
        }
        | problems(400, 404, 503),
    }
    spec.path(path=asked.path, operations={"get": operation})


def _list(question: Question, row: str) -> Schema:
    view = question.view
    filters = [_filter(name, one) for name, one in question.filters.items()]
    media: dict[str, Schema] = {one: {"type": "string"} for one in question.media.values()}
    media[MEDIA["json"]] = listed(ref(row), count=ref("Counted"))
    says, spoken = f"{view.says} A page has at most {LIMIT} rows; {', '.join(FILES)} give all of them.", []
    if "ics" in question.media:
        says, spoken = f"{says} {_OF_A_CALENDAR}", [SPOKEN]
    return {
        "operationId": f"{view.name}.list",
        "tags": ["views"],
        "summary": view.says,
        "description": says,
        "parameters": [*query(question.parameters), *filters, *spoken, CONDITION],
        "responses": {
            "200": answer(200, media, "ETag", "Link", "Subsidia-Position", "Subsidia-View"),
            "304": answer(304, {}, "ETag"),
        }
        | problems(400, 406, 503),
    }


def _package(question: Question) -> Schema:
    view = question.view
    return {
        "operationId": f"{view.name}.package",
        "tags": ["views"],
        "summary": f"What a file holds, and when it is whole: {view.says}",
        "description": _OF_A_FILE,
        "parameters": [*query(question.of_file), CONDITION],
        "responses": {
            "200": answer(200, {"application/json": ref("Package")}, "ETag"), "304": answer(304, {}, "ETag"),
        }
        | problems(400, 503),
    }  # fmt: skip


def _one(question: Question, row: str) -> Schema:
    view = question.view
    key = {"name": "key", "in": "path", "required": True, "description": view.key_says, "schema": _KEY}
    return {
        "operationId": f"{view.name}.one",
        "tags": ["views"],
        "summary": f"One row: {view.says}",
        "parameters": [key, *(parameter(one, "query") for one in question.of_one.values()), CONDITION],
        "responses": {
            "200": answer(200, {"application/json": single(ref(row))}, "ETag"),
            "304": answer(304, {}, "ETag"),
            "308": answer(308, {}, "Location"),
        }
        | problems(400, 404, 503),
    }


_OF_A_CALENDAR = "So does ics: a calendar (RFC 5545) for programs that follow its address; ids of its days stay."
_OF_A_FILE = (
    "A data package (datapackage.org) with the columns of the file that the same question gives, its address for ever,"
    " its rows and bytes, and its SHA-256. It is read to its end for that, so that what was cut on its way is known."
    " Every filter of the list may be said here as well."
)
_KEY: Schema = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[A-Za-z0-9][A-Za-z0-9/._:@*-]*$"}


def _filter(name: str, one: Filtering) -> Schema:
    schema = dict(one.leaf.document)
    found: Schema = {"name": name, "in": "query", "required": False, "description": filter_says(one)}
    if not one.several:
        return {**found, "schema": schema}
    if (one.column.item or one.column.kind) is Kind.TEXT:
        schema["pattern"] = r'^[^,"\u0000\r\n]+$'
        schema["minLength"] = 1
    items = {"type": "array", "items": schema, "minItems": 1, "maxItems": 20}
    return {**found, "schema": items, "style": "form", "explode": False}


_WHERE = {
    Op.EQ: "equals", Op.NE: "differs from", Op.LT: "is less than, or before", Op.LE: "is at most, or not after",
    Op.GT: "is more than, or after", Op.GE: "is at least, or not before", Op.IN: "is one of",
    Op.HAS: "has all of", Op.ANY: "has at least one of", Op.IS_NULL: "is empty (true), or is not (false):",
}  # fmt: skip


def filter_says(one: Filtering) -> str:
    return f"Rows where `{one.column.name}` {_WHERE[one.op]} the value. {one.column.says}".strip()
