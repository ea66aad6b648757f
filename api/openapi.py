"""The OpenAPI 3.1 document, generated from contexts and views; what it says is what is served."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from apispec import APISpec

from api import documents
from api.asking import FORMS, LIMIT, Filtering, Question
from api.binding import Parameter
from api.commands import IF_MATCH, KEY, STREAM, Verb
from api.documents import Schema, closed, listed, ref, row_schema, single
from api.errors import HOW_TO_SIGN_IN, PROBLEMS
from api.formats import MEDIA
from api.ledger import POSITION, Histories
from api.proofs import Proofs
from domain.kernel import Context
from services.views.ports import Kind, Op

VERSION = "1"
PROBLEM_MEDIA = "application/problem+json"
_CODES: Mapping[int, str] = {
    200: "As asked.",
    201: "Recorded; the receipt proves it.",
    304: "It is still what you have (If-None-Match).",
    **dict(PROBLEMS.values()),
    409: "A rule says no, others were quicker, or the Idempotency-Key was used for something else",
    422: "The body's content is not valid, or the record would be too large",
    503: "Busy, not there yet, or without its database: try again",
}
_HEADERS: Mapping[str, tuple[str, Schema]] = {
    "ETag": ("What this answer is a state of.", {"type": "string"}),
    "Location": ("Where the thing can be read.", {"type": "string", "format": "uri-reference"}),
    "Content-Disposition": ("Under which name to keep it.", {"type": "string"}),
    "Link": ("The next page (RFC 8288).", {"type": "string"}),
    "Retry-After": ("Seconds to wait.", {"type": "string"}),
    "X-Request-Id": ("Names this request in the log.", {"type": "string"}),
    "Allow": ("The methods there are.", {"type": "string"}),
    "WWW-Authenticate": ("How to sign in.", {"type": "string"}),
}


def document(
    verbs: Sequence[Verb],
    questions: Sequence[Question],
    histories: Histories,
    proofs: Proofs,
    contexts: Mapping[str, Context],
) -> dict[str, Any]:
    """The whole document. The same declarations give the same document."""
    spec = _begun([one for one in contexts.values() if any(_of(one, verbs))])
    for verb in verbs:
        _command(spec, verb)
    shown: dict[str, Schema] = {}
    for question in questions:
        _view(spec, question, shown)
    for name, schema in shown.items():
        spec.components.schema(name, schema)
    _ledger(spec, histories, contexts)
    _proofs(spec, proofs)
    whole: dict[str, Any] = spec.to_dict()
    return whole


def _begun(contexts: Sequence[Context]) -> APISpec:
    """What the document says of itself, and what everything in it shares."""
    spec = APISpec(
        title="Subsidia",
        version=VERSION,
        openapi_version="3.1.0",
        plugins=[documents.fields_plugin()],
        info={"description": _ABOUT, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        servers=[{"url": "/"}],
        tags=[
            *({"name": one.name, "description": one.says} for one in contexts),
            {"name": "views", "description": "Tables that answer questions, now or as of a past moment."},
            {"name": "ledger", "description": "The records themselves, and the proof that nothing was altered."},
        ],
    )
    spec.components.security_scheme("officer", {"type": "http", "scheme": "bearer", "description": HOW_TO_SIGN_IN})
    for name, schema in documents.SHARED.items():
        spec.components.schema(name, schema)
    return spec


_ABOUT = """The shared register of what governments of every sphere promised, entrusted and decided to one another.

