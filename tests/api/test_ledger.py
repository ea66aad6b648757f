"""The ledger over HTTP: what anybody needs to verify a record, with nothing of ours but the bytes."""

import base64
import hashlib
import json

import pytest

from domain.ledger import proofs
from tests.api.client import get, give, proposed
from tests.api.conftest import Live


def root_of(note: str) -> tuple[int, bytes]:
    """The size and root that a checkpoint signs."""
    lines = note.split("\n")
    return int(lines[1]), base64.b64decode(lines[2])


def climbs(leaf: bytes, position: int, size: int, hashes: list[str]) -> bytes:
    """RFC 9162, 2.1.3.2, written down anew: the root that an inclusion proof leads to."""
    node, last, root = position, size - 1, leaf
    for sibling in map(bytes.fromhex, hashes):
        if node & 1 or node == last:
            root = hashlib.sha256(b"\1" + sibling + root).digest()
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = hashlib.sha256(b"\1" + root + sibling).digest()
        node, last = node >> 1, last >> 1
    assert last == 0
    return root


def test_every_record_is_served_as_it_was_hashed_and_proven_to_be_in_the_ledger(live: Live) -> None:
    made = proposed(live)
    for position in (0, 1, 17, made["position"]):
        said = get(live, f"/v1/records/{position}").json
        raw = get(live, f"/v1/records/{position}", format="raw")
        leaf = hashlib.sha256(b"\0" + raw.body).digest()
        assert (said["position"], said["leaf"]) == (position, leaf.hex())
        assert said["record"] == json.loads(raw.body)
        size, root = root_of(said["checkpoint"])
        assert said["proof"]["size"] == size
        assert climbs(leaf, position, size, said["proof"]["hashes"]) == root
        climbed = [bytes.fromhex(one) for one in said["proof"]["hashes"]]
        assert proofs.verify_inclusion(position, size, leaf, climbed, root)


def test_a_changed_byte_leads_to_another_root(live: Live) -> None:
    said = get(live, "/v1/records/3").json
    raw = get(live, "/v1/records/3", format="raw").body
    size, root = root_of(said["checkpoint"])
    wrong = hashlib.sha256(b"\0" + raw.replace(b"a", b"b", 1)).digest()
    assert climbs(wrong, 3, size, said["proof"]["hashes"]) != root


def test_a_receipt_proves_its_records_against_its_own_checkpoint(live: Live) -> None:
    receipt = proposed(live)["receipt"]
    size, root = root_of(receipt["checkpoint"])
    assert size == receipt["size"]
    for position, leaf, proof in zip(receipt["positions"], receipt["leaves"], receipt["proofs"], strict=True):
        assert climbs(bytes.fromhex(leaf), position, size, proof) == root
        assert get(live, f"/v1/records/{position}").json["leaf"] == leaf


def test_a_proof_against_an_older_checkpoint_is_for_ever(live: Live) -> None:
    receipt = proposed(live)["receipt"]
    proposed(live)
    position = receipt["positions"][0]
    said = get(live, f"/v1/records/{position}", size=receipt["size"])
    assert "immutable" in said.headers["cache-control"]
    assert said.json["checkpoint"] == receipt["checkpoint"]
    assert (
        climbs(bytes.fromhex(receipt["leaves"][0]), position, receipt["size"], said.json["proof"]["hashes"])
        == (root_of(receipt["checkpoint"])[1])
    )


@pytest.mark.parametrize("size", [1, 10**12])
def test_a_size_that_nobody_signed_or_that_holds_it_not_is_no_proof(live: Live, size: int) -> None:
    assert get(live, "/v1/records/5", size=size).faults == {"/size": "size"}


def test_the_checkpoint_is_the_ledgers_newest(live: Live) -> None:
    made = proposed(live)
    said = get(live, "/checkpoint")
    assert said.headers["content-type"] == "text/plain; charset=utf-8"
    origin, size, _, empty, signature = said.body.decode().split("\n")[:5]
    assert (origin, empty) == (live.services.config.origin, "")
    assert int(size) >= made["receipt"]["size"]
    assert signature.startswith(f"— {origin} ")


