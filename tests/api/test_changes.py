"""What changed between two moments: over HTTP, and from the records alone, the same."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from projections.views import VIEWS
from services.audit.bundle import Bundle
from services.audit.replaying import Replay
from services.views import queries
from tests.api.client import get, give, proposed, seen
from tests.api.conftest import Live
from tests.api.test_audit import _quiet, bundle

__all__ = ["_quiet", "bundle"]


def changes(live: Live, view: str, **asked: Any) -> Mapping[str, Any]:
    """All pages as one, by key; each row at most once."""
    found: dict[str, Any] = {}
    while True:
        said = get(live, "/v1/changes", view=view, **asked)
        assert said.status == 200, said.body
        for one in said.json["items"]:
            assert one["key"] not in found
            found[one["key"]] = one
        if said.json["next"] is None:
            return found
        asked["after"] = said.json["next"]


def test_every_view_changed_as_the_records_say(live: Live, bundle: Path) -> None:
    """Where nothing was yet, and where rows went and others came."""
    moments = (0, 113, 343, live.told)
    replay, stood = Replay(Bundle(bundle), VIEWS), list[Mapping[str, Mapping[str, Any]]]()
    for moment in moments:
        replay.until(moment)
        stood.append({view.name: {key: json.loads(line) for key, line in replay.lines(view)} for view in VIEWS})
    went = 0
    for first, second in ((0, 1), (1, 2), (0, 3), (2, 3), (1, 1)):
        for view in VIEWS:
            before, after = (stood[nth][view.name] for nth in (first, second))
            expected = {
                key: (before.get(key), after.get(key))
                for key in {*before, *after}
                if before.get(key) != after.get(key)
            }  # fmt: skip
            found = changes(live, view.name, **{"from": moments[first], "to": moments[second], "limit": 7})
            assert {key: (one.get("before"), one.get("after")) for key, one in found.items()} == expected, view.name
            went += sum(after is None for _, after in expected.values())
    assert went, "the story has rows that go"


def test_what_changed_names_its_columns(live: Live) -> None:
    receipt = proposed(live)
    stream, before = receipt["stream"], receipt["position"]
    assert (
        give(live, f"commitments/{stream}/withdraw", {"because": "The law was changed."}, token=live.signatory).status
        == 201
    )
    after = live.run(live.services.store.head()).size - 1
    seen(live, "commitments", after)
    one = changes(live, "commitments", **{"from": before, "to": after})[stream]
    assert one["before"]["state"] != one["after"]["state"] == "withdrawn"
    assert "state" in one["columns"]
    assert all(one["before"].get(name) != one["after"].get(name) for name in one["columns"])
    assert changes(live, "commitments", **{"from": before - 1, "to": before})[stream]["columns"] == []
    assert stream in changes(live, "commitments", **{"from": before}), "without an end: until now"


def test_pages_that_look_among_few_rows_say_the_same_in_the_end(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """However narrow the range, and however large the view: no page looks at all of it."""
    asked = {"from": live.told - 3, "to": live.told}
    expected = {view.name: changes(live, view.name, **asked) for view in VIEWS}
    assert any(expected.values())
    monkeypatch.setattr(queries, "LOOKED_AT", 5)
    assert {view.name: changes(live, view.name, **asked) for view in VIEWS} == expected
    first = get(live, "/v1/changes", view="activity", **asked).json
    assert (first["items"], first["next"] is None) == ([], False), "nothing was found as far as this page looked"


def test_pages_without_an_end_speak_for_one_moment(live: Live) -> None:
    before = proposed(live)["position"] - 1
    made = {proposed(live)["stream"] for _ in range(3)}
    seen(live, "commitments", live.run(live.services.store.head()).size - 1)
    first = get(live, "/v1/changes", view="commitments", limit=1, **{"from": before}).json
    later = proposed(live)
    seen(live, "commitments", later["position"])
    found, following = {one["key"] for one in first["items"]}, first["next"]
    while following is not None:
        page = get(live, "/v1/changes", view="commitments", limit=1, after=following, **{"from": before}).json
        assert page["to"] == first["to"]
        found |= {one["key"] for one in page["items"]}
        following = page["next"]
    assert made < found
    assert later["stream"] not in found


def test_what_changed_stays_what_it_was(live: Live) -> None:
    pinned = get(live, "/v1/changes", **{"view": "units", "from": 10, "to": 90})
    assert pinned.json["from"]["position"] == 10
    assert pinned.json["to"]["position"] == 90
    assert "immutable" in pinned.headers["cache-control"]
    again = get(
        live, "/v1/changes", {"If-None-Match": pinned.headers["etag"]}, **{"view": "units", "from": 10, "to": 90}
    )
    assert again.status == 304
    assert "immutable" not in get(live, "/v1/changes", **{"view": "units", "from": 10}).headers["cache-control"]
    long_ago = get(live, "/v1/changes", **{"view": "units", "from": "1999-12-31", "to": 40}).json
    assert (long_ago["from"], long_ago["items"] != []) == ({"position": -1, "at": None}, True)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"view": "units"}, "from: It is missing."),
        ({"from": 1}, "view: It is missing."),
        ({"view": "nothing", "from": 1}, "view: It is one of units"),
        ({"view": "units", "from": 9, "to": 3}, "from: That is position 9, and lies behind position 3."),
        ({"view": "units", "from": 10**9}, "from: The ledger has not reached position"),
        ({"view": "units", "from": 0, "to": "2999-01-01"}, "leave to out"),
        ({"view": "units", "from": 0, "after": "9/\0"}, "after: "),
        ({"view": "units", "from": 0, "after": "nine/x"}, "after: It is `next` of the page before."),
        ({"view": "units", "from": 0, "after": f"{10**9}/x"}, "after: The ledger has not reached position"),
        ({"view": "units", "from": 9, "after": "3/x"}, "from: That is position 9, and lies behind position 3."),
    ],
)
def test_what_cannot_be_asked_is_said(live: Live, asked: dict[str, Any], said: str) -> None:
    answer = get(live, "/v1/changes", **asked)
    assert answer.status == 400
    assert said in answer.json["detail"]
