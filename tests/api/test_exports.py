"""Files of views: the address at which each stays, the package that says when it is whole, and what a column holds."""

import codecs
import csv
import io
import json
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from urllib.parse import urljoin
from uuid import UUID, uuid4

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from api import packages
from api.formats import MEDIA
from api.moments import Moments
from api.standing import Standing, Standings
from projections.kernel import View
from projections.obligations import OBLIGATIONS
from projections.units import UNITS
from projections.views import VIEWS
from services.importing.workbooks import read_workbook
from services.spreadsheets import neutral
from services.views.ports import Kind, Query
from tests.api.client import Said, get, locked, proposed, seen, send
from tests.api.conftest import Live

EACH = pytest.mark.parametrize("view", [view.name for view in VIEWS])


def sheet(said: Said) -> tuple[list[str], list[list[str]]]:
    header, *rows = csv.reader(io.StringIO(said.body.decode("utf-8-sig"), newline=""))
    return header, rows


def book(said: Said) -> tuple[list[str], list[list[str]]]:
    """The same of a workbook, as our own importers read it."""
    (_, header), *rows = read_workbook("export.xlsx", said.body, "")[0]
    return header, [row for _, row in rows]


def linked(said: Said) -> Mapping[str, str]:
    """What the header Link names, by its relation."""
    return {rel: address for address, rel in re.findall(r'<([^>]*)>; rel="([a-z]+)"', said.headers["link"])}


def resource(live: Live, address: str, **asked: Any) -> tuple[Any, Said]:
    """The one resource of a package, and the file at its path."""
    package = get(live, address, **asked)
    assert package.status == 200, package.body
    (found,) = package.json["resources"]
    return found, send(live, "GET", urljoin(address, found["path"]))


@EACH
@pytest.mark.parametrize("form", ["csv", "ndjson", "xlsx"])
def test_a_package_says_what_the_whole_file_comes_to(live: Live, view: str, form: str) -> None:
    found, file = resource(live, f"/v1/{view}.datapackage.json", as_of=live.told, format=form)
    assert file.headers["content-type"].startswith(found["mediatype"])
    assert (found["bytes"], found["hash"]) == (len(file.body), f"sha256:{sha256(file.body).hexdigest()}")
    rows = {"csv": sheet, "xlsx": book}[form](file)[1] if form != "ndjson" else file.body.splitlines()
    assert found["rows"] == len(rows)


@EACH
def test_a_workbook_has_the_cells_of_the_csv_in_their_order(live: Live, view: str) -> None:
    said = {form: get(live, f"/v1/{view}", format=form, as_of=live.told) for form in ("csv", "xlsx")}
    assert said["xlsx"].headers["content-type"] == MEDIA["xlsx"]
    assert said["xlsx"].headers["content-disposition"] == f'attachment; filename="{view}-{live.told}.xlsx"'
    (header, rows), (names, cells) = sheet(said["csv"]), book(said["xlsx"])
    assert (names, len(cells)) == (header, len(rows))
    columns = {one.name: one for one in live.services.views.columns(view)}
    for row, theirs in zip(rows, cells, strict=True):
        for name, cell, other in zip(header, row, theirs, strict=True):
            same = Decimal(cell) == Decimal(other) if cell and columns[name].kind is Kind.DECIMAL else cell == other
            assert same or cell == neutral(other), (view, name, cell, other)


def test_a_workbook_has_days_and_numbers_as_such_and_texts_as_texts(live: Live) -> None:
    word = uuid4().hex[:10]
    at = proposed(live, f"=1+1 {word}", ends_on="2031-06-30")["position"]
    said = seen(live, "commitments", at, q=word, format="xlsx")
    page = openpyxl.load_workbook(io.BytesIO(said.body)).active
    assert isinstance(page, Worksheet)
    assert page.freeze_panes == "A2"
    header, row = page.iter_rows()
    cells = {str(name.value): cell for name, cell in zip(header, row, strict=True)}
    assert (cells["name"].value, cells["name"].data_type, cells["name"].quotePrefix) == (f"=1+1 {word}", "s", True)
    day = cells["ends_on"].value
    assert isinstance(day, datetime)
    assert day.date() == date(2031, 6, 30)
    kinds = {one.name: one.kind for one in live.services.views.columns("commitments")}
    told = {kinds[name]: type(cell.value) for name, cell in cells.items() if cell.value is not None}
    assert (told[Kind.WHOLE], told[Kind.YES_NO], told[Kind.ID]) == (int, bool, str)


def test_a_workbook_is_not_packed_twice(live: Live) -> None:
    said = get(live, "/v1/units", {"Accept-Encoding": "gzip"}, format="xlsx", as_of=live.told)
    assert "content-encoding" not in said.headers
    assert said.body == get(live, "/v1/units", {"Accept": MEDIA["xlsx"]}, as_of=live.told).body


