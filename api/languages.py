"""Which language a reader is spoken to in: what they prefer, and the best of what was recorded."""

import re
from collections.abc import Mapping, Sequence

from aiohttp import web

from api.caching import weighted

LANG = "lang"
"""The parameter by which an address names a language."""
AT_MOST = 8
"""Languages of a header that are read."""
_TAG = re.compile(r"[a-z]{2,8}(?:-[a-z0-9]{1,8}){0,3}")


def said_in(request: web.Request) -> str | None:
    """The language that the address names, if it is one."""
    said = request.rel_url.query.get(LANG, "").lower()
    return said if _TAG.fullmatch(said) else None


def preferred(request: web.Request) -> tuple[str, ...]:
    """The languages that are asked for, the best first: by the address, else by the header Accept-Language.

    Each regional form has the language that it belongs to behind it.
    """
    said = said_in(request)
    if said is None:
        liked = [one for one in weighted(request.headers.get("Accept-Language", ""), AT_MOST) if _TAG.fullmatch(one[0])]
        tags = [tag for tag, weight in sorted(liked, key=lambda one: -one[1]) if weight > 0]
    else:
        tags = [said]
    return tuple(dict.fromkeys(form for tag in tags for form in (tag, tag.partition("-")[0])))


def best(words: Mapping[str, str], wanted: Sequence[str]) -> str:
    """The language in which words are shown: the best of those wanted, or a regional form of it.

    If there is none of them, English; else the first.
    """
    by_tag = {tag.lower(): tag for tag in words}
    for one in (*wanted, "en"):
        if one in by_tag:
            return by_tag[one]
        for tag, spoken in by_tag.items():
            if tag.partition("-")[0] == one:
                return spoken
    return next(iter(words))
