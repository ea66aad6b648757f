"""A page for people: the reference, generated from the same declarations as everything else."""

from collections.abc import Mapping, Sequence, Set
from hashlib import sha256
from typing import Any

import msgspec
from aiohttp import web

from api import values
from api.asking import Question
from api.caching import LIVE, not_modified, packed, takes_gzip, unchanged
from api.commands import Envelope, Verb, of_whom, who_may
from api.edge import public
from api.errors import HOW_TO_SIGN_IN, PROBLEMS
from api.shapes import parts_of
from api.templates import PAGES, Templates
from api.tongues import ENGLISH, Reader, tongue
from domain.kernel import Context, Money
from services.views.ports import COUNTED

STRICT = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
SPOKEN = {
    values.partial_date().document["pattern"]: "year, month or day (2030, 2030-06, 2030-06-30), or unknown",
    values.event_name().document["pattern"]: "a record: stream/version",
    values.decimal(Money.AMOUNT).document["pattern"]: "decimal number, as a text",
}
"""Forms of texts that have a name of their own."""
HTML = "text/html; charset=utf-8"
VARY = "Accept-Language, Accept-Encoding"
CSS = "text/css; charset=utf-8"
BESIDE = {"style.css": CSS, "portal.css": CSS, "drafts.js": "text/javascript; charset=utf-8"}
"""Files that pages fetch."""


class Fixed:
    """An answer that was made when the process started."""

    def __init__(self, body: bytes, media: str, headers: Mapping[str, str] | None = None) -> None:
        self._plain, self._packed = body, packed(body)
        self._etag = f'W/"{sha256(body).hexdigest()[:24]}"'
        self._headers = {"Content-Type": media, "ETag": self._etag, "Cache-Control": LIVE, "Vary": "Accept-Encoding"}
        self._headers |= headers or {}
        self._vary = self._headers["Vary"]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if unchanged(request, self._etag):
            return not_modified(self._etag, LIVE, self._vary)
        if takes_gzip(request):
            return web.Response(body=self._packed, headers={**self._headers, "Content-Encoding": "gzip"})
        return web.Response(body=self._plain, headers=self._headers)


def every_command(document: Mapping[str, Any], verbs: Sequence[Verb], envelope: Set[str]) -> Mapping[str, Any]:
    """The schema of what may stand beside every command's own fields, from one that has none of its own."""
    schemas = document["components"]["schemas"]
    least = min((schemas[verb.request.name] for verb in verbs), key=lambda one: len(one["properties"]))
    return {"properties": {name: one for name, one in least["properties"].items() if name in envelope}}


def routes(
    document: Mapping[str, Any],
    verbs: Sequence[Verb],
    questions: Sequence[Question],
    contexts: Mapping[str, Context],
    pages: Templates,
) -> list[web.RouteDef]:
    """`/docs`, what pages fetch and `/v1/openapi.json`, rendered once."""
    envelope = {part.name for part in parts_of(Envelope)}
    by_operation = {verb.operation: verb for verb in verbs}
    reference = pages.at_start(
        "reference.html", Reader(tongue(ENGLISH)),
        document=document, verbs=verbs, questions=questions, contexts=list(contexts.values()), problems=PROBLEMS,
        spoken=[one for one in contexts.values() if any(verb.context is one for verb in verbs)],
        how_to_sign_in=" ".join(HOW_TO_SIGN_IN), who_may=who_may, bodies={verb.request.name for verb in verbs},
        spoken_forms=SPOKEN, counted=COUNTED, every=every_command(document, verbs, envelope), envelope=envelope,
        of_whom=lambda context, name: of_whom(by_operation[f"{context}.{name}"]),
    )  # fmt: skip
    served = {
        "/docs": Fixed(reference, HTML, STRICT | {"Content-Language": ENGLISH}),
        **{f"/{name}": Fixed((PAGES / name).read_bytes(), media) for name, media in BESIDE.items()},
        "/v1/openapi.json": Fixed(msgspec.json.encode(document), "application/json"),
    }
    return [web.get(path, public(page.serve)) for path, page in served.items()]