@pytest.mark.parametrize(
    "asked",
    [
        {"state": "adopted", "sort": "-name"}, {"q": "trees"}, {"limit": "2"}, {"owner_sphere.in": "local,regional"},
        {"valid_at": "2026-11-01"}, {"bom": "true"}, {"q": "nowhere at all"},
    ],
    ids=str,
)  # fmt: skip
def test_the_package_of_a_question_is_of_the_file_that_answers_it(live: Live, asked: dict[str, str]) -> None:
    found, file = resource(live, "/v1/commitments.datapackage.json", as_of=live.told, **asked)
    assert (found["rows"], found["bytes"]) == (len(sheet(file)[1]), len(file.body))
    assert found["hash"] == f"sha256:{sha256(file.body).hexdigest()}"
    direct = get(live, "/v1/commitments", as_of=live.told, format="csv", **asked)
    assert direct.body == file.body


def test_a_package_of_now_is_of_the_file_as_it_is_now_though_records_come(live: Live) -> None:
    at = proposed(live)["position"]
    found, file = resource(live, "/v1/commitments.datapackage.json", wait_for=at)
    proposed(live)
    again = send(live, "GET", urljoin("/v1/", found["path"]))
    assert f"sha256:{sha256(again.body).hexdigest()}" == found["hash"]
    assert again.body == file.body


@EACH
def test_a_file_of_now_names_the_address_at_which_it_stays(live: Live, view: str) -> None:
    said = get(live, f"/v1/{view}", format="csv", wait_for=live.told)
    assert int(said.headers["subsidia-position"]) >= live.told
    assert said.headers["subsidia-view"].startswith(f"{view}@")
    links = linked(said)
    proposed(live)
    assert send(live, "GET", links["canonical"]).body == said.body
    package = send(live, "GET", links["describedby"]).json
    assert package["resources"][0]["hash"] == f"sha256:{sha256(said.body).hexdigest()}"
    assert package["as_of"]["position"] == int(said.headers["subsidia-position"])


def test_what_is_asked_on_a_day_without_records_stays_by_that_day(live: Live) -> None:
    """The position would speak for the day of its record, on which other days were left."""
    with locked(live):
        last = live.run(live.services.store.head()).size - 1
        today = date.fromisoformat(get(live, f"/v1/records/{last}").json["record"]["at"][:10])
        tomorrow = today + timedelta(days=1)
        midnight = f"{tomorrow}T00:00:00.000000Z"
        assert [pin(live, OBLIGATIONS, last, day) for day in (today, tomorrow)] == [str(last), midnight]
        assert pin(live, OBLIGATIONS, last - 1, tomorrow) is None, "no moment of that day was without the last record"
        assert pin(live, UNITS, last - 1, tomorrow) == str(last - 1), "nothing in it depends on the day"
    assert pin(live, UNITS, -1, tomorrow) is None


def pin(live: Live, view: View, position: int, day: date) -> str | None:
    services = live.services
    standings = Standings(services.views, services.store, Moments(services.store), view)
    found: str | None = live.run(standings.pin(Standing(position, day, "", b"", "", view.name)))
    return found


def test_the_package_of_everything_lists_every_view_with_the_columns_of_its_sheet(live: Live) -> None:
    package = get(live, "/v1/datapackage.json", as_of=live.told)
    assert "immutable" in package.headers["cache-control"]
    tables = {one["name"]: one for one in package.json["resources"]}
    assert list(tables) == [*(view.name for view in VIEWS), "records"]
    for view in VIEWS:
        header, rows = sheet(send(live, "GET", urljoin("/v1/", tables[view.name]["path"])))
        columns = tables[view.name]["schema"]["fields"]
        assert [one["name"] for one in columns] == header
        for row in rows:
            for cell, column in zip(row, columns, strict=True):
                assert fits(cell, column), (view.name, column, cell)
    lines = send(live, "GET", urljoin("/v1/", tables["records"]["path"])).body.splitlines()
    assert [json.loads(line)["position"] for line in lines] == list(range(live.told + 1))


def fits(cell: str, column: Any) -> bool:
    """Whether a cell is what Table Schema says of its column."""
    rules = column.get("constraints", {})
    if cell == "":
        return not rules.get("required", False)
    if "enum" in rules and cell not in rules["enum"]:
        return False
    if "pattern" in rules and not re.fullmatch(rules["pattern"], cell):
        return False
    try:
        READ[column["type"], column.get("format", "")](cell)
    except (ValueError, KeyError):
        return False
    return True


READ: Mapping[tuple[str, str], Any] = {
    ("string", ""): str,
    ("string", "uuid"): UUID,
    ("integer", ""): int,
    ("number", ""): float,
    ("boolean", ""): {"true": True, "false": False}.__getitem__,
    ("date", ""): date.fromisoformat,
    ("array", ""): lambda cell: list(json.loads(cell)) == json.loads(cell) or [][0],
}


