"""Reads requests: strict JSON, and path, query, headers and body bound together, with every fault named at once."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from typing import Any, TypeVar

from aiohttp import web

from api.faults import FAULTS, Fault, Invalid, Located, Wrong, pointer
from api.shapes import Request
from api.values import Leaf

T = TypeVar("T")

AT_MOST = 1 << 20
"""Bytes of a request's body."""
WITHIN = 60.0
"""Seconds within which a body comes: whoever sends a byte now and then holds a connection for ever."""
FILE_WITHIN = 300.0
"""Seconds within which a file comes that is read whole."""
_REPEATED = "It is said more than once."


@dataclass
class TooSlow(Exception):
    """The body has not come within so many seconds."""

    within: float


class UnsupportedMedia(Exception):
    """The body is not said to be JSON."""


@dataclass
class NotAFile(Exception):
    """The body is not said to be a file of one of these forms."""

    offered: tuple[str, ...]


@dataclass
class FileTooLarge(Exception):
    """The file has more bytes than are taken here."""

    at_most: int


class NotAForm(Exception):
    """The body is not what a page's form sends."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of path, query or header: a plain value and what it means."""

    name: str
    leaf: Leaf
    says: str
    required: bool = False
    example: Any = None


@dataclass(slots=True)
class Gathered:
    """Faults as they are found; `raise_any` at the end of the reading, or once there are more than are named."""

    faults: list[Located] = field(default_factory=list)
    malformed: bool = False

    def add(self, where: str, at: str, fault: Fault) -> None:
        self.faults.append(Located(where, at, fault))
        if len(self.faults) > FAULTS:
            self.raise_any()

    def take(self, where: str, name: str, read: Callable[[], T]) -> T | None:
        """What `read` gives; None, and the fault kept, where it raises Wrong."""
        try:
            return read()
        except Wrong as wrong:
            self.add(where, pointer(name), wrong.fault)
            return None

    def raise_any(self) -> None:
        if self.faults:
            raise Invalid(self.faults, malformed=self.malformed)


class _Doubled(dict[str, Any]):
    """An object of which some keys were said more than once."""

    __slots__ = ("repeated",)
    repeated: tuple[str, ...]


class _Twice(Exception):
    """Some object says a key more than once."""


