"""Reads records fast where they are written as ours are, and with care where they are not: both say the same."""

import re
from collections.abc import Mapping
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from domain.kernel import PartialDate
from domain.ledger.findings import Finding
from domain.ledger.history import MOMENT, UUID_FORM, Members, malformed, unfit
from domain.ledger.records import MAX_BYTES, MAX_INTEGER, BadLeaf, check_leaf

_Scalar: TypeAlias = str | bool | Annotated[int, Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]
_Json: Any = _Scalar
for _ in range(8):  # deeper ones are read with care
    _Json = _Scalar | list[_Json] | dict[str, _Json]
_Object: Any = dict[str, _Json]
_Whole: TypeAlias = Annotated[int, Meta(ge=1, le=MAX_INTEGER)]
_Text: TypeAlias = Annotated[str, Meta(min_length=1)]


class Leaf(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """A record's members, each of its type. They stand in the order of their names, in which they are written again."""

    actor: Annotated[dict[str, str], Meta(min_length=1)]
    at: str
    basis: str | None = None
    because: str | None = None
    blob: list[_Json] | None = None
    cause: str | None = None
    cmd: str
    command: _Object | None = None
    corrects: str | None = None
    data: _Object
    effective_on: str
    id: str
    lang: str | None = None
    ledger: _Text
    of: tuple[_Whole, _Whole]
    policies: list[str] | None = None
    reads: list[tuple[str, int]] | None = None
    rules: _Text
    sealed: dict[str, str] | None = None
    sig: str | None = None
    type: _Text
    v: Literal[1]
    ver: _Whole
    vis: str | None = None


class Unreadable(Exception):
    """These bytes are no record; the finding says why, and where `members` are known they are of some use."""

    def __init__(self, finding: Finding, members: Mapping[str, Any]) -> None:
        super().__init__(finding.says)
        self.finding, self.members = finding, members


_decode = msgspec.json.Decoder(Leaf).decode
_encode = msgspec.json.Encoder(order="deterministic").encode
_shaped = re.compile(rf"{UUID_FORM}{UUID_FORM}{MOMENT}").fullmatch
# Many records count from the same days and were decided on the same few things.
_is_day = lru_cache(4096)(re.compile(PartialDate.FORM).fullmatch)
_is_stream = lru_cache(4096)(re.compile(UUID_FORM).fullmatch)
_first = itemgetter(0)
_heading = attrgetter("cmd", "id", "at", "effective_on", "reads")
_approved: list[tuple[Any, ...]] = [()]
"""The last heading that was found to be of its form."""


def read(record: bytes, position: int) -> Leaf | Members:
    """The members of a record that is one in every respect. Raises Unreadable.

    What is written again as the very same bytes, from values that records may hold, is canonical: so nothing passes
    that `check_leaf` and `malformed` refuse. Whatever else there is, they read; they say precisely what is wrong.
    """
    try:
        leaf = _decode(record)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _with_care(record, position)
    if (
        _encode(leaf) == record
        and b'"_' not in record  # what begins so may be a reserved key
        and (_heading(leaf) == _approved[0] or _is_headed(leaf))
        and leaf.of[0] <= leaf.of[1]
        and len(record) <= MAX_BYTES
        and (record.isascii() or _has_ascii_keys(record, leaf))
    ):
        return leaf
    return _with_care(record, position)


def _is_headed(leaf: Leaf) -> bool:
    """Whether what records of one command have in common is of its form: of the next of them it is the same."""
    if (
        _shaped(f"{leaf.id}{leaf.cmd}{leaf.at}")
        and _is_day(leaf.effective_on)
        and (leaf.reads is None or all(map(_is_stream, map(_first, leaf.reads))))
    ):
        _approved[0] = _heading(leaf)
        return True
    return False


def trusted(record: bytes, position: int) -> Leaf | Members:
    """The members of a record of which it is known that `read` reads it."""
    try:
        return _decode(record)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return read(record, position)


def _with_care(record: bytes, position: int) -> Members:
    try:
        leaf = check_leaf(record)
    except BadLeaf as bad:
        raise Unreadable(Finding(bad.code, str(bad), position), {}) from None
    if fault := malformed(leaf):
        raise Unreadable(unfit(position, leaf, fault), leaf)
    return Members.of_leaf(leaf)


def _has_ascii_keys(record: bytes, leaf: Leaf) -> bool:
    """Whether every key of a record that is not ASCII is. Only quotes and colons are left of it, to see that fast."""
    if b"\\" not in record:
        return _key_not_ascii(record.translate(_MARKS, _OTHERS)) is None
    return all(map(_ascii, (leaf.actor, leaf.data, leaf.command, leaf.blob, leaf.sealed)))


_MARKS = bytes(min(byte, 0x80) for byte in range(256))
_OTHERS = bytes(byte for byte in range(0x80) if byte not in b'":')
_key_not_ascii = re.compile(rb'\x80[\x80:]*":').search


def _ascii(value: Any) -> bool:
    if type(value) is dict:
        return "".join(value).isascii() and all(map(_ascii, value.values()))
    return all(map(_ascii, value)) if type(value) is list else True
