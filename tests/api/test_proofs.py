"""Proofs as a stranger asks for them over HTTP, checked with nothing but the published arithmetic."""

import json
import shlex
import urllib.error
import urllib.request
from typing import Any
from uuid import uuid4

import pytest

from domain.kernel import PartialDate, Sphere, Words
from domain.ledger import checkpoints, notes, proof_files, proofs, tiles
from domain.ledger.notes import Verifier
from domain.ledger.records import leaf_hash
from domain.units import Kind
from services.keys import check_with
from services.orders import Order
from tests.api.client import send
from tests.api.conftest import Live
from tests.api.test_calendar import known_as


def fetched(live: Live, address: str) -> tuple[int, bytes, Any]:
    try:
        with urllib.request.urlopen(f"{live.url}{address}", timeout=30) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers


def told(live: Live, address: str) -> Any:
    status, body, _ = fetched(live, address)
    assert status == 200, body
    return json.loads(body)


def record(live: Live, position: int) -> bytes:
    return fetched(live, f"/v1/records/{position}?format=raw")[1]


def test_an_inclusion_proof_leads_from_a_record_to_the_root(live: Live) -> None:
    size = told(live, "/v1/ledger")["size"]
    for position in (0, 1, size // 2, size - 1):
        said = told(live, f"/v1/proofs/inclusion?position={position}&size={size}")
        hashes = [bytes.fromhex(one) for one in said["hashes"]]
        leaf = leaf_hash(record(live, position))
        assert said["leaf"] == leaf.hex()
        assert proofs.verify_inclusion(position, size, leaf, hashes, bytes.fromhex(said["root"]))
        assert checkpoints.parse(notes.parse(said["checkpoint"]).text).root.hex() == said["root"]


def test_a_proof_is_kept_as_a_file_that_stands_on_its_own(live: Live) -> None:
    card = told(live, "/v1/ledger")
    status, body, headers = fetched(live, f"/v1/proofs/inclusion?position=3&size={card['size']}&format=tlog-proof")
    assert status == 200
    assert headers["Content-Disposition"] == f'attachment; filename="3-of-{card["size"]}.tlog-proof"'
    proof = proof_files.parse(body.decode())
    key = notes.parse_key(card["key"])
    note = notes.parse(proof.checkpoint)
    assert notes.verified(note, [Verifier(key.name, key.key_id, check_with(key.public))])
    signed = checkpoints.parse(note.text)
    assert proofs.verify_inclusion(3, signed.size, leaf_hash(record(live, 3)), proof.hashes, signed.root)


def test_a_consistency_proof_joins_two_trees(live: Live) -> None:
    size = told(live, "/v1/ledger")["size"]
    for older in (1, 2, size // 2, size - 1, size):
        said = told(live, f"/v1/proofs/consistency?from={older}&to={size}")
        roots = bytes.fromhex(said["from_root"]), bytes.fromhex(said["to_root"])
        hashes = [bytes.fromhex(one) for one in said["hashes"]]
        assert proofs.verify_consistency(older, size, *roots, hashes)
    status, body, _ = fetched(live, f"/v1/proofs/consistency?from=2&to={size}&format=tlog-proof")
    assert status == 200
    assert body.startswith(b"old 2\n")


@pytest.mark.parametrize(
    ("address", "pointer"),
    [
        ("/v1/proofs/inclusion?position=999999", "/position"),
        ("/v1/proofs/inclusion?position=5&size=5", "/position"),
        ("/v1/proofs/inclusion?position=0&size=999999", "/size"),
        ("/v1/proofs/consistency?from=999999", "/from"),
        ("/v1/proofs/consistency?from=1&to=999999", "/to"),
        ("/v1/proofs/consistency?from=9&to=5", "/from"),
    ],
)
def test_out_of_range_is_said_with_the_range_there_is(live: Live, address: str, pointer: str) -> None:
    status, body, _ = fetched(live, address)
    said = json.loads(body)["errors"]
    assert status == 400
    assert [one["pointer"] for one in said] == [pointer]
    assert "a number from " in said[0]["detail"], said


def test_a_file_names_the_next_signed_size_where_none_was_signed(live: Live) -> None:
    sizes = [size for size, _ in signed_sizes(live)]
    unsigned = next((size for size in range(1, sizes[-1]) if size not in sizes), None)
    assert unsigned is not None, "the story has commands of several records"
    status, body, _ = fetched(live, f"/v1/proofs/inclusion?position=0&size={unsigned}&format=tlog-proof")
    assert status == 400
    following = next(size for size in sizes if size > unsigned)
    assert f"is for {following}" in json.loads(body)["errors"][0]["detail"]


def signed_sizes(live: Live) -> list[tuple[int, str]]:
    found = list[tuple[int, str]]()
    page: Any = {"next": 0}
    while page["next"] is not None:
        page = told(live, f"/v1/checkpoints?after={page['next']}")
        found += [(checkpoints.parse(notes.parse(one).text).size, one) for one in page["items"]]
    return found


def test_every_signed_checkpoint_is_listed_in_order_and_is_of_the_tree(live: Live) -> None:
    found = signed_sizes(live)
    sizes = [size for size, _ in found]
    assert sizes == sorted(set(sizes))
    for size, note in found[:: max(1, len(found) // 10)]:
        root = checkpoints.parse(notes.parse(note).text).root.hex()
        assert told(live, f"/v1/proofs/consistency?from={size}&to={sizes[-1]}")["from_root"] == root


def test_the_ledger_s_card_says_whose_it_is_and_how_to_verify_it(live: Live) -> None:
    card = told(live, "/v1/ledger")
    first = json.loads(record(live, 0))["data"]
    assert (card["origin"], card["key"]) == (first["origin"], first["key"])
    assert "commitment@1" in card["policies"]
    assert any("audit verify" in step["command"] and card["key"] in step["command"] for step in card["verify"])


@pytest.mark.parametrize("host", ["a b:c", "x:99999"])
def test_a_host_that_is_no_address_is_a_bad_request(live: Live, host: str) -> None:
    said = send(live, "GET", "/v1/ledger", headers={"Host": host})
    assert (said.status, said.faults) == (400, {"/Host": "form"})


def test_the_commands_on_the_card_run_nothing_that_a_host_says(live: Live) -> None:
    said = send(live, "GET", "/v1/ledger", headers={"Host": "evil$(id)"})
    fetch = next(step["command"] for step in said.json["verify"] if "fetch" in step["command"])
    assert shlex.split(fetch)[3] == "http://evil$(id)"
    assert "'http://evil$(id)'" in fetch


def test_a_register_that_knows_its_address_names_it_on_the_card_whatever_a_proxy_says(live: Live) -> None:
    with known_as(live, "https://register.example/commons") as known:
        said = send(known, "GET", "/v1/ledger", headers={"Host": "inner:8080"})
    fetch = next(step["command"] for step in said.json["verify"] if "fetch" in step["command"])
    assert shlex.split(fetch)[3] == "https://register.example/commons"


def fill_a_tile(live: Live) -> None:
    """The story alone does not."""
    while told(live, "/v1/ledger")["size"] <= tiles.WIDTH:
        fields = {
            "name": Words({"en": "A village"}), "sphere": Sphere.LOCAL, "kind": Kind.MUNICIPALITY, "jurisdiction": "FR",
            "time_zone": "Europe/Paris", "alive_from": PartialDate("2020"), "parent": None, "identifiers": (),
            "source": None,
        }  # fmt: skip
        order = Order("units", "register", fields, uuid4(), live.services.registrar, "test")
        live.run(live.services.office.give(order))


def test_tiles_come_from_the_records_and_full_ones_may_be_kept_for_ever(live: Live) -> None:
    fill_a_tile(live)
    _, bundle, headers = fetched(live, "/tile/entries/000")
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    entries = tiles.unbundled(bundle, tiles.WIDTH)
    _, hashes, _ = fetched(live, "/tile/0/000")
    assert tiles.unpacked(hashes, tiles.WIDTH) == [leaf_hash(one) for one in entries]
    assert fetched(live, "/tile/0/000.p/7")[1] == hashes[: 7 * 32]
    assert fetched(live, "/checkpoint")[2]["Cache-Control"] == "no-cache"
    for address in ("/tile/0/999", "/tile/7/000", "/tile/entries/999", "/tile/0/0000"):
        status, _, headers = fetched(live, address)
        assert (status, headers["Cache-Control"]) == (404, "no-store"), address