def _paired(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _Twice
    return made


def _doubled(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = _Doubled(pairs)
    found.repeated = tuple(sorted(key for key, times in Counter(key for key, _ in pairs).items() if times > 1))
    return found


def parse_json(body: bytes) -> tuple[Any, Sequence[Located]]:
    """The value, with its faults that only a parser sees: keys said twice. Raises Invalid for what is no JSON."""
    try:
        text = body.decode()
        try:
            return _read(text), ()
        except _Twice:
            value = _read_with_care(text)
            return value, tuple(_twice(value, ""))
    except UnicodeDecodeError as error:
        raise _malformed(f"The body is not UTF-8: byte {error.start}.") from None
    except json.JSONDecodeError as error:
        raise _malformed(f"The body is no JSON: {error.msg}, line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise _malformed("The body is nested too deeply.") from None
    except ValueError as error:
        raise _malformed(f"The body is no JSON: {error}") from None


def _malformed(detail: str) -> Invalid:
    return Invalid([Located("body", "", Fault("malformed-json", detail))], malformed=True)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number.")


def _bounded(digits: str) -> int:
    # Longer ones are beyond every bound anyway, and costly to read.
    return int(digits) if len(digits) < 25 else 10**25


# Made once: to make one takes a third of what it takes to read a command.
_read, _read_with_care = (
    json.JSONDecoder(object_pairs_hook=paired, parse_constant=_no_number, parse_int=_bounded).decode
    for paired in (_paired, _doubled)
)


def _twice(value: Any, at: str) -> Iterator[Located]:
    if isinstance(value, _Doubled):
        for key in value.repeated:
            yield Located("body", at + pointer(key), Fault("repeated-key", _REPEATED))
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _twice(inner, at + pointer(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _twice(inner, at + pointer(number))


@asynccontextmanager
async def in_time(within: float | None = None) -> AsyncIterator[None]:
    """Inside, a body is read. None: one of the usual size. Raises TooSlow."""
    within = WITHIN if within is None else within
    try:
        async with asyncio.timeout(within):
            yield
    except TimeoutError:
        raise TooSlow(within) from None


async def _whole(request: web.Request) -> bytes:
    if request.content.is_eof():  # it came with its head: nobody waits for it
        body = request.content.read_nowait()
        if len(body) > AT_MOST:
            raise web.HTTPRequestEntityTooLarge(AT_MOST, len(body))
        return body
    async with in_time():
        return await request.read()


async def read_file(request: web.Request, offered: tuple[str, ...], at_most: int) -> bytes:
    """A body that is a file of one of these media types. Raises NotAFile, FileTooLarge, TooSlow, Invalid."""
    if request.content_type not in offered:
        raise NotAFile(offered)
    try:
        async with in_time(FILE_WITHIN):
            return await request.clone(client_max_size=at_most).read()
    except web.HTTPRequestEntityTooLarge:
        raise FileTooLarge(at_most) from None
    except (web.RequestPayloadError, ConnectionResetError):
        raise _unreadable() from None


def _unreadable() -> Invalid:
    detail = "The body cannot be read: it is not packed as Content-Encoding says, or it ends too early."
    return Invalid([Located("body", "", Fault("unreadable-body", detail))], malformed=True)


async def read_body(request: web.Request, shape: Request, gathered: Gathered) -> dict[str, Any]:
    """The typed fields of the body; with faults gathered, whatever could be read.

    No body at all means an empty object. Raises UnsupportedMedia, TooSlow, and aiohttp's own error for one over 1 MB.
    """
    try:
        body = await _whole(request)
    except (web.RequestPayloadError, ConnectionResetError):
        raise _unreadable() from None
    if not body:
        body = b"{}"
    elif request.content_type != "application/json":
        raise UnsupportedMedia(request.content_type)
    try:
        value, twice = parse_json(body)
    except Invalid as invalid:
        gathered.faults.extend(invalid.faults)
        gathered.malformed = True
        return {}
    gathered.faults.extend(twice)
    gathered.malformed |= bool(twice)
    try:
        return shape.read(value)
    except Invalid as invalid:
        gathered.faults.extend(invalid.faults)
        return {}


def read_path(request: web.Request, parameter: Parameter, gathered: Gathered) -> Any:
    text = request.match_info[parameter.name]
    return gathered.take("path", parameter.name, lambda: parameter.leaf.read_text(text))


def read_query(request: web.Request, parameters: Mapping[str, Parameter], gathered: Gathered) -> dict[str, Any]:
    """The query's parameters, each said at most once; one that is unknown is a fault."""
    found: dict[str, Any] = {}
    for name, text in request.rel_url.query.items():
        parameter = parameters.get(name)
        if parameter is None:
            gathered.add("query", pointer(name), unknown_parameter(name, parameters))
        elif name in found:
            gathered.add("query", pointer(name), Fault("repeated-parameter", _REPEATED))
        else:
            found[name] = gathered.take("query", name, partial(parameter.leaf.read_text, text))
    for name, parameter in parameters.items():
        if parameter.required and name not in found:
            gathered.add("query", pointer(name), Fault("required", "It is missing."))
    return {name: value for name, value in found.items() if value is not None}


def unknown_parameter(name: str, known: Mapping[str, Any]) -> Fault:
    """Names the parameters there are, as far as a sentence can hold them."""
    there = sorted(known)
    near = [other for other in there if other.partition(".")[0] == name.partition(".")[0]]
    near = near or get_close_matches(name, there, 5)
    if near:
        return Fault("unknown-parameter", f"There is no such parameter. Near to it: {', '.join(near)}.")
    if not there:
        return Fault("unknown-parameter", "There is no such parameter: this address takes none.")
    shown = ", ".join(there[:30])
    if len(there) > 30:
        return Fault("unknown-parameter", f"There is no such parameter. Among others, which /docs tells of: {shown}.")
    return Fault("unknown-parameter", f"There is no such parameter. There are: {shown}.")
