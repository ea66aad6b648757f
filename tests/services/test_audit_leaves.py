"""Reading records fast and with care comes to the same: on real records, and on whatever is made of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.ledger.history import Members
from domain.ledger.records import MAX_INTEGER, canonical
from services.audit import leaves
from services.audit.bundle import Bundle
from services.audit.leaves import TOGETHER, Leaf, Unreadable, read, read_all
from tests.services.audited import Golden

OAK = "00000000-0000-0000-0000-000000000001"
whole = {
    "v": 1, "ledger": "example.org/ledger", "id": OAK, "ver": 1, "type": "tree-planted.1",
    "at": "2026-11-25T10:00:00.000000Z", "cmd": "10000000-0000-0000-0000-000000000001", "of": [1, 1],
    "actor": {"system": "clock"}, "effective_on": "2026", "rules": "trees.1", "data": {"name": {"fr": "Chêne n° 1"}},
    "command": {"name": "trees.plant", "fields": {"count": 3}}, "reads": [[OAK, 1]], "lang": "fr", "because": "Été.",
    "sealed": {"/planter": "ab" * 32}, "blob": [{"len": 3, "name": "a"}], "policies": ["trees@1"], "vis": "public",
}  # fmt: skip
written = canonical(whole)  # type: ignore[arg-type]


def outcome(record: bytes, reading: Any = read) -> dict[str, Any] | tuple[str, str]:
    """The members, or the code of what is wrong and what else is said of it."""
    try:
        return told(reading(record, 7))
    except Unreadable as error:
        return told(error)


def told(found: Leaf | Members | Unreadable) -> dict[str, Any] | tuple[str, str]:
    if isinstance(found, Unreadable):
        return found.finding.code, found.finding.says
    return {name: plain(getattr(found, name)) for name in Members.__dataclass_fields__}


def plain(value: Any) -> Any:
    """Tuples and lists alike."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def agreed(record: bytes) -> dict[str, Any] | tuple[str, str]:
    found = outcome(record)
    assert found == outcome(record, leaves._with_care)
    return found


def test_our_own_records_are_read_fast(bundled: Path, golden: Golden) -> None:
    for position, record in Bundle(bundled).records(0, golden.size):
        assert isinstance(read(record, position), Leaf), record
        agreed(record)
    assert isinstance(read(written, 0), Leaf)
    assert agreed(written)


@pytest.mark.parametrize(
    ("spoilt", "code"),
    [
        (written.replace(b'"count":3', b'"count":3.0'), "record-holds-float"),
        (written.replace(b'"count":3', b'"count":1e2'), "record-holds-float"),
        (written.replace(b'"count":3', b'"count":null'), "record-holds-null"),
        (written.replace(b'"lang":"fr"', b'"lang":null'), "record-holds-null"),
        (written.replace(b'"count":3', b'"count":%d' % (MAX_INTEGER + 1)), "record-integer-too-large"),
        (written.replace(b'"count":3', b'"count":-%d' % (MAX_INTEGER + 1)), "record-integer-too-large"),
        (written.replace(b'"count":3', b'"count":3,"count":3'), "record-key-twice"),
        (written.replace(b'"count":3', '"été":3'.encode()), "record-key-not-ascii"),
        (written.replace(b'"count":3', '"a\\"é":3'.encode()), "record-key-not-ascii"),
        (written.replace(b'"count":3', '"é:":3'.encode()), "record-key-not-ascii"),
        (written.replace(b'"system"', '"systèm"'.encode()), "record-key-not-ascii"),
        (written.replace(b'"/planter"', '"/été"'.encode()), "record-key-not-ascii"),
        (written.replace(b'"len":3', '"lén":3'.encode()), "record-key-not-ascii"),
        (written.replace(b'"count":3', b'"_type_":3'), "record-key-reserved"),
        (written.replace(b'"count":3', b'"_data_":3'), "record-key-reserved"),
        (written.replace(b'"count":3', b'"count": 3'), "record-not-canonical"),
        (written.replace(b'"count":3', b'"count":3,"aa":1'), "record-not-canonical"),
        (written.replace("Été".encode(), b"\\u00c9t\\u00e9"), "record-not-canonical"),
        (written.replace("Été".encode(), b"\\ud800"), "record-not-unicode"),
        (written.replace("Été".encode(), b"\xff"), "record-not-unicode"),
        (written.replace(b'"count":3', b'"count":' + b"[" * 101 + b"]" * 101), "record-too-deep"),
        (written.replace(b'"count":3', b'"count":' + b"[" * 9999 + b"]" * 9999), "record-too-deep"),
        (written.replace("Été".encode(), b"x" * 65_536), "record-too-large"),
        (written.replace(b'"of":[1,1]', b'"of":[2,1]'), "record-malformed"),
        (written.replace(b'"of":[1,1]', b'"of":[1,1,1]'), "record-malformed"),
        (written.replace(b'"ver":1', b'"ver":0'), "record-malformed"),
        (written.replace(b'"v":1,', b'"v":true,'), "record-malformed"),
        (written.replace(b'"actor":{"system":"clock"}', b'"actor":{}'), "record-malformed"),
        (written.replace(b"2026-11-25T", b"2026-11-25t"), "record-malformed"),
        (written.replace(b'"effective_on":"2026"', b'"effective_on":"soon"'), "record-malformed"),
        (written.replace(b'"id":"0', b'"id":"A'), "record-malformed"),
        (written.replace(b'"reads":[["0', b'"reads":[["x'), "record-malformed"),
        (written.replace(b'"cmd":"1', b'"cmd":"11').replace(b'"id":"0', b'"id":"'), "record-malformed"),
        (written.replace(b'"id":"', b'"id":"%b,' % OAK.encode()), "record-malformed"),
        (written.replace(b"2026-11-25T", "2026-11-2٥T".encode()), "record-malformed"),
        (written.replace(b'.000000Z"', b'.00000Z"'), "record-malformed"),
        (b"[" + written + b"]", "record-not-object"),
        (written + written, "record-not-json"),
        (b"", "record-not-json"),
    ],
)
def test_what_is_no_record_is_found_with_care(spoilt: bytes, code: str) -> None:
    assert spoilt != written
    assert agreed(spoilt)[0] == code  # type: ignore[index]


