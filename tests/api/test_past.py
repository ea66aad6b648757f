"""The history of a thing as its page tells it: corrections, silence, and what was recorded long after it happened."""

import json
import re
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

from api.past import HISTORY, past_of
from services.store.ports import StoredRecord
from tests.api.client import get, give, head, proposed
from tests.api.conftest import Live
from tests.api.test_officers import told
from tests.api.test_pages import Page
from tests.browser import beyond, tab

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
        assert (rows, len(re.findall(rf'class="of {sphere}[ "]', page.body.decode()))) == (int(many), int(many))
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


def suspended(version: int, day: int, number: int = 1) -> StoredRecord:
    data = {"number": number, "suspended_on": str(on(day))}
    return replace_type(record(version, day, data=data), "clock-suspended.1")


def replace_type(one: StoredRecord, kind: str) -> StoredRecord:
    return one._replace(type=kind)


def test_where_a_clock_stands_still_it_says_for_how_long_and_until_which_record() -> None:
    moved = replace_type(record(4, 9, data={"number": 1, "due_on": str(on(40))}), "scrutiny-deadline-moved.1")
    other = replace_type(record(3, 7, data={"number": 2, "due_on": str(on(40))}), "scrutiny-deadline-moved.1")
    found = past_of([record(1, 0), suspended(2, 5), other, moved, record(5, 12)], on(20))
    assert [one.still for one in found.records] == [None, (4, 4), None, None, None]
    assert [one.within for one in found.records] == [False, False, True, False, False]


def test_a_clock_that_still_stands_is_counted_to_the_day_of_the_page() -> None:
    found = past_of([suspended(1, 0), suspended(2, 3, number=2), record(3, 5)], on(20))
    assert [one.still for one in found.records] == [(20, None), (17, None), None]
    assert [one.within for one in found.records] == [False, True, True]


def test_what_came_too_late_is_marked() -> None:
    kinds = {"deadline-missed.1": {}, "milestone-missed.1": {}, "deadline-met.1": {"late": True}}
    late = [replace_type(record(n, 0, data=data), kind) for n, (kind, data) in enumerate(kinds.items(), 1)]
    well = replace_type(record(4, 0, data={"late": False}), "deadline-met.1")
    assert [one.late for one in past_of([*late, well, record(5, 0)], on(0)).records] == [True, True, True, False, False]


def test_told_as_it_happened_it_is_in_the_order_in_which_it_counts() -> None:
    days = [str(on(3)), "2025-12-20", "unknown", "2025"]
    found = past_of([record(n, 100 * n, counts=day) for n, day in enumerate(days, 1)], on(900))
    turned = found.as_it_happened()
    assert [one.version for one in turned.records] == [4, 2, 1, 3]
    assert not any(one.quiet for one in turned.records)
    assert turned.longest == max(one.behind for one in found.records) == (on(400) - date(2025, 12, 31)).days


def test_a_page_turns_from_one_order_to_the_other_and_keeps_its_moment(live: Live) -> None:
    address = f"/read/commitments/{live.story.climate}"
    page = get(live, address, as_of=live.told)
    [turn] = [one for one in Page(page).links if "clock=happened" in one]
    turned = get(live, turn.partition("#")[0])
    assert turned.status == 200
    there = '<li id="record-([0-9]+)"'
    before, after = (re.findall(there, one.body.decode()) for one in (page, turned))
    assert before == sorted(before, key=int)
    assert after != before
    assert sorted(after) == sorted(before)
    assert f"as_of={live.told}" in turn
    assert "As it happened" in told(turned)
    assert b"clock=" not in b"".join(re.findall(b'href="/v1/[^"]*"', turned.body))
    assert get(live, "/read/activity/0000000000000000", clock="happened").status == 400
    assert get(live, address, clock="tomorrow").status == 400


def test_steps_to_be_taken_stand_behind_the_history_with_their_days(live: Live) -> None:
    begun = proposed(live, "Trees in two rows")
    stream, last = begun["stream"], begun["position"]
    for title, day in (("Later", "2031-01-01"), ("Sooner", "2030-01-01"), ("<b>Done</b>", "2030-06-01")):
        step = {"title": {"en": title}, "due_on": day, "responsible": str(live.story.city)}
        last = give(live, f"commitments/{stream}/add-milestone", {"milestone": step}).json["position"]
    page = get(live, f"/read/commitments/{stream}", {"Accept-Language": "en"}, wait_for=last)
    coming = re.findall(r'<li class="planned">To come, by ([0-9-]+): .*?<span[^>]*>(.*?)</span>', page.body.decode())
    assert coming == [("2030-01-01", "Sooner"), ("2030-06-01", "&lt;b&gt;Done&lt;/b&gt;"), ("2031-01-01", "Later")]
    before = get(live, f"/read/commitments/{stream}", as_of=last - 1)
    assert b"Done" not in before.body


def test_a_suspended_clock_and_a_missed_day_are_seen_in_the_story(live: Live) -> None:
    [row] = get(live, "/v1/activity", type="clock-suspended.1", as_of=live.told).items
    page = get(live, f"/read/reviews/{row['stream']}", {"Accept-Language": "en"}, as_of=live.told)
    assert "The clock stands still for 4 days, until record 6." in told(page)


async def test_a_history_fits_a_phone_in_every_language_and_both_orders(live: Live, tmp_path: Path) -> None:
    async with tab(tmp_path) as shown:
        await shown.as_wide_as(320)
        for tag in ("en", "fr", "ar"):
            for order in ("recorded", "happened"):
                address = f"{live.url}/read/commitments/{live.story.climate}?as_of={live.told}&clock={order}"
                assert await beyond(shown, address, tag, f'.clocks a:not([href*="clock={order}"])') <= 0
        step = f"{live.url}/read/commitments/{live.story.climate}?as_of=150"
        for tag in ("en", "fr", "ar"):
            assert await beyond(shown, step, tag, "del table.records") <= 0
            assert await shown.said("document.querySelector('.ways').offsetHeight < 60"), tag
