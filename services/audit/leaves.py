"""Reads records fast where they are written as ours are, and with care where they are not: both say the same."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta
from stringzilla import find  # type: ignore[import-not-found]

from domain.kernel import PartialDate
from domain.ledger.findings import Finding
from domain.ledger.history import Members, malformed, unfit
from domain.ledger.records import MAX_BYTES, MAX_INTEGER, RESERVED, BadLeaf, check_leaf

_Integer: TypeAlias = Annotated[int, Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]
_Scalar: TypeAlias = str | bool | _Integer
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
    reads: list[tuple[str, _Integer]] | None = None
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
_encode_lines = msgspec.json.Encoder(order="deterministic").encode_lines
_UUID = b"00000000-0000-0000-0000-000000000000", bytes.maketrans(b"123456789abcdef", b"0" * 15)
_MOMENT = b"0000-00-00T00:00:00.000000Z", bytes.maketrans(b"123456789", b"0" * 9)
_is_day = lru_cache(4096)(re.compile(PartialDate.FORM).fullmatch)
_RESERVED = tuple(key.encode() for key in sorted(RESERVED))
TOGETHER = 32
"""Records that are read in one go: more of them, and the first has left the processor's cache with the last."""


def read_all(records: Sequence[bytes], first: int) -> Iterator[Leaf | Members | Unreadable]:
    """What `read` gives of each record, or raises; quicker, where all is well with them. `first`: their position."""
    for begin in range(0, len(records), TOGETHER):
        together = records[begin : begin + TOGETHER]
        leaves = _quickly(together)
        yield from map(_either, together, count(first + begin)) if leaves is None else leaves


def _either(record: bytes, position: int) -> Leaf | Members | Unreadable:
    try:
        return read(record, position)
    except Unreadable as error:
        return error


def read(record: bytes, position: int) -> Leaf | Members:
    """The members of a record that is one in every respect. Raises Unreadable."""
    leaves = _quickly([record])
    return _with_care(record, position) if leaves is None else leaves[0]


def _quickly(records: Sequence[bytes]) -> Sequence[Leaf] | None:
    """The members of records that are ones in every respect. None: they may be, or not, read them with care.

    What is written again as the very same bytes, from values that records may hold, is canonical: so nothing passes
    that `check_leaf` and `malformed` refuse. Whatever else there is, they read; they say precisely what is wrong.
    """
    try:
        leaves = list(map(_decode, records))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    whole = b"\n".join(records) + b"\n"
    well = (
        # What is written has no other line breaks: as many lines, and the same, are the same one by one.
        _encode_lines(leaves) == whole
        and all(find(whole, key) < 0 for key in _RESERVED)
        and _are_headed(leaves)
        and (len(whole) <= MAX_BYTES or max(map(len, records)) <= MAX_BYTES)
        and (whole.isascii() or _have_ascii_keys(records, leaves))
    )
    return leaves if well else None


def _are_headed(leaves: Sequence[Leaf]) -> bool:
    """Whether what is said around the data is of its form."""
    uuids, moments, days, seen = list[str](), list[str](), set[str](), None
    for leaf in leaves:
        number, many = leaf.of
        if number > many:
            return False
        uuids.append(leaf.id)
        uuids.append(leaf.cmd)
        moments.append(leaf.at)
        days.add(leaf.effective_on)
        if leaf.reads != seen:  # the records of one command say the same
            seen = leaf.reads
            uuids += [stream for stream, _ in seen or ()]
    return _are_all(_UUID, uuids) and _are_all(_MOMENT, moments) and all(map(_is_day, days))


def _are_all(form: tuple[bytes, bytes], texts: Sequence[str]) -> bool:
    """Whether all of them are of this form once every digit is 0. No digit is a comma: each ends where it must."""
    nought, digits = form
    return ",".join(texts).encode().translate(digits) == b",".join([nought] * len(texts))


def trusted(records: Sequence[bytes], first: int) -> Iterator[Leaf | Members | Unreadable]:
    """As `read_all`, of records that are known to be ones."""
    for position, record in enumerate(records, start=first):
        try:
            yield _decode(record)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            yield _either(record, position)


def _with_care(record: bytes, position: int) -> Members:
    try:
        leaf = check_leaf(record)
    except BadLeaf as bad:
        raise Unreadable(Finding(bad.code, str(bad), position), {}) from None
    if fault := malformed(leaf):
        raise Unreadable(unfit(position, leaf, fault), leaf)
    return Members.of_leaf(leaf)


def _have_ascii_keys(records: Sequence[bytes], leaves: Sequence[Leaf]) -> bool:
    """Whether every key is ASCII: no text with another character in it stands before a colon."""
    foreign = b"\n".join([record for record in records if not record.isascii()])
    if b"\\" not in foreign:
        return _marked_key(foreign.translate(_MARKED)) is None
    return all(_ascii(getattr(leaf, name)) for leaf in leaves for name in _OBJECTS)


_OBJECTS = ("actor", "data", "command", "blob", "sealed")
_MARKED = bytes(min(byte, 0x80) for byte in range(256))
"""Makes one byte of all that are not ASCII: for one that is always the same, a regular expression looks fastest."""
_marked_key = re.compile(rb'\x80[^"\x80]*":').search
"""From a text's last such byte on: from any, it would begin anew at each, in Greek or Bulgarian for minutes."""


def _ascii(value: Any) -> bool:
    if type(value) is dict:
        return "".join(value).isascii() and all(map(_ascii, value.values()))
    return all(map(_ascii, value)) if type(value) is list else True
