"""Operations of the OpenAPI document that are no view and no command: records, proofs, tiles, packages, probes."""

from collections.abc import Mapping
from typing import Any

from apispec import APISpec

from api.answers import listed
from api.changes import Changes
from api.commands import STREAM
from api.documents import POSITION as PLACE
from api.documents import Schema, closed, ref
from api.following import LAST_SEEN
from api.following import MEDIA as EVENTS
from api.ledger import POSITION, Histories
from api.operations import CONDITION, PROBLEM_MEDIA, answer, parameter, problems, query
from api.packages import OF_ALL
from api.proofs import Proofs
from domain.kernel import Context

TEXT = {"text/plain": {"type": "string"}}


def describe(
    spec: APISpec, histories: Histories, proofs: Proofs, changes: Changes, contexts: Mapping[str, Context]
) -> None:
    """Adds them to the document."""
    for context in contexts.values():
        page = {"200": answer(200, {"application/json": listed(ref("Positioned"))}, "ETag")}
        _get(
            spec, f"/v1/{context.name}/{{id}}/history", f"{context.name}.history",
            "Everything that was recorded of one thing; its ETag begins with the version; If-Match takes it.",
            [parameter(STREAM, "path"), *query(histories.of_history), CONDITION],
            page | {"304": answer(304, {}, "ETag")} | problems(400, 401, 403, 404, 503),
        )  # fmt: skip
    _records(spec, histories)
    _get(
        spec, "/v1/datapackage.json", "packages.all",
        "Every view as a table with its columns, and the records: a data package (datapackage.org).",
        [*query(OF_ALL), CONDITION],
        {"200": answer(200, {"application/json": ref("Package")}, "ETag"), "304": answer(304, {}, "ETag")}
        | problems(400, 503),
    )  # fmt: skip
    _me(spec)
    _tiles(spec)
    _probes(spec)
    _changes(spec, changes)
    _proofs(spec, proofs)


def webhooks() -> dict[str, Any]:
    """What leaves by itself, to whom the operator names (OpenAPI 3.1, `webhooks`)."""
    text: Schema = {"type": "string", "minLength": 1}
    data = {"position": PLACE, "record": ref("Record"), "address": {**text, "format": "uri-reference"}}
    body = closed({"type": text, "timestamp": {**text, "format": "date-time"}, "origin": text, "data": closed(data)})
    headers = [
        {"name": name, "in": "header", "required": True, "description": says, "schema": text}
        for name, says in (
            ("webhook-id", "Of the record: the same however often it is sent."),
            ("webhook-timestamp", "When it is sent, this time: seconds since 1970."),
            ("webhook-signature", "As Standard Webhooks (standardwebhooks.com) says: `v1,` and HMAC-SHA256 in base64."),
        )
    ]
    operation = {
        "operationId": "webhooks.record",
        "tags": ["ledger"],
        "summary": "One record, as soon as it is there; in order, at least once (`subsidia webhook add`).",
        "parameters": headers,
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "2XX": {"description": "It was taken; the next may come."},
            "410": {"description": "Nothing more is to be sent."},
            "default": {"description": "It is sent again, after a while."},
        },
    }
    return {"record": {"post": operation}}


def _records(spec: APISpec, histories: Histories) -> None:
    text = {"type": "string"}
    records = {"application/json": listed(ref("Positioned")), "application/x-ndjson": text, EVENTS: text}
    _get(
        spec, "/v1/records", "records.list",
        f"The records of the whole ledger, in order; with `Accept: {EVENTS}` as they come, without end.",
        [*query(histories.of_records), parameter(LAST_SEEN, "header"), CONDITION],
        {"200": answer(200, records, "ETag", "Link", "Subsidia-Position"), "304": answer(304, {}, "ETag")}
        | problems(400, 401, 403, 406, 503),
    )  # fmt: skip
    proved = {"application/json": ref("Proved"), "application/octet-stream": {"type": "string"}}
    _get(
        spec, "/v1/records/{position}", "records.one", "One record with its proof, or its exact bytes.",
        [parameter(POSITION, "path"), *query(histories.of_one), CONDITION],
        {"200": answer(200, proved, "ETag"), "304": answer(304, {}, "ETag")} | problems(400, 401, 403, 404, 503),
    )  # fmt: skip


