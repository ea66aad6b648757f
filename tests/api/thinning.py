"""The OpenAPI document with few parts of a request of each shape: one mechanism reads them all, wherever they stand."""

import copy
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def thinned(document: Json, times: int) -> Json:
    """The same operations; only the first so many that have a part of some shape keep it. What is required stays.

    A filter is told by its schema, a header and a member of a body by name and schema. Answers stay as they are.
    """
    thin = copy.deepcopy(document)
    schemas = thin["components"]["schemas"]
    seen = Counter[str]()

    def stays(shape: str, required: bool) -> bool:
        seen[shape] += 1
        return required or seen[shape] <= times

    for operation in operations(thin):
        operation["parameters"] = [
            one for one in operation.get("parameters", []) if stays(_parameter(one), one["required"])
        ]
        if (body := _body(operation, schemas)) is not None:
            needed = body.get("required", [])
            body["properties"] = {
                name: one for name, one in body["properties"].items() if stays(_member(name, one), name in needed)
            }
    return thin


def shapes(document: Json) -> set[str]:
    """Every shape that a part of a request has."""
    schemas = document["components"]["schemas"]
    found = set[str]()
    for operation in operations(document):
        found.update(_parameter(one) for one in operation.get("parameters", []))
        if (body := _body(operation, schemas)) is not None:
            found.update(_member(name, one) for name, one in body["properties"].items())
    return found


def operations(document: Json) -> Iterator[Json]:
    return (one for methods in document["paths"].values() for one in methods.values())


def _parameter(one: Json) -> str:
    name = "" if one["in"] == "query" else one["name"]
    return json.dumps([one["in"], name, one["schema"], one.get("explode")], sort_keys=True)


def _member(name: str, schema: Json) -> str:
    told = {word: said for word, said in schema.items() if word not in ("description", "example")}
    return json.dumps(["body", name, told], sort_keys=True)


def _body(operation: Json, schemas: Json) -> Json | None:
    """The members that a request has; None where it has none: no body, or a file."""
    media = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if media is None:
        return None
    found: Json = schemas[media["schema"]["$ref"].rpartition("/")[2]]
    return found
