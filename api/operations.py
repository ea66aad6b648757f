"""Parts that operations of the OpenAPI document are made of: parameters, answers, headers, problems."""

from collections.abc import Mapping

from api.binding import Parameter
from api.documents import Schema, ref
from api.errors import PROBLEMS

PROBLEM_MEDIA = "application/problem+json"
CODES: Mapping[int, str] = {
    200: "As asked.",
    201: "Recorded; the receipt proves it.",
    308: "The same address, as the register writes it.",
    304: "It is still what you have (If-None-Match).",
    **dict(PROBLEMS.values()),
    409: "A rule says no, others were quicker, or the Idempotency-Key was used for something else",
    422: "The body's content is not valid, or the record would be too large",
    503: "Busy, not there yet, or without its database: try again",
}
HEADERS: Mapping[str, tuple[str, Schema]] = {
    "ETag": ("What this answer is a state of.", {"type": "string"}),
    "Location": ("Where the thing can be read.", {"type": "string", "format": "uri-reference"}),
    "Content-Disposition": ("Under which name to keep it.", {"type": "string"}),
    "Link": (
        "RFC 8288: the `next` page; of a file the `canonical` address at which it stays, its data package"
        " (`describedby`) and its `license`.",
        {"type": "string"},
    ),
    "Subsidia-Position": ("As of which position a file speaks.", {"type": "string", "pattern": "^(?:-1|[0-9]+)$"}),
    "Subsidia-View": ("Of which view a file is, and of which version of it.", {"type": "string"}),
    "Retry-After": ("Seconds to wait.", {"type": "string"}),
    "X-Request-Id": ("Names this request in the log.", {"type": "string"}),
    "Allow": ("The methods there are.", {"type": "string"}),
    "WWW-Authenticate": ("How to sign in.", {"type": "string"}),
}


def parameter(one: Parameter, where: str) -> Schema:
    found: Schema = {
        "name": one.name, "in": where, "required": where == "path" or one.required, "description": one.says,
        "schema": dict(one.leaf.document),
    }  # fmt: skip
    if one.example is not None:
        found["example"] = one.example
    return found


CONDITION: Schema = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag you have; 304 where it is still the newest.",
    "schema": {"type": "string", "maxLength": 1000, "pattern": r'^(?:W/)?"[!#-~]*"$'},
}


SPOKEN: Schema = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "The language of titles in a calendar.",
    "schema": {"type": "string", "maxLength": 100, "pattern": "^[A-Za-z0-9*,;=. -]*$"},
}


def answer(status: int, media: Mapping[str, Schema], *named: str) -> Schema:
    found: Schema = {"description": CODES[status], "headers": headers("X-Request-Id", *named)}
    if media:
        found["content"] = {name: {"schema": schema} for name, schema in media.items()}
    return found


def headers(*names: str) -> Schema:
    return {name: {"description": HEADERS[name][0], "schema": HEADERS[name][1]} for name in names}


def problems(*statuses: int) -> Schema:
    more = {401: ("WWW-Authenticate",), 503: ("Retry-After",), 412: ("ETag",)}
    media = {PROBLEM_MEDIA: ref("Problem")}
    return {str(status): answer(status, media, *more.get(status, ())) for status in statuses}


def query(parameters: Mapping[str, Parameter]) -> list[Schema]:
    return [parameter(one, "query") for one in parameters.values()]