def _me(spec: APISpec) -> None:
    _get(
        spec, "/v1/me", "me", "Whom your token speaks for, and which commands that role may give.", [],
        {"200": answer(200, {"application/json": ref("Me")})} | problems(400, 401, 503), security=[{"officer": []}],
    )  # fmt: skip


def _tiles(spec: APISpec) -> None:
    octets = {"application/octet-stream": {"type": "string"}}
    _get(spec, "/checkpoint", "checkpoint", "The signed head of the ledger (C2SP tlog-checkpoint).", [],
         {"200": answer(200, TEXT)} | problems(404, 503))  # fmt: skip
    tile = _path("tile", r"^(?:x[0-9]{3}/){0,4}[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?$", "The tile, as in x001/067.", "000")
    level = _path("level", "^(?:[0-9]|[1-5][0-9]|6[0-3])$", "The tile's level.", "0")
    for address, name, says, where in (
        ("/tile/{level}/{tile}", "tile.hashes", "Hashes of the tree (C2SP tlog-tiles).", [level, tile]),
        ("/tile/entries/{tile}", "tile.entries", "Records, each behind its length (C2SP tlog-tiles).", [tile]),
    ):
        _get(spec, address, name, says, where, {"200": answer(200, octets)} | problems(404, 503))


def _probes(spec: APISpec) -> None:
    ready = closed(
        {
            "ready": {"type": "boolean"},
            "head": PLACE,
            "writer": {"type": "boolean"},
            "trouble": {"type": ["string", "null"], "description": "Why nothing can be written, where that is known."},
            "views": {"type": "array", "items": {"type": "object"}},
            "workers": {"type": "array", "items": {"type": "object"}},
        }
    )
    _get(spec, "/livez", "livez", "Whether the process lives.", [], {"200": answer(200, TEXT)})
    _get(spec, "/startupz", "startupz", "Whether it has started: migrated, the ledger open, its views kept.", [],
         {"200": answer(200, TEXT), "503": answer(503, TEXT | {PROBLEM_MEDIA: ref("Problem")})})  # fmt: skip
    unready = {"application/json": ready, PROBLEM_MEDIA: ref("Problem")}
    _get(spec, "/readyz", "readyz", "Whether it can do its work.", [],
         {"200": answer(200, {"application/json": ready}), "503": answer(503, unready)})  # fmt: skip


def _changes(spec: APISpec, changes: Changes) -> None:
    _get(
        spec, "/v1/changes", "changes.list",
        "What became of a view's rows between two moments: each that is another, as it was and as it is."
        " Without the columns that depend on the day.",
        [*query(changes.parameters), CONDITION],
        {"200": answer(200, {"application/json": ref("Differences")}, "ETag"), "304": answer(304, {}, "ETag")}
        | problems(400, 503),
    )  # fmt: skip


def _proofs(spec: APISpec, proofs: Proofs) -> None:
    text = {"type": "string"}
    for name, says, parameters in (
        ("inclusion", "That a record lies in the ledger.", proofs.of_inclusion),
        ("consistency", "That the ledger of then is what the later one began with.", proofs.of_consistency),
    ):
        media = {"application/json": ref(name.capitalize()), "text/plain": text}
        _get(
            spec, f"/v1/proofs/{name}", f"proofs.{name}", says, [*query(parameters), CONDITION],
            {"200": answer(200, media, "ETag", "Content-Disposition"), "304": answer(304, {}, "ETag")}
            | problems(400, 503),
        )  # fmt: skip
    for address, name, says, schema, asked, statuses in (
        ("/v1/checkpoints", "checkpoints.list", "The checkpoints that were signed, by size.", "Checkpoints",
         query(proofs.of_checkpoints), (400, 503)),
        ("/v1/ledger", "ledger.card", "Whose ledger it is, how far it reaches, and how to verify it.", "Ledger",
         [], (400, 404, 503)),
    ):  # fmt: skip
        media = {"application/json": ref(schema)}
        _get(
            spec, address, name, says, [*asked, CONDITION],
            {"200": answer(200, media, "ETag"), "304": answer(304, {}, "ETag")} | problems(*statuses),
        )  # fmt: skip


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