def test_the_package_of_everything_is_not_sent_again(live: Live) -> None:
    etag = get(live, "/v1/datapackage.json").headers["etag"]
    assert get(live, "/v1/datapackage.json", {"If-None-Match": etag}).status == 304
    assert get(live, "/v1/datapackage.json", as_of=live.told).headers["etag"] != etag
    assert get(live, "/v1/datapackage.json", as_of="9" * 12).faults == {"/as_of": "future"}


def test_a_licence_is_named_where_the_operator_names_one() -> None:
    (of_data,) = packages.package("units", "Units", [], "CC-BY-4.0")["licenses"]
    assert of_data == {"name": "CC-BY-4.0", "path": "https://spdx.org/licenses/CC-BY-4.0.html"}
    assert "licenses" not in packages.package("units", "Units", [], "")


@pytest.mark.parametrize(
    ("address", "asked", "faults"),
    [
        ("commitments.datapackage.json", {"format": "json"}, {"/format": "choice"}),
        ("commitments.datapackage.json", {"cursor": "x"}, {"/cursor": "unknown-parameter"}),
        ("commitments.datapackage.json", {"count": "1"}, {"/count": "unknown-parameter"}),
        ("commitments.datapackage.json", {"format": "ndjson", "bom": "1"}, {"/bom": "bom"}),
        ("commitments.datapackage.json", {"state": "sleeping"}, {"/state": "choice"}),
        ("commitments", {"bom": "1"}, {"/bom": "bom"}),
        ("commitments", {"format": "csv", "count": "1"}, {"/count": "count"}),
        ("commitments", {"format": "xlsx", "bom": "1"}, {"/bom": "bom"}),
        ("datapackage.json", {"format": "csv"}, {"/format": "unknown-parameter"}),
    ],
)  # fmt: skip
def test_what_a_file_or_its_package_cannot_say_is_refused(
    live: Live, address: str, asked: dict[str, str], faults: dict[str, str]
) -> None:
    said = get(live, f"/v1/{address}", **asked)
    assert (said.status, said.faults) == (400, faults)


def test_a_spreadsheet_is_told_that_csv_is_utf_8_where_that_is_asked_for(live: Live) -> None:
    plain, marked = (get(live, "/v1/units", format="csv", as_of=live.told, bom=bom) for bom in ("no", "yes"))
    assert marked.body == codecs.BOM_UTF8 + plain.body
    assert sheet(marked) == sheet(plain)


# --- how many there are ---


@pytest.mark.parametrize("asked", [{}, {"state": "adopted"}, {"q": "climate"}, {"valid_at": "2026-11-01"}], ids=str)
def test_a_list_says_how_many_rows_all_of_its_pages_have(live: Live, asked: dict[str, str]) -> None:
    every = get(live, "/v1/commitments", as_of=live.told, limit=500, **asked).items
    page = get(live, "/v1/commitments", as_of=live.told, limit=1, count="true", **asked)
    assert page.json["count"] == {"rows": len(every), "exact": True}
    if page.json["next"]:
        following = get(live, "/v1/commitments", as_of=live.told, limit=1, count="1", cursor=page.json["next"], **asked)
        assert following.json["count"] == page.json["count"]
    assert "count" not in get(live, "/v1/commitments", as_of=live.told, count="false", **asked).json


def test_rows_are_counted_up_to_a_bound(live: Live) -> None:
    views, query = live.services.views, Query(as_of=live.told)
    rows = len(get(live, "/v1/units", as_of=live.told, limit=500).items)
    assert live.run(views.count("units", query, rows)) == rows
    assert live.run(views.count("units", query, rows - 1)) == rows
    assert live.run(views.count("units", query, 2)) == 3


# --- ids in capital letters ---


def test_an_id_in_capital_letters_is_the_same_id(live: Live) -> None:
    made = proposed(live)
    stream, at = made["stream"], made["position"]
    moved = get(live, f"/v1/commitments/{stream.upper()}", wait_for=at, as_of=at)
    assert (moved.status, moved.headers["location"]) == (308, f"/v1/commitments/{stream}?wait_for={at}&as_of={at}")
    assert send(live, "GET", moved.headers["location"]).json["item"]["key"] == stream
    (turn,) = seen(live, "turns", at, stream=stream.upper()).items
    loud = turn["key"].replace(stream, stream.upper())
    assert get(live, f"/v1/turns/{loud}").headers["location"] == f"/v1/turns/{turn['key']}"
    assert [row["key"] for row in get(live, "/v1/turns", key=loud).items] == [turn["key"]]
    assert get(live, f"/v1/commitments/{stream.upper()}/history").status == 200


def test_an_id_in_capital_letters_that_is_nowhere_leads_to_the_answer_that_it_is_not(live: Live) -> None:
    nobody = "ABCDEF12-0000-4000-8000-00000000ABCD"
    said = get(live, f"/v1/units/{nobody}")
    assert (said.status, said.headers["location"]) == (308, f"/v1/units/{nobody.lower()}")
    assert get(live, said.headers["location"]).status == 404
