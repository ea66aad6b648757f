"""The history of a thing as its page tells it: corrections, silence, and what was recorded long after it happened."""

import json
import re
from datetime import date, timedelta
from html import unescape
from typing import Any
from uuid import UUID

from api.past import HISTORY, past_of
from services.store.ports import StoredRecord
from tests.api.client import get, give, head, proposed
from tests.api.conftest import Live
from tests.api.test_officers import told
from tests.api.test_pages import Page

THING, UNIT = UUID(int=1), str(UUID(int=2))
BEGUN = date(2026, 1, 1)
BY_UNIT, BY_CLOCK = {"unit": UNIT, "role": "liaison_officer"}, {"system": "clock"}


def record(version: int, day: int, actor: Any = BY_UNIT, counts: str = "", **said: Any) -> StoredRecord:
    """The record of a day after the beginning."""
    at = str(BEGUN + timedelta(days=day))
    whole = {"ver": version, "at": f"{at}T10:00:00Z", "effective_on": counts or at, "actor": actor, "of": [1, 1],
             "data": {"number": version}, **said}  # fmt: skip
    return StoredRecord(version + 9, THING, version, "progress-reported.1", json.dumps(whole).encode())


def on(day: int) -> date:
    return BEGUN + timedelta(days=day)


def test_long_silence_is_told_where_it_ended_and_where_it_lasts() -> None:
    found = past_of([record(1, 0), record(2, 89), record(3, 186), record(4, 187)], on(290))
    assert [one.quiet for one in found.records] == [0, 0, 97, 0]
    assert found.silent == 103
    assert past_of([record(1, 0)], on(89)).silent == 0


def test_what_the_register_says_itself_breaks_no_silence() -> None:
    found = past_of([record(1, 0), record(2, 60, BY_CLOCK), record(3, 100)], on(100))
    assert [(one.quiet, one.unit) for one in found.records] == [(0, UNIT), (0, ""), (100, UNIT)]
    assert past_of([record(1, 0, BY_CLOCK)], on(400)).silent == 0, "nobody has spoken yet"


def test_a_record_long_after_the_day_from_which_it_counts_says_how_long() -> None:
    days = ["2025-12-20", "2025-12", "2025", "unknown", "2026-03-01"]
    found = past_of([record(number, 0, counts=day) for number, day in enumerate(days, 1)], on(0))
    assert [one.behind for one in found.records] == [12, 1, 1, 0, 0]


def test_what_is_corrected_names_what_corrects_it() -> None:
    found = past_of([record(1, 0), record(2, 1, corrects=f"{THING}/1")], on(2))
    assert [one.corrected for one in found.records] == [2, None]
    assert found.records[1].corrects == f"{THING}/1"


def test_records_are_counted_by_the_sphere_that_spoke() -> None:
    said = [BY_UNIT | {"sphere": sphere} for sphere in ("national", "local", "local")]
    found = past_of([record(number, 0, actor) for number, actor in enumerate([*said, BY_CLOCK], 1)], on(0))
    assert [*found.spheres.items()] == [("local", 2), ("national", 1)]


def test_of_a_very_long_history_the_beginning_is_told_and_no_silence_behind_it() -> None:
    found = past_of([record(number, 0) for number in range(1, HISTORY + 2)], on(300))
    assert (len(found.records), found.more, found.silent) == (HISTORY, True, 0)


def test_where_several_spheres_spoke_each_has_a_lane_and_a_list(live: Live) -> None:
    page = get(live, f"/read/commitments/{live.story.climate}", {"Accept-Language": "en"}, as_of=live.told)
    counted = re.findall(r'href="(/read/activity[^"]*sphere=(\w+)[^"]*)">\w+ \(([0-9]+)\)', page.body.decode())
    assert [sphere for _, sphere, _ in counted] == ["local", "regional", "national"]
    for address, sphere, many in counted:
        rows = get(live, unescape(address).replace("/read/", "/v1/") + "&count=true").json["count"]["rows"]
        assert (rows, page.body.count(f'class="of {sphere}"'.encode())) == (int(many), int(many))
    alone = get(live, f"/read/commitments/{proposed(live)['stream']}", wait_for=head(live) - 1)
    assert b'class="history"' in alone.body


def test_a_page_tells_what_was_said_by_whom_with_the_proof_and_nothing_that_is_sealed(live: Live) -> None:
    stream = proposed(live, "Trees in a row")["stream"]
    step = {"title": {"en": "Dig the holes"}, "due_on": "2030-01-01", "responsible": str(live.story.city)}
    last = give(live, f"commitments/{stream}/add-milestone", {"milestone": step}).json["position"]
    page = get(live, f"/read/commitments/{stream}", {"Accept-Language": "en"}, wait_for=last)
    _, _, history = told(page).partition("History")
    assert "Milestone added" in history
    assert "Dig the holes" in history
    assert "Lyon (liaison officer)" in history
    assert f"/v1/records/{last}" in Page(page).links
    city = told(get(live, f"/read/units/{live.story.city}", {"Accept-Language": "en"}))
    assert "Sealed, not public: name" in city