def test_records_read_together_come_to_the_same_as_one_by_one(bundled: Path, golden: Golden) -> None:
    """Wherever in a run something is amiss, and whatever it is, the others are what they are."""
    ours = [record for _, record in Bundle(bundled).records(0, golden.size)][: 2 * TOGETHER]
    spoilt = [b"", written + b"\n", b"\n" + written, written[:-1], b"{}", written.replace(b"trees.1", b"\xff")]
    unusual = [written[:-1] + b',"w":1}', written.replace(b"Ch", b"\\\\Ch"), written]
    for place in (0, 1, TOGETHER - 1, TOGETHER, 2 * TOGETHER):
        for other in (*spoilt, *unusual):
            records = [*ours[:place], other, *ours[place:]]
            found = list(read_all(records, 7))
            assert list(map(told, found)) == list(map(outcome, records))
            unreadable = [one.finding.position for one in found if isinstance(one, Unreadable)]
            assert unreadable == ([7 + place] if other in spoilt else [])


@pytest.mark.parametrize(
    "members",
    [
        {"later": {"a": 1}},  # what a later version may add
        {"because": 3},
        {"actor": {"unit": 5}},
        {"reads": []},
        {"blob": []},
        {"lang": ""},
        {"data": {"deep": [[[[[[[[[[[["down here"]]]]]]]]]]]]}},
        {"at": "9999-99-99T99:99:99.999999Z"},
        {"data": {"text": 'quoted "é": here, \\ and\nthere'}},
        {"data": {"_other": {"__": "_type_"}}},
    ],
)
def test_unusual_records_are_records_all_the_same(members: dict[str, Any]) -> None:
    found = agreed(canonical(whole | members))  # type: ignore[arg-type]
    assert isinstance(found, dict)


@given(data=st.data())
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_ways_of_reading_agree_on_bytes_put_in_another_s_place(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(written) - 1))
    length = data.draw(st.integers(0, 3))
    other = data.draw(
        st.binary(max_size=3)
        | st.sampled_from([b"null", b"1.0", b'"', b'":', b"\\", b"[", b"{}", b"_type_", "é".encode(), b"-0", b"1e1"])
    )
    agreed(written[:place] + other + written[place + length :])


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(member=st.sampled_from([*whole, "later"]), value=ANYTHING, escaped=st.booleans())
@settings(max_examples=400)
def test_both_ways_of_reading_agree_on_any_value_of_a_member(member: str, value: object, escaped: bool) -> None:
    try:
        text = json.dumps(whole | {member: value}, sort_keys=True, ensure_ascii=escaped, separators=(",", ":"))
        record = text.encode()
    except UnicodeEncodeError:
        return
    agreed(record)
