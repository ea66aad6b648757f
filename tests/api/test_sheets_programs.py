"""`POST /v1/sheets/...`: a program brings a sheet; it is tried, then recorded, once, and every bad cell is named."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from api.formats import MEDIA
from api.sheets import bringing
from services.workbooks import workbook
from tests.api.client import Said, get, head, refused, seen, send
from tests.api.conftest import Live
from tests.api.test_officers_sheets import COLUMNS, row, rows
from tests.services.faulty import Faulty

UNITS = "id,name.en,sphere,kind,jurisdiction,time_zone,alive_from,parent,identifiers.1.scheme,identifiers.1.value"


def brings(
    live: Live, content: bytes, kind: str = "commitments", *, token: str | None = None, media: str = "text/csv",
    spoken: str = "en", **asked: str,
) -> Said:  # fmt: skip
    headers = {"Content-Type": media, "Accept-Language": spoken}
    headers |= {"Authorization": f"Bearer {token or live.officer}"} if token != "" else {}
    query = f"?{urlencode(asked)}" if asked else ""
    said = send(live, "POST", f"/v1/sheets/{kind}{query}", content, headers)
    assert said.headers["cache-control"] == "no-store"
    return said


def names() -> list[str]:
    return [str(uuid4())[:8] for _ in range(2)]


def test_a_file_is_tried_then_recorded_and_a_second_time_changes_nothing(live: Live) -> None:
    (one, other), before = names(), head(live)
    content = rows(row(live, one), row(live, other))
    tried = brings(live, content)
    assert (tried.status, head(live)) == (200, before)
    assert (tried.json["tried"], tried.json["changed"], tried.json["bad"]) == (True, 2, [])
    done = brings(live, content, record="true", seal=tried.json["seal"])
    assert (done.status, done.json["tried"], done.json["counts"]["proposed"]) == (201, False, 2)
    streams = [(item["line"], item["row"], item["becomes"], item["stream"]) for item in done.json["items"]]
    assert streams == [tuple(item.values()) for item in tried.json["items"]]
    assert [line[:3] for line in streams] == [(2, one, "proposed"), (3, other, "proposed")]
    assert done.json["position"] == head(live) - 1
    found = seen(live, "commitments", done.json["position"], q=one).items
    assert [item["key"] for item in found] == [streams[0][3]]
    etag = get(live, f"/v1/commitments/{streams[0][3]}/history").headers["etag"]
    assert etag.strip('"').partition(".")[0] == str(done.json["items"][0]["version"])
    after = head(live)
    again = brings(live, content, record="true")
    assert (again.status, again.json["tried"], again.json["changed"], again.json["items"]) == (200, False, 0, [])
    assert (again.json["counts"]["unchanged"], "position" in again.json, head(live)) == (2, False, after)


def test_every_bad_cell_is_named_and_nothing_recorded_unless_the_good_rows_are_asked_for(live: Live) -> None:
    (one, other), before = names(), head(live)
    late = row(live, one, due_on="2035-01-01")
    content = rows(row(live, one, ends_on="soon").replace("Awnings", ""), late.replace(one, "late"), row(live, other))
    tried = brings(live, content)
    named = [(bad["line"], bad["column"], bad["value"], bad.get("code")) for bad in tried.json["bad"]]
    assert named == [(2, "ends_on", "soon", None), (3, "milestones.1.due_on", "2035-01-01", "after-the-end")]
    assert tried.json["bad"][0]["detail"].startswith("A year, a month, a day")
    french = brings(live, content, spoken="fr").json
    assert french["bad"][0]["detail"].startswith("Il faut une année")
    assert french["seal"] == tried.json["seal"]
    problem = refused(brings(live, content, record="true"), 422, "bad-rows")
    assert (problem["sheet"], head(live)) == (tried.json, before)
    done = brings(live, content, record="true", valid_only="true")
    assert (done.status, done.json["bad"], [item["row"] for item in done.json["items"]]) == (
        201, tried.json["bad"], [other],
    )  # fmt: skip


def test_what_a_trial_showed_is_recorded_or_nothing(live: Live) -> None:
    (one, other) = names()
    content = rows(row(live, one))
    seal = brings(live, content).json["seal"]
    before = head(live)
    problem = refused(brings(live, rows(row(live, other)), record="true", seal=seal), 409, "sheet-moved-on")
    assert (problem["sheet"]["items"][0]["row"], head(live)) == (other, before)
    assert brings(live, content, record="true", seal=seal).status == 201
    refused(brings(live, content, record="true", seal=seal), 409, "sheet-moved-on")


def test_what_changes_says_why(live: Live) -> None:
    key = names()[0]
    brings(live, rows(row(live, key)), record="true")
    later = rows(row(live, key, title="Deep awnings"))
    assert [bad["column"] for bad in brings(live, later).json["bad"]] == ["title.en"]
    done = brings(live, later, record="true", because="The council voted it.", lang="en")
    assert done.json["counts"]["changed"] == 1
    (stream,) = [item["stream"] for item in done.json["items"]]
    records = get(live, f"/v1/commitments/{stream}/history").items
    assert records[-1]["record"]["because"] == "The council voted it."


def test_a_workbook_is_a_file_as_well_and_its_sheet_is_named(live: Live) -> None:
    header, line = COLUMNS.split(","), row(live, names()[0]).split(",")
    said = brings(live, workbook("Plan", header, [line]), media=MEDIA["xlsx"], record="true", sheet="Plan")
    assert (said.status, said.json["counts"]["proposed"]) == (201, 1)
    refused(brings(live, workbook("Plan", header, [line]), media=MEDIA["xlsx"], sheet="plan"), 422, "wrong-file")


def test_a_registrar_brings_units(live: Live) -> None:
    code = names()[0]
    content = f"{UNITS}\n,Newtown {code},local,municipality,FR,Europe/Paris,1990,,own,{code}\n".encode()
    refused(brings(live, content, "units"), 403, "forbidden")
    done = brings(live, content, "units", token=live.registrar, record="true")
    assert (done.status, done.json["counts"]["registered"]) == (201, 1)
    assert brings(live, content, "units", token=live.registrar, record="true").json["changed"] == 0
    refused(brings(live, rows(row(live, code)), token="sub_nobody"), 401, "not-signed-in")
    refused(brings(live, rows(row(live, code)), token=""), 401, "not-signed-in")


def test_two_at_once_record_once(live: Live) -> None:
    content, before = rows(*(row(live, str(uuid4())[:8]) for _ in range(5))), head(live)
    with ThreadPoolExecutor(3) as several:
        said = list(several.map(lambda _: brings(live, content, record="true"), range(3)))
    assert sorted(one.status for one in said) == [200, 200, 201]
    per_row = (head(live) - before) / 5
    single = head(live)
    brings(live, rows(row(live, str(uuid4())[:8])), record="true")
    assert head(live) - single == per_row


@pytest.mark.parametrize(
    ("content", "media", "asked", "status", "code"),
    [
        (b"", "text/csv", {}, 422, "wrong-file"),
        (b"id\n", "text/csv", {}, 422, "wrong-file"),
        (b"\0\xff", "text/csv", {}, 422, "wrong-file"),
        (b"PK\x03\x04 not really", MEDIA["xlsx"], {}, 422, "wrong-file"),
        (b"{}", "application/json", {}, 415, "unsupported-media-type"),
        (b"id", "", {}, 415, "unsupported-media-type"),
        (b"id", "text/csv", {"record": "perhaps"}, 400, "invalid-request"),
        (b"id", "text/csv", {"try": "true"}, 400, "invalid-request"),
        (b"id", "text/csv", {"seal": "short"}, 400, "invalid-request"),
        (b"id", "text/csv", {"because": " "}, 400, "invalid-request"),
        (b"id", "text/csv", {"lang": "of the land"}, 400, "invalid-request"),
        (b"x" * (bringing.BYTES + 1), "text/csv", {}, 413, "too-large"),
    ],
)
def test_what_is_no_sheet_is_refused(
    live: Live, content: bytes, media: str, asked: Mapping[str, str], status: int, code: str
) -> None:
    refused(brings(live, content, media=media, **asked), status, code)


def test_bounds_are_those_of_the_pages(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bringing, "ROWS", 1)
    said = refused(brings(live, rows(row(live, "a"), row(live, "b"))), 422, "wrong-file")
    assert "at most 1 are taken here" in said["detail"]


@pytest.mark.parametrize("after", [False, True])
def test_what_a_database_that_went_left_undone_the_same_file_finishes(
    live: Live, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    """Failed and did not persist; failed but did persist."""
    before = head(live)
    brings(live, rows(row(live, str(uuid4())[:8])), record="true")
    per_row, before = head(live) - before, head(live)
    content = rows(*(row(live, str(uuid4())[:8]) for _ in range(3)))
    with monkeypatch.context() as broken:
        broken.setattr(live.services.office, "store", Faulty(live.services.store, after))
        problem = refused(brings(live, content, record="true"), 503, "unavailable")
    assert "Idempotency-Key" not in problem["detail"]
    assert brings(live, content, record="true").status == 201
    assert head(live) - before == 3 * per_row


def test_answers_are_as_the_document_says_and_its_examples_pass(live: Live) -> None:
    document = get(live, "/v1/openapi.json").json
    told = Draft202012Validator(document["components"]["schemas"]["SheetTold"])
    for kind, token in (("units", live.registrar), ("commitments", live.officer)):
        operation = document["paths"][f"/v1/sheets/{kind}"]["post"]
        example = operation["requestBody"]["content"]["text/csv"]["example"]
        asked: dict[str, Any] = {one["name"]: one["example"] for one in operation["parameters"] if "example" in one}
        said = brings(live, example.replace("insee:69123", str(live.story.city)).encode(), kind, token=token, **asked)
        assert (said.status, said.json["bad"], said.json["changed"]) == (200, [], 1), said.body
        told.validate(said.json)
    spoilt = brings(live, rows(row(live, "x", ends_on="soon"), row(live, "y")), record="true", valid_only="true")
    told.validate(spoilt.json)
    told.validate(json.loads(brings(live, rows(row(live, "x", ends_on="soon"))).body))
