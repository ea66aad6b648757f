"""One table from our errors to problems (RFC 9457), and nothing else decides about a status."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any

from aiohttp import web

from api.binding import AT_MOST, FileTooLarge, NotAFile, NotAForm, TooSlow, UnsupportedMedia
from api.faults import FAULTS, Fault, Invalid, Located, pointer
from api.often import TooOften
from api.problems import Problem
from domain.kernel import Refused
from services.identity.asking import ProviderAway
from services.identity.signing_in import NotLetIn
from services.importing.plan import WrongFile
from services.orders import Forbidden, Stale, Unknown
from services.store.ports import Busy, CommandReused, Conflict, TooLarge, Unavailable
from services.views.ports import BadQuery, NotBuilt, NotYet

NAMED = 8
"""Places that the sentence on a request names; `errors` has all of them."""
HOW_TO_SIGN_IN = (
    "Commands carry a bearer token: `Authorization: Bearer <token>`.",
    "The register's operator makes one with `subsidia token`, bound to your accreditation.",
    "Programs may bring one that their identity provider signed (RFC 9068), where the operator has bound them to it.",
)


@dataclass
class NotSignedIn(Exception):
    """No bearer token came, or it is unknown, expired or revoked."""

    reason: str


class NoSuchAddress(Exception):
    """Nothing is served there."""


@dataclass
class AddressTooLong(Exception):
    """Nobody needs so many filters in one question."""

    at_most: int


@dataclass
class NoSuchThing(Exception):
    """The address has the right form, and there is nothing under it."""

    detail: str


@dataclass
class WrongMethod(Exception):
    """The address is served with other methods. `commands`: where those of its context are given, if it has one."""

    allowed: frozenset[str]
    commands: tuple[str, ...] = ()


@dataclass
class NotAcceptable(Exception):
    """None of the forms that the client takes is one that we have."""

    offered: tuple[str, ...]


@dataclass
class Overtaken(Exception):
    """It is stale. `changes`: which columns of its row are others since; None where no view can say it."""

    stale: Stale
    changes: Sequence[Mapping[str, Any]] | None = None


@dataclass
class NotRecorded(Exception):
    """A file was to be recorded, and nothing of it was: `told` says what it came to.

    `moved_on`: because that is something else than a trial showed; otherwise rows of it are bad.
    """

    told: Mapping[str, Any]
    moved_on: bool


@dataclass
class Behind(Exception):
    """A view did not reach the position that was waited for."""

    view: str
    wanted: int
    reached: int


PROBLEMS: dict[str, tuple[int, str]] = {
    "malformed-json": (400, "The body is no JSON"),
    "invalid-request": (400, "The request is not valid"),
    "not-let-in": (400, "Signing in did not come to its end"),
    "not-signed-in": (401, "A token is needed"),
    "forbidden": (403, "This is for others to do"),
    "no-such-address": (404, "Nothing is served here"),
    "unknown": (404, "There is no such thing"),
    "method-not-allowed": (405, "Not with this method"),
    "not-acceptable": (406, "Not in this form"),
    "too-slow": (408, "The body comes too slowly"),
    "refused": (409, "A rule says no"),
    "conflict": (409, "Others were quicker"),
    "sheet-moved-on": (409, "It would do something else by now"),
    "command-reused": (409, "The key was used for something else"),
    "stale": (412, "It has changed since you saw it"),
    "too-large": (413, "The body is too large"),
    "address-too-long": (414, "The address is too long"),
    "unsupported-media-type": (415, "The body is of another kind"),
    "bad-rows": (422, "Rows of the file are bad"),
    "wrong-file": (422, "It is no such file"),
    "record-too-large": (422, "The record would be too large"),
    "too-often": (429, "Too often from where you are"),
    "internal": (500, "Something is wrong with the register"),
    "busy": (503, "The ledger is busy"),
    "view-behind": (503, "The view is not there yet"),
    "provider-away": (503, "The identity provider cannot be reached"),
    "unavailable": (503, "The database cannot be reached"),
}
"""Every problem there is: its status and title. Invalid content of a readable body is 422 instead of 400."""


def _problem(code: str, *sentences: str, headers: Mapping[str, str] | None = None, **more: Any) -> Problem:
    status, title = PROBLEMS[code]
    return Problem(status, code, title, sentences, more, headers or {})


def plain_facts(value: Any) -> Any:
    """Facts of a refusal as JSON: what is no plain value becomes text or an object."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain_facts(inner) for key, inner in value.items()}
    if isinstance(value, (tuple, list, frozenset, set)):
        return [plain_facts(inner) for inner in value]
    if is_dataclass(value) and not isinstance(value, type):
        found = {one.name: plain_facts(getattr(value, one.name)) for one in fields(value)}
        return {name: inner for name, inner in found.items() if inner is not None}
    return str(value)