Reads are public. Commands carry an officer's bearer token; each is recorded once, for ever, under a signed checkpoint.
Every answer says as of which position of the ledger it speaks; `as_of` asks for the past."""


def _of(context: Context, verbs: Iterable[Verb]) -> Iterable[Verb]:
    return (verb for verb in verbs if verb.context.name == context.name)


# --- parts ---


def _parameter(one: Parameter, where: str) -> Schema:
    found: Schema = {
        "name": one.name, "in": where, "required": where == "path" or one.required, "description": one.says,
        "schema": dict(one.leaf.document),
    }  # fmt: skip
    if one.example is not None:
        found["example"] = one.example
    return found


_CONDITION: Schema = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag you have; 304 where it is still the newest.",
    "schema": {"type": "string", "maxLength": 1000, "pattern": r'^(?:W/)?"[!#-~]*"$'},
}


def _answer(status: int, media: Mapping[str, Schema], *headers: str) -> Schema:
    found: Schema = {"description": _CODES[status], "headers": _headers("X-Request-Id", *headers)}
    if media:
        found["content"] = {name: {"schema": schema} for name, schema in media.items()}
    return found


def _headers(*names: str) -> Schema:
    return {name: {"description": _HEADERS[name][0], "schema": _HEADERS[name][1]} for name in names}


def _problems(*statuses: int) -> Schema:
    more = {401: ("WWW-Authenticate",), 503: ("Retry-After",), 412: ("ETag",)}
    media = {PROBLEM_MEDIA: ref("Problem")}
    return {str(status): _answer(status, media, *more.get(status, ())) for status in statuses}


# --- commands ---


def _command(spec: APISpec, verb: Verb) -> None:
    name = verb.request.name
    spec.components.schema(name, schema=verb.request.schema)
    path = [] if verb.by.starts else [_parameter(STREAM, "path")]
    says = (verb.by.command.__doc__ or verb.name).strip().splitlines()[0]
    answers = {
        str(status): _answer(status, {"application/json": ref("Answer")}, "ETag", "Location") for status in (200, 201)
    }
    answers["200"]["description"] = "It was already so: nothing had to be recorded."
    unknown = () if verb.by.starts else (404,)
    operation = {
        "operationId": verb.operation,
        "tags": [verb.context.name],
        "summary": says,
        "description": f"{says}\n\n{who_may(verb)}",
        "security": [{"officer": []}],
        "parameters": [*path, _parameter(KEY, "header"), _parameter(IF_MATCH, "header")],
        "requestBody": {
            "required": verb.request.needs_body, "content": {"application/json": {"schema": ref(name)}},
        },
        "responses": answers | _problems(400, 401, 403, *unknown, 409, 412, 413, 415, 422, 503),
    }  # fmt: skip
    spec.path(path=verb.address, operations={"post": operation})


def who_may(verb: Verb) -> str:
    """Who may give a command, in a sentence."""
    roles = " or ".join(role.value.replace("_", " ") for role in verb.by.roles)
    return f"May be given by: {roles} {of_whom(verb)}."


def of_whom(verb: Verb) -> str:
    """For which units an officer may give it."""
    acting = verb.by.acting_for
    if acting is None:
        return "of any unit that the rules allow"
    if isinstance(acting, str):
        return f"of the unit named in `{acting}`"
    return _OF_WHOM[acting.__name__.strip("_")]


_OF_WHOM = {
    "owner": "of the unit that owns it",
    "owners": "of a unit that owns it, alone or with others",
    "parties": "of a unit that takes part in it",
    "invited": "of a unit that was invited to take part",
    "responsible": "of the unit that answers for that step",
    "owing": "of the unit that owes the deadline",
    "giver": "of the unit that entrusts it",
    "recipient": "of the unit that it is entrusted to",
    "either": "of the unit that entrusts it, or of the one that it is entrusted to",
    "author": "of a unit that drafted it",
    "keeper": "of a unit that drafted it, or of the one under whose law it is scrutinised",
    "legislators": "of a body that is to adopt it",
    "asked": "of a unit that was asked for its grid",
    "concerned": "of the unit that asked, of the one that decides, or of one that was asked for its grid",
    "decider": "of the unit that decides",
    "requester": "of the unit that asked",
}


# --- views ---


def _view(spec: APISpec, question: Question, shown: dict[str, Schema]) -> None:
    view = question.view
    name = "".join(word.capitalize() for word in view.name.split("-")) + "Row"
    spec.components.schema(name, row_schema(view, shown))
    filters = [_filter(name_, one) for name_, one in question.filters.items()]
    media = {
        MEDIA["json"]: listed(ref(name)),
        MEDIA["csv"]: {"type": "string"},
        MEDIA["ndjson"]: {"type": "string"},
    }
    of_list = {
        "operationId": f"{view.name}.list",
        "tags": ["views"],
        "summary": view.says,
        "description": f"{view.says} A page has at most {LIMIT} rows; {' and '.join(FORMS[1:])} give all of them.",
        "parameters": [*(_parameter(one, "query") for one in question.parameters.values()), *filters, _CONDITION],
        "responses": {"200": _answer(200, media, "ETag", "Link"), "304": _answer(304, {}, "ETag")}
        | _problems(400, 406, 503),
    }
    key = {"name": "key", "in": "path", "required": True, "description": view.key_says, "schema": _KEY}
    of_one = {
        "operationId": f"{view.name}.one",
        "tags": ["views"],
        "summary": f"One row: {view.says}",
        "parameters": [key, *(_parameter(one, "query") for one in question.of_one.values()), _CONDITION],
        "responses": {
            "200": _answer(200, {"application/json": single(ref(name))}, "ETag"),
            "304": _answer(304, {}, "ETag"),
        }
        | _problems(400, 404, 503),
    }
    spec.path(path=f"/v1/{view.name}", operations={"get": of_list})
    spec.path(path=f"/v1/{view.name}/{{key}}", operations={"get": of_one})


_KEY: Schema = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[A-Za-z0-9][A-Za-z0-9/._:@*-]*$"}


def _filter(name: str, one: Filtering) -> Schema:
    schema = dict(one.leaf.document)
    found: Schema = {"name": name, "in": "query", "required": False, "description": filter_says(name, one)}
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
    Op.HAS: "has all of", Op.IS_NULL: "is empty (true), or is not (false):",
}  # fmt: skip


def filter_says(name: str, one: Filtering) -> str:
    return f"Rows where `{one.column.name}` {_WHERE[one.op]} the value. {one.column.says}".strip()


# --- ledger ---


TEXT = {"text/plain": {"type": "string"}}


def _ledger(spec: APISpec, histories: Histories, contexts: Mapping[str, Context]) -> None:
    for context in contexts.values():
        page = {"200": _answer(200, {"application/json": listed(ref("Positioned"))}, "ETag")}
        _get(
            spec, f"/v1/{context.name}/{{id}}/history", f"{context.name}.history",
            "Everything that was recorded of one thing; its ETag begins with the version; If-Match takes it.",
            [_parameter(STREAM, "path"), *_query(histories.of_history), _CONDITION],
            page | {"304": _answer(304, {}, "ETag")} | _problems(400, 401, 403, 404, 503),
        )  # fmt: skip
    _records(spec, histories)
    _me(spec)
    _tiles(spec)
    _probes(spec)


def _records(spec: APISpec, histories: Histories) -> None:
    records = {"application/json": listed(ref("Positioned")), "application/x-ndjson": {"type": "string"}}
    _get(
        spec, "/v1/records", "records.list", "The records of the whole ledger, in order.",
        [*_query(histories.of_records), _CONDITION],
        {"200": _answer(200, records, "ETag", "Link"), "304": _answer(304, {}, "ETag")}
        | _problems(400, 401, 403, 406, 503),
    )  # fmt: skip
    proved = {"application/json": ref("Proved"), "application/octet-stream": {"type": "string"}}
    _get(
        spec, "/v1/records/{position}", "records.one", "One record with its proof, or its exact bytes.",
        [_parameter(POSITION, "path"), *_query(histories.of_one), _CONDITION],
        {"200": _answer(200, proved, "ETag"), "304": _answer(304, {}, "ETag")} | _problems(400, 401, 403, 404, 503),
    )  # fmt: skip


def _me(spec: APISpec) -> None:
    _get(
        spec, "/v1/me", "me", "Whom your token speaks for, and which commands that role may give.", [],
        {"200": _answer(200, {"application/json": ref("Me")})} | _problems(400, 401, 503), security=[{"officer": []}],
    )  # fmt: skip


def _tiles(spec: APISpec) -> None:
    octets = {"application/octet-stream": {"type": "string"}}
    _get(spec, "/checkpoint", "checkpoint", "The signed head of the ledger (C2SP tlog-checkpoint).", [],
         {"200": _answer(200, TEXT)} | _problems(404, 503))  # fmt: skip
    tile = _path("tile", r"^(?:x[0-9]{3}/){0,4}[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?$", "The tile, as in x001/067.", "000")
    level = _path("level", "^(?:[0-9]|[1-5][0-9]|6[0-3])$", "The tile's level.", "0")
    for address, name, says, where in (
        ("/tile/{level}/{tile}", "tile.hashes", "Hashes of the tree (C2SP tlog-tiles).", [level, tile]),
        ("/tile/entries/{tile}", "tile.entries", "Records, each behind its length (C2SP tlog-tiles).", [tile]),
    ):
        _get(spec, address, name, says, where, {"200": _answer(200, octets)} | _problems(404, 503))


def _probes(spec: APISpec) -> None:
    ready = closed(
        {
            "ready": {"type": "boolean"},
            "head": documents.POSITION,
            "writer": {"type": "boolean"},
            "views": {"type": "array", "items": {"type": "object"}},
            "workers": {"type": "array", "items": {"type": "object"}},
        }
    )
    _get(spec, "/livez", "livez", "Whether the process lives.", [], {"200": _answer(200, TEXT)})
    unready = {"application/json": ready, PROBLEM_MEDIA: ref("Problem")}
    _get(spec, "/readyz", "readyz", "Whether it can do its work.", [],
         {"200": _answer(200, {"application/json": ready}), "503": _answer(503, unready)})  # fmt: skip


def _proofs(spec: APISpec, proofs: Proofs) -> None:
    text = {"type": "string"}
    for name, says, parameters in (
        ("inclusion", "That a record lies in the ledger.", proofs.of_inclusion),
        ("consistency", "That the ledger of then is what the later one began with.", proofs.of_consistency),
    ):
        media = {"application/json": ref(name.capitalize()), "text/plain": text}
        _get(
            spec, f"/v1/proofs/{name}", f"proofs.{name}", says, [*_query(parameters), _CONDITION],
            {"200": _answer(200, media, "ETag", "Content-Disposition"), "304": _answer(304, {}, "ETag")}
            | _problems(400, 503),
        )  # fmt: skip
    for address, name, says, schema, query, problems in (
        ("/v1/checkpoints", "checkpoints.list", "The checkpoints that were signed, by size.", "Checkpoints",
         _query(proofs.of_checkpoints), (400, 503)),
        ("/v1/ledger", "ledger.card", "Whose ledger it is, how far it reaches, and how to verify it.", "Ledger",
         [], (400, 404, 503)),
    ):  # fmt: skip
        media = {"application/json": ref(schema)}
        _get(
            spec, address, name, says, [*query, _CONDITION],
            {"200": _answer(200, media, "ETag"), "304": _answer(304, {}, "ETag")} | _problems(*problems),
        )  # fmt: skip


def _query(parameters: Mapping[str, Parameter]) -> list[Schema]:
    return [_parameter(one, "query") for one in parameters.values()]


def _path(name: str, pattern: str, says: str, example: str) -> Schema:
    schema = {"type": "string", "pattern": pattern, "maxLength": 60}
    return {"name": name, "in": "path", "required": True, "description": says, "schema": schema, "example": example}


def _get(
    spec: APISpec, path: str, name: str, says: str, parameters: list[Schema], responses: Schema, **more: Any
) -> None:
    operation = {
        "operationId": name, "tags": ["ledger"], "summary": says, "parameters": parameters, "responses": responses,
        **more,
    }  # fmt: skip
    spec.path(path=path, operations={"get": operation})
