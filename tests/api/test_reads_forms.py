"""The forms of what is read: CSV, lines of JSON, packed or not; and what need not be sent again."""

import csv
import gzip
import io
import json
from uuid import uuid4

import pytest

from tests.api.client import get, give, proposed, seen
from tests.api.conftest import Live

# --- formats ---


def test_csv_is_rfc_4180_and_no_cell_is_a_formula(live: Live) -> None:
    word = uuid4().hex[:10]
    wild = [
        f'=HYPERLINK("http://x","{word}")',
        f"+1 {word}",
        f"-1 {word}",
        f"@now {word}",
        f"\uff1d1 {word}",
        f'a "b", {word}\r\nc',
    ]
    at = max(proposed(live, title)["position"] for title in wild)
    said = seen(live, "commitments", at, q=word, format="csv")
    assert said.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert said.headers["content-disposition"].startswith('attachment; filename="commitments-')
    header, *rows = csv.reader(io.StringIO(said.body.decode(), newline=""))
    named = [dict(zip(header, row, strict=True))["name"] for row in rows]
    assert sorted(named) == sorted(["'" + title for title in wild[:5]] + [wild[5]])
    assert said.body.endswith(b"\r\n")
    assert all(len(row) == len(header) for row in rows)


def test_ndjson_holds_the_rows_of_the_list_one_a_line(live: Live) -> None:
    asked = {"as_of": live.told, "sort": "name"}
    lines = get(live, "/v1/commitments", format="ndjson", **asked)
    assert lines.headers["content-type"] == "application/x-ndjson"
    listed = get(live, "/v1/commitments", limit=500, **asked).items
    assert [json.loads(line) for line in lines.body.splitlines()] == listed


def test_the_header_accept_chooses_the_form_and_the_address_stands_above_it(live: Live) -> None:
    assert get(live, "/v1/units", {"Accept": "text/csv"}).headers["content-type"].startswith("text/csv")
    assert get(live, "/v1/units", {"Accept": "text/csv;q=0.1, */*;q=0.5"}).headers["content-type"] == "application/json"
    assert get(live, "/v1/units", {"Accept": "text/csv"}, format="json").headers["content-type"] == "application/json"
    assert get(live, "/v1/units", {"Accept": "image/png"}).status == 406


def test_an_export_is_packed_for_whoever_takes_it(live: Live) -> None:
    plain = get(live, "/v1/units", format="csv", as_of=live.told)
    packed = get(live, "/v1/units", {"Accept-Encoding": "gzip"}, format="csv", as_of=live.told)
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert "content-encoding" not in get(live, "/v1/units", {"Accept-Encoding": "gzip;q=0"}, format="csv").headers


# --- what need not be sent again ---


@pytest.mark.parametrize("address", ["/v1/commitments", "/v1/units", "/v1/records", "/docs", "/v1/openapi.json"])
def test_what_has_not_changed_is_not_sent_again(live: Live, address: str) -> None:
    first = get(live, address)
    etag = first.headers["etag"]
    for known in (etag, etag.removeprefix("W/"), f'"x", {etag}'):
        again = get(live, address, {"If-None-Match": known})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
    assert get(live, address, {"If-None-Match": '"other"'}).status == 200


def test_a_list_has_another_tag_once_something_was_recorded(live: Live) -> None:
    etag = get(live, "/v1/commitments").headers["etag"]
    at = proposed(live)["position"]
    assert get(live, "/v1/commitments", {"If-None-Match": etag}, wait_for=at).status == 200


def test_the_tag_of_a_thing_is_what_a_command_takes(live: Live) -> None:
    made = proposed(live)
    history = get(live, f"/v1/commitments/{made['stream']}/history")
    assert history.headers["etag"] == f'"{made["version"]}"'
    pledge = {"kind": "staff", "what": {"en": "Two posts"}}
    said = give(live, f"commitments/{made['stream']}/pledge-resource", pledge, If_Match=history.headers["etag"])
    assert said.status == 201
