"""What stands around every handler: request id, errors into problems, headers, the access log. One function, no more.

It wraps handlers instead of being a middleware: each middleware of aiohttp costs a tenth of a small answer.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from secrets import token_hex
from time import perf_counter
from typing import TypeAlias

import structlog
from aiohttp import hdrs, web

from api.caching import LIVE
from api.errors import AddressTooLong, NoSuchAddress, WrongMethod, problem_of, unforeseen
from api.tongues import reader_of
from api.whole import Whole, lines

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger()

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PROCESS = token_hex(4)
_numbers = count(1)
_EXPOSED = "ETag, Link, Location, Retry-After, X-Request-Id, Subsidia-Position, Subsidia-View"
ANYBODY = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": _EXPOSED}
ADDRESS_AT_MOST = 1 << 16
"""Bytes of an address: a filter takes 500 values, and 500 ids are 18 KB."""
STALLED = 60.0
"""Seconds in which a reader must take one chunk, a thousand rows at most."""
PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Accept, If-None-Match, Last-Event-ID, X-Request-Id",
    "Access-Control-Max-Age": "86400",
}


@dataclass(frozen=True, slots=True)
class Always:
    """The headers that every answer of a kind has; `sent`: the same as they are sent."""

    headers: Mapping[str, str]
    sent: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sent", lines(self.headers))


OF_READS = Always({"X-Content-Type-Options": "nosniff", **ANYBODY})
OF_COMMANDS = Always({"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"})


def request_id(request: web.Request) -> str:
    """The client's own, if it is one, else a new one."""
    given = request.headers.get("X-Request-Id")
    if given is not None and _GIVEN_ID.fullmatch(given):
        return given
    return f"{_PROCESS}-{next(_numbers):x}"


def public(handler: Handler) -> Handler:
    """For reads: anybody may ask, from any page. They are logged only where somebody looks closely (debug)."""
    # Asked once: a logger that looks its settings up costs as much as finding the row.
    told = log.bind()
    closely = told.is_enabled_for(logging.DEBUG)

    async def serve(request: web.Request) -> web.StreamResponse:
        try:
            response = await handler(_short(request))
        except Exception as error:
            response = failed(request, error)
        if not response.prepared:
            _finish(request, response, OF_READS)
            if closely:
                told.debug("read", method=request.method, path=request.path, status=response.status)
        return response

    return serve


def officers(handler: Handler, what: str = "command") -> Handler:
    """For commands: no page of another origin may send them, nothing is kept by caches, each is logged as `what`."""
    told = log.bind()

    async def serve(request: web.Request) -> web.StreamResponse:
        begun = perf_counter()
        try:
            response = await handler(_short(request))
        except Exception as error:
            response = failed(request, error)
        asked = _finish(request, response, OF_COMMANDS)
        took = round((perf_counter() - begun) * 1000, 1)
        told.info(what, path=request.path, status=response.status, ms=took, request_id=asked)
        return response

    return serve


def _short(request: web.Request) -> web.Request:
    if len(request.raw_path) > ADDRESS_AT_MOST:
        raise AddressTooLong(ADDRESS_AT_MOST)
    return request


def _finish(request: web.Request, response: web.StreamResponse, always: Always) -> str:
    """Adds the headers that every answer of a kind has; gives the request's id, a problem's own where it has one."""
    if isinstance(response, Whole):
        asked = request_id(request)
        response.late += b"%sX-Request-Id: %s\r\n" % (always.sent, asked.encode())
        return asked
    asked = response.headers.get("X-Request-Id") or request_id(request)
    response.headers.update(always.headers)
    response.headers["X-Request-Id"] = asked
    return asked


def failed(request: web.Request, error: Exception) -> web.Response:
    """The problem that an error means. What nobody foresaw is logged, and nothing of it is said."""
    asked = request_id(request)
    problem = problem_of(error)
    if problem is None:
        log.error("unforeseen", method=request.method, path=request.path, request_id=asked, exc_info=error)
        problem = unforeseen()
    elif problem.status >= 500:
        log.warning("unavailable", path=request.path, code=problem.code, error=str(error), request_id=asked)
    return problem.response(asked, reader_of(request).tongue)


async def elsewhere(request: web.Request) -> web.StreamResponse:
    """Whatever no route serves: another method, a preflight of a browser, a slash too many, or nothing at all."""
    allowed = await _served_with(request)
    if not allowed:
        bare = request.clone(rel_url=request.rel_url.with_path(request.rel_url.raw_path.rstrip("/"), encoded=True))
        if request.method not in (hdrs.METH_GET, hdrs.METH_HEAD) or hdrs.METH_GET not in await _served_with(bare):
            raise NoSuchAddress
        address = str(bare.rel_url.with_query(request.rel_url.query))
        return web.Response(status=308, headers={"Location": address, "Cache-Control": LIVE})
    if request.method == hdrs.METH_OPTIONS:
        return _options(request, allowed)
    commands = _commands(request) if request.method == hdrs.METH_POST else ()
    raise WrongMethod(frozenset(allowed | {hdrs.METH_OPTIONS}), commands)


async def _served_with(request: web.Request) -> set[str]:
    """The methods that some route serves this address with."""
    found: set[str] = set()
    for resource in request.app.router.resources():
        _, methods = await resource.resolve(request)
        found |= methods if hdrs.METH_ANY not in methods else set()
    return found


def _commands(request: web.Request) -> tuple[str, ...]:
    """Where the commands of the context that the address begins with are given."""
    begun = "/".join(request.path.split("/", 3)[:3]) + "/"
    posted = (
        route.resource.canonical
        for route in request.app.router.routes()
        if route.method == hdrs.METH_POST and route.resource
    )
    return tuple(sorted(address for address in posted if address.startswith(begun)))


def _options(request: web.Request, allowed: set[str]) -> web.Response:
    headers = {"Allow": ", ".join(sorted(allowed | {hdrs.METH_OPTIONS}))}
    if request.headers.get("Access-Control-Request-Method") in {"GET", "HEAD"} & allowed:
        headers |= PREFLIGHT
    return web.Response(status=204, headers=headers)


async def stream(
    request: web.Request, response: web.StreamResponse, chunks: Callable[[], AsyncIterator[bytes]]
) -> web.StreamResponse:
    """Sends chunks as they come. What fails before the first of them is a problem as anywhere else.

    An error in the middle cannot become one any more: the connection breaks. So it does for a reader who stops to read:
    what is exported holds a connection to the database meanwhile.
    """
    coming = chunks()
    first = await anext(coming, b"")
    asked = _finish(request, response, OF_READS)
    await response.prepare(request)
    if request.method == hdrs.METH_HEAD:
        await response.write_eof()
        return response
    try:
        await _taken(response, first)
        async for chunk in coming:
            await _taken(response, chunk)
        await response.write_eof()
    except _Stalled:
        log.info("reader-stalled", path=request.path, request_id=asked)
        _abort(request)
    except ConnectionResetError:
        log.debug("reader-left", path=request.path, request_id=asked)
    except Exception as error:
        log.error("stream-broken", path=request.path, request_id=asked, exc_info=error)
        _abort(request)
    return response


class _Stalled(Exception):
    """The reader does not read."""


async def _taken(response: web.StreamResponse, chunk: bytes) -> None:
    try:
        async with asyncio.timeout(STALLED):
            await response.write(chunk)
    except TimeoutError:
        raise _Stalled from None


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
