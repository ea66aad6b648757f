"""Data packages (datapackage.org, version 2): what the register's tables are, for tools that nobody here wrote.

One package lists every view as a table with its columns; a package of one file says also how many rows and bytes it
has, and their hash, so that a file which was cut is told from a whole one.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from api.asking import AS_OF, Question
from api.binding import Gathered, read_query
from api.caching import FOR_EVER, LIVE, not_modified, unchanged
from api.edge import public
from api.formats import MEDIA
from api.moments import Moments
from api.standing import VARY, answer
from domain.kernel import PartialDate
from services.views.ports import Column, Kind

Json = dict[str, Any]

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
OF_ALL: Mapping[str, Any] = {AS_OF.name: AS_OF}
_ALL = "Every view of the register as a table of CSV, and the records that they all follow from."
_TYPES: Mapping[Kind, Json] = {
    Kind.TEXT: {"type": "string"},
    Kind.CODE: {"type": "string"},
    Kind.ID: {"type": "string", "format": "uuid"},
    Kind.WHOLE: {"type": "integer"},
    Kind.DECIMAL: {"type": "number"},
    Kind.YES_NO: {"type": "boolean"},
    Kind.DAY: {"type": "date"},
    Kind.PARTIAL_DATE: {"type": "string", "constraints": {"pattern": PartialDate.FORM}},
    Kind.WORDS: {"type": "string"},
    Kind.LIST: {"type": "array"},
}
_DIALECTS: Mapping[str, Json] = {
    "csv": {"header": True, "delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True},
    "xlsx": {"header": True, "sheetNumber": 1},
}
_MAY_BE_BLANK = (Kind.TEXT, Kind.WORDS, Kind.LIST)


def schema(columns: Sequence[Column]) -> Json:
    """The columns of a sheet (Table Schema)."""
    shown = [_field(column) for column in columns if not column.member]
    return {"fields": shown, "primaryKey": ["key"], "missingValues": [""]}


def _field(column: Column) -> Json:
    found = {"name": column.name, **_TYPES[column.kind], "description": column.says}
    rules = dict(found.get("constraints", {}))
    if column.kind is Kind.CODE:
        rules["enum"] = list(column.choices)
    if not column.optional and column.kind not in _MAY_BE_BLANK:
        rules["required"] = True
    return {**found, "constraints": rules} if rules else found


def resource(question: Question, query: Mapping[str, str] | Sequence[tuple[str, str]], form: str = "csv") -> Json:
    """One file of a view. Its path is relative to `/v1/`, where every package lies; `query` says which rows."""
    name = question.view.name
    found = _file(name, question.view.says, query, form)
    if form not in _DIALECTS:
        return found
    return {**found, "type": "table", "dialect": _DIALECTS[form], "schema": schema(question.columns)}


def _file(name: str, says: str, query: Mapping[str, str] | Sequence[tuple[str, str]], form: str) -> Json:
    coded = {} if form == "xlsx" else {"encoding": "utf-8"}
    return {
        "name": name, "description": says, "path": f"{name}?{urlencode(query)}", "format": form,
        "mediatype": MEDIA[form], **coded,
    }  # fmt: skip


def package(name: str, title: str, resources: Sequence[Json], licence: str, **more: Any) -> Json:
    """`licence`: its SPDX identifier; empty where the operator names none."""
    of_data = {"licenses": [{"name": licence, "path": licence_page(licence)}]} if licence else {}
    return {"$schema": PROFILE, "name": name, "title": title, **of_data, **more, "resources": list(resources)}


def licence_page(licence: str) -> str:
    return f"https://spdx.org/licenses/{licence}.html"


class Packages:
    """The package of everything."""

    def __init__(self, questions: Sequence[Question], moments: Moments, origin: str, licence: str) -> None:
        self._questions, self._moments, self._origin, self._licence = questions, moments, origin, licence

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/datapackage.json", public(self.all))]

    async def all(self, request: web.Request) -> web.StreamResponse:
        """Pinned by `as_of`, its paths are pinned, too."""
        gathered = Gathered()
        as_of = read_query(request, OF_ALL, gathered).get("as_of")
        gathered.raise_any()
        control = LIVE
        if as_of is not None and (await self._moments.pinned(as_of, -1)).settled:
            control = FOR_EVER
        pin = dict(request.rel_url.query)
        views = [resource(one, {"format": "csv", **pin}) for one in self._questions]
        records = _file("records", "The records, in order.", {"format": "ndjson", **pin}, "ndjson")
        found = package("subsidia", f"The register {self._origin}", [*views, records], self._licence, description=_ALL)
        body = msgspec.json.encode(found)
        etag = f'W/"{sha256(body).hexdigest()[:24]}"'
        return not_modified(etag, control, VARY) if unchanged(request, etag) else answer(request, body, etag, control)
