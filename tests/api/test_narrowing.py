"""Lists that are narrowed: a page says first what is left, and a copy of the records narrows as the server does."""

import csv
import io
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from api.asking import Filtering, Question
from projections.activity import ACTIVITY
from projections.views import VIEWS
from services.views.narrowing import narrowed
from services.views.ports import Op
from tests.api.client import get
from tests.api.conftest import Live
from tests.api.test_audit import audit, bundle, well
from tests.api.test_portal import read, told
from tests.waiting import PATIENCE

__all__ = ["bundle"]

NARROWINGS = re.compile(r'<ul class="narrowings">(.*?)</ul>', re.DOTALL)


def offered(live: Live, **asked: object) -> dict[str, int]:
    """What the page of activity offers: address, and how many rows it says are there."""
    body = read(live, "activity", **asked).body.decode()
    found = NARROWINGS.search(body)
    links = re.findall(r'<a href="([^"]+)">[^<]*</a> \(([0-9,]+) rows?\)', found[1]) if found else []
    return {unescape(address): int(rows.replace(",", "")) for address, rows in links}


def test_a_page_says_how_many_rows_a_condition_leaves_before_it_is_put(live: Live) -> None:
    links = offered(live, as_of=live.told)
    assert len(links) == len(ACTIVITY.narrowings)
    for address, rows in links.items():
        said = get(live, address.replace("/read/", "/v1/") + "&count=true")
        assert said.json["count"] == {"rows": rows, "exact": True}
        assert f"{rows} row" in told(read(live, address.removeprefix("/read/")))
        assert len(offered(live, **dict(part.split("=") for part in address.partition("?")[2].split("&")))) == 2


def test_what_is_asked_for_stands_in_the_table(live: Live) -> None:
    body = read(live, "activity", backdated__gt=30, as_of=live.told).body.decode()
    assert re.search(r'<th scope="col"><a [^>]*>Days backdated</a>', body)
    assert 'name="backdated.gt" value="30"' in body


def test_every_form_of_an_answer_is_narrowed_alike(live: Live) -> None:
    asked: dict[str, Any] = {"as_of": live.told, "backdated__gt": 30, "corrects__is_null": "false"}
    keys = [row["key"] for row in get(live, "/v1/activity", **asked).items]
    lines = get(live, "/v1/activity", **asked, format="ndjson").body.splitlines()
    cells = get(live, "/v1/activity", **asked, format="csv").body.decode().splitlines()[1:]
    assert len(keys) == len(lines) == len(cells) > 0
    assert [cell.split(",")[0] for cell in cells] == keys


def said_in(row: dict[str, Any], filtering: Filtering) -> Iterator[str]:
    """What a row says in a column, or in a list, as an address says it."""
    found: list[Any] = [row]
    for name in filtering.column.path:
        inner = [one.get(name) for one in found if isinstance(one, dict)]
        found = [part for one in inner for part in (one if isinstance(one, list) else [one])]
    for one in found:
        if one is not None and not isinstance(one, dict) and len(str(one)) <= 500:
            yield str(one).lower() if isinstance(one, bool) else str(one)


def quoted(text: str) -> str:
    """As one of several."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([text])
    return line.getvalue()


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_rows_are_narrowed_without_a_table_as_by_it(live: Live, view: Any) -> None:
    asked, columns = {"as_of": live.told, "limit": 500, "sort": "key"}, live.services.views.columns(view.name)
    page = get(live, f"/v1/{view.name}", **asked).items
    last = page[-1]["key"] if page else ""
    rows = {row["key"]: json.dumps(row).encode() for row in page}
    for name, filtering in Question(view, columns).filters.items():
        if filtering.op is Op.IS_NULL:
            values = ["true", "false"]
        else:
            values = list(dict.fromkeys(one for row in page for one in said_in(row, filtering)))[:3]
        for value in values:
            text = quoted(value) if filtering.several else value
            answer = get(live, f"/v1/{view.name}", **asked, **{name: text})
            there = narrowed(rows, columns, [filtering.read([text])]) if answer.status == 200 else {}
            expected = [row["key"] for row in answer.items] if answer.status == 200 else []
            assert list(there) == [key for key in expected if key <= last], (name, value)


def test_a_copy_of_the_records_is_narrowed_by_the_same_names(bundle: Any, live: Live) -> None:
    words = ("replay", str(bundle), "--at", str(live.told), "--view", "activity")
    said = well(*words, "--where", "backdated.gt=30", "--where", "corrects.is_null=false")
    asked = {"as_of": live.told, "backdated__gt": 30, "corrects__is_null": "false", "limit": 500}
    assert list(map(json.loads, said.splitlines())) == get(live, "/v1/activity", **asked).items != []
    refused = [("--where", "nothing=1"), ("--where", "backdated.gt=many"), ("--where", "position=1", "--digest"),
               ("--where", "effective_on.lt=unknown")]  # fmt: skip
    for wrong in refused:
        assert audit(*words, *wrong).exit_code == 2, wrong


def test_of_what_rests_on_no_record_nobody_is_accused(bundle: Any, live: Live, tmp_path: Path) -> None:
    saved = tmp_path / "saved.ndjson"
    rows = [json.loads(line) for line in get(live, "/v1/activity", as_of=live.told, format="ndjson").body.splitlines()]
    words = ("replay", str(bundle), "--at", str(live.told), "--view", "activity", "--against", str(saved))
    otherwise = [row | {"offices_closed": "holiday", "calendar": "elsewhere"} for row in rows]
    saved.write_text("\n".join(map(json.dumps, otherwise)))
    assert f"{len(rows)} rows of activity" in well(*words)
    saved.write_text("\n".join(json.dumps(row | {"time": "25:00"}) for row in rows[:1]))
    assert audit(*words).exit_code == 1


def test_what_rests_on_a_calendar_is_not_kept_for_ever_and_asked_for_anew_once_it_is_told_anew(live: Live) -> None:
    address = f"/v1/activity?as_of={live.told}&format=csv"
    before, other = get(live, address), get(live, f"/v1/commitments?as_of={live.told}")
    assert "immutable" not in before.headers["cache-control"]
    assert "immutable" in other.headers["cache-control"]
    tag = {"If-None-Match": before.headers["etag"]}
    assert get(live, address, tag).status == 304
    live.run(live.services.projector.rebuild("activity"))
    ends = monotonic() + PATIENCE
    while (after := get(live, address, tag)).status == 304:
        assert monotonic() < ends, "whoever has it is never told that offices are closed on other days"
    assert (after.status, after.body) == (200, before.body)
    kept = {"If-None-Match": other.headers["etag"]}
    assert get(live, f"/v1/commitments?as_of={live.told}", kept).status == 304, "records alone tell it"
