"""Reading over HTTP: filters, search, order, pages, past states."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest

from api import cursors
from projections.views import VIEWS
from tests.api.client import Said, get, give, proposed, seen, send, standing_still
from tests.api.conftest import Live
from tests.waiting import PATIENCE


def names(said: Said) -> list[str]:
    return [row["name"] for row in said.items]


def keys(rows: Sequence[Any]) -> list[str]:
    return [row["key"] for row in rows]


# --- filters, search, order ---


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"sdg": "13"}, "sdg: There is no such parameter. Near to it: sdg.any, sdg.has."),
        ({"ends_on__before": "2030"}, "ends_on.before: There is no such parameter. Near to it: ends_on, ends_on.ge, "),
        ({"stat": "adopted"}, "stat: There is no such parameter. Near to it: state, "),
        ({"qqqqqqqqqq": "1"}, "no such parameter. Among others, which /docs tells of: adopted_on, "),
        ({"as_of": datetime.now(UTC).date().isoformat()}, "is not over yet (UTC): leave as_of out"),
        ({"as_of": "9999-12-31T00:00:00Z"}, "is yet to come (UTC): leave as_of out"),
    ],
)  # fmt: skip
def test_a_question_that_is_wrong_is_answered_with_what_would_be_right(
    live: Live, asked: dict[str, str], said: str
) -> None:
    assert said in get(live, "/v1/commitments", **asked).json["detail"]


def _local_with_one(row: Any) -> bool:
    return bool(row["owner_sphere"] == "local" and row["milestones"] == 1)


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        ({"state": "proposed"}, lambda row: row["state"] == "proposed"),
        ({"state__ne": "proposed"}, lambda row: row["state"] != "proposed"),
        ({"state__in": "proposed,adopted"}, lambda row: row["state"] in ("proposed", "adopted")),
        ({"contested": "true"}, lambda row: row["contested"]),
        ({"contested__ne": "true"}, lambda row: not row["contested"]),
        ({"milestones__ge": "2"}, lambda row: row["milestones"] >= 2),
        ({"milestones__lt": "2"}, lambda row: row["milestones"] < 2),
        ({"ends_on__lt": "2030-01-01"}, lambda row: row["ends_on"] < "2030"),
        ({"owner_sphere": "local", "milestones": "1"}, _local_with_one),
        ({"progress__is_null": "true"}, lambda row: row.get("progress") is None),
        ({"waits_for__is_null": "false"}, lambda row: row.get("waits_for") is not None),
        ({"sdg__has": "13.2"}, lambda row: "13.2" in row["sdg"]),
        ({"level": "recorded_from_source"}, lambda row: row["level"] == "recorded_from_source"),
    ],
    ids=lambda one: str(one) if isinstance(one, dict) else None,
)  # fmt: skip
def test_every_typed_column_filters(live: Live, asked: dict[str, str], holds: Any) -> None:
    everything = get(live, "/v1/commitments", limit=500, as_of=live.told).items
    found = get(live, "/v1/commitments", limit=500, as_of=live.told, **asked).items
    assert keys(found) == [row["key"] for row in everything if holds(row)]
    assert "progress__is_null" in asked or len(found) < len(everything)


@pytest.mark.parametrize(
    ("view", "column"),
    [
        ("commitments", "title"), ("milestones", "title"), ("mandates", "purpose"), ("reviews", "title"),
        ("allocations", "matter"), ("turns", "title"), ("obligations", "title"), ("activity", "title"),
        ("corrections", "title"),
    ],
)  # fmt: skip
def test_a_thing_is_found_by_its_title_in_any_of_its_languages(live: Live, view: str, column: str) -> None:
    told = next(row for row in get(live, f"/v1/{view}", as_of=live.told).items if "fr" in row.get(column, ()))
    for text in told[column].values():
        assert told["key"] in keys(get(live, f"/v1/{view}", q=text[:200], limit=500, as_of=live.told).items), text


COUNTED = [(view.name, one.name) for view in VIEWS for one in view.computed if one.type is int]
"""Whole numbers that depend on the day: PostgreSQL reckons them in 32 bits, and people may ask for any."""


@pytest.mark.parametrize(("view", "column"), COUNTED)
@pytest.mark.parametrize("far", [2**31, -(2**31) - 1, 2**53 - 1, -(2**53) + 1])
def test_numbers_that_no_row_can_have_are_asked_for_in_vain(live: Live, view: str, column: str, far: int) -> None:
    everything = keys(get(live, f"/v1/{view}", limit=500, as_of=live.told, **{f"{column}__is_null": "false"}).items)
    for op, every in (("", False), ("__in", False), ("__gt", far < 0), ("__lt", far > 0), ("__ge", far < 0)):
        found = get(live, f"/v1/{view}", limit=500, as_of=live.told, **{column + op: str(far)})
        assert keys(found.items) == (everything if every else []), op


@pytest.mark.parametrize(("view", "column"), COUNTED)
@pytest.mark.parametrize("far", [2**53, -(2**53), 2**63])
def test_numbers_beyond_what_json_keeps_are_refused_in_a_sentence(live: Live, view: str, column: str, far: int) -> None:
    for op in ("", "in", "gt"):
        said = get(live, f"/v1/{view}", **{f"{column}__{op}" if op else column: str(far)})
        assert (said.status, said.faults) == (400, {f"/{column}.{op}" if op else f"/{column}": "range"})
        assert "from -9007199254740991 to 9007199254740991" in said.json["detail"]


def test_a_list_is_filtered_by_what_its_items_are(live: Live) -> None:
    city = str(live.story.city)
    found = get(live, "/v1/units", identifiers__has="insee:69123").items
    assert keys(found) == [city]
    assert get(live, "/v1/units", identifiers__has="insee:00000").items == []


def test_words_are_found_without_accents_case_and_last_letters(live: Live) -> None:
    title = f"Écoles maternelles {uuid4().hex[:8]}"
    at = proposed(live, title)["position"]
    for q in (title, title.upper(), title.replace("É", "e"), f"mater {title[-8:]}"):
        assert names(seen(live, "commitments", at, q=q)) == [title]
    assert names(seen(live, "commitments", at, q=f"{title} nowhere")) == []


def test_the_order_is_the_one_asked_for_and_the_same_backwards(live: Live) -> None:
    upwards = get(live, "/v1/commitments", sort="ends_on", as_of=live.told, limit=500).items
    downwards = get(live, "/v1/commitments", sort="-ends_on", as_of=live.told, limit=500).items
    dates = [row["ends_on"] for row in upwards]
    assert dates == sorted(dates)
    assert keys(downwards) == keys(upwards)[::-1]


@pytest.mark.parametrize(
    ("asked", "pointer", "code"),
    [
        ({"limit": "0"}, "/limit", "range"),
        ({"limit": "501"}, "/limit", "range"),
        ({"limit": "1e3"}, "/limit", "type"),
        ({"sort": "name; drop table"}, "/sort", "choice"),
        ({"nothing": "1"}, "/nothing", "unknown-parameter"),
        ({"state": "sleeping"}, "/state", "choice"),
        ({"milestones": "9" * 20}, "/milestones", "range"),
        ({"owner": "x"}, "/owner", "length"),
        ({"q": "\0"}, "/q", "characters"),
        ({"as_of": "-1"}, "/as_of", "form"),
        ({"as_of": "9" * 15}, "/as_of", "future"),
        ({"as_of": "9999-12-31"}, "/as_of", "future"),
        ({"as_of": "2026-02-30"}, "/as_of", "invalid"),
        ({"as_of": "2026-01-01T00:00:00+99:00"}, "/as_of", "invalid"),
        ({"as_of": "0001-01-01T00:00:00+14:00"}, "/as_of", "invalid"),
        ({"wait_for": "9" * 15}, "/wait_for", "future"),
        ({"cursor": "AAAA"}, "/cursor", "cursor"),
        ({"format": "xml"}, "/format", "choice"),
        ({"key__in": ",".join("x" * 501)}, "/key.in", "length"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_asked_is_named(live: Live, asked: dict[str, str], pointer: str, code: str) -> None:
    said = get(live, "/v1/commitments", **asked)
    assert (said.status, said.faults) == (400, {pointer: code})
    assert said.headers["content-type"].startswith("application/problem+json")


def test_everything_that_is_wrong_is_named_at_once(live: Live) -> None:
    said = get(live, "/v1/commitments", limit="0", state="sleeping", nothing="1")
    assert set(said.faults) == {"/limit", "/state", "/nothing"}


@pytest.mark.parametrize("address", ["/v1/commitments", "/v1/commitments/x"])
def test_nobody_looks_for_what_thousands_of_unknown_names_may_mean(live: Live, address: str) -> None:
    said = get(live, address, **{f"x{number}": "1" for number in range(3000)})
    assert (said.status, len(said.json["errors"])) == (400, 100)
    assert said.json["detail"].startswith("More than 100 things are wrong with the request: x0, x1,")


def test_five_hundred_ids_fit_into_an_address(live: Live) -> None:
    city = str(live.story.city)
    asked = ",".join([city, *(str(uuid4()) for _ in range(499))])
    assert keys(get(live, "/v1/units", key__in=asked).items) == [city]


def test_an_address_that_is_too_long_is_answered_as_anything_else_that_is_wrong(live: Live) -> None:
    said = get(live, "/v1/units", q="x" * (1 << 16))
    assert (said.status, said.json["code"], said.json["at_most"]) == (414, "address-too-long", 1 << 16)
    assert give(live, f"commitments/propose?{'x' * (1 << 16)}").json["code"] == "address-too-long"


# --- pages ---


def _pages(live: Live, address: str) -> list[list[str]]:
    """The keys of every page, going on by the header Link."""
    found: list[list[str]] = []
    following: str | None = address
    while following is not None:
        said = send(live, "GET", following)
        found.append(keys(said.items))
        link, cursor = said.headers.get("link"), said.json["next"]
        assert (link is None) == (cursor is None)
        following = None if link is None else link[1:].partition(">")[0]
        if following is not None and link is not None:
            assert link.endswith('; rel="next"')
            assert ("cursor", cursor) in parse_qsl(urlsplit(following).query)
    return found


@pytest.mark.parametrize("sort", ["name", "-name", "closed_on", "-closed_on", "progress", "-progress"])
def test_pages_hold_every_row_once_whatever_the_order(live: Live, sort: str) -> None:
    whole = keys(get(live, "/v1/commitments", sort=sort, as_of=live.told, limit=500).items)
    pages = _pages(live, f"/v1/commitments?sort={sort}&limit=2&as_of={live.told}")
    assert [key for page in pages for key in page] == whole
    assert all(len(page) == 2 for page in pages[:-1])


def test_pages_go_on_where_they_began_though_rows_came_in_between(live: Live) -> None:
    word = uuid4().hex[:10]
    first, second = (proposed(live, f"{name} {word}")["stream"] for name in ("b", "d"))
    at = proposed(live, f"f {word}")["position"]
    page = seen(live, "commitments", at, q=word, limit=1)
    later = proposed(live, f"c {word}")["position"]
    assert seen(live, "commitments", later, q=word).status == 200
    following = get(live, "/v1/commitments", q=word, limit=1, cursor=page.json["next"])
    assert (keys(page.items), keys(following.items)) == ([first], [second])
    assert following.json["as_of"]["position"] == page.json["as_of"]["position"]


def test_a_cursor_serves_the_question_it_was_given_for(live: Live) -> None:
    cursor = get(live, "/v1/units", limit=1).json["next"]
    for address, asked in (("units", {"q": "lyon"}), ("units", {"sort": "-title"}), ("commitments", {})):
        assert get(live, f"/v1/{address}", cursor=cursor, **asked).faults == {"/cursor": "cursor"}
    changed = cursor[:-3] + ("A" if cursor[-3] != "A" else "B") + cursor[-2:]
    assert get(live, "/v1/units", limit=1, cursor=changed).faults == {"/cursor": "cursor"}


@pytest.mark.parametrize("position", ["x", 1.5, True, None, -2, 2**63])
def test_a_cursor_that_somebody_made_up_is_none(live: Live, position: Any) -> None:
    told = cursors.read(get(live, "/v1/units", limit=1).json["next"])
    forged = cursors.written(replace(told, position=position))
    assert get(live, "/v1/units", limit=1, cursor=forged).faults == {"/cursor": "cursor"}


# --- then and now ---


def test_the_register_as_it_stood_at_a_position_and_at_a_moment(live: Live) -> None:
    made = proposed(live)
    at, name = made["position"], f"/v1/commitments/{made['stream']}"
    assert seen(live, "commitments", at).status == 200
    assert get(live, name, as_of=at - made["version"]).status == 404
    then = get(live, name, as_of=at)
    assert (then.status, then.json["as_of"]["position"]) == (200, at)
    assert get(live, name, as_of=made["receipt"]["at"]).json["item"] == then.json["item"]
    before = datetime.fromisoformat(made["receipt"]["at"]) - timedelta(microseconds=1)
    assert get(live, name, as_of=before.isoformat()).status == 404


def test_the_register_as_it_stood_on_a_day_is_that_of_its_end(live: Live) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    said = get(live, "/v1/commitments", as_of=yesterday)
    assert (said.items, said.json["as_of"]["position"], said.json["as_of"]["at"]) == ([], -1, None)


def test_an_answer_about_the_past_is_for_ever_and_one_about_now_says_how_fresh_it_is(live: Live) -> None:
    now, then = get(live, "/v1/commitments"), get(live, "/v1/commitments", as_of=live.told)
    assert set(now.json) == {"items", "next", "as_of", "freshness"}
    assert set(now.json["freshness"]) == {"position", "head", "lag_seconds", "view"}
    assert set(then.json) == {"items", "next", "as_of"}
    assert "immutable" in then.headers["cache-control"]
    assert "immutable" not in now.headers["cache-control"]
    proposed(live)
    assert get(live, "/v1/commitments", as_of=live.told).body == then.body


def test_what_held_in_law_is_asked_apart_from_what_was_known(live: Live) -> None:
    made = proposed(live, effective_on="2020-05-01")
    name, at = f"/v1/commitments/{made['stream']}", made["position"]
    assert get(live, name, valid_at="2020-05-01", wait_for=at).status == 200
    assert get(live, name, valid_at="2020-04-30").status == 404
    assert get(live, name, valid_at="2020-05-01", as_of=at - made["version"]).status == 404
    assert get(live, "/v1/turns", valid_at="2020-05-01").faults == {"/valid_at": "unknown-parameter"}


@pytest.mark.parametrize(
    ("view", "first", "last"), [("obligations", "starts_on", "owed_until"), ("milestones", "open_from", "open_until")]
)
def test_what_was_owed_on_a_day_is_asked_by_that_day(live: Live, view: str, first: str, last: str) -> None:
    """Whatever became of it since: the row says that, as of the position that is asked."""
    told = get(live, f"/v1/{view}", as_of=live.told, limit=500).items
    ends = sorted(row[last] for row in told if last in row)
    assert ends, "the story tells of some that are over"
    for day in (ends[0], ends[-1], told[-1][first]):
        ran = {row["key"] for row in told if row[first] <= day <= row.get(last, day)}
        found = get(live, f"/v1/{view}", as_of=live.told, valid_at=day, limit=500).items
        assert {row["key"] for row in found} == ran
        assert len(ran) < len(told)


def test_a_reader_who_waits_for_a_position_sees_it(live: Live) -> None:
    for _ in range(3):
        made = proposed(live)
        assert get(live, f"/v1/commitments/{made['stream']}", wait_for=made["position"]).status == 200


# --- what rules where ---


def test_what_rules_somewhere_on_a_day_names_the_law_and_has_an_address_of_its_own(live: Live) -> None:
    asked = {"name": "mandate", "jurisdiction": "FR", "parameter": "answer_days"}
    (row,) = get(live, "/v1/policies", valid_at="2026-01-01", **asked).items
    assert row["key"] == f"{row['policy']}/answer_days"
    assert row["basis"] in ("law", "default", "unread")
    assert get(live, f"/v1/policies/{row['key']}").json["item"] == row
    assert get(live, f"/v1/policies/{row['stream']}/history").json["items"]


def test_on_any_day_one_version_of_a_policy_counts(live: Live) -> None:
    asked = {"name": "scrutiny", "jurisdiction": "EU", "parameter": "votes.total"}
    rows = get(live, "/v1/policies", **asked).items
    assert len(rows) > 1
    for row in rows:
        assert keys(get(live, "/v1/policies", valid_at=row["in_force_from"], **asked).items) == [row["key"]]


# --- addresses that are nearly right ---


@pytest.mark.parametrize("address", ["/docs/", "/v1/commitments/?state=adopted&q=%C3%A9t%C3%A9", "/v1/ledger//"])
def test_a_slash_too_many_leads_to_the_address_without_it(live: Live, address: str) -> None:
    said = send(live, "GET", address)
    path, mark, query = address.partition("?")
    assert (said.status, said.headers["location"]) == (308, path.rstrip("/") + mark + query)
    assert get(live, said.headers["location"]).status == 200


@pytest.mark.parametrize("address", ["/nowhere/", "//evil.example/", "//", "/v1/"])
def test_a_slash_behind_what_is_not_there_leads_nowhere(live: Live, address: str) -> None:
    assert send(live, "GET", address).status == 404
    assert send(live, "POST", address).status == 404


def test_a_question_that_is_wrong_is_named_as_it_was_asked(live: Live) -> None:
    said = get(live, "/v1/commitments", ends_on__lt="unknown")
    assert said.faults == {"/ends_on.lt": "invalid"}
    assert said.json["detail"].startswith("ends_on.lt: ")


# --- what is summed over the past ---


def test_for_how_long_each_was_waited_for_is_one_question(live: Live) -> None:
    rows = get(live, "/v1/waits", sort="-days_waited", as_of=live.told, limit=500).items
    # The story is told in a day, if not around midnight: nobody has waited yet.
    assert {row["days_waited"] for row in rows} <= {0, 1}
    assert sum(row["settled"] for row in rows) > 0
    now = {(row["stream"], row.get("unit")) for row in get(live, "/v1/turns", as_of=live.told, limit=500).items}
    waiting = get(live, "/v1/waits", waiting__gt=0, as_of=live.told, limit=500).items
    assert {(row["stream"], row.get("unit")) for row in waiting} == now


def test_response_times_add_up_to_the_obligations(live: Live) -> None:
    rows = get(live, "/v1/response-times", as_of=live.told, limit=500).items
    owed = get(live, "/v1/obligations", as_of=live.told, limit=500, state__ne="void").items
    assert sum(row["owed"] for row in rows) == sum("unit" in one for one in owed)
    assert sum(row["answered"] for row in rows) == sum(one["state"] == "met" for one in owed if "unit" in one)
    assert [row["longest_days"] for row in rows if row["answered"]]
    assert "spread" in get(live, "/v1/response-times", format="csv").body.decode().splitlines()[0]


def test_who_has_an_answer_is_told_where_its_view_stands_still(live: Live) -> None:
    """Else 304 would hide for as long as it lasts that the register is further."""
    made = proposed(live)
    key = made["stream"]
    seen(live, "commitments", made["position"])
    with standing_still(live, "commitments"):
        for address in (f"/v1/commitments/{key}", "/v1/commitments"):
            before = get(live, address)
            position = proposed(live)["position"]
            ends = monotonic() + PATIENCE
            while (now := get(live, address, {"If-None-Match": before.headers["etag"]})).status == 304:
                assert monotonic() < ends, "who has an answer is never told that it is behind"
            assert now.json["freshness"]["head"] >= position > now.json["freshness"]["position"]
            assert get(live, address, {"If-None-Match": now.headers["etag"]}).status == 304
