"""Which bytes may be a record, and that they are those of RFC 8785."""

import json
from hashlib import sha256
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger.records import (
    MAX_BYTES,
    MAX_INTEGER,
    RESERVED,
    BadLeaf,
    canonical,
    check_leaf,
    leaf_hash,
    opened_hash,
    sealed_hash,
)

SALT = bytes(range(32))

texts = st.text(st.characters(exclude_categories=["Cs"]))
keys = st.text(st.characters(max_codepoint=127)).filter(lambda key: key not in RESERVED)
values = st.recursive(
    st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)
records = st.dictionaries(keys, values, max_size=6)


def refusal(record: bytes) -> BadLeaf:
    with pytest.raises(BadLeaf) as caught:
        check_leaf(record)
    assert str(caught.value).endswith("."), "a refusal is a sentence for people"
    return caught.value


@given(records)
def test_what_records_may_hold_is_written_as_rfc8785_has_it(record: dict[str, Any]) -> None:
    written = canonical(record)
    assert written == rfc8785.dumps(record)
    assert check_leaf(written) == record


@given(records)
def test_any_other_spelling_of_a_record_is_refused(record: dict[str, Any]) -> None:
    written = canonical(record)
    for spelling in (json.dumps(record), json.dumps(record, ensure_ascii=False, indent=0), f" {written.decode()}"):
        if spelling.encode() != written:
            assert refusal(spelling.encode()).code == "record-not-canonical"


@given(st.binary(max_size=60) | records.map(canonical).map(lambda whole: whole[:-1]))
def test_whatever_the_bytes_are_they_are_a_record_or_refused(content: bytes) -> None:
    try:
        leaf = check_leaf(content)
    except BadLeaf:
        return
    assert rfc8785.dumps(leaf) == content


@pytest.mark.parametrize(
    ("code", "record"),
    [
        ("record-not-unicode", b'{"a":"\xff"}'),
        ("record-not-unicode", b'{"a":"\\ud800"}'),
        ("record-not-unicode", b'{"a":"\\udc00\\ud800"}'),
        ("record-not-unicode", b'{"a":"\xed\xa0\x80"}'),
        ("record-not-json", b""),
        ("record-not-json", b"{"),
        ("record-not-json", b'\xef\xbb\xbf{"a":1}'),
        ("record-not-json", b'{"a":"\x00"}'),
        ("record-not-json", b'{"a":1}{"a":1}'),
        ("record-not-json", b"{'a':1}"),
        ("record-not-object", b"[]"),
        ("record-not-object", b'"a"'),
        ("record-not-object", b"1"),
        ("record-holds-float", b'{"a":1.5}'),
        ("record-holds-float", b'{"a":1.0}'),
        ("record-holds-float", b'{"a":1e5}'),
        ("record-holds-float", b'{"a":NaN}'),
        ("record-holds-float", b'{"a":-Infinity}'),
        ("record-holds-null", b'{"a":null}'),
        ("record-holds-null", b'{"a":[[{"b":[1,null]}]]}'),
        ("record-integer-too-large", b'{"a":9007199254740992}'),
        ("record-integer-too-large", b'{"a":-9007199254740992}'),
        ("record-integer-too-large", b'{"a":' + b"9" * 5000 + b"}"),
        ("record-key-twice", b'{"a":1,"a":1}'),
        ("record-key-twice", b'{"a":{"b":1,"b":2}}'),
        ("record-key-twice", b'{"a":1,"\\u0061":1}'),
        ("record-key-not-ascii", '{"é":1}'.encode()),
        ("record-key-not-ascii", '{"a":[{"b":{"ж":1}}]}'.encode()),
        ("record-key-reserved", b'{"_type_":"x"}'),
        ("record-key-reserved", b'{"data":{"_data_":1}}'),
        ("record-not-canonical", b'{"b":1,"a":2}'),
        ("record-not-canonical", b'{"a": 1}'),
        ("record-not-canonical", b'{"a":1}\n'),
        ("record-not-canonical", b'{"a":-0}'),
        ("record-not-canonical", b'{"a":"\\u00e9"}'),
        ("record-not-canonical", b'{"a":"\\/"}'),
        ("record-not-canonical", b'{"a":"\\u000A"}'),
        ("record-too-deep", b'{"a":' + b"[" * 100 + b"]" * 100 + b"}"),
        ("record-too-deep", b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}"),
    ],
)
def test_bytes_that_are_no_record(code: str, record: bytes) -> None:
    assert refusal(record).code == code


def test_a_record_that_nests_and_never_ends_is_none() -> None:
    """How far a reader comes before it gives up is Python's to say."""
    assert refusal(b'{"a":' + b"[" * 60_000).code in ("record-too-deep", "record-not-json")


@pytest.mark.parametrize(
    "record",
    [
        b"{}",
        b'{"a":9007199254740991,"b":-9007199254740991}',
        b'{"a":"null","b":"_type_"}',
        b'{"a":"\\u0000\\b\\t\\n\\f\\r\\"\\\\\\u001f\x7f"}',
        '{"a":"é\u2028\U0001f600"}'.encode(),
        b'{"a":' + b"[" * 99 + b"]" * 99 + b"}",
        b'{"a":' + b",".join([b"[[{}],true]"] * 200).join([b"[", b"]"]) + b"}",
    ],
)
def test_bytes_at_the_edge_of_what_a_record_may_be(record: bytes) -> None:
    assert rfc8785.dumps(check_leaf(record)) == record


def test_a_record_fits_into_an_entry_bundle() -> None:
    largest = b'{"a":"' + b"x" * (MAX_BYTES - 8) + b'"}'
    assert len(largest) == 65_535
    assert check_leaf(largest)
    assert refusal(largest[:-2] + b'x"}').code == "record-too-large"


def test_a_leaf_is_hashed_with_the_prefix_of_leaves() -> None:
    # The published hash of the empty leaf (RFC 6962).
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert leaf_hash(b'{"v":1}') == sha256(b'\x00{"v":1}').digest()


@given(texts)
def test_an_opened_value_leads_back_to_what_was_sealed(text: str) -> None:
    # The store keeps what msgspec writes.
    assert sealed_hash(SALT, text) == opened_hash(SALT, msgspec.json.encode(text))


def test_a_sealed_value_is_told_by_text_and_salt() -> None:
    found = sealed_hash(SALT, "Ж. Müller")
    assert found == sha256(b"subsidia sealed value v1\x00" + SALT + '"Ж. Müller"'.encode()).hexdigest()
    assert len({found, sealed_hash(SALT, "Ж. Muller"), sealed_hash(bytes(32), "Ж. Müller")}) == 3
    for salt in (b"", bytes(31), bytes(33)):
        with pytest.raises(ValueError, match="32 bytes"):
            sealed_hash(salt, "x")
    with pytest.raises(UnicodeError):
        sealed_hash(SALT, "\ud800")
