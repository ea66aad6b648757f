"""A record as a leaf of the tree: which bytes may be one, and what they and sealed values hash to."""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NoReturn

from domain.kernel import Json

MAX_BYTES = 65_535
"""An entry bundle gives a record's length in two bytes."""
MAX_INTEGER = 2**53 - 1
"""The integers that every JSON reader holds exactly (RFC 7493, RFC 8785)."""
MAX_DEPTH = 100
"""Objects and arrays within one another: far more than any record needs, far fewer than make a reader fail."""
RESERVED = frozenset({"_type_", "_data_"})
"""Keys by which the eventsourcing library marks values of its own; a record with one would be read as another thing."""
SEALED = b"subsidia sealed value v1\x00"
SALT_BYTES = 32


class BadLeaf(ValueError):
    """These bytes are no record: `code` for programs, the sentence for people."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def leaf_hash(record: bytes) -> bytes:
    """The 32-byte hash of a record in the tree (RFC 6962)."""
    return sha256(b"\x00" + record).digest()


def canonical(value: Json) -> bytes:
    """Canonical JSON (RFC 8785) of a value of which `check_leaf` approves.

    Raises ValueError for half of a surrogate pair. Other values than records hold may come out as something else.
    """
    return _ENCODER.encode(value).encode()


def sealed_hash(salt: bytes, text: str) -> str:
    """What stands in a record for a sealed text: 64 hexadecimal digits. The salt is 32 bytes, fresh for each value.

    Raises ValueError for another salt, or for half of a surrogate pair in the text.
    """
    return opened_hash(salt, canonical(text))


def opened_hash(salt: bytes, value: bytes) -> str:
    """The same from an opening's value, which is canonical JSON already."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"A salt is {SALT_BYTES} bytes, not {len(salt)}.")
    return sha256(SEALED + salt + value).hexdigest()


def check_leaf(record: bytes) -> dict[str, Any]:
    """The record as values. Raises BadLeaf for bytes that no record of a ledger may be."""
    if len(record) > MAX_BYTES:
        raise BadLeaf("record-too-large", f"The record is {len(record)} bytes; {MAX_BYTES} is the most there may be.")
    try:
        leaf = _DECODER.decode(record.decode())
        written = canonical(leaf)
    except BadLeaf:
        raise
    except UnicodeDecodeError as error:
        raise BadLeaf("record-not-unicode", f"The record is not UTF-8: byte {error.start} is none.") from error
    except UnicodeEncodeError as error:
        raise BadLeaf("record-not-unicode", "The record holds half of a surrogate pair.") from error
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise BadLeaf("record-not-json", f"The record is not JSON: {error}.") from error
    if not isinstance(leaf, dict):
        raise BadLeaf("record-not-object", "The record is JSON, but not an object.")
    # Only a record with these bytes in it can hold null or nest too deep; most need not be walked through.
    if b"null" in record or record.count(b"{") + record.count(b"[") > MAX_DEPTH:
        _check_values(leaf)
    if written != record:
        raise BadLeaf("record-not-canonical", f"The record is not canonical JSON: {_where(written, record)}.")
    return leaf


def _check_values(leaf: dict[str, Any]) -> None:
    level, depth = [leaf], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        below = list[Any]()
        for whole in level:
            for value in whole.values() if type(whole) is dict else whole:
                kind = type(value)
                if kind is dict or kind is list:
                    below.append(value)
                elif value is None:
                    raise BadLeaf("record-holds-null", "The record holds null: what is unknown is absent.")
        level = below


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadLeaf("record-key-twice", "An object of the record has one key twice.")
    if not "".join(found).isascii():
        key = next(key for key in found if not key.isascii())
        raise BadLeaf("record-key-not-ascii", f"The record has the key {key!r}, which is not ASCII.")
    if not RESERVED.isdisjoint(found):
        key = min(RESERVED.intersection(found))
        raise BadLeaf("record-key-reserved", f"The record has the key {key!r}, which is reserved.")
    return found


def _integer(digits: str) -> int:
    # Sixteen digits and a sign hold every integer there may be; longer ones are not worth reading.
    if len(digits) > 17 or not -MAX_INTEGER <= (number := int(digits)) <= MAX_INTEGER:
        raise BadLeaf("record-integer-too-large", f"The record holds an integer beyond {MAX_INTEGER}.")
    return number


def _no_float(digits: str) -> NoReturn:
    raise BadLeaf("record-holds-float", f"The record holds the number {digits[:40]}: only integers stand as numbers.")


def _too_deep() -> BadLeaf:
    return BadLeaf("record-too-deep", f"The record nests more than {MAX_DEPTH} objects and arrays.")


def _where(written: bytes, found: bytes) -> str:
    place = next((at for at, (one, other) in enumerate(zip(written, found, strict=False)) if one != other), None)
    return f"it departs at byte {min(len(written), len(found)) if place is None else place}"


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_no_float, parse_constant=_no_float
)
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