def _invalid(error: Invalid) -> Problem:
    code = "malformed-json" if error.malformed else "invalid-request"
    errors = [one.said() for one in error.faults[:FAULTS]]
    before, said = _whats_wrong(error.faults)
    return Problem(error.status, code, PROBLEMS[code][1], (said,), {"errors": errors}, before=before)


def _whats_wrong(faults: Sequence[Located]) -> tuple[str, str]:
    """One sentence on all faults, which names the places where the first ones lie; one alone has its place before."""
    places = list(dict.fromkeys(one.pointer[1:] for one in faults if one.pointer))
    if len(faults) == 1:
        return (places[0] if places else ""), str(faults[0].fault)
    named, many = ", ".join(places[:NAMED]) + (", ..." if len(places) > NAMED else ""), len(faults)
    if many > FAULTS and named:
        said = f"More than {FAULTS} things are wrong with the request: {named}; errors names the first {FAULTS}."
    elif many > FAULTS:
        said = f"More than {FAULTS} things are wrong with the request; errors names the first {FAULTS}."
    elif named:
        said = f"{many} things are wrong with the request: {named}; see errors."
    else:
        said = f"{many} things are wrong with the request; see errors."
    return "", said


def _refused(error: Refused) -> Problem:
    more: dict[str, Any] = {"reason": error.reason}
    if error.policy is not None:
        more["policy"] = {name: value for name, value in plain_facts(error.policy).items() if value}
    if error.fields:
        fault = Fault(error.code, error.reason)
        more["errors"] = [Located("body", pointer(*name.split(".")), fault).said() for name in error.fields]
    if error.facts:
        more["facts"] = plain_facts(error.facts)
    if error.names:
        more["names"] = {str(unit): name for unit, name in error.names.items()}
    unsaid = [name for name in error.names.values() if name not in error.reason]
    return Problem(409, error.code, PROBLEMS["refused"][1], (error.reason,), more, names=unsaid)


def _conflict(error: Conflict) -> Problem:
    moved = [{"stream": str(stream), "expected": old, "found": new} for stream, old, new in error.moved]
    detail = "What the decision rested on changed three times while it was made. Try again."
    return _problem("conflict", detail, headers={"Retry-After": "1"}, moved=moved)


def _stale(error: Stale, **more: Any) -> Problem:
    return _problem(
        "stale",
        str(error),
        headers={"ETag": f'"{error.found}"'},
        expected=error.expected,
        found=error.found,
        what_changed=list(error.what_changed),
        **more,
    )


def _overtaken(error: Overtaken) -> Problem:
    return _stale(error.stale) if error.changes is None else _stale(error.stale, changes=list(error.changes))


def _unavailable(error: Unavailable) -> Problem:
    more = {"recorded": error.recorded} if error.recorded is not False else {}
    detail = "Try again in a moment."
    if error.recorded is None:
        detail = "Nobody can know yet whether the command was recorded. Repeat it with the same Idempotency-Key."
    elif error.recorded:
        detail = "The command was recorded. Repeat it with the same Idempotency-Key for its receipt."
    return _problem("unavailable", detail, headers={"Retry-After": "2"}, **more)


def _not_yet(error: NotYet) -> Problem:
    return _problem("view-behind", str(error), headers={"Retry-After": "1"}, wanted=error.asked, reached=error.position)


def _wrong_method(error: WrongMethod) -> Problem:
    allowed = ", ".join(sorted(error.allowed))
    if not error.commands:
        return _problem("method-not-allowed", f"It is served with {allowed}.", headers={"Allow": allowed})
    detail = f"No command is given at this address, which is served with {allowed}; `commands` names those there are."
    return _problem("method-not-allowed", detail, headers={"Allow": allowed}, commands=list(error.commands))