def test_records_are_paged_in_order_and_picked_by_type_and_unit(live: Live) -> None:
    made = proposed(live)
    found: list[int] = []
    after = -1
    while True:
        said = get(live, "/v1/records", limit=50, **({} if after < 0 else {"after": after}), as_of=live.told)
        found += [one["position"] for one in said.items]
        if said.json["next"] is None:
            assert "link" not in said.headers
            break
        assert said.headers["link"].endswith('rel="next"')
        after = int(said.json["next"])
    assert found == list(range(live.told + 1))
    typed = get(live, "/v1/records", type="commitment-proposed.1", as_of=live.told).items
    assert {one["record"]["type"] for one in typed} == {"commitment-proposed.1"}
    assert len(typed) == len(get(live, "/v1/commitments", as_of=live.told, limit=500).items)
    of_city = get(live, "/v1/records", unit=live.story.city, after=live.told, limit=500).items
    assert made["position"] in [one["position"] for one in of_city]


def test_records_of_one_thing_are_those_of_its_history(live: Live) -> None:
    stream = proposed(live)["stream"]
    give(live, f"commitments/{stream}/withdraw", {"because": "The law was changed."}, token=live.signatory)
    history = get(live, f"/v1/commitments/{stream}/history").items
    assert len(history) == 2
    assert [one["record"] for one in get(live, "/v1/records", stream=stream).items] == [
        one["record"] for one in history
    ]
    first = history[0]["record"]["type"]
    assert [one["record"]["ver"] for one in get(live, "/v1/records", stream=stream, type=first).items] == [1]
    assert get(live, "/v1/records", stream=stream, as_of=live.told).items == []


def test_records_as_lines_are_the_same_records(live: Live) -> None:
    lines = get(live, "/v1/records", format="ndjson", as_of=live.told).body.splitlines()
    assert [json.loads(line)["position"] for line in lines] == list(range(live.told + 1))


@pytest.mark.parametrize(
    ("asked", "pointer", "code"),
    [
        ({"type": "nothing.1"}, "/type", "choice"), ({"unit": "x"}, "/unit", "length"),
        ({"after": "-1"}, "/after", "range"), ({"limit": "501"}, "/limit", "range"),
        ({"q": "x"}, "/q", "unknown-parameter"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_of_the_records_is_named(
    live: Live, asked: dict[str, str], pointer: str, code: str
) -> None:
    assert get(live, "/v1/records", **asked).faults == {pointer: code}


@pytest.mark.parametrize("position", [10**9, 2**53 - 1])
def test_a_position_that_is_not_reached_is_not_found(live: Live, position: int) -> None:
    assert get(live, f"/v1/records/{position}").status == 404


@pytest.mark.parametrize("position", ["-1", "x", "1.0", str(2**64)])
def test_a_position_that_is_none_is_named(live: Live, position: str) -> None:
    assert set(get(live, f"/v1/records/{position}").faults) == {"/position"}


def test_a_history_holds_everything_of_one_thing_and_its_past(live: Live) -> None:
    stream = live.story.climate
    whole = get(live, f"/v1/commitments/{stream}/history")
    assert {one["record"]["id"] for one in whole.items} == {str(stream)}
    assert whole.headers["etag"] == f'"{len(whole.items)}"'
    first = get(live, f"/v1/commitments/{stream}/history", limit=2)
    assert first.json["next"] == "2"
    rest = get(live, f"/v1/commitments/{stream}/history", after=2)
    assert first.items + rest.items == whole.items
    then = get(live, f"/v1/commitments/{stream}/history", as_of=whole.items[3]["position"])
    assert then.items == whole.items[:4]
    assert get(live, f"/v1/units/{stream}/history").status == 404
