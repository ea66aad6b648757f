"""What pages with forms are answered with, and addresses that ask the same with something else."""

from collections.abc import Sequence
from urllib.parse import urlencode

from aiohttp import web

from api.caching import LIVE, packed, takes_gzip
from api.reference import HTML, STRICT, VARY
from api.tongues import READER

FORMED = STRICT | {
    "Content-Security-Policy": STRICT["Content-Security-Policy"].replace("form-action 'none'", "form-action 'self'"),
    "Content-Type": HTML,
}
"""Headers of a page with a form on it."""
ADDRESS_AT_MOST = 1 << 13
"""Bytes of a page's address: it stands within the page some fifty times, once for each order and each condition."""


def see(path: str, said: Sequence[tuple[str, str]]) -> web.Response:
    address = f"{path}?{urlencode(said)}" if said else path
    return web.Response(status=303, headers={"Location": address, "Cache-Control": LIVE})


def address(said: Sequence[tuple[str, str]], /, **changed: str | None) -> str:
    """A query string: what was said, with other values (None: none)."""
    kept = [one for one in said if one[0] not in changed]
    return urlencode([*kept, *((name, text) for name, text in changed.items() if text is not None)])


def paged(request: web.Request, body: bytes, etag: str) -> web.Response:
    headers = {"ETag": etag, "Cache-Control": LIVE, "Vary": VARY, "Content-Language": READER.get().tongue.tag, **FORMED}
    if takes_gzip(request):
        return web.Response(body=packed(body), headers=headers | {"Content-Encoding": "gzip"})
    return web.Response(body=body, headers=headers)


def filled_in(request: web.Request) -> Sequence[tuple[str, str]] | None:
    """What was said, without fields of a form that nobody filled in; None where there are none of these."""
    said = list(request.rel_url.query.items())
    filled = [one for one in said if one[1] != ""]
    return None if filled == said else filled