def _not_recorded(error: NotRecorded) -> Problem:
    if error.moved_on:
        detail = "Nothing was recorded: file or register are others than when it was tried. Look at `sheet` once more."
        return _problem("sheet-moved-on", detail, sheet=error.told)
    detail = "Nothing was recorded: `sheet` names every bad cell. With `valid_only` the other rows are recorded."
    return _problem("bad-rows", detail, sheet=error.told)


def _behind(error: Behind) -> Problem:
    detail = f"The view {error.view} has not reached position {error.wanted} yet; it is at {error.reached}."
    return _problem("view-behind", detail, headers={"Retry-After": "1"}, wanted=error.wanted, reached=error.reached)


TABLE: Mapping[type[BaseException], Callable[[Any], Problem]] = {
    Invalid: _invalid,
    Refused: _refused,
    TooSlow: lambda error: _problem(
        "too-slow", f"A body has to come within {error.within:.0f} seconds.", headers={"Connection": "close"}
    ),
    Forbidden: lambda error: _problem("forbidden", error.reason, who_could=list(error.who_could)),
    Unknown: lambda error: _problem("unknown", str(error)),
    Stale: _stale,
    Overtaken: _overtaken,
    Conflict: _conflict,
    CommandReused: lambda error: _problem(
        "command-reused", "This Idempotency-Key was used before, for another request. Take a new one."
    ),
    Busy: lambda error: _problem("busy", str(error), headers={"Retry-After": str(error.retry_after)}),
    TooLarge: lambda error: _problem("record-too-large", str(error), size=error.size, at_most=65_535),
    Unavailable: _unavailable,
    BadQuery: lambda error: _invalid(Invalid([Located("query", pointer(error.asked), Fault("invalid", error.reason))])),
    NotYet: _not_yet,
    NotBuilt: lambda error: _problem(
        "view-behind", "The view is being made; come back in a moment.", headers={"Retry-After": "5"}
    ),
    Behind: _behind,
    NotSignedIn: lambda error: _problem(
        "not-signed-in", error.reason, *HOW_TO_SIGN_IN, headers={"WWW-Authenticate": 'Bearer realm="subsidia"'}
    ),
    NotLetIn: lambda error: _problem("not-let-in", error.reason),
    TooOften: lambda error: _problem(
        "too-often",
        "Signing in failed too often from where you are. Try again in ten minutes.",
        "Tokens of this register are taken meanwhile.",
        headers={"Retry-After": str(error.seconds)},
    ),
    ProviderAway: lambda error: _problem(
        "provider-away",
        "Try again in a moment.",
        "Tokens of this register are taken meanwhile.",
        headers={"Retry-After": "10"},
    ),
    AddressTooLong: lambda error: _problem(
        "address-too-long",
        f"An address has at most {error.at_most} bytes: ask for less at once, or in several pages.",
        at_most=error.at_most,
    ),
    NoSuchAddress: lambda error: _problem("no-such-address", "See /docs for what is served."),
    NoSuchThing: lambda error: _problem("unknown", error.detail),
    WrongMethod: _wrong_method,
    NotAcceptable: lambda error: _problem(
        "not-acceptable", f"It is served as {', '.join(error.offered)}.", offered=list(error.offered)
    ),
    UnsupportedMedia: lambda error: _problem(
        "unsupported-media-type", "A JSON body is asked for: Content-Type: application/json."
    ),
    NotAFile: lambda error: _problem(
        "unsupported-media-type", "A file is asked for, with its Content-Type.", offered=list(error.offered)
    ),
    FileTooLarge: lambda error: _problem(
        "too-large", f"A file has at most {error.at_most} bytes.", at_most=error.at_most
    ),
    WrongFile: lambda error: _problem("wrong-file", str(error)),
    NotRecorded: _not_recorded,
    NotAForm: lambda error: _problem(
        "unsupported-media-type", "A form is asked for: Content-Type: application/x-www-form-urlencoded."
    ),
    web.HTTPRequestEntityTooLarge: lambda error: _problem(
        "too-large", f"A body has at most {AT_MOST} bytes.", at_most=AT_MOST
    ),
}


def problem_of(error: BaseException) -> Problem | None:
    """The problem that an error means; None for one that nobody foresaw."""
    for kind in type(error).__mro__:
        if kind in TABLE:
            return TABLE[kind](error)
    return None


def unforeseen() -> Problem:
    return _problem("internal", "It has been logged under this request's id. Nothing more is said here.")
