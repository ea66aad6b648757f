"""Conditional requests, and how long an answer may be kept."""

import re
import zlib
from collections.abc import Sequence

from aiohttp import web

from api.whole import Whole, lines

LIVE = "public, max-age=5, stale-while-revalidate=30"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_FIRST = "no-cache"
WORTH_PACKING = 1400
"""Bytes; less fits into one packet anyway."""

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def unchanged(request: web.Request, etag: str) -> bool:
    """Whether the client has this very answer (If-None-Match, compared weakly: RFC 9110, 13.1.2)."""
    asked = request.headers.get("If-None-Match")
    if asked is None:
        return False
    if asked == etag:
        return True
    return etag.removeprefix("W/") in _TAG.findall(asked)


def not_modified(etag: str, control: str, vary: str = "") -> Whole:
    headers = {"ETag": etag, "Cache-Control": control}
    if vary:
        headers["Vary"] = vary
    return Whole(lines(headers), b"", 304)


def takes_gzip(request: web.Request) -> bool:
    """Whether the client takes gzip; `gzip;q=0` says no."""
    said = request.headers.get("Accept-Encoding")
    if said is None or ("gzip" not in said and "*" not in said):
        return False
    weights = dict(weighted(said))
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def chosen(request: web.Request, offered: Sequence[tuple[str, str]]) -> str | None:
    """The name of the media type that the client likes best; the first where it likes several alike. None: none.

    `offered`: (name, media type).
    """
    said = request.headers.get("Accept")
    if not said or said == "*/*":
        return offered[0][0]
    weights = dict(weighted(said))

    def weight(media: str) -> float:
        for pattern in (media, media.partition("/")[0] + "/*", "*/*"):
            if pattern in weights:
                return weights[pattern]
        return 0.0

    best = max(offered, key=lambda one: weight(one[1]))
    return best[0] if weight(best[1]) > 0 else None


def weighted(header: str, most: int | None = None) -> list[tuple[str, float]]:
    """The names of a list header (of its first `most`) with their weights; what is malformed counts as 1."""
    found = []
    for part in header.split(",")[:most]:
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        found.append((name, float(weight) if re.fullmatch(r"[01](?:\.[0-9]{0,3})?", weight) else 1.0))
    return found


def worth_packing(request: web.Request, body: bytes) -> bool:
    return len(body) >= WORTH_PACKING and takes_gzip(request)


def packed(body: bytes) -> bytes:
    packer = zlib.compressobj(6, wbits=31)
    return packer.compress(body) + packer.flush()
